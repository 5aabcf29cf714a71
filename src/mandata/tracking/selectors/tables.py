"""Reports as CSV."""

from collections.abc import Callable, Iterator
from typing import Final, Literal

from django.utils.translation import gettext as _

from mandata.audience.rules.cells import Writer
from mandata.tracking.selectors.report import Report, Row

Part = Literal["hours", "links", "providers"]


def csv_lines(found: Report, part: Part) -> Iterator[str]:
    """A part of a report as CSV with a header, line by line: the same figures that the page draws."""
    line = Writer().line
    yield line([*_KEYS[part](), *(_columns() if part != "links" else _columns()[3:6])])
    if part == "hours":
        for at, row in found.hours:
            yield line([at.isoformat(timespec="minutes"), *_cells(row)])
    elif part == "providers":
        for entry in found.providers:
            yield line([entry.provider, str(entry.sent), *_cells(entry.row)])
    else:
        for link in found.links:
            figures = (link.clicks.human, link.clicks.unique, link.clicks.machine)
            yield line([str(link.number), link.label, link.url, *map(str, figures)])


def _cells(row: Row) -> list[str]:
    figures = (row.opens, row.clicks)
    cells = [number for figure in figures for number in (figure.human, figure.unique, figure.machine)]
    return [*map(str, cells), str(row.unsubscriptions.unique)]


def _columns() -> list[str]:
    return [
        _("Opens"),
        _("Unique opens"),
        _("Opens by machines"),
        _("Clicks"),
        _("Unique clicks"),
        _("Clicks by machines"),
        _("Unsubscriptions"),
    ]


_KEYS: Final[dict[str, Callable[[], list[str]]]] = {
    "hours": lambda: [_("Hour")],
    "links": lambda: [_("Link"), _("Label"), _("Address")],
    "providers": lambda: [_("Mailbox provider"), _("Sent")],
}
