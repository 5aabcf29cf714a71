"""An import outlives what happens to it: a killed worker, a full disk, a database that goes away."""

import signal
import time
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError, connections

from mandata.audience import services
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from tests.audience.conftest import NOON, Bakery
from tests.audience.test_imports import count, many, outcomes


def started(bakery: Bakery, rows: int) -> UUID:
    import_id = bakery.prepare(many(rows))
    with scope(bakery.id):
        services.start_import(import_id=import_id, actor=bakery.member, at=NOON)
    return import_id


def whole(bakery: Bakery, import_id: UUID, rows: int) -> None:
    """Every row is there once, with its key, and the figures say so."""
    done = bakery.state(import_id)
    assert (done.state, done.rows, outcomes(done)) == ("done", rows, {"accepted": rows})
    assert count("audience_subscriber", bakery) == count("audience_subscription", bakery) == rows


@pytest.mark.req("AUDI-1")
def test_an_import_killed_with_minus_9_again_and_again_ends_whole_and_nobody_is_doubled(bakery: Bakery) -> None:
    rows = 30_000
    keys = count("vault_subject_key", bakery)
    import_id = started(bakery, rows)
    killed = 0
    for _ in range(40):
        before = bakery.state(import_id).rows
        worker = bakery.worker(import_id)
        deadline = time.monotonic() + 60
        while worker.poll() is None and bakery.state(import_id).rows < before + 4_000 and time.monotonic() < deadline:
            time.sleep(0.02)
        if worker.poll() is not None:
            assert worker.returncode == 0
            break
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        killed += 1
    assert killed >= 3
    whole(bakery, import_id, rows)
    assert count("vault_subject_key", bakery) == keys + 1 + rows


def test_a_full_disk_leaves_a_clear_state_from_which_the_import_goes_on(bakery: Bakery, database: Urls) -> None:
    import_id = started(bakery, 7_000)
    with psycopg.connect(database.owner, autocommit=True) as owner:
        # PostgreSQL's own report of a full disk, raised where a data page would have been extended.
        owner.execute(
            "create function full_disk() returns trigger language plpgsql as $$ begin"
            " if (select rows from audience_import where id = tg_argv[0]::uuid) > 4000 then"
            " raise exception 'could not extend file: No space left on device' using errcode = '53100'; end if;"
            " return null; end $$"
        )
        owner.execute(
            "create trigger full_disk after insert on audience_subscriber"
            f" for each statement execute function full_disk('{import_id}')"
        )
        try:
            bakery.work(import_id)
            stopped = bakery.state(import_id)
        finally:
            owner.execute("drop function full_disk cascade")
    assert (stopped.state, stopped.error, stopped.rows, stopped.resumable) == ("failed", "disk_full", 4_000, True)
    assert count("audience_subscriber", bakery) == 4_000
    with scope(bakery.id):
        services.resume_import(import_id=import_id, actor=bakery.member, at=NOON)
    bakery.work(import_id)
    whole(bakery, import_id, 7_000)


def test_a_database_that_goes_away_is_told_to_the_queue_and_the_next_try_goes_on(
    bakery: Bakery, database: Urls
) -> None:
    import_id = started(bakery, 9_000)

    def cut() -> bool:
        """Asked after each batch: at the second, end every session of the application."""
        if bakery.state(import_id).rows < 2_000:
            return False
        with psycopg.connect(database.superuser, autocommit=True) as superuser:
            role = psycopg.conninfo.conninfo_to_dict(database.app)["user"]
            superuser.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [role])
        return False

    with pytest.raises(Exception) as lost:
        services.run_slice(controller_id=bakery.id, import_id=import_id, stop=cut, now=lambda: NOON)
    assert isinstance(lost.value, OperationalError | psycopg.OperationalError)
    connections.close_all()
    stopped = bakery.state(import_id)
    assert stopped.state == "running" and 2_000 <= stopped.rows < 9_000
    bakery.work(import_id)
    whole(bakery, import_id, 9_000)
