"""The operator's page of transports."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from mandata.accounts.models import User
from mandata.delivery.models import Source, Transport
from mandata.infra.clock import now
from tests.console.office import office
from tests.world.people import registered, staffed

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
RELAY = {
    "act": "add", "name": "relay", "kind": "relay", "address": "smtp://127.0.0.1:1", "tier": "1", "weight": "1",
    "connections": "10",
}  # fmt: skip


@pytest.fixture
def otto(database: object) -> Iterator[Client]:
    client = Client()
    client.force_login(User.objects.get(id=staffed(registered()).user_id), backend=BACKEND)
    yield client
    Transport.objects.all().delete()


def page(client: Client, status: int = 200, **sent: object) -> str:
    address = reverse("operator:transports")
    answer = client.post(address, sent) if sent else client.get(address)
    assert answer.status_code == status, answer.content.decode()
    return str(answer.content.decode())


@pytest.mark.req("DLV-2")
def test_the_operator_sets_a_transport_up_looks_at_it_pauses_it_and_takes_it_away(otto: Client) -> None:
    assert "No transport is set up" in page(otto)
    page(otto, 302, **RELAY, user="us", password="hidden-word")
    shown = page(otto)
    assert "with a sealed log-in" in shown and "hidden-word" not in shown and "decided behind it" in shown
    page(otto, 302, act="check", name="relay")
    assert "cannot be used" in page(otto)
    for act, state in (("pause", "paused"), ("resume", "active")):
        page(otto, 302, act=act, name="relay")
        assert Transport.objects.get().state == state
    page(otto, 302, act="remove", name="relay")
    assert not Transport.objects.exists()


@pytest.mark.req("DLV-2")
def test_terms_are_accepted_and_addresses_show_how_they_stand(otto: Client) -> None:
    sources = "192.0.2.1 out.example.com\n192.0.2.2, vip.example.com, vip"
    page(otto, 302, **(RELAY | {"name": "own", "kind": "direct", "address": ""}), sources=sources)
    Source.objects.filter(address="192.0.2.1").update(fault="ptr", checked_at=now())
    Source.objects.filter(address="192.0.2.2").update(listed=["block.test"], checked_at=now())
    Transport.objects.update(terms="2026-01")
    shown = page(otto)
    assert "another name in the reverse zone" in shown and "block.test" in shown and "Accept the terms 2026-01" in shown
    page(otto, 302, act="accept", name="own", version="2026-01")
    assert Transport.objects.get().accepted == "2026-01"


def test_what_cannot_be_is_told_and_nothing_is_set_up(otto: Client) -> None:
    assert "Only a relay" in page(otto, 422, **(RELAY | {"kind": "direct"}))
    assert "Write address and name" in page(
        otto, 422, **(RELAY | {"kind": "direct", "address": ""}), sources="192.0.2.1"
    )
    assert "no transport" in page(otto, 422, act="pause", name="nobody")
    assert not Transport.objects.exists()


@pytest.mark.req("DLV-2")
def test_a_controller_is_told_where_it_must_contract_directly(otto: Client) -> None:
    mine = office("Direct Bakery")
    told = "contract with it yourself"
    address = reverse("privacy:subprocessors")
    assert "By whom your mail is sent" not in mine.browser().get(address).content.decode()
    page(otto, 302, **RELAY)
    Transport.objects.update(terms="2026-01", terms_url="https://engine.example/terms", contract_directly=True)
    page(otto, 302, act="accept", name="relay", version="2026-01")
    shown = mine.browser().get(address).content.decode()
    assert told in shown and "https://engine.example/terms" in shown and "smtp://127.0.0.1" not in shown
    page(otto, 302, act="pause", name="relay")
    assert told not in mine.browser().get(address).content.decode()
