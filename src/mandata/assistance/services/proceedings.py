"""Authorities' inspections and proceedings on the processing, told by each party to the other (AST-2).

In the controller's scope. Telling of one meets `authority.inspection` where the clause, or the law, binds who tells; so
does telling of the result, which is an event of its own.
"""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.agreements.services import obligations
from mandata.assistance import selectors
from mandata.assistance.errors import BadWords, NoSuch, NotYours, WrongState
from mandata.assistance.models import Proceeding, Step
from mandata.assistance.rules import codes
from mandata.assistance.services import entering, letters, waiting
from mandata.audience.services.numbers import next_number
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.vault.services import Vault


def tell(*, opened_at: datetime, authority: str, words: str, actor: Actor, at: datetime, reference: str = "") -> UUID:
    """Tell the other party that an authority has opened an inspection or a proceeding; return its id.

    `opened_at`: when this party was told of it; the clause's time runs from then. Raises BadWords.
    """
    teller = entering.party(actor)
    text, name = entering.said(words, about=codes.INSPECTION), entering.said(authority, about=codes.INSPECTION)
    _past(opened_at, at)
    row = Proceeding(id=new_id(), number=next_number(Proceeding), told_by=teller, opened_at=opened_at, told_at=at)
    told = {"authority": name, "reference": reference.strip(), "words": text}
    row.sealed = entering.sealed(row.id, selectors.PROCEEDING, told, new=True)
    duty = _owe(row, opened_at, "opened", at, actor)
    body: dict[str, object] = {"told_by": teller, "opened": opened_at, "obligation": duty}
    entering.enter(row, "assistance.proceeding_told", body, actor=actor, at=at, clause=codes.INSPECTION, words=told)
    row.save(force_insert=True)
    waiting.note(kind="proceeding", thing=row.id, since=opened_at)
    _met(row, letters.proceeding(row, "opened", f"{name}\n\n{text}", at=at), actor, at)
    own: UUID = row.id
    return own


def progress(*, proceeding_id: UUID, words: str, actor: Actor, at: datetime) -> None:
    """Tell how it goes on. Raises NoSuch, NotYours, WrongState, BadWords."""
    row = _locked(proceeding_id, actor)
    _step(row, "progress", words, actor, at, at)


def result(*, proceeding_id: UUID, words: str, came_at: datetime, actor: Actor, at: datetime) -> None:
    """Tell how it ended, and since when that is known; the proceeding is closed by it. Raises NoSuch, NotYours,
    WrongState, BadWords."""
    row = _locked(proceeding_id, actor)
    _past(came_at, at)
    _owe(row, came_at, "result", at, actor)
    row.state, row.closed_at = "closed", at
    waiting.strike(row.id)
    _step(row, "result", words, actor, came_at, at)


def _past(when: datetime, at: datetime) -> None:
    if when > at:
        raise BadWords(_("This cannot have happened in the future."), clause=codes.INSPECTION)


def _locked(proceeding_id: UUID, actor: Actor) -> Proceeding:
    row: Proceeding | None = Proceeding.objects.select_for_update().filter(id=proceeding_id).first()
    if row is None:
        raise NoSuch(_("There is no such proceeding."))
    if entering.party(actor) != row.told_by:
        raise NotYours(_("Whoever told of it tells how it goes on."), clause=codes.INSPECTION)
    if row.state != "open":
        raise WrongState(_("Its result is told already."), clause=codes.INSPECTION)
    return row


def _owe(row: Proceeding, since: datetime, what: str, at: datetime, actor: Actor) -> UUID | None:
    terms = agreements.ground(at).terms
    clause = terms.clauses.get(codes.INSPECTION) if terms else None
    bound = getattr(clause.value, "who", "") if clause else "processor"
    if bound not in ("either", row.told_by):
        return None
    return obligations.open_duty(
        duty=codes.INSPECTION,
        since=since,
        cause=f"proceeding:{row.id}:{what}",
        at=at,
        about=("proceeding", row.id),
        owed_by=row.told_by,
        owed_to=codes.other(row.told_by),
        actor=actor,
    )


def _met(row: Proceeding, notice: UUID | None, actor: Actor, at: datetime) -> None:
    evidence: dict[str, object] = {"proceeding": row.id, "notice": notice}
    obligations.meet_about(about=row.id, duties=(codes.INSPECTION,), evidence=evidence, actor=actor, at=at)


def _step(row: Proceeding, kind: str, words: str, actor: Actor, when: datetime, at: datetime) -> None:
    text = entering.said(words, about=codes.INSPECTION)
    sealed = Vault.open().seal(row.id, selectors.STEP, text.encode())
    Step.objects.create(proceeding=row.id, kind=kind, by=str(actor)[:60], at=at, sealed=sealed)
    body: dict[str, object] = {"told_by": row.told_by, "when": when}
    entering.enter(
        row,
        f"assistance.proceeding_{kind}",
        body,
        actor=actor,
        at=at,
        clause=codes.INSPECTION,
        words={"words": text},
    )
    row.save()
    _met(row, letters.proceeding(row, kind, text, at=at), actor, at)
