"""Rules with their source, what would go today and what stays, deletions done: in a controller's scope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.rules.terms import Terms
from mandata.foundation.periods import Period, Reckoning, Regime
from mandata.holdings import ageing
from mandata.retention.models import Hold, Run, Setting
from mandata.retention.rules import keeping as rules
from mandata.retention.rules.keeping import Rule

LOG: Final = 50
LIVE: Final = ("running", "waiting")


@dataclass(frozen=True, slots=True)
class Aged:
    """What of a category is old enough at an instant: how much would go, and what stays, by ground.

    `before`: everything from before this instant; None where nothing goes by age. `hold`: the grounds of holds, and
    then nothing goes.
    """

    rule: Rule
    before: datetime | None
    rows: int
    held: Mapping[str, int] = field(default_factory=dict)
    hold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """A deletion by age, as the log shows it."""

    id: UUID
    number: int
    why: str
    state: str
    plan: dict[str, dict[str, Any]]
    done: dict[str, int]
    by: str
    at: datetime
    finished_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Held:
    """A hold that stands."""

    id: UUID
    category: str
    ground: str
    by: str
    at: datetime
    until: datetime | None


def settings() -> dict[str, Period]:
    """Return what the controller itself has set, by category."""
    return {code: Period.parse(text) for code, text in Setting.objects.values_list("category", "period")}


def terms(at: datetime) -> Terms | None:
    """Return the terms in force, else the last ones; None where there never were any."""
    return agreements.ground(at).terms


def reckoning(found: Terms | None) -> Reckoning:
    """Return how periods are counted here."""
    return found.reckoning if found else Reckoning(Regime.EU_1182, "CZ", accounts.holder().time_zone)


def rules_now(at: datetime) -> tuple[Rule, ...]:
    """Return every category's rule with its source."""
    return rules.rules(terms(at), settings())


def holds(at: datetime) -> list[Held]:
    """Return the holds that stand, the newest first."""
    standing = Q(until=None) | Q(until__gt=at)
    rows = Hold.objects.filter(standing, lifted_at=None).order_by("-at", "-id")
    return [Held(one.id, one.category, one.ground, one.by, one.at, one.until) for one in rows]


def held_categories(at: datetime) -> dict[str, tuple[str, ...]]:
    """Return category -> grounds of the holds on it; a hold on everything is on each."""
    found: dict[str, list[str]] = {}
    for one in holds(at):
        for code in [one.category] if one.category else list(rules.BY_CODE):
            found.setdefault(code, []).append(one.ground)
    return {code: tuple(dict.fromkeys(grounds)) for code, grounds in found.items()}


def preview(at: datetime) -> tuple[Aged, ...]:
    """Return what would go if the daily run came now, category by category."""
    found, standing = terms(at), held_categories(at)
    counted = reckoning(found)
    return tuple(
        _aged(one, rules.cutoff(one.period, at, counted) if one.period else None, standing.get(one.category.code, ()))
        for one in rules.rules(found, settings())
    )


def older(category: str, period: Period, at: datetime) -> Aged:
    """Return what of a category is older than a period: what a deletion on demand would take. Raises KeyError."""
    found = terms(at)
    one = rules.rule(rules.BY_CODE[category], found, settings().get(category))
    before = rules.cutoff(period, at, reckoning(found))
    return _aged(one, before, held_categories(at).get(category, ()))


def _aged(one: Rule, before: datetime | None, hold: tuple[str, ...]) -> Aged:
    if before is None:
        return Aged(one, None, 0, {}, hold)
    places = ageing.of(one.category.code)
    held: dict[str, int] = {}
    for place in places:
        for ground, count in place.held.items():
            if stay := count(before):
                held[ground] = held.get(ground, 0) + stay
    return Aged(one, before, sum(place.count(before) for place in places), held, hold)


def log(limit: int = LOG) -> list[Done]:
    """Return the deletions by age, the newest first."""
    return [_done(row) for row in Run.objects.exclude(plan={}).order_by("-number")[:limit]]


def live() -> Done | None:
    """Return the deletion that is under way or waits for somebody."""
    row = Run.objects.filter(state__in=LIVE).first()
    return None if row is None else _done(row)


def unfinished() -> list[UUID]:
    """Return the deletions that are to go on."""
    return list(Run.objects.filter(state="running").order_by("number").values_list("id", flat=True))


def _done(row: Run) -> Done:
    done = {code: int(rows) for code, rows in row.done.items()}
    return Done(
        row.id, row.number, row.why, row.state, dict(row.plan), done, row.by, row.at, row.finished_at, row.error
    )
