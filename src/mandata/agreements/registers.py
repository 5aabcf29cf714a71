"""The live registers behind Annex III and IV. The one of sub-processors stands above the agreements: its reader is
supplied by ``project.wiring``.
"""

from collections.abc import Callable
from datetime import datetime

from mandata.agreements.models import Measure
from mandata.agreements.rules.annexes import Annexes, MeasureLine, SubProcessorLine
from mandata.infra.clock import now

Reader = Callable[[], tuple[SubProcessorLine, ...]]
Looked = Callable[[datetime], tuple[MeasureLine, ...]]


def _nobody() -> tuple[SubProcessorLine, ...]:
    return ()


def _unlooked(_at: datetime) -> tuple[MeasureLine, ...]:
    return ()


_subprocessors: Reader = _nobody
_looked: Looked = _unlooked


def provide(subprocessors: Reader) -> None:
    """Supply the reader of the register of sub-processors."""
    global _subprocessors
    _subprocessors = subprocessors


def provide_results(looked: Looked) -> None:
    """Supply the reader of what the checks of measures found."""
    global _looked
    _looked = looked


def annexes() -> Annexes:
    """The registers as they are now; the same in every scope, because both are public."""
    rows = Measure.objects.order_by("code").values_list("code", "description", "owner", "checked_on")
    stated = {row[0]: MeasureLine(*row) for row in rows}
    looked = {line.code: line for line in _looked(now())}
    lines = {**stated, **looked}
    return Annexes(tuple(lines[code] for code in sorted(lines)), _subprocessors())
