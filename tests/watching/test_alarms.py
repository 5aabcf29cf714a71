"""Alarms: noticed by a worker, told to the operator once, and once more when they are over."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client

from mandata.accounts.models import Notice, User
from mandata.accounts.services import notices, users
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from mandata.watching import letters, selectors, services
from mandata.watching.models import Alarm, Worker

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def host() -> str:
    return f"host-{new_id().hex[-8:]}"


def worker(host: str, *, ago: float = 0.0) -> UUID:
    one, at = new_id(), now() - timedelta(seconds=ago)
    services.enter(worker_id=one, host=host, at=at)
    services.beat(worker_id=one, loops={"events": (at, 1.0)}, at=at)
    return one


def told(since: datetime) -> list[str]:
    with scope(INSTANCE):
        rows = Notice.objects.filter(kind=services.KIND, created_at__gte=since).order_by("created_at")
        return [notices.contents(row.id)["subject"] for row in rows]


def about(host: str) -> list[Alarm]:
    return list(Alarm.objects.filter(about__startswith=host).order_by("began_at"))


def test_a_worker_that_vanishes_is_told_once_and_again_when_another_takes_its_place(host: str) -> None:
    began = now()
    worker(host, ago=90)
    for _ in range(3):
        services.watch_due(at=now())
    assert [one.code for one in about(host)] == ["worker.missing"]
    assert sum(host in subject for subject in told(began)) == 1
    worker(host)
    services.watch_due(at=now())
    services.watch_due(at=now())
    assert [one.over_at is not None for one in about(host)] == [True]
    assert [subject.partition(":")[0] for subject in told(began) if host in subject] == ["Not well", "Over"]


def test_a_worker_that_ends_as_asked_is_not_missed(host: str) -> None:
    one = worker(host, ago=90)
    services.leave(worker_id=one)
    services.watch_due(at=now())
    assert about(host) == []


def test_a_killed_worker_is_replaced_by_one_new_worker_only(host: str) -> None:
    worker(host, ago=90)
    worker(host, ago=80)
    Worker.objects.filter(host=host).update(seen_at=now() - timedelta(seconds=70))
    worker(host)
    services.watch_due(at=now())
    assert [one.code for one in about(host)] == ["worker.missing"]
    Worker.objects.filter(host=host).delete()


def test_workers_that_look_at_the_same_time_ring_once(host: str) -> None:
    worker(host, ago=90)

    def look() -> None:
        services.watch_due(at=now())
        connections.close_all()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(about(host)) == 1
    Worker.objects.filter(host=host).delete()


def test_a_heartbeat_tells_of_disks_spool_and_outside_log(host: str) -> None:
    worker(host)
    found = next(one for one in selectors.workers() if one.host == host)
    assert [loop.name for loop in found.loops] == ["events"]
    assert found.disks and all(0 < disk.free <= disk.size for disk in found.disks)
    assert {lag.name for lag in found.lags} == {"events", "first"}


@pytest.mark.parametrize("code", letters.CODES)
@pytest.mark.parametrize("language", ["en", "cs"])
def test_every_alarm_has_its_words(code: str, language: str) -> None:
    evidence = {"seconds": 70, "free": 2**30, "size": 2**34, "bytes": 64, "count": 3, "trouble": "no answer"}
    for over in (None, now()):
        said = letters.letter(code, "alpha", evidence, began_at=now(), over_at=over, language=language)
        assert said["subject"] and "%(" not in said["subject"] + said["text"]


def test_an_alarm_is_told_in_the_language_that_is_asked_for() -> None:
    evidence = {"seconds": 70}
    said = {
        language: letters.letter("worker.missing", "alpha", evidence, began_at=now(), over_at=None, language=language)
        for language in ("en", "cs")
    }
    assert said["en"]["subject"] == "Not well: A worker is missing: alpha"
    assert said["cs"]["subject"] == "Není v pořádku: Chybí worker: alpha"


def test_the_operators_home_says_what_is_not_well_and_what_is_over(host: str, database: Urls) -> None:
    worker(host, ago=90)
    services.watch_due(at=now())
    email = f"op-{new_id().hex[-8:]}@operator.example"
    user = users.create(email=email, name="Op", password="a loaf of rye bread", verified=True, is_operator=True)
    browser = Client()
    browser.force_login(users_row(user), backend="allauth.account.auth_backends.AuthenticationBackend")
    page = browser.get("/operator/").content.decode()
    assert f"A worker is missing: {host}" in page and "mandata worker" in page
    Worker.objects.filter(host=host).delete()
    services.watch_due(at=now())
    assert "Alarms that are over" in browser.get("/operator/").content.decode()


def users_row(user_id: UUID) -> User:
    found: User = User.objects.get(id=user_id)
    return found


_LOOPS: Final = {"events", "delivery", "record", "alarms"}


@contextmanager
def real_worker() -> "Iterator[subprocess.Popen[bytes]]":
    """A `mandata worker` as it is run, which has told of all its loops; it ends with the block, whatever happens."""
    known = set(Worker.objects.values_list("id", flat=True))
    command = [sys.executable, "-m", "mandata.cli", "worker", "--concurrency", "1"]
    settings = {"PYTHONPATH": "src", "MANDATA_RETURNS_LISTEN": "127.0.0.1:0", "MANDATA_ENGINE_ONLY": str(new_id())}
    process = subprocess.Popen(command, env=os.environ | settings)
    try:
        deadline = time.monotonic() + 200
        while not any(set(new.loops) >= _LOOPS for new in Worker.objects.exclude(id__in=known)):
            assert process.poll() is None and time.monotonic() < deadline, "the worker did not tell of all its loops"
            time.sleep(0.2)
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_real_worker_tells_of_its_loops_and_only_a_killed_one_is_missed() -> None:
    before = set(Worker.objects.values_list("id", flat=True))
    mine = Worker.objects.exclude(id__in=before)
    try:
        with real_worker() as process:
            assert mine.get().readings["disks"]
            process.send_signal(signal.SIGTERM)
            process.wait(150)
        assert not mine.exists()
        with real_worker():
            pass
        assert mine.count() == 1
    finally:
        mine.delete()
