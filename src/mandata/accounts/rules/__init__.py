"""Decisions about people and their roles: pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

OWNER: Final = "owner"
ROLES: Final = ("owner", "marketer", "privacy_officer", "reader")
"""Who a member may be: answers for the controller; makes campaigns; handles duties and rights; only looks."""

STATES: Final = ("active", "suspended", "ended")

INVITATION_LASTS: Final = timedelta(days=7)

MOVES: Final[Mapping[str, frozenset[str]]] = {
    "active": frozenset({"suspended", "ended"}),
    "suspended": frozenset({"active", "ended"}),
    "ended": frozenset(),
}
"""Which state of a controller may follow which."""


def owners_left(owners: frozenset[str], without: str) -> bool:
    """Say whether an owner remains when the member `without` is one no more. `owners`: ids of the active owners."""
    return bool(owners - {without})


def may_move(before: str, after: str) -> bool:
    """Say whether a controller may go from one state to another."""
    return after in MOVES[before]


def same_address(one: str, other: str) -> bool:
    """Compare addresses of accounts as the directory does: without regard to case."""
    return one.strip().casefold() == other.strip().casefold()


BOOKS: Final = ("notices", "breaches", "invoices")
"""For what a party may name addresses."""

COMMITMENTS: Final = ("confidentiality", "training")
"""What access of the operator's staff rests on (PPL-1)."""

SHORTEST_ACCESS: Final = timedelta(minutes=5)
LONGEST_ACCESS: Final = timedelta(hours=8)

PAUSES: Final = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)
"""How long a mail waits after its first, second, ... attempt; after the last of these, always as long as that."""

ATTEMPTS: Final = 13
LEGAL_ATTEMPTS: Final = 37
"""How often a mail is tried: for about a day, and for five days where it is a notice under an agreement, which is what
RFC 5321 (4.5.4.1) asks of mail servers. Attempts count, not age: while no worker runs, no patience is lost.
"""

LEASE: Final = timedelta(minutes=5)
"""For so long nobody else hands over a mail that somebody has in hand; longer than a server is waited for."""


def next_try(attempts: int, *, legal: bool, at: datetime) -> datetime | None:
    """Return when a mail is tried again after this many attempts (1 or more); None when they are used up."""
    if attempts >= (LEGAL_ATTEMPTS if legal else ATTEMPTS):
        return None
    return at + PAUSES[min(attempts, len(PAUSES)) - 1]
