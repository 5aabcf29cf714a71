"""The outside log: durable before it returns, whole after any death, readable whatever was torn."""

import os
import random
import stat
import subprocess
import sys
import threading
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.foundation.errors import Fault
from mandata.infra import environment, outside
from mandata.infra.outside import lines, names, writing
from mandata.infra.outside.writing import Writer
from mandata.infra.tenancy import NoScope

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOBODY = UUID(int=0)


def line(number: int, *, kind: str = "test.wrote", at: datetime = AT, controller: UUID = NOBODY) -> bytes:
    return lines.encode(kind, controller, at, {"number": number})


def numbers(reading: outside.Reading) -> list[int]:
    return [one.body["number"] for one in reading]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the writers' clock."""

    def set_to(at: datetime) -> None:
        monkeypatch.setattr(writing, "now", lambda: at)

    set_to(AT)
    return set_to


@pytest.mark.req("REC-1", "RET-7")
def test_a_line_says_again_what_was_written(tmp_path: Path) -> None:
    body = {"b": [1, "ž\n", None], "a": {"id": NOBODY, "at": AT, "hash": b"\x00\xff"}}
    Writer(tmp_path / "log").write(lines.encode("area.what", UUID(int=7), AT, body))
    (found,) = outside.read(tmp_path / "log")
    assert (found.at, found.kind, found.controller) == (AT, "area.what", UUID(int=7))
    assert found.body == {
        "a": {"at": "2026-11-22T12:00:00.000000Z", "hash": "00ff", "id": str(NOBODY)},
        "b": [1, "ž\n", None],
    }


@given(
    st.dictionaries(
        st.text("abcdefgh"), st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=6), max_size=4
    )
)
def test_every_body_comes_back_in_one_line(body: dict[str, Any]) -> None:
    data = lines.encode("area.what", NOBODY, AT, body)
    assert data.count(b"\n") == 2
    found = lines.decode(data.strip(b"\n"))
    assert found and found.body == body


@given(st.integers(min_value=0, max_value=120), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_makes_a_line_none(place: int, change: int) -> None:
    data = bytearray(lines.encode("area.what", NOBODY, AT, {"pad": "x" * 80}).strip(b"\n"))
    data[place] ^= change
    found = lines.decode(bytes(data))
    assert found is None or (place < 9 and found.body == {"pad": "x" * 80})  # a blank or a digit in upper case


def test_a_write_outside_a_scope_is_a_bug() -> None:
    with pytest.raises(NoScope):
        outside.write("test.wrote", {})


def test_folder_and_files_are_for_nobody_elses_eyes(tmp_path: Path) -> None:
    Writer(tmp_path / "log").write(line(1))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "log").iterdir()}
    assert set(modes.values()) == {0o600} and len(modes) == 2
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o700


def test_each_write_is_one_write_and_one_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(tmp_path)
    writer.write(line(0))
    calls: list[str] = []
    write, sync = os.write, os.fdatasync

    def noted(name: str, act: Any) -> Any:
        def call(*arguments: Any) -> Any:
            calls.append(name)
            return act(*arguments)

        return call

    monkeypatch.setattr(os, "write", noted("write", write))
    monkeypatch.setattr(os, "fdatasync", noted("sync", sync))
    writer.write(line(1) + line(2))
    assert calls == ["write", "sync"]


def test_threads_that_wait_share_an_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, syncs, sync = Writer(tmp_path), [0], os.fdatasync

    def slowly(fd: int) -> None:
        syncs[0] += 1
        time.sleep(0.02)
        sync(fd)

    monkeypatch.setattr(os, "fdatasync", slowly)

    def write_five(start: int) -> None:
        for one in range(5):
            writer.write(line(start + one))

    threads = [threading.Thread(target=write_five, args=(start,)) for start in range(0, 80, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers(outside.read(tmp_path))) == 40
    assert syncs[0] <= 20


def test_many_processes_killed_at_any_moment_lose_nothing_they_were_told_is_kept(tmp_path: Path) -> None:
    chance = random.Random(4)
    told: dict[str, int] = {}
    running: dict[str, subprocess.Popen[str]] = {}
    for _ in range(3):
        for _ in range(4):
            name = uuid4().hex
            command = [sys.executable, "-m", "tests.infra.outside_hand", name, str(chance.choice([10, 3000, 200_000]))]
            own = os.environ | {"MANDATA_OUTSIDE": str(tmp_path / "log")}
            running[name] = subprocess.Popen(command, env=own, stdout=subprocess.PIPE, text=True)
        for one in running.values():
            assert one.stdout and one.stdout.readline()
        time.sleep(chance.random() * 0.3)
        for name, one in running.items():
            one.kill()
            assert one.stdout
            rest = one.stdout.read().split("\n")[:-1]
            told[name] = int(rest[-1]) if rest else 0
            one.stdout.close()
            one.wait()
        running.clear()
    reading = outside.read(tmp_path / "log")
    found: dict[str, list[int]] = {}
    for one_line in reading:
        found.setdefault(one_line.body["by"], []).append(one_line.body["number"])
    assert all(got == list(range(len(got))) for got in found.values()), "each writer's lines stand in their order"
    assert all(len(found[name]) > last for name, last in told.items())
    assert reading.skipped <= len(told)
    assert len({path.name[:12] for path in outside.files(tmp_path / "log")}) == 1, "who begins together has one id"


def test_a_torn_tail_costs_one_line_and_is_counted(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    writer.write(line(1))
    (file,) = outside.files(tmp_path)
    with file.open("ab") as raw:
        raw.write(line(2)[:-20])
    Writer(tmp_path).write(line(3))
    reading = outside.read(tmp_path)
    assert (numbers(reading), reading.skipped) == ([1, 3], 1)


def test_a_damaged_line_in_the_middle_costs_one_line(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    for one in range(5):
        writer.write(line(one))
    (file,) = outside.files(tmp_path)
    data = bytearray(file.read_bytes())
    data[data.index(b'"number":2') + 3] ^= 1
    file.write_bytes(data)
    reading = outside.read(tmp_path)
    assert (numbers(reading), reading.skipped) == ([0, 1, 3, 4], 1)


def test_a_full_disk_is_told_and_nothing_counts_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, write = Writer(tmp_path), os.write
    writer.write(line(1))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, data: write(fd, data[:20]))
        with pytest.raises(outside.NotKept, match=r"No space left on device.*MANDATA_OUTSIDE.*Nothing was changed"):
            writer.write(line(2))
    writer.write(line(3))
    assert numbers(outside.read(tmp_path)) == [1, 3]
    assert issubclass(outside.NotKept, Fault)


def test_an_fsync_that_fails_leaves_its_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(tmp_path)
    writer.write(line(1))

    def fail(_fd: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", fail)
        with pytest.raises(outside.NotKept, match="Input/output error"):
            writer.write(line(2))
    writer.write(line(3))
    assert [names.number(path.name) for path in outside.files(tmp_path)] == [1, 2]
    assert numbers(outside.read(tmp_path))[-1] == 3


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(outside.NotKept, match="Not a directory"):
        Writer(tmp_path / "file" / "log").write(line(1))


def test_a_new_day_is_a_new_file_and_other_processes_follow(tmp_path: Path, clock: Any) -> None:
    one, other = Writer(tmp_path), Writer(tmp_path)
    one.write(line(1))
    other.write(line(2))
    clock(AT + timedelta(days=1))
    other.write(line(3))
    one.write(line(4))
    assert [names.day(path.name) for path in outside.files(tmp_path)] == ["20261122", "20261123"]
    assert numbers(outside.read(tmp_path)) == [1, 2, 3, 4]


@pytest.mark.parametrize("jump", [timedelta(hours=-3), timedelta(days=-400), timedelta(days=30_000)])
def test_whatever_the_clock_does_lines_stay_in_the_order_in_which_they_were_written(
    tmp_path: Path, clock: Any, jump: timedelta
) -> None:
    one, other = Writer(tmp_path), Writer(tmp_path)
    for number, at in enumerate([AT, AT + jump, AT, AT + jump, AT]):
        clock(at)
        (one, other)[number % 2].write(line(number, at=at))
    assert numbers(outside.read(tmp_path)) == [0, 1, 2, 3, 4]
    found = outside.newest("test.wrote", NOBODY, tmp_path)
    assert found and found.body == {"number": 4}


def test_folders_of_several_hosts_are_merged_by_time(tmp_path: Path) -> None:
    for host in (0, 1):
        writer = Writer(tmp_path / str(host))
        for number in range(host, 10, 2):
            writer.write(line(number, at=AT + timedelta(seconds=number)))
    assert numbers(outside.read(tmp_path / "0", tmp_path / "1")) == list(range(10))


def test_a_file_that_lies_in_two_places_is_read_once_where_it_is_longer(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "own")
    writer.write(line(1))
    (file,) = outside.files(tmp_path / "own")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / file.name).write_bytes(file.read_bytes()[:-5])
    writer.write(line(2))
    for order in (["own", "copy"], ["copy", "own"]):
        reading = outside.read(*(tmp_path / name for name in order))
        assert (numbers(reading), reading.skipped) == ([1, 2], 0)


def test_files_of_several_hosts_may_lie_in_one_folder(tmp_path: Path) -> None:
    for host in ("a", "b"):
        Writer(tmp_path / host).write(line(ord(host), at=AT))
        for path in outside.files(tmp_path / host):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    assert sorted(numbers(outside.read(tmp_path))) == [97, 98]


def test_since_leaves_out_whole_files_and_nothing_later(tmp_path: Path, clock: Any) -> None:
    writer = Writer(tmp_path)
    for number in range(6):
        clock(at := AT + timedelta(hours=12 * number))
        writer.write(line(number, at=at))
    assert numbers(outside.read(tmp_path, since=AT + timedelta(hours=40)))[-3:] == [3, 4, 5]
    assert 0 not in numbers(outside.read(tmp_path, since=AT + timedelta(hours=40)))
    assert numbers(outside.read(tmp_path, since=AT + timedelta(days=900)))[-1] == 5


def test_kinds_are_chosen_by_their_beginning(tmp_path: Path) -> None:
    Writer(tmp_path).write(line(1, kind="a.one") + line(2, kind="b.one") + line(3, kind="a.two"))
    assert numbers(outside.read(tmp_path, kinds=("a.",))) == [1, 3]
    assert numbers(outside.read(tmp_path, kinds=("a.two", "b."))) == [2, 3]


@pytest.mark.parametrize("size", [10, 70_000, 300_000])
def test_the_newest_line_is_found_from_the_end(tmp_path: Path, size: int) -> None:
    writer = Writer(tmp_path)
    for number in range(4):
        for controller in (NOBODY, UUID(int=5)):
            body = {"number": number, "pad": "x" * size}
            writer.write(lines.encode("test.wrote", controller, AT, body))
    found = outside.newest("test.wrote", UUID(int=5), tmp_path)
    assert found and (found.controller, found.body["number"]) == (UUID(int=5), 3)
    assert outside.newest("test.else", UUID(int=5), tmp_path) is None
    assert outside.newest("test.wrote", NOBODY, tmp_path / "absent") is None


def test_reading_needs_no_more_memory_for_a_longer_log(tmp_path: Path) -> None:
    def peak(folder: Path, count: int) -> int:
        Writer(folder).write(b"".join(line(number) for number in range(count)))
        tracemalloc.start()
        try:
            assert sum(1 for _ in outside.read(folder)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(tmp_path / "long", 20_000) < 2 * peak(tmp_path / "short", 500) + 100_000


def test_pruning_removes_what_was_ended_before_and_keeps_the_newest(tmp_path: Path, clock: Any) -> None:
    writer = Writer(tmp_path)
    for number in range(5):
        clock(at := AT + timedelta(days=number))
        writer.write(line(number, at=at))
    assert len(outside.prune(AT + timedelta(days=2, hours=1), tmp_path)) == 2
    assert numbers(outside.read(tmp_path)) == [2, 3, 4]
    outside.prune(AT + timedelta(days=900), tmp_path)
    assert numbers(outside.read(tmp_path)) == [4]


def test_a_file_from_a_clock_far_ahead_is_pruned_like_others(tmp_path: Path, clock: Any) -> None:
    writer = Writer(tmp_path)
    for number, at in enumerate([AT + timedelta(days=30_000), AT, AT + timedelta(days=1)]):
        clock(at)
        writer.write(line(number, at=at))
    outside.prune(AT + timedelta(days=1), tmp_path)
    assert numbers(outside.read(tmp_path)) == [2]


def test_the_folder_is_a_setting(tmp_path: Path) -> None:
    assert environment.read({"MANDATA_VAR": str(tmp_path)}).outside_folder == tmp_path / "outside"
    assert environment.read({"MANDATA_OUTSIDE": str(tmp_path)}).outside_folder == tmp_path


@pytest.mark.req("RET-7")
def test_a_clock_that_was_wrong_for_a_while_costs_neither_lines_nor_files(tmp_path: Path, clock: Any) -> None:
    writer = Writer(tmp_path)
    since = AT - timedelta(hours=1)
    hours = (-36, -30, 0, -24 * 400, 1)  # two of the day before; then at noon; wrong by a year; right again
    for number, hour in enumerate(hours):
        clock(AT + timedelta(hours=hour))
        writer.write(line(number, at=AT + timedelta(hours=hour)))
    assert len(outside.files(tmp_path)) == 4
    assert set(numbers(outside.read(tmp_path, since=since))) >= {2, 3, 4}
    outside.prune(since, tmp_path)
    assert set(numbers(outside.read(tmp_path))) == {2, 3, 4}
