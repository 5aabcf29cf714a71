"""The engine on the real database and a real receiver: every recipient accounted for."""

import errno
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db import connection

from mandata.accounts.models import Directory
from mandata.audience import services as audience
from mandata.audience.rules.bases import Reason
from mandata.campaigns import selectors as campaigns
from mandata.delivery import journal, selectors, services, tasks
from mandata.delivery.catcher.server import Catcher, Place
from mandata.delivery.engine.worker import Worker
from mandata.delivery.services import claiming, keys, recovering, refusals, tending, thresholds
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.smtp import SmtpTransport
from mandata.foundation.errors import Fault
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.vault.services import token_keys
from tests.delivery.mailing import Shop, shop
from tests.delivery.signing_kit import by_dkimpy, by_opendkim


@pytest.fixture
def bakery(database: Urls) -> Shop:
    return shop()


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0))
    catcher.start()
    yield catcher
    catcher.stop()


def worker(port: int, folder: Path, bakery: Shop) -> Worker:
    """An engine for this test's controller: others' leftovers are not its business."""
    transport = SmtpTransport(SmtpSettings("127.0.0.1", port, connections=4, patience=1.0))
    return Worker(
        transport=transport,
        keys=token_keys(),
        domain="returns.test",
        folder=folder,
        patience=0.3,
        only=frozenset({bakery.id}),
    )


def tend(bakery: Shop, campaign: UUID) -> None:
    tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=now())


def caught(catcher: Catcher) -> Counter[str]:
    return Counter(message.recipient for message in catcher.store.page(limit=1_000_000))


@pytest.mark.req("CAM-1", "DLV-5")
def test_a_domain_with_accents_is_written_to_by_its_name_in_ascii(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    bakery.people(1, "reader{}@žluťoučký-kůň.example".format)
    campaign = bakery.launched()
    worker(catcher.smtp_port, tmp_path / "journals", bakery).run()
    assert bakery.states(campaign) == {"sent": 1}
    assert list(caught(catcher)) == ["reader0@xn--luouk-k-z2a6lsyxjlexh.example"]


@pytest.mark.req("CAM-1", "DLV-5")
def test_everybody_on_the_list_gets_one_message_and_the_campaign_finishes(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    bakery.people(230)
    campaign = bakery.launched()
    assert bakery.states(campaign) == {"queued": 230}
    assert worker(catcher.smtp_port, tmp_path / "journals", bakery).run() == 230
    tend(bakery, campaign)
    assert bakery.states(campaign) == {"sent": 230}
    assert bakery.campaign_state(campaign) == "finished"
    assert set(caught(catcher).values()) == {1} and len(caught(catcher)) == 230
    assert list((tmp_path / "journals").iterdir()) == []
    with scope(bakery.id):
        progress = selectors.progress(campaign)
    assert (progress.total, progress.done, progress.left, progress.in_flight) == (230, 230, 0, 0)


def test_the_message_carries_the_way_out_and_a_sender_that_names_it(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    bakery.people(1)
    bakery.launched()
    worker(catcher.smtp_port, tmp_path / "j", bakery).run()
    (message,) = catcher.store.page()
    content = catcher.store.content(message.id)
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in content
    assert b"Ann0" in content
    token = services.returning.read_token(message.sender.partition("@")[0])
    assert token is not None and token.message_no == 1


@pytest.mark.req("AUDI-4")
def test_who_may_not_receive_any_more_is_left_out_at_the_next_claim(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    people = bakery.people(60)
    campaign = bakery.launched()
    with scope(bakery.id):
        audience.suppress(subscriber_id=people[0], reason=Reason.OBJECTION, actor=bakery.actor, at=now())
        audience.restrict(subscriber_id=people[1], actor=bakery.actor, at=now())
        audience.unsubscribe(subscriber_id=people[2], list_id=bakery.list_id, actor=bakery.actor, at=now())
    worker(catcher.smtp_port, tmp_path / "j", bakery).run()
    assert bakery.states(campaign) == {"sent": 57, "cancelled": 3}
    assert not {"reader0@inbox.example", "reader1@inbox.example", "reader2@inbox.example"} & set(caught(catcher))


def test_refusals_end_in_their_states_and_dead_addresses_are_suppressed(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    names = ("bounce5", "full", "busy4", "spam5", "plain")
    bakery.people(5, lambda i: f"{names[i]}@inbox.example")
    campaign = bakery.launched()
    worker(catcher.smtp_port, tmp_path / "j", bakery).run()
    assert bakery.states(campaign) == {"sent": 1, "deferred": 1, "failed": 3}
    with scope(bakery.id):
        assert audience.is_suppressed(email="bounce5@inbox.example", at=now()) == "hard_bounce"
        assert audience.is_suppressed(email="full@inbox.example", at=now()) == ""
        assert selectors.came_back(campaign) == {("bounce", True): 1, ("bounce", False): 2}
        assert selectors.progress(campaign).next_at is not None
    tend(bakery, campaign)
    assert bakery.campaign_state(campaign) == "sending", "one message waits for its time"


def test_two_workers_share_a_campaign_and_nobody_gets_two(bakery: Shop, catcher: Catcher, tmp_path: Path) -> None:
    bakery.people(1200)
    campaign = bakery.launched()
    workers = [worker(catcher.smtp_port, tmp_path / "j", bakery) for _ in range(2)]
    threads = [threading.Thread(target=one.run) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert bakery.states(campaign) == {"sent": 1200}
    assert set(caught(catcher).values()) == {1} and len(caught(catcher)) == 1200


def test_a_paused_campaign_claims_nothing_and_goes_on_when_resumed(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    bakery.people(120)
    campaign = bakery.launched()
    with scope(bakery.id):
        services.pause(campaign_id=campaign, actor=bakery.actor, at=now())
    assert worker(catcher.smtp_port, tmp_path / "j", bakery).run() == 0
    with scope(bakery.id):
        services.resume(campaign_id=campaign, actor=bakery.actor, at=now())
    assert worker(catcher.smtp_port, tmp_path / "j", bakery).run() == 120


def test_a_cancelled_campaign_takes_back_what_was_not_sent(bakery: Shop, catcher: Catcher, tmp_path: Path) -> None:
    bakery.people(70)
    campaign = bakery.launched()
    with scope(bakery.id):
        services.cancel(campaign_id=campaign, actor=bakery.actor, at=now())
    assert worker(catcher.smtp_port, tmp_path / "j", bakery).run() == 0
    tend(bakery, campaign)
    assert bakery.states(campaign) == {"cancelled": 70}


def test_a_stop_finishes_what_is_in_flight_and_gives_the_rest_back(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    bakery.people(3000)
    campaign = bakery.launched()
    one = worker(catcher.smtp_port, tmp_path / "j", bakery)
    thread = threading.Thread(target=one.run)
    thread.start()
    while catcher.store.latest() < 100:
        time.sleep(0.005)
    one.stop()
    thread.join(60)
    states = bakery.states(campaign)
    assert set(states) <= {"sent", "queued"} and states["sent"] == sum(caught(catcher).values())
    assert list((tmp_path / "j").iterdir()) == []


def test_a_receiver_that_is_away_leaves_everything_in_the_queue(bakery: Shop, tmp_path: Path) -> None:
    bakery.people(80)
    campaign = bakery.launched()
    one = worker(1, tmp_path / "j", bakery)
    thread = threading.Thread(target=one.run)
    thread.start()
    time.sleep(1.5)
    one.stop()
    thread.join(60)
    assert bakery.states(campaign) == {"queued": 80}


def test_the_unknown_are_listed_and_a_member_decides(bakery: Shop, catcher: Catcher, tmp_path: Path) -> None:
    bakery.people(10)
    campaign = bakery.launched()
    worker(catcher.smtp_port, tmp_path / "j", bakery).run()
    tend(bakery, campaign)
    with scope(bakery.id):
        tending.move(campaign_id=campaign, before=("sent",), after="unknown", at=now(), numbers=[3, 4, 5])
        assert [one.number for one in selectors.unknown(campaign)] == [3, 4, 5]
        services.decide_unknown(campaign_id=campaign, resend=False, numbers=[3], actor=bakery.actor, at=now())
        services.decide_unknown(campaign_id=campaign, resend=True, actor=bakery.actor, at=now())
    assert bakery.states(campaign) == {"sent": 8, "queued": 2}
    worker(catcher.smtp_port, tmp_path / "j", bakery).run()
    assert bakery.states(campaign) == {"sent": 10}
    assert sorted(caught(catcher).values()) == [1] * 8 + [2] * 2


def test_a_lost_hosts_messages_are_unknown_once_the_lease_is_over(bakery: Shop, tmp_path: Path) -> None:

    from mandata.delivery.engine.loading import Shelf
    from mandata.delivery.services import claiming
    from mandata.infra.clock import new_id

    bakery.people(60)
    campaign = bakery.launched()
    shelf, at = Shelf(), now()
    loaded, standing = shelf.campaign(bakery.id, campaign), shelf.standing(bakery.id, at)
    assert loaded is not None and standing is not None
    claimed = claiming.claim(order=loaded.order(new_id(), 7), standing=standing, limit=50, at=at)
    assert len(claimed) == 50 and len({one.chunk_id for one in claimed}) == 1
    recovering.expire_leases(at=at + timedelta(seconds=70))
    assert bakery.states(campaign) == {"claimed": 50, "queued": 10}
    recovering.expire_leases(at=at + timedelta(seconds=300))
    assert bakery.states(campaign) == {"unknown": 50, "queued": 10}


def test_a_launch_freezes_exactly_whom_the_rule_admits(bakery: Shop) -> None:
    people = bakery.people(40)
    with scope(bakery.id):
        audience.suppress(subscriber_id=people[0], reason=Reason.COMPLAINT, actor=bakery.actor, at=now())
        admitted, held = services.audience(bakery.list_id, at=now())
    assert (admitted, held) == (39, {"suppressed": 1})
    campaign: UUID = bakery.launched()
    assert bakery.states(campaign) == {"queued": 39}


@pytest.mark.req("DLV-3")
def test_a_suspended_controller_sends_nothing_until_it_is_lifted(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    bakery.people(40)
    campaign = bakery.launched()
    Directory.objects.filter(controller_id=bakery.id).update(state="suspended")
    assert worker(catcher.smtp_port, tmp_path / "j", bakery).run() == 0
    assert not tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=now())
    Directory.objects.filter(controller_id=bakery.id).update(state="active")
    later = now() + timedelta(seconds=10)
    assert tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=later)
    assert bakery.states(campaign) == {"queued": 40}


def test_a_claim_whose_answer_was_lost_is_given_back_when_the_engine_leaves(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    """PostgreSQL committed the claim and went away before it could say so; nobody else knows of these messages."""
    bakery.people(120)
    campaign = bakery.launched()
    leaving = worker(catcher.smtp_port, tmp_path / "j", bakery)
    with scope(bakery.id):
        row = campaigns.row(campaign)
    assert row.list_id is not None and row.launched_at is not None
    order = claiming.Order(bakery.id, campaign, row.list_id, row.launched_at, leaving.id, 1)
    standing = claiming.standing(bakery.id, at=now())
    assert standing is not None
    assert len(claiming.claim(order=order, standing=standing, limit=120, at=now())) == 120
    leaving.stop()
    leaving.run()
    assert bakery.states(campaign) == {"queued": 120}
    assert claiming.own_chunks(leaving.id) == []
    assert list((tmp_path / "j").iterdir()) == []


@pytest.mark.parametrize("algorithms", [(), ("rsa-2048",), ("rsa-2048", "ed25519")], ids=["none", "rsa", "both"])
@pytest.mark.req("DLV-5")
def test_what_is_sent_bears_a_signature_of_each_key_that_is_active(
    database: Urls, catcher: Catcher, tmp_path: Path, algorithms: tuple[str, ...]
) -> None:
    signing = shop(signs=algorithms)
    signing.people(3, "reader{}@inbox.example".format, {"first_name": "Žofie\r\nBcc: x"})
    signing.launched()
    worker(catcher.smtp_port, tmp_path, signing).run()
    with scope(signing.id):
        active = keys.signing_keys("bakery.example")
    sent = [catcher.store.content(one.id) for one in catcher.store.page()]
    assert [one.algorithm for one in active] == list(algorithms)
    assert [by_dkimpy(one, active) for one in sent] == [[True] * len(algorithms)] * 3
    assert by_opendkim(sent, active) == [[True] * len(algorithms)] * 3


@pytest.mark.parametrize("room", [3, 40, 200])
@pytest.mark.req("DLV-5")
def test_a_disk_that_fills_up_ends_the_engine_with_the_reason_and_loses_nobody(
    bakery: Shop, catcher: Catcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """What was in flight gets its answer; what could not be begun goes back, and is not taken for unknown."""
    bakery.people(400)
    campaign = bakery.launched()
    written = iter(range(room))

    def write(file: int, data: bytes) -> int:
        if next(written, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(file, data)

    with monkeypatch.context() as small:
        small.setattr(journal, "os", SimpleNamespace(**(vars(os) | {"write": write})))
        with pytest.raises(Fault, match="No space left"):
            worker(catcher.smtp_port, tmp_path / "j", bakery).run()
    states, sent = bakery.states(campaign), sum(caught(catcher).values())
    assert states.get("sent", 0) == sent and set(states) <= {"sent", "queued"} and sum(states.values()) == 400
    assert list((tmp_path / "j").iterdir()) == []
    worker(catcher.smtp_port, tmp_path / "j", bakery).run()
    assert bakery.states(campaign) == {"sent": 400} and set(caught(catcher).values()) == {1}


@pytest.mark.req("DLV-5", "AUDI-4")
def test_an_outcome_is_written_though_what_follows_from_it_fails_and_a_job_draws_it_later(
    bakery: Shop, catcher: Catcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(row: object, *, at: object) -> None:
        raise RuntimeError("nobody thought of this")

    bakery.people(3, lambda i: f"{('bounce5', 'plain', 'more')[i]}@inbox.example")
    campaign = bakery.launched()
    with monkeypatch.context() as broken:
        broken.setattr(thresholds, "look", fails)
        worker(catcher.smtp_port, tmp_path / "j", bakery).run()
    assert bakery.states(campaign) == {"sent": 2, "failed": 1}
    assert list((tmp_path / "j").iterdir()) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "select args from procrastinate_jobs where task_name = %s and args ->> 'campaign_id' = %s",
            [refusals.JOB, str(campaign)],
        )
        ((args,),) = cursor.fetchall()
    with scope(bakery.id):
        assert selectors.came_back(campaign) == {}
    for _ in range(2):
        tasks.draw_refusals(**(json.loads(args) if isinstance(args, str) else args))
        with scope(bakery.id):
            assert selectors.came_back(campaign) == {("bounce", True): 1}
            assert audience.is_suppressed(email="bounce5@inbox.example", at=now()) == "hard_bounce"
