"""The end of a restriction (Article 18(3) GDPR)."""

from datetime import datetime

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.foundation.actors import Actor
from mandata.holdings import manual
from mandata.holdings import services as holdings
from mandata.rights import letters, selectors
from mandata.rights.errors import NotThisKind, WordsMissing
from mandata.rights.models import Case
from mandata.rights.services import steps

CLAUSE = "Art. 18(3) GDPR"


def lift(case: Case, *, words: str, actor: Actor, at: datetime) -> int:
    """Tell the person, then end the restriction of a case at hand."""
    if case.restricted_at is None or case.lifted_at is not None:
        raise NotThisKind(_("This request restricts nothing (any more)."), clause=CLAUSE)
    if not words.strip():
        raise WordsMissing(
            _("The person is told before a restriction ends, and why."), clause=CLAUSE, remedy=_("Write the reason.")
        )
    wrote = selectors.wrote(case)
    subject = selectors.subject_in(case, wrote)
    letter = letters.lifted(accounts.controller(), number=case.number, words=words.strip(), language=case.language)
    shown = steps.tell(case, letter, wrote, kind="lifted", at=at)
    done = holdings.restrict(subject=subject, restricted=False, actor=actor, at=at) if subject else {}
    tasks = manual.open_for_lifting(case_id=case.id, at=at)
    Case.objects.filter(id=case.id).update(lifted_at=at)
    detail = {"rows": sum(done.values()), "tasks": tasks, **shown}
    steps.enter(case, "lifted", actor=actor, at=at, detail=detail, clause=CLAUSE)
    return sum(done.values())
