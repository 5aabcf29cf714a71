"""age as streams, against Debian's own `age`."""

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mandata.foundation.errors import Fault
from mandata.infra import age

_BIG = [os.urandom(100_003) for _ in range(40)]


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """An identity that Debian's age made."""
    subprocess.run(["age-keygen", "-o", str(tmp_path / "key")], check=True, capture_output=True)
    return tmp_path / "key"


def _public(key: Path) -> str:
    told = subprocess.run(["age-keygen", "-y", str(key)], check=True, capture_output=True, text=True)
    return told.stdout.strip()


@pytest.mark.req("SEC-3")
def test_debians_age_opens_what_is_encrypted_here(key: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"".join(age.encrypt(iter(_BIG), age.recipients(_public(key)))))
    done = subprocess.run(["age", "-d", "-i", str(key), str(tmp_path / "file")], check=True, capture_output=True)
    assert done.stdout == b"".join(_BIG)


def test_what_debians_age_encrypts_is_opened_here(key: Path) -> None:
    done = subprocess.run(["age", "-r", _public(key)], input=b"".join(_BIG), check=True, capture_output=True)
    chunks = [done.stdout[at : at + 7777] for at in range(0, len(done.stdout), 7777)]
    assert b"".join(age.decrypt(chunks, age.identities(key.read_text()))) == b"".join(_BIG)


def test_an_ssh_key_can_be_a_recipient(tmp_path: Path) -> None:
    key = tmp_path / "ssh"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text().rsplit(" ", 1)[0]
    opened = age.decrypt(age.encrypt([b"abc"], age.recipients(public)), age.identities(key.read_text()))
    assert b"".join(opened) == b"abc"


@pytest.mark.parametrize("chunks", [[], [b""], [b"a", b"", b"b"]])
def test_empty_chunks_and_files_come_back_as_they_were(key: Path, chunks: list[bytes]) -> None:
    encrypted = age.encrypt(chunks, age.recipients(_public(key)))
    assert b"".join(age.decrypt(encrypted, age.identities(key.read_text()))) == b"".join(chunks)


def test_another_identity_opens_nothing_and_a_changed_or_cut_file_is_refused(key: Path, tmp_path: Path) -> None:
    whole = b"".join(age.encrypt(iter(_BIG), age.recipients(_public(key))))
    subprocess.run(["age-keygen", "-o", str(tmp_path / "other")], check=True, capture_output=True)
    with pytest.raises(Fault, match="None of the identities opens it"):
        list(age.decrypt([whole], age.identities((tmp_path / "other").read_text())))
    for bad in (whole[:-1], whole[:-20_000] + bytes(20_000), whole + b"x", b"nothing of age"):
        with pytest.raises(Fault):
            list(age.decrypt([bad], age.identities(key.read_text())))


def test_the_sources_own_error_comes_out_and_an_abandoned_stream_leaves_no_thread(key: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield _BIG[0]
        raise KeyError("the source's own")

    with pytest.raises(KeyError, match="the source's own"):
        list(age.encrypt(failing(), age.recipients(_public(key))))
    stream = age.encrypt(iter(_BIG * 20), age.recipients(_public(key)))
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # it is a generator
    assert "age" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("text", ["age1xyz", "ssh-ed25519 AAAA", "age1qqq,nonsense"])
def test_what_is_no_recipient_is_refused(text: str) -> None:
    with pytest.raises(Fault, match="is no recipient of age"):
        age.recipients(text)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "AGE-SECRET-KEY-1NO", "-----BEGIN PRIVATE KEY-----"])
def test_what_is_no_identity_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(Fault) as refused:
        age.identities(text)
    assert "AGE-SECRET-KEY-1NO" not in str(refused.value)
    with pytest.raises(Fault, match="nobody to encrypt for"):
        list(age.encrypt([b"x"], []))
