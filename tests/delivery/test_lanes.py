"""Limits on the real database: shared exactly by real processes, and a throttled lane holds nobody else."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.recipients import Asked
from mandata.campaigns.models import Active
from mandata.delivery.catcher.server import Catcher, Place
from mandata.delivery.engine.desk import Desk
from mandata.delivery.engine.loading import Shelf
from mandata.delivery.engine.planning import Planner
from mandata.delivery.engine.worker import Worker
from mandata.delivery.journal import SUFFIX, Journal, Replay
from mandata.delivery.models import Hold, Lane, Message, Provider, Rule, Transport, Warmup
from mandata.delivery.nameserver import NameServer, Zone
from mandata.delivery.resolver import resolver
from mandata.delivery.rules.limits import Allowance, Ask
from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.services import caps, claiming, limiting, providing, recovering, tending, transports
from mandata.delivery.statements import statement
from mandata.delivery.transports.port import Road
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.smtp import SmtpTransport
from mandata.foundation.actors import SYSTEM
from mandata.infra import bulk
from mandata.infra.clock import new_id, now
from mandata.infra.environment import env
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.vault.services import token_keys
from tests.delivery.mailing import Shop, engine, shop
from tests.delivery.scripted import Scripted, Talk

ASK = """
import django, json, random, sys, time
django.setup()
from mandata.delivery.rules.limits import Allowance, Ask
from mandata.delivery.services import limiting
key, rate, daily, seconds, seed = json.loads(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
until = time.time() + seconds
draw, found = random.Random(seed), []
while time.time() < until:
    before = time.time()
    (got,) = limiting.grant([Ask(draw.randint(1, 60), (key,))], {key: Allowance(rate, daily)})
    found.append((before, time.time(), got.messages))
    if got.messages > 3 and draw.random() < 0.2:
        limiting.give_back({key: 3})
        found.append((time.time(), time.time(), -3))
    time.sleep(draw.random() * 0.02)
print(json.dumps(found))
"""


class Undone(Exception):
    """What was done is not kept."""


@pytest.fixture
def bakery(database: Urls) -> Iterator[Shop]:
    yield shop()
    for table in (Rule, Warmup, Lane, Hold, Provider):
        table.objects.all().delete()


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0))
    catcher.start()
    yield catcher
    catcher.stop()


def worker(port: int, folder: Path, bakery: Shop, patience: float = 0.3) -> Worker:
    transport = SmtpTransport(SmtpSettings("127.0.0.1", port, connections=4, patience=1.0))
    only = frozenset({bakery.id})
    return Worker(
        transport=transport, keys=token_keys(), domain="returns.test", folder=folder, patience=patience, only=only
    )


def rule(provider: str, *, transport: int = -1, **more: float) -> None:
    Rule.objects.create(transport=transport, provider=provider, changed_at=now(), **more)


def asking(key: str, rate: float | None, daily: int | None, seconds: float) -> list[tuple[float, float, int]]:
    """Ask from several processes at once; return (before, after, messages) of each grant."""
    tasks = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, json.dumps([key, rate, daily, seconds, seed])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": "src", "MANDATA_KEYS": str(env().keys_folder)},
        )
        for seed in range(3)
    ]  # fmt: skip
    found: list[tuple[float, float, int]] = []
    try:
        for task in tasks:
            assert task.stdout is not None and task.stdout.readline() == "ready\n"
        for task in tasks:
            assert task.stdin is not None
            task.stdin.write("go\n")
            task.stdin.flush()
        for task in tasks:
            out, _ = task.communicate(timeout=120)
            assert task.returncode == 0
            found += [(before, after, got) for before, after, got in json.loads(out)]
    finally:
        for task in tasks:
            task.kill()
            task.wait()
    return sorted(found)


def by_domain(catcher: Catcher, domain: str) -> list[float]:
    found = catcher.store.page(limit=1_000_000)
    return sorted(one.at.timestamp() for one in found if one.recipient.endswith(domain))


# -- shared by processes -----------------------------------------------------------------------------------------------


@pytest.mark.req("DLV-3")
def test_several_processes_at_once_never_get_more_than_the_rate(bakery: Shop) -> None:
    rate = 150.0
    found = asking("lane:0:rated", rate, None, 3.0)
    assert sum(got for _, _, got in found) > rate, "they did get something"
    for first, (since, _, _) in enumerate(found):
        total = 0
        for _, after, got in found[first:]:
            total += got
            assert total <= rate * (after - since) + 2 * rate + 1
    began, ended = found[0][0], max(after for _, after, _ in found)
    assert sum(got for _, _, got in found) <= rate * (ended - began) + rate + 1


@pytest.mark.req("DLV-3")
def test_several_processes_at_once_get_exactly_the_daily_cap(bakery: Shop) -> None:
    found = asking("lane:0:capped", None, 1000, 1.5)
    assert sum(got for _, _, got in found) == 1000
    assert Lane.objects.get(key="lane:0:capped").granted == 1000


@pytest.mark.req("DLV-3")
def test_real_engines_keep_to_a_rate_together_and_nobody_waits_for_the_throttled(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    rule("Seznam", per_second=30.0)
    bakery.people(400, lambda i: f"reader{i}@{'seznam.cz' if i < 150 else 'inbox.example'}")
    campaign = bakery.launched()
    engines = [engine(catcher.smtp_port, tmp_path, bakery) for _ in range(2)]
    try:
        limit = time.monotonic() + 60
        while bakery.left(campaign) and time.monotonic() < limit:
            time.sleep(0.1)
    finally:
        for one in engines:
            one.terminate()
        for one in engines:
            one.wait(60)
    assert bakery.states(campaign) == {"sent": 400}
    slow, fast = by_domain(catcher, "@seznam.cz"), by_domain(catcher, "@inbox.example")
    assert fast[-1] < slow[-1], "the others were through before the throttled"
    assert sum(at <= fast[-1] for at in slow) < 140
    # What was granted may lie on the desks of both for a moment; the bucket holds a second's worth.
    for first, since in enumerate(slow):
        for place, at in enumerate(slow[first:], 1):
            assert place <= 30.0 * (at - since) + 3 * 30.0


@pytest.mark.req("DLV-3")
def test_a_daily_cap_holds_and_the_rest_of_the_campaign_waits_without_keeping_an_engine(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    rule("Seznam", daily=25)
    bakery.people(80, lambda i: f"reader{i}@{'seznam.cz' if i < 60 else 'inbox.example'}")
    campaign, began = bakery.launched(), now()
    assert worker(catcher.smtp_port, tmp_path / "j", bakery).run() == 45
    assert bakery.states(campaign) == {"sent": 45, "queued": 35}
    due = Active.objects.get(campaign_id=campaign).due_at
    assert began + timedelta(seconds=20) < due < now() + timedelta(seconds=70), "it was put off, for others' sake"


@pytest.mark.req("DLV-3")
def test_a_new_sending_domain_is_warmed_up_by_its_plan(bakery: Shop, catcher: Catcher, tmp_path: Path) -> None:
    today = now().date()
    Warmup.objects.create(
        kind="domain", name="bakery.example", plan=[10, 40], begins_on=today - timedelta(days=1), changed_at=now()
    )
    bakery.people(100)
    campaign = bakery.launched()
    assert worker(catcher.smtp_port, tmp_path / "j", bakery).run() == 40
    assert bakery.states(campaign) == {"sent": 40, "queued": 60}


@pytest.mark.req("DLV-3")
def test_a_source_address_and_a_transport_have_buckets_of_their_own(bakery: Shop) -> None:
    Warmup.objects.create(kind="source", name="192.0.2.7", plan=[10], begins_on=now().date(), changed_at=now())
    road = Road("3", transport=3, source="192.0.2.7", rate=5, daily=100)
    found = limiting.current(at=now()).buckets(road, "Seznam", "bakery.example", now())
    assert {key: tuple(one) for key, one in found.items()} == {"road:3": (5, 100), "source:192.0.2.7": (None, 10)}
    assert limiting.current(at=now()).buckets(Road(""), "Seznam", "bakery.example", now()) == {}


def test_what_came_back_unsent_gives_its_tokens_back(bakery: Shop, tmp_path: Path) -> None:
    rule("Seznam", daily=50)
    bakery.people(80, "reader{}@seznam.cz".format)
    campaign = bakery.launched()
    one = worker(1, tmp_path / "j", bakery)
    thread = threading.Thread(target=one.run)
    thread.start()
    time.sleep(1.5)
    one.stop()
    thread.join(60)
    assert bakery.states(campaign) == {"queued": 80}
    assert Lane.objects.get(key="lane:0:Seznam").granted == 0


# -- slow-down ---------------------------------------------------------------------------------------------------------


@pytest.mark.req("DLV-3")
def test_a_relay_that_says_421_is_slowed_down_for_every_worker_and_comes_back(bakery: Shop, tmp_path: Path) -> None:
    refused = {"left": 1}

    def script(talk: Talk) -> None:
        talk.greet("PIPELINING", "ENHANCEDSTATUSCODES")

        def rcpt(_: str) -> str:
            if len(talk.server.received) > 60 and refused["left"]:
                refused["left"] -= 1
                return "421 4.7.0 too many messages, slow down"
            return "250 ok"

        talk.serve(rcpt=rcpt)

    bakery.people(400)
    campaign = bakery.launched()
    with Scripted(script) as server:
        one = worker(server.port, tmp_path / "j", bakery, patience=1.0)
        thread = threading.Thread(target=one.run)
        thread.start()
        limit = time.monotonic() + 30
        while not Lane.objects.filter(slowed_at__isnull=False).exists() and time.monotonic() < limit:
            time.sleep(0.02)
        lane = Lane.objects.get(key="road:0")
        assert lane.pace is not None and lane.ceiling is not None and lane.said == "421 4.7.0"
        assert lane.pace == pytest.approx(lane.ceiling / 2)
        held = limiting.current(at=now())
        assert "road:0" in held.buckets(Road(""), "", "bakery.example", now())
        later = now() + timedelta(hours=1)
        assert held.buckets(Road(""), "", "bakery.example", later) == {}, "by then it has recovered"
        one.stop()
        thread.join(60)
    states = bakery.states(campaign)
    assert set(states) <= {"sent", "queued", "deferred"} and sum(states.values()) == 400


def test_a_slow_down_of_a_moment_ago_is_not_doubled(bakery: Shop) -> None:
    free = Allowance(None, None)
    assert limiting.slow_down("lane:0:Seznam", allowed=free, measured=80.0, said="421")
    assert not limiting.slow_down("lane:0:Seznam", allowed=free, measured=80.0, said="421")
    assert Lane.objects.get(key="lane:0:Seznam").pace == 40.0


# -- connections -------------------------------------------------------------------------------------------------------


@pytest.mark.req("DLV-3")
def test_workers_never_lease_more_connections_than_a_provider_allows(bakery: Shop) -> None:
    first, second, third = new_id(), new_id(), new_id()
    key = "lane:1:Seznam"
    assert limiting.hold(key=key, worker_id=first, wanted=6, most=10) == 6
    assert limiting.hold(key=key, worker_id=second, wanted=6, most=10) == 4
    assert limiting.hold(key=key, worker_id=third, wanted=6, most=10) == 0
    assert limiting.hold(key=key, worker_id=first, wanted=2, most=10) == 2
    assert limiting.hold(key=key, worker_id=third, wanted=6, most=10) == 4
    limiting.let_go(worker_id=second)
    assert limiting.hold(key=key, worker_id=third, wanted=8, most=10) == 8
    Hold.objects.filter(worker_id=third).update(until=now() - timedelta(seconds=1))
    assert limiting.hold(key=key, worker_id=first, wanted=10, most=10) == 10, "whoever is not heard of has lost them"


# -- providers by MX ---------------------------------------------------------------------------------------------------


@pytest.mark.req("DLV-3")
def test_who_receives_for_a_domain_is_found_by_its_mail_exchangers(
    bakery: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone = Zone()
    zone.put("office.example", "MX", "1 aspmx.l.google.com")
    zone.put("lone.example", "MX", "10 mx.lone.example")
    for n in range(providing.SHARED):
        zone.put(f"shop{n}.example", "MX", "10 mx1.hosting.example")
    server = NameServer(zone)
    server.start()
    try:
        settings = resolver(f"127.0.0.1:{server.port}")
        monkeypatch.setattr("mandata.delivery.services.providing.resolver", lambda *_, **__: settings)
        domains = ["office.example", "lone.example", "gone.example", *(f"shop{n}.example" for n in range(5))]
        bakery.people(16, lambda i: f"reader{i}@{domains[i % 8]}")
        assert providing.fill(controller_id=bakery.id, at=now(), seconds=10.0) == 8
        assert providing.fill(controller_id=bakery.id, at=now(), seconds=10.0) == 0, "it is known for a week"
    finally:
        server.stop()
    campaign = bakery.launched()
    with scope(bakery.id):
        rows = Message.objects.filter(campaign_id=campaign).values_list("provider", flat=True)
        counted = {name: list(rows).count(name) for name in set(rows)}
    assert counted == {"Gmail": 2, "hosting.example": 10, "": 4}
    later = now() + providing.KEPT + timedelta(days=1)
    Provider.objects.filter(used_at__lt=later - providing.KEPT).delete()
    assert not Provider.objects.exists()


# -- claims ------------------------------------------------------------------------------------------------------------


def claim(bakery: Shop, campaign: UUID, wants: dict[str, int]) -> list[claiming.Claimed]:
    shelf, at = Shelf(), now()
    loaded, standing = shelf.campaign(bakery.id, campaign), shelf.standing(bakery.id, at)
    assert loaded is not None and standing is not None
    order = loaded.order(new_id(), 7)
    return claiming.claim(order=order, standing=standing, limit=sum(wants.values()), at=at, wants=wants)


def test_a_claim_takes_of_each_provider_what_was_wanted_and_what_waited_for_its_time_first(bakery: Shop) -> None:
    bakery.people(60, lambda i: f"reader{i}@{'seznam.cz' if i % 2 else 'inbox.example'}")
    campaign = bakery.launched()
    with scope(bakery.id):
        numbers = list(
            Message.objects.filter(campaign_id=campaign, provider="Seznam").order_by("-number")
            .values_list("number", flat=True)[:3]
        )  # fmt: skip
        past, ahead = now() - timedelta(minutes=1), now() + timedelta(minutes=9)
        Message.objects.filter(campaign_id=campaign, number__in=numbers[:2]).update(state="deferred", next_at=past)
        Message.objects.filter(campaign_id=campaign, number=numbers[2]).update(state="deferred", next_at=ahead)
    found = claim(bakery, campaign, {"Seznam": 5, "": 7})
    assert sorted(one.provider for one in found) == [""] * 7 + ["Seznam"] * 5
    taken = {one.number for one in found}
    assert set(numbers[:2]) <= taken and numbers[2] not in taken


@pytest.mark.req("DLV-3")
def test_a_claim_walks_over_no_messages_of_a_throttled_provider(bakery: Shop) -> None:
    """Twenty thousand that wait for their time, and twenty thousand that are throttled, lie before the few wanted."""
    bakery.people(60, lambda i: f"reader{i}@{'seznam.cz' if i % 2 else 'inbox.example'}")
    campaign = bakery.launched()
    plan: Any = None
    with suppress(Undone), scope(bakery.id):
        for state, at, start in (("queued", None, 1_000), ("deferred", now() + timedelta(hours=1), 30_000)):
            bulk.execute(
                "insert into delivery_message (controller_id, campaign_id, subscriber_id, number, provider, state, "
                "next_at) select %b, %b, gen_random_uuid(), n, 'Gmail', %b, %b from generate_series(%b::int, %b) n",
                [bakery.id, campaign, state, at, start, start + 19_999],
            )
        bulk.execute("select delivery_analyse(%b)", [campaign])
        rule_ = agreements.recipient_rule(now())
        assert rule_ is not None
        values = rule_.parameters(Asked("email", now(), now())) | {
            "controller": bakery.id, "campaign": campaign, "list": bakery.list_id, "chunks": [new_id()], "size": 50,
            "shard": 7, "transport": 0, "providers": ["Gmail", "Seznam", ""], "limits": [1, 20, 20],
        }  # fmt: skip
        text = "explain (analyze, buffers, format json) " + statement("claim", rule=rule_.sql())
        (plan,) = bulk.execute(text, values)[0]
        raise Undone
    plan = json.loads(plan) if isinstance(plan, str) else plan
    touched = plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]
    assert touched < 4_000, touched
    assert "Seq Scan on delivery_message" not in json.dumps(plan)


def test_a_receiver_that_takes_nothing_is_left_alone_for_a_while(bakery: Shop) -> None:
    """What comes back to wait is deferred without an attempt, and the outside log says the same."""
    bakery.people(10)
    campaign = bakery.launched()
    found, at = claim(bakery, campaign, {"": 10}), now()
    again = at + timedelta(seconds=15)
    rows = [
        claiming.Settled(one.chunk_id, one.number, one.attempts, Outcome(one.number, "returned"), at, again)
        for one in found
    ]
    claiming.settle(
        controller_id=bakery.id, campaign_id=campaign, shard=7, settled=rows, done=[found[0].chunk_id], at=at
    )
    assert bakery.states(campaign) == {"deferred": 10}
    with scope(bakery.id):
        assert set(Message.objects.filter(campaign_id=campaign).values_list("attempts", "next_at")) == {(0, again)}
    assert not tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=at)
    assert Active.objects.get(campaign_id=campaign).due_at == again


@pytest.mark.req("DLV-3")
def test_a_limit_of_connections_that_is_lifted_holds_no_lane_any_more(bakery: Shop) -> None:
    rule("tiny.example", connections=1)
    one, other = (Planner(Desk(token_keys(), "returns.test"), new_id()) for _ in range(2))
    road, lane, key = Road("1", transport=1, direct=True), "1/mx.tiny.example~0", "lane:1:tiny.example"
    for planner, allowed in ((one, True), (other, False)):
        assert planner._connected(road, "tiny.example", limiting.current(at=now())) == allowed
        planner.learn(road, "tiny.example", lane)
    assert one._desk.group(lane) == (key, 1) and other._desk.group(lane) == (key, -1)
    Rule.objects.all().delete()
    for planner in (one, other):
        assert planner._connected(road, "tiny.example", limiting.current(at=now()))
        assert planner._desk.group(lane) == ("", 0), "as many connections as the transport likes"
    assert not Hold.objects.exists()


def test_a_lane_in_which_nothing_is_left_keeps_no_engine() -> None:
    desk = Desk(token_keys(), "returns.test", exhausted=True)
    desk._lanes["1/mx.gone.example~0"] = deque()
    desk._sweep(time.monotonic())
    assert desk.closed() and not desk.under_way()


@pytest.mark.req("DLV-3")
def test_what_somebody_waits_for_goes_before_what_is_sent_to_many(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    bakery.people(1500)
    many = bakery.launched()
    urgent = bakery.launched()
    Active.objects.filter(campaign_id=urgent).update(urgency=0)
    one = worker(catcher.smtp_port, tmp_path / "j", bakery)
    thread = threading.Thread(target=one.run)
    thread.start()
    while bakery.left(urgent):
        time.sleep(0.01)
    waiting = bakery.left(many)
    thread.join(60)
    assert waiting > 900
    assert bakery.states(many) == bakery.states(urgent) == {"sent": 1500}


@pytest.mark.req("DLV-3")
def test_what_a_killed_process_was_granted_and_did_not_use_is_granted_again(bakery: Shop, tmp_path: Path) -> None:
    """Of 50 messages claimed under a daily cap, 10 were begun when the process died."""
    rule("Seznam", daily=60)
    bakery.people(80, "reader{}@seznam.cz".format)
    campaign, at, dead = bakery.launched(), now(), new_id()
    shelf = Shelf()
    loaded, standing = shelf.campaign(bakery.id, campaign), shelf.standing(bakery.id, at)
    assert loaded is not None and standing is not None
    key = limiting.lane_key(0, "Seznam")
    Lane.objects.filter(key=key).delete()
    (granted,) = limiting.grant([Ask(50, (key,))], {key: Allowance(None, 60)})
    assert granted.messages == 50
    claimed = claiming.claim(order=loaded.order(dead, 7), standing=standing, limit=50, at=at, wants={"Seznam": 50})
    journal = Journal(tmp_path / f"dead{SUFFIX}", dead)
    journal.opened(claimed[0].chunk_id, loaded.number)
    for one in claimed[:10]:
        journal.begin(one.chunk_id, one.number)
    os.close(journal._file)  # as death does
    assert recovering.recover_journals(folder=tmp_path, at=now()) == 1
    assert bakery.states(campaign) == {"unknown": 10, "queued": 70}
    assert Lane.objects.get(key=key).granted == 10


@pytest.mark.req("DLV-3")
def test_what_was_granted_to_a_process_that_died_before_it_claimed_lapses_with_the_second_and_the_day(
    bakery: Shop,
) -> None:
    """Nothing says who took it, so nothing gives it back: until it lapses less is sent, never more."""
    key, allowed = limiting.lane_key(0, "Seznam"), Allowance(50.0, 60)

    def later(**passed: float) -> None:
        row = Lane.objects.get(key=key)
        ago = timedelta(**passed)
        Lane.objects.filter(key=key).update(filled_at=row.filled_at - ago, day=row.day - timedelta(days=ago.days))

    def granted(messages: int) -> int:
        return limiting.grant([Ask(messages, (key,))], {key: allowed})[0].messages

    Lane.objects.filter(key=key).delete()
    granted(1)
    later(seconds=10)
    assert granted(50) == 50, "and here it died"
    later(seconds=1)
    assert granted(50) == 10, "the rate is whole again, the day remembers"
    later(days=1)
    assert granted(60) == 50 and granted(10) <= 10, "a second's worth, of a whole day's"
    assert Lane.objects.get(key=key).granted <= 60


@pytest.mark.req("DLV-3", "DLV-2")
def test_what_one_of_several_addresses_was_granted_counts_until_midnight_and_its_provider_gets_it_back(
    bakery: Shop, tmp_path: Path
) -> None:
    """A chunk knows its transport, not from which of the addresses it would have left: no address gets another's."""
    ours = ("127.0.0.41", "127.0.0.42")
    sources = [transports.From(address, f"out{number}.own.test") for number, address in enumerate(ours)]
    transports.add(transports.Details("several", "direct", sources=sources), actor=SYSTEM, at=now())
    try:
        number = Transport.objects.get(name="several").number
        rule("Seznam", daily=60)
        for address in ours:
            caps.begin_warmup(kind="source", name=address, begins_on=now().date(), actor=SYSTEM, at=now(), plan=[60])
        bakery.people(80, "reader{}@seznam.cz".format)
        campaign, at, dead = bakery.launched(), now(), new_id()
        shelf = Shelf()
        loaded, standing = shelf.campaign(bakery.id, campaign), shelf.standing(bakery.id, at)
        assert loaded is not None and standing is not None
        keys = (limiting.lane_key(number, "Seznam"), f"source:{ours[0]}")
        Lane.objects.filter(key__in=keys).delete()
        (granted,) = limiting.grant([Ask(50, keys)], dict.fromkeys(keys, Allowance(None, 60)))
        assert granted.messages == 50
        order = replace(loaded.order(dead, 7), transport=number)
        claimed = claiming.claim(order=order, standing=standing, limit=50, at=at, wants={"Seznam": 50})
        journal = Journal(tmp_path / f"dead{SUFFIX}", dead)
        journal.opened(claimed[0].chunk_id, loaded.number)
        os.close(journal._file)  # as death does
        assert recovering.recover_journals(folder=tmp_path, at=now()) == 1
        used = dict(Lane.objects.filter(key__startswith="source:").values_list("key", "granted"))
        assert used == {f"source:{ours[0]}": 50}
        assert Lane.objects.get(key=keys[0]).granted == 0
    finally:
        transports.remove("several", actor=SYSTEM, at=now())


def test_a_journal_that_cannot_be_settled_holds_none_of_the_others(
    bakery: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = new_id(), new_id()
    for worker_id in (first, second):
        journal = Journal(tmp_path / f"{worker_id}{SUFFIX}", worker_id)
        os.close(journal._file)
    settle = recovering._settle_worker

    def fails(found: Replay, at: datetime) -> None:
        if found.worker == first:
            raise RuntimeError("nobody thought of this")
        settle(found, at)

    monkeypatch.setattr(recovering, "_settle_worker", fails)
    with pytest.raises(RuntimeError):
        recovering.recover_journals(folder=tmp_path, at=now())
    assert [path.name for path in tmp_path.iterdir()] == [f"{first}{SUFFIX}"]
