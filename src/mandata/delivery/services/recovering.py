"""After a death: what a worker's journal says goes to PostgreSQL, and its leases return.

On the worker's own host the journal tells exactly what is sent, to send, or unknown. Where the host is lost, nobody
can read the journal: once the lease has run out, the unconfirmed of its chunks are unknown. A journal that turns up
later still has the better word, because an unknown message keeps its chunk.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from mandata.campaigns import selectors as campaigns
from mandata.delivery.journal import BrokenJournal, Chunk, Replay, abandoned, boot_id, replay, tidy
from mandata.delivery.models import Chunk as OpenChunk
from mandata.delivery.models import Message, Worker
from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.services import limiting, roads
from mandata.delivery.services.claiming import Settled, own_chunks, settle
from mandata.infra import bulk
from mandata.infra.logs import log
from mandata.infra.tenancy import scope

GRACE: Final = timedelta(seconds=120)
"""How long after its lease a chunk waits for its host's own journal."""

_log = log("delivery")


def recover_journals(*, folder: Path, at: datetime) -> int:
    """Replay the journals of workers of this host that are dead; return how many were settled.

    A journal is removed once PostgreSQL has everything it says. One that cannot be settled holds none of the others;
    what was wrong with it is raised at the end.
    """
    done = 0
    trouble: Exception | None = None
    tidy(folder)
    for path in abandoned(folder):
        try:
            found = replay(path)
        except BrokenJournal:
            _log.error("journal.broken", file=path.name)
            path.rename(path.with_suffix(".broken"))
            continue
        try:
            _settle_worker(found, at)
        except Exception as error:
            trouble = trouble or error
            continue
        path.unlink(missing_ok=True)
        Worker.objects.filter(id=found.worker).delete()
        done += 1
    if trouble is not None:
        raise trouble
    return done


def _settle_worker(found: Replay, at: datetime) -> None:
    same_boot = found.boot == boot_id()
    known = found.unsettled()
    open_chunks = {chunk: (controller, campaign) for chunk, controller, campaign in own_chunks(found.worker)}
    for chunk_id, (controller_id, campaign_id) in open_chunks.items():
        chunk = known.get(chunk_id)
        numbers = _numbers(controller_id, campaign_id, chunk_id)
        # A chunk that the journal does not know was committed in the worker's last moment: nothing of it had left.
        fates: dict[int, Outcome | None] = (
            chunk.fates(numbers, same_boot=same_boot) if chunk else dict.fromkeys(numbers, None)
        )
        if chunk is None and not same_boot:
            fates = {number: Outcome(number, "unknown") for number in numbers}
        rows = _rows(chunk_id, numbers, fates, at)
        untouched = [row.number for row in rows if row.outcome.fate == "returned"]
        granted = _granted(controller_id, campaign_id, chunk_id, untouched, at) if untouched else {}
        settle(controller_id=controller_id, campaign_id=campaign_id, shard=0, settled=rows, done=[chunk_id], at=at)
        limiting.give_back(granted)
        unknown = sum(row.outcome.fate == "unknown" for row in rows)
        _log.warning("chunk.recovered", chunk=str(chunk_id), messages=len(rows), unknown=unknown)
    for chunk_id in known.keys() - open_chunks.keys():
        _correct(chunk_id, known[chunk_id], same_boot, at)


def _granted(controller_id: UUID, campaign_id: UUID, chunk_id: UUID, numbers: list[int], at: datetime) -> Counter[str]:
    """Return bucket -> how many of a chunk's messages took a token today that they did not use. The chunk knows its
    transport; a bucket of a source address is told where there is but one such address."""
    found: Counter[str] = Counter()
    held = limiting.current(at=at)
    with scope(controller_id):
        chunk = OpenChunk.objects.filter(
            id=chunk_id, opened_at__gte=datetime.combine(at.astimezone(UTC), time.min, UTC)
        ).first()
        if chunk is None:
            return found
        domain = campaigns.sender_address(campaign_id).rpartition("@")[2].lower()
        ways = [road for road in roads.allowed(at=at) if road.transport == chunk.transport]
        if not ways:
            return found
        road = ways[0] if len(ways) == 1 else ways[0]._replace(source="")
        rows = Message.objects.filter(campaign_id=campaign_id, chunk_id=chunk_id, number__in=numbers)
        for provider in rows.values_list("provider", flat=True):
            found.update(held.buckets(road, provider, domain, at).keys())
    return found


def _correct(chunk_id: UUID, chunk: Chunk, same_boot: bool, at: datetime) -> None:
    """Say what became of messages whose lease was given up. They are unknown, and nobody has decided about them yet."""
    where = bulk.execute(
        "select controller_id, campaign_id from campaigns_number where number = %b::bigint", [chunk.campaign]
    )
    for controller_id, campaign_id in where:
        numbers = _numbers(controller_id, campaign_id, chunk_id)
        fates = chunk.fates(numbers, same_boot=same_boot)
        rows = [row for row in _rows(chunk_id, numbers, fates, at) if row.outcome.fate != "unknown"]
        if rows:
            settle(controller_id=controller_id, campaign_id=campaign_id, shard=0, settled=rows, done=[], at=at)
            _log.warning("chunk.corrected", chunk=str(chunk_id), messages=len(rows))


def _rows(
    chunk_id: UUID, numbers: Mapping[int, int], fates: Mapping[int, Outcome | None], at: datetime
) -> list[Settled]:
    return [
        Settled(chunk_id, number, attempts, fates[number] or Outcome(number, "returned"), at)
        for number, attempts in numbers.items()
    ]


def _numbers(controller_id: UUID, campaign_id: UUID, chunk_id: UUID) -> dict[int, int]:
    """Return number -> attempts of the messages in a chunk."""
    with scope(controller_id):
        rows = bulk.execute(
            "select number, attempts from delivery_message where campaign_id = %b and chunk_id = %b",
            [campaign_id, chunk_id],
        )
    return dict(rows)


def expire_leases(*, at: datetime) -> int:
    """Give up chunks whose lease ran out and whose host did not settle them: their messages are unknown."""
    lost = list(
        OpenChunk.objects.filter(leased_until__lt=at - GRACE).values_list("id", "controller_id", "campaign_id")[:1000]
    )
    for chunk_id, controller_id, campaign_id in lost:
        numbers = _numbers(controller_id, campaign_id, chunk_id)
        why = "the sending host was lost before the outcome reached the database"
        rows = [
            Settled(chunk_id, number, tries, Outcome(number, "unknown", 0, "", why), at)
            for number, tries in numbers.items()
        ]
        settle(controller_id=controller_id, campaign_id=campaign_id, shard=0, settled=rows, done=[chunk_id], at=at)
        _log.error("chunk.lost", chunk=str(chunk_id), messages=len(rows))
    return len(lost)


def enrol(*, worker_id: UUID, host: str, at: datetime) -> None:
    """Enter a worker that begins. Doing it again changes nothing."""
    row = Worker(id=worker_id, host=host[:120], started_at=at, seen_at=at)
    Worker.objects.bulk_create([row], ignore_conflicts=True)


def seen(*, worker_id: UUID, at: datetime) -> None:
    """A worker is alive."""
    Worker.objects.filter(id=worker_id).update(seen_at=at)


def leave(*, worker_id: UUID) -> None:
    """A worker has settled everything and ends."""
    Worker.objects.filter(id=worker_id).delete()


def release(*, chunk_id: UUID, controller_id: UUID, campaign_id: UUID, at: datetime) -> None:
    """Give back a chunk of which nothing was begun."""
    numbers = _numbers(controller_id, campaign_id, chunk_id)
    rows = [Settled(chunk_id, number, tries, Outcome(number, "returned"), at) for number, tries in numbers.items()]
    settle(controller_id=controller_id, campaign_id=campaign_id, shard=0, settled=rows, done=[chunk_id], at=at)
