"""MJML by its reference implementation, in a child process of its own (see `isolate.py`).

V8 keeps about 100 MB; so the child is started when a document comes, kept for the next ones, and ends after some idle
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

from mandata.delivery.rendering.errors import RenderingRefused
from mandata.foundation.errors import Fault

_PROGRAM = Path(__file__).with_name("isolate.py")
IDLE_SECONDS = 20.0
SECONDS = 5.0
MEMORY = 256 * 1024 * 1024
MAX_SOURCE = 1024 * 1024
_START_SECONDS = 30.0  # loading V8 takes 0.2 s; a machine under load may take longer


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may take: seconds of wall time, bytes of V8 heap."""

    seconds: float = SECONDS
    memory: int = MEMORY


class Renderer:
    """Renders one document at a time; safe to call from several threads."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle = idle_seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def render(self, source: str, limits: Limits = Limits()) -> tuple[str, list[dict[str, object]]]:
        """Return the HTML and what MJML's validation says, each with `line`, `tag` and `message`.

        Raises RenderingRefused for sources that MJML refuses, that include files, or that meet a limit; Fault when
        the child cannot be started.
        """
        _check(source)
        request = json.dumps({"source": source, "seconds": limits.seconds, "memory": limits.memory}) + "\n"
        with self._lock:
            line = self._exchange(request.encode(), limits.seconds)
        reply = json.loads(line) if line else {"error": "timeout", "message": ""}
        if "error" in reply:
            raise _refusal(str(reply["error"]), str(reply["message"]), limits)
        return str(reply["html"]), list(reply["errors"])

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _exchange(self, request: bytes, seconds: float) -> bytes:
        """Send to the child that is there, or to a new one where that one has just ended of idleness."""
        for attempt in (1, 2):
            fresh = self._start()
            try:
                return self._ask(request, seconds + (_START_SECONDS if fresh else 2.0))
            except (BrokenPipeError, ConnectionError, EOFError):
                self._end()
                if fresh or attempt == 2:
                    break
        raise _refusal("memory", "", Limits())

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
            raise Fault("The MJML process cannot be started.", remedy="Is memory left, is Python in place?") from error
        return True

    def _ask(self, request: bytes, seconds: float) -> bytes:
        child = self._child
        assert child is not None and child.stdin is not None and child.stdout is not None
        child.stdin.write(request)
        child.stdin.flush()
        end = time.monotonic() + seconds
        line = bytearray()
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([child.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                self._end()
                return b""
            read = os.read(child.stdout.fileno(), 1 << 16)
            if not read:
                raise EOFError
            line += read
        return bytes(line)

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


_RENDERER = Renderer()


def render(source: str, limits: Limits = Limits()) -> tuple[str, list[dict[str, object]]]:
    """Render with the process's own renderer; see `Renderer.render`."""
    return _RENDERER.render(source, limits)


def close() -> None:
    """End the child process now, if there is one."""
    _RENDERER.close()


def _check(source: str) -> None:
    if len(source) > MAX_SOURCE:
        raise RenderingRefused("content.size", limit=MAX_SOURCE // 1024)
    if "<mj-include" in source.lower():
        raise RenderingRefused("content.include")


def _refusal(kind: str, message: str, limits: Limits) -> RenderingRefused:
    if kind == "timeout":
        return RenderingRefused("content.mjml_time", seconds=f"{limits.seconds:g}")
    if kind == "memory":
        return RenderingRefused("content.mjml_memory", mebibytes=limits.memory // (1024 * 1024))
    words = message.split("\n", 1)[0].removeprefix("<anonymous>:1: Error: ")[:300]
    return RenderingRefused("content.mjml", reason=words)
