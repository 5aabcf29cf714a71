"""The live page of a campaign, who got it, and what is decided about the unknown, through the console's own pages."""

import csv
import re
import threading
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client

from mandata.campaigns.models import Campaign
from mandata.delivery import following
from mandata.delivery.models import Lane, Rule, Worker
from mandata.delivery.rules.limits import EVERY
from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.services import tending
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.record.selectors import entries
from tests.console.office import Office, office
from tests.delivery.test_following import later, settled, taken
from tests.world import World

HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(world: World) -> Office:
    return office()


def launched(desk: Office, count: int = 6) -> UUID:
    desk.shop.people(count, lambda number: f"reader{number}@{('gmail.com', 'inbox.example')[number % 2]}")
    return desk.shop.launched()


def shown(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == HTTPStatus.OK
    return answer.content.decode()


def table(client: Client, path: str) -> list[list[str]]:
    """The rows of a file of CSV, without their heading."""
    answer = client.get(path)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(text.splitlines()))[1:]


def unknown(desk: Office, campaign: UUID, *numbers: int) -> None:
    with scope(desk.shop.id):
        tending.move(campaign_id=campaign, before=("queued",), after="unknown", at=now(), numbers=list(numbers))


@pytest.mark.req("DLV-5", "TRK-3")
def test_a_running_campaign_shows_its_pace_what_receivers_said_and_when_it_tries_again(desk: Office) -> None:
    campaign, client = launched(desk), desk.browser()
    settled(desk.shop, campaign, taken(1, 2), at=now() - timedelta(seconds=30))
    settled(desk.shop, campaign, [later(3), Outcome(4, "failed", 550, "5.1.1", "no such user")], at=now())
    page = shown(client, f"/campaigns/{campaign}/send/")
    assert "Messages a minute" in page and "451 4.7.1" in page and "550 5.1.1" in page
    assert "are tried again from" in page and "inbox.example&gt;" not in page
    assert 'role="status"' in page and 'aria-live="polite"' in page
    assert sum(int(row[2]) for row in table(client, f"/campaigns/{campaign}/pace.csv")) == 2


def test_the_slow_part_asks_for_itself_and_speaks_only_at_a_tenth_of_the_way(desk: Office) -> None:
    campaign, client = launched(desk, 10), desk.browser()
    page = shown(client, f"/campaigns/{campaign}/send/")
    found = re.search(r'hx-get="(/campaigns/[^"]+/slow/[^"]*)"', page)
    assert found is not None
    again = found[1].replace("&amp;", "&")
    assert "hx-swap-oob" not in shown(client, again, **HTMX)
    settled(desk.shop, campaign, taken(1, 2, 3), at=now())
    spoken = shown(client, again, **HTMX)
    assert "hx-swap-oob" in spoken and "3 of 10 messages" in spoken


def test_a_campaign_that_is_over_keeps_its_curve_and_asks_no_more(desk: Office) -> None:
    campaign, client = launched(desk, 2), desk.browser()
    settled(desk.shop, campaign, taken(1, 2), at=now())
    tending.tend_campaign(controller_id=desk.shop.id, campaign_id=campaign, at=now())
    page = shown(client, f"/campaigns/{campaign}/send/")
    assert desk.shop.campaign_state(campaign) == "finished"
    assert "hx-get" not in page.partition('id="live"')[2] and 'type="application/json"' in page


def test_what_slows_a_campaign_down_is_told_with_its_rule_and_its_end(desk: Office) -> None:
    campaign, client, at = launched(desk), desk.browser(), now()
    lane = "lane:0:gmail"
    with scope(desk.shop.id):
        providers = {one.provider for one in following.messages(campaign)}
    lane = f"lane:0:{next(one for one in providers if one)}"
    Lane.objects.filter(key=lane).delete()
    Lane.objects.create(
        key=lane, filled_at=at, day=at.date(), pace=2.0, ceiling=20.0, said="421 4.7.0",
        slowed_at=at - timedelta(seconds=5),
    )  # fmt: skip
    try:
        page = shown(client, f"/campaigns/{campaign}/send/")
    finally:
        Lane.objects.filter(key=lane).delete()
    assert "What slows it down" in page and "takes fewer messages for now" in page
    assert "421 4.7.0" in page and "Our rule of slowing down" in page


def test_a_limit_is_told_only_while_it_holds_something_back(desk: Office) -> None:
    campaign, client, at = launched(desk), desk.browser(), now()
    with scope(desk.shop.id):
        provider = next(one.provider for one in following.messages(campaign) if one.provider)
    row = {"key": f"lane:0:{provider}", "day": at.date(), "filled_at": at + timedelta(hours=1)}
    Rule.objects.create(transport=EVERY, provider=provider, per_second=40, changed_at=at)
    try:
        told = []
        for tokens in (40.0, 0.0):
            Lane.objects.filter(key=row["key"]).delete()
            Lane.objects.create(tokens=tokens, **row)
            told.append("At most 40 messages a second" in shown(client, f"/campaigns/{campaign}/slow/"))
    finally:
        Lane.objects.filter(key=row["key"]).delete()
        Rule.objects.filter(provider=provider).delete()
    assert told == [False, True]


def test_a_campaign_of_which_nothing_leaves_says_whose_turn_it_is(desk: Office) -> None:
    campaign, client = launched(desk), desk.browser()
    assert "Nothing has left" not in shown(client, f"/campaigns/{campaign}/slow/")
    with scope(desk.shop.id):
        Campaign.objects.filter(id=campaign).update(launched_at=now() - timedelta(minutes=3))
    Worker.objects.all().delete()
    page = shown(client, f"/campaigns/{campaign}/slow/")
    assert "Nothing has left for a minute" in page and "has to start a worker" in page
    settled(desk.shop, campaign, taken(1), at=now() - timedelta(seconds=30))
    assert "Nothing has left" not in shown(client, f"/campaigns/{campaign}/slow/")


@pytest.mark.req("DLV-5")
def test_who_got_it_is_listed_by_state_and_page_with_identities_sealed(desk: Office) -> None:
    campaign, client = launched(desk, 60), desk.browser()
    with scope(desk.shop.id):
        tending.move(campaign_id=campaign, before=("queued",), after="failed", at=now(), numbers=[7, 9])
    page = shown(client, f"/campaigns/{campaign}/recipients/")
    assert page.count('scope="row"') == 50 and 'rel="next"' in page and 'rel="prev"' not in page
    assert "reader1@" not in page
    following_page = re.search(r'rel="next" href="([^"]+)"', page)
    assert following_page is not None
    second = shown(client, f"/campaigns/{campaign}/recipients/{following_page[1].replace('&amp;', '&')}")
    assert second.count('scope="row"') == 10 and 'rel="prev"' in second
    failed = shown(client, f"/campaigns/{campaign}/recipients/?state=failed")
    assert failed.count('scope="row"') == 2 and "refused by the receiver" in failed
    rows = table(client, f"/campaigns/{campaign}/recipients.csv?state=failed")
    assert [row[0] for row in rows] == ["7", "9"] and not any("@" in cell for row in rows for cell in row)
    assert len(table(client, f"/campaigns/{campaign}/recipients.csv")) == 60


@pytest.mark.parametrize("query", ["after=x", "after=99999999999999999999", "state=none", "before=-1", "provider=\x00"])
def test_a_filter_that_makes_no_sense_shows_the_first_page(desk: Office, query: str) -> None:
    campaign = launched(desk, 3)
    assert shown(desk.browser(), f"/campaigns/{campaign}/recipients/?{query}").count('scope="row"') == 3


@pytest.mark.req("DLV-5")
def test_one_unknown_message_is_decided_about_and_the_record_says_by_whom(desk: Office) -> None:
    campaign, client = launched(desk), desk.browser()
    unknown(desk, campaign, 2, 3)
    client.post(f"/sending/unknown/{campaign}/", {"decision": "resend", "number": "2"})
    assert desk.shop.states(campaign) == {"queued": 5, "unknown": 1}
    with scope(desk.shop.id):
        entry = next(iter(entries(kind="delivery.unknown_decided", limit=1)))
    assert entry.body["decision"] == "resend" and entry.body["messages"] == 1
    assert str(desk.shop.actor.id) in entry.actor and entry.actor.startswith("member")


def test_all_unknown_messages_of_all_campaigns_are_decided_about_at_once(desk: Office) -> None:
    first, client = launched(desk), desk.browser()
    second = desk.shop.launched()
    for campaign in (first, second):
        unknown(desk, campaign, 1, 2)
    assert "Count all as sent" in shown(client, "/sending/unknown/")
    client.post("/sending/unknown/all/", {"decision": "settle"})
    assert [desk.shop.states(one)["sent"] for one in (first, second)] == [2, 2]
    assert client.post("/sending/unknown/all/", {"decision": "settle"}).status_code == HTTPStatus.CONFLICT


@pytest.mark.req("DLV-5")
def test_of_members_who_decide_at_the_same_time_one_decides(desk: Office) -> None:
    campaign = launched(desk)
    unknown(desk, campaign, 1, 2, 3)
    browsers = [desk.browser("owner"), desk.browser("marketer"), desk.browser("owner"), desk.browser("marketer")]
    answers: list[int] = []

    def decide(browser: Client, decision: str) -> None:
        answers.append(browser.post(f"/sending/unknown/{campaign}/", {"decision": decision}).status_code)
        connections.close_all()

    threads = [
        threading.Thread(target=decide, args=(browser, ("resend", "settle")[place % 2]))
        for place, browser in enumerate(browsers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [HTTPStatus.FOUND, *[HTTPStatus.CONFLICT] * 3]
    assert desk.shop.states(campaign) in ({"queued": 6}, {"queued": 3, "sent": 3})
    with scope(desk.shop.id):
        assert len(list(entries(kind="delivery.unknown_decided", limit=9))) == 1
