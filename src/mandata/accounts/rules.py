"""Decisions about people and their roles: pure."""

from collections.abc import Mapping
from datetime import timedelta
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
