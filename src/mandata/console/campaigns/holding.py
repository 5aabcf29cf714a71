"""What holds a campaign back, in words: the gate with its clause, and our own rules with what to do about them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.campaigns.selectors import CampaignDetail
from mandata.console.campaigns.checks import told
from mandata.console.templatetags.ui import number, span
from mandata.delivery import following
from mandata.delivery import selectors as delivery
from mandata.delivery.services import caps, gate, roads
from mandata.delivery.services.caps import LaneNow

_OPEN: Final = ("queued", "claimed", "deferred")
_MOST: Final = 8
_STILL: Final = timedelta(seconds=60)


def holding(found: CampaignDetail, stands: delivery.Progress, *, at: datetime) -> list[dict[str, Any]]:
    """Return what holds a launched campaign's messages back now (a list for components/checks.html), mostly nothing."""
    current = agreements.in_force(at)
    terms = current.terms if current else None
    shut = [told(verdict, found.row.id, None, terms) | {"stops": True} for verdict in gate.holding(at=at)]
    return shut or [*_ways(at), *_lanes(found, stands, at)][:_MOST] or _waits(stands) or _still(found, stands, at)


def _ways(at: datetime) -> list[dict[str, Any]]:
    """Where no transport may be used now, or every one that may fails."""
    numbers = {road.transport for road in roads.allowed(at=at)}
    if not numbers:
        return [
            {
                "title": _("No transport is in use"),
                "allowed": False,
                "stops": True,
                "reason": _("Each one is paused, being maintained, or waits for its terms to be accepted."),
                "remedy": _("That is the operator's to mend; then it goes on by itself."),
            }
        ]
    troubles = {one[0]: one[4] for one in following.transports() if one[0] in numbers}
    if numbers - troubles.keys() or not all(troubles.values()):
        return []
    return [
        {
            "title": _("No transport takes mail at the moment"),
            "allowed": False,
            "stops": True,
            "reason": "; ".join(sorted(set(troubles.values()))),
            "remedy": _("The operator has been told; it is tried again and again, and goes on by itself."),
        }
    ]


def _lanes(found: CampaignDetail, stands: delivery.Progress, at: datetime) -> Iterable[dict[str, Any]]:
    """The limits, slow-downs and warm-up plans that this campaign meets now."""
    waiting = {provider for provider, states in stands.by_provider.items() if any(states.get(state) for state in _OPEN)}
    domain = found.content.from_address.rpartition("@")[2].lower()
    used = {road.transport for road in roads.allowed(at=at)}
    for lane in caps.lanes_now(at=at):
        ours = {"lane": lane.number in used and lane.name in waiting, "road": lane.number in used}
        if not ours.get(lane.kind, lane.kind == "domain" and lane.name == domain):
            continue
        yield from _lane(lane, at)


def _lane(lane: LaneNow, at: datetime) -> Iterable[dict[str, Any]]:
    whom = lane.name or (_("others") if lane.kind == "lane" else lane.transport if lane.number else _("the relay"))
    if lane.daily is not None and lane.granted >= lane.daily:
        yield {
            "title": _("Today's %(count)s messages for %(whom)s are used up")
            % {"count": number(lane.daily), "whom": whom},
            "allowed": None,
            "reason": _("It goes on by itself at midnight UTC."),
            "clause": _warm(lane) if lane.warmup_day else _("Our rule of daily caps"),
        }
    if lane.pace is not None:
        yield {
            "title": _("%(whom)s takes fewer messages for now: %(pace)s a second")
            % {"whom": whom, "pace": number(lane.pace, 1)},
            "allowed": None,
            "reason": _slowed(lane, at),
            "clause": _("Our rule of slowing down (replies 421 and 4.7.x)"),
        }
    elif lane.per_second is not None and lane.binds:
        yield {
            "title": _("At most %(rate)s messages a second for %(whom)s")
            % {"whom": whom, "rate": number(lane.per_second, 1 if lane.per_second < 10 else 0)},
            "allowed": None,
            "reason": _("More would be refused there. Everything else goes on at its own pace."),
            "clause": _("The operator's limit for this receiver"),
        }


def _slowed(lane: LaneNow, at: datetime) -> str:
    said = _("It answered %(said)s %(ago)s ago.") % {
        "said": lane.said or "421",
        "ago": span(at - lane.slowed_at) if lane.slowed_at else "–",
    }
    if lane.free_again is None or lane.free_again <= at:
        return said
    again = _("Step by step it gets faster again, in %(span)s as fast as before.") % {
        "span": span(lane.free_again - at)
    }
    return f"{said} {again}"


def _warm(lane: LaneNow) -> str:
    return _("Warm-up plan, day %(day)s: receivers trust a new sender by degrees") % {"day": lane.warmup_day}


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


def _still(found: CampaignDetail, stands: delivery.Progress, at: datetime) -> list[dict[str, Any]]:
    """Where nothing holds it back, something is to send, and yet no message had an outcome for a minute."""
    began = found.row.launched_at
    waiting = stands.by_state.get("queued", 0) + stands.by_state.get("claimed", 0)
    if not waiting or began is None or at - began < _STILL or following.rate(found.row.id, at=at) is not None:
        return []
    living = following.senders(since=at - _STILL)
    return [
        {
            "title": _("Nothing has left for a minute"),
            "allowed": False,
            "stops": True,
            "reason": _("Sending processes live, but most likely the mail server does not answer them.")
            if living
            else _("No sending process lives."),
            "remedy": _("The operator has to look at the transports and at the worker's log; it goes on by itself.")
            if living
            else _("The operator has to start a worker; it goes on by itself."),
        }
    ]
