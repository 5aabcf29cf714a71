"""Controllers for whom our controller is itself a processor (AGR-5). In a controller's scope.

The chain is recorded, and that the processing may be passed on to us is warranted, by name and with its date.
"""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from mandata.agreements import selectors
from mandata.agreements.models import Upstream
from mandata.agreements.rules.words import mark as _
from mandata.agreements.services.authority import authorised
from mandata.foundation.errors import NotFound, Refused
from mandata.infra.clock import new_id
from mandata.record.services import append

_WARRANT: Final = _("Warrant that this controller has authorised the processing to be passed on.")
_NAME: Final = _("Name the controller for whom you process.")
_FUTURE: Final = _("The authorisation lies in the future.")
_GONE: Final = _("There is no such controller in your chain.")
CLAUSE: Final = "warranty.controller"


def add(*, name: str, contact: str, authorised_on: date, warranted: bool, member_id: UUID, at: datetime) -> UUID:
    """Add an upstream controller and return its id. Raises NotAuthorised, and Refused without the warranty."""
    member, said = authorised(member_id), selectors.reader().gettext
    if not warranted:
        raise Refused(said(_WARRANT), code="upstream.warranty", clause=CLAUSE, status=422)
    if not name.strip():
        raise Refused(said(_NAME), code="upstream.name", clause=CLAUSE, status=422)
    if authorised_on > at.date():
        raise Refused(said(_FUTURE), code="upstream.date", clause=CLAUSE, status=422)
    row = Upstream.objects.create(
        id=new_id(),
        name=name.strip()[:200],
        contact=contact.strip()[:254],
        authorised_on=authorised_on,
        warranted_by=member_id,
        warranted_at=at,
    )
    body: dict[str, object] = {"upstream": row.id, "authorised": authorised_on, "warranted": True}
    append(kind="upstream.added", body=body, actor=member, at=at, clause=CLAUSE)
    upstream_id: UUID = row.id
    return upstream_id


def end(*, upstream_id: UUID, member_id: UUID, at: datetime) -> None:
    """End the processing for an upstream controller. Raises NotAuthorised, NotFound."""
    member = authorised(member_id)
    if not Upstream.objects.filter(id=upstream_id, ended_at=None).update(ended_at=at):
        raise NotFound(selectors.reader().gettext(_GONE))
    append(kind="upstream.ended", body={"upstream": upstream_id}, actor=member, at=at, clause=CLAUSE)
