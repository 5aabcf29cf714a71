"""Tags and filters of the interface: icons, clocks, states, charts, fields, and how times and numbers are written.

Load with ``{% load ui %}``. Everything returns escaped HTML; nothing writes an inline style or script.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select, SelectMultiple
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mandata.agreements import selectors as agreements
from mandata.agreements.rules import evidence
from mandata.console.clocks import face
from mandata.console.icons import ICONS
from mandata.infra import clock as infra_clock

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """Return the icon as inline SVG: decoration, or a named image where `label` is given. Unknown names raise."""
    inside = mark_safe(ICONS[name])  # noqa: S308 - our own constants
    classes = f"m-icon {css}".strip()
    if label:
        return format_html(
            '<svg class="{}" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>', classes, label, inside
        )
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>', classes, inside
    )


_TONE_ICONS = {"good": "check", "bad": "cross", "warn": "alert", "info": "dots", "calm": "minus"}


@register.simple_tag
def state(text: object, tone: str = "calm", name: str = "") -> SafeString:
    """Return a state as a pill: a word, a tone (good, warn, bad, info, calm) and an icon, to be read without colour."""
    return format_html('<span class="m-state m-state-{}">{}{}</span>', tone, icon(name or _TONE_ICONS[tone]), str(text))


@register.filter
def tone_icon(tone: str) -> str:
    """Return the name of the icon that stands for a tone."""
    return _TONE_ICONS.get(tone, "minus")


@register.inclusion_tag("components/clock.html")
def clock(
    due: datetime | None,
    start: datetime | None = None,
    clause: str = "",
    calendar: str = "",
    duty: str = "",
    done: datetime | None = None,
) -> dict[str, Any]:
    """Draw the clock of a duty: time left; on opening the due time, the clause and the calendar it was computed by."""
    if due is None:
        return {"due": None}
    done = done or None  # a template's missing variable is an empty string
    drawn = face(due=due, now=done or infra_clock.now(), start=start or None, done=done is not None)
    return {
        "due": due,
        "start": start,
        "clause": clause,
        "calendar": calendar,
        "duty": duty,
        "done": done,
        "face": drawn,
        "left": span(drawn.left),
    }


@register.filter
def clause_title(key: str) -> str:
    """Name a clause by the title that it has in the agreement's text, with its source where one stands behind it; an
    article or a rule stays as it is.
    """
    clause, opening, source = key.partition(" (")
    return f"{agreements.clause_named(clause, None)}{opening}{source}"


@register.filter
def span(value: timedelta | float | int | None) -> str:
    """Write a duration with its largest two units, without a sign: "2 days 4 h", "3 min", "12 s"."""
    if value is None:
        return "–"
    seconds = int(abs(value.total_seconds() if isinstance(value, timedelta) else value))
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, rest = divmod(rest, 60)
    in_hours = _("%(count)d h") % {"count": hours}
    in_minutes = _("%(count)d min") % {"count": minutes}
    if days:
        in_days = ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
        return f"{in_days} {in_hours}" if hours and days < 7 else in_days
    if hours:
        return f"{in_hours} {in_minutes}"
    return in_minutes if minutes else _("%(count)d s") % {"count": rest}


@register.filter
def when(value: datetime | None) -> SafeString | str:
    """Write an instant in the viewer's zone as ISO date and minutes, inside a ``<time>`` that carries the exact one."""
    if value is None:
        return "–"
    local = localtime(value)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), f"{local:%Y-%m-%d %H:%M}")


@register.filter
def due_day(value: datetime | None) -> SafeString | str:
    """Like `when`, with the weekday first: for duties."""
    if value is None:
        return "–"
    local = localtime(value)
    days = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    text = f"{days[local.weekday()]} {local:%Y-%m-%d %H:%M}"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), text)


@register.filter
def number(value: float | int | None, places: int = 0) -> str:
    """Write a number by the viewer's locale, thousands grouped; a dash for none."""
    return "–" if value is None else number_format(value, decimal_pos=places, force_grouping=True)


@register.filter
def behind(said: str, status: str) -> str:
    """Return what stands behind the enhanced status, which is shown beside a reply and begins many of them."""
    return said.removeprefix(status).lstrip() if status else said


@register.filter
def percent(part: float | int | None, whole: float | int | None = None) -> str:
    """Write `part` of `whole` (or the fraction `part` alone) as a percentage; a dash where nothing can be divided."""
    if part is None or whole == 0:
        return "–"
    share = 100 * (part / whole if whole is not None else part)
    return f"{number_format(share, decimal_pos=1)} %"


@register.filter
def short_id(value: object) -> str:
    """Shorten an id or digest to its last eight characters: for people who compare, not for look-up."""
    return str(value).replace("-", "")[-8:]


@register.filter
def browser(header: str) -> str:
    """Name the family of a browser and its system by what it calls itself."""
    return evidence.agent(header)


@register.filter
def masked(address: str) -> str:
    """Shorten an e-mail address for lists: first letter and domain (identities are sealed by default)."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…{at}{domain}" if at else "…"


@register.inclusion_tag("components/chart.html")
def chart(
    name: str, title: str, data: Mapping[str, Any], csv: str = "", note: str = "", when_label: str = ""
) -> dict[str, Any]:
    """Draw a plot over time with its table and CSV link.

    `data`: {"kind": "line" | "bars", "x": [aware datetime or unix seconds], "series": [{"label", "values", "unit"?}]}.
    `csv` is the address that returns the same numbers. `name` must be unique on the page.
    """
    stamps = [int(x.timestamp()) if isinstance(x, datetime) else int(x) for x in data["x"]]
    moments = [datetime.fromtimestamp(stamp, tz=localtime(infra_clock.now()).tzinfo) for stamp in stamps]
    rows = [(moment, [series["values"][at] for series in data["series"]]) for at, moment in enumerate(moments)]
    return {
        "name": name,
        "title": title,
        "csv": csv,
        "note": note,
        "when_label": when_label or _("Time"),
        "rows": rows,
        "series": data["series"],
        "payload": {"kind": data.get("kind", "line"), "x": stamps, "series": data["series"]},
    }


@register.inclusion_tag("components/bars.html")
def bars(
    title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], csv: str = "", what: str = ""
) -> dict[str, Any]:
    """Draw a ranking as bars in a table: rows {"label", "value", "whole"?, "cells"? (further columns), "url"?}.

    `columns` are the headings: of the label, the value and each further cell. A bar is value of whole, or of the top.
    """
    top = max((row["value"] for row in rows), default=0) or 1
    drawn = [{**row, "width": round(100 * row["value"] / (row.get("whole") or top), 2)} for row in rows]
    return {"title": title, "rows": drawn, "columns": columns, "csv": csv, "what": what}


@register.simple_tag
def spark(values: Sequence[float], label: str) -> SafeString:
    """Return a line of at least two values as a small SVG with a name for readers of the screen."""
    if len(values) < 2:
        return mark_safe("")
    top = max(values) or 1
    points = " ".join(
        f"{96 * at / (len(values) - 1):.1f},{22 - 20 * value / top:.1f}" for at, value in enumerate(values)
    )
    return format_html(
        '<svg class="m-spark" viewBox="0 0 96 24" role="img" aria-label="{}"><polyline points="{}"/></svg>',
        label,
        points,
    )


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, hint: str = "", autofocus: bool = False) -> dict[str, Any]:
    """Render a form's field: label, control, hint, errors, tied together for readers of the screen."""
    widget = bound.field.widget
    attrs: dict[str, Any] = {"autofocus": True} if autofocus else {}
    if hint and not bound.help_text:
        bound.help_text = hint
    kind = "input"
    if isinstance(widget, CheckboxInput):
        kind, attrs["class"] = "check", "form-check-input"
    elif isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        kind = "choice"
    elif isinstance(widget, Select | SelectMultiple):
        attrs["class"] = "form-select"
    elif getattr(widget, "input_type", "") != "hidden":
        attrs["class"] = "form-control"
    password = getattr(widget, "input_type", "") == "password"
    return {"field": bound, "kind": kind, "password": password, "control": bound.as_widget(attrs=attrs)}


@register.filter
def describes(subwidget: Any) -> str:
    """Return the hint of one choice, where the widget's `hints` (value -> text) has it."""
    hints = getattr(subwidget.parent_widget, "hints", {})
    return str(hints.get(str(subwidget.data["value"]), ""))


@register.inclusion_tag("components/fields.html")
def fields(form: Any) -> dict[str, Any]:
    """Render the errors of a form as a whole and then every field in order."""
    return {"form": form}
