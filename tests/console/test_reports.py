"""Reports and the first page: people's figures first, the same as CSV, and what needs somebody."""

import csv
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

import pytest

from mandata.campaigns import selectors as campaigns
from mandata.delivery.models import Counter, Domain, Return
from mandata.infra import bulk
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.rights import services as rights
from mandata.tracking import selectors as tracking
from mandata.tracking.rules import ANY_LINK
from tests.console.office import Office, office
from tests.world import World

_COUNTER = {
    "campaign_id": "uuid", "hour": "timestamptz", "kind": "text", "actor_class": "text", "link": "int4",
    "provider": "text", "count": "int8", "uniques": "int8",
}  # fmt: skip


@pytest.fixture
def desk(world: World) -> Office:
    """A shop with an owner and readers on its list."""
    made = office()
    made.shop.people(4)
    return made


def lived(desk: Office) -> UUID:
    """A campaign that three of four got, and what people and machines did with it."""
    campaign = desk.shop.launched()
    with scope(desk.shop.id):
        link = campaigns.links(campaign)[0][0]
    hour = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    rows = [
        (campaign, hour, "open", "human", ANY_LINK, "Gmail", 5, 2),
        (campaign, hour + timedelta(hours=2), "open", "human", ANY_LINK, "Seznam", 1, 1),
        (campaign, hour, "open", "prefetch", ANY_LINK, "Gmail", 9, 0),
        (campaign, hour, "click", "human", ANY_LINK, "Gmail", 2, 1),
        (campaign, hour, "click", "human", link, "Gmail", 2, 1),
        (campaign, hour, "unsubscribe", "human", ANY_LINK, "Gmail", 1, 1),
    ]
    with scope(desk.shop.id):
        bulk.insert("tracking_counter", _COUNTER, rows)
        Counter.objects.filter(campaign_id=campaign).delete()
        for provider, state, count in (("Gmail", "sent", 2), ("Seznam", "sent", 1), ("Seznam", "failed", 1)):
            Counter.objects.create(campaign_id=campaign, shard=0, provider=provider, state=state, count=count)
        Return.objects.create(campaign_id=campaign, kind="bounce", hard=True, digest=new_id().bytes, received_at=now())
    return campaign


@pytest.mark.req("TRK-1", "TRK-3", "DLV-5")
def test_a_campaigns_report_puts_people_first_and_machines_apart(desk: Office) -> None:
    campaign = lived(desk)
    page = desk.browser("reader").get(f"/campaigns/{campaign}/report/").content.decode()
    people, machines = page.split('class="card m-machines"')
    assert "fetched by the mail program before anybody looked" in machines
    assert "Opened" in people
    assert "https://shop.example/bread" in people or "bread" in people
    assert f"/reports/{campaign}/hours.csv" in people


@pytest.mark.req("TRK-3")
@pytest.mark.parametrize(("part", "rows"), [("hours", 2), ("links", 1), ("providers", 2)])
def test_each_part_of_the_report_comes_as_csv(desk: Office, part: str, rows: int) -> None:
    answer = desk.browser().get(f"/reports/{lived(desk)}/{part}.csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert len(list(csv.reader(answer.getvalue().decode().splitlines()))) == rows + 1


def test_a_part_that_is_none_and_a_campaign_of_others_are_not_there(desk: Office, world: World) -> None:
    campaign = lived(desk)
    assert desk.browser().get(f"/reports/{campaign}/people.csv").status_code == HTTPStatus.NOT_FOUND
    rival = office("Rival Bakery").browser()
    assert rival.get(f"/reports/{campaign}/hours.csv").status_code == HTTPStatus.NOT_FOUND
    assert "Saturday" not in rival.get("/reports/").content.decode()


def test_the_overview_sums_up_every_launched_campaign_and_comes_as_csv(desk: Office) -> None:
    client = desk.browser()
    assert "Nothing was sent yet" in client.get("/reports/").content.decode()
    lived(desk)
    desk.shop.draft()
    page = client.get("/reports/").content.decode()
    assert page.count('<th scope="row"><a href="/campaigns/') == 1
    days = list(csv.reader(client.get("/reports/days.csv").getvalue().decode().splitlines()))
    assert len(days) == 31
    assert sum(int(row[1]) for row in days[1:]) == 6
    rows = list(csv.reader(client.get("/reports/campaigns.csv").getvalue().decode().splitlines()))
    assert rows[1][3:8] == ["4", "3", "2", "3", "1"]


def test_summaries_tell_the_same_as_the_reports(desk: Office) -> None:
    campaign, other = lived(desk), desk.shop.draft()
    with scope(desk.shop.id):
        found, report = tracking.summaries([campaign, other]), tracking.report(campaign)
    assert (found[campaign].states, found[campaign].total, found[campaign].returns) == (
        report.states,
        report.total,
        report.returns,
    )
    assert (found[campaign].sent, found[campaign].delivered, found[other].recipients) == (3, 2, 0)


@pytest.mark.req("DLV-5")
def test_what_a_server_refused_at_the_door_is_not_taken_from_what_it_took(desk: Office) -> None:
    campaign, person = lived(desk), new_id()
    with scope(desk.shop.id):
        for times in range(4):
            back = {"kind": "bounce", "digest": new_id().bytes, "received_at": now(), "subscriber_id": new_id()}
            Return.objects.create(campaign_id=campaign, hard=bool(times % 2), at_door=True, **back)
        for hard in (False, True):  # first a delay's failure, then one for good: one message all the same
            back = {"kind": "bounce", "digest": new_id().bytes, "received_at": now(), "subscriber_id": person}
            Return.objects.create(campaign_id=campaign, hard=hard, **back)
        found = tracking.summaries([campaign])[campaign]
        assert found.returns == tracking.report(campaign).returns
    assert (found.returns.hard_bounces, found.returns.soft_bounces, found.returns.bounced) == (4, 3, 2)
    assert (found.sent, found.delivered) == (3, 1)


def test_the_first_page_leads_an_empty_account_to_its_first_campaign(desk: Office) -> None:
    page = desk.browser().get("/").content.decode()
    assert "The way to the first campaign" in page
    assert "Newsletter" not in page
    assert "/campaigns/new/" in page


def test_the_first_page_says_what_needs_somebody_what_runs_and_what_happened(desk: Office) -> None:
    campaign, client = lived(desk), desk.browser()
    with scope(desk.shop.id):
        Counter.objects.create(campaign_id=campaign, shard=0, provider="Gmail", state="unknown", count=2)
        Domain.objects.update(state="failing")
    page = client.get("/").content.decode()
    for words in ("2 messages of unknown outcome", "No sending domain is verified", "Running", "last thirty days"):
        assert words in page, words
    assert "4 of 6" in client.get("/running/").content.decode() or "6 of 6" in page


def test_a_controller_without_an_agreement_is_told_at_once(world: World) -> None:
    desk = office()
    with scope(desk.shop.id):
        from mandata.agreements import services

        services.end(actor=desk.shop.actor, at=now(), by="notice")
    assert "No agreement is in force" in desk.browser().get("/").content.decode()


@pytest.mark.req("DSR-1")
def test_a_person_who_waits_for_an_answer_stands_on_the_first_page_with_a_clock(desk: Office) -> None:
    with scope(desk.shop.id):
        case = rights.receive(
            kind="erasure", address="reader1@inbox.example", channel="portal", language="en", at=now()
        ).case_id
        rights.confirm_by_hand(case_id=case, actor=desk.shop.actor, at=now())
    page = desk.browser("privacy_officer").get("/").content.decode()
    assert "Request for erasure 1" in page
    assert 'class="m-clock"' in page
    assert f'href="/privacy/requests/{case}/"' in page
    assert "reader1@" not in page
