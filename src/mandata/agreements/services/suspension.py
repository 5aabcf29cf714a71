"""The controller's own stop of all processing (SCC 2021/915, clause 10(a)): at once, for as long as it says.

Nothing that processes starts any more, and what runs stops with its next batch, because every claim asks
`selectors.may_process`. Returning data and the requests of data subjects go on; notices go out.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.agreements import selectors
from mandata.agreements.errors import AlreadySuspended
from mandata.agreements.models import Limit, Suspension
from mandata.agreements.rules.words import mark as _
from mandata.agreements.services import ledger, obligations
from mandata.agreements.services.acceptance import lock
from mandata.agreements.services.authority import authorised
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.record.services import append
from mandata.vault.services import Vault

_ALREADY: Final = _("You have suspended the processing already.")
_NOT: Final = _("The processing is not suspended by you.")
CLAUSE: Final = "Clause 10(a) of Decision (EU) 2021/915"


def suspend(*, member_id: UUID, at: datetime, reason: str = "") -> UUID:
    """Stop all processing of the controller's data at once; return the suspension's id.

    The reason stays in the scope, the record holds a commitment to it. What starts with a suspension of the processing
    (duties of the agreement) opens. Raises NotAuthorised, AlreadySuspended.
    """
    member = authorised(member_id)
    lock()
    if Suspension.objects.filter(lifted_at=None).exists():
        raise AlreadySuspended(selectors.reader().gettext(_ALREADY), clause=CLAUSE)
    row = Suspension.objects.create(id=new_id(), reason=reason.strip(), by=member_id, at=at)
    commitment = None
    if row.reason:
        vault = Vault.open()
        vault.create([row.id])
        commitment = vault.commit(row.id, {"reason": row.reason})
    body: dict[str, object] = {"suspension": row.id}
    append(kind="processing.suspended", body=body, actor=member, at=at, clause=CLAUSE, commitment=commitment)
    obligations.open_for(
        event="processing_suspended",
        since=at,
        cause=f"suspension:{row.id}",
        at=at,
        about=("suspension", row.id),
        actor=member,
    )
    suspension_id: UUID = row.id
    return suspension_id


def lift(*, member_id: UUID, at: datetime) -> None:
    """Let the processing go on. Raises NotAuthorised, AlreadySuspended where nothing is suspended."""
    member = authorised(member_id)
    lock()
    row = Suspension.objects.select_for_update().filter(lifted_at=None).first()
    if row is None:
        raise AlreadySuspended(selectors.reader().gettext(_NOT), clause=CLAUSE)
    row.lifted_by, row.lifted_at = member_id, at
    row.save(update_fields=["lifted_by", "lifted_at"])
    append(kind="processing.resumed", body={"suspension": row.id}, actor=member, at=at, clause=CLAUSE)
    obligations.lapse_about(about=row.id, reason="lifted", actor=member, at=at)


def limit(*, decision: UUID, acts: Sequence[str], begins: datetime, clause: str = "", cap: int | None = None) -> UUID:
    """Limit the service from an instant on, by a decision of the operator (OPS-2); return the limit's id.

    ``acts``: codes of vocabulary "act", ``EVERY_ACT`` for all of them; ``cap``: how many recipients a campaign may
    have. Every gate asks for it from then on; the same decision limits once. What the decision says, and that it was
    told, is the caller's to record.
    """
    row, _made = Limit.objects.get_or_create(
        decision=decision,
        defaults={"acts": sorted(acts), "cap": cap, "clause": clause, "begins_at": begins},
    )
    limit_id: UUID = row.id
    return limit_id


def unlimit(*, decision: UUID, at: datetime) -> bool:
    """End the limit of a decision; return whether it was still to begin or in effect."""
    ends = Limit.objects.filter(decision=decision, ended_at=None)
    return bool(ends.update(ended_at=at))


def notice_owed(*, decision: UUID, duty: str, effect: datetime, cause: str, actor: Actor, at: datetime) -> UUID | None:
    """Open what the agreement demands as notice ahead of an effect (OPS-2); None where it has no such clause."""
    _agreement, terms = ledger.last_agreement(at)
    if terms is None or duty not in terms.clauses:
        return None
    return obligations.open_duty(duty=duty, since=effect, cause=cause, at=at, about=("limiting", decision), actor=actor)
