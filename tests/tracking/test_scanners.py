"""How mail security products look through messages, replayed: what they do is no person's, and people stay people.

The patterns are what operators of mailing systems describe of these products, written as generators of requests: who
comes, when, from where, in which order. None of them says what it is.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from mandata.foundation.tokens import LINK_OPEN, LINK_TRAP
from mandata.infra.tenancy import scope
from mandata.tracking import rules, selectors
from mandata.tracking.models import Event
from mandata.tracking.rules import Agent, Method, Signal
from mandata.tracking.services import take_events
from mandata.tracking.spool import SpoolRecord
from tests.tracking.cast import SENT, Door, Sent, a_sent_campaign, later
from tests.world import World

LINKS = 12
PERSON = rules.network("203.0.113.9")
PEOPLE = [f"person{number}@firm.example" for number in range(20)]


class Asked(NamedTuple):
    """A request to the door, so many seconds after delivery."""

    after: float
    link: int
    network: bytes
    agent: Agent = Agent.CHROME
    method: Method = Method.GET


Pattern = Callable[[random.Random], Iterator[Asked]]


def _cloud(chance: random.Random) -> bytes:
    return bytes((chance.choice((3, 13, 18, 34, 52)), chance.randrange(256), chance.randrange(256)))


def like_safe_links(chance: random.Random) -> Iterator[Asked]:
    """Everything within a few seconds, soon after delivery, by a browser's name, from Exchange Online Protection."""
    begin, network = chance.uniform(0.5, 20), rules.network(f"104.47.{chance.randrange(128)}.9")
    for place, link in enumerate([LINK_TRAP, *range(LINKS)]):
        yield Asked(begin + place * chance.uniform(0.05, 0.3), link, network, Agent.EDGE)


def like_barracuda(chance: random.Random) -> Iterator[Asked]:
    """One after the other from a rented machine, some by HEAD first; the pictures, too."""
    at, network = chance.uniform(3, 90), _cloud(chance)
    yield Asked(at, LINK_OPEN, network)
    for link in [LINK_TRAP, *range(LINKS)]:
        at += chance.uniform(0.2, 2)
        if chance.random() < 0.3:
            yield Asked(at, link, network, method=Method.HEAD)
            at += 0.1
        yield Asked(at, link, network)


def like_proofpoint(chance: random.Random) -> Iterator[Asked]:
    """Slowly, in any order, each link from another rented network, minutes after delivery."""
    at = chance.uniform(60, 600)
    links = [LINK_TRAP, *range(LINKS)]
    first = links.pop(0)
    chance.shuffle(links)
    for link in [first, *links]:
        yield Asked(at, link, _cloud(chance), chance.choice((Agent.CHROME, Agent.SAFARI)))
        at += chance.uniform(8, 40)


def like_a_preview(chance: random.Random) -> Iterator[Asked]:
    """A chat program that looks at one link to draw a card of it."""
    yield Asked(chance.uniform(100, 9000), chance.randrange(LINKS), _cloud(chance), Agent.LINK_PREVIEW)


def like_an_appliance(chance: random.Random) -> Iterator[Asked]:
    """A box at the company's own line, which is the person's network later: all links at once, no hidden one."""
    at = chance.uniform(1, 30)
    for link in range(LINKS):
        yield Asked(at + link * 0.2, link, PERSON, Agent.OTHER_BROWSER)


PATTERNS = [like_safe_links, like_barracuda, like_proofpoint, like_a_preview, like_an_appliance]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path / "spool")


def _records(sent: Sent, message: int, asked: Iterator[Asked]) -> list[SpoolRecord]:
    start = SENT.timestamp()
    return [
        SpoolRecord(sent.number, message, one.link, int((start + one.after) * 1000), one.method, one.agent, one.network)
        for one in asked
    ]


def _take(door: Door, records: list[SpoolRecord], limit: int) -> None:
    door.write(sorted(records, key=lambda record: record.at_ms))
    while take_events(at=later(10**6), folder=door.folder, limit=limit):
        pass


@pytest.mark.req("TRK-1")
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("limit", [20_000, 17])
def test_what_a_scanner_does_is_no_persons_and_says_by_which_signals(
    world: World, door: Door, pattern: Pattern, limit: int
) -> None:
    sent, chance = a_sent_campaign(world, PEOPLE, LINKS), random.Random(11)
    records = [one for message in range(1, 21) for one in _records(sent, message, pattern(chance))]
    _take(door, records, limit)
    with scope(sent.customer.id):
        found = selectors.report(sent.id)
        assert Event.objects.filter(actor_class="human").count() == 0
        assert not Event.objects.filter(signals=0).exists()
    assert found.total.clicks.human == found.total.clicks.unique == found.total.opens.human == 0
    assert sum(one.count for one in found.reasons) == found.total.clicks.machine + found.total.opens.machine > 0


@pytest.mark.req("TRK-1")
@pytest.mark.parametrize("pattern", PATTERNS)
def test_people_behind_scanners_are_counted_as_people(world: World, door: Door, pattern: Pattern) -> None:
    sent, chance = a_sent_campaign(world, PEOPLE, LINKS), random.Random(12)
    records = [one for message in range(1, 21) for one in _records(sent, message, pattern(chance))]
    readers = range(1, 21, 2)
    for message in readers:
        begin = 1500 + chance.uniform(0, 3000)
        acts = [Asked(begin, LINK_OPEN, PERSON), Asked(begin + 30, chance.randrange(LINKS), PERSON)]
        records += _records(sent, message, iter(acts))
    _take(door, records, 20_000)
    with scope(sent.customer.id):
        found = selectors.report(sent.id).total
        human = set(Event.objects.filter(actor_class="human").values_list("subscriber_id", flat=True))
    assert human == {sent.people[message - 1] for message in readers}
    assert (found.opens.unique, found.clicks.unique) == (len(readers), len(readers))


@pytest.mark.req("TRK-1")
def test_the_hidden_link_gives_a_slow_scanner_away_and_is_no_link_of_the_report(world: World, door: Door) -> None:
    sent = a_sent_campaign(world, PEOPLE, LINKS)
    network = rules.network("198.51.100.7")
    acts = [Asked(300, LINK_TRAP, network), Asked(900, 3, network), Asked(1500, 4, PERSON)]
    _take(door, _records(sent, 1, iter(acts)), 20_000)
    with scope(sent.customer.id):
        found = selectors.report(sent.id)
        signals = dict(Event.objects.filter(kind="click").values_list("link", "signals"))
    assert signals == {rules.ANY_LINK: Signal.TRAP, 3: Signal.TRAP, 4: 0}
    assert [(row.number, row.clicks.human) for row in found.links if row.clicks.human] == [(4, 1)]
    assert (found.total.clicks.human, found.total.clicks.machine) == (1, 2)


@pytest.mark.req("TRK-1")
def test_the_same_request_again_at_once_is_one_act(world: World, door: Door) -> None:
    sent = a_sent_campaign(world, PEOPLE, LINKS)
    acts = [
        Asked(100, 3, PERSON),
        *(Asked(100 + part / 100, 3, PERSON) for part in range(1, 200)),
        Asked(200, 3, PERSON),
    ]
    for limit in (20_000, 7):
        _take(door, _records(sent, 1 if limit > 7 else 2, iter(acts)), limit)
    with scope(sent.customer.id):
        found = selectors.report(sent.id).total.clicks
    assert (found.human, found.unique, found.machine) == (4, 2, 0)
