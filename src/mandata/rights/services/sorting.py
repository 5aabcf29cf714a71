"""Saying what an unsorted request asks for, such as a mail to the inbox address."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.foundation.actors import Actor
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import rules, selectors
from mandata.rights.errors import NotAskable, NotThisKind
from mandata.rights.models import Case
from mandata.rights.services import closing, confirming, steps


def sort(
    *,
    case_id: UUID,
    kind: str,
    asked: Mapping[str, Sequence[str]] | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """Say which kind an unsorted request is of; its clock has run from its receipt and goes on.

    What needs no decision is carried out at once where the person has confirmed. Raises NoSuchCase, AlreadyDecided,
    NotThisKind (sorted already), NotAskable.
    """
    with scope(current_controller()):
        case = steps.locked(case_id)
        if case.state not in rules.OPEN:
            raise closing.decided(case)
        if rules.kind(case.kind).way is not rules.Way.SORT:
            raise NotThisKind(_("It has been said already what is asked."), clause=rules.CLAUSES[case.kind])
        found = rules.TABLE.get(kind)
        us = selectors.regime(at) == rules.US
        if found is None or found.way in (rules.Way.SORT, rules.Way.TOGETHER) or (found.regime == rules.US and not us):
            raise NotAskable(_("This cannot be asked here."), clause="Art. 12(2) GDPR")
        try:
            codes = rules.asked(kind, asked or {})
        except ValueError:
            raise NotAskable(_("It is not said clearly what is asked."), clause=found.clause) from None
        _changed(case, kind, codes, found, actor, at)


def _changed(case: Case, kind: str, codes: Mapping[str, object], found: rules.Kind, actor: Actor, at: datetime) -> None:
    case.kind, case.asked = kind, dict(codes)
    case.regime = case.regime if kind == "complaint" else found.regime
    case.due_at = steps.due_of(case, at)
    case.save(update_fields=["kind", "asked", "regime", "due_at"])
    steps.enter(
        case, "sorted", actor=actor, at=at, detail={"due": case.due_at, "asked": dict(codes)}, clause=found.clause
    )
    if case.state == "confirmed":
        steps.reach_manual(case, at=at)
        confirming.done_at_once(case, at)
    elif not found.verified:
        confirming.confirmed(case, actor, "not_needed", at)
