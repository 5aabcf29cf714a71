"""An epoch turns: the key gets a new value, everything still opens, and the old value opens nothing any more."""

import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, connections

from mandata.foundation.errors import Fault
from mandata.infra import bulk
from mandata.infra.clock import new_id, new_ids, now
from mandata.infra.environment import env
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from mandata.record.snapshot import snapshot
from mandata.vault import rules, turning
from mandata.vault.errors import DoesNotOpen, KeysMissing
from mandata.vault.models import Epoch
from mandata.vault.providers import provider
from mandata.vault.services import PURPOSES, Vault
from mandata.vault.turning import turn
from tests.vault.conftest import hand
from tests.world import World

PLACE = "audience_subscriber.identity"
pytestmark = pytest.mark.usefixtures("as_it_was")


class Held:
    """A controller with sealed people, and what each of them and each index was."""

    def __init__(self, world: World, count: int = 200) -> None:
        self.id = world.controller().id
        with scope(self.id):
            vault = Vault.open()
            self.keys = vault.create(new_ids(count))
            self.plain = {holder: f"person {holder}".encode() for holder in self.keys}
            self.sealed = vault.seal_many(PLACE, self.keys, self.plain)
            self.indexes = {purpose: vault.index(purpose, "a@b.example") for purpose in PURPOSES}

    def whole(self, vault: Vault | None = None) -> None:
        """Every key, every envelope, every index is what it was."""
        with scope(self.id):
            vault = vault or Vault.open()
            assert vault.keys(self.keys) == self.keys
            assert vault.unseal_many(PLACE, self.sealed) == self.plain
            assert {purpose: vault.index(purpose, "a@b.example") for purpose in PURPOSES} == self.indexes

    def epochs(self) -> set[int]:
        """Under which epochs anything lies."""
        with scope(self.id):
            rows = bulk.execute("select epoch from vault_subject_key union select epoch from vault_secret", [])
        return {epoch for (epoch,) in rows}

    def kept(self) -> list[int]:
        """Whose keys the provider has."""
        return [number for controller, number in provider().epochs() if controller == self.id]

    def turned(self, epoch: int) -> None:
        """A turn to the epoch has come to its end."""
        self.whole()
        assert (self.epochs(), self.kept()) == ({epoch}, [epoch])
        states = {row.number: (row.left_at, row.destroyed_at) for row in Epoch.objects.filter(controller_id=self.id)}
        assert states.pop(epoch) == (None, None)
        assert all(left and destroyed for left, destroyed in states.values())
        with scope(self.id):
            entries = record.entries(kind="vault.epoch_turned")
        assert sorted(one.body["epoch"] for one in entries) == list(range(2, epoch + 1))


@pytest.fixture
def held(world: World) -> Held:
    return Held(world)


@pytest.mark.req("SEC-1")
def test_a_turn_gives_the_key_a_new_value_wraps_everything_anew_and_destroys_the_old(
    provided: str, world: World
) -> None:
    held = Held(world)
    old = provider().epoch_key(held.id, 1)
    done = turn(held.id, at=now())
    assert (done.epoch, done.left, done.keys, done.secrets) == (2, (1,), 200, len(PURPOSES))
    held.turned(2)
    assert provider().epoch_key(held.id, 2) != old
    with pytest.raises(KeysMissing):
        provider().epoch_key(held.id, 1)
    turn(held.id, at=now())
    held.turned(3)
    assert provider().name == provided


@pytest.mark.req("SEC-1", "SEC-3")
def test_wrapped_keys_copied_before_a_turn_open_under_nothing_that_is_there_after_it(held: Held) -> None:
    with scope(held.id):
        copied = bulk.execute("select holder, epoch, wrapped from vault_subject_key", [])
    turn(held.id, at=now())
    current = AESGCM(provider().epoch_key(held.id, 2))
    for holder, _, wrapped in copied:
        with pytest.raises(DoesNotOpen):
            rules.unwrap(current, held.id, holder.bytes, bytes(wrapped))


def test_a_vault_that_was_opened_before_reads_makes_and_keeps_after_any_number_of_turns(held: Held) -> None:
    with scope(held.id):
        vault = Vault.open()
        keys, wrapped = vault.make(new_ids(3))
    for _ in range(3):
        turn(held.id, at=now())
    held.whole(vault)
    with scope(held.id):
        vault.keep(wrapped)
        more = vault.create(new_ids(3))
    with scope(held.id):
        assert Vault.open().keys([*keys, *more]) == keys | more
    held.turned(4)
    turn(held.id, at=now())
    with scope(held.id):
        assert vault.keys([*keys, *more]) == keys | more


def test_a_vault_that_never_used_its_epochs_key_wraps_under_the_next(held: Held) -> None:
    vault = Vault(held.id, 1, {})
    turn(held.id, at=now())
    with scope(held.id):
        keys = vault.create(new_ids(2))
        assert Vault.open().keys(keys) == keys
    assert held.epochs() == {2}


def test_a_controller_without_people_turns_and_another_is_left_alone(world: World) -> None:
    empty, other = world.controller(), Held(world, 3)
    assert turn(empty.id, at=now()).keys == 0
    other.whole()
    assert other.kept() == [1]


def test_an_unknown_controller_is_told_in_words() -> None:
    with pytest.raises(Fault, match="has no keys"):
        turn(new_id(), at=now())


def test_nothing_is_stored_under_an_epoch_that_is_being_left(held: Held) -> None:
    """Whoever holds the epoch holds up the turn; who comes while it waits, waits behind it and gets the new one."""
    holding, go = threading.Event(), threading.Event()

    def first() -> None:
        with scope(held.id):
            Vault.open().create([early])
            holding.set()
            go.wait(60)
        connection.close()

    def second() -> None:
        with scope(held.id):
            Vault.open().create([late])
        connection.close()

    early, late = new_id(), new_id()
    with ThreadPoolExecutor(3) as pool:
        one = pool.submit(first)
        holding.wait(60)
        turning_ = pool.submit(_turned, held.id)
        _until(lambda: _waiting("pg_advisory_xact_lock(") == 1)
        other = pool.submit(second)
        _until(lambda: _waiting("pg_advisory_xact_lock_shared(") == 1)
        assert not turning_.done()
        go.set()
        for future in (one, turning_, other):
            future.result(60)
    with scope(held.id):
        rows = bulk.execute("select epoch from vault_subject_key where holder = any(%b)", [[early, late]])
    assert rows == [(2,), (2,)]
    held.turned(2)


def _turned(controller: UUID) -> None:
    try:
        turn(controller, at=now())
    finally:
        connection.close()


def _waiting(statement: str) -> int:
    found = bulk.execute(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and position(%s in query) > 0",
        [statement],
    )
    return int(found[0][0])


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_old_value_stays_as_long_as_a_snapshot_reads_what_was_wrapped_under_it(held: Held) -> None:
    with ThreadPoolExecutor(1) as pool:
        with snapshot(), scope(held.id):
            before = bulk.execute("select epoch from vault_subject_key", [])
            running = pool.submit(_turned, held.id)
            _until(lambda: held.kept() == [1, 2] and _rewrapped_outside(held.id))
            time.sleep(0.3)
            assert held.kept() == [1, 2]
            assert Vault.open().keys(held.keys) == held.keys, "read from before the turn, opened during it"
            assert set(before) == {(1,)}
        running.result(60)
    held.turned(2)


def _rewrapped_outside(controller: UUID) -> bool:
    def look() -> bool:
        with scope(controller):
            rows = bulk.execute("select distinct epoch from vault_subject_key", [])
        connection.close()
        return rows == [(2,)]

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(look).result(30)


def test_a_reader_that_never_ends_leaves_the_turn_for_the_next_call(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turning, "PATIENCE", 0.2)
    with ThreadPoolExecutor(1) as pool, snapshot(), scope(held.id):
        bulk.execute("select 1 from vault_subject_key limit 1", [])
        with pytest.raises(Fault, match="for too long"):
            pool.submit(_turned, held.id).result(60)
    assert held.kept() == [1, 2]
    held.whole()
    assert held.id in turning.due(at=now())
    turn(held.id, at=now())
    held.turned(2)


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize(
    ("step", "nth"),
    [
        ("new", 1),
        ("copied", 1),
        ("left", 1),
        ("wrapped", 1),
        ("wrapped", 3),
        ("wrapped", 6),
        ("copied", 2),
        ("gone", 1),
    ],
)
def test_a_turn_killed_with_minus_9_at_any_step_is_finished_by_the_same_command(
    world: World, recipient: Path, step: str, nth: int
) -> None:
    assert recipient
    held = Held(world)
    killed = hand("turn", held.id, step, nth)
    assert killed.wait(60) == -9, killed.communicate()
    held.whole()
    again = hand("turn", held.id)
    told, failed = again.communicate(timeout=60)
    assert (again.returncode, told.strip()) == (0, "2"), failed
    held.turned(2)


def test_two_who_turn_at_once_turn_once_and_lose_nothing(held: Held) -> None:
    both = [hand("turn", held.id) for _ in range(3)]
    for one in both:
        told, failed = one.communicate(timeout=60)
        assert one.returncode == 0, failed
        assert int(told) >= 2
    held.turned(max(held.epochs()))


@pytest.mark.req("SEC-1")
def test_while_epochs_turn_and_turners_are_killed_others_make_read_and_destroy_keys_and_none_is_lost(
    world: World, tmp_path: Path
) -> None:
    held, files = Held(world, 300), [tmp_path / f"acknowledged-{number}" for number in range(2)]
    writers = [hand("write", held.id, file) for file in files]
    reading, gone = threading.Event(), set[UUID]()

    def read() -> int:
        with scope(held.id):
            vault, count = Vault.open(), 0
        while not reading.is_set():
            with scope(held.id):
                found = (vault if count % 2 else Vault.open()).keys(held.keys)
            assert all(held.keys[holder] == key for holder, key in found.items())
            count += 1
            time.sleep(0.01)
        connection.close()
        return count

    try:
        with ThreadPoolExecutor(1) as pool:
            reader = pool.submit(read)
            victims = list(held.keys)[:60]
            try:
                _until(lambda: all(file.exists() and file.stat().st_size for file in files))
                turner = hand("turns", held.id, 6)
                while turner.poll() is None:
                    with scope(held.id):
                        gone |= set(Vault.open().destroy(victims[len(gone) : len(gone) + 10]))
                    time.sleep(0.1)
                told, failed = turner.communicate()
                assert told.split() == ["0", "-9"] * 3, failed
            finally:
                reading.set()
            assert reader.result(60) > 5
    finally:
        for writer in writers:
            writer.kill()
            assert writer.communicate()[1] == ""
    turn(held.id, at=now())
    for holder in gone:
        del held.keys[holder], held.sealed[holder], held.plain[holder]
    made = [line.split() for file in files for line in file.read_text().splitlines() if len(line) == 101]
    assert len(made) > 50 and len(gone) == 60
    with scope(held.id):
        found = Vault.open().keys([UUID(holder) for holder, _ in made])
        assert {str(holder): key.hex() for holder, key in found.items()} == dict(made)
        assert not Vault.open().keys(gone)
    held.turned(max(held.epochs()))


def test_an_epoch_is_due_after_its_days_and_the_workers_loop_turns_it(
    held: Held, setting: Callable[[str, object], None]
) -> None:
    setting("MANDATA_EPOCH_DAYS", 3)
    began = Epoch.objects.get(controller_id=held.id).began_at
    assert held.id not in turning.due(at=began + timedelta(days=2, hours=23))
    later = began + timedelta(days=3)
    assert held.id in turning.due(at=later)
    with connection.cursor() as cursor:  # of the other tests' controllers none is due
        cursor.execute("update vault_epoch set began_at = %s where controller_id <> %s", [later, held.id])
    assert turning.turn_due(at=later) >= 1
    held.turned(2)
    assert held.id not in turning.due(at=later)


@pytest.mark.req("RET-5")
def test_a_lost_key_of_one_controller_does_not_keep_the_others_from_turning(world: World) -> None:
    lost, whole = Held(world, 5), Held(world, 5)
    provider().destroy_epoch_key(lost.id, 1)
    due = sorted([lost.id, whole.id])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turning, "due", lambda *, at: due)
        with pytest.raises(KeysMissing):
            turning.turn_due(at=now())
    whole.turned(2)
    with scope(lost.id):
        bulk.execute("delete from vault_subject_key", [])
        bulk.execute("delete from vault_secret", [])
    turning.turn(lost.id, at=now())


def test_a_key_store_that_is_away_keeps_both_keys_and_the_next_call_goes_on(
    held: Held, recipient: Path, setting: Callable[[str, object], None]
) -> None:
    assert recipient
    store = env().backup_store
    blocked = Path(store).with_name("blocked")
    blocked.write_text("no folder")
    told: list[str] = []

    def cut(progress: turning.Progress) -> None:
        told.append(progress.step)
        if progress.step == "left":
            setting("MANDATA_BACKUP_STORE", blocked / "store")

    with pytest.raises(Fault):
        turn(held.id, at=now(), told=cut)
    assert told[:3] == ["new", "copied", "left"]
    assert held.kept() == [1, 2]
    held.whole()
    setting("MANDATA_BACKUP_STORE", store)
    turn(held.id, at=now())
    held.turned(2)


def test_the_application_wraps_keys_in_the_vault_only() -> None:
    """What is wrapped elsewhere would not be wrapped anew when its epoch turns."""
    source = Path(__file__).resolve().parents[2] / "src" / "mandata"
    using = {
        path.relative_to(source).parts[0]
        for path in source.rglob("*.py")
        if any(word in path.read_text() for word in (".epoch_key(", ".wrap(epoch", "_epoch_key("))
    }
    assert using == {"vault"}


def test_the_database_says_whose_epochs_are_due_and_nothing_else(held: Held, database: Urls) -> None:
    with psycopg.connect(database.app) as app:
        found = app.execute("select * from vault_epoch where controller_id = %s", [held.id])
        assert [column.name for column in found.description or ()] == [
            "controller_id", "number", "began_at", "destroyed_at", "left_at", "copied_at",
        ]  # fmt: skip


def test_a_keys_folder_copied_back_after_a_turn_does_not_confuse_the_next(held: Held) -> None:
    folder = env().keys_folder / "controllers" / str(held.id)
    shutil.copytree(folder, folder.with_name(f"{held.id}-copy"))
    turn(held.id, at=now())
    shutil.copy(folder.with_name(f"{held.id}-copy") / "1.key", folder / "1.key")
    shutil.rmtree(folder.with_name(f"{held.id}-copy"))
    turn(held.id, at=now())
    held.whole()
    connections.close_all()
