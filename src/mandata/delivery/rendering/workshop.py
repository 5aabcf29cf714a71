"""MJML by its reference implementation, and the inlining of styles, in a child process of its own (see `isolate.py`).

V8 keeps about 90 MB; so the child is started when a document comes, kept for the next ones, and ends after some idle
seconds. A document has a time and a memory limit in V8, and the child itself has limits of the kernel and of this
clock: whatever a document does, the caller gets its answer or a refusal in bounded time.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from mandata.campaigns.rules.content import Format
from mandata.delivery.rendering.errors import RenderingRefused
from mandata.foundation.errors import Fault

_PROGRAM = Path(__file__).with_name("isolate.py")
IDLE_SECONDS = 20.0
SECONDS = 5.0
MEMORY = 256 * 1024 * 1024
MAX_SOURCE = 1024 * 1024
MAX_ANSWER = 3 * 1024 * 1024  # inlining may multiply a document
_START_SECONDS = 30.0  # loading V8 takes 0.2 s; a machine under load may take longer
_GRACE = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may take: seconds of wall time, bytes of V8 heap."""

    seconds: float = SECONDS
    memory: int = MEMORY


USUAL = Limits()


class Workshop:
    """Makes one document at a time; safe to call from several threads."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle = idle_seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def make(self, form: Format, source: str, limits: Limits = USUAL) -> tuple[str, list[dict[str, object]]]:
        """Return the HTML, styles inlined, and what MJML's validation says, each with `line`, `tag` and `message`.

        Raises RenderingRefused for sources that cannot be read, that include files, or that meet a limit; Fault when
        the child cannot be started.
        """
        _check(form, source)
        order = {"source": source, "mjml": form is Format.MJML, "seconds": limits.seconds, "memory": limits.memory}
        with self._lock:
            line = self._exchange(json.dumps(order).encode() + b"\n", limits.seconds)
            reply = json.loads(line)
            if reply.get("error") in ("timeout", "memory", "crash", "size"):
                self._end()  # a child that was stopped may take long to take itself down
        if "error" in reply:
            raise _refusal(str(reply["error"]), str(reply.get("message", "")), limits)
        return str(reply["html"]), list(reply["errors"])

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _exchange(self, order: bytes, seconds: float) -> bytes:
        """Send to the child that is there, or to a new one where that one has just ended of idleness."""
        while True:
            fresh = self._start()
            try:
                return self._ask(order, seconds)
            except (ConnectionError, EOFError):
                self._end()
                if fresh:
                    return b'{"error": "crash"}'

    def _start(self) -> bool:
        if self._owner != os.getpid():  # after a fork the child belongs to the parent
            self._child, self._owner = None, os.getpid()
        if self._child is not None and self._child.poll() is None:
            return False
        self._end()
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-I", str(_PROGRAM), str(self._idle)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
                cwd="/",
            )
        except OSError as error:
            raise Fault("The process for MJML cannot be started.", remedy="Is memory left?") from error
        return True

    def _ask(self, order: bytes, seconds: float) -> bytes:
        """Send the order and return the answer, or an error when the time is up. EOFError when the child ends."""
        child = self._child
        assert child is not None and child.stdin is not None and child.stdout is not None
        child.stdin.write(order)
        child.stdin.flush()
        out = child.stdout.fileno()
        ready = _line(out, b"", _START_SECONDS)
        if not ready.startswith(b"ready\n"):
            return ready
        # V8 keeps its own time exactly; ours holds where machine code does not come back
        return _line(out, ready.removeprefix(b"ready\n"), seconds + _GRACE)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _line(out: int, begun: bytes, seconds: float) -> bytes:
    """Read to the next line end, for at most so long and so many octets. Raises EOFError."""
    end = time.monotonic() + seconds
    line = bytearray(begun)
    while b"\n" not in line[-(1 << 16) :]:
        if not select.select([out], [], [], max(0.0, end - time.monotonic()))[0]:
            return b'{"error": "timeout"}'
        read = os.read(out, 1 << 16)
        if not read:
            raise EOFError
        line += read
        if len(line) > MAX_ANSWER:
            return b'{"error": "size"}'
    return bytes(line)


_WORKSHOP = Workshop()


def make(form: Format, source: str, limits: Limits = USUAL) -> tuple[str, list[dict[str, object]]]:
    """Make a document in the process's own workshop; see `Workshop.make`."""
    return _WORKSHOP.make(form, source, limits)


def close() -> None:
    """End the child process now, if there is one."""
    _WORKSHOP.close()


def _check(form: Format, source: str) -> None:
    if len(source) > MAX_SOURCE:
        raise RenderingRefused("content.size", limit=MAX_SOURCE // 1024)
    if form is Format.MJML and "<mj-include" in source.lower():
        raise RenderingRefused("content.include")


def _refusal(kind: str, message: str, limits: Limits) -> RenderingRefused:
    if kind == "timeout":
        return RenderingRefused("content.time", seconds=f"{limits.seconds:g}")
    if kind == "memory":
        return RenderingRefused("content.memory", mebibytes=limits.memory // (1024 * 1024))
    if kind == "size":
        return RenderingRefused("content.size", limit=MAX_ANSWER // 1024)
    if kind == "crash":
        return RenderingRefused("content.crash")
    words = message.split("\n", 1)[0].removeprefix("<anonymous>:1: Error: ")[:300]
    return RenderingRefused(f"content.{kind}", reason=words)
