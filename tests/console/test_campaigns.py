"""The pages of campaigns: writing, looking, choosing, checking, sending; who may, and who does not even see."""

import re
import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from mandata.campaigns import selectors
from mandata.campaigns.rules.content import Content, Format
from mandata.delivery import selectors as delivery
from mandata.delivery import services
from mandata.delivery.models import Message
from mandata.delivery.services import watching
from mandata.foundation.actors import SYSTEM
from mandata.infra import bulk, environment
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors as record
from tests.console.office import Office, office
from tests.delivery.mailing import SMALL
from tests.delivery.naming import asked, fresh, publish
from tests.ports import free_port
from tests.world import World

HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(world: World) -> Office:
    """A shop with an owner and readers on its list."""
    made = office()
    made.shop.people(3)
    return made


def form(desk: Office, campaign: UUID, **more: object) -> dict[str, object]:
    """What the editor would send of a campaign."""
    with scope(desk.shop.id):
        found = selectors.find(campaign)
    return {
        "revision": found.revision,
        "name": found.row.name,
        "subject": found.content.subject,
        "preheader": found.content.preheader,
        "from_name": found.content.from_name,
        "from_local": "news",
        "from_domain": "bakery.example",
        "reply_to": "",
        "language": "en",
        "format": str(found.content.format),
        "source": found.content.source,
        "track_opens": "on",
        **more,
    }


def source(desk: Office, campaign: UUID) -> str:
    with scope(desk.shop.id):
        return selectors.find(campaign).content.source


def state(desk: Office, campaign: UUID) -> str:
    return desk.shop.campaign_state(campaign)


@pytest.mark.req("CAM-1")
def test_an_empty_list_starts_the_first_campaign_and_a_letter_passes_every_check_of_its_content(desk: Office) -> None:
    client = desk.browser()
    assert "Write the first campaign" in client.get("/campaigns/").content.decode()
    answer = client.post(
        "/campaigns/new/", {"name": "Spring", "list_id": str(desk.shop.list_id), "start": "letter"}, follow=True
    )
    assert answer.status_code == HTTPStatus.OK
    campaign = UUID(re.search(r"/campaigns/([0-9a-f-]{36})/content/", answer.redirect_chain[-1][0])[1])  # type: ignore[index]
    client.post(f"/campaigns/{campaign}/content/", form(desk, campaign, subject="Spring is here", preheader="Warm"))
    with scope(desk.shop.id):
        found = selectors.find(campaign)
    assert found.ready, found.findings
    page = client.get(f"/campaigns/{campaign}/checks/").content.decode()
    assert "Nothing stands in the way" in page


@pytest.mark.req("CAM-1", "PPL-2")
@pytest.mark.parametrize("role", ["privacy_officer", "reader"])
def test_who_does_not_write_reads_and_can_do_nothing(desk: Office, role: str) -> None:
    campaign, client = desk.shop.draft(), desk.browser(role)
    for step in ("content", "audience", "checks", "send"):
        page = client.get(f"/campaigns/{campaign}/{step}/")
        assert page.status_code == HTTPStatus.OK, step
        assert "Duplicate" not in page.content.decode()
    assert 'name="source"' not in client.get(f"/campaigns/{campaign}/content/").content.decode()
    acts = (
        "content",
        "audience",
        "launch",
        "pause",
        "resume",
        "cancel",
        "unknown",
        "duplicate",
        "discard",
        "test",
        "look",
    )
    assert {client.post(f"/campaigns/{campaign}/{act}/").status_code for act in acts} == {HTTPStatus.FORBIDDEN}
    assert client.get("/campaigns/new/").status_code == HTTPStatus.FORBIDDEN
    assert state(desk, campaign) == "draft"


def test_a_marketer_writes_and_sends(desk: Office) -> None:
    campaign, client = desk.shop.draft(), desk.browser("marketer")
    assert client.post(f"/campaigns/{campaign}/launch/").status_code == HTTPStatus.FOUND
    assert state(desk, campaign) == "launching"


@pytest.mark.req("SEC-1")
def test_the_campaigns_of_another_controller_are_not_there(desk: Office, world: World) -> None:
    campaign, client = desk.shop.draft(), office("Rival Bakery").browser()
    pages = ("", "content/", "message/", "audience/", "checks/", "send/", "report/", "cancel/")
    assert {client.get(f"/campaigns/{campaign}/{page}").status_code for page in pages} == {HTTPStatus.NOT_FOUND}
    acts = ("audience", "launch", "pause", "resume", "cancel", "unknown", "duplicate", "discard", "look")
    data = {"phrase": "Saturday", "number": "1", "decision": "resend", "revision": 0}
    data["list"] = str(desk.shop.list_id)
    answers = {act: client.post(f"/campaigns/{campaign}/{act}/", data).status_code for act in acts}
    assert set(answers.values()) <= {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}, answers
    assert "Saturday" not in client.get("/campaigns/").content.decode()
    assert state(desk, campaign) == "draft"


def test_who_is_not_logged_in_is_led_to_the_log_in(desk: Office) -> None:
    answer = Client().get(f"/campaigns/{desk.shop.draft()}/content/")
    assert (answer.status_code, answer["Location"].split("?")[0]) == (HTTPStatus.FOUND, "/login/")


def test_what_is_typed_is_saved_and_the_preview_comes_back(desk: Office) -> None:
    campaign, client = desk.shop.draft(), desk.browser()
    typed = form(desk, campaign, subject="Rye at dawn")
    part = client.post(f"/campaigns/{campaign}/content/", typed, headers=HTMX).content.decode()
    assert "Rye at dawn" in part
    assert '<input type="hidden" name="revision" id="id_revision" value="1" hx-swap-oob="true">' in part
    assert "<html" not in part


def test_a_stale_revision_is_told_keeps_what_was_typed_and_can_be_saved_over(desk: Office) -> None:
    campaign, client = desk.shop.draft(), desk.browser()
    mine, theirs = form(desk, campaign, source="<p>mine</p>"), form(desk, campaign, source="<p>theirs</p>")
    client.post(f"/campaigns/{campaign}/content/", theirs)
    answer = client.post(f"/campaigns/{campaign}/content/", mine)
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "&lt;p&gt;mine&lt;/p&gt;" in page
    assert "somebody else was faster" in page
    assert source(desk, campaign) == "<p>theirs</p>"
    assert client.post(f"/campaigns/{campaign}/content/", mine, headers=HTMX).status_code == HTTPStatus.CONFLICT
    over = re.search(r'name="over" value="(\d+)"', page)
    assert over is not None
    client.post(f"/campaigns/{campaign}/content/", mine | {"over": over[1]})
    assert source(desk, campaign) == "<p>mine</p>"


def test_errors_keep_what_was_typed_and_save_nothing(desk: Office) -> None:
    campaign, client = desk.shop.draft(), desk.browser()
    wrong = form(desk, campaign, source="<p>kept</p>", reply_to="nobody at all", from_local="two words")
    answer = client.post(f"/campaigns/{campaign}/content/", wrong)
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "nobody at all" in page
    assert "&lt;p&gt;kept&lt;/p&gt;" in page
    assert page.count("This is no address that mail can be sent to.") == 2
    assert source(desk, campaign) == SMALL.source


def test_a_domain_that_is_not_verified_cannot_be_chosen(desk: Office) -> None:
    campaign, client = desk.shop.draft(), desk.browser()
    answer = client.post(f"/campaigns/{campaign}/content/", form(desk, campaign, from_domain="rival.example"))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.req("DLV-1")
def test_under_the_shared_domain_the_address_names_the_controller_and_answers_need_one_of_its_own(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = fresh("example")
    with asked(monkeypatch, SHARED_DOMAIN=name) as zone:
        watching.keep_shared(at=now())
        with scope(INSTANCE):
            publish(zone, name)
            domain = delivery.domain_named(name)
            assert domain is not None
            services.verify_domain(domain_id=domain.id, actor=SYSTEM, at=now())
        campaign, client = desk.shop.draft(), desk.browser("marketer")
        where, typed = f"/campaigns/{campaign}/content/", {"from_local": "rival", "from_domain": name}
        answer = client.post(where, form(desk, campaign, **typed, reply_to=""))
        assert "answers need an address of your own" in answer.content.decode()
        client.post(where, form(desk, campaign, **typed, reply_to="hello@bakery.example"))
        with scope(desk.shop.id):
            content = selectors.find(campaign).content
            assert content.from_address == delivery.shared_address() != f"rival@{name}"
            assert content.reply_to == "hello@bakery.example"
        page = client.get(f"/campaigns/{campaign}/checks/").content.decode()
        assert "permits a verified domain of your own only" in page
    watching.keep_shared(at=now())


def test_a_line_break_in_a_header_is_refused_not_sent(desk: Office) -> None:
    campaign, client = desk.shop.draft(), desk.browser()
    client.post(f"/campaigns/{campaign}/content/", form(desk, campaign, from_name="Bakery\r\nBcc: all@example.com"))
    with scope(desk.shop.id):
        assert "\n" not in selectors.find(campaign).content.from_name or not selectors.find(campaign).ready


def test_a_message_with_scripts_is_shown_without_them_in_a_frame_that_can_do_nothing(desk: Office) -> None:
    evil = '<p onclick="steal()">Bread</p><script>steal()</script><iframe src="https://evil.example"></iframe>'
    body = evil + SMALL.source + '<a href="javascript:steal()">x</a>'
    campaign = desk.shop.draft(Content(Format.HTML, body, "Bread", "Demo", "news@bakery.example"))
    answer = desk.browser().get(f"/campaigns/{campaign}/message/")
    page, policy = answer.content.decode(), answer["Content-Security-Policy"]
    assert "steal" not in page
    assert "<iframe" not in page
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


@pytest.mark.req("CAM-1")
def test_looking_as_a_recipient_shows_their_message_masks_their_address_and_is_recorded(desk: Office) -> None:
    campaign, client = desk.shop.draft(), desk.browser()
    part = client.post(
        f"/campaigns/{campaign}/look/", {"address": "READER1@inbox.example"}, headers=HTMX
    ).content.decode()
    assert "reader1@inbox.example" not in part
    assert re.search(r"as r\S+@\S+ gets it", part)
    assert "Dear Ann1" in client.get(f"/campaigns/{campaign}/message/").content.decode()
    with scope(desk.shop.id):
        kinds = [entry.kind for entry in record.entries(kind="campaign.previewed", limit=5)]
    assert kinds == ["campaign.previewed"]
    client.post(f"/campaigns/{campaign}/look/", {}, headers=HTMX)
    assert "Dear friend" in client.get(f"/campaigns/{campaign}/message/").content.decode()


def test_looking_as_a_stranger_says_that_nobody_has_the_address(desk: Office) -> None:
    campaign, client = desk.shop.draft(), desk.browser()
    answer = client.post(f"/campaigns/{campaign}/look/", {"address": "nobody@inbox.example"}, headers=HTMX)
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert "Nobody in your audience has this address" in answer.content.decode()


def test_the_audience_step_says_how_many_get_it_and_why_others_do_not(desk: Office) -> None:
    campaign, client = desk.shop.draft(), desk.browser()
    with scope(desk.shop.id):
        bulk.execute(
            "update audience_subscription set state = 'unsubscribed' where subscriber_id ="
            " (select min(subscriber_id::text)::uuid from audience_subscription where list_id = %b)",
            [desk.shop.list_id],
        )
    page = client.get(f"/campaigns/{campaign}/audience/").content.decode()
    assert "<strong>2</strong>" in page
    assert "of 3 on Newsletter" in page
    assert "Not subscribed" in page
    assert "Who is not written to" in page


def test_choosing_a_list_on_a_stale_page_is_refused(desk: Office) -> None:
    campaign, client = desk.shop.draft(), desk.browser()
    chosen = {"list": str(desk.shop.list_id), "revision": 0}
    assert client.post(f"/campaigns/{campaign}/audience/", chosen).status_code == HTTPStatus.FOUND
    assert client.post(f"/campaigns/{campaign}/audience/", chosen).status_code == HTTPStatus.CONFLICT


@pytest.mark.req("CAM-2", "DLV-1")
def test_each_refused_check_names_its_clause_its_remedy_and_the_place_that_mends_it(desk: Office) -> None:
    nameless = Content(Format.HTML, "<p>Bread</p>", "", "", "news@rival.example")
    campaign, client = desk.shop.draft(nameless), desk.browser()
    page = client.get(f"/campaigns/{campaign}/checks/").content.decode()
    assert "The sending domain rival.example is not verified." in page
    assert re.search(r'href="/privacy/agreement/#clause-sending-domain">\d+\.\d+ \w', page)
    assert "sending.domain" not in page
    assert 'id="clause-sending-domain"' in client.get("/privacy/agreement/").content.decode()
    assert f'href="/campaigns/{campaign}/content/#id_subject"' in page
    send = client.get(f"/campaigns/{campaign}/send/").content.decode()
    assert "It cannot be sent yet" in send
    assert 'id="launch"' not in send
    refused = client.post(f"/campaigns/{campaign}/launch/")
    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert "What mends it" in refused.content.decode()
    assert f'href="/campaigns/{campaign}/content/#id_subject"' in refused.content.decode()
    assert state(desk, campaign) == "draft"


@pytest.mark.req("CAM-1")
def test_of_two_members_who_launch_at_once_one_wins_and_the_other_is_told(desk: Office) -> None:
    campaign = desk.shop.draft()
    clients = [desk.browser("owner"), desk.browser("marketer")]
    line, answers = threading.Barrier(2), []

    def press(client: Client) -> None:
        try:
            line.wait()
            answers.append(client.post(f"/campaigns/{campaign}/launch/"))
        finally:
            connection.close()

    together([partial(press, client) for client in clients])
    assert sorted(answer.status_code for answer in answers) == [HTTPStatus.FOUND, HTTPStatus.CONFLICT]
    loser = next(answer for answer in answers if answer.status_code == HTTPStatus.CONFLICT)
    assert "This campaign was launched before." in loser.content.decode()


def together(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.req("DLV-5")
def test_progress_is_told_and_a_change_of_state_asks_for_the_whole_page(desk: Office) -> None:
    campaign, client = desk.shop.launched(), desk.browser()
    page = client.get(f"/campaigns/{campaign}/send/").content.decode()
    poll = re.search(r'hx-get="(/campaigns/[^"]+progress[^"]+)"', page)
    assert poll is not None
    address = poll[1].replace("&amp;", "&")
    part = client.get(address, headers=HTMX)
    assert "0 of 3" in part.content.decode()
    assert "inbox.example" not in page  # identities stay sealed
    client.post(f"/campaigns/{campaign}/pause/")
    assert client.get(address, headers=HTMX)["HX-Refresh"] == "true"
    assert "Paused" in client.get(f"/campaigns/{campaign}/send/").content.decode()
    client.post(f"/campaigns/{campaign}/resume/")
    assert state(desk, campaign) == "sending"


def test_a_cancellation_shows_its_counts_and_wants_the_name_typed(desk: Office) -> None:
    campaign, client = desk.shop.launched(), desk.browser()
    assert "<strong>3</strong>" in client.get(f"/campaigns/{campaign}/cancel/", headers=HTMX).content.decode()
    assert (
        client.post(f"/campaigns/{campaign}/cancel/", {"phrase": "yes"}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    )
    assert state(desk, campaign) == "sending"
    client.post(f"/campaigns/{campaign}/cancel/", {"phrase": "Saturday"})
    assert state(desk, campaign) == "cancelled"
    assert desk.shop.states(campaign) == {"cancelled": 3}


@pytest.mark.req("DLV-5")
def test_a_member_decides_about_messages_of_unknown_outcome(desk: Office) -> None:
    campaign, client = desk.shop.launched(), desk.browser()
    make_unknown(desk, campaign)
    page = client.get(f"/campaigns/{campaign}/send/").content.decode()
    assert page.count('name="number"') == 3
    assert "reader1@" not in page
    client.post(f"/campaigns/{campaign}/unknown/", {"decision": "count"})
    assert desk.shop.states(campaign) == {"unknown": 3}
    client.post(f"/campaigns/{campaign}/unknown/", {"decision": "count", "number": ["1"]})
    client.post(f"/campaigns/{campaign}/unknown/", {"decision": "resend", "whole": "yes"})
    assert desk.shop.states(campaign) == {"sent": 1, "queued": 2}


def make_unknown(desk: Office, campaign: UUID) -> None:
    from mandata.delivery.services import tending

    with scope(desk.shop.id):
        tending.move(campaign_id=campaign, before=("queued",), after="unknown", at=now())
        assert Message.objects.filter(campaign_id=campaign, state="unknown").count() == 3


def test_a_copy_is_a_draft_and_a_draft_is_discarded_by_its_name_only(desk: Office) -> None:
    campaign, client = desk.shop.launched(), desk.browser()
    answer = client.post(f"/campaigns/{campaign}/duplicate/")
    copy = UUID(answer["Location"].split("/")[2])
    assert state(desk, copy) == "draft"
    assert client.post(f"/campaigns/{copy}/discard/", {"phrase": "?"}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert client.post(f"/campaigns/{copy}/discard/", {"phrase": "Saturday (copy)"}).status_code == HTTPStatus.FOUND
    assert client.get(f"/campaigns/{copy}/content/").status_code == HTTPStatus.NOT_FOUND


def test_a_launched_campaign_is_only_read(desk: Office) -> None:
    campaign, client = desk.shop.launched(), desk.browser()
    assert 'name="source"' not in client.get(f"/campaigns/{campaign}/content/").content.decode()
    assert client.post(f"/campaigns/{campaign}/content/", form(desk, campaign)).status_code == HTTPStatus.CONFLICT
    assert client.get(f"/campaigns/{campaign}/")["Location"].endswith("/send/")


def test_a_test_goes_nowhere_without_an_address_or_a_server(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDATA_SMTP_URL", f"smtp://127.0.0.1:{free_port()}")
    environment.env.cache_clear()
    campaign, client = desk.shop.draft(), desk.browser()
    assert (
        client.post(f"/campaigns/{campaign}/test/", {"to": "me"}, headers=HTMX).status_code
        == HTTPStatus.UNPROCESSABLE_ENTITY
    )
    answer = client.post(f"/campaigns/{campaign}/test/", {"to": "me@bakery.example"}, headers=HTMX)
    monkeypatch.undo()
    environment.env.cache_clear()
    assert answer.status_code == HTTPStatus.BAD_GATEWAY
