"""What is not well, judged from readings."""

from datetime import UTC, datetime, timedelta

import pytest

from mandata.watching import rules
from mandata.watching.rules import Disk, Found, Lag, Loop, Readings, Transport, Worker, alarms

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def seen(ago: float = 0.0, **more: object) -> Worker:
    return Worker("alpha", AT - timedelta(seconds=ago), **more)  # type: ignore[arg-type]


def codes(read: Readings, ringing: tuple[rules.Key, ...] = ()) -> list[str]:
    return [one.code for one in alarms(read, ringing=ringing)]


def test_a_well_installation_rings_nothing() -> None:
    read = Readings(
        AT,
        workers=(
            seen(
                3,
                loops=(Loop("events", AT, timedelta(seconds=1)),),
                disks=(Disk("var", 60, 100),),
                lags=(Lag("events", 32, timedelta(seconds=1)),),
            ),
        ),
        transports=(Transport(1, "house", "relay", "active", ""),),
        backup_at=AT - timedelta(hours=20),
        backup_every=timedelta(hours=24),
    )
    assert alarms(read) == ()


@pytest.mark.parametrize(
    ("read", "code", "about"),
    [
        (Readings(AT, workers=(seen(61),)), "worker.missing", "alpha"),
        (
            Readings(AT, workers=(seen(loops=(Loop("events", AT - timedelta(minutes=6), timedelta(seconds=1)),)),)),
            "loop.stuck",
            "alpha: events",
        ),
        (Readings(AT, workers=(seen(disks=(Disk("var", 9, 100),)),)), "disk.low", "alpha: var"),
        (Readings(AT, workers=(seen(lags=(Lag("events", 64, timedelta(minutes=3)),)),)), "spool.lag", "alpha: events"),
        (Readings(AT, unplaced=3, unplaced_since=AT - timedelta(minutes=2)), "record.lag", ""),
        (Readings(AT, returns=3, returns_since=AT - timedelta(hours=1)), "returns.lag", ""),
        (Readings(AT, jobs_since=AT - timedelta(hours=1)), "jobs.lag", ""),
        (
            Readings(AT, transports=(Transport(1, "house", "relay", "active", "no answer"),)),
            "transport.failing",
            "house",
        ),
        (Readings(AT, unknown=150, unknown_before=100), "unknown.growing", ""),
        (Readings(AT, backup_at=AT - timedelta(hours=49), backup_every=timedelta(hours=24)), "backup.old", ""),
        (Readings(AT, installed_at=AT - timedelta(hours=49), backup_every=timedelta(hours=24)), "backup.old", ""),
    ],
)
def test_each_thing_that_is_not_well_rings_by_its_own_name(read: Readings, code: str, about: str) -> None:
    assert [one.key for one in alarms(read)] == [(code, about)]


def test_a_slow_loop_is_given_three_of_its_rounds() -> None:
    loop = Loop("heads", AT - timedelta(minutes=40), timedelta(minutes=15))
    assert codes(Readings(AT, workers=(seen(loops=(loop,)),))) == []


def test_a_disk_at_the_limit_does_not_ring_again_and_again() -> None:
    read = Readings(AT, workers=(seen(disks=(Disk("var", 11, 100),)),))
    assert codes(read) == []
    assert codes(read, ringing=(("disk.low", "alpha: var"),)) == ["disk.low"]


def test_who_is_missing_tells_nothing_of_its_host_and_is_forgotten_after_a_week() -> None:
    gone = seen(120, disks=(Disk("var", 1, 100),))
    assert codes(Readings(AT, workers=(gone,))) == ["worker.missing"]
    assert codes(Readings(AT, workers=(seen(8 * 86_400),))) == []


def test_a_paused_transport_and_an_installation_without_a_store_ring_nothing() -> None:
    read = Readings(AT, transports=(Transport(1, "old", "relay", "paused", "no answer"),), backup_at=None)
    assert codes(read) == []


def test_two_workers_of_one_host_that_say_the_same_ring_once() -> None:
    low = seen(disks=(Disk("var", 1, 100),))
    assert alarms(Readings(AT, workers=(low, low))) == (Found("disk.low", "alpha: var", {"free": 1, "size": 100}),)
