"""`mandata up` as people run it: real processes, real ports, real signals."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mandata.infra.postgres import Server
from mandata.infra.postgres import process as postgres
from tests.ports import free_port
from tests.world.processes import end


class Installation:
    """A folder with an installation, and the verbs of somebody at a terminal."""

    def __init__(self, folder: Path) -> None:
        self.var = folder
        self.web, self.track, self.smtp, self.dns = (f"127.0.0.1:{free_port()}" for _ in range(4))
        self.server = Server(folder / "postgres")
        self._running: list[subprocess.Popen[str]] = []

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
        helpers = {"MANDATA_SMTP_URL": f"smtp://{self.smtp}", "MANDATA_DNS": self.dns}
        return {**kept, **helpers, "MANDATA_VAR": str(self.var), "MANDATA_LOG_LEVEL": "warning"}

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "mandata.cli", *arguments]
        return subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, timeout=120, check=False, cwd=self.var
        )

    def begin(self, *more: str) -> "subprocess.Popen[str]":
        """Start `mandata up` without waiting."""
        command = [sys.executable, "-m", "mandata.cli", "up", "--web", self.web, "--track", self.track, "--json", *more]
        errors = (self.var / "up.err").open("a")
        process = subprocess.Popen(
            command, env=self.environment(), stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
        self._running.append(process)
        return process

    def up(self, *more: str) -> tuple["subprocess.Popen[str]", dict[str, Any]]:
        """Start it and wait until it says that it answers."""
        process = self.begin(*more)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, self.errors()
        return process, json.loads(line)

    def errors(self) -> str:
        return (self.var / "up.err").read_text()

    def answers(self, listen: str, path: str = "/health") -> bool:
        host, port = listen.split(":")
        connection = HTTPConnection(host, int(port), timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status < 500
        except OSError:
            return False
        finally:
            connection.close()

    def clean(self) -> None:
        for process in self._running:
            end(process)
            assert process.stdout is not None
            process.stdout.close()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="mandata-up-"))
    yield made
    Server(made / "postgres").destroy()
    shutil.rmtree(made)


@pytest.fixture
def installation(folder: Path) -> Iterator[Installation]:
    made = Installation(folder)
    yield made
    made.clean()


def _eventually(condition: Callable[[], bool], seconds: float = 130.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_it_starts_everything_and_sigterm_stops_everything_the_database_last(installation: Installation) -> None:
    process, told = installation.up()
    assert told["console"] == f"http://{installation.web}"
    assert set(told["pids"]) == {"worker", "track", "web"}
    assert installation.answers(installation.web, "/")
    assert installation.answers(installation.track)
    assert installation.server.running()
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert not any(_alive(pid) for pid in told["pids"].values())
    assert not installation.server.running()
    assert "does not end by itself" not in installation.errors()


def test_the_terminals_ctrl_c_ends_it_with_exit_code_0(installation: Installation) -> None:
    process, told = installation.up()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to the whole foreground group
    assert process.wait(60) == 0
    assert not any(_alive(pid) for pid in told["pids"].values())
    assert not installation.server.running()


def test_a_second_start_on_the_same_folder_is_refused_and_another_command_joins(installation: Installation) -> None:
    installation.up()
    second = installation.run("up", "--web", installation.web, "--track", installation.track)
    assert second.returncode == 1
    assert "already up" in second.stderr
    verified = installation.run("verify", "--json")
    assert verified.returncode == 0, verified.stderr
    assert json.loads(verified.stdout.splitlines()[-1])["holds"] is True
    assert installation.server.running()  # the command that joined did not take the database with it


def test_a_child_that_is_killed_is_started_again(installation: Installation) -> None:
    _, told = installation.up()
    os.kill(told["pids"]["track"], signal.SIGKILL)
    assert _eventually(lambda: "track ended (signal 9)" in installation.errors())
    assert _eventually(lambda: installation.answers(installation.track))


def test_a_database_that_is_killed_is_started_again_and_everything_goes_on(installation: Installation) -> None:
    installation.up()
    data = installation.server.folder.resolve() / "data"
    before = postgres.postmaster(data)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    assert _eventually(lambda: postgres.postmaster(data) not in (None, before))
    assert _eventually(installation.server.running)
    assert installation.run("verify").returncode == 0
    assert _eventually(lambda: installation.answers(installation.web, "/"))
    assert "The database has ended; it is started again." in installation.errors()


def test_after_kill_9_of_the_supervisor_its_children_go_and_the_next_start_comes_up(installation: Installation) -> None:
    process, told = installation.up()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, again = installation.up()
    assert installation.answers(installation.web, "/")
    assert not any(_alive(pid) for pid in told["pids"].values())
    assert set(again["pids"]).isdisjoint(told["pids"].values())


def test_after_kill_9_of_everything_the_next_start_comes_up(installation: Installation) -> None:
    process, told = installation.up()
    with psycopg.connect(installation.server.urls().superuser) as connection:
        row = connection.execute("SELECT array_agg(pid) FROM pg_stat_activity").fetchone()
    assert row is not None
    postmaster = int((installation.server.folder.resolve() / "data" / "postmaster.pid").read_text().split()[0])
    for pid in (process.pid, *told["pids"].values(), postmaster, *row[0]):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()
    installation.up()
    assert installation.answers(installation.web, "/")


def test_a_port_that_somebody_else_holds_is_told_with_a_remedy(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", int(installation.web.split(":")[1]))):
        process = installation.begin()
        assert process.wait(60) == 1
    assert f"Something else listens on {installation.web}" in installation.errors()
    assert "--web" in installation.errors()


def test_the_helpers_come_along_where_the_settings_look_for_them(installation: Installation) -> None:
    _, told = installation.up("--with", "catcher", "--with", "dns", "--mailbox", f"127.0.0.1:{free_port()}")
    assert set(told["pids"]) == {"catcher", "dns", "worker", "track", "web"}
    for place in (installation.smtp, installation.dns):
        host, port = place.split(":")
        assert _eventually(lambda host=host, port=port: _listens(host, int(port)))  # type: ignore[misc]


def _listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def test_a_worker_that_is_asked_to_end_ends_with_exit_code_0(installation: Installation) -> None:
    whole, _ = installation.up()  # which sets the database up where no test before did
    end(whole)
    with installation.server.use() as urls:
        worker = subprocess.Popen(
            [sys.executable, "-m", "mandata.cli", "worker"],
            env={**installation.environment(), "DATABASE_URL": urls.app},
        )
        try:
            assert _eventually(lambda: _heeds(worker.pid, signal.SIGTERM) and _sessions(urls.superuser) >= 2)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(130) == 0
        finally:
            end(worker)


def _heeds(pid: int, number: int) -> bool:
    """Whether a process has a say in what a signal does; before, the signal just ends it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (caught,) = [int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:")]
    return bool(caught >> number - 1 & 1)


def _sessions(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'mandata_app'").fetchone()
    return int(row[0]) if row else 0
