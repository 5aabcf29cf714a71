"""The account after a storm: who got what, what the database says of it, and that both agree."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from mandata.delivery import selectors, services
from mandata.delivery.models import Chunk, Message, Worker
from mandata.delivery.services import tending
from mandata.infra import outside
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.delivery.mailing import Shop
from tests.delivery.storm.sink import Sink


def fates(shop: Shop, campaign: UUID, people: Sequence[UUID]) -> dict[str, list[int]]:
    """Return who is in which state, by their place among the people."""
    places = {person: place for place, person in enumerate(people)}
    found: dict[str, list[int]] = {}
    with scope(shop.id):
        rows = Message.objects.filter(campaign_id=campaign).values_list("subscriber_id", "state")
        for person, state in rows.iterator(chunk_size=10_000):
            found.setdefault(state, []).append(places[person])
    return found


def settled(shop: Shop, campaign: UUID, sink: Sink, people: Sequence[UUID], *, most_unknown: int) -> list[int]:
    """Prove that nobody is lost, nobody got two, and the unknown are few and listed; return the listed numbers."""
    got, found = sink.counts(len(people)), fates(shop, campaign, people)
    assert sum(map(len, found.values())) == len(people) and set(found) <= {"sent", "unknown"}, _sizes(found)
    assert all(got[place] == 1 for place in found["sent"]), "what is called sent has arrived, once"
    assert all(got[place] <= 1 for place in found.get("unknown", [])), "nobody got two"
    with scope(shop.id):
        listed = [one.number for one in selectors.unknown(campaign, limit=len(people))]
        assert not Chunk.objects.filter(campaign_id=campaign).exists()
    assert len(listed) == len(found.get("unknown", [])) <= most_unknown, "those in flight at most, and each is listed"
    assert shop.states(campaign) == _sizes(found), "the counters say what the rows say"
    return listed


def nothing_left(*folders: Path) -> None:
    """No journal lies anywhere, and no worker is enrolled."""
    assert not [path for folder in folders for path in (folder / "journals").iterdir()]
    assert not Worker.objects.exists()


def decided(shop: Shop, campaign: UUID, unknown: list[int]) -> None:
    """A member has one half of the unknown sent again, and counts the other as sent."""
    with scope(shop.id):
        for numbers, resend in ((unknown[::2], True), (unknown[1::2], False)):
            if numbers:
                services.decide_unknown(
                    campaign_id=campaign, resend=resend, numbers=numbers, actor=shop.actor, at=now()
                )


def finished(shop: Shop, campaign: UUID, sink: Sink, people: Sequence[UUID], before: bytearray) -> None:
    """Everybody is sent; only what a member had sent again arrived twice, and a second copy is known for what it is."""
    tending.tend_campaign(controller_id=shop.id, campaign_id=campaign, at=now())
    assert shop.states(campaign) == {"sent": len(people)}
    assert shop.campaign_state(campaign) == "finished"
    after, marks = sink.counts(len(people)), sink.marks()
    again = [place for place in range(len(people)) if after[place] != before[place]]
    assert all(after[place] == before[place] + 1 for place in again)
    assert all(len(marks[place]) == 1 for place in marks), "each copy of a letter carries the same Message-ID"
    assert len(set().union(*marks.values())) > len(marks) * 0.999, "and no two letters the same"


def told(shop: Shop, campaign: UUID, *folders: Path) -> None:
    """The outside logs of all hosts tell the same as the database: replaying them changes nothing."""
    before = shop.states(campaign)
    first, *others = [folder / "outside" for folder in folders]
    done = services.replay(outside.read(first, *others))
    assert (done.moved, done.made) == (0, 0)
    assert shop.states(campaign) == before


def _sizes(found: dict[str, list[int]]) -> dict[str, int]:
    return {state: len(places) for state, places in found.items()}
