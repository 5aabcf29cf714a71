"""Figures and plots of what tracking tells: people first; machines stand apart."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from mandata.console.templatetags.ui import number, percent
from mandata.tracking.selectors import Figure, Row, Summary

DAYS: Final = 30


def figures(found: Summary, *, individual: bool = True) -> list[dict[str, Any]]:
    """Return the figures of a campaign, people's only; shares are of what was delivered. Where nobody is known one by
    one (not `individual`), how often something happened is all there is, and a share of people would be none."""
    of, total, returns = found.delivered, found.total, found.returns
    reactions = [(_("Opened"), total.opens), (_("Clicked"), total.clicks)]
    if total.visits.human:
        reactions.append((_("Visited your site"), total.visits))
    return [
        {"label": _("Sent"), "value": number(found.sent), "note": _of(found.sent, found.recipients, _("recipients"))},
        {"label": _("Delivered"), "value": number(of), "note": _share(of, found.sent, _("of those sent"))},
        *(_reaction(label, figure, of, individual=individual) for label, figure in reactions),
        {
            "label": _("Unsubscribed"),
            "value": number(total.unsubscriptions.unique),
            "note": _share(total.unsubscriptions.unique, of),
        },
        {
            "label": _("Complained"),
            "value": number(returns.complaints),
            "note": _share(returns.complaints, of),
            "tone": "bad" if returns.complaints > 0.0005 * found.sent else "",
        },
        {
            "label": _("Came back for good"),
            "value": number(returns.hard_bounces),
            "note": _share(returns.hard_bounces, found.recipients, _("of the recipients")),
        },
        {
            "label": _("Came back for now"),
            "value": number(returns.soft_bounces),
            "note": _share(returns.soft_bounces, found.recipients, _("of the recipients")),
        },
    ]


def _reaction(label: str, figure: Figure, of: int, *, individual: bool) -> dict[str, Any]:
    if individual or figure.unique:
        return {"label": label, "value": number(figure.unique), "note": _share(figure.unique, of)}
    return {"label": label, "value": number(figure.human), "note": _("times; counts only")}


def _share(part: int, whole: int, words: str = "") -> str:
    said = words or _("of those delivered")
    return f"{share(part, whole)} {said}" if whole else ""


def share(part: int, whole: int) -> str:
    """Write a share; a small one with two places, because a limit may lie at 0.05 %."""
    return f"{number(100 * part / whole, 2)} %" if 0 < part < 0.01 * whole else percent(part, whole)


def _of(part: int, whole: int, words: str) -> str:
    return _("of %(whole)s %(words)s") % {"whole": number(whole), "words": words} if whole != part else words


_LEAST_HOURS = timedelta(hours=11)


def over_time(rows: Sequence[tuple[datetime, Row]], *, kind: str = "line", unique: bool = False) -> dict[str, Any]:
    """Return the plot of people's opens, clicks and unsubscriptions over time, for the tag `chart`."""

    def count(row: Row, name: str) -> int:
        figure = row.figure(name)
        return figure.unique if unique else figure.human

    series = (("open", _("Opens")), ("click", _("Clicks")), ("unsubscribe", _("Unsubscriptions")))
    return {
        "kind": kind,
        "x": [at for at, _row in rows],
        "series": [{"label": label, "values": [count(row, name) for _at, row in rows]} for name, label in series],
    }


def hours(rows: Sequence[tuple[datetime, Row]]) -> list[tuple[datetime, Row]]:
    """Fill the hours in which nothing happened with zeros, half a day at least; of over ten days only what there is."""
    if not rows or rows[-1][0] - rows[0][0] > timedelta(days=10):
        return list(rows)
    known, at, found = dict(rows), rows[0][0], []
    end = max(rows[-1][0], at + _LEAST_HOURS)
    while at <= end:
        found.append((at, known.get(at, Row())))
        at += timedelta(hours=1)
    return found


def first_day(at: datetime, days: int = DAYS) -> datetime:
    """Return the midnight, in the viewer's zone, with which the last `days` days begin."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)


def days(rows: Sequence[tuple[datetime, Row]], at: datetime, count: int = DAYS) -> list[tuple[datetime, Row]]:
    """Fill the days without anything with zeros, so that a quiet week looks quiet; nothing at all stays nothing."""
    if not rows:
        return []
    known = {timezone.localtime(day).date(): row for day, row in rows}
    begin = first_day(at, count)
    all_days = [begin + timedelta(days=day) for day in range(count)]
    return [(day, known.get(day.date(), Row())) for day in all_days]
