"""Forty kills over a hundred thousand recipients: nobody lost, nobody twice, whoever is unknown is listed."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from mandata.delivery.engine.windows import MOST
from tests.delivery.mailing import Shop, shop
from tests.delivery.storm import account
from tests.delivery.storm.away import away
from tests.delivery.storm.content import SHORT
from tests.delivery.storm.ground import Ground
from tests.delivery.storm.sink import Sink
from tests.delivery.storm.storm import MIX, Storm, seed

pytestmark = pytest.mark.timeout(3000)
PEOPLE = int(os.environ.get("STORM_ROWS", "100000"))
KILLS = int(os.environ.get("STORM_KILLS", "40"))
SEED = 20261122


@contextmanager
def raging(bakery: Shop, campaign: UUID, sink: Sink, apart: Ground, folder: Path) -> Iterator[Storm]:
    storm = Storm(bakery, campaign, sink, apart, folder, seed(SEED))
    try:
        yield storm
    finally:
        storm.close()


@pytest.mark.req("DLV-5")
def test_whoever_is_killed_nobody_is_lost_and_nobody_gets_two(apart: Ground, sink: Sink, tmp_path: Path) -> None:
    bakery = shop()
    people = bakery.people(PEOPLE)
    campaign = bakery.launched(SHORT)
    with raging(bakery, campaign, sink, apart, tmp_path) as storm:
        folders = [host.folder for host in storm.hosts]
        storm.rage(KILLS, PEOPLE)
        assert storm.killed == MIX if KILLS == 40 else sum(storm.killed.values()) == KILLS
        unknown = account.settled(bakery, campaign, sink, people, most_unknown=storm.most_unknown())
        account.nothing_left(*folders)
        before = sink.counts(PEOPLE)
        account.decided(bakery, campaign, unknown)
        storm.rage(0, 0)
        account.finished(bakery, campaign, sink, people, before)
        account.told(bakery, campaign, *folders)


@pytest.mark.req("DLV-5")
def test_a_rolling_restart_in_the_middle_of_a_campaign_leaves_not_even_one_unknown(
    apart: Ground, sink: Sink, tmp_path: Path
) -> None:
    bakery = shop()
    people = bakery.people(16_000)
    campaign = bakery.launched(SHORT)
    with raging(bakery, campaign, sink, apart, tmp_path) as storm:
        for share in (0.05, 0.25):
            limit = time.monotonic() + 600
            while sink.total() < len(people) * share:
                assert time.monotonic() < limit
                time.sleep(0.01)
            assert sink.total() < len(people), "it is still at work"
            storm.roll()
        storm.rage(0, 0)
        assert account.settled(bakery, campaign, sink, people, most_unknown=0) == []
        account.nothing_left(*[host.folder for host in storm.hosts])


@pytest.mark.req("DLV-5", "TRK-1")
def test_while_postgresql_is_away_the_door_answers_and_the_engine_waits(
    apart: Ground, sink: Sink, tmp_path: Path
) -> None:
    told = away(apart, sink, tmp_path, people=6_000, seconds=6)
    assert told.clicks_away > 10 and told.sent_away <= MOST + 100, "what was laid out is sent, and no more is claimed"
