"""The same for many cases at once: by a job, each case in a transaction of its own, each told what became of it."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Refused
from mandata.infra.jobs import app
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import rules
from mandata.rights.errors import BadReason, TooMany
from mandata.rights.models import Case
from mandata.rights.services import desk, refusing, steps

JOB: Final = "rights.bulk"
ACTS: Final = ("answer", "refuse")
PART: Final = 50


def order(*, act: str, case_ids: Collection[UUID], reason: str = "", actor: Actor) -> int:
    """Queue an answer to or the refusal of many cases; return how many. The officer's words go to none of them.

    Raises TooMany, BadReason (a refusal without one).
    """
    ids = list(dict.fromkeys(case_ids))
    if len(ids) > rules.MAX_BULK or act not in ACTS:
        raise TooMany(_("At most %(count)d requests at once.") % {"count": rules.MAX_BULK})
    if act == "refuse" and reason not in rules.REASONS:
        raise BadReason(
            _("A refusal needs one of the reasons of the law."), clause="Art. 12(4) GDPR", remedy=_("Choose one.")
        )
    with scope(current_controller()):
        for start in range(0, len(ids), PART):
            app.configure_task(JOB, queue="rights").defer(
                controller_id=str(current_controller()),
                act=act,
                cases=[str(one) for one in ids[start : start + PART]],
                reason=reason,
                member=str(actor.id or ""),
            )
    return len(ids)


def run(*, controller_id: UUID, act: str, cases: Collection[UUID], reason: str, actor: Actor, at: datetime) -> int:
    """Do what was ordered; return how many cases were closed. What is refused stays open with the code in its
    timeline; run again after a crash, it passes over what is closed."""
    done = 0
    for case_id in cases:
        try:
            with scope(controller_id):
                done += _one(case_id, act, reason, actor, at)
        except Refused as refused:
            with scope(controller_id):
                row = Case.objects.filter(id=case_id, state__in=rules.OPEN).first()
                if row is not None:
                    steps.enter(row, "not_done", actor=SYSTEM, at=at, detail={"act": act, "code": refused.code})
    return done


def _one(case_id: UUID, act: str, reason: str, actor: Actor, at: datetime) -> int:
    row = Case.objects.filter(id=case_id, state__in=rules.OPEN).first()
    if row is None:
        return 0
    if act == "refuse":
        refusing.refuse(case_id=case_id, reason=_reason(row, reason), actor=actor, at=at)
    elif rules.kind(row.kind).alone:
        desk.answer(case_id=case_id, actor=actor, at=at)
    else:
        raise BadReason(_("Requests of this kind are answered one by one."), clause=rules.CLAUSES[row.kind])
    return 1


def _reason(row: Case, reason: str) -> str:
    """The same reason by the provision of the kind's own regime."""
    same = f"us_{reason}"
    return same if row.regime == rules.US and same in rules.REASONS else reason
