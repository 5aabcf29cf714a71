"""How a change of the terms comes to bind: by the change clauses of the terms in force (AGR-4)."""

from dataclasses import dataclass
from datetime import datetime

from mandata.agreements.rules import windows
from mandata.agreements.rules.terms import Terms

BY_SILENCE = "use_is_consent"


@dataclass(frozen=True, slots=True)
class Timetable:
    """When an announced version can take effect, and what silence means until then.

    ``earliest``: not before this instant; ``silence_until``: who has said nothing by then agrees, None where only
    consent binds.
    """

    earliest: datetime
    silence_until: datetime | None


def timetable(terms: Terms, announced: datetime, planned: datetime | None = None) -> Timetable:
    """The timetable of a version announced at an instant, planned to take effect at another (None: as soon as may be).

    The notice (change.notice) and the usual period (change.window) are both kept, the longer one decides; both are read
    late, because they are the controller's.
    """
    notice = windows.earliest(terms, "change.notice", announced)
    usual = windows.until(terms, "change.window", announced) if planned is None else notice
    earliest = max(notice, usual)
    effect = max(earliest, planned or earliest)
    return Timetable(earliest, effect if terms.chosen("change.silence") == BY_SILENCE else None)


def ends(terms: Terms, refused: datetime, effective: datetime) -> datetime:
    """When the contract ends for who refuses a version: by change.end after the refusal, else as the version begins;
    never before the refusal itself.
    """
    return windows.until(terms, "change.end", refused) if "change.end" in terms.clauses else max(effective, refused)
