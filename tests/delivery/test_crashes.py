"""kill -9 at any moment: every recipient is sent, to send, or unknown and listed; nobody gets two."""

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from mandata.campaigns import selectors as campaigns
from mandata.delivery import selectors
from mandata.delivery.catcher.server import Catcher, Place
from mandata.delivery.services import tending
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from tests.delivery.mailing import Shop, engine, recover, shop

PEOPLE = 4000
MANY = 12_000  # more than a fast machine sends before the last kill
KILLS = 12


@pytest.fixture
def bakery(database: Urls) -> Shop:
    return shop()


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0))
    catcher.start()
    yield catcher
    catcher.stop()


def arrived(catcher: Catcher) -> Counter[str]:
    return Counter(message.recipient for message in catcher.store.page(limit=10_000_000))


@pytest.mark.req("DLV-5")
def test_workers_killed_at_random_moments_lose_nobody_and_send_nobody_two(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    draw = random.Random(20260301)
    bakery.people(MANY)
    campaign = bakery.launched()
    kills = 0
    limit = time.monotonic() + 240
    while bakery.left(campaign) and time.monotonic() < limit:
        engines = [engine(catcher.smtp_port, tmp_path, bakery) for _ in range(2)]
        before = catcher.store.latest()
        while catcher.store.latest() == before and any(one.poll() is None for one in engines):
            time.sleep(0.005)
        if kills < KILLS:
            time.sleep(draw.random() * 0.12)
            for one in engines:
                one.send_signal(signal.SIGKILL)
                kills += 1
        for one in engines:
            one.wait(60)
        recover(tmp_path)
    states = bakery.states(campaign)
    got = arrived(catcher)
    assert kills >= KILLS
    assert set(states) <= {"sent", "unknown"} and sum(states.values()) == MANY
    assert set(got.values()) == {1}, "nobody got two"
    with scope(bakery.id):
        listed = selectors.unknown(campaign)
    assert len(listed) == states.get("unknown", 0) <= kills * 10, "at most those in flight, and each is listed"
    assert states["sent"] <= len(got) <= MANY
    assert len(got) >= states["sent"], "what is called sent has arrived"
    assert not list((tmp_path / "journals").iterdir())


def test_a_terminated_process_leaves_nothing_behind(bakery: Shop, catcher: Catcher, tmp_path: Path) -> None:
    bakery.people(PEOPLE)
    campaign = bakery.launched()
    process = engine(catcher.smtp_port, tmp_path, bakery)
    while catcher.store.latest() < 50:
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    assert process.wait(30) == 0
    states = bakery.states(campaign)
    assert set(states) <= {"sent", "queued"}
    assert states["sent"] == len(arrived(catcher))
    assert not list((tmp_path / "journals").iterdir())


def test_the_database_going_away_while_sending_costs_nobody(bakery: Shop, catcher: Catcher, tmp_path: Path) -> None:
    """Every connection of the engine is cut again and again; it waits, keeps its outcomes, and goes on."""
    bakery.people(PEOPLE)
    campaign = bakery.launched()
    process = engine(catcher.smtp_port, tmp_path, bakery)
    cuts = 0
    limit = time.monotonic() + 120
    while bakery.left(campaign) and time.monotonic() < limit:
        if catcher.store.latest() and cuts < 6:
            with connection.cursor() as cursor:
                cursor.execute(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                    "where pid <> pg_backend_pid() and usename = current_user and application_name = 'mandata'"
                )
            cuts += 1
        time.sleep(0.15)
    process.terminate()
    process.wait(30)
    tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=now())
    assert cuts == 6
    assert bakery.states(campaign) == {"sent": PEOPLE}
    assert set(arrived(catcher).values()) == {1} and len(arrived(catcher)) == PEOPLE
    with scope(bakery.id):
        assert campaigns.row(campaign).state == "finished"
