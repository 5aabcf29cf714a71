"""The door and the taking in of its spool, both killed again and again: what was acknowledged counts once."""

import http.client
import random
import signal
import socket
import subprocess
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.tracking.models import Counter, Event
from mandata.tracking.services import take_events
from tests.public.door_process import BROWSER, DoorProcess, served_door
from tests.soak.conftest import Scale, Tell
from tests.tracking.cast import LINKS, Many, ingester, many_messages
from tests.world import World

CLIENTS = 4
_AWAY = (OSError, http.client.HTTPException, socket.timeout)


class Clicks:
    """Each (message, link) is asked for once. `asked` and `acknowledged` have a byte for each."""

    def __init__(self, sent: Many, total: int) -> None:
        self.sent, self.total = sent, total
        self.asked, self.acknowledged = bytearray(total), bytearray(total)
        self._next = 0
        self._lock = threading.Lock()

    def ask(self, door: DoorProcess) -> None:
        """Ask over kept connections until the door dies or all was asked for."""
        clients = [threading.Thread(target=self._ask, args=(door,)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()

    @property
    def left(self) -> bool:
        """Whether something was not asked for yet."""
        return self._next < self.total

    def share(self) -> float:
        """Return how much was asked for, 0 to 1."""
        return self._next / self.total

    def _ask(self, door: DoorProcess) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=20)
        try:
            while (number := self._taken()) is not None:
                token = door.token(self.sent.number, number // LINKS + 1, number % LINKS)
                self.asked[number] = 1
                connection.request("GET", f"/c/{token}", headers={"User-Agent": BROWSER})
                answer = connection.getresponse()
                answer.read()
                self.acknowledged[number] = answer.status == 302
        except _AWAY:
            return  # the door was killed: what was asked for may count, but need not
        finally:
            connection.close()

    def _taken(self) -> int | None:
        with self._lock:
            if self._next >= self.total:
                return None
            self._next += 1
            return self._next - 1


class Takers:
    """Ingesting processes one after another, each killed at a random moment, until `stop`."""

    def __init__(self, spool: Path) -> None:
        self.kills = self.ended = 0
        self._spool = spool
        self._chance = random.Random(20260301)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            child = ingester(self._spool, now() + timedelta(hours=1), 500)
            assert child.stdout is not None
            child.stdout.readline()
            self._end(child)
            child.stdout.close()

    def _end(self, child: "subprocess.Popen[bytes]") -> None:
        try:
            self.ended += child.wait(self._chance.random() * 0.4) == 0
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            self.kills += 1


@pytest.mark.soak
@pytest.mark.req("TRK-1")
def test_doors_and_takers_killed_again_and_again_count_every_acknowledged_click_once(
    world: World, database: Urls, scale: Scale, tell: Tell, tmp_path: Path
) -> None:
    sent = many_messages(world.controller(), -(-scale.rows // LINKS))
    clicks, chance = Clicks(sent, scale.rows), random.Random(7)
    doors, doors_killed = max(2, scale.kills // 5), 0
    takers = Takers(tmp_path / "spool")
    began = time.monotonic()
    while clicks.left:
        with served_door(tmp_path, database_url=database.app) as door:
            asking = threading.Thread(target=clicks.ask, args=(door,))
            asking.start()
            until = (doors_killed + chance.random()) / doors
            while asking.is_alive() and (doors_killed >= doors or clicks.share() < until):
                time.sleep(0.005)
            if asking.is_alive():
                door.kill()
                doors_killed += 1
            asking.join()
    seconds = time.monotonic() - began
    takers.stop()
    while take_events(at=now() + timedelta(hours=1), folder=tmp_path / "spool"):
        pass
    counted = _counted(sent, scale.rows)
    open_ends = sum(clicks.asked) - sum(clicks.acknowledged)
    tell(
        clicks=sum(clicks.asked),
        per_second=round(sum(clicks.asked) / seconds),
        doors_killed=doors_killed,
        takers_killed=takers.kills,
        takers_ended=takers.ended,
        not_acknowledged=open_ends,
        not_acknowledged_but_kept=sum(counted) - sum(clicks.acknowledged),
    )
    assert doors_killed >= min(doors, 2) and takers.kills >= 2
    assert open_ends <= doors_killed * CLIENTS
    assert all(kept == 1 for kept, sure in zip(counted, clicks.acknowledged, strict=True) if sure), "once each"
    assert all(kept <= asked for kept, asked in zip(counted, clicks.asked, strict=True)), "nothing but what was asked"
    assert not list((tmp_path / "spool").rglob("*.seg"))
    with scope(sent.customer.id):
        figures = Counter.objects.filter(campaign_id=sent.id, link=-1, kind="click").values_list("count", flat=True)
        assert sum(figures) == sum(counted), "the counters say the same"


def _counted(sent: Many, total: int) -> bytearray:
    """Return how often each (message, link) stands among the events."""
    places = {person: place for place, person in enumerate(sent.people)}
    found = bytearray(total)
    with scope(sent.customer.id):
        rows = Event.objects.filter(campaign_id=sent.id, kind="click").values_list("subscriber_id", "link")
        for person, link in rows.iterator(chunk_size=10_000):
            found[places[person] * LINKS + link] += 1
    return found
