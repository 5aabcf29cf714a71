"""Replay of the outside log into the audience: suppressions, withdrawals and restrictions that an older database lacks.

    audience.suppressed    {"channel", "indexes", "reason", "scope", "since", "until", "version"}
    audience.unsuppressed  {"at", "channel", "entry", "index", "scope"}
    audience.withdrawn     {"at", "by", "list" (null: every list), "subscribers"}
    audience.rejoined      {"at", "entry", "list", "state", "subscriber"}
    audience.restricted    {"at", "entry", "restricted", "subscriber"}

A line may stand here whose commit never came. What protects a person holds all the same: the person asked for it, or
will ask again. What gives protection up (a suppression lifted, a list joined again, a restriction ended) holds only
where the record has its entry, and the record is replayed first. The last line about something is what counts; doing it
again changes nothing, and nothing is entered in the record or written to the outside log.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mandata.infra import bulk
from mandata.infra.outside import Line
from mandata.infra.tenancy import scope

SUPPRESSED: Final = "audience.suppressed"
UNSUPPRESSED: Final = "audience.unsuppressed"
WITHDRAWN: Final = "audience.withdrawn"
REJOINED: Final = "audience.rejoined"
RESTRICTED: Final = "audience.restricted"
KINDS: Final = (SUPPRESSED, UNSUPPRESSED, WITHDRAWN, REJOINED, RESTRICTED)

_MOST: Final = 10_000
"""Facts that are kept in memory before they are applied."""

_PROVEN: Final = "select id from record_entry where id = any(%b)"
_LIFT: Final = """
delete from audience_suppression p using unnest(%b::bytea[], %b::text[], %b::text[]) u (hash, channel, scope)
where p.hash = u.hash and p.channel = u.channel and p.scope = u.scope returning 1
"""
_LEAVE_ALL: Final = """
update audience_subscription b set state = 'unsubscribed', ended_at = u.at, ended_by = u.by
from unnest(%b::uuid[], %b::timestamptz[], %b::text[]) u (id, at, by)
where b.subscriber_id = u.id and b.since <= u.at and b.state <> 'unsubscribed' returning 1
"""
_LEAVE: Final = """
update audience_subscription b set state = 'unsubscribed', ended_at = u.at, ended_by = u.by
from unnest(%b::uuid[], %b::uuid[], %b::timestamptz[], %b::text[]) u (id, list, at, by)
where b.subscriber_id = u.id and b.list_id = u.list and b.since <= u.at and b.state <> 'unsubscribed' returning 1
"""
_REJOIN: Final = """
update audience_subscription b set state = u.state, ended_at = null, ended_by = ''
from unnest(%b::uuid[], %b::uuid[], %b::text[]) u (id, list, state)
where b.subscriber_id = u.id and b.list_id = u.list and b.state = 'unsubscribed' returning 1
"""
_RESTRICT: Final = """
update audience_subscriber s set restricted_at = u.at from unnest(%b::uuid[], %b::timestamptz[]) u (id, at)
where s.id = u.id and (s.restricted_at is null) <> (u.at is null) returning u.at is null
"""


@dataclass(slots=True)
class Replayed:
    """What a replay changed; `unproven` counts what gave protection up and has no entry in the record."""

    suppressed: int = 0
    lifted: int = 0
    withdrawn: int = 0
    rejoined: int = 0
    restricted: int = 0
    unrestricted: int = 0
    unproven: int = 0

    def add(self, other: "Replayed") -> None:
        """Add what another one changed."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def replay(lines: Iterable[Line]) -> Replayed:
    """Apply the lines to the audiences of their controllers; lines of other kinds are passed over.

    Replay the record first (`record.services.replay_placed`). Open no scope around it: each controller's lines are
    applied in transactions of their own, as they come, so that memory is flat.
    """
    done = Replayed()
    kept: defaultdict[UUID, list[Line]] = defaultdict(list)
    size = 0
    for line in lines:
        if line.kind in KINDS:
            kept[line.controller].append(line)
            size += 1 + len(line.body.get("indexes", ())) + len(line.body.get("subscribers", ()))
        if size >= _MOST:
            _apply(kept, done)
            size = 0
    _apply(kept, done)
    return done


def _apply(kept: defaultdict[UUID, list[Line]], done: Replayed) -> None:
    for controller, lines in kept.items():
        with scope(controller):
            facts = _Facts(_proven(lines))
            for line in lines:
                facts.take(line)
            done.add(facts.apply())
    kept.clear()


def _proven(lines: list[Line]) -> set[UUID]:
    entries = [UUID(line.body["entry"]) for line in lines if "entry" in line.body]
    return {row[0] for row in bulk.execute(_PROVEN, [entries])} if entries else set()


Suppressed = tuple[str, datetime, datetime | None, int]
"""Reason, since, until, version of the index."""


@dataclass(slots=True)
class _Facts:
    """The last word about each thing, in the open scope."""

    proven: set[UUID]
    unproven: int = 0
    suppressions: dict[tuple[bytes, str, str], Suppressed | None] = field(default_factory=dict)
    left_all: dict[UUID, tuple[datetime, str]] = field(default_factory=dict)
    lists: defaultdict[UUID, dict[UUID, tuple[str, datetime, str]]] = field(default_factory=lambda: defaultdict(dict))
    restrictions: dict[UUID, datetime | None] = field(default_factory=dict)

    def take(self, line: Line) -> None:
        body = line.body
        if line.kind == SUPPRESSED:
            until = datetime.fromisoformat(body["until"]) if body["until"] else None
            row = (body["reason"], datetime.fromisoformat(body["since"]), until, int(body["version"]))
            for index in body["indexes"]:
                self.suppressions[(bytes.fromhex(index), body["channel"], body["scope"])] = row
        elif line.kind == WITHDRAWN:
            for subscriber in map(UUID, body["subscribers"]):
                self._leave(subscriber, body)
        elif line.kind == RESTRICTED and body["restricted"]:
            self.restrictions[UUID(body["subscriber"])] = datetime.fromisoformat(body["at"])
        elif UUID(body["entry"]) not in self.proven:
            self.unproven += 1
        elif line.kind == UNSUPPRESSED:
            self.suppressions[(bytes.fromhex(body["index"]), body["channel"], body["scope"])] = None
        elif line.kind == REJOINED:
            told = (body["state"], datetime.fromisoformat(body["at"]), "")
            self.lists[UUID(body["subscriber"])][UUID(body["list"])] = told
        else:
            self.restrictions[UUID(body["subscriber"])] = None

    def _leave(self, subscriber: UUID, body: dict[str, Any]) -> None:
        at, by = datetime.fromisoformat(body["at"]), body["by"]
        if body["list"] is None:
            self.left_all[subscriber] = (at, by)
            self.lists.pop(subscriber, None)
        else:
            self.lists[subscriber][UUID(body["list"])] = ("unsubscribed", at, by)

    def apply(self) -> Replayed:
        done = Replayed(unproven=self.unproven)
        done.suppressed = self._suppress()
        lifted = [key for key, row in self.suppressions.items() if row is None]
        done.lifted = _run(_LIFT, lifted)
        done.withdrawn = _run(_LEAVE_ALL, [(one, *told) for one, told in self.left_all.items()])
        places = [(one, place, *told) for one, found in self.lists.items() for place, told in found.items()]
        left = [(one, place, at, by) for one, place, state, at, by in places if state == "unsubscribed"]
        done.withdrawn += _run(_LEAVE, left)
        back = [(one, place, state) for one, place, state, _, _ in places if state != "unsubscribed"]
        done.rejoined = _run(_REJOIN, back)
        ended = list(_rows(_RESTRICT, list(self.restrictions.items())))
        done.unrestricted = sum(bool(row[0]) for row in ended)
        done.restricted = len(ended) - done.unrestricted
        return done

    def _suppress(self) -> int:
        columns = {
            "hash": "bytea",
            "channel": "text",
            "scope": "text",
            "reason": "text",
            "since": "timestamptz",
            "until": "timestamptz",
            "key_version": "int2",
        }
        rows = [(*key, *row) for key, row in self.suppressions.items() if row is not None]
        conflict = (
            "(controller_id, hash, channel, scope) do update set reason = excluded.reason, since = excluded.since,"
            " until = excluded.until, key_version = excluded.key_version"
            " where (audience_suppression.reason, audience_suppression.since, audience_suppression.until)"
            " is distinct from (excluded.reason, excluded.since, excluded.until)"
        )
        return len(bulk.insert("audience_suppression", columns, rows, conflict=conflict, returning="hash"))


def _rows(statement: str, rows: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    if rows:
        yield from bulk.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def _run(statement: str, rows: list[tuple[Any, ...]]) -> int:
    return sum(1 for _ in _rows(statement, rows))
