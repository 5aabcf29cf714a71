"""The page of what came back: figures, reasons, what the servers said, and the stop that an owner lifts."""

from uuid import UUID

import pytest
from django.test import Client

from mandata.accounts.selectors import user
from mandata.campaigns import services as campaigns
from mandata.delivery.models import Alarm, Return
from mandata.delivery.services import thresholds
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from tests.world import World
from tests.world.people import House, registered, staffed

SAID = "550 5.1.1 No such user here"


@pytest.fixture
def house(world: World) -> House:
    return registered()


def client(user_id: UUID) -> Client:
    browser = Client()
    browser.force_login(user(user_id))
    return browser


def came_back(house: House) -> UUID:
    """A campaign with one bounce and one complaint; its id."""
    with scope(house.id):
        campaign = campaigns.create(name="Spring", actor=Actor("member", new_id()), at=now())
        for kind, hard, reason in (("bounce", True, "userunknown"), ("complaint", False, "feedback")):
            Return.objects.create(
                digest=new_id().bytes, kind=kind, hard=hard, reason=reason, campaign_id=campaign, status="5.1.1",
                diagnostic=SAID, received_at=now(), suppressed="hard_bounce" if hard else "complaint",
            )  # fmt: skip
    return campaign


def test_nothing_came_back_is_said_so(house: House) -> None:
    assert "Nothing came back" in client(house.owner.user_id).get("/sending/returned/").content.decode()
    assert client(house.owner.user_id).get("/sending/returned/?campaign=x").status_code == 404


@pytest.mark.req("DLV-5", "AUDI-4")
def test_it_shows_what_came_back_and_what_rests_on_it(house: House) -> None:
    campaign = came_back(house)
    for page in ("/sending/returned/", f"/sending/returned/?campaign={campaign}"):
        shown = client(house.owner.user_id).get(page).content.decode()
        for words in ("No such mailbox", SAID, "The mailbox does not exist", "Spring", "Bounces by reason"):
            assert words in shown, (page, words)


@pytest.mark.req("DLV-3")
def test_an_owner_sees_the_stop_with_its_clause_and_lifts_it_with_reasons(house: House) -> None:
    came_back(house)
    with scope(house.id):
        alarm = Alarm.objects.create(
            kind="complaints", about=house.id, level="stopped", part=12, whole=9000, clause="sending.complaints",
            since=now(), changed_at=now(),
        )  # fmt: skip
    owner = client(house.owner.user_id)
    shown = owner.get("/sending/returned/").content.decode()
    assert "Sending is stopped" in shown and "sending.complaints" in shown and "12 of 9000" in shown
    refused = owner.post(f"/sending/returned/{alarm.id}/lift/", {"reason": ""})
    assert refused.status_code == 422
    assert owner.post(f"/sending/returned/{alarm.id}/lift/", {"reason": "Bought list deleted"}).status_code == 302
    shown = owner.get("/sending/returned/").content.decode()
    assert "Bought list deleted" in shown and "Sending is stopped" not in shown
    with scope(house.id):
        assert thresholds.check(None) == ()


@pytest.mark.req("DLV-3")
def test_the_operator_sees_and_lifts_it_on_the_controllers_page(house: House) -> None:
    with scope(house.id):
        alarm = Alarm.objects.create(
            kind="nonexistent", about=new_id(), level="stopped", part=30, whole=300, clause="import.nonexistent",
            since=now(), changed_at=now(),
        )  # fmt: skip
    staff = client(staffed(house).user_id)
    assert "30 of 300" in staff.get(f"/operator/controllers/{house.id}/").content.decode()
    path = f"/operator/controllers/{house.id}/alarms/{alarm.id}/lift/"
    assert client(house.owner.user_id).post(path, {"reason": "x"}).status_code in {403, 404}
    assert staff.post(path, {"reason": "Checked with the customer"}).status_code == 302
    with scope(house.id):
        assert Alarm.objects.get().lifted_by.startswith("operator")
