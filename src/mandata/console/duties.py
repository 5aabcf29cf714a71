"""Obligations as both consoles show them: rows, words, an explanation with its picture of time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.agreements import selectors as agreements
from mandata.agreements.selectors import obligations
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE

PAGE = 50
STATES = {
    "open": (gettext_lazy("open"), "info"),
    "met": (gettext_lazy("met"), "good"),
    "waived": (gettext_lazy("waived"), "calm"),
    "lapsed": (gettext_lazy("lapsed"), "calm"),
}
ABOUT = {
    "case": gettext_lazy("a request of a data subject"),
    "agreement": gettext_lazy("the agreement"),
    "proposal": gettext_lazy("a version of the agreement"),
    "instruction": gettext_lazy("an instruction"),
    "suspension": gettext_lazy("the suspension of the processing"),
    "change": gettext_lazy("a change of the sub-processors"),
    "objection": gettext_lazy("an objection"),
    "notice": gettext_lazy("a notice"),
    "staff": gettext_lazy("the staff"),
    "training": gettext_lazy("the staff"),
    "served": gettext_lazy("a notice"),
    "audit": gettext_lazy("an audit"),
    "own_audit": gettext_lazy("the processor’s own audit"),
    "assistance": gettext_lazy("a request for documents or help"),
    "proceeding": gettext_lazy("an authority’s proceeding"),
    "breach": gettext_lazy("a breach"),
    "end": gettext_lazy("the end of the agreement"),
    "limiting": gettext_lazy("a limit of the service"),
    "measure": gettext_lazy("a measure"),
    "outage": gettext_lazy("an outage"),
    "threshold": gettext_lazy("a threshold of returned mail"),
    "access": gettext_lazy("an access of our staff"),
    "addresses": gettext_lazy("the addresses for notices"),
    "opted_out": gettext_lazy("a request of a data subject"),
    "obligation": gettext_lazy("an obligation"),
}
_CONTROLLERS = {
    "case": ("privacy:case", "case_id"),
    "proposal": ("privacy:version", "proposal_id"),
    "instruction": ("privacy:instruction", "instruction_id"),
    "change": ("privacy:change", "change_id"),
    "served": ("privacy:notice", "served_id"),
    "breach": ("privacy:breach", "share_id"),
    "audit": ("privacy:audit", "audit_id"),
}
_OPERATORS = {
    "instruction": ("operator:instruction", "instruction_id"),
    "change": ("operator:change", "change_id"),
    "served": ("operator:notice", "served_id"),
    "audit": ("operator:audit", "audit_id"),
    "breach": ("operator:breach", "breach_id"),
}
GROUNDS = {
    "cooperation": gettext_lazy("the controller's cooperation is missing"),
    "majeure": gettext_lazy("force majeure"),
}


def row(one: obligations.Obliged) -> dict[str, Any]:
    """An obligation as a line of a list."""
    known, tone = STATES[one.state]
    label = str(known)
    if one.state == "open" and one.late:
        label, tone = _("late"), "bad"
    elif one.standing:
        label, tone = _("clock stopped"), "warn"
    return {
        "one": one,
        "state": label,
        "tone": tone,
        "about": ABOUT.get(one.about_kind, one.about_kind),
        "due": one.strict if one.timed else None,
    }


class Listed(Sequence[obligations.Obliged]):
    """Obligations as a sequence of which only the shown page is read."""

    ordered = True

    def __init__(self, read: Any) -> None:
        self._read = read

    def __len__(self) -> int:
        return int(self._read(start=0, count=0).total)

    def __getitem__(self, part: Any) -> Any:
        return self._read(start=part.start, count=part.stop - part.start).rows


def page(read: Any, number: str | None) -> Page[obligations.Obliged]:
    """One page of what ``read(start=, count=)`` lists."""
    return Paginator(Listed(read), PAGE).get_page(number)


def figures(counts: obligations.Counts) -> list[dict[str, Any]]:
    """How many are open, late, due within a day, and standing still."""
    return [
        {"label": _("Late"), "value": counts.late, "tone": "bad" if counts.late else ""},
        {"label": _("Due within a day"), "value": counts.soon, "tone": "warn" if counts.soon else ""},
        {"label": _("Open"), "value": counts.open},
        {"label": _("Clock stopped"), "value": counts.standing},
    ]


def explained(found: obligations.Explained, now: datetime, *, proofs: str = "") -> dict[str, Any]:
    """What the page of one obligation shows; ``proofs`` is the route to an entry of the record, where there is one."""
    one = found.obliged
    return {
        **row(one),
        "explained": found,
        "clause": agreements.clause_named(one.duty, None),
        "stops": [{"stop": stop, "ground": GROUNDS.get(stop.ground, stop.ground)} for stop in found.stops],
        "steps": _timeline(found, proofs),
        "open": one.state == "open",
        "elapsed": _elapsed(one, now),
        "place": _place(one, operators=not proofs),
    }


def _place(one: obligations.Obliged, *, operators: bool) -> str:
    """The page of what an obligation is about; empty where there is none."""
    route, name = (_OPERATORS if operators else _CONTROLLERS).get(one.about_kind, ("", ""))
    if not route or one.about is None:
        return ""
    named = {name: one.about}
    if operators and one.about_kind == "breach":  # at a controller it is about its share, at the desk about all
        return reverse(route, kwargs=named) if one.controller_id == INSTANCE else ""
    if operators and one.about_kind != "change":  # the operator's page of a change shows every controller
        named["controller_id"] = one.controller_id
    return reverse(route, kwargs=named)


def _elapsed(one: obligations.Obliged, now: datetime) -> int:
    """How much of the time has gone, in percent."""
    whole = (one.strict - one.begins).total_seconds()
    gone = ((one.closed_at or now) - one.begins).total_seconds()
    return 100 if whole <= 0 else max(0, min(100, round(100 * gone / whole)))


_ENTRIES = {
    "obligation.opened": gettext_lazy("Opened"),
    "obligation.met": gettext_lazy("Met"),
    "obligation.waived": gettext_lazy("Waived"),
    "obligation.lapsed": gettext_lazy("Lapsed"),
    "obligation.late": gettext_lazy("Late"),
    "obligation.stayed": gettext_lazy("Clock stopped"),
    "obligation.resumed": gettext_lazy("Clock goes on"),
    "obligation.extended": gettext_lazy("Extended"),
    "obligation.recomputed": gettext_lazy("Counted anew"),
    "obligation.reminded": gettext_lazy("Reminded"),
}
_TONES = {"obligation.met": "good", "obligation.late": "bad", "obligation.stayed": "warn"}


def _timeline(found: obligations.Explained, proofs: str) -> list[dict[str, Any]]:
    return [
        {
            "at": entry.at,
            "title": _ENTRIES.get(entry.kind, entry.kind),
            "tone": _TONES.get(entry.kind, "calm"),
            "icon": "check" if entry.kind == "obligation.met" else "dots",
            "proof": _("in the record"),
            "proof_url": reverse(proofs, args=[entry.id]) if proofs else "",
        }
        for entry in reversed(found.entries)
    ]


def owed_by(*parties: str, obligation: UUID) -> None:
    """A duty is met by who owes it and waived by whom it is owed to. Raises Refused for the other side."""
    if obligations.obligation(obligation, now()).obliged.owed_by not in parties:
        raise Refused(
            _("This obligation is not yours to close so."),
            code="obligation.not_yours",
            remedy=_("Who owes it says that it is done; who is owed it may waive it."),
            status=403,
        )
