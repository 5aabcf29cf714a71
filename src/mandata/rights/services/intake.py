"""Taking a request in, by whatever way it comes (DSR-1). The public page, the inbox address, an officer's hand and an
API all call `receive`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from mandata.agreements.services import obligations as agreements
from mandata.audience import personal as audience
from mandata.audience.services.numbers import next_number
from mandata.foundation import addresses
from mandata.foundation.actors import Actor
from mandata.holdings import selectors as holdings
from mandata.holdings.rules import Subject
from mandata.infra.clock import new_id
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import rules, selectors
from mandata.rights.errors import NotAskable, TooMany
from mandata.rights.models import Case, CaseEvent
from mandata.rights.selectors import PLACE, Wrote, packed
from mandata.rights.services import confirming, steps, transmitting
from mandata.vault.services import Vault


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a request: its case, the last second in which it is answered in time (by the strict reading of
    the agreement's clause, else of the law), and whether the same was asked before and still waits.
    """

    case_id: UUID
    number: int
    due: datetime
    repeated: bool


@dataclass(frozen=True, slots=True)
class Request:
    """What came in, checked."""

    kind: str
    regime: str
    channel: str
    language: str
    asked: Mapping[str, Any]
    subject: Subject | None
    wrote: Wrote
    received_at: datetime
    household: UUID | None = None


def receive(
    *,
    kind: str,
    address: str,
    channel: str,
    language: str,
    name: str = "",
    words: str = "",
    post: str = "",
    asked: Mapping[str, Sequence[str]] | None = None,
    to: str = "",
    actor: Actor | None = None,
    received_at: datetime | None = None,
    at: datetime,
) -> Received:
    """Open a case and mail the confirmation; an unknown address is treated alike, so that nobody learns who is known.

    The mail goes to the address as it is stored where the person is known. Asked again while the first case waits,
    the first one is returned. `asked`: codes of `rules.asked`. `to`: the https address of another controller that a
    portable copy goes to. `post`: for who asks on paper, where an e-mail address can be missing. `received_at` is for a
    request that came earlier by another way. Raises NotAskable, BadReceiver, TooMany.
    """
    details = {"to": transmitting.checked(to)} if to and kind == "portability" else {}
    request = checked(
        kind, channel, language, address, Wrote(address, name, words, post, details), asked or {}, received_at or at, at
    )
    with scope(current_controller()):
        if request.subject is not None:
            one_at_a_time(request.subject)
            waiting = _waiting(request)
            if waiting:
                return _again(waiting, actor, at)
            if is_stranger(actor):
                demand_patience(request.subject, at)
        case = opened(request, actor, at)
        begun(case, at)
        return Received(case.id, case.number, case.due_at, False)


def checked(
    kind: str,
    channel: str,
    language: str,
    address: str,
    said: Wrote,
    asked: Mapping[str, Sequence[str]],
    received_at: datetime,
    at: datetime,
    household: UUID | None = None,
) -> Request:
    """Return a request as a case takes it. Raises NotAskable."""
    found = rules.TABLE.get(kind)
    us = selectors.regime(at) == rules.US
    if found is None or channel not in rules.CHANNELS or (found.regime == rules.US and not us):
        raise NotAskable(_("This cannot be asked here."), clause="Art. 12(2) GDPR")
    try:
        codes = rules.asked(kind, asked)
    except ValueError:
        raise NotAskable(_("It is not said clearly what is asked."), clause=found.clause) from None
    subject = holdings.subject_by_address(address) if address.strip() else None
    if subject is None and (address.strip() or not rules.on_paper(channel) or not said.name.strip()):
        raise NotAskable(
            _("This is no e-mail address."),
            remedy=_("Write the address to which messages come, such as name@example.com."),
        )
    if language not in rules.LANGUAGES:
        raise NotAskable(
            _("Nobody can be answered in this language here."),
            clause="Art. 12(1) GDPR",
            remedy=_("Choose English, Czech, German or Italian."),
        )
    regime = rules.US if us and kind in ("complaint", "unsorted") else found.regime
    return Request(kind, regime, channel, language, codes, subject, _tidied(said, subject), received_at, household)


def _tidied(said: Wrote, subject: Subject | None) -> Wrote:
    known = audience.address_of(subject.reference) if subject and subject.reference else None
    typed = addresses.parse(addresses.clean(said.address)).normal if subject else ""
    return Wrote(
        known or typed,
        " ".join(said.name.split())[: rules.MAX_NAME],
        said.words.strip()[: rules.MAX_WORDS],
        said.post.strip()[: rules.MAX_POST],
        said.details,
    )


def one_at_a_time(subject: Subject) -> None:
    """Let nobody else take a request of this person in until the transaction ends."""
    key = f"rights {current_controller()} {subject.email_index.hex()}"
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def is_stranger(actor: Actor | None) -> bool:
    """Say whether nobody looked at a request before it came in: behind a program stands whoever uses it."""
    return actor is None or actor.kind == "key"


def demand_patience(subject: Subject, at: datetime) -> None:
    """Raise TooMany where strangers have opened as many cases for an address as it may be sent mails about."""
    since = at - timedelta(hours=1)
    asked = Case.objects.filter(email_index=subject.email_index, received_at__gt=since).count()
    if asked >= rules.CASES_AN_HOUR:
        raise TooMany(
            _("Many requests with this address came in within the last hour."),
            clause="Art. 12(2) GDPR",
            remedy=_("Try again in an hour."),
        )


def _waiting(request: Request) -> Case | None:
    """The same, asked before and still open; a complaint is never the same as another, and an objection to something
    else neither."""
    if request.subject is None or request.kind in ("complaint", "unsorted", "household"):
        return None
    rows = Case.objects.filter(
        email_index=request.subject.email_index, kind=request.kind, state__in=rules.OPEN, household=None
    )
    return next((row for row in rows if row.asked == dict(request.asked)), None)


def opened(request: Request, actor: Actor | None, at: datetime) -> Case:
    """Open a case: its key, what the person wrote, what is owed, the first step of its timeline."""
    case_id, vault = new_id(), Vault.open()
    key = vault.create([case_id])[case_id]
    case = Case(
        id=case_id,
        number=next_number(Case),
        kind=request.kind,
        regime=request.regime,
        asked=dict(request.asked),
        household=request.household,
        channel=request.channel,
        language=request.language,
        subject=request.subject.reference if request.subject else None,
        email_index=request.subject.email_index if request.subject else None,
        sealed=vault.seal(case_id, PLACE, packed(request.wrote), key=key),
        received_at=request.received_at,
    )
    case.due_at = steps.due_of(case, at)
    case.save(force_insert=True)
    clause = rules.DUE_CLAUSES[case.regime]
    by = actor or Actor("subject", case.subject)
    detail = {"channel": case.channel, "due": case.due_at, **_coded(request)}
    steps.enter(case, "received", actor=by, at=at, detail=detail, clause=clause)
    return case


def _coded(request: Request) -> dict[str, object]:
    return {"asked": dict(request.asked)} if request.asked else {}


def begun(case: Case, at: datetime) -> None:
    """What follows on receipt: the law's duty to confirm it, and the link; what needs nobody's identity goes on at
    once."""
    agreements.open_for(
        event="person_request_received",
        since=case.received_at,
        cause=f"case:{case.id}",
        at=at,
        about=("case", case.id),
        only=(rules.CONFIRM,),
    )
    if rules.kind(case.kind).verified:
        confirming.ask_to_confirm(case, selectors.wrote(case), at)
    else:
        confirming.confirmed(case, Actor("subject", case.subject), "not_needed", at)


def _again(case: Case, actor: Actor | None, at: datetime) -> Received:
    """The same was asked before: the first request and its date count; at most a fresh link is sent."""
    asked = CaseEvent.objects.filter(case_id=case.id, kind="confirmation_sent").order_by("-at").first()
    steps.enter(case, "asked_again", actor=actor or Actor("subject", case.subject), at=at)
    if case.state == "received" and (asked is None or at - asked.at >= rules.ASK_AGAIN_AFTER):
        confirming.ask_to_confirm(case, selectors.wrote(case), at)
    return Received(case.id, case.number, case.due_at, True)
