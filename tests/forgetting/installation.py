"""A whole installation in a folder of its own: the embedded server, real processes, real ports, and nothing elsewhere.

It writes as every installation does, with two differences that make it legible: it logs everything that it can log,
and PostgreSQL packs nothing (neither long values nor pages in its log), because a text that is packed stands in no file
as it is and no search for bytes could tell that it is not there.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from mandata.delivery.catcher.client import CatcherClient
from mandata.infra.postgres import Server, Urls
from tests.ports import free_port

ROOT = Path(__file__).absolute().parents[2]
_PLAIN = """
do $$ declare one record; begin
for one in select c.oid::regclass as rel, a.attname as col from pg_attribute a join pg_class c on c.oid = a.attrelid
  where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
  and a.attstorage in ('x', 'm')
loop execute format('alter table %s alter column %I set storage external', one.rel, one.col); end loop; end $$
"""


class Installation:
    """A folder, the processes that `mandata up` starts in it, and who talks to them."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.var = folder / "var"
        self.logs = folder / "logs"
        self.temporary = folder / "tmp"
        names = ("web", "track", "mailbox", "smtp", "dns", "returns")
        self.ports = {name: f"127.0.0.1:{port}" for name, port in zip(names, free_ports(len(names)), strict=True)}
        self.server = Server(self.var / "postgres")
        self.catcher = CatcherClient(f"http://{self.ports['mailbox']}")
        self.settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._teller: subprocess.Popen[bytes] | None = None
        for made in (self.var, self.logs, self.temporary):
            made.mkdir(parents=True, exist_ok=True)

    @property
    def folders(self) -> list[Path]:
        """Everything that the installation may have written: its own folder, and where its database lies."""
        data = self.server.folder.resolve()
        return [self.folder] if data.is_relative_to(self.folder.resolve()) else [self.folder, data]

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.server.folder.resolve() / "data"

    @property
    def urls(self) -> Urls:
        """How each role reaches the database."""
        return self.server.urls()

    def environment(self) -> dict[str, str]:
        """What every process of it is told."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("MANDATA_") and not name.endswith("DATABASE_URL")
        }
        return {
            **kept,
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
            "TMPDIR": str(self.temporary),
            "MANDATA_VAR": str(self.var),
            "MANDATA_LOG_LEVEL": "debug",
            "MANDATA_SMTP_URL": f"smtp://{self.ports['smtp']}",
            "MANDATA_CATCHER_URL": f"http://{self.ports['mailbox']}",
            "MANDATA_DNS": self.ports["dns"],
            "MANDATA_RETURNS_LISTEN": self.ports["returns"],
            "MANDATA_RETURN_DOMAIN": "returns.demo.example",
            "MANDATA_PUBLIC_URL": f"http://{self.ports['web']}",
            "MANDATA_TRACKING_URL": f"http://{self.ports['track']}",
            **self.settings,
        }

    def up(self) -> None:
        """Start everything and wait until it answers."""
        places = [option for name in ("web", "track", "mailbox") for option in (f"--{name}", self.ports[name])]
        command = [sys.executable, "-m", "mandata.cli", "up", "--json", "--with", "catcher", "--with", "dns", *places]
        with (self.logs / "up.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self.environment(), cwd=self.folder, stdout=subprocess.PIPE, stderr=log
            )
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), self.told()
        self.legible()

    def legible(self) -> None:
        """Have PostgreSQL pack nothing."""
        with psycopg.connect(self.urls.superuser, autocommit=True) as connection:
            connection.execute("alter system set wal_compression = off")
            connection.execute("select pg_reload_conf()")
            connection.execute(_PLAIN)

    def down(self) -> None:
        """Stop everything, the database last."""
        if self._teller is not None:
            self._teller.communicate(timeout=60)
            self._teller = None
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(90)
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    def told(self) -> str:
        """The last lines that its processes wrote."""
        return "".join(path.read_text(errors="replace")[-4000:] for path in sorted(self.logs.iterdir()))

    def story(self, step: str, **values: object) -> Any:
        """Have a step of `tests.forgetting.story` done by a process of the installation; return what it answers."""
        if self._teller is None:
            with (self.logs / "story.log").open("ab") as log:
                self._teller = subprocess.Popen(
                    [sys.executable, "-m", "tests.forgetting.story"],
                    env=self.environment(), cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                )  # fmt: skip
        assert self._teller.stdin is not None
        assert self._teller.stdout is not None
        self._teller.stdin.write(json.dumps([step, values]).encode() + b"\n")
        self._teller.stdin.flush()
        line = self._teller.stdout.readline()
        assert line, f"{step}: {self.told()}"
        return json.loads(line)

    def settle(self) -> None:
        """Bring everything to the disk: vacuum, checkpoint, and a write-ahead log that has gone through its files."""
        with psycopg.connect(self.urls.superuser, autocommit=True) as connection:
            connection.execute("vacuum")
            for _ in range(3):
                connection.execute("checkpoint")
                connection.execute("select pg_switch_wal()")
            connection.execute("checkpoint")


@contextmanager
def installed(**settings: str) -> Iterator[Installation]:
    """An installation that is up until the block ends, and then gone."""
    made = Installation(Path(tempfile.mkdtemp(prefix="mandata-forgetting-")), **settings)
    try:
        made.up()
        yield made
    finally:
        made.down()
        made.server.destroy()
        shutil.rmtree(made.folder)


def eventually(condition: Callable[[], object], what: str, seconds: float = 90.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} seconds"
        time.sleep(0.1)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, each another one."""
    return [free_port() for _ in range(count)]
