"""The report of a campaign, and short ones of many.

A report is summed from counters that were kept as events came in, and never counts rows of events, so that it is as
quick for a million messages as for a hundred. Human figures are the headline; machines stand beside them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.infra import bulk
from mandata.infra.tenancy import current_controller
from mandata.tracking.models import Choice
from mandata.tracking.rules import ANY_LINK, Origin, Signal

_HUMAN: Final = Origin.HUMAN.value
_BOUNCED: Final = "bounced"
_FIGURES: Final = {"open": "opens", "click": "clicks", "unsubscribe": "unsubscriptions", "web": "visits"}


@dataclass(slots=True)
class Figure:
    """How often something happened: by people, by how many messages' people, and by machines."""

    human: int = 0
    unique: int = 0
    machine: int = 0

    def add(self, origin: str, count: int, uniques: int) -> None:
        """Count in a sum of counters."""
        if origin == _HUMAN:
            self.human += count
            self.unique += uniques
        else:
            self.machine += count


@dataclass(slots=True)
class Row:
    """A line of the report: opens, clicks and unsubscriptions of whatever the line stands for."""

    opens: Figure = field(default_factory=Figure)
    clicks: Figure = field(default_factory=Figure)
    unsubscriptions: Figure = field(default_factory=Figure)
    visits: Figure = field(default_factory=Figure)

    def figure(self, kind: str) -> Figure:
        """The figure of a kind of event."""
        return getattr(self, _FIGURES[kind])  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link of the campaign with its clicks."""

    number: int
    url: str
    label: str
    clicks: Figure


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A mailbox provider: how many messages went there, what came of them."""

    provider: str
    states: dict[str, int]
    row: Row

    @property
    def sent(self) -> int:
        """Messages that the provider took."""
        return self.states.get("sent", 0)


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """How often a machine did something, and by which signals it was told apart."""

    kind: str
    origin: str
    signals: Signal
    count: int


@dataclass(frozen=True, slots=True)
class Returns:
    """What came back. `bounced`: messages that came back after a server had taken them; refusals at the door, which
    are among the bounces, were never sent."""

    hard_bounces: int = 0
    soft_bounces: int = 0
    complaints: int = 0
    bounced: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """A campaign's results. `hours` by the beginning of each hour, `machines` by kind and origin."""

    states: dict[str, int]
    total: Row
    machines: dict[tuple[str, str], int]
    returns: Returns
    reasons: tuple[ReasonRow, ...]
    hours: tuple[tuple[datetime, Row], ...]
    links: tuple[LinkRow, ...]
    providers: tuple[ProviderRow, ...]

    @property
    def recipients(self) -> int:
        """Messages of the campaign in any state."""
        return sum(self.states.values())

    @property
    def sent(self) -> int:
        """Messages that a receiving server took: what shares are shares of."""
        return self.states.get("sent", 0)


def report(campaign_id: UUID) -> Report:
    """The report of a campaign of the scope's controller; of an unknown one, empty."""
    states = _states(campaign_id)
    summed = bulk.execute(_SUMS, {"campaign": campaign_id, "any": ANY_LINK})
    total, hours, providers, links = Row(), dict[datetime, Row](), dict[str, Row](), dict[int, Figure]()
    machines: dict[tuple[str, str], int] = {}
    for hour, provider, link, kind, origin, count, uniques in summed:
        if hour is not None:
            hours.setdefault(hour, Row()).figure(kind).add(origin, count, uniques)
        elif provider is not None:
            providers.setdefault(provider, Row()).figure(kind).add(origin, count, uniques)
            total.figure(kind).add(origin, count, uniques)
            if origin != _HUMAN:
                machines[kind, origin] = machines.get((kind, origin), 0) + count
        else:
            links.setdefault(link, Figure()).add(origin, count, uniques)
    return Report(
        states=_sum(states.values()),
        total=total,
        machines=machines,
        returns=_returns(campaign_id),
        reasons=_reasons(campaign_id),
        hours=tuple(sorted(hours.items())),
        links=_links(campaign_id, links),
        providers=_providers(states, providers),
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """A campaign's results in short, for tables of campaigns."""

    states: dict[str, int] = field(default_factory=dict)
    total: Row = field(default_factory=Row)
    returns: Returns = field(default_factory=Returns)

    @property
    def recipients(self) -> int:
        """Messages of the campaign in any state."""
        return sum(self.states.values())

    @property
    def sent(self) -> int:
        """Messages that a receiving server took."""
        return self.states.get("sent", 0)

    @property
    def delivered(self) -> int:
        """Messages that were taken and did not come back."""
        return max(0, self.sent - self.returns.bounced)


def summaries(campaign_ids: Iterable[UUID]) -> dict[UUID, Summary]:
    """The results of several campaigns in three statements; one in which nothing happened has an empty summary."""
    ids = list(campaign_ids)
    states: dict[UUID, dict[str, int]] = {one: {} for one in ids}
    totals: dict[UUID, Row] = {one: Row() for one in ids}
    returned: dict[UUID, dict[tuple[str, bool], int]] = {one: {} for one in ids}
    for campaign, state, count in bulk.execute(_ALL_STATES, [ids]):
        states[campaign][state] = int(count)
    for campaign, kind, origin, count, uniques in bulk.execute(_ALL_SUMS, [ids, ANY_LINK]):
        totals[campaign].figure(kind).add(origin, count, uniques)
    for campaign, kind, hard, count in bulk.execute(_ALL_RETURNS, [ids]):
        returned[campaign][kind, hard] = count
    return {one: Summary(states[one], totals[one], _returned(returned[one])) for one in ids}


@dataclass(frozen=True, slots=True)
class Measuring:
    """How reactions are measured. `individual`: who did it is kept, else counts only; `agreed`: the agreement lets it;
    `own`: what the campaign itself was given. `web`: visits of the controller's site are taken in."""

    individual: bool = True
    agreed: bool = True
    own: bool = True
    web: bool = False


def measuring(campaign_id: UUID | None = None) -> Measuring:
    """How reactions of a campaign are measured, or of all, in the open scope."""
    controller = current_controller()
    rows = {row.about: row for row in Choice.objects.filter(about__in=[controller, campaign_id or controller])}
    general, own = rows.get(controller), rows.get(campaign_id) if campaign_id else None
    agreed = general.agreed if general else True
    chosen = (general.individual if general else True) and (own.individual if own else True)
    return Measuring(chosen and agreed, agreed, own.individual if own else True, general.web if general else False)


def by_day(since: datetime, zone: str) -> tuple[tuple[datetime, Row], ...]:
    """What happened with all campaigns since an instant, by the days of a time zone (its IANA name), oldest first."""
    days: dict[datetime, Row] = {}
    for day, kind, origin, count, uniques in bulk.execute(_DAYS, {"since": since, "zone": zone, "any": ANY_LINK}):
        days.setdefault(day, Row()).figure(kind).add(origin, count, uniques)
    return tuple(sorted(days.items()))


def _states(campaign_id: UUID) -> dict[str, dict[str, int]]:
    """Messages by provider and state."""
    found: dict[str, dict[str, int]] = {}
    for provider, state, count in bulk.execute(_STATES, [campaign_id]):
        found.setdefault(provider, {})[state] = int(count)
    return found


def _sum(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for state, count in part.items():
            total[state] = total.get(state, 0) + count
    return total


def _returns(campaign_id: UUID) -> Returns:
    return _returned({(kind, hard): count for kind, hard, count in bulk.execute(_RETURNS, [campaign_id])})


def _reasons(campaign_id: UUID) -> tuple[ReasonRow, ...]:
    """Machines only, what happened most first."""
    rows = bulk.execute(_REASONS, [campaign_id, _HUMAN])
    return tuple(ReasonRow(kind, origin, Signal(signals), count) for kind, origin, signals, count in rows)


def _returned(counts: dict[tuple[str, bool], int]) -> Returns:
    complaints = counts.get(("complaint", False), 0) + counts.get(("complaint", True), 0)
    bounced = counts.get((_BOUNCED, False), 0)
    return Returns(counts.get(("bounce", True), 0), counts.get(("bounce", False), 0), complaints, bounced)


def _links(campaign_id: UUID, figures: dict[int, Figure]) -> tuple[LinkRow, ...]:
    """Every link of the campaign, the most clicked first; those that nobody followed too."""
    rows = bulk.execute(_LINKS, [campaign_id])
    listed = [LinkRow(number, url, label, figures.get(number, Figure())) for number, url, label in rows]
    return tuple(sorted(listed, key=lambda link: (-link.clicks.unique, -link.clicks.human, link.number)))


def _providers(states: dict[str, dict[str, int]], rows: dict[str, Row]) -> tuple[ProviderRow, ...]:
    listed = [ProviderRow(name, states.get(name, {}), rows.get(name, Row())) for name in {*states, *rows}]
    return tuple(
        sorted(listed, key=lambda entry: (-sum(entry.states.values()), -entry.row.opens.unique, entry.provider))
    )


# Times and providers stand in counters of any link, links in counters of their own without time and provider.
_SUMS = """
select hour, provider, null::int as link, kind, actor_class, sum(count)::bigint, sum(uniques)::bigint
from tracking_counter where campaign_id = %(campaign)b and link = %(any)b
group by grouping sets ((hour, kind, actor_class), (provider, kind, actor_class))
union all
select null, null, link, kind, actor_class, sum(count)::bigint, sum(uniques)::bigint
from tracking_counter where campaign_id = %(campaign)b and link <> %(any)b
group by link, kind, actor_class
"""

_STATES = "select provider, state, sum(count) from delivery_counter where campaign_id = %b group by provider, state"
# A message may come back twice (a delay, then a failure; two servers on its way) and still is one.
_RETURNS = f"""
with back as (select id, kind, hard, at_door, subscriber_id from delivery_return where campaign_id = %b)
select kind, hard, count(*) from back group by kind, hard
union all
select '{_BOUNCED}', false, count(distinct coalesce(subscriber_id, id)) from back where kind = 'bounce' and not at_door
"""  # noqa: S608 - our own words
_REASONS = """
select kind, actor_class, signals, count from tracking_reason where campaign_id = %b and actor_class <> %b
order by count desc, kind, actor_class, signals
"""
_LINKS = "select number, url, label from campaigns_link where campaign_id = %b order by number"

_ALL_STATES = """
select campaign_id, state, sum(count) from delivery_counter where campaign_id = any(%b) group by campaign_id, state
"""
_ALL_SUMS = """
select campaign_id, kind, actor_class, sum(count)::bigint, sum(uniques)::bigint
from tracking_counter where campaign_id = any(%b) and link = %b group by campaign_id, kind, actor_class
"""
_ALL_RETURNS = f"""
with back as (
    select id, campaign_id, kind, hard, at_door, subscriber_id from delivery_return where campaign_id = any(%b)
)
select campaign_id, kind, hard, count(*) from back group by campaign_id, kind, hard
union all
select campaign_id, '{_BOUNCED}', false, count(distinct coalesce(subscriber_id, id))
from back where kind = 'bounce' and not at_door group by campaign_id
"""  # noqa: S608
_DAYS = """
select date_trunc('day', hour, %(zone)b), kind, actor_class, sum(count)::bigint, sum(uniques)::bigint
from tracking_counter where hour >= %(since)b and link = %(any)b group by 1, 2, 3
"""
