"""The port by which delivery, which takes mail to unsubscribe (RFC 2369), tells those who take unsubscriptions."""

from collections.abc import Callable
from typing import Any

_takers: list[Callable[..., Any]] = []


def provide(leave: Callable[..., Any]) -> None:
    """Say who takes an unsubscription; called once by the wiring.

    It is called inside the scope with `campaign_id`, `message_no`, `subscriber_id`, `list_id`, `everything` and `at`.
    """
    _takers[:] = [leave]


def leave(**message: Any) -> bool:
    """Unsubscribe the holder of a message, in the caller's transaction; return whether that is new."""
    if not _takers:
        raise RuntimeError("nobody was wired to take unsubscriptions; project/wiring.py does it")
    return bool(_takers[0](**message))
