"""What is sealed opens for its holder, in its place, with its key, and for nobody once the key has died."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from mandata.infra.clock import new_id, new_ids
from mandata.infra.environment import env
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.vault import rules
from mandata.vault.errors import DoesNotOpen, KeyDestroyed
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


CONTROLLER = new_id()
OURS = rules.place_data(CONTROLLER, PLACE)
SEALED = rules.seal(KEY, OURS, HOLDER, b"secret", NONCE)
BOUND = {
    "controller": lambda: rules.unseal(KEY, rules.place_data(new_id(), PLACE), HOLDER, SEALED),
    "subject": lambda: rules.unseal(KEY, OURS, new_id(), SEALED),
    "table": lambda: rules.unseal(KEY, rules.place_data(CONTROLLER, "rights_case.identity"), HOLDER, SEALED),
    "column": lambda: rules.unseal(KEY, rules.place_data(CONTROLLER, "audience_subscriber.notes"), HOLDER, SEALED),
    "version of the key": lambda: rules.unseal(KEY, _other_version(OURS), HOLDER, SEALED),
    "version in the envelope": lambda: rules.unseal(KEY, OURS, HOLDER, SEALED[:2] + b"\x02" + SEALED[3:]),
    "version of the format": lambda: rules.unseal(KEY, OURS, HOLDER, b"\x02" + SEALED[1:]),
    "key": lambda: rules.unseal(OTHER_KEY, OURS, HOLDER, SEALED),
}


def _other_version(data: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    return data[0], (2).to_bytes(2, "big") + data[1][2:]


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize("part", BOUND)
def test_an_envelope_is_bound_to_its(part: str) -> None:
    assert rules.unseal(KEY, OURS, HOLDER, SEALED) == b"secret"
    with pytest.raises(DoesNotOpen):
        BOUND[part]()


@pytest.mark.req("SEC-1")
def test_an_envelope_is_committed_to_one_key_even_where_a_ciphertext_opens_under_two() -> None:
    # GCM alone does not bind a ciphertext to its key, so the commitment is compared before anything is decrypted.
    forged = bytearray(rules.seal(OTHER_KEY, OURS, HOLDER, b"secret", NONCE))
    forged[3:19] = rules.commitment(KEY)
    with pytest.raises(DoesNotOpen, match="changed"):
        rules.unseal(KEY, OURS, HOLDER, bytes(forged))
    with pytest.raises(DoesNotOpen, match="another key"):
        rules.unseal(OTHER_KEY, OURS, HOLDER, bytes(forged))


@pytest.mark.parametrize("part", ["controller", "owner", "key", "version"])
def test_a_wrapped_key_is_bound_to_its(part: str) -> None:
    epoch_key, owner = AESGCM(KEY), HOLDER.bytes
    wrapped = rules.wrap(epoch_key, CONTROLLER, owner, b"s" * 32, NONCE)
    assert rules.unwrap(epoch_key, CONTROLLER, owner, wrapped) == b"s" * 32
    with pytest.raises(DoesNotOpen):
        rules.unwrap(
            AESGCM(OTHER_KEY) if part == "key" else epoch_key,
            new_id() if part == "controller" else CONTROLLER,
            new_id().bytes if part == "owner" else owner,
            b"\x02" + wrapped[1:] if part == "version" else wrapped,
        )


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
