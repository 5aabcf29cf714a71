"""What the controller tells the processor for its part: impact assessments, its data protection officer, changes of
the law (AST-1; ACO 6, ICE VII.1.f). In the controller's scope.
"""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.assistance import selectors
from mandata.assistance.errors import BadWords, NoSuch, NotYours, WrongState
from mandata.assistance.models import Intake
from mandata.assistance.rules import codes
from mandata.assistance.services import entering, letters, waiting
from mandata.audience.services.numbers import next_number
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.record.services import append
from mandata.vault.services import Vault

CLAUSE = "controller.impact"


def tell(*, kind: str, title: str, words: str, actor: Actor, at: datetime, contact: str = "") -> UUID:
    """Take in what the controller tells and return its id; of what there is one of, the one before is replaced.

    `kind`: a code of `codes.INTAKES`; `contact`: of the data protection officer. Raises BadWords, NotYours.
    """
    if entering.party(actor) != "controller":
        raise NotYours(_("Only the controller tells this of itself."), clause=CLAUSE)
    if kind not in codes.INTAKES:
        raise BadWords(_("Nothing of that kind is taken in here."), clause=CLAUSE, remedy=_("Choose a kind."))
    if kind == "officer" and not contact.strip():
        raise BadWords(
            _("Nobody can reach an officer without a contact."), clause="Article 37(7) GDPR", remedy=_("State it.")
        )
    told = {"title": entering.said(title, about=CLAUSE)[:300], "words": words.strip(), "contact": contact.strip()}
    if len(told["words"]) > codes.MAX_WORDS or len(told["contact"]) > 300:
        raise BadWords(_("This is too long to be kept as text."), clause=CLAUSE, remedy=_("Add it as a file."))
    number = next_number(Intake)
    if kind in codes.SINGLE:
        Intake.objects.filter(kind=kind, state="current").update(state="replaced", ended_at=at)
    row = Intake(id=new_id(), number=number, kind=kind, at=at, by=str(actor)[:60])
    row.sealed = entering.sealed(row.id, selectors.INTAKE, told, new=True)
    row.save(force_insert=True)
    waiting.note(kind="intake", thing=row.id, since=at)
    _enter("told", row, actor, at, told)
    letters.told(row, told["title"], at=at)
    own: UUID = row.id
    return own


def seen(*, intake_id: UUID, by: UUID, at: datetime) -> None:
    """Note that somebody of the operator's has read it and taken what follows from it. Raises NoSuch, WrongState."""
    row = _locked(intake_id)
    if row.seen_at is not None:
        raise WrongState(_("This was noted already."), clause=CLAUSE)
    row.seen_at, row.seen_by = at, by
    waiting.strike(row.id)
    row.save()
    _enter("seen", row, Actor("operator", by), at)


def end(*, intake_id: UUID, actor: Actor, at: datetime) -> None:
    """Take back what holds no more. Raises NoSuch, NotYours, WrongState."""
    if entering.party(actor) != "controller":
        raise NotYours(_("Only the controller takes this back."), clause=CLAUSE)
    row = _locked(intake_id)
    if row.state != "current":
        raise WrongState(_("This holds no more already."), clause=CLAUSE)
    row.state, row.ended_at = "ended", at
    row.save()
    _enter("ended", row, actor, at)


def _locked(intake_id: UUID) -> Intake:
    row: Intake | None = Intake.objects.select_for_update().filter(id=intake_id).first()
    if row is None:
        raise NoSuch(_("There is no such entry."))
    return row


def _enter(what: str, row: Intake, actor: Actor, at: datetime, words: dict[str, str] | None = None) -> None:
    commitment = Vault.open().commit(row.id, words) if words else None
    body: dict[str, object] = {"id": row.id, "number": row.number, "kind": row.kind}
    append(kind=f"assistance.intake_{what}", body=body, actor=actor, at=at, clause=CLAUSE, commitment=commitment)
