"""Stores: a folder, and an S3 server that checks signatures. Both do the same."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mandata.foundation.errors import Fault
from mandata.infra.stores import WHOLE, Away, FolderStore, Missing, Store, store
from tests.disks import disk
from tests.world.s3 import S3, s3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    started = s3(tmp_path_factory.mktemp("s3") / "log")
    yield started
    started.stop()


@pytest.fixture(params=["folder", "s3"])
def copies(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store of each kind."""
    if request.param == "folder":
        (tmp_path / "store").mkdir()
        return store(str(tmp_path / "store"))
    server: S3 = request.getfixturevalue("server")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return store(f"s3://copies/{tmp_path.name}")


def _names(copies: Store, prefix: str = "") -> list[str]:
    return [one.name for one in copies.names(prefix)]


def test_an_object_comes_back_as_it_was_put_and_is_listed_and_deleted(copies: Store) -> None:
    assert copies.put("wal/7/0001.gz.age", [b"ab", b"", b"c"]) == 3
    assert copies.put("wal/7/0002.gz.age", []) == 0
    assert copies.put("keys/one.age", [b"k"]) == 1
    assert b"".join(copies.get("wal/7/0001.gz.age")) == b"abc"
    assert b"".join(copies.get("wal/7/0002.gz.age")) == b""
    assert _names(copies, "wal/") == ["wal/7/0001.gz.age", "wal/7/0002.gz.age"]
    assert _names(copies, "wal/7/0002") == ["wal/7/0002.gz.age"]
    assert _names(copies) == ["keys/one.age", "wal/7/0001.gz.age", "wal/7/0002.gz.age"]
    assert [one.size for one in copies.names("wal/7/0001")] == [3]
    copies.put("keys/one.age", [b"another"])
    assert b"".join(copies.get("keys/one.age")) == b"another"
    copies.delete("wal/7/0001.gz.age")
    copies.delete("wal/7/0001.gz.age")
    assert _names(copies, "wal/") == ["wal/7/0002.gz.age"]
    with pytest.raises(Missing):
        list(copies.get("wal/7/0001.gz.age"))


def test_an_object_larger_than_one_request_comes_back_whole(copies: Store) -> None:
    chunk = os.urandom(1024 * 1024)
    count = WHOLE // len(chunk) * 2 + 3
    assert copies.put("big", (chunk for _ in range(count))) == count * len(chunk)
    assert sum(got == chunk for got in _blocks(copies.get("big"), len(chunk))) == count


def _blocks(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        rest += chunk
        while len(rest) >= size:
            yield rest[:size]
            rest = rest[size:]
    if rest:
        yield rest


@pytest.mark.parametrize("chunks", [1, WHOLE // (1024 * 1024) + 40])
def test_of_an_object_whose_source_fails_nothing_is_there(copies: Store, chunks: int) -> None:
    def failing() -> Iterator[bytes]:
        for _ in range(chunks):
            yield bytes(1024 * 1024)
        raise KeyError("the source's own")

    with pytest.raises(KeyError, match="the source's own"):
        copies.put("half", failing())
    assert _names(copies) == []


@pytest.mark.parametrize("name", ["", "/etc/passwd", "a/../b", "../x", ".hidden", "a//b", "a b", "a/"])
def test_a_name_that_leads_elsewhere_is_a_bug(copies: Store, name: str) -> None:
    with pytest.raises(ValueError, match="is no name of an object"):
        copies.put(name, [b""])


@pytest.mark.req("SEC-3")
def test_a_wrong_secret_is_refused_by_the_server_and_told(server: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    wrong = store("s3://copies/wrong")
    with pytest.raises(Away, match="403"):
        wrong.put("x", [b"x"])
    with pytest.raises(Away):
        list(wrong.names(""))


def test_a_server_that_does_not_answer_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    away = store("s3://copies/away")
    for verb in (lambda: away.put("x", [b"x"]), lambda: list(away.get("x")), lambda: list(away.names(""))):
        with pytest.raises(Away):
            verb()


@pytest.mark.parametrize("url", ["", "gs://bucket", "https://bucket.example"])
def test_what_is_no_store_is_refused(url: str) -> None:
    with pytest.raises(Fault, match="No store is named"):
        store(url)


def test_a_killed_writer_leaves_nothing_that_is_listed_and_the_next_one_clears_it_away(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, time\n"
        "from mandata.infra.stores import FolderStore\n"
        "def slow():\n"
        "    yield b'x' * 1000\n"
        "    print('writing', flush=True)\n"
        "    time.sleep(600)\n"
        "    yield b''\n"
        f"FolderStore(pathlib.Path({str(tmp_path)!r})).put('a/b', slow())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    copies = FolderStore(tmp_path)
    copies.put("a/c", [b"c"])  # beside a writer that lives
    assert len(list((tmp_path / ".aside").iterdir())) == 1
    process.kill()
    process.wait()
    process.stdout.close()
    time.sleep(0.1)
    assert _names(copies) == ["a/c"]
    copies.put("a/d", [b"d"])
    assert list((tmp_path / ".aside").iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing_half(tmp_path: Path) -> None:
    with disk(tmp_path / "disk", 1) as folder:
        copies = FolderStore(folder)
        copies.put("small", [b"x"])
        with pytest.raises(Away, match="No space left"):
            copies.put("large", [bytes(4 * 1024 * 1024)])
        assert _names(copies) == ["small"]
        assert list((folder / ".aside").iterdir()) == []


def test_files_and_folders_are_the_owners_alone(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    copies = FolderStore(tmp_path / "store")
    copies.put("a/b", [b"x"])
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "store").rglob("*")}
    assert modes == {"a": 0o700, "b": 0o600, ".aside": 0o700}


def test_a_folder_that_is_missing_is_away_and_is_not_made(tmp_path: Path) -> None:
    missing = FolderStore(tmp_path / "unmounted")
    for verb in (lambda: missing.put("x", [b"x"]), lambda: list(missing.get("x")), lambda: list(missing.names(""))):
        with pytest.raises(Away, match="There is no folder"):
            verb()
    missing.delete("x")
    assert not (tmp_path / "unmounted").exists()
