"""The page of a campaign that a restore holds: what happened, and the button that lets it go on."""

from uuid import UUID

import pytest

from mandata.campaigns import services as campaigns
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.console.office import Office, office
from tests.world import World


@pytest.fixture
def desk(world: World) -> Office:
    made = office()
    made.shop.people(3)
    return made


@pytest.fixture
def held(desk: Office) -> UUID:
    campaign = desk.shop.launched()
    with scope(desk.shop.id):
        campaigns.hold(campaign_id=campaign, reason="restored", actor=SYSTEM, at=now())
    return campaign


@pytest.mark.req("RET-7")
def test_a_held_campaign_says_why_and_is_released_by_a_button(desk: Office, held: UUID) -> None:
    client = desk.browser()
    assert "is held after a restore" in client.get("/").content.decode()
    page = client.get(f"/campaigns/{held}/send/").content.decode()
    assert "Held: you decide" in page and f"/campaigns/{held}/release/" in page and "Resume" not in page
    client.post(f"/campaigns/{held}/release/")
    assert desk.shop.campaign_state(held) == "sending"
    assert "is held after a restore" not in client.get("/").content.decode()


def test_a_reader_sees_it_and_releases_nothing(desk: Office, held: UUID) -> None:
    client = desk.browser("reader")
    assert "Held: you decide" in client.get(f"/campaigns/{held}/send/").content.decode()
    assert client.post(f"/campaigns/{held}/release/").status_code == 403
    assert desk.shop.campaign_state(held) == "held"


def test_it_is_said_in_czech(desk: Office, held: UUID) -> None:
    client = desk.browser()
    client.post("/account/language/", {"language": "cs", "next": "/"})
    page = client.get(f"/campaigns/{held}/send/").content.decode()
    assert "Zadrženo: rozhodněte" in page and "Uvolnit" in page
