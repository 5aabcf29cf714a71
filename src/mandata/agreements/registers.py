"""The live registers behind Annex III and IV. The one of sub-processors stands above the agreements: its reader is
supplied by ``project.wiring``.
"""

from collections.abc import Callable

from mandata.agreements.models import Measure
from mandata.agreements.rules.annexes import Annexes, MeasureLine, SubProcessorLine

Reader = Callable[[], tuple[SubProcessorLine, ...]]


def _nobody() -> tuple[SubProcessorLine, ...]:
    return ()


_subprocessors: Reader = _nobody


def provide(subprocessors: Reader) -> None:
    """Supply the reader of the register of sub-processors."""
    global _subprocessors
    _subprocessors = subprocessors


def annexes() -> Annexes:
    """The registers as they are now; the same in every scope, because both are public."""
    rows = Measure.objects.order_by("code").values_list("code", "description", "owner", "checked_on")
    return Annexes(tuple(MeasureLine(*row) for row in rows), _subprocessors())
