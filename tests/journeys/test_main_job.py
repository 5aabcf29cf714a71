"""The main job, from registration to the verified record, as processes, over HTTP, SMTP and DNS."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from mandata.infra.postgres import Urls
from tests.ports import free_port

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ROWS = 700


@dataclass
class Installation:
    """An installation with ports and folders of its own, on the tests' database."""

    var: Path
    examples: Path
    environment: dict[str, str]
    ports: dict[str, str]

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "mandata.cli", *arguments]

    def demo(self) -> subprocess.Popen[str]:
        """Start `mandata demo` on the short export."""
        places = [option for name in ("web", "track", "mailbox") for option in (f"--{name}", self.ports[name])]
        return subprocess.Popen(
            self.command("demo", "--json", "--exit", "--examples", str(self.examples), *places),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def told(self) -> dict[str, Any]:
        """Run the demo to its end and return its figures."""
        running = self.demo()
        out, err = running.communicate(timeout=280)
        assert running.returncode == 0, f"{out}\n{err[-4000:]}"
        figures: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
        return figures


@pytest.fixture
def installation(database: Urls, tmp_path: Path) -> Iterator[Installation]:
    """Everything but the database is this installation's own; the example has the first rows of the committed one."""
    examples = tmp_path / "examples"
    examples.mkdir()
    shutil.copy(EXAMPLES / "newsletter.mjml", examples)
    with (EXAMPLES / "subscribers.csv").open(encoding="utf-8-sig", newline="") as whole:
        text = "".join(islice(whole, ROWS))
    (examples / "subscribers.csv").write_text(text, encoding="utf-8")
    ports = {name: f"127.0.0.1:{free_port()}" for name in ("web", "track", "mailbox", "smtp", "dns", "returns")}
    var = tmp_path / "var"
    environment = {
        **os.environ,
        "MANDATA_VAR": str(var),
        "DATABASE_URL": database.app,
        "OWNER_DATABASE_URL": database.owner,
        "MANDATA_SMTP_URL": f"smtp://{ports['smtp']}",
        "MANDATA_DNS": ports["dns"],
        "MANDATA_RETURNS_LISTEN": ports["returns"],
    }
    yield Installation(var, examples, environment, ports)


@pytest.fixture
def own_database(database: Urls) -> Iterator[Urls]:
    """A database beside the tests' own: the demo's people have fixed addresses, and its keys a folder of their own."""
    name = f"demo_{os.getpid()}"
    parts = {role: urlsplit(getattr(database, role)) for role in ("superuser", "owner", "app")}
    with psycopg.connect(database.superuser, autocommit=True) as superuser:
        superuser.execute(f'create database "{name}" owner "{parts["owner"].username}" template template0')
    yield Urls(**{role: part._replace(path=f"/{name}").geturl() for role, part in parts.items()})
    with psycopg.connect(database.superuser, autocommit=True) as superuser:
        superuser.execute(f'drop database "{name}" with (force)')


@pytest.mark.req("CAM-1", "CAM-2", "DLV-1", "DLV-5", "TRK-1", "DSR-4", "DSR-6", "AUDI-2", "AUDI-4", "AGR-1")
def test_the_main_job_holds_and_a_second_run_goes_on_from_it(installation: Installation, own_database: Urls) -> None:
    installation.environment |= {"DATABASE_URL": own_database.app, "OWNER_DATABASE_URL": own_database.owner}
    first = installation.told()
    assert first["held"] is True, first["failures"]
    with (installation.examples / "subscribers.csv").open(encoding="utf-8", newline="") as file:
        assert first["rows"] == sum(1 for _row in csv.reader(file, delimiter=";")) - 1
    assert first["recipients"] == sum(count for key, count in first.items() if key.startswith("messages_"))
    assert first["messages_sent"] > 0
    assert first["messages_failed"] > 0
    assert first["opens"] > first["clicks"] > 0
    assert first["unsubscribed"] > 0
    assert first["effective_seconds"] < 10
    assert first["hard_bounces"] > 0
    assert (first["answered_access"], first["answered_erasure"]) == (1, 1)
    assert (first["subprocessors"], first["subprocessors_shut"]) == (13, 9)
    second = installation.told()
    assert second["held"] is True, second["failures"]
    assert second["recipients"] == first["recipients"], "nothing is sent again"
    assert second["messages_sent"] >= first["messages_sent"]
    verified = subprocess.run(
        installation.command("verify", "--json"), env=installation.environment, capture_output=True, text=True
    )
    assert verified.returncode == 0, verified.stdout
    assert all(json.loads(line)["holds"] for line in verified.stdout.splitlines())


def test_ctrl_c_in_the_middle_stops_everything(installation: Installation, own_database: Urls) -> None:
    installation.environment |= {"DATABASE_URL": own_database.app, "OWNER_DATABASE_URL": own_database.owner}
    running = installation.demo()
    assert running.stderr is not None
    for line in running.stderr:
        if "Importing" in line or "Sending" in line:
            break
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    with pytest.raises(OSError):
        urllib.request.urlopen(f"http://{installation.ports['web']}/", timeout=2)
