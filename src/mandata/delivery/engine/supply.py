"""The supply thread: keeps the desk laid with claimed messages, settles outcomes, keeps leases.

The database may go away at any time. Then outcomes stay in memory and in the journal, nothing new is claimed, and the
thread tries again until it is back or the process is told to end.
"""

import threading
import time
from collections import defaultdict
from pathlib import Path
from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from mandata.campaigns import selectors as campaigns
from mandata.delivery.engine.desk import Desk, OpenChunk
from mandata.delivery.engine.loading import Loaded, Shelf
from mandata.delivery.journal import SUFFIX, Journal
from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.services import claiming, recovering, tending
from mandata.delivery.services.claiming import CHUNK_SIZE, Settled
from mandata.infra import outside
from mandata.infra.clock import new_id, now
from mandata.infra.logs import log
from mandata.vault.services import Vault

_AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
"""How a database that went away shows: through Django, and from the statements that go around its wrapping."""

_MOST = 800
_TICK = 0.05
_SETTLE_AT = 250
_SETTLE_EVERY = 0.2
"""Outcomes are written in groups: one at a time, each would cost a transaction. Meanwhile the journal has them."""
_RENEW_EVERY = 15.0
_ROTATE_AT = 4_000
"""Chunks after which a new journal file is begun, so that a file can be dropped while the worker lives."""

_log = log("delivery")


class Supply:
    """See the module. `run` is the thread; `stop` asks it to settle what there is and end.

    `only`: serve these controllers and no others; empty serves all.
    """

    def __init__(
        self,
        desk: Desk,
        folder: Path,
        worker_id: UUID,
        *,
        fsync: bool = False,
        patience: float = 5.0,
        only: frozenset[UUID] = frozenset(),
    ) -> None:
        self.desk = desk
        self.worker_id = worker_id
        self.shard = worker_id.int % 1000 + 1
        self.problem: BaseException | None = None
        self._folder = folder
        self._fsync = fsync
        self._patience = patience
        self._only = only
        self._shelf = Shelf()
        self._open: dict[UUID, OpenChunk] = {}
        self._unsettled: list[tuple[OpenChunk, Settled]] = []
        self._journal = self._new_journal()
        self._journals = {self._journal: 0}
        self._chunks_opened = 0
        self._target = CHUNK_SIZE
        self._measured = (time.monotonic(), 0)
        self._renew_at = time.monotonic() + _RENEW_EVERY
        self._settled_at = 0.0
        self._idle_since: float | None = None
        self._ending = threading.Event()

    def _new_journal(self) -> Journal:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Journal(self._folder / f"{new_id()}{SUFFIX}", self.worker_id, fsync=self._fsync)

    def stop(self) -> None:
        """Ask for the end: what is open is settled first."""
        self._ending.set()
        self.desk.news.set()

    def run(self) -> None:
        """Work until the end was asked for and everything is settled, or nothing has been due for a while."""
        try:
            self._enrol()
            while True:
                ending = self._ending.is_set()
                if ending:
                    # The transport has ended before this is asked for; what was claimed meanwhile goes back too.
                    self.desk.give_back()
                busy = self._guarded(self._round)
                if ending and not self._unsettled and not self.desk.outcomes:
                    break
                self._exhaust(busy)
                if not busy:
                    self.desk.news.wait(_TICK)
                self.desk.news.clear()
            self._guarded(self._leave)
        except BaseException as error:
            self.problem = error
            raise
        finally:
            self.desk.exhausted = True
            connection.close()

    def _enrol(self) -> None:
        while not self._guarded(self._enter) and not self._ending.is_set():
            time.sleep(0.2)

    def _enter(self) -> bool:
        recovering.enrol(worker_id=self.worker_id, host=_host(), at=now())
        return True

    def _guarded(self, act: "object") -> bool:
        """Run one step; a database that is away, or a full disk, makes it wait instead of failing."""
        assert callable(act)
        try:
            return bool(act())
        except outside.NotKept as fault:
            _log.error("outside.not_kept", reason=str(fault), unsettled=len(self._unsettled))
            self._ending.wait(0.5)
            return False
        except _AWAY as error:
            _log.warning("database.away", error=type(error).__name__, unsettled=len(self._unsettled))
            connection.close()
            self._ending.wait(0.5)
            return False

    def _round(self) -> bool:
        """Settle, renew, claim; say whether there was anything to do."""
        close_old_connections()
        claimed = False if self._ending.is_set() else self._claim()
        settled = self._settle()
        self._renew()
        return settled or claimed

    # -- settling --------------------------------------------------------------------------------------------------

    def _settle(self) -> bool:
        outcomes = self.desk.outcomes
        while outcomes:
            self._unsettled.append(outcomes.popleft())
        at = time.monotonic()
        ripe = len(self._unsettled) >= _SETTLE_AT or at - self._settled_at >= _SETTLE_EVERY or self._ending.is_set()
        if not self._unsettled or not ripe:
            return False
        self._settled_at = at
        groups: dict[UUID, list[tuple[OpenChunk, Settled]]] = defaultdict(list)
        for row in self._unsettled:
            groups[row[0].campaign.campaign_id].append(row)
        for journal in self._journals:
            journal.sync()
        for rows in groups.values():
            self._settle_campaign(rows)
        return True

    def _settle_campaign(self, rows: list[tuple[OpenChunk, Settled]]) -> None:
        campaign = rows[0][0].campaign
        ended: dict[UUID, int] = defaultdict(int)
        for chunk, _ in rows:
            ended[chunk.id] += 1
        done = [chunk_id for chunk_id, count in ended.items() if self._open[chunk_id].left == count]
        claiming.settle(
            controller_id=campaign.controller_id,
            campaign_id=campaign.campaign_id,
            shard=self.shard,
            settled=[settled for _, settled in rows],
            done=done,
            at=now(),
        )
        for chunk_id, count in ended.items():
            self._open[chunk_id].left -= count
        for chunk_id in done:
            self._close(self._open.pop(chunk_id))
        written = {id(row) for row in rows}
        self._unsettled = [row for row in self._unsettled if id(row) not in written]

    def _close(self, chunk: OpenChunk) -> None:
        chunk.journal.settled(chunk.id)
        self._journals[chunk.journal] -= 1
        if chunk.journal is not self._journal and not self._journals[chunk.journal]:
            del self._journals[chunk.journal]
            chunk.journal.close(remove=True)

    # -- leases ----------------------------------------------------------------------------------------------------

    def _renew(self) -> None:
        at = time.monotonic()
        if at < self._renew_at:
            return
        kept = claiming.renew(worker_id=self.worker_id, chunks=list(self._open), at=now())
        recovering.seen(worker_id=self.worker_id, at=now())
        self._renew_at = at + _RENEW_EVERY
        for chunk in self._open.values():
            # A chunk that is no longer ours was given up by others while we were away: nothing more of it is begun.
            chunk.lease = at + claiming.LEASE.total_seconds() if chunk.id in kept else 0.0
        self._release_strangers()

    def _release_strangers(self) -> None:
        """Give back chunks that were committed in our name although we never heard of it."""
        for chunk_id, controller_id, campaign_id in claiming.own_chunks(self.worker_id):
            if chunk_id not in self._open:
                recovering.release(chunk_id=chunk_id, controller_id=controller_id, campaign_id=campaign_id, at=now())

    # -- claiming --------------------------------------------------------------------------------------------------

    def _wanted(self) -> int:
        """How many messages to claim, in whole chunks.

        About half a second's worth lies ready: enough that the transport never waits, little enough that a pause or a
        refusal is soon effective. Where the transport did find the desk empty, twice as much is laid out next time.
        """
        at, sent = time.monotonic(), self.desk.sent
        before, then = self._measured
        if at - before >= 0.2:
            rate = (sent - then) / (at - before)
            self._target = max(self._target // 2, int(rate * 0.5), CHUNK_SIZE)
            self._measured = (at, sent)
        if self.desk.starved:
            self.desk.starved = False
            self._target *= 2
        self._target = min(_MOST, self._target)
        missing = self._target - len(self.desk.ready)
        return -(-missing // CHUNK_SIZE) * CHUNK_SIZE if missing * 2 >= self._target else 0

    def _claim(self) -> bool:
        wanted = self._wanted()
        if wanted <= 0:
            return False
        at = now()
        due = [one for one in campaigns.due(at) if not self._only or one.controller_id in self._only]
        claimed = 0
        share = max(CHUNK_SIZE, wanted // max(1, len(due)) // CHUNK_SIZE * CHUNK_SIZE)
        for one in due:
            if claimed >= wanted:
                break
            loaded = self._shelf.campaign(one.controller_id, one.campaign_id)
            if loaded is None:
                tending.tend_campaign(controller_id=one.controller_id, campaign_id=one.campaign_id, at=at)
                continue
            claimed += self._claim_from(loaded, share)
        return claimed > 0

    def _claim_from(self, loaded: Loaded, limit: int) -> int:
        at = now()
        standing = self._shelf.standing(loaded.controller_id, at)
        if standing is None:
            tending.postpone(controller_id=loaded.controller_id, campaign_id=loaded.campaign_id, at=at)
            return 0
        lease = time.monotonic() + claiming.LEASE.total_seconds()
        found = claiming.claim(order=loaded.order(self.worker_id, self.shard), standing=standing, limit=limit, at=at)
        if not found:
            tending.tend_campaign(controller_id=loaded.controller_id, campaign_id=loaded.campaign_id, at=at)
            return 0
        chunks: dict[UUID, OpenChunk] = {}
        for one in found:
            chunk = chunks.get(one.chunk_id)
            if chunk is None:
                chunk = chunks[one.chunk_id] = self._opened(one.chunk_id, loaded, standing.vault, lease)
            chunk.left += 1
        self._journal.flush()
        self.desk.lay(loaded, chunks, found)
        return len(found)

    def _opened(self, chunk_id: UUID, loaded: Loaded, vault: Vault, lease: float) -> OpenChunk:
        self._chunks_opened += 1
        if self._chunks_opened % _ROTATE_AT == 0:
            before, self._journal = self._journal, self._new_journal()
            self._journals[self._journal] = 0
            if not self._journals[before]:
                del self._journals[before]
                before.close(remove=True)
        self._journal.opened(chunk_id)
        self._journals[self._journal] += 1
        chunk = self._open[chunk_id] = OpenChunk(chunk_id, loaded, vault, self._journal, 0, lease)
        return chunk

    # -- the end ---------------------------------------------------------------------------------------------------

    def _exhaust(self, busy: bool) -> None:
        """Tell the desk when nothing has been due for some seconds, so that the process may end."""
        if busy or self._open or self._unsettled:
            self._idle_since = None
            return
        at = time.monotonic()
        self._idle_since = self._idle_since or at
        if at - self._idle_since > self._patience:
            self.desk.exhausted = True

    def _leave(self) -> bool:
        # Before the journals go: without them, what was claimed unheard of would pass for unknown once its lease ends.
        self._release_strangers()
        for journal in list(self._journals):
            journal.close(remove=not self._open)
        recovering.leave(worker_id=self.worker_id)
        self._shelf.forget()
        return True


def _host() -> str:
    import socket

    return socket.gethostname()


__all__ = ["Outcome", "Supply"]
