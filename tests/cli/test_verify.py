"""`mandata verify` says whether the record holds, in its exit code too."""

import json
import os
import subprocess
import sys
from uuid import UUID

import psycopg

from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.record import services
from tests.world import World

CHANGED = "the columns beside the leaf tell something else"


def _verify() -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "mandata.cli", "verify", "--json"]
    return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False)


def test_a_changed_entry_is_named_and_the_exit_code_is_1(world: World, database: Urls) -> None:
    customer, untouched = world.controller(), world.controller()
    for one in (customer, untouched):
        with scope(one.id):
            services.append(kind="test.happened", body={"number": 1}, actor=SYSTEM, at=now())
    world.sequence()
    _rename(database, customer.id, "test.happened", "test.other")
    done = _verify()
    _rename(database, customer.id, "test.other", "test.happened")  # a record that holds for the tests that follow
    told = {line["log"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 1, done.stderr
    assert [finding["what"] for finding in told[str(customer.id)]["findings"]] == [CHANGED]
    assert told[str(untouched.id)]["holds"] is True
    assert told[str(untouched.id)]["size"] >= 1


def _rename(database: Urls, log: UUID, old: str, new: str) -> None:
    with psycopg.connect(database.superuser) as connection:
        change = "UPDATE record_entry SET kind = %s WHERE controller_id = %s AND kind = %s"
        assert connection.execute(change, [new, log, old]).rowcount == 1


def test_a_pack_that_is_not_there_is_called_missing_not_broken() -> None:
    command = [sys.executable, "-m", "mandata.cli", "verify", "gone.zip"]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "There is no file gone.zip." in done.stderr and "ZIP of a pack" in done.stderr
