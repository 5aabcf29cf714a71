"""Versions of the terms: announced with full text and difference, accepted, consented to by silence, or refused.

The clauses of the terms in force say how a change comes to bind (AGR-4). Inside a controller's scope.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from procrastinate.exceptions import AlreadyEnqueued

from mandata.accounts.services.notices import Attachment
from mandata.agreements import library, selectors, shelf
from mandata.agreements.errors import AlreadyInForce, NoneInForce, NoProposal, TooEarly
from mandata.agreements.language import words
from mandata.agreements.models import Proposal
from mandata.agreements.pdf import pdf
from mandata.agreements.rules import changes, text
from mandata.agreements.rules.differences import differences
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.words import fill
from mandata.agreements.rules.words import mark as _
from mandata.agreements.services.acceptance import Where, accept, carry_over, end, lock
from mandata.agreements.services.notices import serve
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.tenancy import current_controller
from mandata.record.services import append

JOB: Final = "agreements.settle_proposal"
JOB_ALL: Final = "agreements.announce_version"

_NONE: Final = _("No agreement is in force.")
_SAME: Final = _("These terms are in force already.")
_OPEN: Final = _("Another version is announced already.")
_WITHDRAW: Final = _("Withdraw it first, or wait until it is decided.")
_EARLY: Final = _("The agreement does not let a change take effect before {earliest}.")
_LATER: Final = _("Name that time or a later one.")
_GONE: Final = _("No version waits for a decision.")
_SUBJECT: Final = _("A new version of the agreement: {title}")
_BODY: Final = _(
    "The processor has announced version {version} of the agreement. It takes effect on {effective}.\n\n"
    "What changes:\n{changes}\n\n{silence}\n\n"
    "The full text is attached. Read it and decide at {url}"
)
_SILENT: Final = _("Who says nothing until then and goes on using the service agrees (clause {clause}).")
_CONSENT: Final = _("It binds only once you have accepted it; until then the earlier version applies.")
_NOTHING: Final = _("- no clause; the wording only")


def announce(*, name: str, actor: Actor, at: datetime, effective: datetime | None = None, source: str = "") -> UUID:
    """Announce a version of the terms to the scope's controller, serve notice of it, and return its id.

    ``name``: an agreement on offer, or ``source``: the exact TOML; ``effective``: when it is to bind, by default as
    soon as the agreement's change clauses allow. Raises NoneInForce, AlreadyInForce (the very same terms, or another
    version that waits), TooEarly by the clause on notice.
    """
    lock()
    current, say = selectors.in_force(at), selectors.reader().gettext
    if current is None:
        raise NoneInForce(say(_NONE), clause="change.notice")
    text_of = source or shelf.source(name)
    terms = library.checked(text_of, f"{name or 'agreement'}.toml")
    if terms.digest in _held(current):
        raise AlreadyInForce(say(_SAME), clause="change.notice")
    if Proposal.objects.filter(state="announced").exists():
        raise AlreadyInForce(say(_OPEN), clause="change.notice", remedy=say(_WITHDRAW))
    plan = changes.timetable(current.terms, at, effective)
    if effective is not None and effective < plan.earliest:
        clause = f"change.notice ({current.terms.source('change.notice')})"
        message = fill(say(_EARLY), {"earliest": _instant(plan.earliest)})
        raise TooEarly(message, clause=clause, remedy=say(_LATER))
    row = _kept(terms, text_of, effective or plan.earliest, plan, actor, at)
    _serve(row, current, terms, at)
    _recorded("announced", row, actor, at, "change.notice", {"effective": row.effective_at, "terms": row.digest})
    _look_again(row, row.effective_at)
    return row.id


def _held(current: selectors.Agreement) -> set[str]:
    """The digests of the terms in force, and of those that were accepted and have yet to begin."""
    last = selectors.agreements()[0]
    return {current.terms.digest} | ({last.terms.digest} if last.state == "in_force" else set())


def _kept(
    terms: Terms, source: str, effective: datetime, plan: changes.Timetable, actor: Actor, at: datetime
) -> Proposal:
    row: Proposal = Proposal.objects.create(
        id=new_id(),
        number=1 + (Proposal.objects.aggregate(last=Max("number"))["last"] or 0),
        name=terms.name,
        version=terms.version,
        terms=source,
        digest=bytes.fromhex(terms.digest),
        announced_by=actor.id,
        announced_at=at,
        effective_at=effective,
        decide_until=plan.silence_until,
    )
    return row


def _serve(row: Proposal, current: selectors.Agreement, terms: Terms, at: datetime) -> None:
    language = current.language if current.language in terms.head.languages else terms.head.languages[0]
    said = words(language)
    found = differences(current.terms, terms, language, said)
    listed = "\n".join(f"- {one.summary}" for one in found) or said.gettext(_NOTHING)
    source = current.terms.source("change.silence")
    silence = fill(said.gettext(_SILENT), {"clause": source}) if row.decide_until else said.gettext(_CONSENT)
    filling = {
        "version": row.version,
        "effective": _instant(row.effective_at),
        "changes": listed,
        "silence": silence,
        "url": f"{env().public_url}/privacy/agreement/",
    }
    document = selectors.offer_of(terms, language).document
    serve(
        kind="terms_change",
        party="controller",
        subject=fill(said.gettext(_SUBJECT), {"title": terms.titles[language]}),
        text=fill(said.gettext(_BODY), filling),
        clause="change.notice",
        about=("proposal", row.id),
        at=at,
        attachments=[
            Attachment(f"{terms.name}-{terms.version}.pdf", "application/pdf", _printed(document)),
            Attachment(f"{terms.name}-{terms.version}.txt", "text/plain", text.plain(document).encode()),
        ],
    )


@lru_cache(maxsize=4)
def _printed(document: text.Document) -> bytes:
    """The PDF of a text in which no controller is named yet: for ten thousand of them it is set once a language."""
    return pdf(document)


def announce_later(*, name: str, by: UUID) -> None:
    """Have the newest version of an agreement announced to every controller under it, by a job; one at a time."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task(JOB_ALL, queue="agreements", queueing_lock=f"announce {name}").defer(name=name, by=str(by))


def announce_due(*, name: str, actor: Actor, at: datetime) -> bool:
    """Announce the newest version of an agreement in the open scope, if it is under an older one; return whether.

    Doing it again changes nothing: who is under it already, is about to leave, or has a version waiting, is left alone.
    """
    current, newest = selectors.in_force(at), shelf.load(name)
    if current is None or current.state == "ended" or current.name != name:
        return False
    if newest.digest in _held(current):
        return False
    if Proposal.objects.filter(state="announced").exists():
        return False
    announce(name=name, actor=actor, at=at)
    return True


def agree(
    *,
    proposal_id: UUID,
    member_id: UUID,
    language: str,
    answers: Mapping[str, str],
    warranted: bool,
    shown: str,
    at: datetime,
    where: Where | None = None,
) -> selectors.Agreement:
    """Accept the announced version, to bind from its effective time on. Raises NoProposal and what ``accept`` does."""
    row = _open(proposal_id)
    agreement = accept(
        member_id=member_id,
        language=language,
        answers=answers,
        warranted=warranted,
        shown=shown,
        at=at,
        where=where,
        source=row.terms,
        effective=row.effective_at,
    )
    _decide(row, "accepted", member_id, at)
    _recorded("accepted", row, Actor("member", member_id), at, "agreement.acceptance", {"agreement": agreement.id})
    return agreement


def refuse_version(*, proposal_id: UUID, member_id: UUID, at: datetime) -> datetime:
    """Refuse the announced version, which ends the contract; return when. Raises NoProposal, NoneInForce."""
    row, current = _open(proposal_id), selectors.in_force(at)
    if current is None:
        raise NoneInForce(selectors.reader().gettext(_NONE), clause="agreement.end")
    actor = Actor("member", member_id)
    ends = changes.ends(current.terms, at, row.effective_at)
    row.ends_at = ends
    _decide(row, "refused", member_id, at)
    clause = "change.end" if "change.end" in current.terms.clauses else "change.silence"
    _recorded("refused", row, actor, at, clause, {"ends": ends})
    end(actor=actor, at=at, by="disagreement", effective=ends)
    return ends


def withdraw(*, proposal_id: UUID, actor: Actor, at: datetime) -> None:
    """Take an announced version back, and say so to the controller. Raises NoProposal."""
    row = _open(proposal_id)
    _decide(row, "withdrawn", None, at)
    _recorded("withdrawn", row, actor, at, "change.notice", {})


def settle(*, proposal_id: UUID, at: datetime) -> bool:
    """Let silence decide once its time has come; return whether it did. Doing it again changes nothing."""
    lock()
    row = Proposal.objects.filter(id=proposal_id, state="announced").first()
    if row is None or row.decide_until is None:
        return False
    if at < row.decide_until:
        _look_again(row, row.decide_until)  # the clock went back
        return False
    current = selectors.in_force(at)
    if current is None or current.state == "ended":  # silence brings no contract back that is about to end
        _decide(row, "withdrawn", None, at)
        _recorded("withdrawn", row, SYSTEM, at, "agreement.end", {})
        return False
    agreement = carry_over(source=row.terms, effective=max(row.effective_at, row.decide_until), at=at)
    _decide(row, "silent", None, at)
    _recorded("silent", row, SYSTEM, at, "change.silence", {"agreement": agreement.id})
    return True


def _open(proposal_id: UUID) -> Proposal:
    lock()
    row: Proposal | None = Proposal.objects.filter(id=proposal_id, state="announced").first()
    if row is None:
        raise NoProposal(selectors.reader().gettext(_GONE), clause="change.notice")
    return row


def _decide(row: Proposal, state: str, member_id: UUID | None, at: datetime) -> None:
    row.state, row.decided_by, row.decided_at = state, member_id, at
    row.save(update_fields=["state", "decided_by", "decided_at", "ends_at"])


def _recorded(verb: str, row: Proposal, actor: Actor, at: datetime, clause: str, body: dict[str, object]) -> None:
    told: dict[str, object] = {"proposal": row.id, "name": row.name, "version": row.version, **body}
    append(kind=f"terms.{verb}", body=told, actor=actor, at=at, clause=clause)


def _look_again(row: Proposal, at: datetime) -> None:
    if row.decide_until is not None:
        job = app.configure_task(JOB, queue="agreements", schedule_at=at)
        job.defer(controller_id=str(current_controller()), proposal_id=str(row.id))


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
