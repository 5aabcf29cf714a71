"""What comes back is put to the message it is about, once; a dead address or a complaint suppresses (AUDI-4, DLV-3).

The signed token in the envelope recipient (VERP) says which message it is: no address in the report is believed.
Reports on notices of the system's own come back the same way and are told to the agreements (AGR-7).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.parser import BytesHeaderParser
from uuid import UUID

from mandata.accounts.services import notices as outbox
from mandata.agreements.services import notices
from mandata.audience import personal as audience
from mandata.campaigns import selectors as campaigns
from mandata.delivery import leaving
from mandata.delivery.models import Message, Return
from mandata.delivery.rules.bounces import Recipient, Returned, classify, is_hard, reason_of, stated_instant
from mandata.delivery.rules.outcomes import DIAGNOSTIC_LIMIT, Outcome
from mandata.delivery.services import suppressing, thresholds
from mandata.foundation import cutting
from mandata.foundation.tokens import LINK_BOUNCE, LINK_UNSUBSCRIBE, TEST_MESSAGE, BadToken, Parsed, parse
from mandata.infra import bulk
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from mandata.vault.services import token_keys

_KINDS = {
    "bounce": "bounce",
    "complaint": "complaint",
    "delivered": "delivered",
    "auto-reply": "auto",
    "other": "reply",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What was made of a returned message. `new` is False for one that came before."""

    kind: str
    campaign_id: UUID
    reason: str
    hard: bool
    suppressed: bool
    new: bool


def read_token(local_part: str, *links: int) -> Parsed | None:
    """Return what the envelope recipient's local part says, or None when it is no token of ours for mail: a bounce
    token, or one to unsubscribe by mail (`links`: only these)."""
    keys = token_keys()
    try:
        parsed = parse({keys.key_id: keys}, local_part)
    except BadToken:
        return None
    return parsed if parsed.link in (links or (LINK_BOUNCE, LINK_UNSUBSCRIBE)) else None


def is_ours(local_part: str) -> bool:
    """Say whether a local part is one that we gave: a message's token for mail or a notice's envelope sender."""
    return read_token(local_part) is not None or outbox.named_by(local_part) is not None


@dataclass(frozen=True, slots=True)
class Place:
    """The message that a token names."""

    controller_id: UUID
    campaign_id: UUID
    message_no: int
    link: int


def place_of(local_part: str) -> Place | None:
    """Return whose message a token names; None when it is not genuine or the campaign is gone. Needs no scope."""
    token = read_token(local_part)
    if token is None:
        return None
    rows = bulk.execute(
        "select controller_id, campaign_id from campaigns_number where number = %b::bigint", [token.campaign_no]
    )
    return Place(rows[0][0], rows[0][1], token.message_no, token.link) if rows else None


def subscriber_of(place: Place) -> UUID | None:
    """Return the reference of a message's recipient, None where it is erased. Inside the scope."""
    rows = Message.objects.filter(campaign_id=place.campaign_id, number=place.message_no)
    found: UUID | None = rows.values_list("subscriber_id", flat=True).first()
    return found


def left_by(place: Place, transport: int) -> bool:
    """Say whether a message left by a transport, by its number; of an erased one nobody knows, and it harms nobody.
    Needs no scope."""
    with scope(place.controller_id):
        rows = Message.objects.filter(campaign_id=place.campaign_id, number=place.message_no)
        return rows.values_list("transport", flat=True).first() in {None, transport}


@dataclass(frozen=True, slots=True)
class NoticeTaken:
    """What was made of a report on a notice: kind "returned", "confirmed" or "other"; `new` is False for news that was
    known."""

    kind: str
    new: bool


def receive_notice(*, recipient: str, raw: bytes, at: datetime) -> NoticeTaken | None:
    """Take what came back for a notice of the system's own; None when the address is no genuine one of a notice's.

    Needs no scope: the address leads to one. A failure counts when it is final (a delay is not), a delivery when the
    recipient's own server reports it (one that was merely relayed is not). Replies of people and programs count for
    nothing. Doing it twice changes nothing, and nothing is ever answered, so that no loop begins here.
    """
    named = outbox.named_by(recipient.rpartition("@")[0])
    if named is None:
        return None
    found = classify(raw)
    one = found.recipients[0] if found.recipients else None
    if one is None:
        return NoticeTaken("other", new=False)
    with scope(named.controller_id):
        if found.kind == "bounce" and one.final:
            return NoticeTaken("returned", notices.returned(notice_id=named.notice_id, status=one.status, at=at))
        if found.kind == "delivered" and one.action == "delivered":
            stated = stated_instant(one.attempted) or stated_instant(_date(raw))
            return NoticeTaken("confirmed", notices.confirmed(notice_id=named.notice_id, stated=stated, at=at))
    return NoticeTaken("other", new=False)


def _date(raw: bytes) -> str:
    head = BytesHeaderParser(policy=policy.compat32).parsebytes(raw)
    return str(head.get("Date", ""))


def receive_return(*, recipient: str, raw: bytes, at: datetime) -> Taken | None:
    """Take a returned message that was addressed to `recipient` (token@domain); None when the token is not genuine.

    Needs no scope: the token's campaign number leads to one. Doing it twice with the same message changes nothing.
    """
    place = place_of(recipient.rpartition("@")[0])
    if place is None:
        return None
    with scope(place.controller_id):
        digest = hashlib.sha256(raw).digest()
        if place.link == LINK_UNSUBSCRIBE:
            return _leave(place, hashlib.sha256(b"leave" + digest).digest(), at)
        return _keep(place.campaign_id, subscriber_of(place), classify(raw), digest, at)


def receive_event(*, place: Place, found: Returned, digest: bytes, at: datetime) -> Taken:
    """Take what a relay reports of a message by a webhook (SES, or a signed one). `digest` names the report: the same
    one changes nothing again."""
    with scope(place.controller_id):
        return _keep(place.campaign_id, subscriber_of(place), found, digest, at)


def _leave(place: Place, digest: bytes, at: datetime) -> Taken:
    """Unsubscribe whoever holds the message, whatever the mail says: the address alone asks for it (RFC 2369)."""
    subscriber = subscriber_of(place)
    new = _insert(
        Return(
            digest=digest,
            kind="leave",
            campaign_id=place.campaign_id,
            subscriber_id=subscriber,
            reason="unsubscribed",
            received_at=at,
        )
    )
    left = False
    if new and subscriber is not None and place.message_no != TEST_MESSAGE:
        left = leaving.leave(
            campaign_id=place.campaign_id,
            message_no=place.message_no,
            subscriber_id=subscriber,
            list_id=campaigns.row(place.campaign_id).list_id,
            everything=False,
            at=at,
        )
    return Taken("leave", place.campaign_id, "unsubscribed", False, left, new)


def _keep(campaign_id: UUID, subscriber: UUID | None, found: Returned, digest: bytes, at: datetime) -> Taken:
    one = found.recipients[0] if found.recipients else Recipient("", "", "", "", False)
    kind = "challenge" if found.challenge else _KINDS[found.kind]
    if kind == "bounce" and not one.final:
        kind = "delay"
    known = [other.address for other in found.recipients]
    if subscriber is not None:  # a report may name whom the mail was forwarded to, and the first address in its words
        known.append(audience.address_of(subscriber) or "")
    row = Return(
        digest=digest,
        kind=kind,
        campaign_id=campaign_id,
        subscriber_id=subscriber,
        hard=one.hard,
        reason=one.reason[:40],
        status=one.status[:12],
        diagnostic=cutting.without_addresses(one.diagnostic, *known)[:DIAGNOSTIC_LIMIT],
        received_at=at,
    )
    new = _insert(row)
    suppressed = new and _consequences(row, at)
    return Taken(kind, campaign_id, one.reason, one.hard, suppressed, new)


def _consequences(row: Return, at: datetime) -> bool:
    """Suppress by rule, say on the row by which, and look at the agreement's thresholds; return whether somebody was
    suppressed."""
    rule = ""
    if row.subscriber_id is not None:
        rule = suppressing.suppress_for(row, at=at)
    if rule:
        Return.objects.filter(id=row.id).update(suppressed=rule)
    thresholds.look(row, at=at)
    return bool(rule)


def _insert(row: Return) -> bool:
    """Insert unless the same raw message was kept before."""
    made = Return.objects.bulk_create([row], ignore_conflicts=True)
    return bool(made) and bool(Return.objects.filter(id=row.id).exists())


def refused_at_the_door(*, campaign_id: UUID, refusals: Sequence[tuple[int, Outcome]], at: datetime) -> int:
    """Keep permanent refusals of an SMTP conversation as bounces; the hard ones suppress. Inside the scope.

    `refusals` are (message number, outcome). Returns how many are hard.
    """
    subscribers = dict(
        Message.objects.filter(campaign_id=campaign_id, number__in=[number for number, _ in refusals]).values_list(
            "number", "subscriber_id"
        )
    )
    hard = 0
    rows: list[Return] = []
    for number, outcome in refusals:
        code = str(outcome.code or "")
        reason = reason_of(
            outcome.diagnostic, outcome.enhanced, code, f"RCPT {outcome.stage}" if outcome.stage == "rcpt" else ""
        )
        dead = outcome.stage == "rcpt" and is_hard(reason, outcome.enhanced, code)
        rows.append(_refusal(campaign_id, number, subscribers.get(number), outcome, reason, dead, at))
    known = set(Return.objects.filter(digest__in=[row.digest for row in rows]).values_list("digest", flat=True))
    rows = [row for row in rows if row.digest not in {bytes(digest) for digest in known}]
    Return.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        if row.subscriber_id is not None and (rule := suppressing.suppress_for(row, at=at)):
            row.suppressed = rule
            hard += row.hard
    told = [row for row in rows if row.suppressed]
    if told:
        Return.objects.bulk_update(told, ["suppressed"])
    for row in rows:
        if row.hard and row.reason == "userunknown":
            thresholds.look(row, at=at)
            break  # the imports are counted once for all of them
    return hard


def _refusal(
    campaign_id: UUID, number: int, subscriber: UUID | None, outcome: Outcome, reason: str, hard: bool, at: datetime
) -> Return:
    digest = hashlib.sha256(f"smtp {campaign_id} {number}".encode()).digest()
    return Return(
        id=new_id(),
        digest=digest,
        kind="bounce",
        campaign_id=campaign_id,
        subscriber_id=subscriber,
        hard=hard,
        at_door=True,
        reason=reason[:40],
        status=outcome.enhanced[:12],
        diagnostic=outcome.diagnostic[:300],
        received_at=at,
    )
