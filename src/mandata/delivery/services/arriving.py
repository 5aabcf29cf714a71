"""What arrives is kept before it is acknowledged, and processed once.

A message is sealed raw under a key of its own, in the transaction that the acknowledgement waits for. Processing it,
destroying that key and deleting the row are one transaction: killed before, another worker processes it; killed after,
nothing of it is left. Until then nobody can read it who does not have the controller's keys.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.parser import BytesParser
from typing import Final
from uuid import UUID

from mandata.accounts.services import notices as outbox
from mandata.delivery.models import Arrival, Waiting
from mandata.delivery.rules.bounces import classify, texts
from mandata.delivery.services.returning import place_of, read_token, receive_notice, receive_return, subscriber_of
from mandata.foundation.tokens import LINK_BOUNCE, LINK_UNSUBSCRIBE, TOKEN_LENGTH, mint, references
from mandata.infra import bulk
from mandata.infra.clock import new_id
from mandata.infra.logs import log
from mandata.infra.tenancy import scope
from mandata.vault.services import Vault, token_keys

FEEDBACK: Final = frozenset({"fbl", "feedback", "complaints", "abuse"})
"""Local parts for complaints that mailbox providers send to one address: a token in the original says of what."""
PLACE: Final = "delivery_arrival.envelope"
_FIRST: Final = timedelta(seconds=30)
_AGAIN: Final = timedelta(minutes=5)
_BATCH: Final = 100
_TOKEN: Final = re.compile(rf"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}(?![A-Za-z0-9_-])")
_TRIED: Final = 200
"""Candidates for a token that are tried of one message."""
_DUE: Final = "select id, controller_id from delivery_waiting where due_at <= %b order by due_at limit %b"
_CLAIM: Final = "select 1 from delivery_waiting where id = %b for update skip locked"
_log = log("delivery")


@dataclass(frozen=True, slots=True)
class Kept:
    """An arrival that is durable: whose, and by which id."""

    controller_id: UUID
    arrival_id: UUID


def keep(*, recipient: str, raw: bytes, at: datetime) -> Kept | None:
    """Keep a message sealed for the recipient it came to (local part@domain), durable when this returns; None where
    the address names nothing that is still there. Needs no scope."""
    local_part = recipient.rpartition("@")[0]
    place = place_of(local_part)
    named = outbox.named_by(local_part) if place is None else None
    if place is None and named is None:
        return None
    controller = place.controller_id if place else named.controller_id  # type: ignore[union-attr]
    with scope(controller):
        vault = Vault.open()
        row = Arrival(id=new_id(), recipient=local_part[:120], received_at=at)
        row.subscriber_id = subscriber_of(place) if place else None
        row.envelope = vault.seal(row.id, PLACE, raw, key=vault.create([row.id])[row.id])
        row.save(force_insert=True)
        Waiting.objects.create(id=row.id, controller_id=controller, received_at=at, due_at=at + _FIRST)
    return Kept(controller, row.id)


def process(*, controller_id: UUID, arrival_id: UUID) -> bool:
    """Process an arrival, once; return whether this did. Whoever else has it in hand keeps it."""
    with scope(controller_id):
        if not bulk.execute(_CLAIM, [arrival_id]):
            return False
        row = Arrival.objects.filter(id=arrival_id).first()
        Waiting.objects.filter(id=arrival_id).delete()
        if row is None:
            return False
        vault = Vault.open()
        raw = vault.unseal(row.id, PLACE, bytes(row.envelope))
        _receive(row.recipient, raw, row.received_at)
        vault.destroy([row.id])
        row.delete()
    return True


def _receive(local_part: str, raw: bytes, at: datetime) -> None:
    recipient = f"{local_part}@"
    notice = receive_notice(recipient=recipient, raw=raw, at=at)
    if notice is not None:
        _log.info("return.notice", kind=notice.kind, new=notice.new)
        return
    taken = receive_return(recipient=recipient, raw=raw, at=at)
    if taken is not None:
        _log.info("return.taken", kind=taken.kind, reason=taken.reason, hard=taken.hard, new=taken.new)


def process_due(*, at: datetime) -> int:
    """Process what was kept and never finished: its worker was killed, or something was away. Return how many."""
    done = 0
    for arrival, controller in bulk.execute(_DUE, [at, _BATCH]):
        try:
            done += process(controller_id=controller, arrival_id=arrival)
        except Exception as error:  # one that cannot be processed holds none of the others
            _log.error("return.not_processed", error=type(error).__name__, exc_info=True)
            _put_off(arrival, at)
    return done


def _put_off(arrival_id: UUID, at: datetime) -> None:
    bulk.execute(
        "update delivery_waiting set attempts = least(attempts + 1, 1000), due_at = %b + %b * least(attempts + 1, 100) "
        "where id = %b",
        [at, _AGAIN, arrival_id],
    )


def bounce_token(campaign_no: int, message_no: int) -> str:
    """Return the token under which whatever comes back for a message is kept."""
    keys = token_keys()
    return mint(keys, references(keys, [(campaign_no, message_no)])[0], LINK_BOUNCE)


def token_in(raw: bytes) -> str:
    """Return a bounce token for the message that a complaint is about: complaints of feedback loops come to one
    address, and the original that they bring back has tokens in its Message-ID and its addresses to unsubscribe. ""
    where none is genuine."""
    found = classify(raw)
    if found.kind != "complaint":
        return ""
    try:
        parts = texts.read(BytesParser(policy=policy.compat32).parsebytes(raw))
    except (ValueError, LookupError, RecursionError, TypeError, AttributeError):
        return ""
    for number, match in enumerate(_TOKEN.finditer(f"{parts.original}\n{parts.status}\n{parts.words}")):
        if number >= _TRIED:
            break
        token = read_token(match.group(), LINK_BOUNCE, LINK_UNSUBSCRIBE)
        if token is not None:
            return bounce_token(token.campaign_no, token.message_no)
    return ""
