"""The outside log of sending: whatever an older database has forgotten, nobody is written to twice."""

import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandata.agreements.rules.recipients import Rule
from mandata.delivery import selectors, services
from mandata.delivery.behind import require_claims
from mandata.delivery.catcher.server import Catcher, Place
from mandata.delivery.models import Chunk, Message
from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.services import claiming, recovering, replaying, tending
from mandata.delivery.services.claiming import Claimed, Order, Settled
from mandata.infra import bulk, outside
from mandata.infra.clock import new_id, now
from mandata.infra.environment import env
from mandata.infra.outside import Line
from mandata.infra.outside.writing import Writer
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.record.errors import OlderDatabase
from tests.delivery.mailing import Shop, engine, recover, shop

PEOPLE = 1500


@pytest.fixture
def bakery(database: Urls) -> Shop:
    return shop()


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0))
    catcher.start()
    yield catcher
    catcher.stop()


def journal(*folders: Path) -> list[Line]:
    return list(outside.read(env().outside_folder, *folders, kinds=("delivery.",)))


def about(campaign: UUID, *folders: Path) -> list[Line]:
    return [line for line in journal(*folders) if line.body["campaign"] == str(campaign)]


def forget(bakery: Shop, campaign: UUID, *, freeze: bool = False) -> None:
    """Put the messages back as a backup has them that was taken right behind the freeze, or before it."""
    with scope(bakery.id):
        values = {"campaign": campaign}
        bulk.execute("delete from delivery_counter where campaign_id = %(campaign)s", values)
        Chunk.objects.filter(campaign_id=campaign).delete()
        if freeze:
            bulk.execute("delete from delivery_message where campaign_id = %(campaign)s", values)
            return
        bulk.execute(
            "update delivery_message set state = 'queued', chunk_id = null, attempts = 0, next_at = null, code = null,"
            " status = '', sent_at = null where campaign_id = %(campaign)s",
            values,
        )
        bulk.execute(
            "insert into delivery_counter (controller_id, campaign_id, shard, provider, state, count)"
            " select controller_id, campaign_id, 0, provider, 'queued', count(*) from delivery_message"
            " where campaign_id = %(campaign)s group by 1, 2, 4",
            values,
        )


def claim(bakery: Shop, campaign: UUID, limit: int) -> list[Claimed]:
    standing = claiming.standing(bakery.id, at=now())
    assert standing and isinstance(standing.rule, Rule)
    order = Order(bakery.id, campaign, bakery.list_id, now(), new_id(), 1)
    return claiming.claim(order=order, standing=standing, limit=limit, at=now())


def settle(bakery: Shop, campaign: UUID, claimed: list[Claimed], *fates: Any) -> None:
    rows = [
        Settled(one.chunk_id, one.number, one.attempts, Outcome(one.number, *fate), now())
        for one, fate in zip(claimed, fates, strict=True)
    ]
    claiming.settle(
        controller_id=bakery.id, campaign_id=campaign, shard=1, settled=rows,
        done=list({one.chunk_id for one in claimed}), at=now(),
    )  # fmt: skip


def rows(bakery: Shop, campaign: UUID) -> list[tuple[Any, ...]]:
    bakery.states(campaign)  # the counters agree
    with scope(bakery.id):
        found = Message.objects.filter(campaign_id=campaign).order_by("number")
        return list(found.values_list("number", "subscriber_id", "state", "code", "status", "attempts"))


@pytest.mark.req("DLV-5", "RET-7")
def test_after_a_restore_in_the_middle_of_sending_and_killing_nobody_gets_two(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    draw = random.Random(20261122)
    bakery.people(PEOPLE)
    campaign = bakery.launched()
    for _ in range(2):
        before = catcher.store.latest()
        one = engine(catcher.smtp_port, tmp_path, bakery)
        while catcher.store.latest() == before and one.poll() is None:
            time.sleep(0.005)
        time.sleep(draw.random() * 0.15)
        one.send_signal(signal.SIGKILL)
        one.wait(60)
        recover(tmp_path)
    one = engine(catcher.smtp_port, tmp_path, bakery)
    while catcher.store.latest() < PEOPLE // 3 and one.poll() is None:
        time.sleep(0.005)
    one.send_signal(signal.SIGKILL)
    one.wait(60)
    shutil.rmtree(tmp_path / "journals")  # the host is lost with its journals
    arrived = {message.recipient for message in catcher.store.page(limit=PEOPLE)}
    assert 0 < len(arrived) < PEOPLE
    forget(bakery, campaign)
    services.replay(outside.read(env().outside_folder, tmp_path / "outside"))
    states = bakery.states(campaign)
    assert states["sent"] + states.get("unknown", 0) >= len(arrived), (
        "whoever has it is known to have it, or may have it"
    )
    assert states["queued"] == PEOPLE - states["sent"] - states["unknown"] > 0
    again = services.replay(outside.read(env().outside_folder, tmp_path / "outside"))
    assert (again.made, bakery.states(campaign)) == (0, states)
    engine(catcher.smtp_port, tmp_path, bakery).wait(120)
    got = Counter(message.recipient for message in catcher.store.page(limit=PEOPLE * 2))
    assert set(got.values()) == {1}, "nobody got two"
    end = bakery.states(campaign)
    assert end == {"sent": PEOPLE - states["unknown"], "unknown": states["unknown"]}


def test_a_claim_and_every_outcome_come_back_as_they_were(bakery: Shop) -> None:
    bakery.people(8)
    campaign = bakery.launched()
    fates = [
        ("sent", 250, "2.0.0"),
        ("deferred", 451, "4.7.1", "later", "rcpt"),
        ("failed", 554, "5.7.1", "no", "content"),
        ("unknown",),
        ("returned",),
        ("failed", 550, "5.1.1", "no such user", "rcpt"),
    ]
    settle(bakery, campaign, claim(bakery, campaign, 6), *fates)
    before = rows(bakery, campaign)
    assert [row[2] for row in before] == [
        "sent", "deferred", "failed", "unknown", "queued", "failed", "queued", "queued",
    ]  # fmt: skip
    forget(bakery, campaign)
    done = services.replay(about(campaign))  # of others only a part is in this folder
    assert rows(bakery, campaign) == before
    assert (done.moved, done.made) == (5, 0)
    assert services.replay(about(campaign)).made == 0
    assert rows(bakery, campaign) == before
    with scope(bakery.id):
        assert Message.objects.get(campaign_id=campaign, number=1).sent_at is not None


def test_a_dead_address_is_suppressed_in_the_same_write_as_its_outcome(
    bakery: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bakery.people(2)
    campaign = bakery.launched()
    claimed = claim(bakery, campaign, 2)
    written: list[bytes] = []
    write = outside.writing.Writer.write

    def noted(self: Any, data: bytes) -> None:
        written.append(data)
        write(self, data)

    monkeypatch.setattr("mandata.infra.outside.writing.Writer.write", noted)
    dead = ("failed", 550, "5.1.1", "no such user", "rcpt")
    settle(bakery, campaign, claimed, dead, dead)
    (data,) = written
    assert data.count(b"audience.suppressed") == 2 and data.count(b"delivery.settled") == 1


def test_whoever_is_claimed_and_has_no_outcome_may_have_it_and_is_listed(bakery: Shop) -> None:
    bakery.people(5)
    campaign = bakery.launched()
    claim(bakery, campaign, 3)
    forget(bakery, campaign)
    services.replay(journal())
    assert bakery.states(campaign) == {"unknown": 3, "queued": 2}
    with scope(bakery.id):
        assert len(selectors.unknown(campaign)) == 3


def test_what_members_decided_about_unknown_messages_holds(bakery: Shop) -> None:
    bakery.people(4)
    campaign = bakery.launched()
    settle(bakery, campaign, claim(bakery, campaign, 4), *[("unknown",)] * 4)
    with scope(bakery.id):
        for numbers, resend in (([1], True), ([2, 3], False)):
            services.decide_unknown(campaign_id=campaign, resend=resend, actor=bakery.actor, at=now(), numbers=numbers)
    before = rows(bakery, campaign)
    assert [row[2] for row in before] == ["queued", "sent", "sent", "unknown"]
    forget(bakery, campaign)
    services.replay(journal())
    assert rows(bakery, campaign) == before


def test_a_backup_older_than_the_freeze_gets_the_messages_back_and_others_are_numbered_behind(bakery: Shop) -> None:
    people = bakery.people(6)
    campaign = bakery.launched()
    settle(bakery, campaign, claim(bakery, campaign, 3), ("sent", 250), ("unknown",), ("failed", 550))
    before = rows(bakery, campaign)
    forget(bakery, campaign, freeze=True)
    done = services.replay(journal())
    assert done.made == 3
    assert rows(bakery, campaign) == before[:3]
    with scope(bakery.id):
        bulk.execute("update campaigns_campaign set state = 'launching' where id = %b", [campaign])
    tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=now())
    after = rows(bakery, campaign)
    assert after[:3] == before[:3]
    assert {row[1] for row in after} == set(people) and len(after) == 6
    assert services.replay(journal()).made == 0


def test_an_erased_person_and_a_campaign_that_is_gone_come_back_as_nothing(bakery: Shop) -> None:
    people = bakery.people(3)
    campaign = bakery.launched()
    settle(bakery, campaign, claim(bakery, campaign, 3), *[("sent", 250)] * 3)
    lines = about(campaign)
    forget(bakery, campaign, freeze=True)
    with scope(bakery.id):
        bulk.execute("delete from audience_subscriber where id = %b", [people[0]])
    assert services.replay(lines).made == 2
    gone = [Line(line.at, line.kind, line.controller, line.body | {"campaign": str(new_id())}) for line in lines]
    assert services.replay(gone).made == 0


def test_a_cancelled_message_stays_cancelled_unless_it_was_sent(bakery: Shop) -> None:
    bakery.people(3)
    campaign = bakery.launched()
    settle(bakery, campaign, claim(bakery, campaign, 3), ("sent", 250), ("returned",), ("deferred", 451))
    with scope(bakery.id):
        services.cancel(campaign_id=campaign, actor=bakery.actor, at=now())
    before = rows(bakery, campaign)
    assert [row[2] for row in before] == ["sent", "cancelled", "cancelled"]
    services.replay(about(campaign))
    assert rows(bakery, campaign) == before


def test_every_road_by_which_outcomes_come_is_told(bakery: Shop, tmp_path: Path) -> None:
    bakery.people(150)
    campaign = bakery.launched()
    for chunk in {one.chunk_id for one in claim(bakery, campaign, 50)}:
        recovering.release(chunk_id=chunk, controller_id=bakery.id, campaign_id=campaign, at=now())
    claim(bakery, campaign, 50)
    recovering.expire_leases(at=now() + claiming.LEASE + recovering.GRACE * 2)
    told = [outcome for line in about(campaign) if line.kind == "delivery.settled" for outcome in line.body["outcomes"]]
    assert Counter(outcome[1] for outcome in told) == {"queued": 50, "unknown": 50}


def test_a_claim_that_cannot_be_told_is_not_made(bakery: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    bakery.people(3)
    campaign = bakery.launched()

    def full(*_: object) -> None:
        raise outside.NotKept("The outside log cannot be written: No space left on device.")

    with monkeypatch.context() as patch:
        patch.setattr("mandata.infra.outside.writing.Writer.write", full)
        with pytest.raises(outside.NotKept):
            claim(bakery, campaign, 3)
    assert bakery.states(campaign) == {"queued": 3}
    claimed = claim(bakery, campaign, 3)
    with monkeypatch.context() as patch:
        patch.setattr("mandata.infra.outside.writing.Writer.write", full)
        with pytest.raises(outside.NotKept):
            settle(bakery, campaign, claimed, *[("sent", 250)] * 3)
    assert bakery.states(campaign) == {"claimed": 3}


STEPS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["claim", "sent", "failed", "deferred", "queued", "unknown"])),
    max_size=12,
)


@given(STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_makes_no_difference_how_many_lines_are_applied_at_once(
    sending: tuple[Shop, UUID, list[UUID]], steps: list[tuple[int, str]]
) -> None:
    bakery, campaign, people = sending
    lines = [_line(bakery, campaign, people, *step) for step in steps]
    found = []
    for most in (1, 4, 1000):
        forget(bakery, campaign)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(replaying, "_MOST", most)
            services.replay(lines)
            found.append(rows(bakery, campaign))
            services.replay(lines)
            assert rows(bakery, campaign) == found[-1]
    assert found[0] == found[1] == found[2]


@pytest.fixture
def sending(bakery: Shop) -> tuple[Shop, UUID, list[UUID]]:
    people = sorted(bakery.people(3))
    return bakery, bakery.launched(), people


def _line(bakery: Shop, campaign: UUID, people: list[UUID], number: int, what: str) -> Line:
    at = now()
    if what == "claim":
        body = {"campaign": str(campaign), "messages": [[number, str(people[number - 1]), 1]]}
        return Line(at, "delivery.claimed", bakery.id, body)
    body = {"campaign": str(campaign), "at": at.isoformat(), "outcomes": [[number, what, 0, "", 1]]}
    return Line(at, "delivery.settled", bakery.id, body)


@pytest.mark.req("RET-7")
def test_a_database_from_the_middle_of_sending_is_known_to_be_older_than_what_was_sent(
    bakery: Shop, database: Urls
) -> None:
    people = bakery.people(6)
    campaign = bakery.launched()
    first, second = claim(bakery, campaign, 2), claim(bakery, campaign, 3)
    settle(bakery, campaign, first, ("sent", 250), ("returned",))
    require_claims(database.app)
    settle(bakery, campaign, second, ("sent", 250), ("deferred", 451), ("sent", 250))
    require_claims(database.app)
    forget(bakery, campaign)
    with pytest.raises(OlderDatabase, match=r"has not even claimed 3 of these messages"):
        require_claims(database.app)
    services.replay(about(campaign))
    require_claims(database.app)
    forget(bakery, campaign, freeze=True)  # as after an erasure of everybody
    require_claims(database.app)
    assert people


def test_outcomes_that_were_told_and_never_committed_are_no_sign_of_an_older_database(
    bakery: Shop, database: Urls
) -> None:
    bakery.people(2)
    campaign = bakery.launched()
    claimed = claim(bakery, campaign, 2)
    with pytest.raises(ZeroDivisionError), pytest.MonkeyPatch.context() as patch:
        write = Writer.write

        def die(self: Writer, data: bytes) -> None:
            write(self, data)
            raise ZeroDivisionError

        patch.setattr("mandata.infra.outside.writing.Writer.write", die)
        settle(bakery, campaign, claimed, ("sent", 250), ("returned",))
    assert bakery.states(campaign) == {"claimed": 2}
    require_claims(database.app)
