"""The clock of an obligation: stopped with ground and evidence, started again (AGR-13), and counted again by a newer
calendar, which never happens silently.
"""

from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from mandata.agreements import selectors
from mandata.agreements.errors import MayNotStay
from mandata.agreements.models import Obligation, Stay
from mandata.agreements.rules import obligations as rules
from mandata.agreements.rules import owing
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.words import mark as _
from mandata.agreements.services import ledger
from mandata.foundation import periods
from mandata.foundation.actors import Actor
from mandata.foundation.periods import Due, Period, Reckoning, Step
from mandata.infra.clock import new_id

_STANDS: Final = _("This clock stands still already.")
_RUNS: Final = _("This clock runs; there is nothing to end.")
_EVIDENCE: Final = _("A clock stands still only with evidence: say what shows it.")
_GO_ON: Final = _("Go on with what is due, or ask the other party to waive it.")


def stay(
    *,
    obligation_id: UUID,
    ground: str,
    evidence: str,
    begins: datetime,
    actor: Actor,
    at: datetime,
) -> UUID:
    """Stop the clock from ``begins`` on; return the stop's id. No reminder goes out meanwhile, and nothing gets late.

    ``ground``: "cooperation" (the controller's is missing) or "majeure", each only where the agreement has the clause,
    the latter not where the obstacle arose in default. ``evidence``: free text or a reference, kept in the scope; the
    record holds a commitment to it. Raises NoSuchObligation, ObligationClosed, MayNotStay.
    """
    row = ledger.locked(obligation_id)
    said = selectors.reader().gettext
    clause = rules.GROUNDS.get(ground, "")
    if ledger.standing(row) is not None:
        raise MayNotStay(said(_STANDS), clause=clause)
    if not evidence.strip():
        raise MayNotStay(said(_EVIDENCE), clause=clause)
    facts = rules.StayFacts(
        ground=ground,
        times=ledger.times(row),
        owed_by=row.owed_by,
        by_law=bool(row.reckoning.get("by_law")),
        begins=begins,
        at=at,
        person=row.owed_to == "person",
    )
    refused = rules.may_stay(_terms(row, at), facts)
    if refused is None and Stay.objects.filter(obligation=row.id, ends__gt=begins).exists():
        refused = rules.NoStay.ORDER
    if refused is not None:
        raise MayNotStay(said(rules.REASONS[refused]), clause=clause, remedy=said(_GO_ON), evidence={"why": refused})
    made = Stay.objects.create(
        id=new_id(), obligation=row.id, ground=ground, evidence=evidence.strip(), begins=begins, by=str(actor)[:60]
    )
    row.changed_at = at
    body: dict[str, object] = {"stay": made.id, "ground": ground, "begins": begins, "clause": clause}
    ledger.enter(row, "stayed", body, actor=actor, at=at, words={"evidence": made.evidence})
    row.save()
    ledger.schedule(row, standing=True)
    stay_id: UUID = made.id
    return stay_id


def _terms(row: Obligation, at: datetime) -> Terms | None:
    """The terms of the obligation; of one that no agreement states, those of today say whether it may stand still."""
    return ledger.terms_of(row) or ledger.last_agreement(at)[1]


def resume(*, obligation_id: UUID, actor: Actor, at: datetime, ends: datetime | None = None) -> None:
    """Start the clock again from ``ends`` on (by default now): both readings are later by the time it stood still.

    The reminders follow the new times. Raises NoSuchObligation, ObligationClosed, MayNotStay.
    """
    row = ledger.locked(obligation_id)
    open_stay, until = ledger.standing(row), ends or at
    said = selectors.reader().gettext
    if open_stay is None:
        raise MayNotStay(said(_RUNS))
    if not open_stay.begins <= until <= at:
        raise MayNotStay(said(rules.REASONS[rules.NoStay.ORDER]), clause=rules.GROUNDS[open_stay.ground])
    _started(row, open_stay, until, actor, at)
    row.save()
    ledger.schedule(row)


def restart(row: Obligation, *, ends: datetime, actor: Actor, at: datetime) -> None:
    """Start the clock of a row in hand again, where it stands still, because the obligation is about to be closed."""
    open_stay = ledger.standing(row)
    if open_stay is not None:
        _started(row, open_stay, max(ends, open_stay.begins), actor, at)


def _started(row: Obligation, open_stay: Stay, until: datetime, actor: Actor, at: datetime) -> None:
    open_stay.ends = until
    open_stay.save(update_fields=["ends"])
    before = {"strict": row.strict, "statutory": row.statutory}
    shift = rules.stood(open_stay.begins, until, row.since)
    row.strict, row.statutory = row.strict + shift, row.statutory + shift
    zone = ZoneInfo(row.reckoning["zone"])
    filling = (("begins", open_stay.begins.astimezone(zone)), ("ends", until.astimezone(zone)))
    row.steps = [*row.steps, *rules.freeze([Step(rules.STOOD[open_stay.ground], filling)])]
    ledger.moved(row, at)
    body: dict[str, object] = {"stay": open_stay.id, "ends": until, "seconds": int(shift.total_seconds())}
    body |= {"before": before, "strict": row.strict, "statutory": row.statutory}
    ledger.enter(row, "resumed", body, actor=actor, at=at)


def recompute(*, obligation_id: UUID, actor: Actor, at: datetime) -> bool:
    """Count an open obligation again by the calendars of today; return whether that moved it.

    What was reckoned before is superseded by an entry in the record with both results; without a difference nothing
    changes. Raises NoSuchObligation, ObligationClosed.
    """
    row = ledger.locked(obligation_id)
    found = _counted(row, ledger.reckoning_of(row))
    if found is None:
        return False
    shift = ledger.stood(row)
    if (found.strict + shift, found.statutory + shift) == (row.strict, row.statutory):
        return False
    old = row.reckoning["version"]
    body: dict[str, object] = {"before": {"strict": row.strict, "statutory": row.statutory, "calendar": old}}
    local = at.astimezone(ZoneInfo(row.reckoning["zone"]))
    step = Step(rules.RECOUNTED, (("at", local), ("after", found.calendar_version), ("before", old)))
    kept = [one for one in row.steps if one["message"] in (*rules.STOOD.values(), rules.EXTENDED)]
    row.steps = [*rules.freeze(found.steps), *kept, *rules.freeze([step])]
    row.strict, row.statutory = found.strict + shift, found.statutory + shift
    row.reckoning = {**row.reckoning, "version": found.calendar_version}
    ledger.moved(row, at)
    body |= {"strict": row.strict, "statutory": row.statutory, "calendar": found.calendar_version}
    ledger.enter(row, "recomputed", body, actor=actor, at=at)
    row.save()
    ledger.schedule(row, standing=ledger.standing(row) is not None)
    return True


def _counted(row: Obligation, reckoning: Reckoning) -> Due | None:
    if not row.period or row.reckoning.get("fixed"):
        return None  # nothing was counted
    if "extended" in row.evidence:
        return periods.due(Period.parse(row.period), row.since, reckoning)
    found = owing.owed(ledger.terms_of(row), row.duty, row.since, reckoning)
    return found.due if found else None
