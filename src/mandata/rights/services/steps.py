"""What every verb of the desk does: a step in the timeline with its entry in the record, a link, a mail."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.accounts.services.notices import send_notice
from mandata.agreements.selectors import obligations as obliged
from mandata.agreements.services import obligations
from mandata.audience import personal as audience
from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM, Actor
from mandata.holdings import manual
from mandata.infra.clock import new_id
from mandata.infra.tenancy import current_controller
from mandata.record.services import append
from mandata.rights import rules, selectors
from mandata.rights.errors import NoSuchCase
from mandata.rights.letters import Letter
from mandata.rights.models import Case, CaseEvent, CaseKey
from mandata.rights.models import Letter as Paper
from mandata.rights.selectors import Wrote, hashed
from mandata.rights.selectors.sealed import LETTER_PLACE
from mandata.vault.services import Vault

TOKEN_BYTES = 32
_REACHES = (rules.Way.COPY, rules.Way.RECTIFY, rules.Way.ERASE, rules.Way.RESTRICT, rules.Way.OBJECT)
"""What manual holdings are gone through for; a reply in words needs none of them."""


def locked(case_id: UUID) -> Case:
    """Return a case that nobody else changes until this transaction ends. Raises NoSuchCase."""
    row: Case | None = Case.objects.select_for_update().filter(id=case_id).first()
    if row is None:
        raise NoSuchCase(_("There is no such case."))
    return row


def enter(
    case: Case, kind: str, *, actor: Actor, at: datetime, detail: Mapping[str, object] | None = None, clause: str = ""
) -> None:
    """Put a step into the timeline and the record; `detail` holds ids, codes and counts only."""
    told = dict(detail or {})
    CaseEvent.objects.create(case_id=case.id, at=at, kind=kind, actor=str(actor), detail=_plain(told))
    append(
        kind=f"rights.{kind}",
        body={"case": case.id, "number": case.number, "kind": case.kind, **told},
        actor=actor,
        at=at,
        clause=clause,
        subject=case.subject,
    )


def _plain(detail: Mapping[str, object]) -> dict[str, object]:
    return {
        name: str(value) if isinstance(value, UUID) else value.isoformat() if isinstance(value, datetime) else value
        for name, value in detail.items()
    }


def duty_of(case: Case, at: datetime) -> str:
    """Return which duty times the answer to a case: the kind's own where the agreement has it, else that of every
    request."""
    duty, terms = rules.kind(case.kind).duty, selectors.terms(at)
    return duty if terms is not None and duty in terms.clauses else rules.ANSWER


def owed(case: Case, at: datetime) -> UUID:
    """What is owed to the person from receipt on (Article 12(3) GDPR); opened once, and for a case that is older than
    the obligations are, when it is next looked at."""
    return obligations.open_duty(
        duty=duty_of(case, at), since=case.received_at, cause=f"case:{case.id}", at=at, about=("case", case.id)
    )


def due_of(case: Case, at: datetime) -> datetime:
    """Open what is owed to the person; return the last second of its time by the strict reading."""
    return obliged.obligation(owed(case, at), at).obliged.strict - timedelta(seconds=1)


def reach_manual(case: Case, *, at: datetime) -> None:
    """Open the tasks that a confirmed case asks of the manual holdings, and those of holdings registered since."""
    if case.state == "confirmed" and rules.kind(case.kind).way in _REACHES:
        opened = manual.open_for_case(case_id=case.id, kind=case.kind, due_at=case.due_at, at=at)
        if opened:
            enter(
                case,
                "manual_opened",
                actor=SYSTEM,
                at=at,
                detail={"tasks": opened},
                clause=rules.DUE_CLAUSES[case.regime],
            )


def new_link(case: Case, purpose: str, expires_at: datetime) -> str:
    """Return a fresh token for a page about the case; only its hash is kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    CaseKey.objects.create(
        token_hash=hashed(token),
        controller_id=current_controller(),
        case_id=case.id,
        purpose=purpose,
        expires_at=expires_at,
    )
    return token


def tell(case: Case, letter: Letter, wrote: Wrote, *, kind: str, at: datetime, forget: bool = False) -> dict[str, UUID]:
    """Tell the person something by the channel of the request (DSR-10): a letter to be printed for who asked by post,
    telephone or in person, else a mail. Return what shows it: the id of the letter or of the notice."""
    if rules.on_paper(case.channel):
        return {"letter": _paper(case, letter, wrote, kind=kind, at=at, forget=forget)}
    # The address may have been corrected since, by this very request: the one that is known now reaches the person.
    to = (audience.address_of(case.subject) if case.subject else None) or wrote.address
    return {"notice": post(case, letter, to=to, name=wrote.name, kind=kind, at=at, forget=forget)}


def post(case: Case, letter: Letter, *, to: str, name: str = "", kind: str, at: datetime, forget: bool = False) -> UUID:
    """Put a mail to the person into the outbox, in the controller's name; return the notice's id."""
    card = accounts.controller()
    return send_notice(
        to=to,
        to_name=name,
        subject=letter.subject,
        text=letter.text,
        kind=f"rights.{kind}",
        at=at,
        sender_name=card.name,
        reply_to=card.privacy_contact or card.contact,
        about=None if forget else case.subject,
        forget=forget,
    )


def _paper(case: Case, letter: Letter, wrote: Wrote, *, kind: str, at: datetime, forget: bool) -> UUID:
    """Keep a letter sealed under a key of its own until it is printed and handed over."""
    letter_id, vault = new_id(), Vault.open()
    content = {"to": wrote.name, "post": wrote.post, "subject": letter.subject, "text": letter.text}
    sealed = vault.seal(letter_id, LETTER_PLACE, canonical.dumps(content), key=vault.create([letter_id])[letter_id])
    Paper.objects.create(id=letter_id, case_id=case.id, kind=kind, sealed=sealed, forget=forget, made_at=at)
    return letter_id


def tell_controller(letter: Letter, *, at: datetime) -> UUID:
    """Put a mail to the controller's own contact into the outbox."""
    card = accounts.controller()
    return send_notice(
        to=card.privacy_contact or card.contact,
        to_name=card.name,
        subject=letter.subject,
        text=letter.text,
        kind="rights.controller",
        at=at,
    )
