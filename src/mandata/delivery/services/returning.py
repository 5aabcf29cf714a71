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

from django.db import connection

from mandata.accounts.services import notices as outbox
from mandata.agreements.services import notices
from mandata.audience import personal as audience
from mandata.audience.rules.bases import Reason
from mandata.audience.services.suppression import suppress
from mandata.delivery.models import Message, Return
from mandata.delivery.rules.bounces import Recipient, Returned, classify, is_hard, reason_of, stated_instant
from mandata.delivery.rules.outcomes import DIAGNOSTIC_LIMIT, Outcome
from mandata.foundation import cutting
from mandata.foundation.actors import SYSTEM
from mandata.foundation.tokens import LINK_BOUNCE, BadToken, Parsed, parse
from mandata.infra import bulk
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from mandata.record.services import append
from mandata.vault.services import token_keys

_KINDS = {
    "bounce": "bounce",
    "complaint": "complaint",
    "delivered": "delivered",
    "auto-reply": "reply",
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


def read_token(local_part: str) -> Parsed | None:
    """Return what the envelope recipient's local part says, or None when it is no bounce token of ours."""
    keys = token_keys()
    try:
        parsed = parse({keys.key_id: keys}, local_part)
    except BadToken:
        return None
    return parsed if parsed.link == LINK_BOUNCE else None


def is_ours(local_part: str) -> bool:
    """Say whether a local part is one that we gave: a message's bounce token or a notice's envelope sender."""
    return read_token(local_part) is not None or outbox.named_by(local_part) is not None


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
    token = read_token(recipient.rpartition("@")[0])
    if token is None:
        return None
    rows = bulk.execute(
        "select controller_id, campaign_id from campaigns_number where number = %b::bigint", [token.campaign_no]
    )
    if not rows:
        return None
    controller_id, campaign_id = rows[0]
    with scope(controller_id):
        subscriber = (
            Message.objects.filter(campaign_id=campaign_id, number=token.message_no)
            .values_list("subscriber_id", flat=True)
            .first()
        )
        return _keep(campaign_id, subscriber, classify(raw), hashlib.sha256(raw).digest(), at)


def _keep(campaign_id: UUID, subscriber: UUID | None, found: Returned, digest: bytes, at: datetime) -> Taken:
    one = found.recipients[0] if found.recipients else Recipient("", "", "", "", False)
    kind = "delay" if found.kind == "bounce" and one.temporary else _KINDS[found.kind]
    known = [other.address for other in found.recipients]
    if subscriber is not None:  # a report may name whom the mail was forwarded to, and the first address in its words
        known.append(audience.address_of(subscriber) or "")
    new = _insert(
        Return(
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
    )
    suppressed = new and subscriber is not None and _suppress(kind, one.hard, subscriber, campaign_id, at)
    return Taken(kind, campaign_id, one.reason, one.hard, suppressed, new)


def _insert(row: Return) -> bool:
    """Insert unless the same raw message was kept before."""
    made = Return.objects.bulk_create([row], ignore_conflicts=True)
    return bool(made) and bool(Return.objects.filter(id=row.id).exists())


def _suppress(kind: str, hard: bool, subscriber: UUID, campaign_id: UUID, at: datetime) -> bool:
    if kind == "complaint":
        reason = Reason.COMPLAINT
    elif kind == "bounce" and hard:
        reason = Reason.HARD_BOUNCE
    else:
        return False
    with connection.cursor() as cursor:
        cursor.execute("select 1 from audience_subscriber where id = %s", [subscriber])
        if cursor.fetchone() is None:
            return False
    suppressed = suppress(subscriber_id=subscriber, reason=reason, actor=SYSTEM, at=at)
    if kind == "complaint":
        append(kind="delivery.complaint", body={"campaign": campaign_id}, actor=SYSTEM, subject=subscriber, at=at)
    return suppressed


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
    rows = []
    for number, outcome in refusals:
        code = str(outcome.code or "")
        reason = reason_of(
            outcome.diagnostic, outcome.enhanced, code, f"RCPT {outcome.stage}" if outcome.stage == "rcpt" else ""
        )
        dead = outcome.stage == "rcpt" and is_hard(reason, outcome.enhanced, code)
        rows.append(_refusal(campaign_id, number, subscribers.get(number), outcome, reason, dead, at))
        if dead and (subscriber := subscribers.get(number)) is not None:
            hard += _suppress("bounce", True, subscriber, campaign_id, at)
    Return.objects.bulk_create(rows, ignore_conflicts=True)
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
        reason=reason[:40],
        status=outcome.enhanced[:12],
        diagnostic=outcome.diagnostic[:300],
        received_at=at,
    )
