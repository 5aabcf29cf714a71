"""The report: human figures first, machines beside them, each from counters; the same as CSV."""

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mandata.agreements.models import Suspension
from mandata.delivery.models import Counter as DeliveryCounter
from mandata.delivery.models import Return
from mandata.infra import bulk
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from mandata.tracking import selectors
from mandata.tracking.rules import Agent
from mandata.tracking.services import take_events, take_unsubscriptions
from tests.tracking.cast import SENT, Door, Sent, a_sent_campaign, later
from tests.world import World

PEOPLE = ["ann@gmail.com", "ben@gmail.com", "cid@seznam.cz", "dan@firma.example"]


@pytest.fixture
def lived(world: World, tmp_path: Path) -> Sent:
    """A campaign to four people, and what they and their machines did."""
    sent, door = a_sent_campaign(world, PEOPLE), Door(tmp_path / "spool")
    with scope(sent.customer.id):
        for provider, state, count in (("Gmail", "sent", 2), ("Seznam", "sent", 1), ("Other", "failed", 1)):
            DeliveryCounter.objects.create(campaign_id=sent.id, shard=0, provider=provider, state=state, count=count)
        for kind, hard in (("bounce", True), ("bounce", False), ("complaint", False)):
            digest = new_id().bytes
            Return.objects.create(campaign_id=sent.id, kind=kind, hard=hard, digest=digest, received_at=SENT)
    door.opened(sent, 1, 60)
    door.opened(sent, 1, 3700)
    door.opened(sent, 2, 80, Agent.APPLE_PRIVACY)
    door.opened(sent, 3, 90)
    door.clicked(sent, 1, 4, 70)
    door.clicked(sent, 1, 4, 75)
    door.clicked(sent, 3, 4, 3800)
    door.clicked(sent, 3, 7, 3900)
    door.clicked(sent, 2, 1, 100, Agent.SECURITY_SCANNER)
    door.unsubscribed(sent, 3, 4000)
    take_events(at=later(10_000), folder=door.folder)
    take_unsubscriptions(at=later(10_000), folder=door.folder)
    return sent


@pytest.mark.req("TRK-1", "TRK-3", "DLV-3")
def test_the_report_tells_what_people_did_and_what_machines_did(lived: Sent) -> None:
    with scope(lived.customer.id):
        found = selectors.report(lived.id)
    assert (found.recipients, found.sent) == (4, 3)
    assert found.total.opens == selectors.Figure(human=3, unique=2, machine=1)
    assert found.total.clicks == selectors.Figure(human=4, unique=2, machine=1)
    assert found.total.unsubscriptions.unique == 1
    assert found.machines == {("open", "prefetch"): 1, ("click", "scanner"): 1}
    assert found.returns == selectors.Returns(hard_bounces=1, soft_bounces=1, complaints=1, bounced=2)


@pytest.mark.req("TRK-1")
def test_the_report_goes_by_hour_link_and_provider(lived: Sent) -> None:
    with scope(lived.customer.id):
        found = selectors.report(lived.id)
    assert [(at, row.opens.human, row.clicks.human) for at, row in found.hours] == [
        (SENT, 2, 2),
        (SENT + timedelta(hours=1), 1, 2),
    ]
    assert [(link.number, link.clicks.human, link.clicks.unique) for link in found.links[:2]] == [(4, 3, 2), (7, 1, 1)]
    assert len(found.links) == 12
    assert found.links[0].label == "Offer 4"
    providers = {entry.provider: entry for entry in found.providers}
    assert (providers["Gmail"].sent, providers["Gmail"].row.opens.unique, providers["Gmail"].row.opens.machine) == (
        2,
        1,
        1,
    )
    assert providers["Seznam"].row.unsubscriptions.unique == 1
    assert providers["Other"].sent == 0


@pytest.mark.req("TRK-3")
@pytest.mark.parametrize(("part", "rows", "columns"), [("hours", 2, 8), ("links", 12, 6), ("providers", 3, 9)])
def test_the_same_figures_come_as_csv(lived: Sent, part: selectors.Part, rows: int, columns: int) -> None:
    with scope(lived.customer.id):
        found = selectors.report(lived.id)
    read = list(csv.reader(selectors.csv_lines(found, part)))
    assert len(read) == rows + 1
    assert {len(row) for row in read} == {columns}


def test_a_label_never_becomes_a_formula(world: World) -> None:
    sent = a_sent_campaign(world, links=1)
    with scope(sent.customer.id):
        bulk.execute("update campaigns_link set label = '=1+1' where campaign_id = %b", [sent.id])
        lines = list(csv.reader(selectors.csv_lines(selectors.report(sent.id), "links")))
    assert lines[1][1] == "'=1+1"


def test_a_report_of_a_campaign_with_nothing_in_it_is_empty(world: World) -> None:
    with scope(world.controller().id):
        found = selectors.report(new_id())
    assert (found.recipients, found.hours, found.links, found.providers) == (0, (), (), ())
    assert found.total == selectors.Row()


def test_another_controllers_report_is_empty(lived: Sent, world: World) -> None:
    with scope(world.controller().id):
        assert selectors.report(lived.id).total == selectors.Row()


@pytest.mark.req("TRK-1")
def test_a_persons_timeline_is_newest_first(lived: Sent) -> None:
    with scope(lived.customer.id):
        entries = selectors.timeline(lived.people[2], at=later(86_400))
    assert [entry.kind for entry in entries] == ["unsubscribe", "click", "click", "open"]
    assert entries[1].link == 7


@pytest.mark.req("TRK-1", "INS-6")
def test_nobody_is_evaluated_once_the_controller_has_stopped_everything(lived: Sent) -> None:
    with scope(lived.customer.id):
        Suspension.objects.create(by=new_id(), at=SENT)
        entries = selectors.timeline(lived.people[2], at=later(86_400))
    assert [entry.kind for entry in entries] == ["unsubscribe"]


def test_a_report_is_quick_for_millions_because_it_never_looks_at_rows_of_events(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = a_sent_campaign(world)
    hours = [SENT + timedelta(hours=hour) for hour in range(24 * 14)]
    providers = ["Gmail", "Seznam", "Outlook", "Yahoo", "iCloud", "Other"]
    columns = {"campaign_id": "uuid", "hour": "timestamptz", "kind": "text", "actor_class": "text", "link": "int4"}
    rows = [
        (sent.id, hour, kind, "human", link, provider, 1000, 100)
        for hour in hours
        for provider in providers
        for kind, links in (("open", [-1]), ("click", range(-1, 12)))
        for link in links
    ]
    with scope(sent.customer.id):
        bulk.insert("tracking_counter", columns | {"provider": "text", "count": "int8", "uniques": "int8"}, rows)
        asked = statements(monkeypatch)
        found, of_many = selectors.report(sent.id), list(asked)
        asked.clear()
        selectors.report(new_id())
    assert found.total.opens.human == len(hours) * 6 * 1000
    assert of_many == asked, "a campaign of millions is asked for as one in which nothing happened"
    assert not any(table in one for one in asked for table in ("tracking_event", "tracking_first", "delivery_message"))


def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the database in bulk from now on."""
    asked: list[str] = []
    execute = bulk.execute

    def told(statement: Any, *arguments: Any, **more: Any) -> list[tuple[Any, ...]]:
        asked.append(str(statement))
        return execute(statement, *arguments, **more)

    monkeypatch.setattr(bulk, "execute", told)
    return asked
