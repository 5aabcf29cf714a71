"""What is not well, from readings. Pure: the same readings at the same instant give the same alarms.

An alarm that has begun ends a little below where it began, so that a value at the limit does not ring again and again.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

ALIVE: Final = timedelta(seconds=60)
"""A worker that has not been seen for so long is missing."""
FORGOTTEN: Final = timedelta(days=7)
"""After this a missing worker is taken for one that was put away."""
LOOP: Final = timedelta(minutes=5)
SPOOL: Final = timedelta(minutes=2)
RECORD: Final = timedelta(minutes=1)
RETURNS: Final = timedelta(minutes=15)
JOBS: Final = timedelta(minutes=15)
DISK: Final = 0.10
DISK_OVER: Final = 0.12
WINDOW: Final = timedelta(minutes=15)
UNKNOWN: Final = 50
"""So many new messages of unknown outcome within the window are more than a worker's death explains."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Loop:
    """A worker's loop: when it last went round without a fault, and how often it is to."""

    name: str
    last_at: datetime
    every: timedelta


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system that holds one of our folders; bytes."""

    folder: str
    free: int
    size: int


@dataclass(frozen=True, slots=True)
class Lag:
    """What waits in one of our folders: bytes, and the age of the oldest of it."""

    name: str
    size: int
    age: timedelta


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process and what it last told."""

    host: str
    seen_at: datetime
    loops: tuple[Loop, ...] = ()
    disks: tuple[Disk, ...] = ()
    lags: tuple[Lag, ...] = ()
    outside: Lag | None = None

    def alive(self, at: datetime) -> bool:
        """Say whether it has been seen lately."""
        return at - self.seen_at <= ALIVE


@dataclass(frozen=True, slots=True)
class Transport:
    """A way out: its name, whether it is in use, and what its last check found wrong ("" for nothing)."""

    number: int
    name: str
    kind: str
    state: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Readings:
    """The installation at one instant. `unknown` counts messages of unknown outcome ever, `unknown_before` those of a
    window ago; `backup_every` is None where no store is named."""

    at: datetime
    workers: tuple[Worker, ...] = ()
    transports: tuple[Transport, ...] = ()
    unplaced: int = 0
    unplaced_since: datetime | None = None
    returns: int = 0
    returns_since: datetime | None = None
    jobs_since: datetime | None = None
    unknown: int = 0
    unknown_before: int = 0
    backup_at: datetime | None = None
    backup_every: timedelta | None = None
    installed_at: datetime | None = None
    measures: tuple[tuple[str, str], ...] = ()  # checks of measures that do not hold, each with its reason


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is not well: its code, whom of ours it is about, and the figures behind it."""

    code: str
    about: str = ""
    evidence: dict[str, object] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What tells one alarm from another."""
        return self.code, self.about


def alarms(read: Readings, *, ringing: Collection[Key] = ()) -> tuple[Found, ...]:
    """Return what is not well. `ringing`: the alarms that have begun and are not over."""
    found = [*_workers(read), *_disks(read, ringing), *_lags(read), *_transports(read), *_others(read)]
    return tuple({one.key: one for one in found}.values())


def _workers(read: Readings) -> list[Found]:
    known = [worker for worker in read.workers if read.at - worker.seen_at <= FORGOTTEN]
    missing = [
        Found("worker.missing", worker.host, {"seconds": _seconds(read.at - worker.seen_at)})
        for worker in known
        if not worker.alive(read.at)
    ]
    stuck = [
        Found("loop.stuck", f"{worker.host}: {loop.name}", {"seconds": _seconds(read.at - loop.last_at)})
        for worker in known
        if worker.alive(read.at)
        for loop in worker.loops
        if read.at - loop.last_at > max(LOOP, 3 * loop.every)
    ]
    return missing + stuck


def _disks(read: Readings, ringing: Collection[Key]) -> list[Found]:
    found = []
    for worker in read.workers:
        for disk in worker.disks if worker.alive(read.at) else ():
            about = f"{worker.host}: {disk.folder}"
            least = DISK_OVER if ("disk.low", about) in ringing else DISK
            if disk.size and disk.free < least * disk.size:
                found.append(Found("disk.low", about, {"free": disk.free, "size": disk.size}))
    return found


def _lags(read: Readings) -> list[Found]:
    found = [
        Found("spool.lag", f"{worker.host}: {lag.name}", {"seconds": _seconds(lag.age), "bytes": lag.size})
        for worker in read.workers
        if worker.alive(read.at)
        for lag in worker.lags
        if lag.age > SPOOL
    ]
    for code, since, limit, count in (
        ("record.lag", read.unplaced_since, RECORD, read.unplaced),
        ("returns.lag", read.returns_since, RETURNS, read.returns),
        ("jobs.lag", read.jobs_since, JOBS, None),
    ):
        if since is not None and read.at - since > limit:
            count_of = {} if count is None else {"count": count}
            found.append(Found(code, "", {"seconds": _seconds(read.at - since), **count_of}))
    return found


def _transports(read: Readings) -> list[Found]:
    return [
        Found("transport.failing", one.name, {"trouble": one.trouble})
        for one in read.transports
        if one.state == "active" and one.trouble
    ]


def _others(read: Readings) -> list[Found]:
    found = []
    if read.unknown - read.unknown_before >= UNKNOWN:
        found.append(Found("unknown.growing", "", {"count": read.unknown - read.unknown_before}))
    found += [Found("measure.failing", check, {"reason": reason}) for check, reason in read.measures]
    since = read.backup_at or read.installed_at
    if read.backup_every is not None and since is not None and read.at - since > 2 * read.backup_every:
        found.append(Found("backup.old", "", {"seconds": _seconds(read.at - since)}))
    return found


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
