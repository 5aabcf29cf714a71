"""Handing a few letters over at once, by the same roads as campaigns: a test send waits for what becomes of them."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import connections

from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.services import fleets, roads
from mandata.delivery.signing import Signer
from mandata.delivery.transports.fleet import Fleet
from mandata.delivery.transports.port import Letter, Road, Unroutable


class _Desk:
    """Letters by lane, each tried once on a road."""

    def __init__(self, lanes: dict[str, deque[Letter]]) -> None:
        self._lanes = lanes
        self.outcomes: list[Outcome] = []

    def lanes(self) -> list[str]:
        return [lane for lane, letters in self._lanes.items() if letters]

    def take(self, lane: str) -> Letter | None:
        return self._lanes[lane].popleft() if self._lanes[lane] else None

    def give_up(self, lane: str, why: Unroutable) -> None:
        while self._lanes[lane]:
            self.outcomes.append(why.outcome(self._lanes[lane].popleft().key))

    def closed(self) -> bool:
        return not self.lanes()

    def begin(self, key: int) -> None:
        """What is handed over here is not journalled: nobody is harmed by a second one."""

    def report(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def idle(self) -> None:
        """Nothing is kept back."""


def hand_over(letters: Sequence[Letter], *, signer: Signer, at: datetime) -> list[Outcome]:
    """Sign letters for the roads of the open scope, hand them over, and return what became of each.

    What a road gives back is tried on the next; `returned` at the end: no road leads anywhere now.
    """
    allowed = roads.allowed(at=at)
    # Secrets lie in the installation's scope, and this runs in a controller's; another thread has its own.
    with ThreadPoolExecutor(1) as aside:
        fleet = aside.submit(_fleet).result()
    left = {letter.key: letter for letter in letters}
    ended: dict[int, Outcome] = {}
    tried: set[str] = set()
    while left and (road := fleet.pick([one for one in allowed if one.key not in tried])) is not None:
        tried.add(road.key)
        signed = [
            letter._replace(content=signer.sign(letter.content, int(at.timestamp()), road.rewrites))
            for letter in left.values()
        ]
        for outcome in _by(fleet, road, signed):
            ended[outcome.key] = outcome
            if outcome.fate != "returned":
                left.pop(outcome.key, None)
    away = Unroutable("returned", "", "no transport takes mail now")
    return [ended.get(letter.key, away.outcome(letter.key)) for letter in letters]


def _fleet() -> Fleet:
    try:
        return fleets.fleet()
    finally:
        connections.close_all()


def _by(fleet: Fleet, road: Road, letters: Sequence[Letter]) -> list[Outcome]:
    found = fleet.lanes(road.key, {_domain(letter) for letter in letters})
    lanes: dict[str, deque[Letter]] = {}
    ended: list[Outcome] = []
    for letter in letters:
        lane = found[_domain(letter)]
        if isinstance(lane, Unroutable):
            ended.append(lane.outcome(letter.key))
        else:
            lanes.setdefault(lane, deque()).append(letter)
    desk = _Desk(lanes)
    fleet.send(desk)
    return ended + desk.outcomes


def _domain(letter: Letter) -> str:
    return letter.recipient.rpartition("@")[2].lower()
