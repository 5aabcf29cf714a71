"""`mandata erase`: previewed, confirmed, erased, certified; killed and finished by the same command."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from uuid import UUID

import pytest

from mandata.audience import selectors as audience
from mandata.audience import services
from mandata.holdings import progress
from mandata.holdings.models import Erasure
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.holdings.cast import NOVAK, Shop, a_shop, waiting_file
from tests.holdings.test_erasure import counts
from tests.world import World


def run(shop: Shop, *arguments: object, typed: str = "", script: str = "") -> "subprocess.CompletedProcess[str]":
    told = ["erase", "--controller", str(shop.id), "--ground", "objection", "--json", *map(str, arguments)]
    command = [sys.executable, "-c", script, *told] if script else [sys.executable, "-m", "mandata.cli", *told]
    return subprocess.run(
        command, input=typed, env=os.environ, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def shop(world: World) -> Shop:
    shop = a_shop(world)
    with scope(shop.id):
        for number in range(4):
            services.subscribe(
                list_id=shop.list_id, email=f"p{number}@reader.example", source="paper", actor=shop.member, at=now()
            )
    return shop


def left(shop: Shop) -> list[UUID]:
    with scope(shop.id):
        return [row.id for row in audience.page(limit=100).rows]


@pytest.mark.req("RET-4")
def test_a_list_is_previewed_confirmed_erased_and_certified(shop: Shop, tmp_path: Path) -> None:
    seen = run(shop, "--list", 1, "--preview")
    assert seen.returncode == 0, seen.stderr
    told = json.loads(seen.stdout)
    assert (told["people"], told["holdings"]["subscribers"]) == (4, [4, 0, 0])
    wrong = run(shop, "--list", 1, "--confirm", 3)
    assert (wrong.returncode, "3 is not 4" in wrong.stderr) == (1, True)
    assert len(left(shop)) == 4
    out = tmp_path / "certificates.json"
    done = run(shop, "--list", 1, "--confirm", 4, "--certificates", out)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["state"], result["erased"], result["failed"]) == ("done", 4, 0)
    assert left(shop) == []
    verify = [sys.executable, "-m", "mandata.cli", "verify", str(out), "--json"]
    bare = {name: text for name, text in os.environ.items() if "DATABASE" not in name}
    verified = subprocess.run(verify, env=bare, capture_output=True, text=True, timeout=60, check=False)
    assert verified.returncode == 0, verified.stderr
    assert json.loads(verified.stdout)["certificates"] == 4


def test_addresses_come_from_standard_input_and_those_in_no_audience_are_erased_where_they_are_held(shop: Shop) -> None:
    waiting_file(shop, NOVAK)
    typed = f"p1@reader.example\n{NOVAK}\nnobody@reader.example\n"
    done = run(shop, "--address", "-", "--confirm", 2, typed=typed)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[0])
    assert (told["people"], told["in_no_audience"]) == (2, 1)
    assert len(left(shop)) == 3
    assert set(counts(shop, NOVAK)) == {"suppression"}
    assert "reader.example" not in done.stdout + done.stderr


_KILLED = """
    import os, signal, sys
    import django
    from mandata.cli import main
    from mandata.cli.installation import django as load
    load()
    from mandata.holdings import erasing
    erasing.BATCH = 2
    act, calls = erasing.keep, []
    def keep(rows):
        act(rows)
        calls.append(rows)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
    erasing.keep = keep
    main.app(sys.argv[1:])
"""


@pytest.mark.req("RET-4")
def test_killed_in_the_middle_the_same_command_finishes(shop: Shop) -> None:
    arguments = ("--list", 1, "--confirm", 4)
    killed = run(shop, *arguments, script=textwrap.dedent(_KILLED))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(left(shop)) >= 2
    again = run(shop, *arguments)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout.splitlines()[0])["erased"] == 4
    assert left(shop) == []
    with scope(shop.id):
        assert Erasure.objects.count() == 4
        assert [one.state for one in progress.runs()] == ["cancelled", "done"]


def test_wrong_usage_is_told(shop: Shop) -> None:
    for arguments in (
        (),
        ("--address", "p1@reader.example"),
        ("--list", 1, "--address", "-"),
        ("--state", "subscribed"),
    ):
        assert run(shop, *arguments).returncode == 2, arguments
    assert "no list 9" in run(shop, "--list", 9).stderr
    assert "is no reference" in run(shop, "--subscriber", "x").stderr
    assert len(left(shop)) == 4
