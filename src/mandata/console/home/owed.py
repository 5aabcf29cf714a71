"""What the agreement asks of a member now: a version to decide on, windows to object, questions, duties, notices."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mandata.agreements import selectors as agreements
from mandata.agreements.selectors import instructions, notices, obligations
from mandata.subprocessors import selectors as subprocessors

_SHOWN = 5
_ELSEWHERE = frozenset({"case", "proposal", "change", "objection"})
"""What obligations are about that stand on this page by themselves."""


def owed(at: datetime, *, ended: bool = False, besides: Collection[UUID] = ()) -> list[dict[str, Any]]:
    """Return what the agreement asks of the controller now, as `mandata.console.home.needs` lists it. Of an agreement
    that has ended: its duties and notices, no decision on what is to come. `besides`: obligations that stand on the
    page already, with what they are about."""
    coming = [] if ended else [*_version(), *_windows(at), *_questioned()]
    return [*coming, *_duties(at, besides), *_returned()]


def _version() -> list[dict[str, Any]]:
    found = agreements.waiting()
    if found is None:
        return []
    clock = {"due": found.decide_until, "start": found.announced_at, "clause": "change.terms"}
    return [
        {
            "icon": "scale",
            "tone": "warn",
            "title": _("A new version of the agreement waits for your decision"),
            "text": _("Version %(version)s: see what changes, accept or refuse it.") % {"version": found.version},
            "url": reverse("privacy:version", args=[found.id]),
            "act": _("Look and decide"),
            "clock": clock if found.decide_until else None,
        }
    ]


def _windows(at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "icon": "server",
            "tone": "warn",
            "title": _("%(name)s: time to object") % {"name": one.change.name},
            "text": _("A change of the sub-processors. Without an objection it is agreed when the time has passed."),
            "url": reverse("privacy:change", args=[one.change.id]),
            "act": _("Look and decide"),
            "clock": {"due": one.objection_until, "start": one.delivered_at, "clause": one.source},
        }
        for one in subprocessors.notices(at=at)
        if one.in_time and one.delivered_at and one.change.state == "announced" and not one.objections
    ][:_SHOWN]


def _questioned() -> list[dict[str, Any]]:
    return [
        {
            "icon": "alert",
            "tone": "warn",
            "title": _("Instruction %(number)s is questioned") % {"number": one.number},
            "text": _("It seems defective or unlawful to us. Nothing is done on it until you stand by it."),
            "url": reverse("privacy:instruction", args=[one.id]),
            "act": _("Answer"),
        }
        for one in instructions.instructions(state="questioned", count=_SHOWN)
    ]


def _duties(at: datetime, besides: Collection[UUID]) -> list[dict[str, Any]]:
    return [
        {
            "icon": "clock",
            "tone": "bad" if one.late else "warn",
            "title": one.title,
            "text": _("You owe this under the agreement."),
            "url": reverse("privacy:obligation", args=[one.id]),
            "act": _("See it"),
            "clock": {"due": one.strict, "start": one.begins, "clause": one.source} if one.timed else None,
        }
        for one in obligations.here(at, owed_by="controller", count=4 * _SHOWN).rows
        if one.kind in ("within", "ahead") and not one.standing
        if one.about_kind not in _ELSEWHERE and one.id not in besides
    ][:_SHOWN]


def _returned() -> list[dict[str, Any]]:
    _total, lost = notices.legal_notices(undelivered=True, count=50)
    count = sum(one.party == "controller" for one in lost)
    if not count:
        return []
    words = ngettext("%(count)d notice to you came back", "%(count)d notices to you came back", count)
    return [
        {
            "icon": "mail",
            "tone": "bad",
            "title": words % {"count": count},
            "text": _("Read it here, and correct the addresses to which notices go."),
            "url": reverse("privacy:notices") + "?tab=undelivered",
            "act": _("Read it"),
        }
    ]
