"""Taking a request in and having it confirmed by a link to the known address (DSR-1, DSR-2)."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements.selectors import obligations as obliged
from mandata.agreements.services import obligations as agreements
from mandata.audience import personal as audience
from mandata.audience.services.numbers import next_number
from mandata.foundation import addresses, canonical
from mandata.foundation.actors import SYSTEM, Actor
from mandata.holdings import selectors as holdings
from mandata.holdings.rules import Subject
from mandata.infra.clock import new_id
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import letters, rules, selectors
from mandata.rights.errors import AlreadyDecided, NotAskable
from mandata.rights.models import Case, CaseEvent
from mandata.rights.selectors import PLACE, Wrote
from mandata.rights.services import steps
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


def receive(
    *,
    kind: str,
    address: str,
    channel: str,
    language: str,
    name: str = "",
    words: str = "",
    actor: Actor | None = None,
    received_at: datetime | None = None,
    at: datetime,
) -> Received:
    """Open a case and mail the confirmation; an unknown address is treated alike, so that nobody learns who is known.

    The mail goes to the address as it is stored where the person is known. Asked again while the first case waits,
    the first one is returned. `received_at` is for a request that came earlier by another way. Raises NotAskable.
    """
    subject = _asker(kind, channel, address)
    with scope(current_controller()):
        _one_at_a_time(subject)
        waiting = Case.objects.filter(email_index=subject.email_index, kind=kind, state__in=rules.OPEN).first()
        if waiting:
            return _again(waiting, actor, at)
        case, wrote = _open(kind, channel, language, subject, address, name, words, received_at or at, at)
        by = actor or Actor("subject", subject.reference)
        steps.enter(
            case, "received", actor=by, at=at, detail={"channel": channel, "due": case.due_at}, clause=rules.DUE_CLAUSE
        )
        _ask_to_confirm(case, wrote, at)
        return Received(case.id, case.number, case.due_at, False)


def _asker(kind: str, channel: str, address: str) -> Subject:
    subject = holdings.subject_by_address(address)
    if kind not in rules.KINDS or channel not in rules.CHANNELS:
        raise NotAskable(_("This cannot be asked here."), clause="Art. 12(2) GDPR")
    if subject is None:
        raise NotAskable(
            _("This is no e-mail address."),
            remedy=_("Write the address to which messages come, such as name@example.com."),
        )
    return subject


def _one_at_a_time(subject: Subject) -> None:
    key = f"rights {current_controller()} {subject.email_index.hex()}"
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _due(case_id: UUID, received_at: datetime, at: datetime) -> datetime:
    """Open what is owed to the person; return the last second of its time."""
    obligation = steps.owed(case_id, received_at, at)
    return obliged.obligation(obligation, at).obliged.strict - timedelta(seconds=1)


def _open(
    kind: str,
    channel: str,
    language: str,
    subject: Subject,
    address: str,
    name: str,
    words: str,
    received_at: datetime,
    at: datetime,
) -> tuple[Case, Wrote]:
    typed = addresses.parse(addresses.clean(address)).normal
    known = audience.address_of(subject.reference) if subject.reference else None
    wrote = Wrote(known or typed, " ".join(name.split())[: rules.MAX_NAME], words.strip()[: rules.MAX_WORDS])
    case_id, vault = new_id(), Vault.open()
    key = vault.create([case_id])[case_id]
    case = Case.objects.create(
        id=case_id,
        number=next_number(Case),
        kind=kind,
        channel=channel,
        language=language if language in rules.LANGUAGES else rules.LANGUAGES[0],
        subject=subject.reference,
        email_index=subject.email_index,
        sealed=vault.seal(case_id, PLACE, canonical.dumps(asdict(wrote)), key=key),
        received_at=received_at,
        due_at=_due(case_id, received_at, at),
    )
    return case, wrote


def _again(case: Case, actor: Actor | None, at: datetime) -> Received:
    """The same was asked before: the first request and its date count; at most a fresh link is sent."""
    asked = CaseEvent.objects.filter(case_id=case.id, kind="confirmation_sent").order_by("-at").first()
    steps.enter(case, "asked_again", actor=actor or Actor("subject", case.subject), at=at)
    if case.state == "received" and (asked is None or at - asked.at >= rules.ASK_AGAIN_AFTER):
        _ask_to_confirm(case, selectors.wrote(case), at)
    return Received(case.id, case.number, case.due_at, True)


def _ask_to_confirm(case: Case, wrote: Wrote, at: datetime) -> None:
    expires_at = at + rules.CONFIRM_LASTS
    token = steps.new_link(case, "confirm", expires_at)
    letter = letters.confirmation(
        accounts.controller(), kind=case.kind, token=token, expires_at=expires_at, language=case.language
    )
    notice = steps.post(case, letter, to=wrote.address, name=wrote.name, kind="confirm", at=at)
    steps.enter(case, "confirmation_sent", actor=SYSTEM, at=at, detail={"notice": notice})


def confirm(*, token: str, at: datetime) -> str:
    """Confirm the case behind a mailed link; return the token of its page of progress. Opens the scope itself.

    A second click confirms nothing twice and leads to the page again. Raises BadLink, AlreadyDecided.
    """
    found = selectors.key(token, ("confirm",), at=at)
    with scope(found.controller_id):
        case = steps.locked(found.case_id)
        if case.state not in rules.OPEN:
            raise AlreadyDecided(_("This request has been answered already."), status=410)
        if rules.may_confirm(case.state):
            return _confirmed(case, Actor("subject", case.subject), "link", at)
        return steps.new_link(case, "progress", at + rules.PROGRESS_LASTS)


def confirm_by_hand(*, case_id: UUID, actor: Actor, at: datetime) -> None:
    """Confirm a case whose person an officer knows by other means (Art. 12(6) GDPR); who vouched stands in the record.

    Raises NoSuchCase, AlreadyDecided.
    """
    with scope(current_controller()):
        case = steps.locked(case_id)
        if not rules.may_confirm(case.state):
            raise AlreadyDecided(_("This request is confirmed or answered already."))
        _confirmed(case, actor, "officer", at)


def _confirmed(case: Case, actor: Actor, means: str, at: datetime) -> str:
    case.state, case.confirmed_at = "confirmed", at
    case.save(update_fields=["state", "confirmed_at"])
    steps.enter(case, "confirmed", actor=actor, at=at, detail={"means": means}, clause="Art. 12(6) GDPR")
    card, wrote = accounts.controller(), selectors.wrote(case)
    _open_beside(case, at)
    steps.reach_manual(case, at=at)
    token = steps.new_link(case, "progress", at + rules.PROGRESS_LASTS)
    letter = letters.acknowledgement(
        card, kind=case.kind, number=case.number, token=token, due_at=case.due_at, language=case.language
    )
    notice = steps.post(case, letter, to=wrote.address, name=wrote.name, kind="acknowledged", at=at)
    steps.enter(case, "acknowledged", actor=SYSTEM, at=at, detail={"notice": notice}, clause=rules.DUE_CLAUSE)
    agreements.meet_about(
        about=case.id, duties=("rights.acknowledge",), evidence={"notice": notice}, actor=SYSTEM, at=at
    )
    told = letters.to_controller(card, kind=case.kind, number=case.number, due_at=case.due_at)
    mail = steps.tell_controller(told, at=at)
    steps.enter(case, "passed_on", actor=SYSTEM, at=at, detail={"mail": mail}, clause="Art. 28(3)(e) GDPR")
    agreements.meet_about(about=case.id, duties=("rights.forward",), evidence={"notice": mail}, actor=SYSTEM, at=at)
    return token


def _open_beside(case: Case, at: datetime) -> None:
    """What else the agreement owes once a request is known to be a person's own, not a stranger's: from now on."""
    agreements.open_for(
        event="person_request_received", since=at, cause=f"case:{case.id}", at=at, about=("case", case.id)
    )
