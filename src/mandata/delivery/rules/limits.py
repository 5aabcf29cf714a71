"""Limits on what a receiving provider is sent, and how they give way and come back (pure).

A limit is shared by all workers as a *bucket*: tokens that fill up at the rate, what was granted today, and how far the
lane is slowed down. A worker asks for a grant of messages before it claims them, so that no worker can send what
another has sent already. Between any two moments t seconds apart at most `rate * t + burst(rate)` messages are granted.

When a provider says 421 or 4.7.x, its pace is halved, and it recovers by equal steps: additive increase and
multiplicative decrease, by which senders that do not know of each other come to share a road (Chiu and Jain, 1989).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from mandata.delivery.rules.outcomes import Outcome

EVERY: Final = -1
"""The transport of a rule that holds for each of them."""
CALM: Final = timedelta(seconds=5)
"""Refusals this soon after a slow-down speak of what was sent before it, and slow nothing down again."""
STEP_EVERY: Final = timedelta(seconds=30)
STEP: Final = 0.05
"""Of the pace before the slow-down: so much comes back with each step."""
SLOWEST: Final = 0.1
"""Messages a second: no slow-down goes below."""


class Limit(NamedTuple):
    """The operator's words for one provider; None says nothing."""

    per_second: float | None = None
    connections: int | None = None
    daily: int | None = None


Rules = Mapping[tuple[int, str], Limit]
"""(transport or EVERY, provider or "" for every one) -> limit."""


def limit_of(rules: Rules, transport: int, provider: str) -> Limit:
    """Return what holds for a provider on a transport: of each limit the word that names provider and transport, then
    the provider, then the transport, then neither."""
    found = Limit()
    for key in ((transport, provider), (EVERY, provider), (transport, ""), (EVERY, "")):
        more = rules.get(key)
        if more is not None:
            found = Limit(
                more.per_second if found.per_second is None else found.per_second,
                more.connections if found.connections is None else found.connections,
                more.daily if found.daily is None else found.daily,
            )
    return found


@dataclass(frozen=True, slots=True)
class Bucket:
    """What all workers share of one limit. `pace` and `ceiling` are messages a second, at and before `slowed_at`."""

    tokens: float
    filled_at: datetime
    day: date
    granted: int = 0
    pace: float | None = None
    ceiling: float | None = None
    slowed_at: datetime | None = None


class Allowance(NamedTuple):
    """How much of one bucket may be used: messages a second, messages on this UTC day; None for no limit."""

    per_second: float | None
    daily: int | None


def burst(rate: float) -> float:
    """Return how many tokens a bucket holds at most: a second's worth, and at least one."""
    return max(1.0, rate)


def pace(bucket: Bucket, now: datetime) -> float | None:
    """Return how many messages a second a lane is slowed down to; None where it is not, or no longer."""
    if bucket.pace is None or bucket.ceiling is None or bucket.slowed_at is None:
        return None
    steps = max(0, math.floor((now - bucket.slowed_at) / STEP_EVERY))
    recovered = bucket.pace + steps * STEP * bucket.ceiling
    return None if recovered >= bucket.ceiling else recovered


def free_again(bucket: Bucket) -> datetime | None:
    """Return when the pace is back where it was, if nothing more is refused; None where it is not slowed down."""
    if bucket.pace is None or bucket.ceiling is None or bucket.slowed_at is None:
        return None
    steps = math.ceil(round((bucket.ceiling - bucket.pace) / (STEP * bucket.ceiling), 6))
    return bucket.slowed_at + max(1, steps) * STEP_EVERY


def rate(bucket: Bucket, allowed: Allowance, now: datetime) -> float | None:
    """Return the messages a second that hold now: the operator's or the slow-down's, whichever is less."""
    found = [one for one in (allowed.per_second, pace(bucket, now)) if one is not None]
    return min(found) if found else None


def filled(bucket: Bucket, allowed: Allowance, now: datetime) -> Bucket:
    """Return the bucket with the tokens and the day of now."""
    speed = rate(bucket, allowed, now)
    tokens = bucket.tokens
    if speed is not None:
        elapsed = max(0.0, (now - bucket.filled_at).total_seconds())
        tokens = min(burst(speed), tokens + elapsed * speed)
    today = now.date()
    granted = bucket.granted if bucket.day == today else 0
    return replace(bucket, tokens=tokens, filled_at=max(now, bucket.filled_at), day=today, granted=granted)


def binds(bucket: Bucket, allowed: Allowance, now: datetime) -> bool:
    """Say whether a rate holds anything back: who asks for less than it gives finds the bucket full again and again."""
    speed = rate(bucket, allowed, now)
    return speed is not None and filled(bucket, allowed, now).tokens < burst(speed) / 2


def stock(bucket: Bucket, allowed: Allowance, now: datetime) -> int | None:
    """Return how many messages a filled bucket can grant; None for any number."""
    found: list[int] = []
    if rate(bucket, allowed, now) is not None:
        # What was given back may lie above the burst for a moment; a hair below a whole token is one.
        found.append(math.floor(bucket.tokens + 1e-9))
    if allowed.daily is not None:
        found.append(allowed.daily - bucket.granted)
    return max(0, min(found)) if found else None


class Ask(NamedTuple):
    """A wish for messages, each of which takes a token of every bucket named."""

    messages: int
    buckets: tuple[str, ...]


def grant(asks: Sequence[Ask], stocks: Mapping[str, int | None]) -> list[int]:
    """Return how many messages each ask is granted, the first first; no bucket gives more than its stock."""
    left = dict(stocks)
    granted: list[int] = []
    for ask in asks:
        limits = [kept for key in ask.buckets if (kept := left.get(key)) is not None]
        messages = max(0, min([ask.messages, *limits]))
        for key in ask.buckets:
            kept = left.get(key)
            if kept is not None:
                left[key] = kept - messages
        granted.append(messages)
    return granted


def spent(bucket: Bucket, messages: int) -> Bucket:
    """Return a filled bucket after a grant."""
    return replace(bucket, tokens=max(0.0, bucket.tokens - messages), granted=bucket.granted + messages)


def wait(bucket: Bucket, allowed: Allowance, now: datetime) -> timedelta:
    """Return how long until a filled bucket has something to grant; nothing while it has."""
    if allowed.daily is not None and bucket.granted >= allowed.daily:
        return next_day(now) - now
    speed = rate(bucket, allowed, now)
    missing = 1.0 - bucket.tokens
    return timedelta(seconds=missing / speed) if speed is not None and missing > 0 else timedelta()


def slowed(bucket: Bucket, allowed: Allowance, measured: float, now: datetime) -> Bucket:
    """Return the bucket after the provider asked for less: half of the pace that held, and where it was not slowed
    down, half of the rate measured, as far as that lies below the operator's. Within CALM of the last time it stays."""
    if bucket.slowed_at is not None and now - bucket.slowed_at < CALM:
        return bucket
    before = pace(bucket, now)
    if before is not None and bucket.ceiling is not None:
        base, ceiling = before, bucket.ceiling
    else:
        base = max(measured, 1.0) if allowed.per_second is None else min(allowed.per_second, max(measured, 1.0))
        ceiling = base
    slower = max(SLOWEST, base / 2)
    return replace(bucket, tokens=0.0, pace=slower, ceiling=max(ceiling, slower * 2), slowed_at=now)


def asks_for_less(outcome: Outcome) -> bool:
    """Return whether a reply says that too much comes too fast: 421, or 4.7.x, but for greylisting, which asks every
    stranger to come again."""
    text = outcome.diagnostic.lower()
    if "greylist" in text or "graylist" in text:
        return False
    return outcome.fate in ("deferred", "returned") and (outcome.code == 421 or outcome.enhanced.startswith("4.7."))


def next_day(now: datetime) -> datetime:
    """Return when daily caps begin anew: midnight UTC."""
    return datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), tzinfo=now.tzinfo)
