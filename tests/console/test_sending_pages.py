"""The pages about sending: domains and their records, senders, suppression, unknown outcomes."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from mandata.accounts.selectors import user
from mandata.audience import selectors as people
from mandata.audience import services as audience
from mandata.audience.rules.bases import Reason
from mandata.delivery import selectors, services
from mandata.delivery.models import Domain
from mandata.delivery.nameserver import NameServer, Zone
from mandata.delivery.services.tending import move
from mandata.infra import environment
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.delivery.mailing import Shop
from tests.world import World
from tests.world.people import House, joined, registered

ADDRESS = "petr@reader.example"


@pytest.fixture
def house(world: World) -> House:
    return registered()


def client(user_id: UUID) -> Client:
    browser = Client()
    browser.force_login(user(user_id))
    return browser


@pytest.fixture
def owner(house: House) -> Client:
    return client(house.owner.user_id)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    """A name server on loopback, named by MANDATA_DNS."""
    server = NameServer(Zone())
    server.start()
    monkeypatch.setenv("MANDATA_DNS", f"127.0.0.1:{server.port}")
    environment.env.cache_clear()
    yield server
    server.stop()
    monkeypatch.undo()
    environment.env.cache_clear()


def added(owner: Client, name: str = "news.bakery.test") -> UUID:
    answer = owner.post("/sending/domains/new/", {"name": name})
    assert answer.status_code == 302, answer.content.decode()
    return UUID(answer.headers["Location"].split("/")[3])


@pytest.mark.req("DLV-1")
def test_a_domain_is_added_checked_and_every_record_explained(house: House, owner: Client, names: NameServer) -> None:
    domain_id = added(owner, "proven.bakery.test")
    where = f"/sending/domains/{domain_id}/"
    page = owner.get(where).content.decode()
    assert "mandata-verification=" in page
    assert "not asked yet" in page
    part = owner.post(f"{where}verify/", headers={"HX-Request": "true"}).content.decode()
    assert "DNS has no such record yet" in part
    assert "<html" not in part
    with scope(house.id):
        names.zone.publish(selectors.domain(domain_id).records)
    owner.post(f"{where}verify/")
    assert "may send" in owner.get(where).content.decode()
    assert "…@proven.bakery.test" in owner.get("/sending/senders/").content.decode()


@pytest.mark.req("DLV-1")
def test_keys_are_turned_by_hand_and_what_receivers_look_at_is_explained(
    house: House, owner: Client, names: NameServer
) -> None:
    domain_id = added(owner, "turned.bakery.test")
    where = f"/sending/domains/{domain_id}/"
    with scope(house.id):
        names.zone.publish(selectors.domain(domain_id).records)
    names.zone.put("turned.bakery.test", "MX", "0 .")
    owner.post(f"{where}verify/")
    page = owner.get(where).content.decode()
    assert "Make new keys" in page and "a null MX" in page and "Look-ups it costs a receiver: 1 of 10." in page
    assert owner.post(f"{where}turn/").status_code == 302
    page = owner.get(where).content.decode()
    assert page.count("new, waits for its record") == 2 and 'data-dialog-open="turn"' not in page
    assert owner.post(f"{where}turn/").status_code == 409


def test_a_tracking_host_is_added_checked_and_removed(house: House, owner: Client, names: NameServer) -> None:
    assert "Links under your own name" in owner.get("/sending/hosts/").content.decode()
    assert owner.post("/sending/hosts/new/", {"name": "no host"}).status_code == 422
    assert owner.post("/sending/hosts/new/", {"name": "links.bakery.test"}).status_code == 302
    with scope(house.id):
        (host,) = selectors.hosts(now())
    page = owner.get("/sending/hosts/").content.decode()
    assert "not yet proven" in page and host.target in page
    owner.post(f"/sending/hosts/{host.id}/check/")
    assert "DNS has no such record yet" in owner.get("/sending/hosts/").content.decode()
    names.zone.put("links.bakery.test", "CNAME", host.target)
    owner.post(f"/sending/hosts/{host.id}/check/")
    page = owner.get("/sending/hosts/").content.decode()
    assert "in use" in page and "http://links.bakery.test" in page
    owner.post(f"/sending/hosts/{host.id}/remove/")
    with scope(house.id):
        assert selectors.hosts(now()) == []


def test_a_domain_that_is_none_or_there_already_is_refused_and_what_was_typed_stays(owner: Client) -> None:
    added(owner)
    for name, told in (("http://x", "This is no domain name."), ("news.bakery.test", "This domain is there already.")):
        answer = owner.post("/sending/domains/new/", {"name": name})
        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert f'value="{name}"' in answer.content.decode()


def test_a_name_server_that_does_not_answer_is_told_and_nothing_is_lost(
    owner: Client, names: NameServer, house: House
) -> None:
    domain_id = added(owner)
    names.stop()
    part = owner.post(f"/sending/domains/{domain_id}/verify/", headers={"HX-Request": "true"}).content.decode()
    assert "DNS gave no answer" in part
    with scope(house.id):
        assert selectors.domain(domain_id).state == "pending"


def test_a_domain_goes_only_when_its_name_is_typed(owner: Client) -> None:
    domain_id = added(owner)
    assert owner.post(f"/sending/domains/{domain_id}/remove/", {"phrase": "x"}).status_code == 422
    assert owner.post(f"/sending/domains/{domain_id}/remove/", {"phrase": "news.bakery.test"}).status_code == 302
    assert owner.get(f"/sending/domains/{domain_id}/").status_code == 404


@pytest.mark.req("AUDI-4")
def test_an_address_is_looked_up_suppressed_and_only_lifted_where_a_member_may(house: House, owner: Client) -> None:
    where = "/sending/suppression/"
    assert "Not suppressed" in owner.post(f"{where}look-up/", {"email": ADDRESS}).content.decode()
    page = owner.post(f"{where}new/", {"email": ADDRESS, "reason": "manual"}).content.decode()
    assert "Suppressed by a member" in page
    lifted = owner.post(
        f"{where}lift/", {"email": ADDRESS, "ground": "entered_by_mistake", "scope": "", "channel": "email"}
    )
    assert "Not suppressed" in lifted.content.decode()
    owner.post(f"{where}new/", {"email": ADDRESS, "reason": "objection"})
    refused = owner.post(f"{where}lift/", {"email": ADDRESS, "ground": "other"})
    assert refused.status_code == 409
    assert "Art. 21(3) GDPR" in refused.content.decode()
    with scope(house.id), connection.cursor() as cursor:
        cursor.execute("select count(*) from record_entry where kind = 'audience.unsuppressed'")
        assert cursor.fetchone()[0] == 1
        cursor.execute("select count(*) from record_entry where position(%s::bytea in leaf) > 0", [ADDRESS.encode()])
        assert cursor.fetchone()[0] == 0


def test_what_is_no_address_is_told_and_stays_typed(owner: Client) -> None:
    for path in ("look-up", "new"):
        answer = owner.post(f"/sending/suppression/{path}/", {"email": "no address", "reason": "manual"})
        assert answer.status_code == 422
        assert 'value="no address"' in answer.content.decode()


def test_totals_and_the_way_to_the_person(house: House, owner: Client) -> None:
    with scope(house.id):
        list_id = audience.create_list(name="News", actor=house.owner.actor, at=now())
        person = audience.subscribe(list_id=list_id, email=ADDRESS, source="till", actor=house.owner.actor, at=now())
        audience.suppress(subscriber_id=person, reason=Reason.HARD_BOUNCE, actor=house.owner.actor, at=now())
        assert people.find_by_email(ADDRESS) == person
    page = owner.post("/sending/suppression/look-up/", {"email": ADDRESS}).content.decode()
    assert f"/audience/people/{person}/" in page
    assert "The mailbox does not exist" in page


def test_another_controllers_domains_and_suppressions_are_not_seen(house: House, owner: Client) -> None:
    domain_id = added(owner)
    owner.post("/sending/suppression/new/", {"email": ADDRESS, "reason": "manual"})
    stranger = client(registered("Other Bakery").owner.user_id)
    assert stranger.get(f"/sending/domains/{domain_id}/").status_code == 404
    assert stranger.post(f"/sending/domains/{domain_id}/verify/").status_code == 404
    assert stranger.post(f"/sending/domains/{domain_id}/remove/").status_code == 404
    assert "Not suppressed" in stranger.post("/sending/suppression/look-up/", {"email": ADDRESS}).content.decode()


@pytest.mark.req("PPL-2")
@pytest.mark.parametrize(
    ("role", "allowed"),
    [("reader", set()), ("privacy_officer", {"suppress"}), ("marketer", {"suppress", "new", "verify"})],
)
def test_roles_decide_who_adds_domains_and_suppresses(
    house: House, owner: Client, names: NameServer, role: str, allowed: set[str]
) -> None:
    domain_id = added(owner)
    browser = client(joined(house, role).user_id)
    for path in ("", f"domains/{domain_id}/", "senders/", "suppression/", "unknown/"):
        assert browser.get(f"/sending/{path}").status_code == 200
    tried = {
        "suppress": browser.post("/sending/suppression/new/", {"email": ADDRESS, "reason": "manual"}),
        "new": browser.get("/sending/domains/new/"),
        "verify": browser.post(f"/sending/domains/{domain_id}/verify/"),
    }
    assert {name for name, answer in tried.items() if answer.status_code != 403} == allowed


def test_nothing_unknown_is_said_so(owner: Client) -> None:
    assert "Nothing to decide" in owner.get("/sending/unknown/").content.decode()


@pytest.fixture
def campaign(house: House) -> UUID:
    """A launched campaign to three people, of which two messages have an unknown outcome."""
    with scope(house.id):
        list_id = audience.create_list(name="News", actor=house.owner.actor, at=now())
        services.add_domain(name="bakery.example", actor=house.owner.actor, at=now())
        Domain.objects.filter(name="bakery.example").update(state="verified", verified_at=now())
    shop = Shop(house.id, house.owner.actor, list_id)
    shop.people(3)
    made = shop.launched()
    with scope(house.id):
        move(campaign_id=made, before=("queued",), after="unknown", at=now(), numbers=[1, 2])
    return made


@pytest.mark.req("DLV-5")
@pytest.mark.parametrize(("decision", "told"), [("resend", "are sent again"), ("settle", "count as sent")])
def test_unknown_outcomes_are_listed_sealed_and_decided(
    house: House, owner: Client, campaign: UUID, decision: str, told: str
) -> None:
    page = owner.get("/sending/unknown/").content.decode()
    assert "Saturday" in page
    assert "2 messages" in page
    assert "reader1@inbox.example" not in page
    stranger = client(registered("Other Bakery").owner.user_id)
    assert stranger.post(f"/sending/unknown/{campaign}/", {"decision": decision}).status_code == 404
    answer = owner.post(f"/sending/unknown/{campaign}/", {"decision": decision}, follow=True)
    assert f"2 messages {told}" in answer.content.decode()
    assert "Nothing to decide" in answer.content.decode()
    assert owner.post(f"/sending/unknown/{campaign}/", {"decision": decision}).status_code == 409


def test_senders_say_whether_they_may_send(owner: Client, campaign: UUID) -> None:
    page = owner.get("/sending/senders/").content.decode()
    assert "news@bakery.example" in page
    assert "may send" in page
    assert "1 Oven Lane" in page
