"""No face opens over a database that is older than what was published."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from mandata.infra.clock import new_id, now
from mandata.infra.outside.lines import encode
from mandata.infra.outside.writing import Writer
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE
from tests.world import World


@pytest.fixture
def ahead(tmp_path: Path) -> Path:
    """An outside log that knows a head which the database does not have."""
    return told(tmp_path / "outside", [new_id(), new_id()])


def told(folder: Path, entries: list[UUID]) -> Path:
    body = {"start": 10**9, "previous": 10**9, "note": "", "entries": [{"id": one} for one in entries]}
    Writer(folder).write(encode("record.placed", INSTANCE, now(), body))
    return folder


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "mandata.cli", *arguments]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.req("REC-1", "RET-7")
@pytest.mark.parametrize("arguments", [("worker",), ("web",), ("track",), ("migrate", "--with-keys")])
def test_every_face_refuses_an_older_database_and_says_what_to_run(
    world: World, ahead: Path, arguments: tuple[str, ...]
) -> None:
    world.controller()
    refused = run(*arguments, MANDATA_OUTSIDE=str(ahead))
    assert refused.returncode == 1
    assert f"a head over {10**9 + 2} entries of the installation's log" in refused.stderr
    assert "mandata restore --replay" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_empty_database_is_sent_to_the_newest_backup(ahead: Path, database: Urls) -> None:
    empty = urlsplit(database.app)._replace(path="/postgres").geturl()
    refused = run("web", MANDATA_OUTSIDE=str(ahead), DATABASE_URL=empty)
    assert refused.returncode == 1
    assert "the database has one over 0" in refused.stderr
    assert "mandata restore --over" in refused.stderr


def test_a_database_that_does_not_answer_is_told_by_who_needs_it(ahead: Path) -> None:
    away = {"DATABASE_URL": "postgresql://app:x@127.0.0.1:1/m", "MANDATA_OUTSIDE": str(ahead)}
    for face in ("worker", "web"):
        failed = run(face, **away)
        assert failed.returncode == 1
        assert "The database does not answer" in failed.stderr


def test_the_tracking_door_does_not_wait_for_the_database(ahead: Path) -> None:
    failed = run(
        "track", "--listen", "no address", DATABASE_URL="postgresql://x@127.0.0.1:1/m", MANDATA_OUTSIDE=str(ahead)
    )
    assert "host:port" in failed.stderr, "it came as far as listening"
