"""What holds a campaign back, in words: the gate with its clause, and our own rules with what to do about them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.console.campaigns.checks import told
from mandata.delivery import selectors as delivery
from mandata.delivery.services import gate


def holding(campaign_id: UUID, stands: delivery.Progress, *, at: datetime) -> list[dict[str, Any]]:
    """Return what holds a launched campaign's messages back now (a list for components/checks.html), mostly nothing."""
    current = agreements.in_force(at)
    terms = current.terms if current else None
    shut = [told(verdict, campaign_id, None, terms) | {"stops": True} for verdict in gate.holding(at=at)]
    return shut or _waits(stands)


def _waits(stands: delivery.Progress) -> list[dict[str, Any]]:
    """Where the gate is open and all that is left was put off by its receivers."""
    deferred = stands.by_state.get("deferred", 0)
    if not deferred or deferred < stands.left:
        return []
    return [
        {
            "title": _("The receivers asked us to come back later"),
            "allowed": None,
            "reason": _("Everything else has left. What was put off is tried again in growing pauses, for 72 hours."),
            "clause": _("Our rule of retries (RFC 5321, 4.5.4.1)"),
        }
    ]
