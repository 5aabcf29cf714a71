"""PostgreSQL away for a while: the door keeps answering, the engine waits and goes on, afterwards all is counted."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.tracking.models import Event
from mandata.tracking.services import take_events
from tests.delivery.mailing import Shop, engine, shop
from tests.delivery.storm import account
from tests.delivery.storm.content import SHORT
from tests.delivery.storm.ground import Ground
from tests.delivery.storm.sink import Sink
from tests.public.door_process import DoorProcess, served_door
from tests.tracking.cast import LINKS, SENT, many_messages
from tests.world import World
from tests.world.people import accept

_CLICKED = 2_000


@dataclass(frozen=True)
class Told:
    """What happened meanwhile: letters sent while PostgreSQL was away, and clicks answered."""

    sent_away: int
    clicks_away: int
    clicks: int


def away(ground: Ground, sink: Sink, folder: Path, *, people: int, seconds: float) -> Told:
    """Send a campaign, take PostgreSQL away in its middle for so long, and prove that nothing is lost or twice."""
    bakery = shop()
    readers = bakery.people(people)
    campaign = bakery.launched(SHORT)
    customer = World().controller()
    with scope(customer.id):
        accept(customer.member, at=SENT)
    sent = many_messages(customer, _CLICKED)
    clicks = 0
    with served_door(folder / "door", database_url=ground.urls.app) as door:
        _click(door, sent.number, clicks)
        one = engine(sink.port, folder, bakery)
        limit = time.monotonic() + 600
        while sink.total() < people // 4:
            assert one.poll() is None and time.monotonic() < limit
            time.sleep(0.005)
        before = sink.total()
        ground.die()
        until, clicks = time.monotonic() + seconds, 1
        while time.monotonic() < until:
            if clicks < _CLICKED * LINKS:
                _click(door, sent.number, clicks)
                clicks += 1
            assert one.poll() is None, "the engine waits"
            time.sleep(0.01)
        meanwhile = sink.total() - before
        ground.server.start()
        limit = time.monotonic() + 600
        while bakery.left(campaign):
            assert one.poll() is None and time.monotonic() < limit, "the engine goes on"
            time.sleep(0.1)
        one.terminate()
        assert one.wait(300) == 0
        clicks_away, clicks = clicks - 1, clicks + 1
        _click(door, sent.number, clicks - 1)
    _proven(bakery, campaign, sink, readers, folder)
    while take_events(at=now() + timedelta(hours=1), folder=folder / "door" / "spool"):
        pass
    with scope(sent.customer.id):
        places = {person: place for place, person in enumerate(sent.people)}
        kept = [
            places[person] * LINKS + link
            for person, link in Event.objects.filter(campaign_id=sent.id, kind="click").values_list(
                "subscriber_id", "link"
            )
        ]
    assert len(kept) == len(set(kept)) and set(kept) == set(range(clicks)), "every click that was answered is an event"
    return Told(meanwhile, clicks_away, clicks)


def _click(door: DoorProcess, campaign: int, number: int) -> None:
    """One click on a link of its own; it is answered with the place to go to."""
    reply = door.ask("GET", f"/c/{door.token(campaign, number // LINKS + 1, number % LINKS)}")
    assert reply.status == 302 and reply.headers["location"].startswith("https://shop.example/")


def _proven(bakery: Shop, campaign: UUID, sink: Sink, readers: Sequence[UUID], folder: Path) -> None:
    account.settled(bakery, campaign, sink, readers, most_unknown=0)
    account.nothing_left(folder)
