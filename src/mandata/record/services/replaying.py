"""Replay of the outside log into the record: what an older database lacks gets its place again, exactly as it had it.

A line that never was committed may stand in the outside log. A place begins where another ended, and only committed
places are continued; so of several lines with one start that one holds which another line continues, or, at the end,
the one that has most, the last of these. Everything is compared: the note's signature, the root that follows from the
entries, and the heads that the database has. Doing it again changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import IntegrityError

from mandata.foundation.actors import SYSTEM
from mandata.infra import bulk
from mandata.infra.outside import Line
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import rules, selectors
from mandata.record.behind import behind
from mandata.record.errors import Contradicted
from mandata.record.services import placing, witnessing
from mandata.record.services.appending import append
from mandata.record.services.placing import PLACED, Growth, Placed
from mandata.record.services.stamping import STAMPED
from mandata.record.signing import signer

_MOST_AHEAD: Final = 512
"""Lines of one log that may be known before the one that they continue: hosts' clocks differ by seconds."""
_MOST_KNOWN: Final = 500

_LOCK: Final = "select pg_advisory_xact_lock(%(class)s::int4, hashtext(%(log)s::text))"
_OTHERS: Final = """
select e.id from unnest(%(ids)b::uuid[], %(leaves)b::bytea[]) u (id, leaf)
join record_entry e on e.controller_id = %(log)s and e.id = u.id where e.leaf <> u.leaf limit 1
"""
_PLACED_NOW: Final = "delete from record_pending where controller_id = %(log)s and entry = any(%(ids)b)"
_ROOTS: Final = "select size, root from record_head where controller_id = %(log)s and size = any(%(sizes)b::int8[])"
_TOLD: Final = """
select 1 from record_entry where controller_id = %(instance)s and subject = %(log)s and kind = 'record.head'
  and position(%(root)b::bytea in leaf) > 0 limit 1
"""
_REMEDY: Final = "Name the outside logs of all hosts. Where that is all there is, the database is not this journal's."


@dataclass(slots=True)
class Replayed:
    """What a replay did: heads placed anew and the entries under them, rows beside the log, heads that were known."""

    heads: int = 0
    entries: int = 0
    known: int = 0
    stamps: int = 0
    receipts: int = 0


@dataclass(slots=True)
class _Log:
    """How far a log of the database goes, and the lines that are not placed yet, by their start."""

    size: int
    ahead: defaultdict[int, list[tuple[datetime, Growth]]] = field(default_factory=lambda: defaultdict(list))
    known: defaultdict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))


def replay_placed(lines: Iterable[Line]) -> Replayed:
    """Place everything that the outside log tells of and the database lacks; entries that wait and got a place, wait no
    longer. Lines of other kinds are passed over. Open no scope around it; each head is one transaction.

    Raises Contradicted where a line does not verify, does not fit a head that the database has, or where lines in
    between are missing.
    """
    replay = _Replay(signer().public_key())
    for line in lines:
        if line.kind == PLACED:
            replay.take(line)
        elif line.kind == STAMPED:
            replay.stamps[UUID(line.body["stamp"])] = line.body
    replay.finish()
    return replay.done


def adopt(url: str) -> int:
    """Place the head of whose commit the outside log was told and that never came; return how many entries it placed.
    Raises OlderDatabase where more than that is missing."""
    line = behind(url)
    if line is None:
        return 0
    replay = _Replay(signer().public_key())
    replay.take(line)
    replay.finish()
    return replay.done.entries


class _Replay:
    def __init__(self, key: Ed25519PublicKey) -> None:
        self.done = Replayed()
        self.stamps: dict[UUID, dict[str, Any]] = {}
        self._key = key
        self._logs: dict[UUID, _Log] = {}
        self._untold: defaultdict[UUID, dict[int, tuple[bytes, datetime]]] = defaultdict(dict)
        self._stamped: set[UUID] = set()

    def take(self, line: Line) -> None:
        try:
            growth = placing.read(line.body)
            head = rules.read_head(self._key, growth.note)
            if head.origin != rules.origin(line.controller) or head.size != growth.size:
                raise ValueError("its note is another log's")
        except (KeyError, TypeError, ValueError) as fault:
            raise _contradicted(
                line.controller, f"the line of {line.at.isoformat()} does not verify: {fault}"
            ) from None
        log = self._log(line.controller)
        if growth.size <= log.size:
            log.known[growth.size].append(head.root)
            if len(log.known) >= _MOST_KNOWN:
                self._compare(line.controller, log, leave=_MOST_KNOWN // 4)
        elif growth.start >= log.size:
            log.ahead[growth.start].append((line.at, growth))
            self._advance(line.controller, log, at_the_end=False)
            if len(log.ahead) > _MOST_AHEAD:
                self._missing(line.controller, log)

    def finish(self) -> None:
        for log_id, log in self._logs.items():
            self._advance(log_id, log, at_the_end=True)
            self._compare(log_id, log)
            if any(start >= log.size for start in log.ahead):
                self._missing(log_id, log)
        self._finish_stamps()
        self._tell()

    def _log(self, log_id: UUID) -> _Log:
        if log_id not in self._logs:
            with scope(log_id):
                self._logs[log_id] = _Log(selectors.size())
        return self._logs[log_id]

    def _advance(self, log_id: UUID, log: _Log, *, at_the_end: bool) -> None:
        while found := log.ahead.get(log.size):
            going_on = [one for one in found if one[1].size in log.ahead]
            if not going_on and not at_the_end:
                return
            # What was rolled back waits again, so that the later line has all of it, and more: clocks may jump.
            _, growth = max(going_on or found, key=lambda one: (one[1].size, one[0]))
            self._place(log_id, growth)
            log.size = growth.size
            for start in [start for start in log.ahead if start < log.size]:
                del log.ahead[start]

    def _place(self, log_id: UUID, growth: Growth) -> None:
        head = rules.read_head(self._key, growth.note)
        ids = [one.entry for one in growth.entries]
        try:
            with scope(log_id):
                bulk.execute(_LOCK, {"class": placing.LOCK_CLASS, "log": str(log_id)})
                if selectors.size() != growth.start:
                    raise _contradicted(log_id, "somebody places entries meanwhile")
                self._enter(log_id, growth.entries)
                bulk.execute(_PLACED_NOW, {"log": log_id, "ids": ids})
                if placing.grow(growth.start, [(one.entry, one.hash) for one in growth.entries]) != head.root:
                    raise _contradicted(log_id, f"head {growth.size} does not follow from its entries")
                placing.keep_head(growth.size, growth.previous, head.root, datetime.fromisoformat(head.at), growth.note)
                self._beside(growth)
        except IntegrityError as error:
            raise _contradicted(log_id, f"entries of head {growth.size} have other places") from error
        self.done.heads += 1
        self.done.entries += len(ids)
        if log_id != INSTANCE:
            self._untold[log_id][growth.size] = (head.root, datetime.fromisoformat(head.at))

    def _enter(self, log_id: UUID, entries: tuple[Placed, ...]) -> None:
        """Insert the entries that are not there, and their payloads; of those that are there nothing is touched."""
        told = {"log": log_id, "ids": [one.entry for one in entries], "leaves": [one.leaf for one in entries]}
        if found := bulk.execute(_OTHERS, told):
            raise _contradicted(log_id, f"entry {found[0][0]} has other bytes")
        columns = {"id": "uuid", "at": "timestamptz", "kind": "text", "subject": "uuid", "leaf": "bytea"}
        rows = [(one.entry, one.at, one.kind, one.subject, one.leaf) for one in entries]
        new = {row[0] for row in bulk.insert("record_entry", columns, rows, conflict="do nothing", returning="id")}
        payloads = [(one.entry, one.holder, one.sealed) for one in entries if one.sealed and one.entry in new]
        bulk.insert("record_payload", {"id": "uuid", "holder": "uuid", "sealed": "bytea"}, payloads)

    def _beside(self, growth: Growth) -> None:
        """Bring back the rows beside the log of which these entries tell: stamps, receipts; and note which heads the
        installation's log tells of."""
        for one in growth.entries:
            if one.kind not in ("record.head", "record.handed", "record.stamped"):
                continue
            told = _body(one.leaf)
            if one.kind == "record.head":
                self._untold[UUID(told["log"])].pop(told["size"], None)
            elif one.kind == "record.handed":
                self.done.receipts += witnessing.receipt_again(told)
            elif stamp := self.stamps.pop(UUID(told["stamp"]), None):
                self.done.stamps += witnessing.stamp_again(stamp)
            else:
                self._stamped.add(UUID(told["stamp"]))

    def _compare(self, log_id: UUID, log: _Log, *, leave: int = 0) -> None:
        """Compare what the lines say of heads that the database has. `leave` keeps so many of the newest for later,
        because another line of that size, the committed one, may follow."""
        sizes = list(log.known)[: len(log.known) - leave]
        if not sizes:
            return
        with scope(log_id):
            rows = bulk.execute(_ROOTS, {"log": log_id, "sizes": sizes}, binary=True)
        for size, root in rows:
            if bytes(root) not in log.known[size]:
                raise _contradicted(log_id, f"the database's head {size} has another root than was published")
        self.done.known += len(rows)
        for size in sizes:
            del log.known[size]

    def _missing(self, log_id: UUID, log: _Log) -> None:
        first = min(start for start in log.ahead if start >= log.size)
        raise _contradicted(log_id, f"what placed the entries {log.size} to {first - 1} is in no line")

    def _finish_stamps(self) -> None:
        with scope(INSTANCE):
            for stamp in self._stamped & set(self.stamps):
                self.done.stamps += witnessing.stamp_again(self.stamps[stamp])

    def _tell(self) -> None:
        """Enter heads in the installation's log whose own entry was lost with the last moment."""
        for log_id, heads in self._untold.items():
            for size, (root, at) in heads.items():
                with scope(INSTANCE):
                    if not bulk.execute(_TOLD, {"instance": INSTANCE, "log": log_id, "root": root.hex().encode()}):
                        body = rules.head_body(log_id, size, root)
                        append(kind="record.head", body=body, actor=SYSTEM, subject=log_id, at=at)


def _body(leaf: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(leaf)["body"]
    except (ValueError, KeyError, TypeError):
        return {}
    return body if isinstance(body, dict) else {}


def _contradicted(log_id: UUID, what: str) -> Contradicted:
    return Contradicted(f"The outside log and log {log_id} of the record disagree: {what}.", remedy=_REMEDY)
