"""What tracking tells: the report of a campaign, a person's timeline, whose message a token is."""

from mandata.tracking.selectors.persons import Addressee, Reader, TimelineEntry, addressee, reader, timeline
from mandata.tracking.selectors.report import (
    Figure,
    LinkRow,
    Measuring,
    ProviderRow,
    ReasonRow,
    Report,
    Returns,
    Row,
    Summary,
    by_day,
    measuring,
    report,
    summaries,
)
from mandata.tracking.selectors.tables import Part, csv_lines

__all__ = [
    "Addressee",
    "Figure",
    "LinkRow",
    "Measuring",
    "Part",
    "ProviderRow",
    "Reader",
    "ReasonRow",
    "Report",
    "Returns",
    "Row",
    "Summary",
    "TimelineEntry",
    "addressee",
    "by_day",
    "csv_lines",
    "measuring",
    "reader",
    "report",
    "summaries",
    "timeline",
]
