"""While the installation is being restored every face is shut, and says so; nothing opens by itself."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.test import Client

from mandata.foundation.errors import Fault
from mandata.infra import restoring
from mandata.infra.environment import env
from mandata.infra.postgres import Urls
from tests.public.door_process import served_door
from tests.world.processes import end

ROW = "insert into infra_restoring (single, began_at) values (true, now()) on conflict do nothing"


@pytest.fixture
def shut(database: Urls) -> Iterator[None]:
    """The row is in the database, as on every host of an installation."""
    with psycopg.connect(database.app) as connection:
        connection.execute(ROW)
    restoring.forget()
    yield
    _open(database)


def _open(database: Urls) -> None:
    with psycopg.connect(database.app) as connection:
        connection.execute("delete from infra_restoring")
    restoring.forget()


def _environment(database: Urls | None, **more: str) -> dict[str, str]:
    urls = {"DATABASE_URL": database.app, "OWNER_DATABASE_URL": database.owner} if database else {}
    kept = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
    return {**kept, **urls, "PYTHONPATH": os.pathsep.join(["src", "."]), **more}


def _run(*arguments: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.req("RET-7")
@pytest.mark.parametrize("path", ["/", "/login/", "/operator/", "/static-not-there", "/account/", "/register/"])
def test_the_web_answers_every_page_with_503_and_an_explanation(shut: None, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60" and answer["Cache-Control"] == "no-store"
    assert "being restored from a backup" in answer.content.decode() and "obnovuje ze zálohy" in answer.content.decode()


def test_the_web_says_that_it_lives_whether_it_is_open_or_not(database: Urls, shut: None) -> None:
    assert (Client().get("/health").status_code, Client().get("/health").content) == (200, b"restoring")
    _open(database)
    assert Client().get("/health").content == b"ok"
    assert Client().get("/login/").status_code == 200


def test_a_marker_alone_shuts_the_web_without_asking_the_database(database: Urls) -> None:
    restoring.write_marker(env().var, {"step": "fetch"})
    try:
        assert Client().get("/login/").status_code == 503
    finally:
        restoring.remove_marker(env().var)
    assert Client().get("/login/").status_code == 200


@pytest.mark.req("RET-7")
def test_a_worker_neither_runs_a_job_nor_a_loop_and_begins_once_it_is_open(
    database: Urls, shut: None, tmp_path: Path
) -> None:
    environment = _environment(database)
    subprocess.run([sys.executable, "-m", "tests.cli.jobs", "queue", str(tmp_path), "0"], env=environment, check=True)
    worker = subprocess.Popen([sys.executable, "-m", "tests.cli.jobs", "work"], env=environment)
    try:
        time.sleep(4)
        assert worker.poll() is None and not list(tmp_path.iterdir())
        _open(database)
        assert _eventually(lambda: (tmp_path / "done-0").exists())
    finally:
        end(worker)


def _workers(database: Urls) -> set[object]:
    """The workers that told that they live: each does so once it is at work."""
    with psycopg.connect(database.app) as connection:
        return {row[0] for row in connection.execute("select id from watching_worker")}


def test_a_worker_at_work_ends_when_a_restore_begins(database: Urls) -> None:
    before = _workers(database)
    worker = subprocess.Popen([sys.executable, "-m", "tests.cli.jobs", "work"], env=_environment(database))
    try:
        assert _eventually(lambda: _workers(database) - before) and worker.poll() is None
        with psycopg.connect(database.app) as connection:
            connection.execute(ROW)
        assert worker.wait(130) == 0
    finally:
        _open(database)
        end(worker)


def test_a_sending_process_does_not_start(database: Urls, shut: None) -> None:
    done = _run("mandata.delivery.engine", environment=_environment(database))
    assert done.returncode != 0 and "being restored" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["track", "--listen", "127.0.0.1:1"],
        [
            "pack",
            "0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001",
            "--since",
            "2026-01-01",
            "--until",
            "2026-02-01",
            "--out",
            "x",
        ],
        ["verify"],
        ["operator", "list"],
        ["migrate"],
        ["stamp"],
    ],
)
def test_a_command_faults_and_says_what_to_do(database: Urls, shut: None, command: list[str]) -> None:
    done = _run("mandata.cli", *command, environment=_environment(database))
    assert done.returncode == 1
    assert "being restored" in done.stderr and "mandata restore" in done.stderr


def test_up_starts_nothing_and_makes_no_empty_database(tmp_path: Path) -> None:
    restoring.write_marker(tmp_path, {"step": "fetch"})
    environment = _environment(None, MANDATA_VAR=str(tmp_path))
    for command in (["up"], ["web"], ["worker"], ["track"], ["migrate"]):
        done = _run("mandata.cli", *command, environment=environment)
        assert done.returncode == 1 and "being restored" in done.stderr, command
    assert [path.name for path in tmp_path.iterdir()] == [restoring.MARKER]


@pytest.mark.req("RET-7")
def test_the_tracking_door_takes_nothing_and_says_that_it_lives(tmp_path: Path) -> None:
    with served_door(tmp_path) as door:
        token = door.token(1, 1, 0xFFF1)
        assert door.ask("GET", "/health").status == 200
        restoring.write_marker(tmp_path, {"step": "replay"})
        assert _eventually(lambda: door.ask("POST", f"/u/{token}").status == 503)
        assert door.ask("GET", f"/o/{token}.gif").status == 503
        assert door.ask("GET", "/health").status == 200
        restoring.remove_marker(tmp_path)
        assert _eventually(lambda: door.ask("GET", "/o/none.gif").status == 404)


def test_the_door_also_sees_the_row_of_another_hosts_restore(database: Urls, shut: None) -> None:
    watch = restoring.Watch(env().var, database.app, every=0.1)
    try:
        assert _eventually(watch)
        _open(database)
        assert _eventually(lambda: not watch())
    finally:
        watch.close()


def test_a_marker_is_whole_or_not_there(tmp_path: Path) -> None:
    assert restoring.read_marker(tmp_path) is None
    restoring.write_marker(tmp_path, {"step": "fetch"})
    restoring.write_marker(tmp_path, {"step": "combine"})
    assert restoring.read_marker(tmp_path) == {"step": "combine"}
    (tmp_path / restoring.MARKER).write_text("{")
    with pytest.raises(Fault, match="cannot be read"):
        restoring.read_marker(tmp_path)


def _eventually(condition: "restoring.Watch | object", seconds: float = 130.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.1)
    return bool(condition())  # type: ignore[operator]
