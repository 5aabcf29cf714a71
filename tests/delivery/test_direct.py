"""Direct delivery: mail exchangers by our resolver, in order, with fallback; lanes that do not hold each other."""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest

from mandata.delivery.resolver import Resolver
from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.transports.exchangers import AT_ONCE, Exchangers
from mandata.delivery.transports.fleet import Fleet
from mandata.delivery.transports.port import Letter, Road, Unroutable
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.ways import Direct, Relay, Way
from tests.delivery.outside import Zones, common_port, exchangers, polite, serving
from tests.delivery.scripted import Talk

ONE, TWO, THREE, OURS = "127.0.0.31", "127.0.0.32", "127.0.0.33", "127.0.0.44"


class Desk:
    """A desk that lays letters out by lane, as the engine does."""

    def __init__(self, fleet: Fleet, letters: Collection[Letter], road: str = "1", tries: int = 3) -> None:
        self.piles: dict[str, deque[Letter]] = defaultdict(deque)
        self.where: dict[int, tuple[str, Letter]] = {}
        self.outcomes: dict[int, Outcome] = {}
        self.ended: dict[int, float] = {}
        self.begun: list[int] = []
        self.returned: Counter[int] = Counter()
        self.tries = tries
        found = fleet.lanes(road, {letter.recipient.rpartition("@")[2] for letter in letters})
        for letter in letters:
            lane = found[letter.recipient.rpartition("@")[2]]
            if isinstance(lane, Unroutable):
                self.report(lane.outcome(letter.key))
            else:
                self.piles[lane].append(letter)
                self.where[letter.key] = (lane, letter)

    def lanes(self) -> list[str]:
        return [lane for lane, pile in self.piles.items() if pile]

    def take(self, lane: str) -> Letter | None:
        return self.piles[lane].popleft() if self.piles[lane] else None

    def give_up(self, lane: str, why: Unroutable) -> None:
        while self.piles[lane]:
            self.report(why.outcome(self.piles[lane].popleft().key))

    def closed(self) -> bool:
        return not self.lanes()

    def begin(self, key: int) -> None:
        self.begun.append(key)

    def report(self, outcome: Outcome) -> None:
        assert outcome.key not in self.outcomes
        if outcome.fate == "returned" and outcome.stage != "connect" and self.returned[outcome.key] < self.tries:
            self.returned[outcome.key] += 1
            lane, letter = self.where[outcome.key]
            self.piles[lane].append(letter)
            return
        self.outcomes[outcome.key] = outcome
        self.ended[outcome.key] = time.monotonic()

    def idle(self) -> None:
        pass

    def fates(self) -> dict[int, str]:
        return {key: outcome.fate for key, outcome in sorted(self.outcomes.items())}


def letters(*recipients: str) -> list[Letter]:
    return [Letter(key, "v@returns.test", to, b"Subject: x\r\n\r\nbody\r\n") for key, to in enumerate(recipients)]


def direct(asked: Resolver, port: int, **more: object) -> Direct:
    settings = SmtpSettings("", port, helo="out.test", reply_timeout=5.0, connect_timeout=2.0, **more)  # type: ignore[arg-type]
    return Direct("1", settings, Exchangers(asked, port=port, inside=True, patience=2.0))


@pytest.fixture
def zones() -> Zones:
    return Zones()


@pytest.fixture
def asked(zones: Zones) -> Iterator[Resolver]:
    with serving(zones) as found:
        yield found


def site(zones: Zones, domain: str, *hosts: tuple[int, str, str]) -> None:
    """A domain with mail exchangers (preference, name, address)."""
    zones.put(domain, "MX", *(f"{preference} {name}" for preference, name, _ in hosts))
    for _, name, address in hosts:
        zones.put(name, "A", address)


@pytest.mark.req("DLV-2")
def test_the_first_host_in_order_of_preference_gets_everything(zones: Zones, asked: Resolver) -> None:
    site(zones, "shop.test", (20, "second.shop.test", TWO), (10, "first.shop.test", ONE))
    port = common_port(ONE, TWO)
    with exchangers(port, {ONE: polite, TWO: polite}) as servers:
        fleet = Fleet([direct(asked, port)])
        desk = Desk(fleet, letters(*(f"r{n}@shop.test" for n in range(20))))
        fleet.send(desk)
    assert Counter(desk.fates().values()) == {"sent": 20}
    assert len(servers[ONE].received) == 20 and not servers[TWO].connections


@pytest.mark.req("DLV-2")
@pytest.mark.parametrize("trouble", ["refuses", "greets with 421", "greets with 554", "closes"])
def test_a_host_that_fails_is_followed_by_the_next(zones: Zones, asked: Resolver, trouble: str) -> None:
    site(zones, "shop.test", (10, "first.shop.test", ONE), (20, "second.shop.test", TWO))

    def bad(talk: Talk) -> None:
        if trouble.startswith("greets"):
            talk.say(f"{trouble[-3:]} go away")

    port = common_port(ONE, TWO)
    scripts = {TWO: polite} | ({} if trouble == "refuses" else {ONE: bad})
    with exchangers(port, scripts) as servers:
        fleet = Fleet([direct(asked, port)])
        desk = Desk(fleet, letters("a@shop.test", "b@shop.test"))
        fleet.send(desk)
    assert set(desk.fates().values()) == {"sent"} and len(servers[TWO].received) == 2


@pytest.mark.req("DLV-2")
def test_without_mx_a_domain_is_its_own_exchanger_and_a_host_without_address_is_passed_over(
    zones: Zones, asked: Resolver
) -> None:
    zones.put("plain.test", "A", ONE)
    zones.put("half.test", "MX", "10 gone.half.test", "20 there.half.test")
    zones.put("there.half.test", "A", ONE)
    port = common_port(ONE)
    with exchangers(port, {ONE: polite}) as servers:
        fleet = Fleet([direct(asked, port)])
        desk = Desk(fleet, letters("a@plain.test", "b@half.test", f"c@[{ONE}]"))
        fleet.send(desk)
    assert set(desk.fates().values()) == {"sent"} and len(servers[ONE].received) == 3


def test_a_host_with_an_address_of_the_newer_kind_is_reached(zones: Zones, asked: Resolver) -> None:
    zones.put("six.test", "MX", "10 mx.six.test")
    zones.put("mx.six.test", "AAAA", "::1")
    port = common_port("::1")
    with exchangers(port, {"::1": polite}) as servers:
        fleet = Fleet([direct(asked, port)])
        desk = Desk(fleet, letters("a@six.test"))
        fleet.send(desk)
    assert desk.fates() == {0: "sent"} and servers["::1"].peers == ["::1"]


@pytest.mark.req("DLV-2")
def test_what_dns_says_about_a_domain_ends_a_letter_in_the_right_state(zones: Zones, asked: Resolver) -> None:
    zones.put("null.test", "MX", "0 .")
    zones.failing.add("broken.test")
    zones.put("private.test", "MX", "10 mx.private.test")
    zones.put("empty.test", "TXT", "no mail here")
    zones.silent.add("silent.test")
    fleet = Fleet([direct(asked, 1)])
    began = time.monotonic()
    names = ("null", "gone", "broken", "private", "empty", "silent")
    desk = Desk(fleet, letters(*(f"a@{name}.test" for name in names)))
    assert time.monotonic() - began < 20, "the wait for DNS is bounded"
    said = {name: (desk.outcomes[key].fate, desk.outcomes[key].enhanced) for key, name in enumerate(names)}
    assert said == {
        "null": ("failed", "5.1.10"),
        "gone": ("failed", "5.1.2"),
        "broken": ("deferred", "4.4.3"),
        "private": ("deferred", "4.4.4"),
        "empty": ("failed", "5.1.2"),
        "silent": ("deferred", "4.4.3"),
    }


@pytest.mark.req("DLV-2")
def test_a_domain_whose_name_servers_are_silent_holds_nobody_up(zones: Zones, asked: Resolver) -> None:
    zones.silent |= {f"silent{number}.test" for number in range(3)}
    site(zones, "quick.test", (10, "mx.quick.test", ONE))
    places = Exchangers(asked, port=1, inside=True, patience=AT_ONCE)
    names = ("quick.test", *sorted(zones.silent))
    while isinstance(places.places({"quick.test"})["quick.test"], Unroutable):
        time.sleep(0.01)
    waits = []
    for _ in range(5):
        began = time.monotonic()
        found = places.places(names)
        waits.append(time.monotonic() - began)
        silent = {found[name] for name in names[1:]}
        assert not isinstance(found["quick.test"], Unroutable)
        assert [(one.fate, one.enhanced) for one in silent if isinstance(one, Unroutable)] == [("returned", "4.4.3")]
    assert max(waits) < 2.0 and sum(waits[1:]) < AT_ONCE * 4, "they are waited for once, and not for long"
    places.close()


@pytest.mark.req("DLV-2")
def test_a_domain_that_is_silent_for_long_has_been_tried(zones: Zones, asked: Resolver) -> None:
    zones.silent.add("silent.test")
    places = Exchangers(asked, port=1, inside=True, patience=0.01)
    first = places.places({"silent.test"})["silent.test"]
    limit = time.monotonic() + 20
    while (later := places.places({"silent.test"})["silent.test"]) == first and time.monotonic() < limit:
        time.sleep(0.05)
    places.close()
    assert isinstance(first, Unroutable) and first.fate == "returned"
    assert isinstance(later, Unroutable) and (later.fate, later.enhanced) == ("deferred", "4.4.3")


def test_hosts_on_private_networks_are_left_alone_unless_the_settings_say_so(zones: Zones, asked: Resolver) -> None:
    site(zones, "inside.test", (10, "mx.inside.test", ONE))
    way = Direct("1", SmtpSettings("", 25), Exchangers(asked, patience=2.0))
    found = way.lanes({"inside.test", "[127.0.0.1]"})
    assert isinstance(found["inside.test"], Unroutable) and found["inside.test"].fate == "deferred"
    assert isinstance(found["[127.0.0.1]"], Unroutable) and found["[127.0.0.1]"].fate == "failed"


def test_domains_with_the_same_exchangers_share_a_lane_and_its_connections(zones: Zones, asked: Resolver) -> None:
    for number in range(30):
        zones.put(f"d{number}.test", "MX", "10 mx.host.test", "20 mx2.host.test")
    zones.put("mx.host.test", "A", ONE)
    zones.put("mx2.host.test", "A", TWO)
    port = common_port(ONE)
    with exchangers(port, {ONE: polite}) as servers:
        way = direct(asked, port)
        fleet = Fleet([way])
        desk = Desk(fleet, letters(*(f"a@d{number}.test" for number in range(30))))
        assert len(desk.lanes()) == 1
        fleet.send(desk)
    assert Counter(desk.fates().values()) == {"sent": 30} and servers[ONE].connections <= way.connections
    queries = Counter(zones.asked)
    assert queries[("mx.host.test", "A")] <= 30 and queries[("d1.test", "MX")] == 1


@pytest.mark.req("DLV-3")
def test_a_lane_that_stalls_and_one_that_fails_hold_no_other(zones: Zones, asked: Resolver) -> None:
    site(zones, "fast.test", (10, "mx.fast.test", ONE))
    site(zones, "slow.test", (10, "mx.slow.test", TWO))
    site(zones, "dead.test", (10, "mx.dead.test", THREE))

    def stalls(talk: Talk) -> None:
        talk.greet("PIPELINING")
        while talk.sock.recv(65536):
            pass

    port = common_port(ONE, TWO, THREE)
    with exchangers(port, {ONE: polite, TWO: stalls}):
        settings = SmtpSettings("", port, reply_timeout=8.0, connect_timeout=2.0)
        way = Direct("1", settings, Exchangers(asked, port=port, inside=True))
        fleet = Fleet([way])
        names = ["slow.test"] * 20 + ["dead.test"] * 20 + ["fast.test"] * 300
        desk = Desk(fleet, letters(*(f"r{n}@{name}" for n, name in enumerate(names))), tries=0)
        began = time.monotonic()
        fleet.send(desk)
    fast = [desk.ended[key] - began for key, name in enumerate(names) if name == "fast.test"]
    assert {desk.outcomes[key].fate for key, name in enumerate(names) if name == "fast.test"} == {"sent"}
    slow = [key for key, name in enumerate(names) if name == "slow.test"]
    assert max(fast) < min(desk.ended[key] - began for key in slow), "nobody waited for the one that stalls"
    dead = [desk.outcomes[key] for key, name in enumerate(names) if name == "dead.test"]
    assert {(one.fate, one.enhanced) for one in dead} == {("deferred", "4.4.1")}
    assert {desk.outcomes[key].fate for key in slow} <= {"deferred", "returned"}
    again = way.lanes({"dead.test"})["dead.test"]
    assert isinstance(again, Unroutable) and again.fate == "deferred", "it is not tried again at once"


def test_a_refusal_at_the_door_tells_its_code(zones: Zones, asked: Resolver) -> None:
    site(zones, "shut.test", (10, "mx.shut.test", ONE))
    port = common_port(ONE)
    with exchangers(port, {ONE: lambda talk: talk.say("554 5.7.1 blocked, see https://list.test/")}):
        fleet = Fleet([direct(asked, port)])
        desk = Desk(fleet, letters("a@shut.test"))
        fleet.send(desk)
    one = desk.outcomes[0]
    assert (one.fate, one.code, one.enhanced) == ("deferred", 554, "4.7.1") and "blocked" in one.diagnostic


def test_a_host_that_takes_few_connections_keeps_those(zones: Zones, asked: Resolver) -> None:
    site(zones, "few.test", (10, "mx.few.test", ONE))
    living: list[int] = []

    def few(talk: Talk) -> None:
        if len(living) >= 2:
            talk.say("421 4.7.0 too many connections")
            return
        living.append(talk.number)
        talk.greet("PIPELINING")

        def slow(_: str) -> str:
            time.sleep(0.02)
            return "250 ok"

        talk.serve(dot=slow)

    port = common_port(ONE)
    with exchangers(port, {ONE: few}) as servers:
        fleet = Fleet([direct(asked, port)])
        desk = Desk(fleet, letters(*(f"r{n}@few.test" for n in range(100))))
        fleet.send(desk)
    assert Counter(desk.fates().values()) == {"sent": 100}
    assert servers[ONE].connections <= 6


@pytest.mark.req("DLV-2")
def test_a_session_leaves_from_the_roads_own_address_and_says_its_name(zones: Zones, asked: Resolver) -> None:
    site(zones, "shop.test", (10, "mx.shop.test", ONE))
    port = common_port(ONE)
    said: list[str] = []

    def script(talk: Talk) -> None:
        talk.say("220 hello")
        said.append(talk.line())
        talk.say("250 PIPELINING")
        talk.serve()

    with exchangers(port, {ONE: script}) as servers:
        fleet = Fleet([direct(asked, port, source=OURS)])
        desk = Desk(fleet, letters("a@shop.test"))
        fleet.send(desk)
    assert servers[ONE].peers == [OURS] and said == ["EHLO out.test"]


def test_an_address_reaches_hosts_of_its_own_family_only(zones: Zones, asked: Resolver) -> None:
    zones.put("six.test", "MX", "10 mx.six.test")
    zones.put("mx.six.test", "AAAA", "::1")
    found = direct(asked, 25, source=OURS).lanes({"six.test"})["six.test"]
    assert isinstance(found, Unroutable) and found.fate == "deferred"


# -- several roads -----------------------------------------------------------------------------------------------------


def relay(key: str, port: int, patience: float = 0.3) -> Relay:
    return Relay(key, SmtpSettings("127.0.0.1", port, connections=2, patience=patience))


@pytest.mark.req("DLV-2")
def test_roads_of_one_tier_are_taken_in_proportion_and_the_next_tier_only_when_all_are_down() -> None:
    ways: list[Way] = [relay("1", 1), relay("2", 1), relay("3", 1)]
    fleet = Fleet(ways)
    roads = [Road("1", 1, tier=1, weight=3), Road("2", 2, tier=1, weight=1), Road("3", 3, tier=2)]
    assert Counter(road.key for _ in range(40) if (road := fleet.pick(roads))) == {"1": 30, "2": 10}
    ways[0].down_until = time.monotonic() + 60
    assert {road.key for _ in range(5) if (road := fleet.pick(roads))} == {"2"}
    ways[1].down_until = time.monotonic() + 60
    assert {road.key for _ in range(5) if (road := fleet.pick(roads))} == {"3"}
    ways[2].down_until = time.monotonic() + 60
    assert fleet.pick(roads) is None and fleet.pick([]) is None


@pytest.mark.req("DLV-2")
def test_a_relay_that_is_away_gives_its_letters_back_uncounted_and_holds_no_other_road() -> None:
    port = common_port("127.0.0.1")
    with exchangers(port, {"127.0.0.1": polite}):
        fleet = Fleet([relay("1", 1), relay("2", port)])
        desk = Desk(fleet, letters("a@x.test", "b@x.test"))
        other = Desk(fleet, [Letter(7, "v@r.test", "c@x.test", b"Subject: x\r\n\r\n")], road="2")
        desk.piles["2"] = other.piles["2"]
        fleet.send(desk)
        assert desk.outcomes[7].fate == "sent"
        assert {desk.outcomes[key].fate for key in (0, 1)} == {"returned"} and not {0, 1} & set(desk.begun)
        picked = fleet.pick([Road("1", 1), Road("2", 2, tier=2)])
        assert picked is not None and picked.key == "2", "the second tier takes over"


def test_letters_of_a_road_that_was_taken_away_go_back() -> None:
    port = common_port("127.0.0.1")
    with exchangers(port, {"127.0.0.1": polite}):
        now: list[Way] = [relay("1", port)]
        fleet = Fleet(now, load=lambda: now)
        desk = Desk(fleet, letters("a@x.test"))
        now = []
        fleet.renew()
        fleet.send(desk)
    assert desk.fates() == {0: "returned"}
    gone: Mapping[str, str | Unroutable] = fleet.lanes("1", {"x.test"})
    assert isinstance(gone["x.test"], Unroutable)


def test_a_relays_name_is_looked_up_and_an_unknown_one_is_down(tmp_path: Path) -> None:
    port = common_port("127.0.0.1")
    with exchangers(port, {"127.0.0.1": polite}):
        named = Relay("1", SmtpSettings("localhost", port, connections=1, patience=2.0))
        lost = Relay("2", SmtpSettings("nowhere.invalid", port, patience=0.3))
        fleet = Fleet([named, lost], patience=0.3)
        desk = Desk(fleet, letters("a@x.test"))
        desk.piles["2"].append(Letter(9, "v@r.test", "z@x.test", b"Subject: x\r\n\r\n"))
        fleet.send(desk)
    assert desk.fates() == {0: "sent", 9: "returned"}
