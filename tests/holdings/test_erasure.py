"""An erased person is found nowhere; what remains is a statistic, a hash that keeps the person away, and a proof."""

from dataclasses import replace

import pytest

from mandata.audience import services as audience
from mandata.audience.errors import StillSuppressed
from mandata.audience.rules.bases import Reason
from mandata.campaigns.models import Campaign
from mandata.delivery.models import Counter, Message
from mandata.foundation import merkle
from mandata.foundation.actors import Actor
from mandata.holdings import catalogue, selectors, services
from mandata.holdings.catalogue.people import SUBSCRIBERS
from mandata.holdings.catalogue.proof import KEYS
from mandata.holdings.errors import ErasureIncomplete, NothingHeld, UnknownGround
from mandata.holdings.models import Erasure
from mandata.holdings.rules import Found, Place
from mandata.infra import bulk
from mandata.infra.clock import new_id
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from mandata.record.verification import verify
from mandata.tracking.models import Event
from mandata.vault.services import has_key, record_signer
from tests.holdings.cast import LATER, NAMESAKE, NOVAK, Shop, a_person, a_shop, refused_row, rows_with, sealed_with
from tests.world import World

OFFICER = Actor("member", new_id())


def erase(shop: Shop, address: str = NOVAK) -> selectors.Done:
    with scope(shop.id):
        subject = selectors.subject_by_address(address)
        assert subject is not None
        return services.erase(subject=subject, ground="consent_withdrawn", actor=OFFICER, at=LATER)


def counts(shop: Shop, address: str = NOVAK) -> dict[str, Found]:
    with scope(shop.id):
        subject = selectors.subject_by_address(address)
        assert subject is not None
        return dict(services.preview(subject=subject).counts)


@pytest.mark.req("DSR-4..8", "RET-4")
def test_a_preview_counts_each_holding_and_says_what_stays(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    with scope(shop.id):
        audience.suppress(email=NOVAK, reason=Reason.OBJECTION, actor=shop.member, at=LATER)
    assert counts(shop) == {
        "subscribers": Found(delete=1),
        "lookups": Found(delete=2),
        "subscriptions": Found(delete=1),
        "suppression": Found(keep=1),
        "messages": Found(delete=1),
        "returns": Found(anonymise=1),
        "events": Found(anonymise=2),
        "firsts": Found(delete=2),
        "rejected_rows": Found(delete=1),
        "uploads": Found(delete=1),
        "notices": Found(delete=1),
        "record_payloads": Found(delete=1),
        "keys": Found(delete=1),
    }
    with scope(shop.id):
        subject = selectors.subject_by_address(NOVAK)
        assert subject is not None
        kept = services.preview(subject=subject).kept
    assert [(one.holding, one.rows) for one in kept] == [("suppression", 1)]
    assert "21(3)" in str(kept[0].ground)


@pytest.mark.req("RET-4", "SEC-5")
def test_after_erasing_a_person_nothing_of_them_is_found_in_any_table(world: World, database: Urls) -> None:
    shop = a_shop(world)
    address = f"jana-{new_id().hex[:12]}@seznam.example"
    surname = f"Nováková{new_id().hex[-8:]}"
    reference = a_person(shop, address, last=surname)
    sealed = sealed_with(database.superuser, shop.id, address)
    assert sealed == ["accounts_notice", "audience_rejection", "audience_subscriber", "audience_upload_chunk"]
    done = erase(shop, address)
    assert done.counts["events"] == {"deleted": 0, "anonymised": 2}
    assert rows_with(database.superuser, address, surname) == []
    assert sealed_with(database.superuser, shop.id, address, surname) == []
    with scope(shop.id):
        assert not has_key(reference)
        assert Event.objects.filter(campaign_id=shop.campaign_id).count() == 2
        assert Event.objects.exclude(subscriber_id=None).count() == 0


def test_the_scan_finds_an_address_in_every_spelling(database: Urls) -> None:
    import base64

    import psycopg

    address = f"petr-{new_id().hex[:12]}@scan.example"
    plain = address.encode()
    values: list[object] = [
        f"Petr <{address}>",
        plain,
        address.upper(),
        plain.hex(),
        address.encode("utf-16-le"),
        address.encode("utf-16-be"),
        base64.b64encode(plain).decode(),
        base64.b64encode(b"x" + plain + b"y").decode(),
        base64.b64encode(b"xy" + plain + b"yz"),
        address.replace("@", "%40"),
        address.replace("@", "=40"),
    ]
    for value in values:
        with psycopg.connect(database.superuser, autocommit=True) as connection:
            kind = "bytea" if isinstance(value, bytes) else "text"
            connection.execute(f"create table scan_probe (id int, value {kind})")
            try:
                connection.execute("insert into scan_probe values (1, %s)", [value])
                assert rows_with(database.superuser, address, only="scan_probe") == ["scan_probe"], value
            finally:
                connection.execute("drop table scan_probe")


@pytest.mark.req("AUDI-4", "DSR-13")
def test_an_erased_address_is_neither_taken_in_nor_written_to_again(world: World, database: Urls) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    erase(shop)
    with scope(shop.id):
        assert audience.is_suppressed(email=NOVAK.upper(), at=LATER) == "erasure"
        with pytest.raises(StillSuppressed):
            audience.subscribe(list_id=shop.list_id, email=NOVAK, source="counter", actor=shop.member, at=LATER)
    import_id = refused_row(shop, NOVAK)
    from mandata.audience import selectors as people

    with scope(shop.id):
        assert people.find_by_email(NOVAK) is None
        assert people.find_import(import_id).counts["rejected.suppressed_erasure"] == 1
        assert all(not cells for _, reason, cells in people.rejected_page(import_id))
    assert sealed_with(database.superuser, shop.id, NOVAK) == []
    assert counts(shop) == {"suppression": Found(keep=1)}


def test_a_namesake_in_the_same_list_keeps_everything(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    a_person(shop, NAMESAKE, number=2)
    before = counts(shop, NAMESAKE)
    erase(shop)
    assert counts(shop, NAMESAKE) == before
    with scope(shop.id):
        subject = selectors.subject_by_address(NAMESAKE)
        assert subject is not None
        assert services.export(subject=subject, language="en", at=LATER).counts["subscribers"] == 1


@pytest.mark.req("SEC-5", "RET-5")
def test_an_erasure_is_logged_without_personal_data_and_certified_with_a_proof(world: World) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    done = erase(shop)
    with scope(shop.id):
        waiting = selectors.certificate(done.id)
        assert waiting.index is None
    world.sequence()
    with scope(shop.id):
        certificate = selectors.certificate(done.id)
        assert certificate.entry
        entry = record.entry(certificate.entry)
        leaf = merkle.leaf_hash(record_leaf(certificate.entry))
    assert entry is not None
    assert entry.subject == done.subject == reference
    assert entry.clause == "Art. 17(1)(b) GDPR"
    assert entry.body["key"] == done.key_fingerprint
    assert certificate.index is not None
    assert merkle.verify_inclusion(
        leaf,
        certificate.index,
        certificate.size,
        [bytes.fromhex(node) for node in certificate.proof],
        bytes.fromhex(certificate.root),
    )
    assert verify(shop.id, record_signer().public_key()).holds


def record_leaf(entry_id: object) -> bytes:
    from mandata.record.models import Entry

    return bytes(Entry.objects.values_list("leaf", flat=True).get(id=entry_id))


def test_erasing_twice_answers_with_what_was_done(world: World) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    with scope(shop.id):
        subject = selectors.subject(reference)
        first = services.erase(subject=subject, ground="objection", actor=OFFICER, at=LATER)
        again = services.erase(subject=subject, ground="objection", actor=OFFICER, at=LATER)
        assert again == first
        assert Erasure.objects.count() == 1


def test_erasing_nobody_is_refused_and_so_is_an_unknown_ground(world: World) -> None:
    shop = a_shop(world)
    with pytest.raises(NothingHeld):
        erase(shop, "nobody@known.example")
    with scope(shop.id):
        subject = selectors.subject_by_address(NOVAK)
        assert subject is not None
        with pytest.raises(UnknownGround):
            services.erase(subject=subject, ground="because", actor=OFFICER, at=LATER)


def test_a_holding_that_erases_less_than_it_counted_fails_the_whole_erasure(world: World) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    description = SUBSCRIBERS.description
    lazy = Place(
        replace(description, key="lazy"),
        finder=lambda subjects: {one.key: Found(delete=1) for one in subjects},
        exporter=lambda subject: (),
        rectifier=KEYS.rectifier,
        restrictor=KEYS.restrictor,
        eraser=lambda subjects, at: {},
    )
    catalogue.provide(lazy)
    try:
        with pytest.raises(ErasureIncomplete, match="lazy: 0 of 1"):
            erase(shop)
    finally:
        catalogue.withdraw("lazy")
    with scope(shop.id):
        assert has_key(reference)
        assert selectors.subject(reference).reference == reference
        assert not audience.is_suppressed(email=NOVAK, at=LATER)


def test_another_controller_neither_sees_nor_erases_the_person(world: World) -> None:
    shop, other = a_shop(world), a_shop(world, "Other Bakery")
    reference = a_person(shop, NOVAK)
    assert counts(other) == {}
    with pytest.raises(NothingHeld):
        erase(other)
    assert counts(shop)["subscribers"] == Found(delete=1)
    with scope(other.id), pytest.raises(Exception, match="Nobody with this reference"):
        selectors.subject(reference)
    done = erase(shop)
    with scope(other.id), pytest.raises(Exception, match="no such erasure"):
        selectors.certificate(done.id)


def test_a_message_that_was_still_to_be_sent_is_counted_as_cancelled(world: World) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    with scope(shop.id):
        Message.objects.filter(subscriber_id=reference).update(state="queued", sent_at=None)
        columns = {"campaign_id": "uuid", "shard": "int2", "provider": "text", "state": "text", "count": "int8"}
        bulk.insert("delivery_counter", columns, [(shop.campaign_id, 0, "other", "queued", 1)])
    erase(shop)
    with scope(shop.id):
        totals: dict[str, int] = {}
        for row in Counter.objects.filter(campaign_id=shop.campaign_id):
            totals[row.state] = totals.get(row.state, 0) + row.count
        assert totals == {"queued": 0, "cancelled": 1}
        assert Campaign.objects.filter(id=shop.campaign_id).exists()
