"""What is sealed opens for its holder, in its place, with its key, and for nobody once the key has died."""

import stat
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from mandata.infra.clock import new_id, new_ids
from mandata.infra.environment import env
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.vault import rules
from mandata.vault.errors import DoesNotOpen, KeyDestroyed, KeysMissing
from mandata.vault.providers import FileKeys
from mandata.vault.services import Vault, has_key
from tests.world import World

PLACE = "audience_subscriber.identity"
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NONCE = b"n" * 12
HOLDER = new_id()
DATA = rules.place_data(new_id(), PLACE)


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_again(plaintext: bytes) -> None:
    envelope = rules.seal(KEY, DATA, HOLDER, plaintext, NONCE)
    assert rules.unseal(KEY, DATA, HOLDER, envelope) == plaintext


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_any_changed_byte_is_found(position: int, change: int) -> None:
    envelope = bytearray(rules.seal(KEY, DATA, HOLDER, b"novak@bakery.example", NONCE))
    envelope[position % len(envelope)] ^= change
    with pytest.raises(DoesNotOpen):
        rules.unseal(KEY, DATA, HOLDER, bytes(envelope))


def test_an_envelope_opens_in_its_own_place_only() -> None:
    envelope = rules.seal(KEY, DATA, HOLDER, b"secret", NONCE)
    for data, holder, key in (
        (rules.place_data(new_id(), PLACE), HOLDER, KEY),
        ((DATA[0], rules.place_data(HOLDER, "rights_case.sealed")[1]), HOLDER, KEY),
        (DATA, new_id(), KEY),
        (DATA, HOLDER, OTHER_KEY),
    ):
        with pytest.raises(DoesNotOpen):
            rules.unseal(key, data, holder, envelope)


@given(st.binary(max_size=80))
def test_garbage_never_opens(garbage: bytes) -> None:
    with pytest.raises(DoesNotOpen):
        rules.unseal(KEY, DATA, HOLDER, garbage)


def test_many_holders_seal_and_unseal_in_bulk(world: World) -> None:
    holders = new_ids(300)
    with scope(world.controller().id):
        vault = Vault.open()
        plain = {holder: f"person {number}".encode() for number, holder in enumerate(holders)}
        sealed = vault.seal_many(PLACE, vault.create(holders), plain)
        assert Vault.open().unseal_many(PLACE, sealed) == plain


def test_a_destroyed_key_takes_what_it_sealed_with_it(world: World) -> None:
    holder = new_id()
    with scope(world.controller().id):
        vault = Vault.open()
        sealed = vault.seal(holder, PLACE, b"x", key=vault.create([holder])[holder])
        fingerprint = rules.fingerprint(vault.key(holder))
        assert vault.destroy([holder]) == {holder: fingerprint}
        assert not has_key(holder)
        assert vault.unseal_many(PLACE, {holder: sealed}) == {}
        with pytest.raises(KeyDestroyed, match="destroyed"):
            vault.unseal(holder, PLACE, sealed)
        assert vault.destroy([holder]) == {}


def test_the_same_value_has_another_index_at_another_controller_and_for_another_purpose(world: World) -> None:
    indexes = set()
    for customer in (world.controller(), world.controller("Other Bakery")):
        with scope(customer.id):
            vault = Vault.open()
            assert vault.index("email", "a@b.example") == Vault.open().index("email", "a@b.example")
            indexes |= {vault.index(purpose, "a@b.example") for purpose in ("email", "suppression")}
    assert len(indexes) == 4


@pytest.mark.req("SEC-1")
def test_the_database_alone_opens_nothing(world: World, database: Urls) -> None:
    holder = new_id()
    customer = world.controller()
    with scope(customer.id):
        vault = Vault.open()
        key = vault.create([holder])[holder]
        with connection.cursor() as cursor:
            cursor.execute("select wrapped from vault_subject_key where holder = %s", [holder])
            wrapped = bytes(cursor.fetchone()[0])
    assert key not in wrapped
    assert len(wrapped) == 61
    epoch = env().keys_folder / "controllers" / str(customer.id) / "1.key"
    assert epoch.exists(), "the epoch key lies outside the database"


def test_keys_lie_in_files_that_only_their_owner_reads(tmp_path: Path) -> None:
    keys, controller = FileKeys(tmp_path / "keys"), new_id()
    keys.create_epoch_key(controller, 1)
    value = keys.epoch_key(controller, 1)
    keys.create_epoch_key(controller, 1)
    assert keys.epoch_key(controller, 1) == value, "a second creation keeps the first"
    for path in (tmp_path / "keys").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert value.hex() not in "".join(path.read_text() for path in tmp_path.rglob("*.key"))


def test_a_destroyed_epoch_key_is_gone(tmp_path: Path) -> None:
    keys, controller = FileKeys(tmp_path), new_id()
    keys.create_epoch_key(controller, 1)
    keys.destroy_epoch_key(controller, 1)
    keys.destroy_epoch_key(controller, 1)
    with pytest.raises(Exception, match="not in the keys folder"):
        keys.epoch_key(controller, 1)


def test_a_keys_folder_that_cannot_be_read_is_told_and_no_key_is_made_in_its_place(tmp_path: Path) -> None:
    closed = tmp_path / "keys"
    closed.write_text("where a folder should be")
    keys = FileKeys(closed)
    for ask in (keys.complete, lambda: keys.service_key("token-1", 64), lambda: keys.epoch_key(new_id(), 1)):
        with pytest.raises(KeysMissing, match="cannot be read") as told:
            ask()
        assert "MANDATA_KEYS" in str(told.value)
    assert closed.read_text() == "where a folder should be"
