"""Metrics for Prometheus, made at each scrape from counters (never from rows of messages, people or events).

Labels are states, transports, mailbox providers, hosts of our own, names of loops and queues. None names a controller
or a person, and the number of lines does not grow with the number of either.
"""

import time
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

import mandata
from mandata.delivery import following
from mandata.delivery.services import caps
from mandata.infra import restoring
from mandata.watching import rules, selectors

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(at: datetime) -> bytes:
    """Return all metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Installation(at))
    return generate_latest(registry)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"mandata_{name}", text, value=value)


def _age(since: datetime | None, at: datetime) -> float:
    return max(0.0, (at - since).total_seconds()) if since is not None else 0.0


class _Installation(Collector):
    """Everything, at one instant."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def collect(self) -> Iterator[Metric]:
        began = time.perf_counter()
        yield InfoMetricFamily("mandata_build", "Version.", value={"version": mandata.__version__})
        yield _gauge("restoring", "1 while an older database is brought up to date.", float(restoring.closed()))
        for part in (
            _messages,
            _queue,
            _transports,
            _lanes,
            _workers,
            _hosts,
            _returns,
            _record,
            _jobs,
            _backups,
            _duties,
            _alarms,
        ):
            yield from part(self.at)
        yield _gauge("scrape_seconds", "How long these figures took to be made.", time.perf_counter() - began)


def _messages(_at: datetime) -> Iterator[Metric]:
    names = {0: "settings"} | {number: name for number, name, *_rest in following.transports()}
    passed = CounterMetricFamily(
        "mandata_messages",
        "Messages that reached a state (sent, deferred, failed, unknown), ever.",
        labels=["transport", "provider", "state"],
    )
    for transport, provider, state, count in following.flow():
        passed.add_metric([names.get(transport, str(transport)), provider or "other", state], count)
    yield passed


def _queue(at: datetime) -> Iterator[Metric]:
    found = selectors.queue(at)
    waiting = GaugeMetricFamily(
        "mandata_queue_messages", "Messages of campaigns under way, by state.", labels=["state"]
    )
    for state in ("queued", "claimed", "deferred", "unknown"):
        waiting.add_metric([state], found.by_state.get(state, 0))
    yield waiting
    yield _gauge("queue_campaigns", "Campaigns under way.", found.campaigns)
    yield _gauge("queue_in_flight_messages", "Messages in the hands of sending processes.", found.in_flight)
    yield _gauge(
        "queue_oldest_due_seconds", "How long the oldest due campaign has had something due.", _age(found.oldest, at)
    )
    yield _gauge("engines_alive", "Sending processes that live.", selectors.engines(at))


def _transports(_at: datetime) -> Iterator[Metric]:
    up = GaugeMetricFamily(
        "mandata_transport_up", "1 where a transport is in use and its last check found nothing wrong.",
        labels=["transport", "kind"],
    )  # fmt: skip
    for _number, name, kind, state, trouble in following.transports():
        up.add_metric([name, kind], float(state == "active" and not trouble))
    yield up


def _lanes(at: datetime) -> Iterator[Metric]:
    """Limits of roads and of mailbox providers. Sending domains have some, too; those would name a controller."""
    names = ["transport", "provider"]
    rate = GaugeMetricFamily(
        "mandata_lane_per_second", "Messages a second that a lane may send now, slowed down or not.", labels=names
    )
    slowed = GaugeMetricFamily(
        "mandata_lane_slowed", "1 where a lane is slowed down by what a receiver said.", labels=names
    )
    granted = GaugeMetricFamily(
        "mandata_lane_granted_messages", "Messages granted to a lane today (UTC).", labels=names
    )
    daily = GaugeMetricFamily("mandata_lane_daily_messages", "Messages a day that a lane may send.", labels=names)
    for lane in caps.lanes_now(at=at):
        if lane.kind not in ("lane", "road"):
            continue
        key = [lane.transport, lane.name or "other"] if lane.kind == "lane" else [lane.transport, ""]
        now = min((one for one in (lane.per_second, lane.pace) if one is not None), default=None)
        if now is not None:
            rate.add_metric(key, now)
        slowed.add_metric(key, float(lane.pace is not None))
        granted.add_metric(key, lane.granted)
        if lane.daily is not None:
            daily.add_metric(key, lane.daily)
    yield from (rate, slowed, granted, daily)


def _workers(at: datetime) -> Iterator[Metric]:
    found = selectors.workers()
    yield _gauge("workers_alive", "Workers seen within a minute.", sum(worker.alive(at) for worker in found))
    yield _gauge("workers_missing", "Workers that vanished.", sum(not worker.alive(at) for worker in found))
    loops = GaugeMetricFamily(
        "mandata_loop_age_seconds", "How long ago a worker's loop last went round.", labels=["host", "loop"]
    )
    ages: dict[tuple[str, str], float] = {}
    for worker in found:
        for loop in worker.loops if worker.alive(at) else ():
            # Workers of one host share its loops: the one that went round last counts.
            key, age = (worker.host, loop.name), _age(loop.last_at, at)
            ages[key] = min(age, ages.get(key, age))
    for (host, name), age in sorted(ages.items()):
        loops.add_metric([host, name], age)
    yield loops


def _hosts(at: datetime) -> Iterator[Metric]:
    """What the newest worker of each host sees there."""
    newest: dict[str, rules.Worker] = {}
    for worker in selectors.workers():
        if worker.alive(at) and (worker.host not in newest or newest[worker.host].seen_at <= worker.seen_at):
            newest[worker.host] = worker
    free = GaugeMetricFamily("mandata_disk_free_bytes", "Room on a disk of ours.", labels=["host", "folder"])
    size = GaugeMetricFamily("mandata_disk_size_bytes", "Size of a disk of ours.", labels=["host", "folder"])
    spooled = GaugeMetricFamily("mandata_spool_lag_bytes", "Spooled, not yet taken in.", labels=["host", "stream"])
    lag = GaugeMetricFamily("mandata_spool_lag_seconds", "Age of the oldest of it.", labels=["host", "stream"])
    outside = GaugeMetricFamily("mandata_outside_bytes", "Size of the outside log.", labels=["host"])
    written = GaugeMetricFamily("mandata_outside_age_seconds", "Since it was last written.", labels=["host"])
    for host, worker in sorted(newest.items()):
        for disk in worker.disks:
            free.add_metric([host, disk.folder], disk.free)
            size.add_metric([host, disk.folder], disk.size)
        for one in worker.lags:
            spooled.add_metric([host, one.name], one.size)
            lag.add_metric([host, one.name], one.age.total_seconds())
        if worker.outside is not None:
            outside.add_metric([host], worker.outside.size)
            written.add_metric([host], worker.outside.age.total_seconds())
    yield from (free, size, spooled, lag, outside, written)


def _returns(at: datetime) -> Iterator[Metric]:
    count, since = following.returns_waiting()
    yield _gauge("returns_waiting", "Returned mails that wait to be read.", count)
    yield _gauge("returns_oldest_seconds", "Age of the oldest of them.", _age(since, at))


def _record(at: datetime) -> Iterator[Metric]:
    count, since = selectors.unplaced()
    yield _gauge("record_unplaced_entries", "Entries that wait for their place in a log.", count)
    yield _gauge("record_unplaced_seconds", "Age of the oldest of them.", _age(since, at))


def _jobs(at: datetime) -> Iterator[Metric]:
    counts = GaugeMetricFamily("mandata_jobs", "Jobs by queue and state.", labels=["queue", "state"])
    ages = GaugeMetricFamily("mandata_job_oldest_seconds", "How long the oldest job has waited.", labels=["queue"])
    for one in selectors.jobs():
        counts.add_metric([one.queue, one.state], one.count)
        if one.state == "todo":
            ages.add_metric([one.queue], _age(one.oldest, at))
    yield from (counts, ages)


def _backups(at: datetime) -> Iterator[Metric]:
    taken = selectors.backup_at()
    if taken is not None:
        yield _gauge("backup_age_seconds", "Age of the newest whole backup.", _age(taken, at))


def _duties(at: datetime) -> Iterator[Metric]:
    owed = selectors.owed(at)
    duties = GaugeMetricFamily("mandata_obligations", "Obligations of all controllers that are open.", labels=["state"])
    for state, count in (("open", owed.open), ("late", owed.late), ("soon", owed.soon), ("standing", owed.standing)):
        duties.add_metric([state], count)
    yield duties
    controllers = GaugeMetricFamily("mandata_controllers", "Controllers by state.", labels=["state"])
    for state, count in sorted(selectors.controllers().items()):
        controllers.add_metric([state], count)
    yield controllers


def _alarms(_at: datetime) -> Iterator[Metric]:
    counts: dict[str, int] = {}
    for one in selectors.ringing():
        counts[one.code] = counts.get(one.code, 0) + 1
    rings = GaugeMetricFamily("mandata_alarms", "Alarms that hold, by code.", labels=["code"])
    for code, count in sorted(counts.items()):
        rings.add_metric([code], count)
    yield rings
