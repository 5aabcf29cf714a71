"""Whoever runs the first release keeps everything when the second one's migrations run."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mandata.infra.postgres import Server, Urls


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Urls]:
    """A database of its own, without a table."""
    server = Server(tmp_path / "var" / "postgres", durable=False)
    server.start()
    yield server.provision()
    server.destroy()


def _run(step: str, urls: Urls, var: Path) -> str:
    told = os.environ | {"DATABASE_URL": urls.app, "OWNER_DATABASE_URL": urls.owner, "MANDATA_VAR": str(var)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.project.upgrade", step], env=told, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.req("AGR-1", "REC-1")
def test_an_installation_of_the_first_release_is_brought_up_to_date(empty: Urls, tmp_path: Path) -> None:
    _run("first", empty, tmp_path)
    assert json.loads(_run("now", empty, tmp_path)) == {
        "effective": True,
        "how": "expressly",
        "acts": [["send"]],
        "heads": [[1, 0], [3, 1]],
        "waiting": 2,
        "hashes": True,
        "cases": [["erasure", "gdpr", "", {}]],
    }
