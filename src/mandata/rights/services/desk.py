"""What an officer does with a case: look what an answer would do, answer it, take more time. Of two officers one
wins."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements import services as agreements
from mandata.agreements.rules.facts import SERVICE, RightsFacts
from mandata.agreements.services import obligations
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Refused
from mandata.holdings import manual, shelves
from mandata.holdings import selectors as held
from mandata.holdings.rules import Subject
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import letters, rules, selectors
from mandata.rights.errors import NotJoined, NotThisKind
from mandata.rights.models import Case, Doubt
from mandata.rights.selectors import Wrote, listing
from mandata.rights.services import closing, lifting, steps, ways
from mandata.rights.services.ways import Act, Given


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


def answer(
    *,
    case_id: UUID,
    actor: Actor,
    at: datetime,
    ground: str = "no_longer_needed",
    changes: Mapping[str, str] | None = None,
    words: str = "",
    minimise: bool = False,
) -> dict[str, object]:
    """Carry a confirmed request out and tell the person by the channel of the request; return the outcome as the case
    keeps it. What is done is said by the kind (`rules.TABLE`), in one transaction.

    `ground` (`holdings.rules.GROUNDS`): of an erasure. `changes`: right values by field. `words`: the officer's own, in
    the person's language; they go into the letter alone. `minimise`: after an objection only the least stays
    (DSR-13). Nobody known: told so. Raises NoSuchCase, NotConfirmed, AlreadyDecided, StillWaiting, WordsMissing,
    NotJoined, NotThisKind (not sorted yet), GateRefused, StillOpen where manual holdings have not been gone through.
    """
    given = Given(ground, changes or {}, words, minimise)
    with scope(current_controller()):
        case = steps.locked(case_id)
        closing.demand_answerable(case)
        if case.household is not None:
            raise _with_household()
        if rules.kind(case.kind).way is rules.Way.TOGETHER:
            return _together(case, given, actor, at)
        steps.reach_manual(case, at=at)
        manual.demand_done(case.id)
        return _carried(case, given, actor, at)


def _with_household() -> NotJoined:
    return NotJoined(
        _("This is one person's part of a household's request, and is answered with it."),
        clause=rules.CLAUSES["household"],
        remedy=_("Answer the household's request."),
    )


def at_once(case: Case, *, at: datetime) -> bool:
    """Carry out what needs no decision: an objection to direct marketing, an opt-out. Manual holdings are reached by
    their tasks afterwards. Where a gate refuses, or while proof of identity is awaited, the case is left to an officer;
    return whether it was done."""
    if not rules.at_once(rules.kind(case.kind).automatic, case.kind, case.asked) or listing.waits_for(case):
        return False
    try:
        with scope(current_controller()):
            _carried(case, Given(), SYSTEM, at)
    except Refused as refused:
        steps.enter(case, "left_to_officer", actor=SYSTEM, at=at, detail={"code": refused.code})
        return False
    return True


def _carried(case: Case, given: Given, actor: Actor, at: datetime) -> dict[str, object]:
    kind = rules.kind(case.kind)
    if kind.way is rules.Way.SORT:
        raise NotThisKind(
            _("It has not been said yet what this person asks for."),
            clause=rules.DUE_CLAUSES[case.regime],
            remedy=_("Read the request and choose its kind."),
        )
    documents = "least" if Doubt.objects.filter(case_id=case.id, accepted=True).exists() else "none"
    agreements.ask(
        RightsFacts(
            kind=case.kind,
            confirmed=case.confirmed_at is not None or not kind.verified,
            purpose=SERVICE,
            documents=documents,
        ),
        about=case.id,
        actor=actor,
        at=at,
        record=True,
    )
    wrote = selectors.wrote(case)
    act = Act(case, wrote, selectors.subject_in(case, wrote), actor, at, given)
    way = ways.WAYS[kind.way] if kind.way in ways.FOR_ANYBODY or _held(act) else ways.nothing_held
    outcome, clause = way(act)
    return closing.close(case, "answered", outcome, actor, at, clause=clause)


def _held(act: Act) -> bool:
    """Whether anything but requests is held."""
    return act.subject is not None and (_is_known(act.subject) or bool(shelves.found_about(act.case.id)))


def _is_known(subject: Subject) -> bool:
    return any(key not in rules.HOLDINGS for key in held.preview(subject).counts)


def _together(case: Case, given: Given, actor: Actor, at: datetime) -> dict[str, object]:
    """Answer everybody of a household, all or nobody (§ 7031: jointly, each verified)."""
    members = list(Case.objects.select_for_update().filter(household=case.id).order_by("id"))
    missing = sum(one.state not in ("confirmed", "answered") for one in members)
    if missing or not members:
        raise NotJoined(
            _("%(count)d people of this household have not confirmed the request yet.") % {"count": missing},
            clause=rules.CLAUSES[case.kind],
            remedy=_("Wait for their links to be used, or refuse the request."),
            evidence={"missing": missing},
        )
    for one in members:
        if one.state == "confirmed":
            closing.demand_answerable(one)
            steps.reach_manual(one, at=at)
            manual.demand_done(one.id)
            _carried(one, given, actor, at)
    wrote = selectors.wrote(case)
    letter = letters.of_household(
        accounts.controller(), number=case.number, people=len(members), regime=case.regime, language=case.language
    )
    if wrote.address:
        shown = steps.tell(case, letter, wrote, kind="answered", at=at, forget=case.asked.get("what") == "delete")
    else:  # who asked for all was among those deleted, and has the own answer
        shown = {}
    outcome = {"result": "household", "people": len(members), **{name: str(one) for name, one in shown.items()}}
    return closing.close(case, "answered", outcome, actor, at, clause=rules.CLAUSES[case.kind])


def reach_manual(*, at: datetime) -> None:
    """Open in every case that waits for an answer the tasks of manual holdings that were registered since."""
    with scope(current_controller()):
        for case in Case.objects.select_for_update().filter(state="confirmed"):
            steps.reach_manual(case, at=at)


def extend(*, case_id: UUID, reason: str, actor: Actor, at: datetime) -> datetime:
    """Take the longer period that the agreement or the law allows, and tell the person why; return the new due time.

    `reason`: in the person's language; it goes into the letter and stays in the scope. Raises NoSuchCase,
    AlreadyDecided, MayNotExtend (no reason, too late, extended before, a kind that has no longer period), NotJoined.
    A household's people get the same time, each with a letter of the own.
    """
    with scope(current_controller()):
        case = steps.locked(case_id)
        if case.state not in rules.OPEN:
            raise closing.decided(case)
        if case.household is not None:
            raise _with_household()
        due_at = _longer(case, reason, actor, at)
        for one in Case.objects.select_for_update().filter(household=case.id, state__in=rules.OPEN).order_by("id"):
            _longer(one, reason, actor, at)
        return due_at


def _longer(case: Case, reason: str, actor: Actor, at: datetime) -> datetime:
    obligations.extend(obligation_id=steps.owed(case, at), reason=reason, actor=actor, at=at)
    due_at = steps.due_of(case, at)
    Case.objects.filter(id=case.id).update(due_at=due_at)
    manual.move_due(about=case.id, due_at=due_at)
    letter = letters.extended(
        accounts.controller(),
        number=case.number,
        reason=reason.strip(),
        due_at=due_at,
        regime=case.regime,
        language=case.language,
    )
    shown = steps.tell(case, letter, selectors.wrote(case), kind="extended", at=at)
    detail = {"due": due_at, **shown}
    steps.enter(case, "extended", actor=actor, at=at, detail=detail, clause=rules.DUE_CLAUSES[case.regime])
    return due_at


def lift(*, case_id: UUID, words: str, actor: Actor, at: datetime) -> int:
    """End a restriction that a case began; the person is told beforehand, with the reason (Article 18(3) GDPR).

    Return how many rows that changed; manual holdings get their tasks. Raises NoSuchCase, NotThisKind, WordsMissing.
    """
    with scope(current_controller()):
        return lifting.lift(steps.locked(case_id), words=words, actor=actor, at=at)
