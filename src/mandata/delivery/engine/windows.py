"""How many messages lie ready: not quite a second's worth of what is taken, for the desk and for each pool.

Enough that the transport never waits, little enough that a pause or a refusal is soon effective and that a slow
provider holds few. Where the transport did find nothing, twice as much is laid out next time.
"""

from dataclasses import dataclass
from typing import Final

MOST: Final = 3_000
_MEASURED_EVERY: Final = 0.2
_READY_FOR: Final = 0.8
_STANDS_AFTER: Final = 0.5


@dataclass(slots=True)
class Window:
    """`size` is how many messages may lie ready; `least` what it never falls below. `taken` counts upwards."""

    least: int
    size: int
    at: float
    taken: int = 0
    rate: float = 0.0
    moved_at: float = 0.0

    def measure(self, at: float, taken: int) -> None:
        """Take note of how many were taken until now."""
        if taken != self.taken or not self.moved_at:
            self.moved_at = at
        if at - self.at < _MEASURED_EVERY:
            return
        self.rate = (taken - self.taken) / (at - self.at)
        self.size = min(MOST, max(self.size // 2, int(self.rate * _READY_FOR), self.least))
        self.at, self.taken = at, taken

    def starved(self) -> None:
        """The transport found nothing."""
        self.size = min(MOST, self.size * 2)

    def stands(self, at: float) -> bool:
        """Return whether nothing was taken for a while."""
        return at - self.moved_at > _STANDS_AFTER
