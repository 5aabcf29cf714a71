"""The desk between supply and transport: claimed messages wait here, are filled when the transport asks, and their
outcomes wait here to be settled.

`take`, `begin`, `report` and `idle` are called by the transport in the main thread, the rest by the supply thread.
Deques and single assignments make the exchange; there is no lock in the main thread's path.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mandata.campaigns.rules.merging import display_name
from mandata.delivery.engine.loading import Loaded
from mandata.delivery.journal import Journal
from mandata.delivery.rendering.compiled import Recipient
from mandata.delivery.rendering.errors import Unrenderable
from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.services.claiming import Claimed, Settled
from mandata.delivery.transports.port import Letter
from mandata.foundation.addresses import on_the_wire
from mandata.foundation.tokens import TokenKeys, mint_many, references
from mandata.infra.clock import now
from mandata.vault.services import Vault

_STALE = 2.0
"""Seconds after which a message that was claimed and not begun is asked about again."""
_MARGIN = 10.0
"""Seconds before the end of a lease after which nothing of its chunk is begun any more."""
_RETURNS = 3
"""How often a message may come back from a breaking connection before it goes back to the queue."""


@dataclass(slots=True)
class OpenChunk:
    """A chunk in hand: how many of its messages have no outcome yet, and until when it may be begun."""

    id: UUID
    campaign: Loaded
    vault: Vault
    journal: Journal
    left: int
    lease: float


class Waiting(NamedTuple):
    """A claimed message with its reference for tokens."""

    chunk: OpenChunk
    claimed: Claimed
    reference: bytes
    since: float


@dataclass(slots=True)
class Desk:
    """See the module. `domain` is the right side of envelope senders."""

    keys: TokenKeys
    domain: str
    ready: deque[Waiting] = field(default_factory=deque)
    outcomes: deque[tuple[OpenChunk, Settled]] = field(default_factory=deque)
    draining: bool = False
    exhausted: bool = False
    starved: bool = False
    news: threading.Event = field(default_factory=threading.Event)
    sent: int = 0
    _out: dict[int, Waiting] = field(default_factory=dict)
    _returned: dict[int, int] = field(default_factory=dict)
    _next: int = 0
    _date: datetime = field(default_factory=now)
    _journals: set[Journal] = field(default_factory=set)

    # -- supply's side ---------------------------------------------------------------------------------------------

    def lay(self, campaign: Loaded, chunks: dict[UUID, OpenChunk], claimed: list[Claimed]) -> None:
        """Lay out claimed messages."""
        marks = references(self.keys, [(campaign.number, one.number) for one in claimed])
        at = time.monotonic()
        self.ready.extend(
            Waiting(chunks[one.chunk_id], one, mark, at) for one, mark in zip(claimed, marks, strict=True)
        )

    # -- the transport's side --------------------------------------------------------------------------------------

    def take(self) -> Letter | None:
        """Fill the next message, or return None."""
        while not self.draining:
            try:
                waiting = self.ready.popleft()
            except IndexError:
                self.starved = True
                self.news.set()
                return None
            at = time.monotonic()
            if at > waiting.chunk.lease - _MARGIN or at - waiting.since > _STALE:
                self._settle(waiting, Outcome(waiting.claimed.number, "returned"))
                continue
            letter = self._fill(waiting)
            if letter is not None:
                return letter
        return None

    def _fill(self, waiting: Waiting) -> Letter | None:
        compiled = waiting.chunk.campaign.compiled
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
        self._next += 1
        self._out[self._next] = waiting
        return Letter(self._next, f"{tokens[compiled.bounce_index]}@{self.domain}", address, content)

    def closed(self) -> bool:
        """Say whether nothing will come any more."""
        return self.draining or (self.exhausted and not self.ready)

    def begin(self, key: int) -> None:
        """Journal that the content leaves next."""
        waiting = self._out[key]
        waiting.chunk.journal.begin(waiting.chunk.id, waiting.claimed.number)

    def report(self, outcome: Outcome) -> None:
        """Journal an outcome and pass it to supply; what came back unbegun is tried again at once, a few times."""
        key = outcome.key
        waiting = self._out.pop(key)
        number = waiting.claimed.number
        if outcome.fate == "returned":
            tries = self._returned.get(number, 0) + 1
            if tries <= _RETURNS and not self.draining:
                self._returned[number] = tries
                self.ready.appendleft(waiting)
                return
        elif outcome.fate == "sent":
            self.sent += 1
        if self._returned:
            self._returned.pop(number, None)
        self._settle(waiting, outcome)

    def _settle(self, waiting: Waiting, outcome: Outcome) -> None:
        chunk, claimed = waiting.chunk, waiting.claimed
        chunk.journal.outcome(chunk.id, claimed.number, outcome)
        self._journals.add(chunk.journal)
        self.outcomes.append((chunk, Settled(chunk.id, claimed.number, claimed.attempts, outcome, self._date)))

    def idle(self) -> None:
        """Hand kept journal records to the kernel; take the time for what follows."""
        for journal in self._journals:
            journal.flush()
        self._journals.clear()
        self._date = now()
        if len(self.outcomes) >= 250:
            self.news.set()

    def give_back(self) -> None:
        """Settle everything still laid out as returned; called when no transport runs any more."""
        while self.ready:
            waiting = self.ready.popleft()
            self._settle(waiting, Outcome(waiting.claimed.number, "returned"))
        self.idle()
