"""The worker's journal tells, after any death, what was sent, what is to send, and what nobody knows."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandata.delivery.journal import HEADER_SIZE, RECORD_SIZE, BrokenJournal, Journal, abandoned, replay, tidy
from mandata.delivery.rules.outcomes import Outcome
from mandata.foundation.errors import Fault

WORKER = UUID("01890000-0000-7000-8000-000000000001")
CHUNK = UUID("01890000-0000-7000-8000-0000000000aa")
OTHER = UUID("01890000-0000-7000-8000-0000000000bb")


def written(path: Path) -> Path:
    journal = Journal(path, WORKER)
    journal.opened(CHUNK)
    for message in (1, 2, 3):
        journal.begin(CHUNK, message)
    journal.outcome(CHUNK, 1, Outcome(1, "sent", 250, "", "", "content"))
    journal.outcome(CHUNK, 2, Outcome(2, "failed", 550, "5.1.1", "no such user", "rcpt"))
    journal.close()
    return path


def test_a_chunk_is_told_apart_into_to_send_done_and_unknown(tmp_path: Path) -> None:
    found = replay(written(tmp_path / "j"))
    fates = found.unsettled()[CHUNK].fates([1, 2, 3, 4], same_boot=True)
    assert found.worker == WORKER and found.torn == 0
    assert fates[1] == Outcome(1, "sent", 250, "", "", "content")
    assert fates[2] == Outcome(2, "failed", 550, "5.1.1", "", "rcpt")
    assert fates[3] is not None and fates[3].fate == "unknown"
    assert fates[4] is None


def test_after_a_reboot_a_message_without_outcome_is_unknown(tmp_path: Path) -> None:
    chunk = replay(written(tmp_path / "j")).chunks[CHUNK]
    fates = chunk.fates([1, 3, 4], same_boot=False)
    assert [fates[number].fate for number in (1, 3, 4)] == ["sent", "unknown", "unknown"]  # type: ignore[union-attr]


def test_a_settled_chunk_needs_nobody(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", WORKER, fsync=True)
    journal.opened(CHUNK)
    journal.opened(OTHER)
    journal.settled(CHUNK)
    journal.close()
    assert set(replay(tmp_path / "j").unsettled()) == {OTHER}


def test_a_message_that_came_back_before_its_content_left_is_to_send_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", WORKER)
    journal.outcome(CHUNK, 7, Outcome(7, "returned"))
    journal.begin(CHUNK, 8)
    journal.outcome(CHUNK, 8, Outcome(8, "deferred", 451, "4.3.0", "", "content"))
    journal.begin(CHUNK, 8)
    journal.close()
    fates = replay(tmp_path / "j").chunks[CHUNK].fates([7, 8], same_boot=True)
    assert fates[7] is None
    assert fates[8] is not None and fates[8].fate == "unknown"


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 10**6), flip=st.integers(0, 10**6))
def test_a_torn_or_damaged_tail_never_invents_anything(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flip: int
) -> None:
    path = written(tmp_path_factory.mktemp("journal") / "j")
    whole = replay(path)
    data = bytearray(path.read_bytes())
    del data[HEADER_SIZE + cut % (len(data) - HEADER_SIZE) :]
    if len(data) > HEADER_SIZE:
        at = HEADER_SIZE + flip % (len(data) - HEADER_SIZE)
        data[at] ^= 0x40
    path.write_bytes(data)
    found = replay(path)
    for chunk_id, chunk in found.chunks.items():
        assert chunk.begun <= whole.chunks[chunk_id].begun
        assert chunk.outcomes.items() <= whole.chunks[chunk_id].outcomes.items()


def test_records_are_of_the_size_that_the_format_says(tmp_path: Path) -> None:
    assert (written(tmp_path / "j").stat().st_size - HEADER_SIZE) == 6 * RECORD_SIZE
    assert (tmp_path / "j").stat().st_mode & 0o077 == 0


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b"something else, long enough to hold a header of sixty-four bytes" * 2)
    with pytest.raises(BrokenJournal):
        replay(tmp_path / "j")


def test_a_journal_is_never_continued_by_another_process(tmp_path: Path) -> None:
    written(tmp_path / "j")
    with pytest.raises(FileExistsError):
        Journal(tmp_path / "j", WORKER)


def test_a_begin_is_on_file_although_the_process_dies_right_after(tmp_path: Path) -> None:
    program = (
        "import os,signal,sys\nfrom pathlib import Path\nfrom uuid import UUID\n"
        "from mandata.delivery.journal import Journal\n"
        "j=Journal(Path(sys.argv[1]),UUID(int=1));j.opened(UUID(int=2));j.begin(UUID(int=2),5)\n"
        "os.kill(os.getpid(),signal.SIGKILL)"
    )
    environment = os.environ | {"PYTHONPATH": "src"}
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "j")], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert replay(tmp_path / "j").chunks[UUID(int=2)].begun == {5}


def test_a_full_disk_is_told_and_never_taken_for_a_lost_connection() -> None:
    journal = Journal.__new__(Journal)
    journal._lock, journal._kept, journal._fsync = threading.Lock(), bytearray(), False
    journal._file = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(Fault, match="No space"):
        journal.begin(CHUNK, 1)
    assert len(journal._kept) == RECORD_SIZE, "what could not be written is kept"
    os.close(journal._file)


def test_what_a_writer_left_that_died_before_its_journal_had_a_name_is_tidied_away(tmp_path: Path) -> None:
    (tmp_path / "dead.new").write_bytes(b"MDTJRNL\x01")
    living = Journal(tmp_path / "living.journal", WORKER)
    (tmp_path / "living.journal").rename(tmp_path / "living.new")  # as it lies before it is named
    tidy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["living.new"]
    living.close()
    tidy(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_is_tidied_away_before_it_is_locked_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, times = fcntl.flock, []

    def late(file: int, how: int) -> None:
        times.append(file)
        if len(times) == 1:
            tidy_now()
        lock(file, how)

    def tidy_now() -> None:
        (tmp_path / "a.new").unlink()

    monkeypatch.setattr(fcntl, "flock", late)
    journal = Journal(tmp_path / "a.journal", WORKER)
    journal.opened(CHUNK)
    journal.flush()
    assert len(times) == 2
    monkeypatch.undo()
    assert list(abandoned(tmp_path)) == [], "its writer lives"
    journal.close()
    assert list(replay(tmp_path / "a.journal").chunks) == [CHUNK]
