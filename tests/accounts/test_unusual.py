"""The rules on unusual access: each rings for what it is for, once; how often they err is measured on histories."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from mandata.accounts.rules import unusual
from mandata.accounts.rules.unusual import Seen, judge, planted

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PEOPLE, MONTHS = 40, 3


def lived(seed: int, *, months: int = MONTHS, countries: bool = False) -> list[Seen]:
    """Somebody's months: habits of hours and days, holidays, a second device, travels inside the known country, exports
    and look-ups of uneven size, a late evening now and then."""
    chance = random.Random(seed)
    start, span = chance.choice([6, 7, 8, 9, 13]), chance.choice([6, 8, 9, 10])
    home = [f"203.0.{chance.randrange(200)}.0/24" for _ in range(chance.choice([1, 2, 5]))]
    devices = chance.sample(
        ["Firefox, Linux", "Chrome, Windows", "Safari, macOS", "Safari, iOS"], chance.choice([1, 2])
    )
    size, looks = chance.choice([0, 200, 3_000, 40_000]), chance.choice([1, 4, 15])
    weekends, away = chance.random() < 0.15, set(chance.sample(range(30 * months), 7))
    found: list[Seen] = []
    for day in range(30 * months):
        at = NOON.replace(hour=0) + day * DAY
        if day in away or (at.weekday() > 4 and not weekends):
            continue
        device, network = chance.choice(devices), chance.choice(home)
        hours = [start + chance.random() * span for _ in range(chance.randint(2, 8))]
        if chance.random() < 0.05:
            hours.append(min(start + span + 1.5 * chance.random(), 23.9))  # a late evening
        for number, hour in enumerate(sorted(hours)):
            when = at + timedelta(hours=hour)
            kind = "entered" if number == 0 else chance.choice(["found", "revealed", "revealed"])
            people = 0 if kind == "entered" else chance.randint(1, looks)
            found.append(Seen(when, kind, people, network, "CZ" if countries else "", device))
        if size and chance.random() < 0.1:
            people = int(size * chance.uniform(0.4, 1.6))
            found.append(
                Seen(at + timedelta(hours=start + 2), "exported", people, network, "CZ" if countries else "", device)
            )
    return sorted(found, key=lambda one: one.at)


def rung(history: list[Seen], *, after: int = 30) -> set[tuple[str, str]]:
    """Every occasion told in a history, once its first days (in which nothing is known of the person) are over."""
    begun = history[0].at + after * DAY
    told: set[tuple[str, str]] = set()
    for number, one in enumerate(history):
        if one.at >= begun:
            told |= {(found.rule, found.occasion) for found in judge(history[:number], one)}
    return told


def misused(history: list[Seen], rule: str, chance: random.Random) -> tuple[list[Seen], Seen]:
    """The history, and something that the person would never do."""
    last = history[-1]
    day = (last.at + DAY).replace(minute=chance.randrange(60))
    habit = Counter(one.at.hour for one in history)
    usual = habit.most_common(1)[0][0]
    same = {"network": last.network, "country": last.country, "device": last.device}
    if rule == "device":
        return history, Seen(day.replace(hour=usual), "revealed", 1, **{**same, "device": "other, Android"})
    if rule == "place":
        return history, Seen(day.replace(hour=usual), "revealed", 1, **{**same, "country": "BR"})
    if rule == "export":
        largest = max((one.people for one in history if one.kind == "exported"), default=0)
        return history, Seen(day.replace(hour=usual), "exported", max(1_200, 6 * largest), **same)
    if rule == "night":
        free = max(range(24), key=lambda hour: min(unusual._apart(hour, known) for known in habit))
        return history, Seen(day.replace(hour=free), "revealed", 1, **same)
    burst = [Seen(day.replace(hour=usual, minute=n % 60), "revealed", 50, **same) for n in range(20)]
    return [*history, *burst], Seen(day.replace(hour=usual, minute=59), "revealed", 50, **same)


@pytest.mark.req("PPL-5")
def test_the_rules_ring_seldom_for_nothing() -> None:
    """False positives: at most one occasion for every 10 people and month, all rules together."""
    told = Counter(rule for seed in range(PEOPLE) for rule, _occasion in rung(lived(seed)))
    months = PEOPLE * (MONTHS - 1)
    assert sum(told.values()) / months <= 0.10, told
    with_countries = Counter(rule for seed in range(20) for rule, _ in rung(lived(1_000 + seed, countries=True)))
    assert with_countries["place"] == 0


@pytest.mark.req("PPL-5")
@pytest.mark.parametrize(
    ("rule", "missed"), [("device", 0), ("place", 0), ("export", 0), ("night", 0.1), ("lookups", 0.05)]
)
def test_misuse_is_seldom_missed(rule: str, missed: float) -> None:
    """False negatives by rule, over sixty people: the share that stays silent."""
    silent = 0
    for seed in range(PEOPLE):
        history, new = misused(lived(seed, countries=True), rule, random.Random(seed))
        silent += rule not in {one.rule for one in judge(history, new)}
    assert silent / PEOPLE <= missed, silent


@pytest.mark.req("PPL-5")
def test_one_occasion_is_one_occasion_however_often_it_happens() -> None:
    history = lived(3)
    last = history[-1]
    strange = [
        Seen(last.at + DAY + timedelta(minutes=n), "exported", 90_000, last.network, "", last.device) for n in range(5)
    ]
    occasions = {
        (one.rule, one.occasion) for n, new in enumerate(strange) for one in judge([*history, *strange[:n]], new)
    }
    assert [rule for rule, _ in occasions].count("export") == 1


def test_who_is_new_has_no_habits_but_a_mass_export_is_one_at_once() -> None:
    assert judge([], Seen(NOON.replace(hour=3), "entered", 0, "203.0.113.0/24", "CZ", "Firefox, Linux")) == ()
    assert [one.rule for one in judge([], Seen(NOON, "exported", 1_000))] == ["export"]
    assert judge([], Seen(NOON, "exported", 999)) == ()


def test_a_change_of_the_clocks_makes_no_night() -> None:
    before = [Seen(NOON.replace(hour=8) - n * DAY, "revealed", 1) for n in range(1, 40)]
    assert judge(before, Seen(NOON.replace(hour=7), "revealed", 1)) == ()
    assert [one.rule for one in judge(before, Seen(NOON.replace(hour=3), "revealed", 1))] == ["night"]


def test_what_lies_in_the_future_of_an_access_is_no_habit_of_it() -> None:
    later = [Seen(NOON + n * DAY, "exported", 90_000) for n in range(1, 5)]
    assert [one.rule for one in judge(later, Seen(NOON, "exported", 5_000))] == ["export"]


def test_many_small_exports_are_a_mass_too() -> None:
    history = [Seen(NOON + timedelta(minutes=n), "exported", 150) for n in range(9)]
    assert [one.rule for one in judge(history, Seen(NOON + timedelta(minutes=10), "exported", 150))] == ["export"]


@pytest.mark.req("PPL-5")
def test_what_is_cut_into_small_parts_is_counted_by_the_day() -> None:
    habit = [Seen(NOON - n * DAY, "exported", 1_500) for n in range(2, 30)]
    cut = [Seen(NOON + timedelta(minutes=20 * n), "exported", 1_500) for n in range(5)]
    assert judge([*habit, *cut[:3]], cut[3]) == ()
    (found,) = judge([*habit, *cut[:4]], cut[4])
    assert (found.rule, found.figures) == ("export", {"people": 7_500, "largest_before": 1_500})
    slow = [Seen(NOON + timedelta(minutes=2 * n), "revealed", 1) for n in range(400)]
    assert judge(slow[:398], slow[398]) == ()
    (found,) = judge(slow[:399], slow[399])
    assert (found.rule, found.figures["people_in_a_day"]) == ("lookups", 400)
    often = [Seen(one.at - n * DAY, "revealed", 1) for n in range(1, 4) for one in slow[:200]]
    assert judge([*often, *slow[:399]], slow[399]) == ()


def test_the_planted_misuse_rings() -> None:
    assert {"device", "export"} <= {one.rule for one in judge(*planted(NOON))}
