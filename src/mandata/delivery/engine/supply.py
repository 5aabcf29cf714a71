"""The supply thread: keeps the desk laid with claimed messages, settles outcomes, keeps leases.

The database may go away at any time. Then outcomes stay in memory and in the journal, nothing new is claimed, and the
thread tries again until it is back or the process is told to end.
"""

import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import close_old_connections, connection

from mandata.campaigns import selectors as campaigns
from mandata.delivery.engine.desk import GROUP, PUT_OFF, Desk, OpenChunk
from mandata.delivery.engine.loading import Loaded, Shelf
from mandata.delivery.engine.patience import patiently
from mandata.delivery.engine.planning import Plan, Planner
from mandata.delivery.engine.slowing import Slowing
from mandata.delivery.journal import SUFFIX, Journal
from mandata.delivery.rules.sharing import Claimant, Ledger, turns
from mandata.delivery.services import claiming, limiting, recovering, tending
from mandata.delivery.services.claiming import CHUNK_SIZE, Claimed, Settled
from mandata.delivery.transports.port import Road, Transport, Unroutable
from mandata.foundation.errors import Fault
from mandata.infra.clock import new_id, now
from mandata.infra.logs import log
from mandata.vault.services import Vault

_TICK = 0.05
_SETTLE_EVERY = 0.5
"""Seconds after which outcomes are written though they are no whole group. Meanwhile the journal has them."""
_RENEW_EVERY = 15.0
_ROADS_EVERY = 2.0
_SOON = 5.0
"""Seconds: what is shut longer puts its campaign off, and no worker waits for it."""
_LOOK_AGAIN = 60.0
"""Seconds after which a campaign that was put off is looked at again: a limit may have been raised."""
_TEND_EVERY = 1.0
_ROTATE_AT = 4_000
"""Chunks after which a new journal file is begun, so that a file can be dropped while the worker lives."""

_LATER = Unroutable("returned", "", "put off: the receiver takes nothing at the moment")

_log = log("delivery")


class Supply:
    """See the module. `run` is the thread; `stop` asks it to settle what there is and end.

    `only`: serve these controllers and no others; empty serves all.
    """

    def __init__(
        self,
        desk: Desk,
        transport: Transport,
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
        self._transport = transport
        self._planner = Planner(desk, worker_id)
        self._slowing = Slowing(desk)
        self._ledger = Ledger()
        self._tended: dict[UUID, float] = {}
        self._soon = False
        self._folder = folder
        self._fsync = fsync
        self._patience = patience
        self._only = only
        self._shelf = Shelf()
        self._open: dict[UUID, OpenChunk] = {}
        self._unsettled: dict[int, list[tuple[OpenChunk, Settled]]] = defaultdict(list)
        self._journal = self._new_journal()
        self._journals = {self._journal: 0}
        self._chunks_opened = 0
        self._renew_at = time.monotonic() + _RENEW_EVERY
        self._roads_at = time.monotonic() + _ROADS_EVERY
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
        recovering.enrol(worker_id=self.worker_id, host=socket.gethostname(), at=now())
        return True

    def _guarded(self, act: Callable[[], bool]) -> bool:
        """Run one step; a database that is away, or a full disk, makes it wait instead of failing."""
        done = patiently(act, self._left_over)
        if done is None:
            self._ending.wait(0.5)
        return bool(done)

    def _round(self) -> bool:
        """Settle, renew, claim; say whether there was anything to do."""
        close_old_connections()
        claimed = False if self._ending.is_set() or self.desk.fault else self._claim()
        settled = self._settle()
        if self._slowing.heed(self._planner.limits(now())):
            self._planner.look_again()
        self._renew()
        return settled or claimed

    # -- settling --------------------------------------------------------------------------------------------------

    def _settle(self) -> bool:
        outcomes = self.desk.outcomes
        at = time.monotonic()
        ripe = len(outcomes) >= GROUP or at - self._settled_at >= _SETTLE_EVERY or self.desk.at_rest
        if not (ripe or self._ending.is_set()) or not (outcomes or self._unsettled):
            return False
        self._settled_at = at
        while outcomes:
            row = outcomes.popleft()
            self._unsettled[id(row[0].campaign)].append(row)  # as below: by identity
        try:
            for journal in self._journals:
                journal.sync()
        except Fault as fault:  # PostgreSQL learns what is known all the same
            self.desk.fail(fault)
        for campaign, rows in list(self._unsettled.items()):
            self._settle_campaign(rows)
            del self._unsettled[campaign]
            self._slowing.count(rows)
            limiting.give_back(_untouched(rows))
        return True

    def _left_over(self) -> int:
        return sum(len(rows) for rows in self._unsettled.values()) + len(self.desk.outcomes)

    def _settle_campaign(self, rows: list[tuple[OpenChunk, Settled]]) -> None:
        campaign = rows[0][0].campaign
        chunks = {id(chunk): chunk for chunk, _ in rows}  # by identity: hashing a UUID costs more than all the rest
        ended = Counter([id(chunk) for chunk, _ in rows])
        done = [chunk.id for key, chunk in chunks.items() if chunk.left == ended[key]]
        claiming.settle(
            controller_id=campaign.controller_id,
            campaign_id=campaign.campaign_id,
            shard=self.shard,
            settled=[settled for _, settled in rows],
            done=done,
            at=now(),
        )
        for key, chunk in chunks.items():
            chunk.left -= ended[key]
        for chunk_id in done:
            self._close(self._open.pop(chunk_id))

    def _close(self, chunk: OpenChunk) -> None:
        chunk.journal.settled(chunk.id)
        self._journals[chunk.journal] -= 1
        if chunk.journal is not self._journal and not self._journals[chunk.journal]:
            del self._journals[chunk.journal]
            chunk.journal.close(remove=True)

    # -- leases ----------------------------------------------------------------------------------------------------

    def _renew(self) -> None:
        at = time.monotonic()
        if at >= self._roads_at:
            self._transport.renew()
            self._roads_at = at + _ROADS_EVERY
        if at < self._renew_at:
            return
        kept = claiming.renew(worker_id=self.worker_id, chunks=list(self._open), at=now())
        recovering.seen(worker_id=self.worker_id, at=now())
        self._renew_at = at + _RENEW_EVERY
        for chunk in self._open.values():
            # A chunk that is no longer ours was given up by others while we were away: nothing more of it is begun.
            chunk.lease = at + claiming.LEASE.total_seconds() if chunk.id in kept else 0.0
        self._planner.rest()
        self._release_strangers()

    def _release_strangers(self) -> None:
        """Give back chunks that were committed in our name although we never heard of it."""
        for chunk_id, controller_id, campaign_id in claiming.own_chunks(self.worker_id):
            if chunk_id not in self._open:
                recovering.release(chunk_id=chunk_id, controller_id=controller_id, campaign_id=campaign_id, at=now())

    # -- claiming --------------------------------------------------------------------------------------------------

    def _claim(self) -> bool:
        """Claim what there is room for: the most urgent first, then every controller in turn."""
        room = self._planner.room()
        if room <= 0:
            return False
        at = now()
        due = campaigns.due(at)
        claimants = [
            Claimant(one.urgency, one.controller_id, one.campaign_id)
            for one in due
            if not self._only or one.controller_id in self._only
        ]
        claimed = 0
        self._soon = False
        for turn in turns(room, claimants, self._ledger, least=CHUNK_SIZE):
            if claimed >= room:
                break
            share = min(room - claimed, -(-turn.messages // CHUNK_SIZE) * CHUNK_SIZE)
            found = self._claim_for(turn.claimant, share)
            self._ledger.served(turn.claimant, found)
            claimed += found
        return claimed > 0

    def _claim_for(self, one: Claimant, limit: int) -> int:
        loaded, at = self._shelf.campaign(one.controller, one.campaign), now()
        if loaded is None:
            self._tend(one)
            return 0
        standing = self._shelf.standing(loaded.controller_id, at)
        if standing is None:
            tending.postpone(controller_id=loaded.controller_id, campaign_id=loaded.campaign_id, at=at)
            return 0
        found = self._planned(loaded, standing.roads, limit, at)
        if found is None:
            self._tend(one)  # a shut gate puts it off, and its refusal is kept
            return 0
        road, plan = found
        if not plan.wants:
            self._wait_for(one, plan)
            return 0
        return self._claim_from(loaded, standing, road, plan)

    def _planned(self, loaded: Loaded, roads: tuple[Road, ...], limit: int, at: datetime) -> tuple[Road, Plan] | None:
        """Pick a road and plan a claim for it. Where the limits of one let nothing through, its peers of the same tier
        are asked as well; the next tier is for roads that are down."""
        left, best = list(roads), None
        while (road := self._transport.pick(left)) is not None:
            plan = self._planner.plan(loaded, road, limit, at)
            if plan.wants:
                return road, plan
            if best is None or plan.opens_in < best[1].opens_in:
                best = (road, plan)
            left = [one for one in left if one.tier == road.tier and one.key != road.key]
        return best

    def _wait_for(self, one: Claimant, plan: Plan) -> None:
        """Nothing of a campaign can be claimed now: put it off, or see whether it is through."""
        if plan.wait is None:
            self._tend(one)
        elif plan.wait <= _SOON:
            self._soon = True
        else:
            at = now()
            until = at + timedelta(seconds=min(plan.wait, _LOOK_AGAIN))
            tending.postpone(controller_id=one.controller, campaign_id=one.campaign, at=at, until=until)

    def _tend(self, one: Claimant) -> None:
        """Look after a campaign, once a second; its freeze takes long and is the pool's."""
        at = time.monotonic()
        if at >= self._tended.get(one.campaign, 0.0):
            self._tended = {key: until for key, until in self._tended.items() if until > at}
            self._tended[one.campaign] = at + _TEND_EVERY
            self._planner.forget(one.campaign)
            tending.tend_campaign(controller_id=one.controller, campaign_id=one.campaign, at=now(), freezing=False)

    def _claim_from(self, loaded: Loaded, standing: claiming.Standing, road: Road, plan: Plan) -> int:
        lease = time.monotonic() + claiming.LEASE.total_seconds()
        order = loaded.order(self.worker_id, self.shard, road.transport)
        limit = sum(plan.wants.values())
        got: Counter[str] = Counter()
        try:
            found = claiming.claim(order=order, standing=standing, limit=limit, at=now(), wants=plan.wants)
            got.update(one.provider for one in found)
        finally:
            self._planner.claimed(loaded, plan, got)
        if not found:
            self._tend(Claimant(0, loaded.controller_id, loaded.campaign_id))
            return 0
        in_hand: list[tuple[OpenChunk, Claimed]] = []
        chunk: OpenChunk | None = None
        for one in found:
            if chunk is None or chunk.id is not one.chunk_id:
                chunk = self._opened(one.chunk_id, loaded, standing.vault, lease)
                chunk.road, chunk.buckets = road, plan.buckets
            chunk.left += 1
            in_hand.append((chunk, one))
        try:
            self._journal.flush()
        except Fault as fault:
            self.desk.fail(fault)
            for chunk, one in in_hand:
                self.desk.end(chunk, one, Unroutable("returned", "", ""), None)
            return 0
        self._lay(road, plan, in_hand)
        return len(found)

    def _lay(self, road: Road, plan: Plan, in_hand: list[tuple[OpenChunk, Claimed]]) -> None:
        """Lay out what was claimed by lanes; what has none now ends at once."""
        lanes = self._transport.lanes(road.key, {one.domain for _, one in in_hand})
        shared = {lane for lane in lanes.values() if isinstance(lane, str) and "/" not in lane}
        clock, laid = time.monotonic(), []
        for chunk, one in in_hand:
            lane = lanes.get(one.domain, _LATER)
            if lane in shared:  # a relay's: nobody's own, so there is nothing to ask about it
                laid.append((chunk, one, lane, plan.pools.get(one.provider, "")))
                continue
            if isinstance(lane, str) and (self.desk.stuck.get(lane, 0.0) > clock or not self._planner.fits(lane)):
                lane = _LATER
            if isinstance(lane, str):
                self._planner.learn(road, one.provider, lane)
                laid.append((chunk, one, lane, plan.pools.get(one.provider, "")))
            else:
                again = now() + PUT_OFF if lane.fate == "returned" else None
                self.desk.end(chunk, one, lane, again)
        self.desk.lay(laid)

    def _opened(self, chunk_id: UUID, loaded: Loaded, vault: Vault, lease: float) -> OpenChunk:
        self._chunks_opened += 1
        if self._chunks_opened % _ROTATE_AT == 0:
            self._rotate()
        self._journal.opened(chunk_id, loaded.number)
        self._journals[self._journal] += 1
        chunk = self._open[chunk_id] = OpenChunk(chunk_id, loaded, vault, self._journal, 0, lease)
        return chunk

    def _rotate(self) -> None:
        before = self._journal
        try:
            self._journal = self._new_journal()
        except (Fault, OSError):
            return  # the next flush tells whether there is room
        self._journals[self._journal] = 0
        if not self._journals[before]:
            del self._journals[before]
            before.close(remove=True)

    # -- the end ---------------------------------------------------------------------------------------------------

    def _exhaust(self, busy: bool) -> None:
        """Tell the desk when nothing has been due for some seconds, so that the process may end."""
        if busy or self._open or self._left_over() or self._soon:
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
        limiting.let_go(worker_id=self.worker_id)
        recovering.leave(worker_id=self.worker_id)
        self._shelf.forget()
        return True


def _untouched(rows: list[tuple[OpenChunk, Settled]]) -> dict[str, int]:
    """Return bucket -> messages that took a token and came back without having been sent."""
    found: Counter[str] = Counter()
    for chunk, settled in rows:
        if chunk.buckets and settled.outcome.fate == "returned":
            found.update(chunk.buckets.get(settled.provider, ()))
    return found
