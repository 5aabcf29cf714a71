"""The spool loses nothing it took, whatever dies, and takes nothing it cannot keep."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.foundation.errors import Fault
from mandata.tracking import spool
from mandata.tracking.spool import EVENTS, UNSUBSCRIPTIONS, SpoolFull, SpoolRecord, Writer

records = st.builds(
    SpoolRecord,
    st.integers(0, 2**48 - 1),
    st.integers(0, 2**48 - 1),
    st.integers(0, 65535),
    st.integers(0, 2**48 - 1),
    st.integers(0, 15),
    st.integers(0, 255),
    st.one_of(st.just(b""), st.binary(min_size=3, max_size=3), st.binary(min_size=6, max_size=6)),
)


def a_record(number: int, link: int = 1) -> SpoolRecord:
    return SpoolRecord(7, number, link, 1_764_000_000_000 + number, 1, 10, b"\xc0\x00\x02")


def all_of(folder: Path, stream: str) -> list[SpoolRecord]:
    """Every record, by message: segments begun within one millisecond have no order between them."""
    found = [record for path in spool.segments(folder, stream) for record in spool.read(path).records]
    return sorted(found, key=lambda record: record.message_no)


def damage_of(folder: Path, stream: str) -> int:
    return sum(spool.read(path).damaged for path in spool.segments(folder, stream))


@given(records, st.integers(0, 2**32 - 1))
def test_what_was_written_is_what_is_read(record: SpoolRecord, seed: int) -> None:
    raw = spool.encode(record, seed)
    assert len(raw) == 32
    assert spool.decode(raw, seed) == record


@given(records, st.integers(0, 255))
def test_a_record_with_one_other_bit_is_seen_to_be_damaged(record: SpoolRecord, bit: int) -> None:
    raw = spool.encode(record, 1)
    flipped = (int.from_bytes(raw, "big") ^ (1 << bit)).to_bytes(32, "big")
    assert spool.decode(flipped, 1) is None


def test_a_record_of_another_segment_is_not_taken_for_one_of_this(tmp_path: Path) -> None:
    raw = spool.encode(a_record(1), spool.name_seed("one.seg"))
    assert spool.decode(raw, spool.name_seed("two.seg")) is None


def test_records_come_back_in_order_from_any_offset(tmp_path: Path) -> None:
    writer = Writer(tmp_path, EVENTS)
    for number in range(100):
        writer.append(a_record(number))
    [path] = spool.segments(tmp_path, EVENTS)
    first = spool.read(path, 0, limit=30)
    rest = spool.read(path, first.next_offset)
    assert [record.message_no for record in first.records + rest.records] == list(range(100))
    assert not first.complete
    writer.close()


def test_a_segment_is_complete_only_when_its_writer_let_go_and_all_of_it_is_read(tmp_path: Path) -> None:
    writer = Writer(tmp_path, EVENTS)
    writer.append(a_record(1))
    writer.append(a_record(2))
    [path] = spool.segments(tmp_path, EVENTS)
    assert not spool.read(path).complete
    writer.close()
    assert not spool.read(path, limit=1).complete
    assert spool.read(path).complete
    assert spool.read(path, spool.read(path).next_offset).complete
    spool.remove(path)
    assert spool.segments(tmp_path, EVENTS) == []


def test_segments_change_when_full_and_no_record_is_lost_between_them(tmp_path: Path) -> None:
    writer = Writer(tmp_path, EVENTS, segment_bytes=10 * spool.RECORD_BYTES)
    for number in range(205):
        writer.append(a_record(number))
    writer.close()
    assert len(spool.segments(tmp_path, EVENTS)) > 15
    assert [record.message_no for record in all_of(tmp_path, EVENTS)] == list(range(205))


def test_an_old_segment_is_let_go_of_although_nothing_more_comes(tmp_path: Path) -> None:
    writer = Writer(tmp_path, EVENTS, segment_seconds=0.05, sync_seconds=0.02)
    writer.append(a_record(1))
    [path] = spool.segments(tmp_path, EVENTS)
    until(lambda: spool.read(path).complete)
    writer.append(a_record(2))
    assert len(all_of(tmp_path, EVENTS)) == 2
    writer.close()


def test_threads_that_wait_for_the_disk_each_find_their_record_in_the_file(tmp_path: Path) -> None:
    writer = Writer(tmp_path, UNSUBSCRIPTIONS, segment_bytes=40 * spool.RECORD_BYTES)

    def write(start: int) -> None:
        for number in range(start, start + 50):
            writer.append_durably(a_record(number))

    threads = [threading.Thread(target=write, args=(1000 * index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [record.message_no for record in all_of(tmp_path, UNSUBSCRIPTIONS)]
    assert found == sorted(1000 * index + number for index in range(8) for number in range(50))
    writer.close()


def test_a_torn_tail_is_ignored_and_a_damaged_record_costs_itself_only(tmp_path: Path) -> None:
    writer = Writer(tmp_path, EVENTS)
    for number in range(10):
        writer.append(a_record(number))
    writer.close()
    [path] = spool.segments(tmp_path, EVENTS)
    raw = bytearray(path.read_bytes())
    raw[spool.HEADER_BYTES + 4 * spool.RECORD_BYTES + 5] ^= 0xFF
    path.write_bytes(bytes(raw) + b"torn")
    batch = spool.read(path)
    assert [record.message_no for record in batch.records] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert (batch.damaged, batch.complete) == (1, True)


def test_a_file_that_is_no_segment_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / EVENTS).mkdir()
    path = tmp_path / EVENTS / "0.seg"
    path.write_bytes(b"something else entirely")
    with pytest.raises(Fault, match="no spool segment"):
        spool.read(path)


def test_an_empty_or_absent_spool_holds_nothing(tmp_path: Path) -> None:
    assert spool.segments(tmp_path / "nowhere", EVENTS) == []


def test_nobody_else_may_read_the_spool(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "spool", EVENTS)
    writer.append(a_record(1))
    [path] = spool.segments(tmp_path / "spool", EVENTS)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    writer.close()


def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys, pathlib
        from mandata.tracking.spool import *
        writer = Writer(pathlib.Path(sys.argv[1]), EVENTS, segment_bytes=3000)
        number = 0
        while True:
            writer.append(SpoolRecord(7, number, 1, 1, 1, 10, b""))
            sys.stdout.write(f"{number}\\n"); sys.stdout.flush()
            number += 1
        """
    )
    for _ in range(3):
        folder = tmp_path / os.urandom(4).hex()
        child = subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        acknowledged = [int(child.stdout.readline()) for _ in range(500)][-1]
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split(b"\n")[:-1]
        child.wait()
        acknowledged = int(rest[-1]) if rest else acknowledged
        found = [record.message_no for record in all_of(folder, EVENTS)]
        assert found == list(range(len(found)))
        assert len(found) > acknowledged
        assert damage_of(folder, EVENTS) == 0
        assert all(spool.read(path).complete for path in spool.segments(folder, EVENTS))


def test_a_full_disk_refuses_what_does_not_fit_and_keeps_what_it_took(tmp_path: Path) -> None:
    """A limit on the size of files makes the kernel write a part of the record, as a full disk does."""
    program = textwrap.dedent(
        """
        import sys, pathlib, resource, signal
        from mandata.tracking.spool import *
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
        writer = Writer(pathlib.Path(sys.argv[1]), UNSUBSCRIPTIONS)
        taken = refused = 0
        for number in range(60):
            try:
                writer.append_durably(SpoolRecord(7, number, 1, 1, 1, 10, b""))
                taken += 1
            except SpoolFull as fault:
                assert "Free space" in str(fault), fault
                refused += 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        writer.append_durably(SpoolRecord(7, 1000, 1, 1, 1, 10, b""))
        print(taken, refused)
        """
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    taken, refused = map(int, done.stdout.split())
    assert (taken, refused) == ((1000 - spool.HEADER_BYTES) // spool.RECORD_BYTES, 60 - taken)
    found = [record.message_no for record in all_of(tmp_path, UNSUBSCRIPTIONS)]
    assert found == [*range(taken), 1000]
    assert damage_of(tmp_path, UNSUBSCRIPTIONS) == 0


def test_a_folder_that_cannot_be_written_is_a_refusal_that_names_the_remedy(tmp_path: Path) -> None:
    writer = Writer(tmp_path, EVENTS)
    (tmp_path / EVENTS).rmdir()
    with pytest.raises(SpoolFull, match="Free space"):
        writer.append(a_record(1))


def test_reading_keeps_pace_with_writing(tmp_path: Path) -> None:
    """A reader that follows a living writer sees each record once, in whatever pieces it comes."""
    writer = Writer(tmp_path, EVENTS, segment_bytes=500 * spool.RECORD_BYTES, sync_seconds=0.01)

    def write() -> None:
        for number in range(5000):
            writer.append(a_record(number))
        writer.close()

    thread = threading.Thread(target=write)
    thread.start()
    seen: list[int] = []
    marks: dict[str, int] = {}
    while thread.is_alive() or spool.segments(tmp_path, EVENTS):
        for path in spool.segments(tmp_path, EVENTS):
            batch = spool.read(path, marks.get(path.name, 0))
            marks[path.name] = batch.next_offset
            seen += [record.message_no for record in batch.records]
            if batch.complete:
                spool.remove(path)
    thread.join()
    assert sorted(seen) == list(range(5000))


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_what_is_too_young_is_shown_but_stays_to_be_read_again(tmp_path: Path) -> None:
    writer = Writer(tmp_path, EVENTS)
    for number in range(10):
        writer.append(a_record(number))
    writer.close()
    [path] = spool.segments(tmp_path, EVENTS)
    first = spool.read(path, before_ms=a_record(6).at_ms)
    assert [record.message_no for record in first.records] == [0, 1, 2, 3, 4, 5]
    assert [record.message_no for record in first.ahead] == [6, 7, 8, 9]
    assert not first.complete
    rest = spool.read(path, first.next_offset)
    assert [record.message_no for record in rest.records] == [6, 7, 8, 9]
    assert rest.complete
