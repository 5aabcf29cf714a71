"""All roads of an installation behind the one port: which to take by tier, weight and health, and one loop for all."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from mandata.delivery.transports.loop import Loop
from mandata.delivery.transports.port import Desk, Road, Unroutable
from mandata.delivery.transports.ways import Way

MOST: Final = 500
"""Connections of a process, over all lanes."""


class Fleet:
    """Carries letters on several roads. `renew` may be called at any time from any thread.

    `alone`: with one relay and no other road, its being away ends `send` with Unreachable. `patience`: seconds after
    which a relay whose name does not even resolve counts as away. `load` tells the roads anew.
    """

    def __init__(
        self,
        ways: Sequence[Way],
        *,
        most: int = MOST,
        alone: bool = False,
        patience: float = 20.0,
        timer: Callable[[], float] = time.monotonic,
        load: Callable[[], Sequence[Way]] | None = None,
    ) -> None:
        self._ways: dict[str, Way] = {way.key: way for way in ways}
        self._load = load
        self._most = most
        self._alone = alone
        self._patience = patience
        self._timer = timer
        self._credit: dict[str, float] = {}

    def renew(self) -> None:
        """Take the roads that `load` tells of from now on; one that is the same object goes on as it is."""
        if self._load is not None:
            self._ways = {way.key: way for way in self._load()}

    def pick(self, roads: Sequence[Road]) -> Road | None:
        """Return the road that the next messages take: of the lowest tier that leads anywhere, by turns in proportion
        to weight. None while each of these is down."""
        ways, now = self._ways, self._timer()
        up = [road for road in roads if road.key in ways and ways[road.key].down_until <= now]
        if not up:
            return None
        tier = min(road.tier for road in up)
        peers = [road for road in up if road.tier == tier]
        if len(peers) == 1:
            return peers[0]
        # Smooth turns: each gains its weight, who has most is taken and pays what all gained.
        for road in peers:
            self._credit[road.key] = self._credit.get(road.key, 0.0) + max(1, road.weight)
        chosen = max(peers, key=lambda road: self._credit[road.key])
        self._credit[chosen.key] -= sum(max(1, road.weight) for road in peers)
        return chosen

    def lanes(self, road: str, domains: Collection[str]) -> Mapping[str, str | Unroutable]:
        """Return the lane of each domain on a road, or why nothing can be sent there."""
        way = self._ways.get(road)
        if way is None:
            return dict.fromkeys(domains, Unroutable("returned", "", "the transport was taken away"))
        return way.lanes(domains)

    def send(self, desk: Desk) -> None:
        """Carry letters until the desk is closed and each letter taken was reported. Unreachable only where `alone`."""
        loop = Loop(lambda: self._ways, desk, self._timer, most=self._most, alone=self._alone, patience=self._patience)
        loop.go()
