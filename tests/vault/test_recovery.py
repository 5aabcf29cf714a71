"""Keys are copied apart from the data, for named recipients, and no copy outlives what it must not outlive."""

import subprocess
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.foundation.errors import Fault, Refused
from mandata.infra import age, bulk
from mandata.infra.clock import new_id, new_ids, now
from mandata.infra.environment import env
from mandata.infra.stores import store
from mandata.infra.tenancy import scope
from mandata.vault import framing, recovery
from mandata.vault.errors import KeyDestroyed, KeysMissing
from mandata.vault.framing import Damaged
from mandata.vault.models import Epoch
from mandata.vault.providers import provider
from mandata.vault.recovery import Copy, Which
from mandata.vault.services import Vault, begin, has_key, record_signer
from mandata.vault.turning import turn
from tests.vault.test_turning import Held
from tests.world import World

Setting = Callable[[str, object], None]
pytestmark = pytest.mark.usefixtures("as_it_was")


@pytest.fixture
def held(world: World) -> Held:
    return Held(world)


def opened(name: str, identity: Path) -> bytes:
    """What Debian's age makes of a copy."""
    sealed = b"".join(store(env().backup_store).get(name))
    done = subprocess.run(["age", "-d", "-i", str(identity)], input=sealed, capture_output=True, check=True)
    return done.stdout


def epochs(name: str, identity: Path) -> set[Which]:
    """Whose keys are in a copy."""
    frames = framing.read([opened(name, identity)])
    return {framing.epoch_of(body)[:2] for kind, body in frames if kind == b"K"}


def holders(name: str, identity: Path) -> set[UUID]:
    """Whose wrapped keys are in a copy."""
    frames = framing.read([opened(name, identity)])
    return {row[0] for kind, body in frames if kind == b"R" for row in framing.rows_of(body)}


def tables(controller: UUID) -> tuple[list[tuple[object, ...]], ...]:
    """A controller's wrapped keys as a backup of the database has them."""
    with scope(controller):
        return (
            bulk.execute("select holder, epoch, wrapped from vault_subject_key", []),
            bulk.execute("select purpose, version, epoch, wrapped from vault_secret", []),
            list(
                Epoch.objects.filter(controller_id=controller).values_list(
                    "number", "began_at", "left_at", "destroyed_at"
                )
            ),
        )


def restore(controller: UUID, kept: tuple[list[tuple[object, ...]], ...]) -> None:
    """Put back what a backup of the database had."""
    keys, secrets, numbers = kept
    with scope(controller):
        for table in ("vault_subject_key", "vault_secret"):
            bulk.execute(f"delete from {table}", [])
        Epoch.objects.filter(controller_id=controller).delete()
        bulk.insert("vault_subject_key", {"holder": "uuid", "epoch": "int4", "wrapped": "bytea"}, keys)
        columns = {"purpose": "text", "version": "int2", "epoch": "int4", "wrapped": "bytea"}
        bulk.insert("vault_secret", columns, secrets)
        for number, began, left, destroyed in numbers:
            Epoch.objects.create(
                controller_id=controller, number=number, began_at=began, left_at=left, destroyed_at=destroyed
            )


# -- the bytes -----------------------------------------------------------------------------------------------------


def cut(data: bytes, size: int) -> Iterator[bytes]:
    yield from (data[at : at + size] for at in range(0, len(data), size))


@given(st.lists(st.tuples(st.sampled_from([b"H", b"S", b"R"]), st.binary(max_size=300))), st.integers(1, 400))
def test_frames_come_back_whatever_the_chunks(frames: list[tuple[bytes, bytes]], size: int) -> None:
    assert list(framing.read(cut(b"".join(framing.write(frames)), size))) == frames


@given(st.integers(min_value=0), st.integers(1, 255), st.booleans())
def test_a_changed_or_cut_copy_is_found(position: int, change: int, short: bool) -> None:
    whole = bytearray(b"".join(framing.write([(b"S", framing.service("a", b"k" * 32)), (b"X", b"[]")])))
    position %= len(whole)
    if short:
        del whole[position:]
    else:
        whole[position] ^= change
    with pytest.raises(Damaged):
        list(framing.read([bytes(whole)]))


def test_what_follows_the_end_mark_is_no_part_of_a_copy() -> None:
    with pytest.raises(Damaged):
        list(framing.read([b"".join(framing.write([])), b"x"]))


# -- copies --------------------------------------------------------------------------------------------------------


def test_without_a_recipient_or_a_store_no_copy_is_kept_and_the_refusal_says_what_to_do(setting: Setting) -> None:
    assert (recovery.configured(), recovery.keep_due(at=now()), recovery.copies()) == (False, 0, [])
    with pytest.raises(Refused, match="nobody who could recover") as told:
        recovery.keep(at=now())
    assert "MANDATA_RECOVERY_RECIPIENTS" in told.value.remedy
    setting("MANDATA_RECOVERY_RECIPIENTS", "age1w2wywhe5cs55zy9z8e37xkw78ht00qvr9flc5rdyrkxax96fsqesxx7rre")
    with pytest.raises(Refused, match="no store"):
        recovery.keep(at=now())


@pytest.mark.req("SEC-3")
def test_a_copy_is_taken_hourly_and_takes_the_place_of_the_one_before(held: Held, recipient: Path) -> None:
    at = now()
    assert (recovery.keep_due(at=at), recovery.keep_due(at=at + timedelta(minutes=59))) == (1, 0)
    (first,) = recovery.copies()
    assert (first.full, first.at) == (True, at)
    assert holders(first.name, recipient) >= set(held.keys)
    assert recovery.keep_due(at=at + timedelta(hours=1)) == 1
    assert [one.at for one in recovery.copies()] == [at + timedelta(hours=1)]


@pytest.mark.req("SEC-3")
def test_an_epoch_that_no_copy_has_is_copied_at_once_and_small(held: Held, recipient: Path, world: World) -> None:
    at = now()
    recovery.keep_due(at=at)
    young = world.controller()
    assert recovery.keep_due(at=at + timedelta(minutes=1)) == 1
    full, small = recovery.copies()
    assert (full.full, small.full) == (True, False)
    assert {(held.id, 1), (young.id, 1)} <= epochs(small.name, recipient)
    assert holders(small.name, recipient) == set()
    assert recovery.keep_due(at=at + timedelta(minutes=2)) == 0
    recovery.keep_due(at=at + timedelta(hours=1))
    assert [one.full for one in recovery.copies()] == [True], "the full one has it all"


@pytest.mark.req("SEC-1", "SEC-3")
def test_after_a_turn_no_copy_has_the_old_epoch_nor_a_key_that_was_destroyed_before(
    held: Held, recipient: Path
) -> None:
    recovery.keep(at=now())
    erased = next(iter(held.keys))
    with scope(held.id):
        Vault.open().destroy([erased])
    turn(held.id, at=now())
    (only,) = recovery.copies()
    assert {number for controller, number in epochs(only.name, recipient) if controller == held.id} == {2}
    assert holders(only.name, recipient) >= set(held.keys) - {erased}
    assert erased not in holders(only.name, recipient)


def test_a_copy_opens_for_its_recipients_only(held: Held, recipient: Path, tmp_path: Path) -> None:
    copy = recovery.keep(at=now())
    subprocess.run(["age-keygen", "-o", str(tmp_path / "other")], check=True, capture_output=True)
    for identity, opens in ((recipient, True), (tmp_path / "other", False)):
        done = subprocess.run(
            ["age", "-d", "-i", str(identity), str(Path(env().backup_store) / copy.name)],
            capture_output=True, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) is opens
    sealed = (Path(env().backup_store) / copy.name).read_bytes()
    assert provider().epoch_key(held.id, 1) not in sealed


def test_a_copy_that_breaks_off_leaves_the_one_before(
    held: Held, recipient: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recipient
    before = recovery.keep(at=now())

    def broken(*_: object, **__: object) -> Iterator[bytes]:
        yield b"begun"
        raise Fault("the database went away")

    with monkeypatch.context() as patch:
        patch.setattr(recovery, "bundle", broken)
        with pytest.raises(Fault, match="went away"):
            recovery.keep(at=now())
    assert [one.name for one in recovery.copies()] == [before.name]
    held.whole()


def test_a_lost_key_of_one_controller_does_not_keep_the_others_from_being_copied(
    world: World, held: Held, recipient: Path
) -> None:
    lost = Held(world, 5)
    provider().destroy_epoch_key(lost.id, 1)
    found = holders(recovery.keep(at=now()).name, recipient)
    assert found >= set(held.keys)
    assert not found & set(lost.keys)


def test_a_copy_of_many_keys_takes_the_memory_of_few(world: World) -> None:
    def peak(count: int) -> int:
        customer = world.controller()
        with scope(customer.id):
            for _ in range(0, count, 10_000):
                Vault.open().create(new_ids(10_000))
        tracemalloc.start()
        assert sum(map(len, recovery.bundle(now()))) > 81 * count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few = peak(10_000)
    assert peak(50_000) < few + 8 * 1024 * 1024


# -- installing ----------------------------------------------------------------------------------------------------


def bytes_of(at: datetime, *, full: bool = True) -> bytes:
    return b"".join(recovery.bundle(at, full=full))


@pytest.mark.req("SEC-3")
def test_keys_come_back_from_a_copy_into_an_empty_folder(
    provided: str, world: World, recipient: Path, setting: Setting, tmp_path: Path
) -> None:
    held = Held(world)
    signer = record_signer().private_bytes_raw()
    turn(held.id, at=now())
    setting("MANDATA_KEYS", tmp_path / "fresh")
    record_signer()  # an empty folder may have made keys of its own before anybody recovers
    with pytest.raises(KeysMissing), scope(held.id):
        Vault.open()
    done = recovery.recover(store(env().backup_store), age.identities(recipient.read_text()), at=now())
    # `gone` counts the whole database, in which another test may have left keys that nothing opens any more.
    assert (done.full, done.replaced, done.added) == (True, 0, 0)
    held.whole()
    assert record_signer().private_bytes_raw() == signer
    assert (provider().name, env().keys_folder) == (provided, tmp_path / "fresh")
    turn(held.id, at=now())
    held.turned(3)


@pytest.mark.req("SEC-3")
def test_a_database_from_before_a_turn_gets_the_copys_keys_and_none_of_the_erased(
    held: Held, recipient: Path, setting: Setting, tmp_path: Path
) -> None:
    erased = next(iter(held.keys))
    backup = tables(held.id)
    with scope(held.id):
        Vault.open().destroy([erased])
    turn(held.id, at=now())
    setting("MANDATA_KEYS", tmp_path / "fresh")
    restore(held.id, backup)
    done = recovery.recover(store(env().backup_store), age.identities(recipient.read_text()), at=now())
    assert (done.replaced, done.gone) == (len(held.keys) - 1, 1)
    del held.keys[erased], held.sealed[erased], held.plain[erased]
    held.whole()
    with scope(held.id):
        assert not has_key(erased)
    assert held.epochs() == {2}
    with scope(held.id):
        Vault.open().create([new_id()])
    turn(held.id, at=now())
    assert held.kept() == [3]


@pytest.mark.req("SEC-3")
def test_inside_an_epoch_a_copy_younger_than_the_database_takes_what_was_destroyed_in_between(held: Held) -> None:
    erased, before = sorted(held.keys)[-1], now() - timedelta(minutes=2)
    backup = tables(held.id)
    with scope(held.id):
        Vault.open().destroy([erased])
    copy = bytes_of(now())
    restore(held.id, backup)
    assert recovery.install([copy], at=now(), state_at=now()).gone == 0, "clocks differ"
    done = recovery.install([copy], at=now(), state_at=before)
    assert done.gone == 1
    with scope(held.id):
        assert not has_key(erased)


def test_a_database_younger_than_the_copy_keeps_what_it_has_made_and_what_it_has_destroyed(held: Held) -> None:
    copy, erased, made = bytes_of(now()), next(iter(held.keys)), new_id()
    with scope(held.id):
        vault = Vault.open()
        vault.destroy([erased])
        vault.create([made])
    for state_at in (None, now()):
        done = recovery.install([copy], at=now(), state_at=state_at)
        assert (done.replaced, done.added, done.gone) == (0, 0, 0)
    with scope(held.id):
        assert (has_key(made), has_key(erased)) == (True, False)


@pytest.mark.req("SEC-3")
def test_who_came_after_the_copy_keeps_the_key_even_where_the_database_is_taken_for_older(held: Held) -> None:
    copy, made = bytes_of(now() - timedelta(minutes=5)), new_id()
    with scope(held.id):
        Vault.open().create([made])
    assert recovery.install([copy], at=now(), state_at=now() - timedelta(hours=1)).gone == 0
    with scope(held.id):
        assert has_key(made)


def test_a_database_that_comes_without_keys_gets_all_of_the_copys(held: Held) -> None:
    copy = bytes_of(now())
    with scope(held.id):
        bulk.execute("delete from vault_subject_key", [])
        bulk.execute("delete from vault_secret", [])
    Epoch.objects.filter(controller_id=held.id).delete()
    done = recovery.install([copy], at=now())
    assert done.added == len(held.keys)
    held.whole()


def test_a_turn_that_was_under_way_when_everything_was_lost_is_undone_to_what_the_copy_opens(
    held: Held, setting: Setting, tmp_path: Path
) -> None:
    """The write-ahead log brought rows under an epoch whose key was in no copy: their keys of before come back."""
    copy, late = bytes_of(now()), new_id()
    turn(held.id, at=now())
    with scope(held.id):
        Vault.open().create([late])
    setting("MANDATA_KEYS", tmp_path / "fresh")
    done = recovery.install([copy], at=now())
    assert (done.replaced, done.gone) == (len(held.keys), 1)
    held.whole()
    assert held.epochs() == {1}
    with scope(held.id):
        assert not has_key(late)
        Vault.open().create([new_id()])
    turn(held.id, at=now())
    assert held.kept() == [3], "the number that was lost is not given again"


def test_an_epoch_that_a_small_copy_has_is_kept_with_all_that_lies_under_it(
    held: Held, recipient: Path, setting: Setting, world: World, tmp_path: Path
) -> None:
    recovery.keep(at=now())
    young = Held(world, 20)
    recovery.keep_epochs(at=now())
    setting("MANDATA_KEYS", tmp_path / "fresh")
    done = recovery.recover(store(env().backup_store), age.identities(recipient.read_text()), at=now())
    assert done.gone == 0
    held.whole()
    young.whole()


def test_a_controller_of_which_no_copy_has_anything_has_no_keys_any_more(
    held: Held, recipient: Path, setting: Setting, world: World, tmp_path: Path
) -> None:
    recovery.keep(at=now())
    young = Held(world, 20)
    setting("MANDATA_KEYS", tmp_path / "fresh")
    done = recovery.recover(store(env().backup_store), age.identities(recipient.read_text()), at=now())
    assert done.gone == 20
    held.whole()
    with scope(young.id), pytest.raises(KeyDestroyed):
        Vault.open()


@pytest.mark.parametrize("fault", ["cut", "changed"])
def test_a_damaged_copy_changes_nothing(held: Held, setting: Setting, tmp_path: Path, fault: str) -> None:
    backup = tables(held.id)
    turn(held.id, at=now())
    copy = bytearray(bytes_of(now()))
    if fault == "cut":
        del copy[-1:]
    else:
        copy[-1] ^= 1
    setting("MANDATA_KEYS", tmp_path / "fresh")
    restore(held.id, backup)
    with pytest.raises(Damaged):
        recovery.install([bytes(copy)], at=now())
    assert held.epochs() == {1}
    assert provider().epochs() == []


def test_a_copy_of_another_installation_is_refused_and_changes_nothing(
    held: Held, setting: Setting, tmp_path: Path
) -> None:
    copy = bytes_of(now())
    setting("MANDATA_KEYS", tmp_path / "other")
    provider().create_epoch_key(held.id, 1)
    record_signer()
    with pytest.raises(KeysMissing, match="another"):
        recovery.install([copy], at=now())
    assert held.epochs() == {1}


def test_a_store_without_a_copy_is_told_in_words(recipient: Path) -> None:
    with pytest.raises(Fault, match="no recovery copy"):
        recovery.recover(store(env().backup_store), age.identities(recipient.read_text()), at=now())


def test_what_else_lies_in_the_store_is_no_copy(recipient: Path) -> None:
    assert recipient
    for name in ("keys/notes.txt", "keys/2026-full.age", "keys/20260302T120000000000Z-half.age"):
        store(env().backup_store).put(name, [b"x"])
    assert recovery.copies() == []
    store(env().backup_store).put("keys/20260302T120000000000Z-full.age", [b"x"])
    assert [type(one) for one in recovery.copies()] == [Copy]


@pytest.mark.req("SEC-3")
def test_the_window_is_what_was_made_since_the_last_copy_and_is_counted(world: World, recipient: Path) -> None:
    assert recipient
    customer = world.controller()
    with scope(customer.id):
        begin(at=now())
        Vault.open().create(new_ids(5))
    time.sleep(0.01)  # an id tells the millisecond in which it was made
    copy = recovery.keep(at=now())
    time.sleep(0.01)
    made = new_ids(3)
    with scope(customer.id):
        Vault.open().create(made)
    assert recovery.since(copy.at, [customer.id]) == 3
