"""Legal time: when a period of an agreement ends, by its strict and its statutory reading, and why.

Pure; takes no clock. `due` counts forwards from an event, `before` backwards from an effect, `earliest_effect` tells
from when on something may happen that was notified ahead. Days off are pinned tables with versions. The rules and their
sources: docs/legal-time.md. Serves the deadlines of AGR, BRE, DSR, AUD, RET, SPR.
"""

from mandata.foundation.periods.calendars import CODES, Calendar, calendar
from mandata.foundation.periods.reckoning import ahead, at_once, before, due, earliest_effect, until
from mandata.foundation.periods.telling import spoken, tell
from mandata.foundation.periods.values import Due, Period, Reckoning, Regime, Step, Unit, Unreckonable

__all__ = [
    "CODES",
    "Calendar",
    "Due",
    "Period",
    "Reckoning",
    "Regime",
    "Step",
    "Unit",
    "Unreckonable",
    "ahead",
    "at_once",
    "before",
    "calendar",
    "due",
    "earliest_effect",
    "spoken",
    "tell",
    "until",
]
