"""When passing failures of one mailbox have gone on for long enough to leave it alone (AUDI-4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """`messages` in a row, the first `days` or more before the last, for one of `reasons`; then `rest_days` of rest."""

    messages: int
    days: int
    rest_days: int
    reasons: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message to one mailbox. `at`: when it was sent or came back; `reason`: why it came back, "" where it did
    not."""

    at: datetime
    reason: str


def worn_out(newest_first: Sequence[Sent], policy: Policy) -> bool:
    """Return whether the newest messages to a mailbox all came back, for passing reasons and over days enough."""
    last = newest_first[: policy.messages]
    if len(last) < policy.messages or any(one.reason not in policy.reasons for one in last):
        return False
    return last[0].at - last[-1].at >= timedelta(days=policy.days)
