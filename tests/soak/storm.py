"""Kills at random, engines above all, while a campaign is sent; what was killed begins again, as a supervisor would."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from uuid import UUID

from django.db import Error, connections

from mandata.infra.postgres import Server, place, process
from tests.delivery.mailing import Shop, engine, recover
from tests.soak.sink import Sink

ENGINES = 2
CONNECTIONS = 10
"""Of each engine: so many messages are in flight at most when it dies."""
_VICTIMS = ("engine",) * 16 + ("sink",) * 3 + ("database",)
_PATIENCE = 180.0


class Storm:
    """Sends one campaign to its end through so many kills, and remembers what was killed."""

    def __init__(self, shop: Shop, campaign: UUID, sink: Sink, server: Server, folder: Path) -> None:
        self.shop, self.campaign, self.sink, self.server, self.folder = shop, campaign, sink, server, folder
        self.killed: Counter[str] = Counter()
        self.restarted = 0
        self._chance = random.Random(20260301)
        self._engines: list[subprocess.Popen[bytes]] = []
        self._recovering = True
        self._progress = (time.monotonic(), 0)

    def rage(self, kills: int, people: int) -> None:
        """Kill at random points of the campaign's first nine tenths; return when nothing is left to send."""
        points = sorted(self._chance.random() * people * 0.9 for _ in range(kills))
        while points or self._left():
            self._keep()
            if points and self.sink.total() >= points[0]:
                points.pop(0)
                time.sleep(self._chance.random() * 0.05)
                self._kill(self._chance.choice(_VICTIMS))
            else:
                time.sleep(0.01 if points else 0.2)
            self._look()
        self._end()

    def most_unknown(self) -> int:
        """Return how many messages were in flight at most at all these deaths."""
        return self.killed["engine"] * CONNECTIONS + self.killed["sink"] * ENGINES * CONNECTIONS

    def _kill(self, victim: str) -> None:
        self.killed[victim] += 1
        if victim == "sink":
            self.sink.kill()
        elif victim == "database":
            self._kill_database()
        else:
            one = self._chance.choice(self._engines)
            one.send_signal(signal.SIGKILL)
            one.wait()

    def _kill_database(self) -> None:
        found = place.find(self.server.folder)
        assert found is not None
        postmaster = process.postmaster(found.data)
        assert postmaster is not None
        os.kill(postmaster, signal.SIGKILL)
        time.sleep(self._chance.random())
        self.server.start()
        connections.close_all()

    def _keep(self) -> None:
        """See that engines run; take over from the dead."""
        for one in [one for one in self._engines if one.poll() is not None]:
            assert one.returncode in (0, -signal.SIGKILL), f"an engine ended by itself with {one.returncode}"
            self._engines.remove(one)
            self._recovering = True
        while len(self._engines) < ENGINES:
            more = {"MANDATA_SMTP_CONNECTIONS": str(CONNECTIONS)}
            self._engines.append(engine(self.sink.port, self.folder, self.shop, **more))
            self.restarted += 1
        if self._recovering:
            try:
                recover(self.folder)
                self._recovering = False
            except Error:
                connections.close_all()

    def _left(self) -> int:
        try:
            return self.shop.left(self.campaign)
        except Error:
            connections.close_all()
            return 1

    def _look(self) -> None:
        at, total = time.monotonic(), self.sink.total()
        if total != self._progress[1]:
            self._progress = (at, total)
        assert at - self._progress[0] < _PATIENCE, f"nothing was sent for {_PATIENCE} s; {self._left()} are left"

    def _end(self) -> None:
        for one in self._engines:
            one.terminate()
        for one in self._engines:
            # One that has just been started dies of the signal before it has begun anything.
            assert one.wait(60) in (0, -signal.SIGTERM)
        self._engines.clear()
        recover(self.folder)
