"""What the annexes draw from the live registers: which measures are carried out how, which sub-processors there are."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """One line of the register of measures: its code, how it is carried out, whose post, when it was checked."""

    code: str
    description: str
    owner: str
    checked_on: date
    result: str = ""  # held, failed, overdue; empty where only the operator's word is known


@dataclass(frozen=True, slots=True)
class SubProcessorLine:
    """One line of the register of sub-processors (SCC 2021/915, Annex IV); ``mechanism`` is empty inside the EEA."""

    name: str
    address: str
    contact: str
    role: str
    country: str
    mechanism: str
    tier: int = 1


@dataclass(frozen=True, slots=True)
class Annexes:
    """The registers at an instant, as the text shows them."""

    measures: tuple[MeasureLine, ...] = ()
    subprocessors: tuple[SubProcessorLine, ...] = ()


NONE = Annexes()
"""Nothing registered yet."""
