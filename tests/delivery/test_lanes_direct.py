"""Lanes by mail exchanger with real engines: connections are shared; what one way out cannot carry takes another."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from mandata.delivery.catcher.server import Catcher, Place
from mandata.delivery.models import Hold, Lane, Message, Rule
from mandata.delivery.services import transports
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from tests.delivery.mailing import Shop, engine, shop
from tests.delivery.outside import Zones, common_port, serving
from tests.delivery.scripted import Scripted, Talk
from tests.ports import free_port

HOSTS = {"seznam.cz": "127.0.0.81", "email.cz": "127.0.0.82", "fast.test": "127.0.0.83"}
ALLOWED = 3


class Count:
    """How many connections are open at a time, and how many there were at most, by receiver."""

    def __init__(self) -> None:
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def one(self, *names: str) -> Iterator[Callable[[], None]]:
        """A connection; call what is given just before the goodbye, because the client may open another upon it."""
        with self._lock:
            self.now.update(names)
            for name in names:
                self.most[name] = max(self.most[name], self.now[name])
        open_ = [names]

        def end() -> None:
            with self._lock:
                self.now.subtract(open_.pop() if open_ else ())

        try:
            yield end
        finally:
            end()


@pytest.fixture
def bakery(database: Urls) -> Iterator[Shop]:
    yield shop()
    for table in (Rule, Lane, Hold):
        table.objects.all().delete()


def reasons(bakery: Shop, campaign: UUID) -> Counter[tuple[str, str]]:
    with scope(bakery.id):
        return Counter(Message.objects.filter(campaign_id=campaign).values_list("state", "diagnostic"))


@pytest.mark.req("DLV-3", "DLV-2")
def test_two_engines_keep_to_the_connections_of_a_provider_over_all_its_exchangers(
    bakery: Shop, tmp_path: Path
) -> None:
    Rule.objects.create(provider="Seznam", connections=ALLOWED, changed_at=now())
    transports.add(transports.Details("ours", "direct", options={"sts": False, "dane": False}), actor=SYSTEM, at=now())
    zones, port, count = Zones(), common_port(*HOSTS.values()), Count()
    for name, host in HOSTS.items():
        zones.put(name, "MX", f"10 mx.{name}")
        zones.put(f"mx.{name}", "A", host)

    def slowly(_: str) -> str:
        time.sleep(0.02)
        return "250 ok"

    def script(name: str) -> "object":
        def talk(talk: Talk) -> None:
            with count.one(name, *(["Seznam"] if name != "fast.test" else [])) as end:
                talk.greet("PIPELINING")
                talk.serve(dot=slowly, parting=end)

        return talk

    names = list(HOSTS)
    bakery.people(330, lambda i: f"reader{i}@{names[i % 3]}")
    campaign = bakery.launched()
    with ExitStack() as stack:
        asked = stack.enter_context(serving(zones))
        for name, host in HOSTS.items():
            stack.enter_context(Scripted(script(name), host=host, port=port))  # type: ignore[arg-type]
        settings = {
            "MANDATA_DNS": f"{asked.nameservers[0]}:{asked.port}",
            "MANDATA_DIRECT_PORT": str(port),
            "MANDATA_DIRECT_INSIDE": "true",
        }
        engines = [engine(0, tmp_path, bakery, **settings) for _ in range(2)]
        try:
            limit = time.monotonic() + 60
            while bakery.left(campaign) and time.monotonic() < limit:
                time.sleep(0.05)
                # On a loaded machine the last letters may be put off for longer than an idle engine stays.
                engines = [one if one.poll() is None else engine(0, tmp_path, bakery, **settings) for one in engines]
        finally:
            for one in engines:
                one.terminate()
            for one in engines:
                one.wait(60)
            transports.remove("ours", actor=SYSTEM, at=now())
    assert bakery.states(campaign) == {"sent": 330}, reasons(bakery, campaign)
    assert 0 < count.most["Seznam"] <= ALLOWED, count.most
    assert count.most["fast.test"] > 0
    assert not Hold.objects.exists(), "who leaves gives its connections up"


@pytest.mark.req("DLV-2")
def test_what_was_not_begun_on_a_relay_that_is_away_goes_by_the_next(bakery: Shop, tmp_path: Path) -> None:
    catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0))
    catcher.start()
    ways = {"first": (free_port(), 1), "second": (catcher.smtp_port, 2)}
    for name, (port, tier) in ways.items():
        details = transports.Details(name, "relay", address=f"smtp://127.0.0.1:{port}", tier=tier)
        transports.add(details, actor=SYSTEM, at=now())
    try:
        bakery.people(60)
        campaign = bakery.launched()
        one = engine(0, tmp_path, bakery)
        limit = time.monotonic() + 60
        while bakery.left(campaign) and time.monotonic() < limit:
            time.sleep(0.05)
        one.terminate()
        one.wait(60)
        assert bakery.states(campaign) == {"sent": 60}
        assert catcher.store.latest() == 60
    finally:
        catcher.stop()
        for name in ways:
            transports.remove(name, actor=SYSTEM, at=now())


@pytest.mark.req("DLV-2", "DLV-3")
def test_a_transport_whose_day_is_used_up_holds_nothing_that_its_peer_can_carry(bakery: Shop, tmp_path: Path) -> None:
    catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0))
    catcher.start()
    for name, daily in {"small": 10, "large": 0}.items():
        details = transports.Details(name, "relay", address=f"smtp://127.0.0.1:{catcher.smtp_port}", daily=daily)
        transports.add(details, actor=SYSTEM, at=now())
    try:
        bakery.people(600)
        campaign = bakery.launched()
        one = engine(0, tmp_path, bakery)
        limit = time.monotonic() + 60
        while bakery.left(campaign) and time.monotonic() < limit:
            time.sleep(0.05)
        one.terminate()
        one.wait(60)
        assert bakery.states(campaign) == {"sent": 600}
    finally:
        catcher.stop()
        for name in ("small", "large"):
            transports.remove(name, actor=SYSTEM, at=now())
