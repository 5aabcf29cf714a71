"""What an officer does with a case: look what an answer would do, answer it, or refuse it. One of two officers wins."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements import services as agreements
from mandata.agreements.rules.facts import SERVICE, RightsFacts
from mandata.agreements.selectors import obligations as obliged
from mandata.agreements.services import obligations
from mandata.foundation.actors import Actor
from mandata.holdings import manual, shelves
from mandata.holdings import selectors as held
from mandata.holdings import services as holdings
from mandata.holdings.rules import CLAUSES, Subject
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import letters, rules, selectors
from mandata.rights.errors import AlreadyDecided, BadReason, NotConfirmed
from mandata.rights.models import Answer, Case
from mandata.rights.selectors import ANSWER_PLACE, Wrote
from mandata.rights.services import steps
from mandata.vault.services import Vault


def preview(*, case_id: UUID) -> list[held.PreviewRow]:
    """Return what is held of the person behind a case and what an erasure would leave; empty for nothing."""
    subject = selectors.subject_of(case_id)
    return held.preview_rows(subject) if subject else []


def show(*, case_id: UUID, actor: Actor, at: datetime) -> Wrote:
    """Return who asks and in what words: a deliberate act that stands in the timeline and the record (PPL-2)."""
    with scope(current_controller()):
        case = steps.locked(case_id)
        steps.enter(case, "shown", actor=actor, at=at)
        return selectors.wrote(case)


def answer(*, case_id: UUID, actor: Actor, at: datetime, ground: str = "no_longer_needed") -> dict[str, object]:
    """Carry a confirmed request out and tell the person; return the outcome as the case keeps it.

    Access: the copy is made, sealed under the case's key, and fetched through a link that expires. Erasure: done on
    the `ground` (`holdings.rules.GROUNDS`) in this transaction. Nobody known: told so. Raises NoSuchCase,
    NotConfirmed, AlreadyDecided, GateRefused, StillOpen where manual holdings have not been gone through yet.
    """
    with scope(current_controller()):
        case = steps.locked(case_id)
        _answerable(case)
        steps.reach_manual(case, at=at)
        manual.demand_done(case.id)
        agreements.ask(
            RightsFacts(kind=case.kind, confirmed=case.confirmed_at is not None, purpose=SERVICE),
            about=case.id,
            actor=actor,
            at=at,
            record=True,
        )
        wrote, subject = selectors.wrote(case), selectors.subject_of(case_id)
        if subject is None or not (_is_known(subject) or shelves.found_about(case.id)):
            return _nothing_held(case, wrote, actor, at)
        if case.kind == "access":
            return _hand_over(case, wrote, subject, actor, at)
        return _erase(case, wrote, subject, ground, actor, at)


def reach_manual(*, at: datetime) -> None:
    """Open in every case that waits for an answer the tasks of manual holdings that were registered since."""
    with scope(current_controller()):
        for case in Case.objects.select_for_update().filter(state="confirmed"):
            steps.reach_manual(case, at=at)


def _answerable(case: Case) -> None:
    if case.state == "received":
        raise NotConfirmed(
            _("The person has not confirmed this request yet."),
            clause="Art. 12(6) GDPR",
            remedy=_("Wait for the link to be used, or confirm it yourself if you know the person by other means."),
        )
    if not rules.may_answer(case.state):
        raise _decided(case)


def _decided(case: Case) -> AlreadyDecided:
    return AlreadyDecided(
        _("This request was answered on %(day)s.") % {"day": f"{case.closed_at:%Y-%m-%d %H:%M} UTC"},
        remedy=_("Look at its timeline; nothing was done twice."),
        evidence={"state": case.state, "by": str(case.decided_by)},
    )


def _is_known(subject: Subject) -> bool:
    """Whether anything but requests is held."""
    return any(key not in rules.HOLDINGS for key in held.preview(subject).counts)


def _nothing_held(case: Case, wrote: Wrote, actor: Actor, at: datetime) -> dict[str, object]:
    letter = letters.nothing_held(accounts.controller(), number=case.number, language=case.language)
    notice = steps.post(case, letter, to=wrote.address, name=wrote.name, kind="answered", at=at)
    outcome: dict[str, object] = {"result": "nothing_held", "notice": str(notice)}
    return _close(case, "answered", outcome, actor, at, clause=rules.CLAUSES[case.kind])


def _hand_over(case: Case, wrote: Wrote, subject: Subject, actor: Actor, at: datetime) -> dict[str, object]:
    archive = holdings.export(subject=subject, language=case.language, at=at)
    expires_at = at + rules.DOWNLOAD_LASTS
    sealed = Vault.open().seal(case.id, ANSWER_PLACE, archive.content)
    Answer.objects.create(id=case.id, sealed=sealed, size=len(archive.content), expires_at=expires_at)
    token = steps.new_link(case, "download", expires_at)
    beside = shelves.found_about(case.id)
    letter = letters.copy_ready(
        accounts.controller(),
        number=case.number,
        token=token,
        expires_at=expires_at,
        beside=beside,
        language=case.language,
    )
    notice = steps.post(case, letter, to=wrote.address, name=wrote.name, kind="answered", at=at)
    outcome: dict[str, object] = {
        "result": "handed_over",
        "manual": len(beside),
        "records": dict(archive.counts),
        "bytes": len(archive.content),
        "expires_at": expires_at.isoformat(),
        "notice": str(notice),
    }
    return _close(case, "answered", outcome, actor, at, clause="Art. 15 GDPR")


def _erase(case: Case, wrote: Wrote, subject: Subject, ground: str, actor: Actor, at: datetime) -> dict[str, object]:
    # The letter is sealed before the address dies with the case's key, in the same transaction.
    with translation.override(case.language):
        stays = held.stays(subject)
    letter = letters.erased(accounts.controller(), number=case.number, kept=stays, language=case.language)
    notice = steps.post(case, letter, to=wrote.address, name=wrote.name, kind="erased", at=at, forget=True)
    done = holdings.erase(subject=subject, ground=ground, actor=actor, case_id=case.id, at=at)
    outcome: dict[str, object] = {
        "result": "erased",
        "erasure": str(done.id),
        "ground": ground,
        "counts": {key: dict(count) for key, count in done.counts.items()},
        "kept": {str(one["holding"]): one["rows"] for one in done.kept},
        "notice": str(notice),
    }
    return _close(case, "answered", outcome, actor, at, clause=CLAUSES[ground])


def refuse(*, case_id: UUID, reason: str, words: str = "", actor: Actor, at: datetime) -> dict[str, object]:
    """Refuse a request with a reason and tell the person, with the right to complain (Art. 12(4) GDPR).

    `words` are the officer's own, in the person's language; they go into the letter only. Raises NoSuchCase,
    AlreadyDecided, BadReason.
    """
    with scope(current_controller()):
        case = steps.locked(case_id)
        if not rules.may_refuse(case.state):
            raise _decided(case)
        if reason not in rules.refusal_reasons(case.kind):
            raise BadReason(
                _("A refusal needs one of the reasons of the law."), clause="Art. 12(4) GDPR", remedy=_("Choose one.")
            )
        wrote = selectors.wrote(case)
        letter = letters.refusal(
            accounts.controller(), number=case.number, reason=reason, words=words.strip(), language=case.language
        )
        notice = steps.post(case, letter, to=wrote.address, name=wrote.name, kind="refused", at=at)
        manual.drop(about=case.id, at=at)
        outcome: dict[str, object] = {"result": "refused", "reason": reason, "notice": str(notice)}
        return _close(case, "refused", outcome, actor, at, clause=rules.REASONS[reason])


def extend(*, case_id: UUID, reason: str, actor: Actor, at: datetime) -> datetime:
    """Take the longer period that the agreement or the law allows, and tell the person why; return the new due time.

    `reason`: in the person's language; it goes into the letter and stays in the scope. Raises NoSuchCase,
    AlreadyDecided, MayNotExtend (no reason, too late, extended before).
    """
    with scope(current_controller()):
        case = steps.locked(case_id)
        if case.state not in rules.OPEN:
            raise _decided(case)
        owed = steps.owed(case.id, case.received_at, at)
        obligations.extend(obligation_id=owed, reason=reason, actor=actor, at=at)
        due_at = obliged.obligation(owed, at).obliged.strict - timedelta(seconds=1)
        Case.objects.filter(id=case.id).update(due_at=due_at)
        manual.move_due(about=case.id, due_at=due_at)
        wrote = selectors.wrote(case)
        letter = letters.extended(
            accounts.controller(), number=case.number, reason=reason.strip(), due_at=due_at, language=case.language
        )
        notice = steps.post(case, letter, to=wrote.address, name=wrote.name, kind="extended", at=at)
        detail = {"due": due_at, "notice": notice}
        steps.enter(case, "extended", actor=actor, at=at, detail=detail, clause=rules.DUE_CLAUSE)
        return due_at


def _close(
    case: Case, state: str, outcome: dict[str, object], actor: Actor, at: datetime, *, clause: str
) -> dict[str, object]:
    """Close a case; not by saving the row, because an erasure has just emptied what it sealed."""
    Case.objects.filter(id=case.id).update(state=state, outcome=outcome, decided_by=actor.id, closed_at=at)
    evidence = {"outcome": outcome["result"], "notice": outcome["notice"]}
    obligations.meet_about(about=case.id, duties=(rules.ANSWER,), evidence=evidence, actor=actor, at=at)
    obligations.lapse_about(about=case.id, reason="answered", actor=actor, at=at)
    steps.enter(case, state, actor=actor, at=at, detail=outcome, clause=clause)
    return outcome
