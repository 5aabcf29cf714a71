"""Fetching an answer through its link, and deleting what has had its time."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from mandata.agreements.selectors import obligations as obliged
from mandata.agreements.services import obligations
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import rules, selectors
from mandata.rights.errors import AnswerGone
from mandata.rights.models import Answer, Case, CaseKey
from mandata.rights.selectors import ANSWER_PLACE
from mandata.rights.services import desk, emptying, steps
from mandata.vault.services import Vault


@dataclass(frozen=True, slots=True)
class File:
    """A file to download."""

    name: str
    content: bytes


def fetch(*, token: str, at: datetime) -> File:
    """Return the answer behind a link and note that it was fetched. Opens the scope itself.

    Raises BadLink, and AnswerGone where the content has been deleted.
    """
    found = selectors.key(token, ("download",), at=at)
    with scope(found.controller_id):
        case = steps.locked(found.case_id)
        answer = Answer.objects.filter(id=case.id, expires_at__gt=at).first()
        if answer is None:
            raise AnswerGone(
                _("The answer is deleted; its time has passed."), remedy=_("Ask again; you will get a new one.")
            )
        content = Vault.open().unseal(case.id, ANSWER_PLACE, bytes(answer.sealed))
        Answer.objects.filter(id=case.id).update(fetched_at=at)
        steps.enter(case, "fetched", actor=Actor("subject", case.subject), at=at)
        return File(f"data-{case.number}.zip", content)


def expire(*, at: datetime) -> int:
    """Delete answers whose link has expired, and requests that nobody confirmed in time; return how many."""
    with scope(current_controller()):
        gone = list(Answer.objects.filter(expires_at__lte=at).values_list("id", flat=True))
        Answer.objects.filter(id__in=gone).delete()
        for case in Case.objects.select_for_update().filter(id__in=gone):
            steps.enter(case, "answer_deleted", actor=SYSTEM, at=at)
        stale = list(
            Case.objects.select_for_update().filter(state="received", received_at__lte=at - 2 * rules.CONFIRM_LASTS)
        )
        for case in stale:
            steps.enter(case, "expired", actor=SYSTEM, at=at)
            emptying.empty([case.id])
            Case.objects.filter(id=case.id).update(state="expired", closed_at=at)
            obligations.lapse_about(about=case.id, reason="not_confirmed", at=at)
        _owe(at)
        desk.reach_manual(at=at)
        CaseKey.objects.filter(controller_id=current_controller(), expires_at__lte=at).delete()
        return len(gone) + len(stale)


def _owe(at: datetime) -> None:
    """See that an answer is owed in every open case, also in those that came in before obligations were kept."""
    received = dict(Case.objects.filter(state__in=rules.OPEN).values_list("id", "received_at"))
    for case_id in received.keys() - obliged.sources(rules.ANSWER, received).keys():
        steps.owed(case_id, received[case_id], at)
