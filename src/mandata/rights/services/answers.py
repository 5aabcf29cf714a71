"""Fetching an answer: by the person through its link, or by an officer who hands it over on paper or a medium."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.foundation.actors import Actor
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import selectors
from mandata.rights.errors import AnswerGone
from mandata.rights.models import Answer, Case
from mandata.rights.selectors import ANSWER_PLACE
from mandata.rights.services import steps
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
        return _taken(case, Actor("subject", case.subject), "fetched", at)


def take(*, case_id: UUID, actor: Actor, at: datetime) -> File:
    """Return the answer for an officer who prints it or hands it over, because the person asked on paper: a deliberate
    act that stands in the record. Raises NoSuchCase, AnswerGone."""
    with scope(current_controller()):
        return _taken(steps.locked(case_id), actor, "copy_taken", at)


def _taken(case: Case, actor: Actor, kind: str, at: datetime) -> File:
    answer = Answer.objects.filter(id=case.id, expires_at__gt=at).first()
    if answer is None:
        raise AnswerGone(
            _("The answer is deleted; its time has passed."), remedy=_("Ask again; you will get a new one.")
        )
    content = Vault.open().unseal(case.id, ANSWER_PLACE, bytes(answer.sealed))
    Answer.objects.filter(id=case.id).update(fetched_at=at)
    steps.enter(case, kind, actor=actor, at=at)
    return File(f"data-{case.number}.zip", content)
