"""Obligations as an iCalendar (RFC 5545): an event or a task each, with alarms. Titles and numbers, nobody's data."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from icalendar import Alarm, Calendar, Event, Todo

from mandata.agreements.rules import obligations as rules
from mandata.agreements.rules.words import Words, fill
from mandata.agreements.rules.words import mark as _
from mandata.agreements.selectors.obligations import Obliged

_NAME: Final = _("Obligations")
_SUMMARY: Final = _("{controller}: {title} (No. {number})")
_STANDS: Final = _("{summary}: the clock stands still")
_DESCRIPTION: Final = _(
    "Clause {clause} ({source}). Owed by: {party}. To be done by {strict} (strict reading); late from {statutory} on."
)
_AT_ONCE: Final = _("Clause {clause} ({source}). Owed by: {party}. Without undue delay.")
PARTIES: Final = {
    "processor": _("the processor"),
    "controller": _("the controller"),
    "operator": _("the operator as a controller itself"),
}
REFRESH: Final = timedelta(hours=1)


def calendar(
    rows: Iterable[Obliged],
    *,
    host: str,
    words: Words,
    tasks: bool = False,
    link: Callable[[Obliged], str] | None = None,
) -> bytes:
    """The calendar's exact bytes: an event at the strict time of each obligation, or with ``tasks`` a task due then.

    ``host`` makes the UIDs, which stay the same; ``link`` gives the address of an obligation's page.
    """
    made = Calendar()
    made.add("prodid", "-//Mandata//Obligations//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("name", words.gettext(_NAME))
    made.add("x-wr-calname", words.gettext(_NAME))
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for row in rows:
        made.add_component(_component(row, host, words, tasks, link))
    exact: bytes = made.to_ical()
    return exact


def _component(
    row: Obliged, host: str, words: Words, tasks: bool, link: Callable[[Obliged], str] | None
) -> Event | Todo:
    filling = {"controller": row.controller_name, "title": row.title, "number": str(row.number)}
    summary = fill(words.gettext(_SUMMARY), filling)
    if row.standing:
        summary = fill(words.gettext(_STANDS), {"summary": summary})
    one = Todo() if tasks else Event()
    one.add("uid", uid(row.id, host))
    one.add("dtstamp", row.changed_at)
    one.add("last-modified", row.changed_at)
    one.add("summary", summary)
    one.add("description", _described(row, words))
    one.add("categories", [row.kind])
    if link is not None:
        one.add("url", link(row))
    if tasks:
        one.add("due", row.strict)
        one.add("status", "NEEDS-ACTION")
        one.add("priority", 1 if row.late else 5)
    else:
        one.add("dtstart", row.strict)
        one.add("status", "TENTATIVE" if row.standing else "CONFIRMED")
        one.add("transp", "TRANSPARENT")
    for at in () if row.standing else _alarms(row):
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", summary)
        alarm.add("trigger", at, parameters={"VALUE": "DATE-TIME"})
        one.add_component(alarm)
    return one


def uid(obligation: UUID, host: str) -> str:
    """The identity of an obligation in every calendar that ever held it."""
    return f"{obligation}@{host}"


def _described(row: Obliged, words: Words) -> str:
    filling = {
        "clause": row.duty,
        "source": row.source,
        "party": words.gettext(PARTIES.get(row.owed_by, row.owed_by)) + (f", {row.post}" if row.post else ""),
        "strict": _instant(row.strict),
        "statutory": _instant(row.statutory),
    }
    return fill(words.gettext(_DESCRIPTION if row.timed else _AT_ONCE), filling)


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _alarms(row: Obliged) -> list[datetime]:
    """Those of its reminders that come before it is to be done."""
    times = rules.Times(rules.Kind(row.kind), row.begins, row.strict, row.statutory, timed=row.timed)
    return [at for _stage, at in rules.reminders(times) if row.opened_at < at < row.strict]
