"""The door as it runs: `mandata track` as a child process, and a plain client that can also misbehave."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mandata.foundation import tokens
from mandata.foundation.tokens import TokenKeys
from mandata.tracking import spool
from mandata.tracking.spool import SpoolRecord
from mandata.vault.providers import FileKeys
from tests.ports import free_port

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class DoorProcess:
    """A served door over a folder of its own."""

    port: int
    var: Path
    process: subprocess.Popen[bytes]
    keys: TokenKeys
    before: dict[str, int] = field(default_factory=dict)

    def ask(self, method: str, path: str, *, body: bytes | None = None, **headers: str) -> Reply:
        """One request over a fresh connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"User-Agent": BROWSER} | {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, found, response.read())
        finally:
            connection.close()

    def token(self, campaign_no: int, message_no: int, link: int) -> str:
        """A genuine token of this installation."""
        return tokens.mint(self.keys, tokens.references(self.keys, [(campaign_no, message_no)])[0], link)

    def spooled(self, stream: str) -> list[SpoolRecord]:
        """Everything in a stream of the spool since it was last forgotten."""
        paths = spool.segments(self.var / "spool", stream)
        return [record for path in paths for record in spool.read(path).records][self.before.get(stream, 0) :]

    def forget(self) -> None:
        """Take what is in the spool for gone."""
        self.before = {}
        self.before = {stream: len(self.spooled(stream)) for stream in (spool.EVENTS, spool.UNSUBSCRIPTIONS)}

    def kill(self) -> None:
        """Kill the served process and its parent, as a loss of the machine would."""
        for pid in [*_children(self.process.pid), self.process.pid]:
            os.kill(pid, 9)
        self.process.wait()


@contextmanager
def served_door(
    var: Path, *, database_url: str = "", command_prefix: tuple[str, ...] = (), **settings: str
) -> Iterator[DoorProcess]:
    """Serve a door on a free port until the block ends; without `database_url`, of a database that does not answer."""
    port = free_port()
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    environment = os.environ | {"MANDATA_VAR": str(var), "DATABASE_URL": database_url or away} | settings
    command = [sys.executable, "-m", "mandata.cli", "track", "--listen", f"127.0.0.1:{port}"]
    process = subprocess.Popen([*command_prefix, *command], env=environment)
    key = FileKeys(var / "keys").service_key("token-1", 64)
    door = DoorProcess(port, var, process, TokenKeys(1, key[:32], key[32:]))
    try:
        _wait(door)
        yield door
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            door.kill()


def _wait(door: DoorProcess) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if door.ask("GET", "/health").status == 200:
                return
        except OSError:
            if time.monotonic() > deadline or door.process.poll() is not None:
                raise
        time.sleep(0.05)


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(part) for part in text.split()]
