"""What may follow an objection: withdrawn, settled, the controller kept out of it, or the affected service ended."""

from datetime import datetime
from typing import Final

OPEN: Final = "open"
AGREED: Final = "agreed"
EXCLUDED: Final = "excluded"
DISMISSED: Final = "dismissed"
STANDS: Final = frozenset({OPEN, EXCLUDED})
"""States from which an objection can still move; in both the gate is shut."""
OUTCOMES: Final = (AGREED, EXCLUDED, DISMISSED)
"""How a discussion ends: the controller agrees after all; its data is led round the sub-processor for good; the
objection came too late and the parties leave it at that."""


def may_settle(state: str, outcome: str, *, in_time: bool, by_controller: bool) -> bool:
    """Whether an objection can end so. Only the controller can agree; only a late objection can be dismissed, and only
    by the operator; what is excluded can be agreed to later.
    """
    if outcome == AGREED:
        return by_controller and state in (OPEN, EXCLUDED)
    if outcome == DISMISSED:
        return not by_controller and state == OPEN and not in_time
    return outcome == EXCLUDED and state == OPEN


def state_after(outcome: str) -> str:
    """The objection's state after an outcome."""
    return "excluded" if outcome == EXCLUDED else "resolved"


MAY_END: Final = frozenset({"affected_ends", "service_may_end"})
"""Rules of clause subprocessor.unresolved by which an unresolved objection can end the affected service."""


def may_end(state: str, at: datetime, *, in_time: bool, resolve_until: datetime | None) -> bool:
    """Whether the controller may end the affected service without penalty: its objection came in time and still
    stands after the period for resolving it, if there is one (IMA 3(d), ECO-A 3.8).
    """
    return state in STANDS and in_time and (resolve_until is None or at >= resolve_until)
