"""The operator's limits and warm-up plans: set, taken away, and shown with what they hold back now. Need no scope.

Each act stands in the installation's own log.
"""

import difflib
from collections.abc import Sequence
from datetime import date, datetime
from ipaddress import ip_address
from typing import NamedTuple

from django.utils.translation import gettext as _

from mandata.delivery import catalogue
from mandata.delivery.errors import BadLimit, NoSuchLimit
from mandata.delivery.models import Lane, Rule, Transport, Warmup
from mandata.delivery.rules import limits, warmup
from mandata.delivery.rules.domains import domain_name
from mandata.delivery.rules.limits import EVERY, Allowance
from mandata.delivery.services import limiting, providing
from mandata.foundation.actors import Actor
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append


class LimitRow(NamedTuple):
    """A limit of the operator's: for a transport's name ("" for every one) and a provider ("" for every one)."""

    transport: str
    provider: str
    per_second: float | None
    connections: int | None
    daily: int | None


class WarmupRow(NamedTuple):
    """A warm-up plan: its kind (domain, source), of what, its days, which day it is today, today's cap and use."""

    kind: str
    name: str
    plan: tuple[int, ...]
    begins_on: date
    day: int
    cap: int | None
    used: int


class LaneNow(NamedTuple):
    """What holds in a lane now: of which kind (road, lane, domain, source), a transport's name, a provider, domain or
    address; messages a second, its pace where it is slowed down, connections, messages a day and how many of them are
    granted; the day of a warm-up plan; when it was slowed down, by which reply, and when it will be free again; the
    transport's number; and whether its rate holds anything back, more being asked for than it gives."""

    kind: str
    transport: str
    name: str
    per_second: float | None
    pace: float | None
    connections: int | None
    daily: int | None
    granted: int
    warmup_day: int | None
    slowed_at: datetime | None
    said: str
    free_again: datetime | None
    number: int = EVERY
    binds: bool = False

    @property
    def key(self) -> str:
        """What the lane is called where it is let go."""
        if self.kind == "lane":
            return limiting.lane_key(self.number, self.name)
        return limiting.road_key(self.number) if self.kind == "road" else f"{self.kind}:{self.name}"


def set_limit(
    *,
    transport: str,
    provider: str,
    per_second: float | None,
    connections: int | None,
    daily: int | None,
    actor: Actor,
    at: datetime,
) -> None:
    """Set what holds for a provider ("": for every one without its own) on a transport (its name; "" for every one).

    What is None is left to the more general limit. Raises BadLimit.
    """
    if per_second is None and connections is None and daily is None:
        raise BadLimit(_("A limit needs a rate, connections or a daily cap."), remedy=_("Give at least one of them."))
    if any(value is not None and value <= 0 for value in (per_second, connections, daily)):
        raise BadLimit(
            _("A limit is above 0."),
            remedy=_("To send nothing, pause the transport; for no limit, take this one away."),
        )
    if (per_second or 0) > 1_000_000 or (connections or 0) > 10_000 or (daily or 0) > 2_000_000_000:
        raise BadLimit(_("A limit so large is none."), remedy=_("Take it away instead."))
    if len(provider) > catalogue.LONGEST:
        raise BadLimit(_("No provider has so long a name."), remedy=_("Write it as the list of providers shows it."))
    provider, number = _provider(provider), _number(transport)
    with scope(INSTANCE):
        values = {"per_second": per_second, "connections": connections, "daily": daily, "changed_at": at}
        Rule.objects.update_or_create(transport=number, provider=provider, defaults=values)
        body: dict[str, object] = {
            "transport": number, "provider": provider, "per_second": str(per_second or ""),
            "connections": connections or 0, "daily": daily or 0,
        }  # fmt: skip
        append(kind="delivery.limit_set", body=body, actor=actor, at=at)


def _provider(name: str) -> str:
    """Return a provider as messages are counted by: one of the list, or the organisation of any mail exchanger (a
    domain name). Raises BadLimit with those of a similar name: a limit of a misspelt one would hold nobody back."""
    known = {one.lower(): one for one in providing.told_apart()}
    written = name.strip().lower()
    if not written or written in known:
        return known.get(written, "")
    try:
        if "." in written:
            return domain_name(written)
    except ValueError:
        pass
    near = [known[one] for one in difflib.get_close_matches(written, known, n=3, cutoff=0.5)]
    remedy = _("Did you mean %(names)s?") % {"names": ", ".join(near)} if near else ""
    listed = _("Known are %(names)s; any other is called by the domain of its mail servers, such as example.com.")
    raise BadLimit(
        _("Nobody knows a provider “%(name)s”.") % {"name": name},
        remedy=f"{remedy} {listed % {'names': ', '.join(catalogue.names())}}".strip(),
    )


def drop_limit(*, transport: str, provider: str, actor: Actor, at: datetime) -> None:
    """Take a limit away. Raises NoSuchLimit."""
    number = _number(transport)
    with scope(INSTANCE):
        gone, _rows = Rule.objects.filter(transport=number, provider=provider).delete()
        if not gone:
            raise NoSuchLimit(_("There is no such limit."), remedy=_("See the list of limits."))
        append(kind="delivery.limit_dropped", body={"transport": number, "provider": provider}, actor=actor, at=at)


def begin_warmup(
    *, kind: str, name: str, begins_on: date, actor: Actor, at: datetime, plan: Sequence[int] = warmup.USUAL
) -> None:
    """Warm a sending domain (kind "domain") or a source address ("source") up by a plan, messages on each of its days,
    from a day on. A plan that is there already is replaced. Raises BadLimit."""
    try:
        named = domain_name(name) if kind == "domain" else str(ip_address(name.strip()))
        days = warmup.checked(plan)
    except ValueError as error:
        raise BadLimit(
            _("This is no warm-up plan."),
            remedy=_(
                "Name a sending domain or a source address, and 1 to 90 days with messages, none with fewer than the "
                "day before."
            ),
        ) from error
    with scope(INSTANCE):
        values = {"plan": list(days), "begins_on": begins_on, "changed_at": at}
        Warmup.objects.update_or_create(kind=kind, name=named, defaults=values)
        body: dict[str, object] = {
            "type": kind, "name": named, "days": len(days), "most": days[-1], "begins_on": begins_on.isoformat()
        }  # fmt: skip
        append(kind="delivery.warmup_begun", body=body, actor=actor, at=at)


def end_warmup(*, kind: str, name: str, actor: Actor, at: datetime) -> None:
    """End a warm-up: no cap holds from now on. Raises NoSuchLimit."""
    with scope(INSTANCE):
        gone, _rows = Warmup.objects.filter(kind=kind, name=name).delete()
        if not gone:
            raise NoSuchLimit(_("There is no such warm-up plan."), remedy=_("See the list of plans."))
        append(kind="delivery.warmup_ended", body={"type": kind, "name": name}, actor=actor, at=at)


def free(*, key: str, actor: Actor, at: datetime) -> None:
    """Let a lane that was slowed down go at its full pace at once. Raises NoSuchLimit."""
    with scope(INSTANCE):
        freed = Lane.objects.filter(key=key, slowed_at__isnull=False).update(
            pace=None, ceiling=None, slowed_at=None, said=""
        )
        if not freed:
            raise NoSuchLimit(_("This lane is not slowed down."), remedy=_("See the list of lanes."))
        append(kind="delivery.lane_freed", body={"lane": key}, actor=actor, at=at)


def rules() -> list[LimitRow]:
    """Return the operator's limits, the general first."""
    names = _names()
    rows = Rule.objects.order_by("provider", "transport")
    return [
        LimitRow(_name(names, one.transport), one.provider, one.per_second, one.connections, one.daily) for one in rows
    ]


def plans(*, at: datetime) -> list[WarmupRow]:
    """Return the warm-up plans."""
    today = at.date()
    rows = list(Warmup.objects.order_by("kind", "name"))
    used = dict(
        Lane.objects.filter(key__in=[f"{one.kind}:{one.name}" for one in rows], day=today).values_list("key", "granted")
    )
    return [
        WarmupRow(
            one.kind, one.name, tuple(one.plan), one.begins_on, warmup.day(one.begins_on, today),
            warmup.cap(one.plan, one.begins_on, today), used.get(f"{one.kind}:{one.name}", 0),
        )
        for one in rows
    ]  # fmt: skip


def lanes_now(*, at: datetime) -> list[LaneNow]:
    """Return every lane in which a limit holds or that was used under one, as it stands now."""
    held, names = limiting.current(at=at), _names()
    roads = {one.number: one for one in Transport.objects.all()}
    found = [_lane(one, held, names, roads, at) for one in Lane.objects.order_by("key")]
    return [one for one in found if one.pace is not None or one.daily or one.per_second or one.connections]


def _lane(
    row: Lane, held: limiting.Limits, names: dict[int, str], roads: dict[int, Transport], at: datetime
) -> LaneNow:
    kind, _rest, name = row.key.partition(":")
    number, per_second, connections, daily, day = EVERY, None, None, None, None
    if kind == "lane":
        part, _rest, name = name.partition(":")
        number = int(part)
        per_second, connections, daily = held.limit(number, name)
    elif kind == "road":
        number, road = int(name), roads.get(int(name))
        per_second, daily = (road.rate or None, road.daily or None) if road is not None else (None, None)
        name = ""
    else:
        plan = held.plans.get((kind, name))
        if plan is not None:
            day = warmup.day(plan.begins_on, at.date())
            daily = warmup.cap(plan.messages, plan.begins_on, at.date())
    bucket = limiting.bucket(row)
    pace = limits.pace(bucket, at)
    granted = row.granted if row.day == at.date() else 0
    slow = pace is not None
    return LaneNow(
        kind, _name(names, number), name, per_second, pace, connections, daily, granted, day,
        row.slowed_at if slow else None, row.said if slow else "", limits.free_again(bucket) if slow else None, number,
        limits.binds(bucket, Allowance(per_second, None), at),
    )  # fmt: skip


def _names() -> dict[int, str]:
    return dict(Transport.objects.values_list("number", "name"))


def _name(names: dict[int, str], number: int) -> str:
    if number == EVERY:
        return ""
    return names.get(number, "settings" if number == 0 else str(number))


def _number(name: str) -> int:
    """Return a transport's number. Raises BadLimit."""
    if not name:
        return EVERY
    if name == "settings":
        return 0
    number = Transport.objects.filter(name=name).values_list("number", flat=True).first()
    if number is None:
        raise BadLimit(
            _("There is no transport %(name)s.") % {"name": name},
            remedy=_("Name one that `mandata transports list` shows, or none for every one."),
        )
    return int(number)
