"""Where a controller stands, and for what an act is done: part of the facts of every act."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Codes:
    """Annotation of a text field: the codes that it may hold."""

    codes: tuple[str, ...]


def one_of(*codes: str) -> Codes:
    """``Annotated[str, one_of("a", "b")]``: what a facts file may state there."""
    return Codes(codes)


SERVICE: Final = "service"
"""The purpose of what the software does for a controller in the service itself."""
UNNAMED: Final = ""
"""No purpose is named: permitted by no agreement."""


@dataclass(frozen=True, slots=True)
class Written:
    """A written instruction in force: which acts it orders, for which purpose (empty: one of the agreement's).

    ``agreed``: the processor has agreed, which an instruction beyond the agreement needs (INS-2).
    """

    number: int
    acts: tuple[str, ...]
    purpose: str = ""
    agreed: bool = False


EVERY_ACT: Final = "*"
"""Among the acts of a limit: all of them."""


@dataclass(frozen=True, slots=True)
class Limited:
    """What the operator has limited by decision (OPS-2): which acts are stopped, or how many recipients a campaign may
    have, and the clause by which.
    """

    acts: tuple[str, ...] = ()
    cap: int | None = None
    clause: str = ""

    def stops(self, act: str) -> bool:
        """Whether an act is stopped. Handing data out and the requests of data subjects never are: with or without
        the service the controller reaches its data.
        """
        return act in self.acts or (EVERY_ACT in self.acts and act not in ("export", "rights", "delete"))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a controller stands with its agreement: accepted at all, ended since, stopped for the time being.

    ``suspended`` by the operator, ``halted`` by the controller itself; ``written`` are its written instructions in
    force; ``limits`` what the operator has limited.
    """

    accepted: bool
    ended: bool = False
    suspended: bool = False
    halted: bool = False
    written: tuple[Written, ...] = ()
    limits: tuple[Limited, ...] = ()

    @property
    def stopped(self) -> bool:
        """Whether either side has stopped the processing for the time being."""
        return self.suspended or self.halted


UNKNOWN: Final = Standing(accepted=False)
"""Until a service has looked: nothing is permitted on it."""
