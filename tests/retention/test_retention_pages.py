"""The controller's page of retention: what it shows, sets, counts and deletes."""

from datetime import timedelta

import pytest
from django.test import Client

from mandata.accounts.models import Member, User
from mandata.foundation.periods import Period
from mandata.infra.clock import now
from mandata.retention.models import Hold, Run
from mandata.retention.selectors import keeping as selectors
from mandata.retention.services import keeping
from tests.retention.ages import LONG_AGO, campaign, count, events, house, inside, join
from tests.world.people import House

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def browser(owner: House, role: str = "owner") -> Client:
    client = Client()
    member = owner.owner.actor.id if role == "owner" else join(owner, role)
    with inside(owner):
        user = User.objects.get(id=Member.objects.get(id=member).user_id)
    client.force_login(user, backend=_BACKEND)
    return client


@pytest.mark.req("RET-1")
def test_the_page_shows_rules_with_their_source_and_what_would_go(database: object) -> None:
    owner, at = house("acomware"), now()
    with inside(owner):
        campaign(owner, at=at - LONG_AGO)
    page = browser(owner, "reader").get("/privacy/retention/").content.decode()
    assert "180 days from its creation" in page and "ACO 4.7" in page
    assert "In all 1 would go today" in page
    assert "Hold something back" not in page
    assert "Not yours to set" not in browser(owner, "reader").get("/privacy/retention/content/").content.decode()
    assert "Not yours to set" in browser(owner).get("/privacy/retention/content/").content.decode()


@pytest.mark.req("RET-1", "INS-1")
def test_a_member_sets_a_period_counts_and_deletes_what_was_counted(database: object) -> None:
    owner, at = house(), now()
    with inside(owner):
        events(campaign(owner, at=at - LONG_AGO), 6, at=at - LONG_AGO)
    client = browser(owner)
    path = "/privacy/retention/events/"
    assert client.post(path, {"set-amount": "2", "set-unit": "years"}).status_code == 302
    assert "2 years from the event" in client.get(path).content.decode()
    assert client.post(path, {"set-amount": "0", "set-unit": "years"}).status_code == 200
    assert client.post("/privacy/retention/messages/", {"set-amount": "3", "set-unit": "days"}).status_code == 409
    counted = client.get(path, {"amount": "1", "unit": "years"}).content.decode()
    assert "Delete these 6" in counted
    wrong = client.post(path + "delete/", {"period": "1 year", "rows": "5"})
    assert wrong.status_code == 409
    assert client.post(path + "delete/", {"period": "1 year", "rows": "6"}).status_code == 302
    with inside(owner):
        live = selectors.live()
        assert live is not None
    assert keeping.work(controller_id=owner.id, run_id=live.id, at=at) is False
    with inside(owner):
        assert count("tracking_event") == 0
    assert "on demand" in client.get("/privacy/retention/").content.decode()
    assert client.post(path, {"reset": "1"}).status_code == 302
    assert client.post(path + "delete/", {"period": "soon", "rows": "x"}).status_code == 404
    assert client.get("/privacy/retention/nothing/").status_code == 404


@pytest.mark.req("RET-1")
def test_a_hold_is_placed_and_lifted_and_a_waiting_deletion_is_let_go_on_the_page(database: object) -> None:
    owner, at = house("acomware"), now()
    with inside(owner):
        keeping.daily(at=at - timedelta(days=90), queue=False)
        campaign(owner, at=at - LONG_AGO)
        assert keeping.daily(at=at, queue=False)
        live = selectors.live()
        assert live is not None
    client = browser(owner)
    assert "waits for you" in client.get("/privacy/retention/").content.decode()
    assert client.post(f"/privacy/retention/runs/{live.id}/begin/").status_code == 302
    assert client.post(f"/privacy/retention/runs/{live.id}/stop/").status_code == 302
    with inside(owner):
        assert Run.objects.get(id=live.id).state == "stopped"
    form = {"category": "content", "ground": "claims", "reason": "A claim of Bakers Ltd"}
    assert client.post("/privacy/retention/", form).status_code == 302
    assert client.post("/privacy/retention/", {**form, "reason": ""}).status_code == 200
    with inside(owner):
        held = Hold.objects.get()
        assert b"Bakers" not in bytes(held.sealed)
        assert selectors.older("content", Period.parse("1 day"), at).hold == ("claims",)
    assert client.post(f"/privacy/retention/holds/{held.id}/lift/").status_code == 302
