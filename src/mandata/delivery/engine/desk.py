"""The desk between supply and transport: claimed messages wait here by lane, are filled when the transport asks, and
their outcomes wait here to be settled.

`lanes`, `take`, `give_up`, `begin`, `report` and `idle` are called by the transport in the main thread, the rest by the
supply thread. Deques and single assignments make the exchange, each table is written by one thread only, and there is
no lock in the main thread's path.

Messages are counted by *pool*: those of a road that are sent without regard to who receives them, or those for one
provider where it has a lane or a limit of its own. What waits in a pool is what was laid less what was taken.
"""

import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from mandata.campaigns.rules.merging import display_name
from mandata.delivery.engine.loading import Loaded
from mandata.delivery.journal import Journal
from mandata.delivery.rendering.compiled import Recipient
from mandata.delivery.rendering.errors import Unrenderable
from mandata.delivery.rules.limits import asks_for_less
from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.services.claiming import Claimed, Settled
from mandata.delivery.transports.port import Letter, NotBegun, Road, Unroutable
from mandata.foundation.addresses import on_the_wire
from mandata.foundation.errors import Fault
from mandata.foundation.tokens import TokenKeys, mint_many, references
from mandata.infra.clock import now
from mandata.infra.logs import log
from mandata.vault.services import Vault

_STALE: Final = 2.0
"""Seconds after which a message that was claimed and not begun is asked about again."""
LATE: Final = 0.5
"""Seconds that a message waits in the lane of one receiver before that receiver counts as not keeping up."""
_MARGIN: Final = 10.0
"""Seconds before the end of a lease after which nothing of its chunk is begun any more."""
_RETURNS: Final = 3
"""How often a message may come back from a breaking connection before it goes back to the queue."""
GROUP: Final = 500
"""So many outcomes are worth a transaction of their own."""
BATCH: Final = 8
"""So many messages are made at once for a lane that came back for more within `_QUICK` seconds."""
_QUICK: Final = 0.1
_SWEEP_EVERY: Final = 0.5
PUT_OFF: Final = timedelta(seconds=15)
"""So long a lane of which nothing was taken is left alone: its messages go back to the queue and wait there."""
_FOR_A_TURN: Final = timedelta(seconds=3)
"""The same where a receiver allows few connections and others of its lanes have them: it is their turn soon."""
_STUCK: Final = "put off: the receiver takes nothing at the moment"

_log = log("delivery")


@dataclass(slots=True)
class OpenChunk:
    """A chunk in hand: how many of its messages have no outcome yet, and until when it may be begun.

    `buckets`: of which limits its messages took a token, by provider.
    """

    id: UUID
    campaign: Loaded
    vault: Vault
    journal: Journal
    left: int
    lease: float
    road: Road = Road("")
    buckets: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Waiting(NamedTuple):
    """A claimed message with its reference for tokens, its lane and its pool."""

    chunk: OpenChunk
    claimed: Claimed
    reference: bytes
    since: float
    lane: str
    pool: str


_Filled = tuple[Waiting, str, str, bytes]
"""A message with sender and recipient of its envelope, and its content, not signed yet."""


class Complaint(NamedTuple):
    """A receiver asked for less: on which road, who, in which lane, in which words."""

    road: Road
    provider: str
    lane: str
    pool: str
    outcome: Outcome


@dataclass(slots=True)
class Desk:
    """See the module. `domain` is the right side of envelope senders."""

    keys: TokenKeys
    domain: str
    incoming: deque[Waiting] = field(default_factory=deque)
    outcomes: deque[tuple[OpenChunk, Settled]] = field(default_factory=deque)
    complaints: deque[Complaint] = field(default_factory=deque)
    laid: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    taken: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    taken_in: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    stuck: dict[str, float] = field(default_factory=dict)
    recalled: dict[str, float] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    leases: dict[str, int] = field(default_factory=dict)
    draining: bool = False
    exhausted: bool = False
    starved: bool = False
    fault: Fault | None = None
    news: threading.Event = field(default_factory=threading.Event)
    sent: int = 0
    _lanes: dict[str, deque[Waiting]] = field(default_factory=dict)
    _ready: dict[str, deque[tuple[Waiting, Letter]]] = field(default_factory=dict)
    _made_at: dict[str, float] = field(default_factory=dict)
    _heads: dict[str, tuple[Waiting, float]] = field(default_factory=dict)
    _sweep_at: float = 0.0
    _out: dict[int, Waiting] = field(default_factory=dict)
    _returned: dict[tuple[UUID, int], int] = field(default_factory=dict)
    _next: int = 0
    _date: datetime = field(default_factory=now)
    _journals: set[Journal] = field(default_factory=set)

    # -- supply's side ---------------------------------------------------------------------------------------------

    def lay(self, claimed: list[tuple[OpenChunk, Claimed, str, str]]) -> None:
        """Lay out claimed messages of one campaign, each with its chunk, its lane and its pool."""
        if not claimed:
            return
        campaign = claimed[0][0].campaign
        marks = references(self.keys, [(campaign.number, one.number) for _, one, _, _ in claimed])
        at = time.monotonic()
        for pool, count in Counter([pool for *_, pool in claimed]).items():
            self.laid[pool] += count
        self.incoming.extend(
            Waiting(chunk, one, mark, at, lane, pool)
            for (chunk, one, lane, pool), mark in zip(claimed, marks, strict=True)
        )

    def end(self, chunk: OpenChunk, claimed: Claimed, why: Unroutable, again: datetime | None) -> None:
        """A claimed message cannot be laid out at all."""
        outcome = why.outcome(claimed.number)
        chunk.journal.outcome(chunk.id, claimed.number, outcome)
        settled = Settled(chunk.id, claimed.number, claimed.attempts, outcome, now(), again, claimed.provider)
        self.outcomes.append((chunk, settled))

    def waiting(self, pool: str) -> int:
        """Return how many messages of a pool are laid out and not taken."""
        return self.laid.get(pool, 0) - self.taken.get(pool, 0)

    def waiting_in(self, lane: str) -> int:
        """Return how many messages of a lane wait, as far as the transport has seen them."""
        return len(self._lanes.get(lane, ()))

    def late(self, at: float) -> int:
        """Return how many messages wait in lanes of single receivers that do not keep up."""
        found = 0
        for lane, queue in list(self._lanes.items()):
            if "/" in lane and queue:
                with suppress(IndexError):  # the transport takes meanwhile
                    found += len(queue) if at - queue[0].since > LATE else 0
        return found

    def under_way(self) -> set[str]:
        """Return the lanes with letters that wait or are being sent."""
        return {*list(self._lanes), *(waiting.lane for waiting in list(self._out.values()))}

    @property
    def laid_out(self) -> bool:
        """Whether a message waits for the transport."""
        return bool(self.incoming or self._lanes)

    @property
    def at_rest(self) -> bool:
        """Whether nothing is laid out and nothing is on its way."""
        return not (self.laid_out or self._out)

    # -- the transport's side --------------------------------------------------------------------------------------

    def lanes(self) -> Collection[str]:
        """Return the lanes with letters laid out now."""
        if self.draining:
            return ()
        if self.incoming:
            self._sort_in()
        return self._lanes

    def group(self, lane: str) -> tuple[str, int]:
        """Return the receiver that a lane leads to and how many connections there may be to it at most: 0 for as many
        as the transport likes, -1 for none."""
        group = self.groups.get(lane, "")
        leased = self.leases.get(group)  # there is none where the limit was lifted
        return ("", 0) if leased is None else (group, leased or -1)

    def _sort_in(self) -> None:
        lanes, incoming = self._lanes, self.incoming
        while incoming:
            waiting = incoming.popleft()
            queue = lanes.get(waiting.lane)
            if queue is None:
                queue = lanes[waiting.lane] = deque()
            queue.append(waiting)

    def take(self, lane: str) -> Letter | None:
        """Return the next message of a lane, filled and signed, or None."""
        while not self.draining:
            ready = self._ready.get(lane) or self._make_ready(lane)
            if not ready:
                self._lanes.pop(lane, None)
                self.starved = True
                self.news.set()
                return None
            waiting, letter = ready.popleft()
            if self._in_time(waiting):
                self._out[letter.key] = waiting
                return letter
        return None

    def _make_ready(self, lane: str) -> deque[tuple[Waiting, Letter]]:
        """Fill and sign the next messages of a lane; none where nothing waits. A few at once where the lane is quick:
        between two signatures filling finds the caches full of their tables, and costs nearly twice as much. A slow
        lane gets one at a time."""
        at = time.monotonic()
        most = BATCH if at - self._made_at.get(lane, 0.0) < _QUICK else 1
        self._made_at[lane] = at
        filled: list[_Filled] = []
        while len(filled) < most and (waiting := self._following(lane)) is not None:
            if (one := self._fill(waiting)) is not None:
                filled.append(one)
        second = int(self._date.timestamp())
        self._ready[lane] = deque(self._sign(one, second) for one in filled)
        return self._ready[lane]

    def _following(self, lane: str) -> Waiting | None:
        """Take the next message of a lane that there is time for."""
        if self.incoming and not self._lanes.get(lane):
            self._sort_in()
        queue = self._lanes.get(lane)
        while queue:
            waiting = queue.popleft()
            self.taken[waiting.pool] += 1
            self.taken_in[lane] += 1
            if self._in_time(waiting):
                return waiting
        return None

    def _in_time(self, waiting: Waiting) -> bool:
        """Say whether a message may be begun; what has lain for too long, or was recalled, goes back."""
        at = time.monotonic()
        late = at - waiting.since > _STALE
        if not late and at <= waiting.chunk.lease - _MARGIN and not self._recalled(waiting):
            return True
        again = now() + PUT_OFF if late and "/" in waiting.lane else None
        self._settle(waiting, Outcome(waiting.claimed.number, "returned"), again)
        return False

    def _recalled(self, waiting: Waiting) -> bool:
        return bool(self.recalled) and waiting.since < self.recalled.get(waiting.pool, 0.0)

    def give_up(self, lane: str, why: Unroutable) -> None:
        """The lane leads nowhere now: all that is laid out in it ends so, without being filled."""
        if self.incoming:
            self._sort_in()
        again = now() + PUT_OFF if why.fate == "returned" and "/" in lane else None
        self._end_lane(lane, why, again)

    def _end_lane(self, lane: str, why: Unroutable, again: datetime | None) -> None:
        for waiting, _ in self._ready.pop(lane, ()):
            self._settle(waiting, why.outcome(waiting.claimed.number), again)
        for waiting in self._lanes.pop(lane, ()):
            self.taken[waiting.pool] += 1
            self._settle(waiting, why.outcome(waiting.claimed.number), again)

    def _fill(self, waiting: Waiting) -> _Filled | None:
        campaign = waiting.chunk.campaign
        compiled = campaign.compiled
        # Opened here and not in the supply thread: an identity is in the clear only while its message is made.
        values = waiting.claimed.values(waiting.chunk.vault)
        address = on_the_wire(str(values.get("email", "")))
        tokens = mint_many(self.keys, waiting.reference, compiled.tokens)
        try:
            if not address:
                raise Unrenderable("message.identity")
            content = compiled.fill(Recipient(address, values, display_name(values)), tokens, self._date)
        except Unrenderable as error:
            number = waiting.claimed.number
            self._settle(waiting, Outcome(number, "failed", 0, "5.6.0", f"not rendered: {error.code}", "content"))
            return None
        return waiting, f"{tokens[compiled.bounce_index]}@{campaign.returns or self.domain}", address, content

    def _sign(self, filled: _Filled, second: int) -> tuple[Waiting, Letter]:
        waiting, sender, address, content = filled
        campaign = waiting.chunk.campaign
        content = campaign.signer.sign(content, second, waiting.chunk.road.rewrites)
        self._next += 1
        return waiting, Letter(self._next, sender, address, content, plain=campaign.compiled.plain)

    def closed(self) -> bool:
        """Say whether nothing will come any more."""
        return self.draining or (self.exhausted and not self.laid_out)

    def begin(self, key: int) -> None:
        """Journal that the content leaves next. Raises NotBegun where the journal takes nothing."""
        waiting = self._out[key]
        try:
            waiting.chunk.journal.begin(waiting.chunk.id, waiting.claimed.number)
        except Fault as fault:
            self.fail(fault)
            raise NotBegun(str(fault)) from fault

    def fail(self, fault: Fault) -> None:
        """The journal takes nothing: begin nothing more and end, once what is in flight has its answer. PostgreSQL is
        told the outcomes all the same."""
        if self.fault is None:
            self.fault = fault
            _log.error("journal.unwritten", reason=str(fault))
        self.draining = True
        self.news.set()

    def report(self, outcome: Outcome) -> None:
        """Journal an outcome and pass it to supply; what came back unbegun is tried again at once, a few times."""
        key = outcome.key
        waiting = self._out.pop(key)
        number = waiting.chunk.id, waiting.claimed.number
        if outcome.fate == "returned":
            tries = self._returned.get(number, 0) + 1
            if tries <= _RETURNS and not self.draining:
                self._returned[number] = tries
                self.taken[waiting.pool] -= 1
                self._lanes.setdefault(waiting.lane, deque()).appendleft(waiting)
                return
        elif outcome.fate == "sent":
            self.sent += 1
        if self._returned:
            self._returned.pop(number, None)
        self._settle(waiting, outcome)

    def _settle(self, waiting: Waiting, outcome: Outcome, again: datetime | None = None) -> None:
        chunk, claimed = waiting.chunk, waiting.claimed
        chunk.journal.outcome(chunk.id, claimed.number, outcome)
        self._journals.add(chunk.journal)
        settled = Settled(chunk.id, claimed.number, claimed.attempts, outcome, self._date, again, claimed.provider)
        self.outcomes.append((chunk, settled))
        if outcome.fate != "sent" and asks_for_less(outcome):
            self.complaints.append(Complaint(chunk.road, claimed.provider, waiting.lane, waiting.pool, outcome))

    def idle(self) -> None:
        """Hand kept journal records to the kernel; take the time for what follows."""
        for journal in self._journals:
            try:
                journal.flush()
            except Fault as fault:
                self.fail(fault)
        self._journals.clear()
        self._date = now()
        if len(self.outcomes) >= GROUP:
            self.news.set()
        at = time.monotonic()
        if at >= self._sweep_at:
            self._sweep_at = at + _SWEEP_EVERY
            self._sweep(at)

    def _sweep(self, at: float) -> None:
        """Put back what lies in a lane of which nothing was taken for a while; others of its provider go on meanwhile.

        A relay's lane is everybody's, so what lies there is only asked about again.
        """
        heads, self._heads = self._heads, {}
        for lane, queue in list(self._lanes.items()):
            ready = self._ready.get(lane)
            if not queue and not ready:
                del self._lanes[lane]  # its connections were all lost before anybody asked for more
                continue
            first = ready[0][0] if ready else queue[0]
            head, since = heads.get(lane, (first, at))
            if head is not first:
                head, since = first, at
            self._heads[lane] = (head, since)
            if at - since <= _STALE:
                continue
            pause = (_FOR_A_TURN if lane in self.groups else PUT_OFF) if "/" in lane else None
            if pause is not None:
                self.stuck[lane] = at + pause.total_seconds()
            again = None if pause is None else now() + pause
            self._end_lane(lane, Unroutable("returned", "", _STUCK if again else ""), again)

    def give_back(self) -> None:
        """Settle everything still laid out as returned; called when no transport runs any more."""
        self._sort_in()
        for lane in list(self._lanes):
            self._end_lane(lane, Unroutable("returned", "", ""), None)
        self.idle()
