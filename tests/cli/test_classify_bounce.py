"""`mandata classify-bounce`: one line a file, no installation, nothing hostile makes it fail, take long or grow."""

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mandata.delivery.rules.bounces import classify
from tests.delivery.notices import NONE_OF_THEM, NOTICES

HEAD = b"From: MAILER-DAEMON@mx.test\r\nReturn-Path: <>\r\nSubject: Undelivered Mail\r\n\r\n"
SIZE = 1_000_000


def run(*arguments: str, stdin: bytes = b"", **environment: str) -> "subprocess.CompletedProcess[bytes]":
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

    # Nothing of an installation: no database, no settings, a folder in which nothing can be made.
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "mandata.cli", "classify-bounce", *arguments],
        env={**kept, "PYTHONPATH": str(Path("src").resolve()), "MANDATA_VAR": "/nowhere", **environment},
        input=stdin, capture_output=True, timeout=120, check=False, preexec_fn=limit, cwd="/",
    )  # fmt: skip


@pytest.mark.req("DLV-5")
def test_it_prints_one_line_a_file_in_their_order(tmp_path: Path) -> None:
    messages = [*(one[1] for one in NOTICES), *(one[1] for one in NONE_OF_THEM)]
    for number, raw in enumerate(messages):
        (tmp_path / f"{number:02}.eml").write_bytes(raw)
    files = sorted(map(str, tmp_path.iterdir()))
    shown = run("--json", *files)
    assert (shown.returncode, shown.stderr) == (0, b"")
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [line["file"] for line in lines] == files
    assert [line["kind"] for line in lines] == ["bounce"] * len(NOTICES) + [kind for *_, kind in NONE_OF_THEM]
    assert [line["recipients"][0]["reason"] for line in lines[: len(NOTICES)]] == [one[2] for one in NOTICES]
    assert set(lines[0]) == {"file", "kind", "recipients"}
    assert set(lines[0]["recipients"][0]) == {"address", "status", "code", "reason", "hard"}


def test_the_page_shows_what_it_prints(tmp_path: Path) -> None:
    page = Path("docs/returns.md").read_text(encoding="utf-8")
    message, printed = (re.findall(rf"```{kind}\n(.*?)\n```", page, re.DOTALL)[0] for kind in ("eml", "json"))
    (tmp_path / "returned.eml").write_text(message + "\n", encoding="utf-8")
    shown = json.loads(run("--json", str(tmp_path / "returned.eml")).stdout)
    assert {**shown, "file": "returned.eml"} == json.loads(printed)


def test_in_words_and_from_stdin() -> None:
    shown = run("-", stdin=NOTICES[0][1])
    assert shown.returncode == 0
    assert "ann@reader.test: userunknown, hard, 550 5.1.1" in shown.stdout.decode()


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(NOTICES[0][1])
    shown = run("--json", str(tmp_path / "none"), str(tmp_path), str(tmp_path / "a"))
    assert shown.returncode == 1
    assert [json.loads(line)["kind"] for line in shown.stdout.splitlines()] == ["other", "other", "bounce"]
    assert shown.stderr.decode().count("\n") == 2


def _nested(depth: int) -> bytes:
    parts = (f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(depth))
    return "".join(parts).encode() + b"x"


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "a huge line": HEAD + b"a" * 20_000_000,
    "nested a thousand deep": b"MIME-Version: 1.0\r\n" + _nested(1000),
    "nested ten thousand deep": b"MIME-Version: 1.0\r\n" + _nested(10_000),
    "messages in messages": b"Content-Type: message/rfc822\r\n\r\n" * 3000,
    "many parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 60_000,
    "many headers": b"X: y\r\n" * 150_000,
    "many recipients": b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status"
    b"\r\n\r\n" + b"".join(b"Final-Recipient: rfc822; a%d@b.test\nStatus: 5.1.1\n\n" % n for n in range(20_000)),
    "a charset that is none": b"Content-Type: text/plain; charset=\xff\xfe\x00\r\nSubject: "
    b"=?no-such?q?=FF?=\r\n\r\n\xff",
    "a charset that is code": b"Content-Type: text/plain; charset=zip\r\nFrom: MAILER-DAEMON\r\n\r\nUser unknown\r\n",
    "null bytes": HEAD + b"\x00" * SIZE,
    "json without end": b"\r\n" + b'{"a":' * 100_000,
    "a bad date and length": b"Date: 99\r\nContent-Length: -1\r\nContent-Transfer-Encoding: base64\r\n\r\n====",
    "uuencode without end": b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 666 a\r\nM" + b"(" * 1000,
} | {
    f"only {token!r}": HEAD + token * (SIZE // len(token))
    for token in (b"a", b"a@", b"a@b.", b"<a@b.c>\n", b"\n", b"\n \n", b"x: y\n z\n", b"5.1.1 ", b"550 ",
    b"-" * 40 + b"\n",
                  b"<", b"<style>", b"=?", b"{", b"user ", b"mailbox is ", b"not ", b"your message ", b"- ", b"\t\n")
}  # fmt: skip


def test_nothing_hostile_makes_it_fail_or_grow(tmp_path: Path) -> None:
    for number, raw in enumerate(HOSTILE.values()):
        (tmp_path / f"{number:02}").write_bytes(raw)
    shown = run("--json", *sorted(map(str, tmp_path.iterdir())))
    assert shown.returncode == 0, shown.stderr.decode()[-2000:]
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert len(lines) == len(HOSTILE)
    assert all(len(line["recipients"]) <= 100 for line in lines)


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


@pytest.mark.parametrize("name", list(HOSTILE))
def test_nothing_hostile_takes_much_longer_than_a_plain_message_of_that_size(name: str) -> None:
    said = b"On %d the fox jumped over the lazy dog and slept until noon.\r\n"
    plain = HEAD + b"".join(said % number for number in range(16_000))
    usual = min(_seconds(lambda: classify(plain)) for _ in range(3))
    assert _seconds(lambda: classify(HOSTILE[name])) < 100 * max(usual, 0.02)


@pytest.mark.parametrize("step", [1, 7, 64])
def test_a_message_cut_anywhere_is_still_read(step: int) -> None:
    for _name, raw, *_rest in NOTICES[:4]:
        for end in range(0, len(raw), 16 * step):
            assert classify(raw[:end]).kind in {"bounce", "complaint", "auto-reply", "delivered", "other"}
