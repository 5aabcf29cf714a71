"""Replay of the outside log into the messages, so that nobody is written to twice after a restore.

    delivery.claimed  {"campaign", "messages": [[number, subscriber, attempts], ...]}
    delivery.settled  {"at", "campaign", "outcomes": [[number, state, code, status, attempts], ...]}

A claim stands here before it is committed, and it is committed before the first byte leaves. So what was claimed and
has no outcome may have been sent, and is *unknown*: listed, never sent again by itself, until a member decides. That
also holds for a claim whose commit never came. A message without a line was never claimed, and is to be sent. The last
line about a message counts; sent is the last word of all. Nothing is entered in the record, nor written to the outside
log; doing it again changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from mandata.delivery.statements import statement
from mandata.infra import bulk
from mandata.infra.outside import Line
from mandata.infra.tenancy import scope

CLAIMED: Final = "delivery.claimed"
SETTLED: Final = "delivery.settled"

SHARD: Final = -2
"""The shard of the counters for what was replayed; a freeze that comes after begins shard 0 anew."""
_MOST: Final = 20_000
"""Messages that are kept in memory before they are applied."""
_RANK: Final = {"sent": 2, "failed": 1}


@dataclass(slots=True)
class Replayed:
    """What a replay changed: messages moved to another state, made again, and how many campaigns had lines."""

    moved: int = 0
    made: int = 0
    campaigns: int = 0


class _Word(NamedTuple):
    """The last word about a message; the subscriber is known where a claim was among the lines."""

    subscriber: UUID | None
    state: str
    code: int | None
    status: str
    attempts: int
    at: datetime


_Words = dict[int, _Word]


def replay(lines: Iterable[Line]) -> Replayed:
    """Apply the lines to the messages of their campaigns; lines of other kinds are passed over.

    Replay before any worker runs, before the erasures, and keep campaigns from sending meanwhile. Open no scope around
    it: each campaign's lines are applied in transactions of their own, as they come, so that memory is flat.
    """
    done = Replayed()
    kept: defaultdict[tuple[UUID, UUID], _Words] = defaultdict(dict)
    seen: set[UUID] = set()
    size = 0
    for line in lines:
        if line.kind in (CLAIMED, SETTLED):
            campaign = UUID(line.body["campaign"])
            seen.add(campaign)
            words = kept[(line.controller, campaign)]
            size += _claimed(words, line) if line.kind == CLAIMED else _settled(words, line)
        if size >= _MOST:
            _apply(kept, done)
            size = 0
    _apply(kept, done)
    done.campaigns = len(seen)
    return done


def _claimed(words: _Words, line: Line) -> int:
    for number, subscriber, attempts in line.body["messages"]:
        before = words.get(number)
        word = _Word(UUID(subscriber), "unknown", None, "", attempts, line.at)
        if before is not None and before.state in _RANK:
            word = before._replace(subscriber=word.subscriber)
        words[number] = word
    return len(line.body["messages"])


def _settled(words: _Words, line: Line) -> int:
    at = datetime.fromisoformat(line.body["at"])
    for number, state, code, status, attempts in line.body["outcomes"]:
        before = words.get(number)
        if before is not None and _RANK.get(before.state, 0) > _RANK.get(state, 0):
            continue
        subscriber = before.subscriber if before is not None else None
        words[number] = _Word(subscriber, state, code or None, status, attempts, at)
    return len(line.body["outcomes"])


def _apply(kept: defaultdict[tuple[UUID, UUID], _Words], done: Replayed) -> None:
    for (controller, campaign), words in sorted(kept.items()):
        with scope(controller):
            moved, made = bulk.execute(statement("replay"), _values(controller, campaign, words))[0]
        done.moved += moved
        done.made += made
    kept.clear()


def _values(controller: UUID, campaign: UUID, words: _Words) -> dict[str, Any]:
    subscribers, states, codes, statuses, attempts, ats = zip(*words.values(), strict=True)
    return {
        "controller": controller,
        "campaign": campaign,
        "shard": SHARD,
        "numbers": list(words),
        "subscribers": list(subscribers),
        "states": list(states),
        "codes": list(codes),
        "statuses": list(statuses),
        "attempts": list(attempts),
        "ats": list(ats),
    }
