"""Deleting what has had its time: answers, requests that nobody confirmed, letters, archived cases (DSR-12)."""

from datetime import datetime

from mandata.agreements.selectors import obligations as obliged
from mandata.agreements.services import obligations
from mandata.foundation.actors import SYSTEM
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import rules
from mandata.rights.models import Answer, Case, CaseKey, Doubt, Letter
from mandata.rights.services import closing, desk, emptying, steps
from mandata.vault.services import Vault

_AT_ONCE = 500


def expire(*, at: datetime) -> int:
    """Delete answers whose link has expired, requests that nobody confirmed in time, letters of erasures that nobody
    handed over, proofs left behind, and cases whose archive ends; return how many."""
    with scope(current_controller()):
        gone = _answers(at) + _unconfirmed(at) + _letters(at) + _archived(at)
        _owe(at)
        desk.reach_manual(at=at)
        CaseKey.objects.filter(controller_id=current_controller(), expires_at__lte=at).delete()
        return gone


def _answers(at: datetime) -> int:
    gone = list(Answer.objects.filter(expires_at__lte=at).values_list("id", flat=True))
    Answer.objects.filter(id__in=gone).delete()
    for case in Case.objects.select_for_update().filter(id__in=gone):
        steps.enter(case, "answer_deleted", actor=SYSTEM, at=at)
    return len(gone)


def _unconfirmed(at: datetime) -> int:
    stale = list(
        Case.objects.select_for_update().filter(
            state="received", received_at__lte=at - 2 * rules.CONFIRM_LASTS, waits_since=None, household=None
        )
    )
    stale = [case for case in stale if case.email_index is not None or not rules.on_paper(case.channel)]
    for case in stale:
        steps.enter(case, "expired", actor=SYSTEM, at=at)
        emptying.empty([case.id])
        Case.objects.filter(id=case.id).update(state="expired", closed_at=at)
        obligations.lapse_about(about=case.id, reason="not_confirmed", at=at)
    return len(stale)


def _letters(at: datetime) -> int:
    """The letter that tells of an erasure holds the last of the person's data; it waits no longer than a mail would."""
    late = Letter.objects.filter(forget=True, made_at__lte=at - rules.PAPER_LASTS)
    gone = list(late.values_list("id", "case_id"))
    if gone:
        Letter.objects.filter(id__in=[one for one, _case in gone]).delete()
        Vault.open().destroy([one for one, _case in gone])
        for case in Case.objects.select_for_update().filter(id__in=[case for _one, case in gone]):
            steps.enter(case, "letter_deleted", actor=SYSTEM, at=at)
    return len(gone)


def _archived(at: datetime) -> int:
    for case in Case.objects.filter(kept_until=None, closed_at__isnull=False)[:_AT_ONCE]:
        closing.archive(case, closed_at=case.closed_at, at=at)  # closed before archives were kept
    over = list(Case.objects.select_for_update().filter(kept_until__lte=at).order_by("kept_until")[:_AT_ONCE])
    for case in over:
        delete(case, at)
    return len(over)


def delete(case: Case, at: datetime) -> None:
    """Delete a case with everything of it; the record keeps that it was there and went."""
    steps.enter(case, "deleted", actor=SYSTEM, at=at, clause=rules.ARCHIVE)
    obligations.meet_about(about=case.id, duties=(rules.ARCHIVE,), evidence={"case": case.id}, actor=SYSTEM, at=at)
    emptying.empty([case.id])
    CaseKey.objects.filter(case_id=case.id).delete()
    Doubt.objects.filter(case_id=case.id).delete()
    Case.objects.filter(household=case.id).update(household=None)
    Case.objects.filter(id=case.id).delete()


def _owe(at: datetime) -> None:
    """See that an answer is owed in every open case, also in those that came in before obligations were kept."""
    open_ = {case.id: case for case in Case.objects.filter(state__in=rules.OPEN)}
    timed = obliged.sources(rules.ANSWER, open_).keys() | obliged.sources(rules.OPTOUT, open_).keys()
    for case_id in open_.keys() - timed:
        steps.owed(open_[case_id], at)
