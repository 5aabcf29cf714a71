"""kill -9 at random while a campaign is sent: of engines, whole workers, the receiver, PostgreSQL and its sessions.

What was killed begins again, as a supervisor would have it. The seed decides who dies, and behind which letter.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg
from django.db import Error, connections

from mandata.delivery.nameserver import NameServer, Zone
from mandata.infra.tenancy import scope
from tests.delivery.mailing import DOMAIN, Shop, recover
from tests.delivery.naming import publish
from tests.delivery.storm.ground import Ground
from tests.delivery.storm.processes import Host, kill
from tests.delivery.storm.sink import Sink

CONNECTIONS: Final = 10
"""Of each engine: so many letters are in flight at most when it dies."""
HOSTS: Final = 2
MIX: Final = {"engine": 18, "worker": 6, "supervisor": 4, "sink": 6, "session": 3, "database": 3}
"""Of forty. `worker` dies with its engines; `supervisor` dies alone; `session` is one backend of PostgreSQL."""
_PATIENCE = 600.0
_GOOD_ENDS = (-signal.SIGKILL, -signal.SIGTERM, 0)
"""Killed; asked to end while it was starting, or later."""


def seed(otherwise: int) -> random.Random:
    """Return the chance of a storm; STORM_SEED in the environment names another, to see a failure again."""
    return random.Random(int(os.environ.get("STORM_SEED") or otherwise))


class Storm:
    """Sends one campaign to its end through so many kills, and remembers what was killed."""

    def __init__(
        self, shop: Shop, campaign: UUID, sink: Sink, ground: Ground, folder: Path, chance: random.Random
    ) -> None:
        self.shop, self.campaign, self.sink, self.ground = shop, campaign, sink, ground
        self.killed: Counter[str] = Counter()
        self.engines_killed = 0
        self._chance = chance
        self._names = NameServer(Zone())
        self._names.start()
        with scope(shop.id):  # a sending domain is looked up again while the storm lasts, and its records must be there
            publish(self._names.zone, DOMAIN)
        more = {
            "MANDATA_DNS": f"127.0.0.1:{self._names.port}",
            "MANDATA_SMTP_CONNECTIONS": str(CONNECTIONS),
            "MANDATA_SMTP_URL": f"smtp://127.0.0.1:{sink.port}",
            "MANDATA_ENGINE_ONLY": str(shop.id),
        }
        self.hosts = [Host(folder / f"host{number}", **more) for number in range(HOSTS)]
        self._progress = (time.monotonic(), 0)
        self._kills: dict[str, Callable[[], bool]] = {
            "engine": self._kill_engine,
            "worker": self._kill_worker,
            "supervisor": self._kill_supervisor,
            "sink": self._kill_sink,
            "session": self._kill_session,
            "database": self._kill_database,
        }

    def rage(self, kills: int, people: int) -> None:
        """Kill at random points of the campaign's first nine tenths; return when nothing is left to send."""
        victims = [name for name, share in MIX.items() for _ in range(-(-share * kills // 40))]
        self._chance.shuffle(victims)
        points = sorted(self._chance.random() * people * 0.9 for _ in range(kills))
        while points or self._left():
            self._keep()
            if points and self.sink.total() >= points[0]:
                time.sleep(self._chance.random() * 0.05)
                if self._kills[victims[0]]():
                    points.pop(0)
                    self.killed[victims.pop(0)] += 1
            else:
                time.sleep(0.01 if points else 0.2)
            self._look()
        self.end()

    def most_unknown(self) -> int:
        """Return how many messages were in flight at most at all these deaths."""
        return self.engines_killed * CONNECTIONS + self.killed["sink"] * HOSTS * CONNECTIONS

    def roll(self) -> None:
        """A rolling restart: each worker in turn is asked to end, ends, and begins again."""
        for host in self.hosts:
            host.process.terminate()
            # One that has only just been started dies of the signal before it has begun anything.
            assert host.process.wait(300) in (0, -signal.SIGTERM), host.log.read_text()[-4000:]
            host.begin()

    def end(self) -> None:
        """Ask every worker to end, which they do; then nothing of them runs any more."""
        for host in self.hosts:
            if host.process.poll() is None:
                host.process.terminate()
        for host in self.hosts:
            host.process.wait(300)
        limit = time.monotonic() + 300
        while any(host.engines() for host in self.hosts):
            assert time.monotonic() < limit, "an engine does not end"
            time.sleep(0.05)
        for host in self.hosts:
            recover(host.folder)

    def close(self) -> None:
        """Leave no process behind, whatever happened."""
        for host in self.hosts:
            host.kill()
        self._names.stop()

    # -- victims: each says whether there was one ------------------------------------------------------------------

    def _kill_engine(self) -> bool:
        found = [one for host in self.hosts for one in host.engines()]
        if not found:
            return False
        pid, session = self._chance.choice(found)
        died = kill(pid, session=session)
        self.engines_killed += died
        return died

    def _kill_worker(self) -> bool:
        host = self._chance.choice(self.hosts)
        self.engines_killed += host.kill()
        return True

    def _kill_supervisor(self) -> bool:
        self._chance.choice(self.hosts).kill_worker()
        return True

    def _kill_sink(self) -> bool:
        self.sink.kill()
        return True

    def _kill_session(self) -> bool:
        """PostgreSQL restarts every session when one of them dies like this."""
        try:
            with psycopg.connect(self.ground.urls.superuser) as connection:
                rows = connection.execute(
                    "select pid from pg_stat_activity where pid <> pg_backend_pid() and application_name = 'mandata'"
                ).fetchall()
        except psycopg.OperationalError:
            return False  # it is still getting up from the last time
        if not rows:
            return False
        died = kill(self._chance.choice(rows)[0], session=0)
        connections.close_all()
        return died

    def _kill_database(self) -> bool:
        self.ground.die()
        time.sleep(self._chance.random())
        self.ground.server.start()
        return True

    # -- between kills ---------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        """See that workers run. One that lost its database says so and ends with 1; another reason is a failure."""
        for host in self.hosts:
            code = host.process.poll()
            if code is not None:
                lost = bool(self.killed["database"] or self.killed["session"])
                assert code in _GOOD_ENDS or (code == 1 and lost), (code, host.log.read_text()[-4000:])
                host.begin()

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
        assert at - self._progress[0] < _PATIENCE, (
            f"nothing was sent for {_PATIENCE} s; {self._left()} are left; "
            + "\n".join(host.log.read_text()[-2000:] for host in self.hosts)
        )
