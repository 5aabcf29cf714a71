"""Mails about an end: legal notices to a party, word to the members, links."""

import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices as outbox
from mandata.agreements.services import notices
from mandata.foundation.errors import Refused
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.tenancy import current_controller
from mandata.retention.letters import Letter
from mandata.retention.models import Link
from mandata.retention.selectors.links import token_hash

_log = log("retention")


def serve(letter: Letter, *, kind: str, party: str, clause: str, about: UUID, at: datetime) -> UUID | None:
    """Serve a legal notice about an end; None, told in the log, where the party has no address at all."""
    try:
        return notices.serve(
            kind=kind,
            party=party,
            subject=letter.subject,
            text=letter.text,
            at=at,
            clause=clause,
            about=("end", about),
        )
    except Refused as refused:
        _log.warning("end.not_served", code=refused.code, party=party)
        return None


def tell_members(letter: Callable[[str], Letter], *, kind: str, at: datetime) -> int:
    """Write to every active member in the member's own language; return to how many."""
    people = [person for person in accounts.members() if person.state == "active"]
    for person in people:
        written = letter(accounts.user(person.user_id).language)
        outbox.send_notice(
            to=person.email,
            to_name=person.name,
            subject=written.subject,
            text=written.text,
            kind=kind,
            at=at,
            sender_name=env().operator_name,
            reply_to=env().operator_contact,
        )
    return len(people)


def new_link(purpose: str, thing: UUID, *, expires_at: datetime | None) -> str:
    """Make a link's token; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    Link.objects.create(
        token_hash=token_hash(token),
        controller_id=current_controller(),
        purpose=purpose,
        thing=thing,
        expires_at=expires_at,
    )
    return token
