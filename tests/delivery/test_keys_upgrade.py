"""Whoever had sending domains before keys had a table of their own keeps them, and signs as before."""

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
        [sys.executable, "-m", "tests.delivery.keys_upgrade", step],
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.req("DLV-1", "SEC-2")
def test_the_keys_of_domains_move_with_their_envelopes_and_the_first_proof_keeps_the_name(
    empty: Urls, tmp_path: Path
) -> None:
    _run("before", empty, tmp_path)
    assert json.loads(_run("after", empty, tmp_path)) == {
        "claims": [["news.shop.example", 1]],
        "watched": [1, 2, 3, 4],
        "71": {
            "keys": [[1, "rsa-2048", "m1", "active"], [3, "rsa-2048", "m1", "next"]],
            "states": {"1": "verified", "3": "pending"},
            "signs": {"news.shop.example": [True], "new.shop.example": []},
        },
        "72": {
            "keys": [[2, "rsa-2048", "m1", "active"], [4, "rsa-2048", "m1", "active"]],
            "states": {"2": "failing", "4": "failing"},
            "signs": {"news.shop.example": [True], "gone.example": [True]},
        },
        "walls": [True, 0],
    }
