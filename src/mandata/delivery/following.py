"""How a campaign goes on: its pace over time, what receivers said, and who got it (DLV-5).

All inside the controller's scope. What pages poll comes from counters that were kept as things happened, so that it
costs the same at a million messages as at ten; lists are read by pages along an index.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Min, Sum

from mandata.delivery.models import Chunk, Message, Pace, Transport, Waiting, Worker
from mandata.delivery.rules.states import State
from mandata.infra import bulk
from mandata.infra.tenancy import current_controller

BUCKET: Final = timedelta(seconds=10)
"""The width in which the pace is kept at first."""
STEPS: Final = (10, 60, 300, 1800, 7200)
"""Widths, in seconds, to which it is thinned."""
POINTS: Final = 300
"""As many points a curve has at most, as long as the widest step allows."""
LATELY: Final = timedelta(seconds=60)
DRAWN: Final = (State.SENT, State.DEFERRED, State.FAILED, State.UNKNOWN)
RARE: Final = (State.DEFERRED, State.FAILED, State.UNKNOWN, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Point:
    """Messages that reached each state within one step from `at`."""

    at: datetime
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Curve:
    """A campaign's pace: points `step` seconds wide from the first outcome to the last, the oldest first."""

    step: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What receivers said to messages they took not, or not yet: how often, the last words and when."""

    provider: str
    state: str
    code: int
    status: str
    said: str
    said_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Listed:
    """One message as the list of recipients shows it; `number` is its place within the campaign."""

    number: int
    subscriber_id: UUID
    provider: str
    state: str
    attempts: int
    code: int | None
    status: str
    diagnostic: str
    sent_at: datetime | None
    next_at: datetime | None


def curve(campaign_id: UUID, *, until: datetime | None = None) -> Curve:
    """Return how a campaign went on; with `until` only the steps that were over by then, so that none looks slow for
    not being over."""
    step = _step(campaign_id)
    rows = bulk.execute(
        "select date_bin(make_interval(secs => %(step)s::int), at, '2000-01-01 00:00+00') as bin, state, "
        "sum(count)::bigint from delivery_pace where controller_id = %(controller)s and campaign_id = %(campaign)s "
        "and state = any(%(drawn)s::text[]) group by bin, state order by bin",
        {"controller": current_controller(), "campaign": campaign_id, "step": step, "drawn": list(DRAWN)},
    )
    found: dict[datetime, dict[str, int]] = {}
    for at, state, count in rows:
        if until is None or at + timedelta(seconds=step) <= until:
            found.setdefault(at, {})[state] = int(count)
    return Curve(step, _filled(found, step))


def _filled(found: dict[datetime, dict[str, int]], step: int) -> tuple[Point, ...]:
    """Put points without anything where nothing happened; a curve of many weeks stays as it is."""
    if not found:
        return ()
    first, last = min(found), max(found)
    steps = int((last - first).total_seconds()) // step + 1
    if steps > 2 * POINTS:
        return tuple(Point(at, counts) for at, counts in found.items())
    moments = (first + timedelta(seconds=step * place) for place in range(steps))
    return tuple(Point(at, found.get(at, {})) for at in moments)


def _step(campaign_id: UUID) -> int:
    """Return the narrowest step in which a campaign's curve has not too many points."""
    rows = bulk.execute(
        "select extract(epoch from max(at) - min(at))::bigint from delivery_pace "
        "where controller_id = %b and campaign_id = %b",
        [current_controller(), campaign_id],
    )
    span = int(rows[0][0] or 0)
    return next((step for step in STEPS if span / step < POINTS), STEPS[-1])


def rate(campaign_id: UUID, *, at: datetime) -> float | None:
    """Return how many messages got an outcome a second lately; None before there is something to measure.

    Lately is the last minute, of which only whole buckets count; a campaign that began within it counts from then.
    """
    until = datetime.fromtimestamp(int(at.timestamp()) // 10 * 10, tz=at.tzinfo)
    since = until - LATELY
    found = Pace.objects.filter(campaign_id=campaign_id, at__gte=since, at__lt=until)
    rows = list(found.values_list("at", "count"))
    if not rows:
        return None
    first = min(when for when, _count in rows)
    began = Pace.objects.filter(campaign_id=campaign_id, at__lt=since).exists()
    seconds = (until - (since if began else first)).total_seconds()
    return float(sum(count for _when, count in rows) / seconds)


def reasons(campaign_id: UUID, *, limit: int = 50) -> list[Said]:
    """Return why messages were put off, refused or lost sight of, the most frequent first."""
    rows = bulk.execute(
        "select provider, state, code, status, (array_agg(said order by said_at desc))[1], max(said_at), "
        "sum(count)::bigint as times from delivery_reason where controller_id = %b and campaign_id = %b "
        "group by provider, state, code, status order by times desc, provider, state, code, status limit %b",
        [current_controller(), campaign_id, limit],
    )
    return [Said(*row) for row in rows]


def tries(campaign_id: UUID) -> tuple[datetime, datetime] | None:
    """Return when the first and the last of those put off are tried again; None where nothing waits."""
    found = Message.objects.filter(campaign_id=campaign_id, state=State.DEFERRED, next_at__isnull=False)
    first = found.order_by("next_at").values_list("next_at", flat=True).first()
    last = found.order_by("-next_at").values_list("next_at", flat=True).first()
    return (first, last) if first and last else None


def messages(
    campaign_id: UUID, *, state: str = "", provider: str = "", after: int = 0, limit: int = 50
) -> list[Listed]:
    """Return messages by their number, from behind `after` on; of one state or provider, or all."""
    found = Message.objects.filter(campaign_id=campaign_id, number__gt=after)
    if state:
        found = found.filter(state=state)
    if provider:
        found = found.filter(provider=provider)
    return [Listed(*row) for row in found.order_by("number").values_list(*Listed.__slots__)[:limit]]


def messages_before(
    campaign_id: UUID, *, state: str = "", provider: str = "", before: int, limit: int = 50
) -> list[Listed]:
    """Return the messages next below a number, in ascending order: the page before."""
    found = Message.objects.filter(campaign_id=campaign_id, number__lt=before)
    if state:
        found = found.filter(state=state)
    if provider:
        found = found.filter(provider=provider)
    rows = list(found.order_by("-number").values_list(*Listed.__slots__)[:limit])
    return [Listed(*row) for row in reversed(rows)]


def thin(campaign_id: UUID, *, at: datetime) -> None:
    """Keep what is older than ten minutes in the step that the curve is drawn in, all workers together.

    Doing it again changes nothing. A campaign keeps its curve as long as it is kept itself.
    """
    values: dict[str, Any] = {
        "controller": current_controller(),
        "campaign": campaign_id,
        "step": _step(campaign_id),
        "before": at - timedelta(minutes=10),
    }
    bulk.execute(_THIN, values)


_THIN: Final = """
with old as (
    delete from delivery_pace
    where controller_id = %(controller)s and campaign_id = %(campaign)s
      and at < date_bin(make_interval(secs => %(step)s::int), %(before)s::timestamptz, '2000-01-01 00:00+00')
      and (shard <> -1 or at <> date_bin(make_interval(secs => %(step)s::int), at, '2000-01-01 00:00+00'))
    returning at, state, count
)
insert into delivery_pace (controller_id, campaign_id, at, shard, state, count)
select %(controller)s, %(campaign)s, date_bin(make_interval(secs => %(step)s::int), at, '2000-01-01 00:00+00') as bin,
       -1, state, sum(count)
from old group by bin, state
on conflict (controller_id, campaign_id, at, shard, state) do update set count = delivery_pace.count + excluded.count
"""


def flow() -> list[tuple[int, str, str, int]]:
    """Return how often messages of the whole installation reached a state: transport's number, mailbox provider, state,
    count. Scope-free."""
    rows = bulk.execute(
        "select transport, provider, state, sum(count)::bigint from delivery_flow group by 1, 2, 3 order by 1, 2, 3", []
    )
    return [(int(transport), provider, state, int(count)) for transport, provider, state, count in rows]


def transports() -> list[tuple[int, str, str, str, str]]:
    """Return the ways out that the operator has set up: number, name, kind, state, what is wrong. Scope-free."""
    rows = Transport.objects.order_by("tier", "number")
    return [(row.number, row.name, row.kind, row.state, row.trouble) for row in rows]


def senders(*, since: datetime) -> int:
    """Return how many sending processes were seen since. Scope-free."""
    return int(Worker.objects.filter(seen_at__gte=since).count())


def in_flight() -> int:
    """Return how many messages are in the hands of sending processes. Scope-free."""
    return int(Chunk.objects.aggregate(size=Sum("size"))["size"] or 0)


def returns_waiting() -> tuple[int, datetime | None]:
    """Return how many returned mails wait to be read, and since when the oldest does. Scope-free."""
    found = Waiting.objects.aggregate(count=Count("pk"), oldest=Min("received_at"))
    return int(found["count"]), found["oldest"]
