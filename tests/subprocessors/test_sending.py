"""Campaigns through a sub-processor's hands: asked at the launch and at every claim, on the real engine."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from mandata.agreements import selectors as agreements
from mandata.agreements.errors import GateRefused
from mandata.delivery import services
from mandata.delivery.catcher.server import Catcher, Place
from mandata.delivery.engine.worker import Worker
from mandata.delivery.services import roads, tending
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.smtp import SmtpTransport
from mandata.foundation.errors import Fault
from mandata.infra import environment
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from mandata.subprocessors import selectors
from mandata.subprocessors.services import authorisations, objections, register
from mandata.vault.services import token_keys
from tests.console.office import office
from tests.delivery.mailing import Shop, shop
from tests.subprocessors.cast import OPERATOR, announced, carrier, delivered, told

ROAD = "Swift Relay Ltd"
PEOPLE = 5000


@pytest.fixture
def road(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The sending road belongs to a sub-processor."""
    monkeypatch.setenv("MANDATA_SMTP_SUBPROCESSOR", ROAD)
    environment.env.cache_clear()
    yield ROAD
    monkeypatch.undo()
    environment.env.cache_clear()


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0))
    catcher.start()
    yield catcher
    catcher.stop()


@pytest.fixture
def bakery(database: Urls) -> Shop:
    return shop()


def engine(port: int, folder: Path, bakery: Shop) -> Worker:
    transport = SmtpTransport(SmtpSettings("127.0.0.1", port, connections=1, patience=1.0))
    return Worker(
        transport=transport,
        keys=token_keys(),
        domain="returns.test",
        folder=folder,
        patience=30.0,
        only=frozenset({bakery.id}),
    )


def wait(until: Callable[[], bool], seconds: float = 90.0) -> None:
    limit = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < limit, "nothing came of it"
        time.sleep(0.01)


def caught(catcher: Catcher) -> Counter[str]:
    return Counter(message.recipient for message in catcher.store.page(limit=1_000_000))


def refused(bakery: Shop, campaign: UUID) -> list[str]:
    with scope(bakery.id):
        return [one.code for one in agreements.refused(about=campaign)]


def consented(bakery: Shop) -> UUID:
    """A new carrier is announced and told; the controller agrees at once in writing, while its window runs."""
    at = now()
    carrier(ROAD)
    change = announced(ROAD, at=at)
    told(bakery.id, change, at=at)
    delivered(bakery.id, change, at=at)
    with scope(bakery.id):
        authorisations.give(subprocessor=ROAD, actor=bakery.actor, at=at)
        assert selectors.notice(change, at=at).in_time
    return change


@pytest.mark.req("SPR-3", "SPR-5")
def test_an_objection_while_a_campaign_is_being_sent_stops_the_next_batch_and_withdrawing_it_resumes(
    road: str, bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    change = consented(bakery)
    bakery.people(PEOPLE)
    campaign = bakery.launched()
    sending = engine(catcher.smtp_port, tmp_path / "journals", bakery)
    thread = threading.Thread(target=sending.run)
    thread.start()
    try:
        wait(lambda: sending.desk.sent >= 100)
        with scope(bakery.id):
            filed = objections.object_to(change_id=change, words="Not through them.", actor=bakery.actor, at=now())
        # what was claimed before is finished; then nothing moves
        wait(lambda: refused(bakery, campaign) == ["disclose.objection"])
        wait(lambda: not bakery.states(campaign).get("claimed"))
        stopped = bakery.states(campaign)
        assert 100 <= stopped["sent"] < PEOPLE and stopped["queued"] == PEOPLE - stopped["sent"]
        time.sleep(6)  # the shut gate is looked at again every five seconds
        assert bakery.states(campaign) == stopped and bakery.campaign_state(campaign) == "sending"
        with scope(bakery.id):
            reasons = [one.reason for one in agreements.refused(about=campaign)]
            entries = Entry.objects.filter(kind="gate.refused").count()
        assert ROAD in reasons[0] and "objected" in reasons[0] and (len(reasons), entries) == (1, 1)
        with scope(bakery.id):
            objections.withdraw(objection_id=filed, actor=bakery.actor, at=now())
        wait(lambda: bakery.states(campaign) == {"sent": PEOPLE}, 60)
    finally:
        sending.stop()
        thread.join(60)
    assert set(caught(catcher).values()) == {1} and len(caught(catcher)) == PEOPLE


@pytest.mark.req("TRF-3")
def test_a_mechanism_that_is_struck_down_while_a_campaign_is_being_sent_stops_the_next_batch(
    road: str, bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    carrier(ROAD, active=True, country="US")
    today = now().date()
    clauses = register.Resting("scc", today - timedelta(days=9))
    kept = register.mechanism(ROAD, clauses, actor=OPERATOR, at=now())
    with scope(bakery.id):
        authorisations.give(subprocessor=ROAD, actor=bakery.actor, at=now())
    bakery.people(PEOPLE)
    campaign = bakery.launched()
    sending = engine(catcher.smtp_port, tmp_path / "journals", bakery)
    thread = threading.Thread(target=sending.run)
    thread.start()
    try:
        wait(lambda: sending.desk.sent >= 100)
        register.lapse(kept, on=today, actor=OPERATOR, at=now(), struck_down=True)
        wait(lambda: refused(bakery, campaign) == ["transfer.mechanism"])
        wait(lambda: not bakery.states(campaign).get("claimed"))
        assert bakery.states(campaign)["queued"] > 0
        register.mechanism(ROAD, register.Resting("bcr", today - timedelta(days=1)), actor=OPERATOR, at=now())
        wait(lambda: bakery.states(campaign) == {"sent": PEOPLE}, 60)
    finally:
        sending.stop()
        thread.join(60)
    assert set(caught(catcher).values()) == {1}


@pytest.mark.req("SPR-5")
def test_a_launch_through_an_unauthorised_road_is_refused_and_its_checklist_says_why(road: str, bakery: Shop) -> None:
    bakery.people(1)
    campaign = bakery.draft()
    carrier(ROAD, active=True)
    with scope(bakery.id):
        shown = {verdict.code: verdict.allowed for verdict in services.checklist(campaign, at=now())}
        with pytest.raises(GateRefused) as told_so:
            services.launch(campaign_id=campaign, actor=bakery.actor, at=now())
    assert shown["disclose.authorised"] is False and shown["transfer.inside"] is True
    assert told_so.value.remedy and refused(bakery, campaign) == ["disclose.authorised"]
    with scope(bakery.id):
        with pytest.raises(GateRefused):
            services.test_send(campaign_id=campaign, to=["a@b.example"], fields={}, actor=bakery.actor, at=now())
        authorisations.give(subprocessor=ROAD, actor=bakery.actor, at=now())
        services.launch(campaign_id=campaign, actor=bakery.actor, at=now())
    assert bakery.campaign_state(campaign) == "launching"


def test_the_road_of_ones_own_asks_nobody(bakery: Shop) -> None:
    roads.known()
    with scope(bakery.id):
        assert roads.check(at=now()) == ()


def test_a_shut_gate_puts_the_campaign_off_and_opens_without_anybodys_help(road: str, bakery: Shop) -> None:
    change = consented(bakery)
    bakery.people(3)
    campaign = bakery.launched()
    with scope(bakery.id):
        filed = objections.object_to(change_id=change, words="No.", actor=bakery.actor, at=now())
    at = now()
    for _ in range(3):
        assert not tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=at)
    assert refused(bakery, campaign) == ["disclose.objection"]
    with scope(bakery.id):
        objections.withdraw(objection_id=filed, actor=bakery.actor, at=now())
    assert tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=at + timedelta(seconds=6))


def test_a_setting_that_names_nobody_on_the_register_is_told_at_the_start(road: str, database: Urls) -> None:
    with pytest.raises(Fault, match="holds no sub-processor"):
        roads.known()
    settings = os.environ | {"PYTHONPATH": "src", "MANDATA_ENGINE_ALONE": "1"}
    command = [sys.executable, "-m", "mandata.cli", "worker"]
    ended = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1 and "MANDATA_SMTP_SUBPROCESSOR" in ended.stderr and "Traceback" not in ended.stderr
    carrier(ROAD, active=True)
    roads.known()


@pytest.mark.req("SPR-5", "DLV-5")
def test_the_campaigns_page_says_what_holds_it_back_while_it_does(road: str, database: Urls) -> None:
    desk = office()
    desk.shop.people(2)
    change = consented(desk.shop)
    campaign, client = desk.shop.launched(), desk.browser()
    page = f"/campaigns/{campaign}/send/"
    assert "Held back" not in client.get(page).content.decode()
    with scope(desk.shop.id):
        filed = objections.object_to(change_id=change, words="No.", actor=desk.shop.actor, at=now())
    shown = client.get(page).content.decode()
    assert "Held back" in shown and f"has objected to {ROAD}" in shown
    with scope(desk.shop.id):
        objections.withdraw(objection_id=filed, actor=desk.shop.actor, at=now())
    assert "Held back" not in client.get(page).content.decode()
