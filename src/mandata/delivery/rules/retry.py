"""When a deferred message is tried again, by what the receiver said (RFC 5321 section 4.5.4.1; 72 hours are ours).

The pause grows with each attempt; what looks like greylisting is tried sooner, what looks like a limit later. Each
pause is spread by up to a fifth either way, from the message's own number, so that a million deferred messages do not
come back in one second. Nothing here is chance: the same message and attempt give the same pause.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mandata.delivery.rules.outcomes import Outcome

LIFETIME: Final = timedelta(hours=72)

_NORMAL: Final = (5, 15, 45, 120, 240, 480, 720)
_GREYLISTED: Final = (3, 6, 12, 30, 60, 120, 240, 480, 720)
_LIMITED: Final = (15, 30, 60, 120, 240, 480, 720)
_FULL: Final = (60, 240, 480, 720)


@dataclass(frozen=True, slots=True)
class Retry:
    """When to try again; None when the message's time is over and it has failed."""

    at: datetime | None


def retry(outcome: Outcome, *, attempts: int, message_no: int, first_tried: datetime, now: datetime) -> Retry:
    """Return when a message deferred for the `attempts`-th time (1 or more) is tried again.

    `first_tried` is when the first attempt was made; after 72 hours from then there is no further one.
    """
    steps = _schedule(outcome)
    minutes = steps[min(attempts, len(steps)) - 1]
    seed = hashlib.blake2b(f"{message_no}:{attempts}".encode(), digest_size=2).digest()
    spread = 0.8 + 0.4 * int.from_bytes(seed, "big") / 65535
    at = now + timedelta(minutes=minutes * spread)
    return Retry(None if at > first_tried + LIFETIME else at)


def first_tried(attempts: int, *, now: datetime) -> datetime:
    """Return about when a message in its `attempts`-th attempt was first tried, reckoned back by the normal pauses.

    So the time of the first attempt need not be stored with each of a million messages.
    """
    spent = sum(_NORMAL[min(step, len(_NORMAL) - 1)] for step in range(max(0, attempts - 1)))
    return now - timedelta(minutes=spent)


def _schedule(outcome: Outcome) -> tuple[int, ...]:
    text = outcome.diagnostic.lower()
    asked_to_wait = outcome.code == 451 and outcome.enhanced in {"", "4.7.0", "4.7.1"}
    if asked_to_wait or "greylist" in text or "graylist" in text:
        return _GREYLISTED
    if outcome.code == 452 or outcome.enhanced in {"4.2.2", "4.3.1"}:
        return _FULL
    if outcome.code == 421 or outcome.enhanced.startswith("4.7."):
        return _LIMITED
    return _NORMAL
