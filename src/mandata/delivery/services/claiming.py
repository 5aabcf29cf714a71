"""What the engine does to the database: claims in chunks, settles outcomes, keeps leases, gives back.

Each verb opens the controller's scope itself and commits before it returns. The intent to send stands in PostgreSQL
(the chunk, and the message's state) before a message is handed to anybody.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.db import transaction

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.recipients import Asked, Rule
from mandata.audience.selectors.people import PLACE
from mandata.delivery.models import Chunk
from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.rules.retry import first_tried, retry
from mandata.delivery.rules.sharing import spread
from mandata.delivery.services import gate, reviving, roads
from mandata.delivery.services.refusals import follow
from mandata.delivery.services.replaying import CLAIMED, SETTLED
from mandata.delivery.statements import statement
from mandata.delivery.transports.port import Road
from mandata.foundation import cutting
from mandata.infra import bulk, outside, restoring
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from mandata.vault.services import Vault

_BACKLOG: Final = (
    "select provider, sum(count) from delivery_counter where campaign_id = %b and state in ('queued', 'deferred') "
    "group by provider having sum(count) > 0 order by provider"
)

CHUNK_SIZE: Final = 50
LEASE: Final = timedelta(seconds=60)


class Claimed(NamedTuple):
    """A message in an open chunk, its recipient still sealed; `key` is None where the identity was destroyed.

    `provider` is who receives for `domain`, the ASCII mail domain.
    """

    chunk_id: UUID
    number: int
    attempts: int
    subscriber_id: UUID
    identity: bytes
    clear: str
    key: bytes | None
    provider: str = ""
    domain: str = ""

    def values(self, vault: Vault) -> dict[str, Any]:
        """Open the recipient: the values that merge tags read, `email` among them; empty where it cannot be opened."""
        if self.key is None:
            return {}
        plain: dict[str, Any] = orjson.loads(vault.unseal_with(self.subscriber_id, PLACE, self.identity, key=self.key))
        # Most people have no clear values.
        return plain if self.clear == "{}" else {**orjson.loads(self.clear), **plain}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a controller's claims rest on: its recipient rule, its open vault, the roads that may carry its mail; looked
    up anew every few seconds."""

    rule: Rule
    vault: Vault
    roads: tuple[Road, ...] = (Road(""),)


@dataclass(frozen=True, slots=True)
class Order:
    """Which campaign to claim from, and for whom."""

    controller_id: UUID
    campaign_id: UUID
    list_id: UUID
    frozen_at: datetime
    worker_id: UUID
    shard: int
    transport: int = 0


class Settled(NamedTuple):
    """One outcome on its way to PostgreSQL. `again`: when to try again what is returned, if not at once."""

    chunk_id: UUID
    number: int
    attempts: int
    outcome: Outcome
    at: datetime
    again: datetime | None = None
    provider: str = ""


def standing(controller_id: UUID, *, at: datetime) -> Standing | None:
    """Return what claims rest on; None where no agreement is in force. Each claim then asks the gate itself."""
    with scope(controller_id):
        rule = agreements.recipient_rule(at)
        return None if rule is None else Standing(rule, Vault.open(), roads.allowed(at=at))


def backlog(*, controller_id: UUID, campaign_id: UUID) -> dict[str, int]:
    """Return how many messages of a campaign are to be sent to each provider, now or later, as the counters tell."""
    with scope(controller_id):
        return _backlog(campaign_id)


def _backlog(campaign_id: UUID) -> dict[str, int]:
    return {name: int(count) for name, count in bulk.execute(_BACKLOG, [campaign_id])}


def claim(
    *, order: Order, standing: Standing, limit: int, at: datetime, wants: Mapping[str, int] | None = None
) -> list[Claimed]:
    """Take up to `limit` due messages into chunks of at most 50 and return them, committed.

    `wants`: how many of each provider, `limit` of them in all at most; without it whoever comes. Empty when nothing is
    due, the campaign is not sending, other workers hold what is due, or the gate is shut.
    """
    chunks = [new_id() for _ in range(-(-limit // CHUNK_SIZE))]
    values = standing.rule.parameters(Asked("email", at, order.frozen_at)) | {
        "controller": order.controller_id,
        "campaign": order.campaign_id,
        "list": order.list_id,
        "chunks": chunks,
        "size": CHUNK_SIZE,
        "shard": order.shard,
        "transport": order.transport,
    }
    with scope(order.controller_id):
        # Anew: what was known a second ago is enough for an older database to be claimed from.
        if restoring.closed(anew=True) or not gate.is_open(order.campaign_id, at=at):
            return []
        wanted = spread(limit, _backlog(order.campaign_id)) if wants is None else wants
        values |= {"providers": list(wanted), "limits": list(wanted.values())}
        rows = bulk.execute(statement("claim", rule=standing.rule.sql()), values, binary=True)
        _open_chunks(order, chunks, len(rows), at)
        keys = standing.vault.keys([row[0] for row in rows])
        if rows:
            messages = [(number, subscriber, attempts) for subscriber, number, attempts, *_ in rows]
            outside.write(CLAIMED, {"campaign": order.campaign_id, "messages": messages})
    return [
        Claimed(
            chunks[place // CHUNK_SIZE],
            number,
            attempts,
            subscriber,
            identity,
            clear,
            keys.get(subscriber),
            provider,
            domain,
        )
        for place, (subscriber, number, attempts, identity, clear, provider, domain) in enumerate(rows)
    ]


def _open_chunks(order: Order, chunks: Sequence[UUID], messages: int, at: datetime) -> None:
    columns = {
        "id": "uuid",
        "campaign_id": "uuid",
        "worker_id": "uuid",
        "size": "int2",
        "transport": "int2",
        "opened_at": "timestamptz",
        "leased_until": "timestamptz",
    }
    sizes = [min(CHUNK_SIZE, messages - start) for start in range(0, messages, CHUNK_SIZE)]
    rows = [
        (chunk_id, order.campaign_id, order.worker_id, size, order.transport, at, at + LEASE)
        for chunk_id, size in zip(chunks, sizes, strict=False)
    ]
    bulk.insert("delivery_chunk", columns, rows)


def settle(
    *,
    controller_id: UUID,
    campaign_id: UUID,
    shard: int,
    settled: Sequence[Settled],
    done: Sequence[UUID],
    at: datetime,
) -> None:
    """Write outcomes in bulk, equal ones by one statement, and close the chunks in `done`.

    Doing it again changes nothing.
    """
    groups: dict[tuple[str, bool, int, str, str], list[tuple[Settled, datetime | None]]] = defaultdict(list)
    for one in settled:
        state, next_at = _state(one)
        said = one.outcome if state != "queued" else Outcome(one.number, "returned")
        back = said.fate == "returned"  # then nothing was tried
        groups[(state, back, said.code, said.enhanced, said.diagnostic[:300])].append((one, next_at))
    with scope(controller_id), outside.together():
        for (state, back, code, status, diagnostic), rows in sorted(groups.items()):
            numbers = [one.number for one, _ in rows]
            values = {
                "controller": controller_id,
                "campaign": campaign_id,
                "shard": shard,
                "chunks": list({id(one.chunk_id): one.chunk_id for one, _ in rows}.values()),  # hashing a UUID is dear
                "numbers": numbers,
                "low": min(numbers),
                "high": max(numbers),
                "next": [next_at for _, next_at in rows] if state == "deferred" else None,
                "state": state,
                "tried": 0 if back else 1,
                "code": code or None,
                "status": status,
                "diagnostic": diagnostic,
                "said": "" if state == "sent" else cutting.without_addresses(diagnostic)[:300],
                "at": at,
            }
            bulk.execute(statement("settle"), values)
        refusals = [(one.number, one.outcome) for one in settled if one.outcome.fate == "failed" and one.outcome.code]
        if refusals:
            follow(campaign_id=campaign_id, refusals=refusals, at=at)
        if any(state in _OPEN for state, *_ in groups):
            reviving.revive(campaign_id=campaign_id, at=at)
        if done:
            bulk.execute("delete from delivery_chunk where id = any(%b)", [list(done)])
        if settled:
            outcomes = [
                (one.number, state, code, status, one.attempts - back)
                for (state, back, code, status, _), rows in groups.items()
                for one, _ in rows
            ]
            outside.write(SETTLED, {"campaign": campaign_id, "at": at, "outcomes": outcomes})


_OPEN = frozenset({"queued", "deferred"})
_STATES = {"sent": "sent", "deferred": "deferred", "failed": "failed", "unknown": "unknown", "returned": "queued"}


def _state(one: Settled) -> tuple[str, datetime | None]:
    """The message's new state, and when it is tried again; a deferred one whose time is over has failed."""
    if one.outcome.fate == "returned" and one.again is not None:
        return "deferred", one.again
    state = _STATES[one.outcome.fate]
    if state != "deferred":
        return state, None
    began = first_tried(one.attempts, now=one.at)
    next_at = retry(one.outcome, attempts=one.attempts, message_no=one.number, first_tried=began, now=one.at).at
    return ("deferred" if next_at else "failed"), next_at


def renew(*, worker_id: UUID, chunks: Sequence[UUID], at: datetime) -> set[UUID]:
    """Prolong the leases of a worker's chunks; return those that are still its own."""
    with transaction.atomic():
        rows = bulk.execute(
            "update delivery_chunk set leased_until = %b where worker_id = %b and id = any(%b) returning id",
            [at + LEASE, worker_id, list(chunks)],
        )
    return {row[0] for row in rows}


def own_chunks(worker_id: UUID) -> list[tuple[UUID, UUID, UUID]]:
    """Return (chunk, controller, campaign) of every chunk open in a worker's name. Scope-free."""
    return list(Chunk.objects.filter(worker_id=worker_id).values_list("id", "controller_id", "campaign_id"))
