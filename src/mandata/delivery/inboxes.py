"""The port by which the door for incoming mail hands over what is written to an address that an upper area gave.

Delivery knows neither what such mail is about nor what becomes of it: only that it is taken durably before it is
acknowledged.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Inbox:
    """Who takes mail. `is_ours` tells by the local part, without a database; `take` keeps a mail durably before it
    returns, once, and raises where it shall be sent again later."""

    is_ours: Callable[[str], bool]
    take: Callable[[str, bytes, datetime], None]


_inboxes: list[Inbox] = []


def provide(inbox: Inbox) -> None:
    """Say who takes mail; called once by the wiring. Another one replaces it."""
    _inboxes[:] = [inbox]


def is_ours(local_part: str) -> bool:
    """Say whether a local part is one that somebody wired takes mail for."""
    return any(one.is_ours(local_part) for one in _inboxes)


def take(local_part: str, raw: bytes, at: datetime) -> None:
    """Hand a mail over; the caller acknowledges it once this returns."""
    for one in _inboxes:
        if one.is_ours(local_part):
            one.take(local_part, raw, at)
            return
