"""Two hundred reports of a genuine Postfix come back while the worker that takes them is killed again and again."""

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from mandata.audience import services as audience
from mandata.delivery import selectors
from mandata.delivery.models import Message, Return
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.delivery.mailing import shop
from tests.delivery.postfix import Postfix, postfix
from tests.delivery.scripted import Scripted, Talk
from tests.delivery.storm.content import SHORT
from tests.delivery.storm.ground import Ground
from tests.delivery.storm.processes import Host
from tests.ports import free_port

pytestmark = pytest.mark.timeout(1800)
PEOPLE, KILLS = 200, 4
RETURNS = "returns.storm.example"


@pytest.fixture
def listen() -> int:
    return free_port()


@pytest.fixture
def mta(listen: int) -> Iterator[Postfix]:
    """It takes everything, finds out at the next server that nobody of them exists, and reports to the listener."""

    def refuses(talk: Talk) -> None:
        talk.greet("PIPELINING")
        talk.serve(rcpt=lambda to: f"550 5.1.1 <{to}>: Recipient address rejected: User unknown")

    with Scripted(refuses) as inbox, postfix({"inbox.example": inbox.port, RETURNS: listen}) as running:
        yield running


@pytest.mark.req("DLV-5", "DLV-3")
def test_each_report_ends_on_the_right_message_once_though_the_worker_is_killed(
    apart: Ground, mta: Postfix, listen: int, tmp_path: Path
) -> None:
    bakery = shop()
    bakery.people(PEOPLE)
    campaign = bakery.launched(SHORT)
    more = {
        "MANDATA_SMTP_URL": f"smtp://127.0.0.1:{mta.port}",
        "MANDATA_RETURN_DOMAIN": RETURNS,
        "MANDATA_RETURNS_LISTEN": f"127.0.0.1:{listen}",
    }
    host = Host(tmp_path / "host", **more)
    killed, limit = 0, time.monotonic() + 900
    try:
        while (back := came_back(bakery.id)) < PEOPLE:
            assert time.monotonic() < limit, (back, mta.log()[-3000:], host.log.read_text()[-3000:])
            if killed < KILLS and back >= (killed + 1) * PEOPLE // (KILLS * 3):
                host.kill()
                killed += 1
            if host.process.poll() is not None:
                host.begin()
            time.sleep(0.02)
    finally:
        host.kill()
    assert killed == KILLS, "they came while it died"
    states = bakery.states(campaign)
    assert states.get("unknown", 0) == PEOPLE - states.get("sent", 0)
    with scope(bakery.id):
        rows = Return.objects.filter(campaign_id=campaign).values_list("subscriber_id", "kind", "hard", "status")
        people = set(Message.objects.filter(campaign_id=campaign).values_list("subscriber_id", flat=True))
        assert {row[0] for row in rows} == people and len(rows) == PEOPLE, "one for each, and no two"
        assert {row[1:] for row in rows} == {("bounce", True, "5.1.1")}
        assert selectors.came_back(campaign) == {("bounce", True): PEOPLE}
        for number in (0, PEOPLE - 1):
            assert audience.is_suppressed(email=f"reader{number}@inbox.example", at=now()) == "hard_bounce"


def came_back(controller: UUID) -> int:
    with scope(controller):
        return Return.objects.count()
