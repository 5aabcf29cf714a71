"""Alarms on the operator's overview: those that hold with what to do, and those that are over."""

from typing import Any

from django.utils.translation import gettext as _

from mandata.console.templatetags.ui import span
from mandata.infra.clock import now
from mandata.watching import letters, selectors


def holding() -> list[dict[str, Any]]:
    """Return what is not well (a list for components/checks.html). Where no worker lives, nobody else could say so."""
    at = now()
    found = [_told(one) for one in selectors.ringing()]
    if not any(worker.alive(at) for worker in selectors.workers()):
        found.insert(0, _nobody())
    return found


def _told(one: selectors.Ringing) -> dict[str, Any]:
    words = letters.words(one.code, one.about, one.evidence)
    since = _("Noticed %(span)s ago.") % {"span": span(now() - one.began_at)}
    return {"title": words.title, "allowed": False, "reason": f"{words.meaning} {since}", "remedy": words.remedy}


def _nobody() -> dict[str, Any]:
    return {
        "title": _("No worker lives"),
        "allowed": False,
        "reason": _("Nothing is sent, taken in or reminded of, and nobody could tell you by mail."),
        "remedy": _("Start `mandata up` or `mandata worker`."),
    }


def over(limit: int) -> list[dict[str, Any]]:
    """Return alarms that are over, newest first."""
    return [
        {
            "title": letters.words(one.code, one.about, one.evidence).title,
            "began_at": one.began_at,
            "over_at": one.over_at,
        }
        for one in selectors.rung(limit)
    ]
