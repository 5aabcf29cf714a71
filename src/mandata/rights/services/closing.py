"""Closing a case: once, with what shows it, and from then on only archived (DSR-12)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from mandata.agreements.selectors import obligations as obliged
from mandata.agreements.services import obligations
from mandata.foundation.actors import Actor
from mandata.rights import rules
from mandata.rights.errors import AlreadyDecided, NotConfirmed, StillWaiting
from mandata.rights.models import Case, Doubt
from mandata.rights.selectors import listing
from mandata.rights.services import steps


def demand_answerable(case: Case) -> None:
    """Refuse to answer a case that is not confirmed, is decided, or waits for something. Raises NotConfirmed,
    AlreadyDecided, StillWaiting."""
    if case.state == "received":
        raise NotConfirmed(
            _("The person has not confirmed this request yet."),
            clause="Art. 12(6) GDPR",
            remedy=_("Wait for the link to be used, or confirm it yourself if you know the person by other means."),
        )
    if not rules.may_answer(case.state):
        raise decided(case)
    waits = listing.waits_for(case)
    if waits == "identity":
        raise StillWaiting(
            _("Proof of identity was asked for, and nobody has decided about it yet."),
            clause="Art. 12(6) GDPR",
            remedy=_("Look at the proof and decide, or withdraw the doubt."),
        )
    if waits == "fee":
        raise StillWaiting(
            _("A fee was asked for, and no payment is noted yet."),
            clause="Art. 12(5)(a) GDPR",
            remedy=_("Note the payment, or refuse the request."),
        )


def decided(case: Case) -> AlreadyDecided:
    """Return the refusal of a second answer."""
    return AlreadyDecided(
        _("This request was answered on %(day)s.") % {"day": f"{case.closed_at:%Y-%m-%d %H:%M} UTC"},
        remedy=_("Look at its timeline; nothing was done twice."),
        evidence={"state": case.state, "by": str(case.decided_by)},
    )


def close(
    case: Case, state: str, outcome: Mapping[str, object], actor: Actor, at: datetime, *, clause: str
) -> dict[str, object]:
    """Close a case; not by saving the row, because an erasure has just emptied what it sealed."""
    kept = dict(outcome)
    Case.objects.filter(id=case.id).update(
        state=state, outcome=kept, decided_by=actor.id, closed_at=at, waits_since=None
    )
    # A doubt that nobody settled ends with the case, and its proof goes now: nothing is left to be proven (DSR-2).
    Doubt.objects.filter(case_id=case.id, decided_at=None).update(proof=b"", decided_at=at)
    evidence: dict[str, object] = {
        "outcome": kept["result"],
        **{name: kept[name] for name in ("notice", "letter") if name in kept},
    }
    obligations.meet_about(
        about=case.id,
        duties=(rules.ANSWER, rules.OPTOUT, rules.ACKNOWLEDGE, rules.CONFIRM),
        evidence=evidence,
        actor=actor,
        at=at,
    )
    # What an answer itself begins, such as the wait before somebody who opted out is asked again, goes on.
    obligations.lapse_about(
        about=case.id,
        reason="answered",
        duties=(rules.ANSWER, rules.OPTOUT, rules.ACKNOWLEDGE, rules.CONFIRM, rules.FORWARD),
        actor=actor,
        at=at,
    )
    steps.enter(case, state, actor=actor, at=at, detail=kept, clause=clause)
    archive(case, closed_at=at, at=at)
    return kept


def archive(case: Case, *, closed_at: datetime, at: datetime) -> None:
    """From now on the case is kept for the period of the agreement's clause, else for ours; then it is deleted."""
    owed = obligations.open_duty(
        duty=rules.ARCHIVE, since=closed_at, cause=f"case:{case.id}", at=at, about=("case", case.id)
    )
    kept_until = obliged.obligation(owed, at).obliged.strict - timedelta(seconds=1)
    Case.objects.filter(id=case.id).update(kept_until=kept_until)
