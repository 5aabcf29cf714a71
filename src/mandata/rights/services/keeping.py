"""Deleting what has had its time: answers, requests that nobody confirmed, letters, archived cases (DSR-12)."""

from datetime import datetime

from mandata.accounts import selectors as accounts
from mandata.agreements.selectors import obligations as obliged
from mandata.agreements.services import obligations
from mandata.foundation.actors import SYSTEM
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import letters, rules, selectors
from mandata.rights.models import Answer, Case, CaseEvent, CaseKey, Doubt, Letter
from mandata.rights.services import closing, desk, emptying, steps
from mandata.vault.services import Vault

_AT_ONCE = 500


def expire(*, at: datetime) -> int:
    """Delete answers whose link has expired, requests that nobody confirmed in time, letters of erasures that nobody
    handed over, proofs left behind, and cases whose archive ends; return how many."""
    with scope(current_controller()):
        gone = _answers(at) + _unconfirmed(at) + _letters(at) + _archived(at)
        _owe(at)
        _remind(at)
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
    """Who asked through the network and uses no link is let go. Who asked by telephone, by post or in person never is:
    the person may not read mail, and the answer stays owed (`_remind`)."""
    since = at - 2 * rules.CONFIRM_LASTS
    mailed = CaseEvent.objects.filter(kind__in=["confirmation_sent", "received"], at__gt=since).values("case_id")
    stale = list(
        Case.objects.select_for_update()
        .filter(state="received", received_at__lte=since, waits_since=None, household=None)
        .exclude(channel__in=rules.PAPER)
        .exclude(id__in=mailed)
    )
    for case in stale:
        steps.enter(case, "expired", actor=SYSTEM, at=at)
        emptying.empty([case.id])
        Case.objects.filter(id=case.id).update(state="expired", closed_at=at)
        obligations.lapse_about(about=case.id, reason="not_confirmed", at=at)
    return len(stale)


def _remind(at: datetime) -> None:
    """Tell the officer and, by the channel of the request, the person that the mailed link was not used in its time:
    once for each case, which stays open with its obligation."""
    told = CaseEvent.objects.filter(kind="unconfirmed").values("case_id")
    mailed = CaseEvent.objects.filter(kind="confirmation_sent", at__gt=at - rules.CONFIRM_LASTS).values("case_id")
    rows = (
        Case.objects.select_for_update()
        .filter(state="received", channel__in=rules.PAPER, email_index__isnull=False, waits_since=None)
        .exclude(id__in=told)
        .exclude(id__in=mailed)
    )
    for case in rows.order_by("id")[:_AT_ONCE]:
        card, sent = accounts.controller(), CaseEvent.objects.filter(case_id=case.id, kind="confirmation_sent")
        last = sent.order_by("-at").values_list("at", flat=True).first() or case.received_at
        letter = letters.unconfirmed(
            card,
            kind=case.kind,
            number=case.number,
            expires_at=last + rules.CONFIRM_LASTS,
            regime=case.regime,
            language=case.language,
        )
        shown: dict[str, object] = dict(steps.tell(case, letter, selectors.wrote(case), kind="unconfirmed", at=at))
        told_officer = letters.unconfirmed_to_controller(card, kind=case.kind, number=case.number, due_at=case.due_at)
        shown["mail"] = steps.tell_controller(told_officer, at=at)
        steps.enter(case, "unconfirmed", actor=SYSTEM, at=at, detail=shown, clause="Art. 12(2) GDPR")


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
