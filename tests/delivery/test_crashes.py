"""An end asked for, and sessions cut: nobody is lost, nobody is unknown. The kills are in `storm`."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from mandata.campaigns import selectors as campaigns
from mandata.delivery.catcher.server import Catcher, Place
from mandata.delivery.services import tending
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from tests.delivery.mailing import Shop, engine, shop

PEOPLE = 4000


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
def test_a_terminated_process_leaves_nothing_behind(bakery: Shop, catcher: Catcher, tmp_path: Path) -> None:
    bakery.people(PEOPLE)
    campaign = bakery.launched()
    process = engine(catcher.smtp_port, tmp_path, bakery)
    while catcher.store.latest() < 50:
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    assert process.wait(60) == 0
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
    process.wait(60)
    tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=now())
    assert cuts == 6
    assert bakery.states(campaign) == {"sent": PEOPLE}
    assert set(arrived(catcher).values()) == {1} and len(arrived(catcher)) == PEOPLE
    with scope(bakery.id):
        assert campaigns.row(campaign).state == "finished"
