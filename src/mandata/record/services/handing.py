"""Heads handed to the controller, who thereby becomes a witness: which is due, and the receipt of who got it.

A head in somebody else's hands is what makes a rewritten log visible: the log must still lead to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import current_controller, scope
from mandata.record import rules, selectors
from mandata.record.errors import NoSuchHead
from mandata.record.models import Head, HeadReceipt
from mandata.record.services.appending import append

How = Literal["page", "notice"]
EVERY: Final = timedelta(days=1)
_QUIET: Final = ("record.", "notice.")
"""Kinds of entries that the handing over itself makes: alone they are no reason for the next."""


@dataclass(frozen=True, slots=True)
class HeadDue:
    """A head that its controller should be handed now, as the signed note that is sent."""

    controller_id: UUID
    size: int
    note: str


def heads_due(controllers: Iterable[UUID], *, at: datetime, every: timedelta = EVERY) -> list[HeadDue]:
    """Return the heads that are due among the given controllers' logs."""
    found = []
    for controller_id in controllers:
        with scope(controller_id):
            if due := head_due(at=at, every=every):
                found.append(due)
    return found


def head_due(*, at: datetime, every: timedelta = EVERY) -> HeadDue | None:
    """Return the scope's newest head where it should be handed over: none was for `every`, and something happened since
    but the handing over itself."""
    newest = selectors.head()
    if newest is None:
        return None
    last = HeadReceipt.objects.order_by("-size", "-at").first()
    if last and (last.at > at - every or not selectors.happened_since(last.size, _QUIET)):
        return None
    return HeadDue(current_controller(), newest.size, newest.note)


def receipt(*, size: int, how: How, to: UUID, at: datetime, actor: Actor = SYSTEM) -> UUID:
    """Store that the head of so many entries was handed over: `how` by a page or a notice, `to` the member's or the
    notice's id. In the scope of the controller; the same again is one receipt. Raises NoSuchHead."""
    with scope(current_controller()):
        root = Head.objects.filter(size=size).values_list("root", flat=True).first()
        if root is None:
            raise NoSuchHead(f"No head was signed for {size} entries.", remedy="Hand over one of `selectors.heads`.")
        known = HeadReceipt.objects.filter(size=size, how=how, to=to).values_list("id", flat=True).first()
        if known:
            return UUID(str(known))
        row = HeadReceipt.objects.create(id=new_id(), size=size, root=bytes(root), at=at, how=how, to=to)
        body = rules.receipt_body(row.id, size, row.root, at, how, to)
        append(kind="record.handed", body=body, actor=actor, subject=row.id, at=at)
        return UUID(str(row.id))
