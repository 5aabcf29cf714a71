"""Writing a campaign: drafts, revisions, what is found in them, previews."""

from dataclasses import replace
from uuid import UUID

import pytest

from mandata.campaigns import selectors, services
from mandata.campaigns.errors import ContentNotReady, EditedMeanwhile, NoSuchCampaign, WrongState
from mandata.campaigns.rules.content import Format
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id
from mandata.infra.tenancy import NoScope, scope
from mandata.record import selectors as record
from tests.campaigns.conftest import GOOD, LATER, Baker
from tests.world import NOON, World


@pytest.mark.req("CAM-1")
def test_a_draft_is_compiled_as_it_is_written(baker: Baker) -> None:
    campaign = baker.writes()
    found = selectors.find(campaign)
    assert found.row.state == "draft" and found.ready and found.findings == ()
    assert selectors.links(campaign) == [(1, "https://shop.example/bread", "bread")]
    assert len(selectors.sendable(campaign).digest) == 32


def test_numbers_are_unique_in_the_installation(baker: Baker) -> None:
    first, second = baker.writes(), baker.writes()
    assert selectors.find(first).row.number != selectors.find(second).row.number


@pytest.mark.req("CAM-2")
def test_findings_are_told_in_words_and_stop(baker: Baker) -> None:
    found = selectors.find(baker.writes(replace(GOOD, source="<p>Hello</p>")))
    stops = {told.code for told in found.findings if told.stops}
    assert stops == {"unsubscribe_missing", "postal_address_missing", "mark_missing"}
    assert all(told.text and told.remedy for told in found.findings)
    assert not found.ready


def test_content_that_gives_no_message_is_kept_with_its_refusal(baker: Baker) -> None:
    campaign = baker.writes(replace(GOOD, source="<p>{% include 'x' %}</p>"))
    told = selectors.find(campaign).findings
    assert [each.code for each in told] == ["content.tag_unknown"]
    assert "include" in told[0].text and "line 1" in told[0].text
    with pytest.raises(ContentNotReady):
        selectors.sendable(campaign)


def test_mjml_that_is_none_is_kept_with_its_refusal(baker: Baker) -> None:
    campaign = baker.writes(replace(GOOD, format=Format.MJML, source="<html></html>"))
    assert [each.code for each in selectors.find(campaign).findings] == ["content.mjml"]


def test_an_empty_draft_has_nothing_to_tell_yet(baker: Baker) -> None:
    campaign = services.create(name="  ", actor=baker.actor, at=NOON)
    found = selectors.find(campaign)
    assert found.findings == () and not found.ready


def test_a_draft_without_sender_can_be_looked_at_but_is_stopped(baker: Baker) -> None:
    campaign = baker.writes(replace(GOOD, from_address=""))
    assert [told.code for told in selectors.find(campaign).findings] == ["sender_address_missing"]
    assert selectors.preview(campaign, address="a@b.example", fields={}, at=NOON).subject == "Bread for you"


def test_saving_over_somebody_elses_version_is_refused(baker: Baker) -> None:
    campaign = baker.writes()
    assert services.edit(campaign_id=campaign, revision=0, name="Sunday", at=LATER) == 1
    with pytest.raises(EditedMeanwhile):
        services.edit(campaign_id=campaign, revision=0, name="Monday", at=LATER)
    assert selectors.find(campaign).row.name == "Sunday"


def test_an_edit_changes_links_and_keeps_the_rest(baker: Baker) -> None:
    campaign = baker.writes()
    changed = replace(GOOD, source=GOOD.source.replace("shop.example/bread", "shop.example/cake"))
    services.edit(campaign_id=campaign, revision=0, content=changed, at=LATER)
    assert selectors.links(campaign) == [(1, "https://shop.example/cake", "bread")]
    assert selectors.find(campaign).row.name == "Saturday"


def test_tracking_switched_off_leaves_links_alone(baker: Baker) -> None:
    campaign = baker.writes(track_clicks=False, track_opens=False)
    assert selectors.links(campaign) == []
    assert b"/o/" not in selectors.sendable(campaign).data


def test_a_launched_campaign_is_neither_edited_nor_discarded(baker: Baker) -> None:
    campaign = baker.writes()
    baker.launches(campaign)
    with pytest.raises(WrongState):
        services.edit(campaign_id=campaign, revision=0, name="x", at=LATER)
    with pytest.raises(WrongState):
        services.discard(campaign_id=campaign, actor=baker.actor, at=LATER)


def test_a_duplicate_is_a_draft_of_its_own(baker: Baker) -> None:
    campaign = baker.writes()
    baker.launches(campaign)
    copy = services.duplicate(campaign_id=campaign, name="Again", actor=baker.actor, at=LATER)
    found = selectors.find(copy)
    assert found.row.state == "draft" and found.content == GOOD
    assert found.row.number != selectors.find(campaign).row.number


def test_a_discarded_draft_is_gone(baker: Baker) -> None:
    campaign = baker.writes()
    services.discard(campaign_id=campaign, actor=baker.actor, at=LATER)
    with pytest.raises(NoSuchCampaign):
        selectors.find(campaign)


@pytest.mark.req("CAM-1")
def test_a_preview_shows_what_one_person_gets(baker: Baker) -> None:
    shown = selectors.preview(
        baker.writes(), address="eva@mail.example", fields={"first_name": "Eva & <co>"}, name="Eva", at=NOON
    )
    assert shown.subject == "Bread for Eva & <co>"
    assert "Dear Eva &amp; &lt;co&gt;," in shown.html and 'href="https://shop.example/bread"' in shown.html
    assert "bread <https://shop.example/bread>" in shown.text
    assert "/o/" not in shown.html and "preview-" not in shown.html + shown.text
    assert "1 Oven Lane, 110 00 Prague" in shown.text
    assert dict(shown.headers)["To"] == "Eva <eva@mail.example>"


def test_a_preview_of_hostile_content_does_nothing(baker: Baker) -> None:
    campaign = baker.writes(replace(GOOD, source="<script>alert(1)</script><p onclick=x()>Hi</p>" + GOOD.source))
    shown = selectors.preview(campaign, address="eva@mail.example", fields={}, at=NOON)
    assert "script" not in shown.html and "onclick" not in shown.html
    assert "removed" in {told.code for told in selectors.find(campaign).findings}


def test_the_gate_is_told_what_the_content_is(baker: Baker) -> None:
    facts = selectors.content_facts(baker.writes())
    assert facts.content and facts.link and facts.one_click and facts.marked
    assert (facts.from_domain, facts.reply_address) == ("bakery.example", "news@bakery.example")
    bare = selectors.content_facts(baker.writes(replace(GOOD, source="<p>x</p>", reply_to="me@bakery.example")))
    assert not bare.link and not bare.marked and bare.reply_address == "me@bakery.example"


def test_a_campaigns_life_enters_the_record_without_its_content(baker: Baker) -> None:
    campaign = baker.writes()
    gate = {"verdicts": 9, "recipients": 3}
    services.launch(campaign_id=campaign, actor=baker.actor, at=LATER, clause="sending.basis", evidence=gate)
    services.begin(campaign_id=campaign, recipients=3, actor=SYSTEM, at=LATER)
    services.finish(campaign_id=campaign, totals={"sent": 3}, actor=SYSTEM, at=LATER)
    entries = record.entries(kind="campaign.")
    assert [entry.kind.removeprefix("campaign.") for entry in entries] == ["finished", "frozen", "launched", "created"]
    assert all(entry.body["campaign"] == str(campaign) for entry in entries)
    launched = entries[2]
    assert (launched.clause, launched.body["gate"]) == ("sending.basis", gate)
    assert launched.body["content"] == selectors.sendable(campaign).digest.hex()
    assert not any(word in str(entries) for word in ("Oven", "bread", "bakery.example"))


@pytest.mark.req("SEC-2")
def test_another_controller_sees_no_campaign_of_mine(world: World) -> None:
    mine, other = world.controller(), world.controller("Other Bakery")
    with scope(mine.id):
        campaign: UUID = Baker(mine).writes()
    with scope(other.id):
        with pytest.raises(NoSuchCampaign):
            selectors.find(campaign)
        assert selectors.campaigns() == []


def test_without_a_scope_nothing_is_read(world: World) -> None:
    with pytest.raises(NoScope):
        selectors.find(new_id())
