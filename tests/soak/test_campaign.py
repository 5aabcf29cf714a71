"""A campaign to a million people, and a thousand deaths on the way: of engines, of the receiver, of the database."""

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from mandata.delivery import selectors, services
from mandata.delivery.models import Message
from mandata.infra.clock import now
from mandata.infra.postgres import Server, Urls
from mandata.infra.tenancy import scope
from tests.delivery.mailing import Shop, shop
from tests.soak.conftest import Scale, Tell
from tests.soak.sink import Sink
from tests.soak.storm import Storm


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    started = Sink(tmp_path / "counted")
    yield started
    started.stop()


def fates(bakery: Shop, campaign: UUID, people: list[UUID]) -> dict[str, list[int]]:
    """Return who is in which state, by their place among the people."""
    places = {person: place for place, person in enumerate(people)}
    found: dict[str, list[int]] = {}
    with scope(bakery.id):
        rows = Message.objects.filter(campaign_id=campaign).values_list("subscriber_id", "state")
        for person, state in rows.iterator(chunk_size=10_000):
            found.setdefault(state, []).append(places[person])
    return found


@pytest.mark.soak
@pytest.mark.req("DLV-5")
def test_a_million_recipients_and_a_thousand_kills_lose_nobody_and_send_nobody_two(
    database: Urls, embedded: Server, sink: Sink, scale: Scale, tell: Tell, tmp_path: Path
) -> None:
    bakery = shop()
    people = bakery.people(scale.rows)
    campaign = bakery.launched()
    storm = Storm(bakery, campaign, sink, embedded, tmp_path)
    began = time.monotonic()
    storm.rage(scale.kills, scale.rows)
    seconds = time.monotonic() - began

    got, found = sink.counts(scale.rows), fates(bakery, campaign, people)
    with scope(bakery.id):
        listed = selectors.unknown(campaign, limit=scale.rows)
    tell(
        recipients=scale.rows,
        killed=dict(storm.killed),
        engines_started=storm.restarted,
        seconds=round(seconds),
        unknown=len(listed),
        unknown_and_arrived=sum(got[place] for place in found.get("unknown", [])),
        most_in_flight=storm.most_unknown(),
    )
    assert sum(storm.killed.values()) == scale.kills
    assert sum(map(len, found.values())) == scale.rows and set(found) <= {"sent", "unknown"}
    assert all(got[place] == 1 for place in found["sent"]), "what is called sent has arrived, once"
    assert all(got[place] <= 1 for place in found.get("unknown", [])), "nobody got two"
    assert len(listed) == len(found.get("unknown", [])) <= storm.most_unknown(), "those in flight, and each is listed"
    assert not list((tmp_path / "journals").iterdir())
    _decided(bakery, campaign, storm, [one.number for one in listed])
    again = sink.counts(scale.rows)
    twice = [place for place, count in enumerate(again) if count > 1]
    assert set(twice) <= set(found.get("unknown", [])), "only what a member had sent again may arrive twice"
    assert bakery.campaign_state(campaign) == "finished"


def _decided(bakery: Shop, campaign: UUID, storm: Storm, unknown: list[int]) -> None:
    """A member has one half of the unknown sent again, and counts the other as sent."""
    with scope(bakery.id):
        for numbers, resend in ((unknown[::2], True), (unknown[1::2], False)):
            if numbers:
                services.decide_unknown(
                    campaign_id=campaign, resend=resend, numbers=numbers, actor=bakery.actor, at=now()
                )
    storm.rage(0, 0)
    services.tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=now())
    assert set(bakery.states(campaign)) == {"sent"}
