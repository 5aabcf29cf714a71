"""Workers end after what they have in flight; what a killed one had in flight, another takes over."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from mandata.infra.postgres import Urls
from tests.world.processes import end

Begin = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def begin(database: Urls) -> Iterator[Begin]:
    """Start a worker, before whom lies no work that other tests left."""
    with psycopg.connect(database.app) as connection:
        connection.execute("delete from procrastinate_jobs where status = 'todo'")
    running = []

    def start(*concurrency: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.cli.jobs", "work", *concurrency]
        process = subprocess.Popen(command, env=_environment(database))
        running.append(process)
        return process

    yield start
    for process in running:
        end(process)


def _environment(database: Urls) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": database.app, "PYTHONPATH": os.pathsep.join(["src", "."])}


def _queue(database: Urls, folder: Path, seconds: float, verb: str = "queue") -> None:
    command = [sys.executable, "-m", "tests.cli.jobs", verb, str(folder), str(seconds)]
    subprocess.run(command, env=_environment(database), check=True)


def _await(file: Path) -> bool:
    deadline = time.monotonic() + 130
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return file.exists()


def test_a_worker_asked_to_end_finishes_its_job_first(database: Urls, begin: Begin, tmp_path: Path) -> None:
    _queue(database, tmp_path, 3)
    worker = begin()
    assert _await(tmp_path / "begun-0")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(130) == 0
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["begun-0", "done-0"]


def test_what_a_job_queues_in_a_transaction_runs_once_that_is_over(
    database: Urls, begin: Begin, tmp_path: Path
) -> None:
    _queue(database, tmp_path, 2, verb="nest")
    begin("2")
    assert _await(tmp_path / "ready")
    _await(tmp_path / "after")
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["after", "ready"]


def test_the_job_of_a_worker_killed_with_9_is_taken_over(database: Urls, begin: Begin, tmp_path: Path) -> None:
    _queue(database, tmp_path, 600)
    worker = begin()
    assert _await(tmp_path / "begun-0")
    worker.kill()
    worker.wait()
    begin()
    assert _await(tmp_path / "done-1")
    assert not (tmp_path / "done-0").exists()


def test_a_worker_that_loses_its_database_does_not_end_as_if_it_had_been_asked_to(
    database: Urls, begin: Begin, tmp_path: Path
) -> None:
    _queue(database, tmp_path, 0)
    worker = begin()
    assert _await(tmp_path / "done-0")
    role = sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(database.app)["user"]))
    with psycopg.connect(database.superuser, autocommit=True) as superuser:
        superuser.execute(sql.SQL("alter role {} nologin").format(role))
        try:
            deadline = time.monotonic() + 130
            while worker.poll() is None and time.monotonic() < deadline:  # it may not listen yet
                superuser.execute("select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%'")
                time.sleep(0.2)
            assert worker.wait(10) == 1
        finally:
            superuser.execute(sql.SQL("alter role {} login").format(role))
