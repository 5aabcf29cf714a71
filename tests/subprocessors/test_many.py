"""Many controllers: nobody is told twice, nobody left out, whoever is killed, does it twice, or has a wrong clock."""

import asyncio
import json
import signal
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from procrastinate import PsycopgConnector
from procrastinate.contrib.django.utils import connector_params

from mandata.accounts import selectors as accounts
from mandata.agreements.models import Served
from mandata.cli.worker import _with_fresh_connections
from mandata.foundation import canonical
from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.models import Entry
from mandata.subprocessors import selectors, tasks
from mandata.subprocessors.models import Change, ChangeNotice
from mandata.subprocessors.services import changes, letters, telling
from tests.subprocessors.cast import announced, bound, carrier, delivered, told
from tests.world import World
from tests.world.processes import python

TELL = """
    import os, sys
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mandata.project.settings")
    import django
    django.setup()
    from mandata.subprocessors import tasks
    change, *controllers = sys.argv[1:]
    tasks.tell(change_id=change, controllers=controllers)
"""


def house(world: World, count: int) -> list[UUID]:
    return [bound(world, f"Controller {number}").id for number in range(count)]


def counted(change: UUID, controllers: Sequence[UUID]) -> list[tuple[int, int]]:
    """How many notices and mails each controller has of a change."""
    found = []
    for one in controllers:
        with scope(one):
            notices = ChangeNotice.objects.filter(change=change).count()
            found.append((notices, Served.objects.filter(about=change, kind="subprocessor.change").count()))
    return found


async def _work_off() -> None:
    with app.replace_connector(PsycopgConnector(kwargs=connector_params())) as jobs:
        async with jobs.open_async():
            await jobs.run_worker_async(
                queues=["subprocessors"],
                wait=False,
                install_signal_handlers=False,
                task_middleware=[_with_fresh_connections],
            )


def _alone(monkeypatch: pytest.MonkeyPatch, mine: Sequence[UUID]) -> None:
    """Whom earlier tests left behind, and their jobs, are none of this test's: there can be thousands."""
    page = accounts.ids_after
    before = UUID(int=min(mine).int - 1)
    monkeypatch.setattr(accounts, "ids_after", lambda last, limit: page(last or before, limit))
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs where queue_name = 'subprocessors' and status = 'todo'")


@pytest.mark.req("SPR-2")
def test_the_jobs_tell_everybody_batch_by_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "BATCH", 7)
    mine = house(world, 20)
    _alone(monkeypatch, mine)
    carrier()
    change = announced()
    asyncio.run(_work_off())
    assert counted(change, mine) == [(1, 1)] * 20
    assert changes.spread_again(at=now()) >= 3
    asyncio.run(_work_off())
    assert counted(change, mine) == [(1, 1)] * 20


@pytest.mark.req("SPR-2")
def test_killed_in_the_middle_and_run_again_nobody_is_told_twice_and_nobody_left_out(world: World) -> None:
    mine = house(world, 40)
    carrier()
    change = announced()
    kills = 0
    for share in (3, 12, 25):
        child = python(TELL, str(change), *map(str, mine))
        try:
            _until_told(change, mine, share)
        finally:
            child.send_signal(signal.SIGKILL)
            kills += child.wait() == -signal.SIGKILL
            assert child.stdout is not None
            child.stdout.close()
        assert set(counted(change, mine)) <= {(0, 0), (1, 1)}, "all of it or nothing"
    assert kills
    tasks.tell(change_id=str(change), controllers=[str(one) for one in mine])
    assert counted(change, mine) == [(1, 1)] * len(mine)


def _until_told(change: UUID, mine: Sequence[UUID], share: int) -> None:
    limit = time.monotonic() + 60
    while sum(notices for notices, _ in counted(change, mine)) < share and time.monotonic() < limit:
        time.sleep(0.02)


@pytest.mark.req("SPR-2")
def test_two_processes_that_announce_and_tell_at_once_make_one_change_and_one_notice_each(world: World) -> None:
    mine = house(world, 12)
    row = carrier()
    day = now() + timedelta(days=40)
    made: list[UUID] = []
    both = threading.Barrier(2)

    def work() -> None:
        try:
            both.wait()
            made.append(announced(planned=day))
            both.wait()
            tasks.tell(change_id=str(made[0]), controllers=[str(one) for one in mine])
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    assert len(made) == 2 and made[0] == made[1] and Change.objects.filter(subprocessor=row).count() == 1
    with scope(INSTANCE):
        bodies = [
            canonical.loads(bytes(entry.leaf))["body"] for entry in Entry.objects.filter(kind="subprocessor.announced")
        ]
    assert sum(body["change"] == str(made[0]) for body in bodies) == 1
    assert counted(made[0], mine) == [(1, 1)] * len(mine)


def test_one_controller_that_cannot_be_told_keeps_nobody_else_from_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = house(world, 5)
    carrier()
    change = announced()
    real = letters.announce

    def broken(*arguments: object, **more: object) -> UUID:
        from mandata.infra.tenancy import current_controller

        if current_controller() == mine[1]:
            raise RuntimeError("its key is away")
        made: UUID = real(*arguments, **more)  # type: ignore[arg-type]
        return made

    monkeypatch.setattr(letters, "announce", broken)
    with pytest.raises(tasks.Untold):
        tasks.tell(change_id=str(change), controllers=[str(one) for one in mine])
    assert counted(change, mine) == [(1, 1), (0, 0), (1, 1), (1, 1), (1, 1)]
    monkeypatch.setattr(letters, "announce", real)
    tasks.tell(change_id=str(change), controllers=[str(one) for one in mine])
    assert counted(change, mine) == [(1, 1)] * 5


def test_a_clock_that_jumps_opens_nothing_early_and_undoes_nothing(world: World) -> None:
    bakery, at = bound(world), now()
    carrier()
    change = announced(at=at, planned=at + timedelta(days=20))
    assert told(bakery, change, at=at - timedelta(days=3)), "a clock that went back"
    delivered(bakery, change, at=at)
    with scope(bakery.id):
        first = selectors.notice(change, at=at)
    for when in (at + timedelta(days=400), at - timedelta(days=400), at):
        telling.count(bakery.id, changes.row(change), at=when)
        assert not told(bakery, change, at=when)
    with scope(bakery.id):
        assert selectors.notice(change, at=at) == first
    assert first.opens_at >= at + timedelta(days=20)
    assert changes.take_effect(at=at - timedelta(days=400)) == 0
    assert changes.take_effect(at=at + timedelta(days=400)) == 1
    assert changes.take_effect(at=at) == 0
    assert selectors.find("Carrier Pigeon Ltd").since == at + timedelta(days=20), "the day that was planned"


def test_counting_looks_again_at_those_on_their_way_only(world: World) -> None:
    near, far = house(world, 2)
    carrier()
    change = announced()
    tasks.tell(change_id=str(change), controllers=[str(near), str(far)])
    with scope(near):
        long_ago = now() - timedelta(days=60)
        Served.objects.filter(about=change).update(deemed_at=long_ago, deemed_by="acceptance")
    queued = _rounds(change)
    for _ in range(2):
        tasks.count(change_id=str(change), controllers=[str(near), str(far)], round_no=3, chain="tested")
    assert _rounds(change)[len(queued) :] == [(4, [str(far)])], "one that waits already is enough"


def test_a_batch_of_which_one_fails_is_counted_all_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, fine = house(world, 2)
    carrier()
    change = announced()
    real = telling.tell

    def half(controller_id: UUID, *arguments: Any, **more: Any) -> bool:
        if controller_id == broken:
            raise RuntimeError("its key is away")
        return real(controller_id, *arguments, **more)

    monkeypatch.setattr(telling, "tell", half)
    for _ in range(2):
        with pytest.raises(tasks.Untold):
            tasks.tell(change_id=str(change), controllers=[str(broken), str(fine)])
    assert [ids for _, ids in _rounds(change)] == [[str(fine)], [str(fine)]], "told, and looked at once more"
    for _ in range(3):
        with pytest.raises(tasks.Untold):
            tasks.tell(change_id=str(change), controllers=[str(broken), str(fine)])
    assert len(_rounds(change)) == 2, "chains do not multiply"


def _rounds(change: UUID) -> list[tuple[int, list[str]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select args -> 'round_no', args -> 'controllers' from procrastinate_jobs "
            "where task_name = %s and args ->> 'change_id' = %s order by id",
            [tasks.COUNT, str(change)],
        )
        rows = cursor.fetchall()
    return [(int(number), json.loads(ids) if isinstance(ids, str) else ids) for number, ids in rows]
