"""Forty kills over a hundred thousand recipients: nobody lost, nobody twice, whoever is unknown is listed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.delivery.mailing import shop
from tests.delivery.storm import account
from tests.delivery.storm.content import SHORT
from tests.delivery.storm.ground import Ground, ground
from tests.delivery.storm.sink import Sink
from tests.delivery.storm.storm import MIX, Storm, seed

PEOPLE = int(os.environ.get("STORM_ROWS", "100000"))
KILLS = int(os.environ.get("STORM_KILLS", "40"))
SEED = 20261122


@pytest.fixture(scope="module")
def apart(django_db_blocker: DjangoDbBlocker) -> Iterator[Ground]:
    with django_db_blocker.unblock(), ground() as opened:
        yield opened


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    started = Sink(tmp_path / "counted")
    yield started
    started.stop()


@pytest.mark.req("DLV-5")
@pytest.mark.timeout(900)
def test_whoever_is_killed_nobody_is_lost_and_nobody_gets_two(apart: Ground, sink: Sink, tmp_path: Path) -> None:
    bakery = shop()
    people = bakery.people(PEOPLE)
    campaign = bakery.launched(SHORT)
    storm = Storm(bakery, campaign, sink, apart, tmp_path, seed(SEED))
    folders = [host.folder for host in storm.hosts]
    try:
        storm.rage(KILLS, PEOPLE)
        assert storm.killed == MIX if KILLS == 40 else sum(storm.killed.values()) == KILLS
        unknown = account.settled(bakery, campaign, sink, people, most_unknown=storm.most_unknown())
        account.nothing_left(*folders)
        before = sink.counts(PEOPLE)
        account.decided(bakery, campaign, unknown)
        storm.rage(0, 0)
        account.finished(bakery, campaign, sink, people, before)
        account.told(bakery, campaign, *folders)
    finally:
        storm.close()
