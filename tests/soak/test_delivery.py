"""A campaign to a million people, and a thousand deaths on the way: of engines, of workers, of the receiver, of
PostgreSQL. And the database away for a minute."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.delivery.mailing import shop
from tests.delivery.storm import account
from tests.delivery.storm.away import away
from tests.delivery.storm.conftest import apart, sink
from tests.delivery.storm.content import SHORT
from tests.delivery.storm.ground import Ground
from tests.delivery.storm.sink import Sink
from tests.delivery.storm.storm import Storm, seed
from tests.soak.conftest import Scale, Tell

__all__ = ["apart", "sink"]


@pytest.mark.soak
@pytest.mark.req("DLV-5")
def test_a_million_recipients_and_a_thousand_kills_lose_nobody_and_send_nobody_two(
    apart: Ground, sink: Sink, scale: Scale, tell: Tell, tmp_path: Path
) -> None:
    chosen = int(os.environ.get("STORM_SEED") or random.SystemRandom().randrange(10**9))
    tell(seed=chosen, again=f"STORM_SEED={chosen} make soak ARGS=tests/soak/test_delivery.py")
    bakery = shop()
    people = bakery.people(scale.rows)
    campaign = bakery.launched(SHORT)
    storm = Storm(bakery, campaign, sink, apart, tmp_path, seed(chosen))
    folders = [host.folder for host in storm.hosts]
    began = time.monotonic()
    try:
        storm.rage(scale.kills, scale.rows)
        seconds = time.monotonic() - began
        got, found = sink.counts(scale.rows), account.fates(bakery, campaign, people)
        unknown = found.get("unknown", [])
        tell(
            recipients=scale.rows,
            killed=dict(storm.killed),
            engines_killed=storm.engines_killed,
            workers_started=sum(host.started for host in storm.hosts),
            seconds=round(seconds),
            unknown=len(unknown),
            unknown_and_arrived=sum(got[place] for place in unknown),
            most_in_flight=storm.most_unknown(),
        )
        assert sum(storm.killed.values()) == scale.kills
        listed = account.settled(bakery, campaign, sink, people, most_unknown=storm.most_unknown())
        account.nothing_left(*folders)
        account.decided(bakery, campaign, listed)
        storm.rage(0, 0)
        account.finished(bakery, campaign, sink, people, got)
        account.told(bakery, campaign, *folders)
    finally:
        storm.close()


@pytest.mark.soak
@pytest.mark.req("DLV-5", "TRK-1")
def test_postgresql_is_away_for_a_minute_and_nothing_is_lost_or_twice(
    apart: Ground, sink: Sink, tell: Tell, tmp_path: Path
) -> None:
    told = away(apart, sink, tmp_path, people=20_000, seconds=60)
    tell(sent_away=told.sent_away, clicks_away=told.clicks_away, clicks=told.clicks)
    assert told.clicks_away > 100
