"""The states of a message, and which may follow which.

    queued ──claim──> claimed ──begin──> sending ──> sent | deferred | failed | unknown
      ^                  │                  │
      └──── return ──────┴──────────────────┘        deferred ──due──> claimed ...  or failed when 72 h are over
    unknown ──a member decides──> queued (resend) | sent (count as sent)
    queued, deferred ──cancel, or the recipient rule says no──> cancelled

*claimed* is what PostgreSQL holds once the intent is committed: the message stands in an open chunk of a worker.
*sending* is the journal's word for a message whose content has begun to leave; PostgreSQL does not hear it singly, as
that would cost a write per message: after a crash the journal turns it into its outcome or into *unknown*.
Bounces and complaints are facts about a sent message, not states.
"""

from enum import StrEnum


class State(StrEnum):
    """A message's state, as stored."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


S = State
TRANSITIONS: dict[State, frozenset[State]] = {
    S.QUEUED: frozenset({S.CLAIMED, S.CANCELLED}),
    S.CLAIMED: frozenset({S.SENDING, S.QUEUED, S.SENT, S.DEFERRED, S.FAILED, S.UNKNOWN, S.CANCELLED}),
    S.SENDING: frozenset({S.QUEUED, S.SENT, S.DEFERRED, S.FAILED, S.UNKNOWN}),
    S.DEFERRED: frozenset({S.CLAIMED, S.FAILED, S.CANCELLED}),
    S.UNKNOWN: frozenset({S.QUEUED, S.SENT}),
    S.SENT: frozenset(),
    S.FAILED: frozenset(),
    S.CANCELLED: frozenset(),
}
TERMINAL = frozenset(state for state, following in TRANSITIONS.items() if not following)
OPEN = frozenset({S.QUEUED, S.CLAIMED, S.SENDING, S.DEFERRED})


def may_follow(before: State, after: State) -> bool:
    """Return whether a message may go from `before` to `after`."""
    return after in TRANSITIONS[before]
