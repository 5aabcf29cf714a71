"""Documents and help that one party asks the other for, in time by the agreement's clause (AST-3).

In the controller's scope. Whoever is asked owes by `assistance.documents` where the clause binds that party; where the
agreement is silent, the processor owes by law, without a figure.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.agreements.services import obligations
from mandata.assistance import selectors
from mandata.assistance.errors import BadWords, NoSuch, NotYours, WrongState
from mandata.assistance.models import Request
from mandata.assistance.rules import codes
from mandata.assistance.services import entering, letters, waiting
from mandata.audience.services.numbers import next_number
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id


def ask(*, matter: str, words: str, actor: Actor, at: datetime, received_at: datetime | None = None) -> UUID:
    """Ask the other party for a document or help and return the request's id.

    `matter`: a code of `codes.MATTERS`; `received_at`: when the other party had it, where it came by another way
    (a letter that is entered later). Opens the duty, serves the notice. Raises BadWords.
    """
    asker = entering.party(actor)
    owed_by, text = codes.other(asker), entering.said(words, about=codes.DOCUMENTS)
    if matter not in codes.MATTERS:
        raise BadWords(_("Nobody asks for help with that."), clause="assistance.matters", remedy=_("Choose a matter."))
    since = received_at or at
    if since > at:
        raise BadWords(_("A request cannot have come in the future."), clause=codes.DOCUMENTS)
    row = Request(id=new_id(), number=next_number(Request), owed_by=owed_by, matter=matter, received_at=since)
    row.asked_by = str(actor)[:60]
    row.sealed = entering.sealed(row.id, selectors.REQUEST, {"words": text, "answer": ""}, new=True)
    duty = _owe(row, at, actor)
    body: dict[str, object] = {"owed_by": owed_by, "matter": matter, "received": since, "obligation": duty}
    entering.enter(row, "assistance.asked", body, actor=actor, at=at, clause=codes.DOCUMENTS, words={"words": text})
    row.save(force_insert=True)
    waiting.note(kind="request", thing=row.id, since=since)
    letters.asked(row, text, at=at)
    own: UUID = row.id
    return own


def _owe(row: Request, at: datetime, actor: Actor) -> UUID | None:
    """Open the duty where the clause, or for the processor the law, binds who is asked."""
    terms = agreements.ground(at).terms
    clause = terms.clauses.get(codes.DOCUMENTS) if terms else None
    bound = getattr(clause.value, "who", "") if clause else "processor"
    if bound not in ("either", row.owed_by):
        return None
    return obligations.open_duty(
        duty=codes.DOCUMENTS,
        since=row.received_at,
        cause=f"assistance:{row.id}",
        at=at,
        about=("assistance", row.id),
        owed_by=row.owed_by,
        owed_to=codes.other(row.owed_by),
        actor=actor,
    )


def answer(*, request_id: UUID, words: str, actor: Actor, at: datetime, files: Sequence[UUID] = ()) -> None:
    """Answer a request; the duty is met by it, and the other party told. Files were taken before, with the request.

    Raises NoSuch, NotYours, WrongState, BadWords.
    """
    row = _locked(request_id, actor, mine=True)
    text = entering.said(words, about=codes.DOCUMENTS)
    held = [one.id for one in selectors.files(row.id)]
    evidence: dict[str, object] = {"request": row.id, "files": len(held), "named": [str(one) for one in files]}
    _close(row, "answered", {"files": held}, actor, at, answer=text)
    obligations.meet_about(about=row.id, duties=(codes.DOCUMENTS,), evidence=evidence, actor=actor, at=at)
    letters.answered(row, text, at=at)


def refuse(*, request_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """Refuse a request with the reason, which the other party is told. What is owed stays owed where it is the
    processor that refuses: only the controller can waive it. Raises NoSuch, NotYours, WrongState, BadWords."""
    row = _locked(request_id, actor, mine=True)
    text = entering.said(reason, about=codes.DOCUMENTS)
    _close(row, "refused", {}, actor, at, answer=text)
    letters.answered(row, text, at=at, refused=True)


def withdraw(*, request_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a request back; what was owed lapses. Raises NoSuch, NotYours, WrongState."""
    row = _locked(request_id, actor, mine=False)
    _close(row, "withdrawn", {}, actor, at)
    obligations.lapse_about(about=row.id, reason="withdrawn", actor=actor, at=at)


def _locked(request_id: UUID, actor: Actor, *, mine: bool) -> Request:
    row: Request | None = Request.objects.select_for_update().filter(id=request_id).first()
    if row is None:
        raise NoSuch(_("There is no such request."))
    if (entering.party(actor) == row.owed_by) is not mine:
        raise NotYours(_("This is the other party's to do."), clause=codes.DOCUMENTS)
    if row.state != "open":
        raise WrongState(_("This request is closed already."), clause=codes.DOCUMENTS)
    return row


def _close(row: Request, state: str, body: dict[str, object], actor: Actor, at: datetime, answer: str = "") -> None:
    before = selectors.request(row.id)
    told = {"words": before.words, "answer": answer}
    row.sealed = entering.sealed(row.id, selectors.REQUEST, told)
    row.state, row.closed_at, row.closed_by = state, at, str(actor)[:60]
    waiting.strike(row.id)
    words = {"words": answer} if answer else None
    entering.enter(row, f"assistance.{state}", body, actor=actor, at=at, clause=codes.DOCUMENTS, words=words)
    row.save()
