"""The record's verbs: append in the caller's transaction; sequence committed entries; verify.

An appended entry has no place yet. One sequencer for each log (an advisory lock) gives committed entries their index
in the order of
their ids, extends the tree and signs a head. So a rollback leaves no gap, and appending never waits for another writer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from mandata.foundation import merkle
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import INSTANCE, current_controller, scope
from mandata.record import rules, selectors
from mandata.record.models import Entry, Head, Leaf, Node, Payload, Pending
from mandata.record.signing import signer

_BATCH = 5_000
_LOCK_CLASS = 0x6D61  # "ma": keeps our advisory locks apart from others'


def append(
    *,
    kind: str,
    body: dict[str, object],
    actor: Actor,
    at: datetime,
    clause: str = "",
    subject: UUID | None = None,
    commitment: rules.Commitment | None = None,
) -> UUID:
    """Add an entry to the log of the scope's controller, in the caller's transaction; return its id.

    `body` holds ids, codes, counts and times: never personal data, which enters as a commitment (`Vault.commit`).
    """
    entry, log = new_id(), current_controller()
    data = rules.leaf(
        log=log,
        entry=entry,
        at=at,
        kind=kind,
        actor=actor,
        clause=clause,
        subject=subject,
        body=body,
        commitment=commitment.digest if commitment else None,
    )
    Entry.objects.create(id=entry, at=at, kind=kind, subject=subject, leaf=data)
    if commitment:
        Payload.objects.create(id=entry, holder=commitment.holder, sealed=commitment.sealed)
    Pending.objects.create(entry=entry, controller_id=log)
    return entry


def sequence_due(*, at: datetime) -> int:
    """Give every waiting entry of every log its place and sign the new heads; return how many entries were placed.

    Each new head of a controller's log is entered in the installation's log. Should that be lost to a crash, the next
    head covers it.
    """
    logs = list(Pending.objects.order_by().values_list("controller_id", flat=True).distinct())
    placed = 0
    for log in logs:
        if log != INSTANCE and (head := sequence(log, at=at)):
            placed += head.placed
            with scope(INSTANCE):
                body: dict[str, object] = {"log": log, "size": head.size, "root": head.root}
                append(kind="record.head", body=body, actor=SYSTEM, at=at)
    head = sequence(INSTANCE, at=at)
    return placed + (head.placed if head else 0)


@dataclass(frozen=True, slots=True)
class NewHead:
    """A head just signed, and how many entries it placed."""

    placed: int
    size: int
    root: bytes


def sequence(log: UUID, *, at: datetime) -> NewHead | None:
    """Give the committed entries of one log their places and sign a head. None when nothing waits or another is at
    work."""
    with scope(log):
        if not _locked(log):
            return None
        before = selectors.size()
        while batch := _waiting(log):
            _extend(batch)
        size = selectors.size()
        if size == before:
            return None
        root = selectors.frontier(size).root()
        Head.objects.create(size=size, root=root, at=at, note=rules.sign_head(signer(), log, size, root, at))
        return NewHead(placed=size - before, size=size, root=root)


def _locked(log: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_CLASS, str(log)])
        return bool(cursor.fetchone()[0])


def _waiting(log: UUID) -> Sequence[Entry]:
    ids = Pending.objects.filter(controller_id=log).order_by("entry").values_list("entry", flat=True)[:_BATCH]
    batch = list(Entry.objects.filter(id__in=list(ids)).order_by("id"))
    Pending.objects.filter(entry__in=[entry.id for entry in batch]).delete()
    return batch


def _extend(batch: Sequence[Entry]) -> None:
    size = selectors.size()
    frontier = selectors.frontier(size)
    leaves, nodes = [], []
    for offset, entry in enumerate(batch):
        index = size + offset
        digest = merkle.leaf_hash(bytes(entry.leaf))
        leaves.append(Leaf(index=index, entry=entry.id, hash=digest))
        nodes += [Node(level=level, index=at, hash=node) for level, at, node in frontier.append(digest)]
    Leaf.objects.bulk_create(leaves)
    Node.objects.bulk_create(nodes)
