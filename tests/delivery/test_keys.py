"""Keys of sending domains over their lives, and domains over theirs: on the database, against a real name server."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import dkim  # type: ignore[import-untyped]
import pytest

from mandata.accounts.services import notices
from mandata.delivery import selectors, services
from mandata.delivery.engine.loading import Shelf
from mandata.delivery.errors import DomainTaken, NotProven, TurningAlready
from mandata.delivery.models import Claim, Key, Watch
from mandata.delivery.nameserver import Zone
from mandata.delivery.services import domains, gate, keys, watching
from mandata.delivery.signing import Signer
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors as record
from mandata.vault.services import has_key
from tests.delivery.mailing import SMALL, shop
from tests.delivery.naming import asked, fresh, publish, settings
from tests.world.people import House, registered

MESSAGE = b"From: a@b.test\r\nSubject: hello\r\nDate: Mon, 1 Jan 2029 00:00:00 +0000\r\n\r\nwords\r\n"


@pytest.fixture
def zone(database: Urls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    with asked(monkeypatch) as zone:
        yield zone


@pytest.fixture
def house(database: Urls) -> House:
    return registered()


def verified(house: House, zone: Zone, *, at: datetime | None = None) -> tuple[str, UUID]:
    """A domain of the house, its records published and checked."""
    name, at = fresh(), at or now()
    with scope(house.id):
        domain_id = services.add_domain(name=name, actor=house.owner.actor, at=at)
        publish(zone, name)
        services.verify_domain(domain_id=domain_id, actor=house.owner.actor, at=at)
        assert selectors.is_verified(name)
    return name, domain_id


def states(house: House, domain_id: UUID) -> dict[str, str]:
    with scope(house.id):
        return {line.selector: line.stage for line in selectors.domain(domain_id).keys}


def told(house: House, kind: str) -> list[str]:
    """The texts of the notices of a kind that wait in the house's outbox."""
    from mandata.accounts.models import Notice

    with scope(house.id):
        ids = list(Notice.objects.filter(kind=kind).order_by("created_at").values_list("id", flat=True))
        return [notices.contents(one)["text"] for one in ids]


@pytest.mark.req("DLV-1")
def test_a_new_key_signs_nothing_before_dns_shows_it(house: House, zone: Zone) -> None:
    name = fresh()
    with scope(house.id):
        domain_id = services.add_domain(name=name, actor=house.owner.actor, at=now())
        assert keys.signing_keys(name) == ()
        rsa = next(one for one in selectors.domain(domain_id).records if one.algorithm == "rsa-2048")
        proof = selectors.domain(domain_id).records[0]
        zone.publish([rsa, proof])
        services.verify_domain(domain_id=domain_id, actor=house.owner.actor, at=now())
        assert [key.algorithm for key in keys.signing_keys(name)] == ["rsa-2048"]
        assert selectors.is_verified(name), "the Ed25519 key is advised, not needed"
        publish(zone, name)
        services.verify_domain(domain_id=domain_id, actor=house.owner.actor, at=now())
        assert [key.algorithm for key in keys.signing_keys(name)] == ["rsa-2048", "ed25519"]


@pytest.mark.req("DLV-1", "SEC-2")
def test_what_our_keys_sign_is_verified_by_dkimpy_with_the_records_shown(house: House, zone: Zone) -> None:
    name, domain_id = verified(house, zone)
    with scope(house.id):
        signed = Signer(keys.signing_keys(name)).sign(MESSAGE, int(time.time()))
        shown = {f"{one.name}.".encode(): one.value.encode() for one in selectors.domain(domain_id).records}
        assert not any(b"PRIVATE" in bytes(row.private_key) for row in Key.objects.all())

    def txt(asked_for: bytes, timeout: int = 5) -> bytes | None:
        return shown.get(asked_for)

    verifier = dkim.DKIM(signed)
    assert verifier.verify(idx=0, dnsfunc=txt) and verifier.verify(idx=1, dnsfunc=txt)


@pytest.mark.req("DLV-1")
def test_a_successor_takes_over_once_published_and_the_old_record_may_go_after_a_fortnight(
    house: House, zone: Zone
) -> None:
    began = now()
    name, domain_id = verified(house, zone, at=began)
    with scope(house.id):
        made = keys.turn_keys(domain_id=domain_id, actor=house.owner.actor, at=began)
        with pytest.raises(TurningAlready):
            keys.turn_keys(domain_id=domain_id, actor=house.owner.actor, at=began)
    old = [selector for selector, state in states(house, domain_id).items() if state == "active"]
    assert len(made) == len(old) == 2 and not set(made) & set(old)
    watching.look_at_domain(house.id, domain_id, began)
    assert [states(house, domain_id)[one] for one in (*old, *made)] == ["active"] * 2 + ["next"] * 2

    with scope(house.id):
        publish(zone, name)
    watching.look_at_domain(house.id, domain_id, began + timedelta(hours=1))
    assert [states(house, domain_id)[one] for one in (*old, *made)] == ["retired"] * 2 + ["active"] * 2
    with scope(house.id):
        assert {key.selector for key in keys.signing_keys(name)} == set(made)
        retired = Key.objects.filter(state="retired")
        assert all(bytes(row.private_key) == b"" and not has_key(row.id) for row in retired)
        assert selectors.is_verified(name)

    later = began + timedelta(hours=1) + keys.KEPT_FOR
    watching.look_at_domain(house.id, domain_id, later - timedelta(minutes=1))
    assert told(house, "domain.changed") == [], "mail under way is still verified with it"
    watching.look_at_domain(house.id, domain_id, later)
    (text,) = told(house, "domain.changed")
    assert all(f"{one}._domainkey.{name}" in text for one in old)
    watching.look_at_domain(house.id, domain_id, later + timedelta(hours=1))
    assert len(told(house, "domain.changed")) == 1, "told once"
    for one in old:
        zone.put(f"{one}._domainkey.{name}", "TXT")
    watching.look_at_domain(house.id, domain_id, later + timedelta(hours=2))
    assert set(states(house, domain_id)) == set(made), "what is gone from DNS is shown no more"


@pytest.mark.req("DLV-1")
def test_the_loop_turns_old_keys_and_tells_what_to_publish(
    house: House, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = now()
    _name, domain_id = verified(house, zone, at=began)
    watching.look_at_domain(house.id, domain_id, began + timedelta(days=179))
    assert "next" not in states(house, domain_id).values()
    for _look in range(2):
        watching.look_at_domain(house.id, domain_id, began + timedelta(days=181))
    made = [selector for selector, state in states(house, domain_id).items() if state == "next"]
    (text,) = told(house, "domain.changed")
    assert len(made) == 2 and all(one in text for one in made) and "180 days" in text


@pytest.mark.req("DLV-1")
def test_what_goes_bad_is_told_once_after_a_second_look_and_stops_sending(house: House, zone: Zone) -> None:
    began = now()
    name, domain_id = verified(house, zone, at=began)
    with scope(house.id):
        rsa = next(one for one in selectors.domain(domain_id).records if one.required and one.purpose == "dkim")
    zone.put(rsa.name, "TXT")
    watching.look_at_domain(house.id, domain_id, began + timedelta(hours=1))
    with scope(house.id):
        assert selectors.is_verified(name), "one look is not believed"
        assert Watch.objects.get(id=domain_id).next_at == began + timedelta(hours=1, minutes=5)
    for minutes in (65, 125, 185):
        watching.look_at_domain(house.id, domain_id, began + timedelta(minutes=minutes))
    with scope(house.id):
        assert not selectors.is_verified(name)
        assert selectors.domain(domain_id).state == "failing"
        assert Claim.objects.filter(name=name).exists(), "the proof stands, so the name stays theirs"
    (text,) = told(house, "domain.changed")
    assert rsa.name in text and "Nothing is sent" in text

    zone.publish([rsa])
    watching.look_at_domain(house.id, domain_id, began + timedelta(hours=5))
    with scope(house.id):
        assert selectors.is_verified(name)
        kinds = [entry.kind for entry in record.entries() if entry.kind.startswith("domain.")]
    assert kinds.count("domain.checked") == 3


@pytest.mark.req("DLV-1")
def test_a_campaign_under_way_is_held_while_its_domain_is_not_in_order(zone: Zone) -> None:
    name = fresh("example")
    bakery = shop(domain=name)
    with scope(bakery.id):
        publish(zone, name)
        domain = selectors.domain_named(name)
        assert domain is not None
        services.verify_domain(domain_id=domain.id, actor=bakery.actor, at=now())
    bakery.people(2)
    campaign = bakery.launched(replace(SMALL, from_address=f"news@{name}"))
    loaded = Shelf().campaign(bakery.id, campaign)
    assert loaded is not None and loaded.returns == f"bounce.{name}"
    assert [key.algorithm for key in loaded.signer.keys] == ["rsa-2048", "ed25519"]
    with scope(bakery.id):
        assert gate.is_open(campaign, at=now())
        zone.put(f"_mandata.{name}", "TXT")
        services.verify_domain(domain_id=domain.id, actor=bakery.actor, at=now())
        assert not gate.is_open(campaign, at=now())
        assert [verdict.code for verdict in gate.holding(at=now(), campaign_id=campaign)] == ["send.domain"]
        with pytest.raises(NotProven):
            services.test_send(campaign_id=campaign, to=["a@b.test"], fields={}, actor=bakery.actor, at=now())
        publish(zone, name)
        services.verify_domain(domain_id=domain.id, actor=bakery.actor, at=now())
        assert gate.is_open(campaign, at=now())


@pytest.mark.req("DLV-1")
def test_a_proven_domain_is_nobody_elses_until_its_proof_is_gone(house: House, zone: Zone) -> None:
    name, domain_id = verified(house, zone)
    rival = registered("Rival")
    with scope(rival.id), pytest.raises(DomainTaken) as refused:
        services.add_domain(name=name.upper(), actor=rival.owner.actor, at=now())
    assert refused.value.clause == "sending.domain_use" and f"_mandata.{name}" in str(refused.value.remedy)

    with scope(house.id):
        zone.put(f"_mandata.{name}", "TXT")
        services.verify_domain(domain_id=domain_id, actor=house.owner.actor, at=now())
        assert not selectors.is_verified(name)
    with scope(rival.id):
        theirs = services.add_domain(name=name, actor=rival.owner.actor, at=now())
        publish(zone, name)
        services.verify_domain(domain_id=theirs, actor=rival.owner.actor, at=now())
        assert selectors.is_verified(name)
    with scope(house.id):
        ours = selectors.domain(domain_id).records
        zone.put(ours[0].name, "TXT", ours[0].value)
        zone.publish(one for one in ours if one.purpose == "dkim")
        checks = services.verify_domain(domain_id=domain_id, actor=house.owner.actor, at=now())
        assert [check.code for check in checks if check.purpose == "verification"] == ["taken"]
        assert selectors.domain(domain_id).state == "failing"


def test_a_silent_name_server_changes_nothing(house: House, zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    name, domain_id = verified(house, zone)
    with settings(monkeypatch, DNS="127.0.0.1:1"):
        Watch.objects.exclude(id=domain_id).delete()
        Watch.objects.filter(id=domain_id).update(next_at=now())
        assert watching.look_due(at=now()) == 1
    with scope(house.id):
        assert selectors.is_verified(name)
        assert Watch.objects.get(id=domain_id).next_at > now()


def test_a_removed_domain_leaves_no_key_and_no_watch(house: House, zone: Zone) -> None:
    name, domain_id = verified(house, zone)
    with scope(house.id):
        held = [row.id for row in Key.objects.filter(domain_id=domain_id)]
        services.remove_domain(domain_id=domain_id, actor=house.owner.actor, at=now())
        assert not any(has_key(one) for one in held) and keys.signing_keys(name) == ()
        assert not Key.objects.filter(domain_id=domain_id).exists()
    assert not Watch.objects.filter(id=domain_id).exists() and not Claim.objects.filter(name=name).exists()


@pytest.mark.req("DLV-1")
def test_the_shared_domain_signs_for_every_controller_under_an_address_of_its_own(
    house: House, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = fresh()
    with settings(monkeypatch, SHARED_DOMAIN=name):
        with scope(house.id):
            assert selectors.shared_domain() == "" and not selectors.may_send_from(f"any@{name}")
        watching.keep_shared(at=now())
        with scope(INSTANCE):
            publish(zone, name)
            (shared,) = [one for one in selectors.domains() if one.name == name]
            domains.verify_domain(domain_id=shared.id, actor=SYSTEM, at=now())
        with scope(house.id):
            assert [key.domain for key in keys.signing_keys(name)] == [name, name]
            own = selectors.shared_address()
            assert own == f"demo-bakery-{house.id.hex[-6:]}@{name}"
            assert selectors.may_send_from(own) and not selectors.may_send_from(f"rival-000000@{name}")
            with pytest.raises(DomainTaken):
                services.add_domain(name=name, actor=house.owner.actor, at=now())
    with settings(monkeypatch, SHARED_DOMAIN=""):
        watching.keep_shared(at=now())
    assert not Claim.objects.filter(name=name).exists()


@pytest.mark.req("DLV-1")
def test_a_key_that_is_retired_while_it_is_read_is_followed_by_its_successor(
    house: House, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = now()
    name, domain_id = verified(house, zone, at=began)
    keys._opened.cache_clear()
    with scope(house.id):
        made = keys.turn_keys(domain_id=domain_id, actor=house.owner.actor, at=began)
        publish(zone, name)
    opened = keys._opened
    turned: list[list[str]] = []

    def meanwhile(controller: UUID, key_id: UUID, sealed: bytes) -> object:
        if not turned:
            turned.append(keys.take_up(domain_id, made, actor=SYSTEM, at=now()))
        return opened(controller, key_id, sealed)

    monkeypatch.setattr(keys, "_opened", meanwhile)
    with scope(house.id):
        assert {one.selector for one in keys.signing_keys(name)} == set(made)
