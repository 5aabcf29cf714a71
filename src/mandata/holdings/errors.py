"""What the holdings refuse, and how an erasure can fail."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mandata.foundation.errors import Fault, NotFound, Refused

if TYPE_CHECKING:
    from mandata.holdings.rules import Shortfall


class NoSuchSubject(NotFound):
    """Nobody with this reference or address is known here."""

    code = "holdings.no_such_subject"


class NothingHeld(Refused):
    """There is nothing to erase or to hand out."""

    code = "holdings.nothing_held"


class UnknownGround(Refused):
    """An erasure needs one of the grounds of Art. 17(1) GDPR or the controller's own decision."""

    code = "holdings.unknown_ground"
    status = 422


class ErasureIncomplete(Fault):
    """An erasure did less than it had announced; all of it was rolled back. `short` says where."""

    def __init__(self, short: "Sequence[Shortfall]") -> None:
        told = "; ".join(f"{one.holding}: {one.done} of {one.expected}, {one.left} left" for one in short[:20])
        super().__init__(
            f"The erasure was rolled back, because it was not whole ({told}).",
            remedy="Run it again; if it stays so, the holding's erasure is wrong.",
        )
        self.short = tuple(short)


class NoSuchRun(NotFound):
    """There is no such erasure of many."""

    code = "holdings.no_such_run"


class NotConfirmed(Refused):
    """An erasure of many was confirmed with another number than that of the people chosen."""

    code = "holdings.not_confirmed"
    status = 422


class WrongState(Refused):
    """An erasure of many is not in a state in which this can be done."""

    code = "holdings.wrong_state"
