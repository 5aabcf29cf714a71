"""Who answers: opportunistic STARTTLS, MTA-STS (RFC 8461) and DANE (RFC 7672), against real certificates."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mandata.delivery.resolver import Resolver
from mandata.delivery.transports import dane, mtasts
from mandata.delivery.transports.dane import Known
from mandata.delivery.transports.exchangers import Exchangers
from mandata.delivery.transports.fleet import Fleet
from mandata.delivery.transports.mtasts import NoPolicy, Policies, Policy
from mandata.delivery.transports.port import Unroutable
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.ways import Direct
from tests.delivery.outside import (
    Authority,
    Identity,
    Zones,
    common_port,
    digest,
    exchangers,
    polite,
    protected,
    serving,
)
from tests.delivery.scripted import Script, Talk
from tests.delivery.test_direct import Desk, letters, site

ONE, TWO, WEB = "127.0.0.41", "127.0.0.42", "127.0.0.43"


@pytest.fixture
def zones() -> Zones:
    return Zones()


@pytest.fixture
def asked(zones: Zones) -> Iterator[Resolver]:
    with serving(zones) as found:
        yield found


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class _Policy(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = self.server.page  # type: ignore[attr-defined]
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        self.send_response(page.get("status", 200))
        self.send_header("Content-Type", page.get("type", "text/plain"))
        self.end_headers()
        self.wfile.write(page["text"].encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def website(identity: Identity, page: dict[str, object]) -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer((WEB, 0), _Policy)
    server.socket = identity.context().wrap_socket(server.socket, server_side=True)
    server.page, server.seen = page, []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def send(zones_: Exchangers, port: int, scripts: dict[str, Script], authorities: str = "") -> tuple[Desk, list[str]]:
    settings = SmtpSettings("", port, reply_timeout=4.0, connect_timeout=2.0, authorities=authorities)
    with exchangers(port, scripts) as servers:
        fleet = Fleet([Direct("1", settings, zones_)])
        desk = Desk(fleet, letters("a@shop.test", "b@shop.test"))
        fleet.send(desk)
        said = [line for server in servers.values() for line in server.commands]
    return desk, said


# -- opportunistic -----------------------------------------------------------------------------------------------------


def test_starttls_is_used_where_it_is_offered_whoever_answers(
    zones: Zones, asked: Resolver, authority: Authority
) -> None:
    site(zones, "shop.test", (10, "mx.shop.test", ONE))
    port = common_port(ONE)
    someone = authority.issue("somebody.else.test", days=-1)
    desk, said = send(Exchangers(asked, port=port, inside=True), port, {ONE: protected(someone.context())})
    assert set(desk.fates().values()) == {"sent"} and not [line for line in said if line.startswith("clear")]


@pytest.mark.parametrize("trouble", ["handshake", "refusal"])
def test_where_starttls_fails_the_letter_goes_in_the_clear(zones: Zones, asked: Resolver, trouble: str) -> None:
    site(zones, "shop.test", (10, "mx.shop.test", ONE))

    def script(talk: Talk) -> None:
        talk.greet("PIPELINING", "STARTTLS")
        if trouble == "handshake" and talk.number == 1:
            assert talk.line() == "STARTTLS"
            talk.say("220 go")
            talk.sock.recv(10)
            talk.raw(b"this is no TLS\r\n")
            return
        if trouble == "refusal":
            assert talk.line() == "STARTTLS"
            talk.say("454 4.7.0 not now")
        talk.serve()

    port = common_port(ONE)
    desk, _ = send(Exchangers(asked, port=port, inside=True), port, {ONE: script})
    assert set(desk.fates().values()) == {"sent"}


def test_words_in_the_clear_behind_the_answer_to_starttls_end_the_connection(zones: Zones, asked: Resolver) -> None:
    site(zones, "shop.test", (10, "mx.shop.test", ONE))

    def script(talk: Talk) -> None:
        talk.greet("STARTTLS")
        talk.line()
        talk.raw(b"220 go\r\n250-injec")
        talk.line()

    port = common_port(ONE)
    desk, _ = send(Exchangers(asked, port=port, inside=True), port, {ONE: script})
    assert set(desk.fates().values()) == {"deferred"}


# -- MTA-STS -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (("v=STSv1; id=20260101T000000;",), "20260101T000000"),
        (("v=STSv1;id=a1",), "a1"),
        (("v=spf1 -all", "v=STSv1; id=x"), "x"),
        (("v=STSv1; id=x", "v=STSv1; id=y"), ""),
        (("v=STSv1",), ""),
        (("v=STSv1; id=with-hyphen",), ""),
        ((), ""),
    ],
)
def test_the_record_announces_one_policy_or_none(texts: tuple[str, ...], wanted: str) -> None:
    assert mtasts.announced(texts) == wanted


def test_a_policy_is_read_line_by_line_and_its_star_stands_for_one_label() -> None:
    found = mtasts.parse(
        "version: STSv1\r\nmode: enforce\r\nmx: mail.shop.test\nmx: *.Host.test\nmax_age: 99999999999\n"
    )
    assert found == Policy("enforce", ("mail.shop.test", "*.host.test"), mtasts.MOST_AGE)
    assert found.covers("MAIL.shop.test.") and found.covers("a.host.test")
    assert not found.covers("a.b.host.test") and not found.covers("host.test") and not found.covers("shop.test")
    for bad in (
        "mode: enforce\nmax_age: 1\nmx: a",
        "version: STSv1\nmode: enforce\nmax_age: 1",
        "version: STSv1\nmx: a",
    ):
        with pytest.raises(NoPolicy):
            mtasts.parse(bad)


POLICY = "version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 86400\n"


def policies(zones: Zones, asked: Resolver, authority: Authority, port: int, folder: Path | None = None) -> Policies:
    zones.put("_mta-sts.shop.test", "TXT", "v=STSv1; id=one;")
    zones.put("mta-sts.shop.test", "A", WEB)
    return Policies(asked, folder, port=port, authorities=str(authority.file))


@pytest.mark.req("DLV-2")
@pytest.mark.parametrize(
    ("mode", "mx", "name", "offer", "fate"),
    [
        ("enforce", "mx.shop.test", "mx.shop.test", True, "sent"),
        ("enforce", "*.shop.test", "mx.shop.test", True, "sent"),
        ("enforce", "mx.shop.test", "other.test", True, "deferred"),  # a certificate of somebody else
        ("enforce", "mx.shop.test", "mx.shop.test", False, "deferred"),  # STARTTLS taken away
        ("enforce", "elsewhere.test", "mx.shop.test", True, "deferred"),  # an exchanger that the policy does not know
        ("testing", "elsewhere.test", "other.test", False, "sent"),
        ("none", "elsewhere.test", "other.test", False, "sent"),
    ],
)
def test_a_policy_is_enforced_and_a_test_of_one_is_not(
    zones: Zones, asked: Resolver, authority: Authority, mode: str, mx: str, name: str, offer: bool, fate: str
) -> None:
    site(zones, "shop.test", (10, "mx.shop.test", ONE))
    port = common_port(ONE)
    script = protected(authority.issue(name).context()) if offer else polite
    with website(authority.issue("mta-sts.shop.test"), {"text": POLICY.format(mode=mode, mx=mx)}) as server:
        known = policies(zones, asked, authority, server.server_address[1])
        places = Exchangers(asked, known, port=port, inside=True)
        desk, said = send(places, port, {ONE: script}, str(authority.file))
    assert set(desk.fates().values()) == {fate}
    if fate == "deferred":
        assert not [line for line in said if "MAIL" in line], "nothing was shown to it"
        wanted = "4.4.4" if mx == "elsewhere.test" else "4.7.5"
        assert {one.enhanced for one in desk.outcomes.values()} == {wanted}


@pytest.mark.req("DLV-2")
def test_a_policy_once_fetched_holds_while_its_server_or_its_record_is_away(
    zones: Zones, asked: Resolver, authority: Authority, tmp_path: Path
) -> None:
    times = [1_000_000.0]
    page: dict[str, object] = {"text": POLICY.format(mode="enforce", mx="mx.shop.test")}
    with website(authority.issue("mta-sts.shop.test"), page) as server:
        port = server.server_address[1]
        known = policies(zones, asked, authority, port, tmp_path)
        known._clock = lambda: times[0]
        assert (found := known.of("shop.test")) and found.mode == "enforce"
        assert known.of("SHOP.test.") == found and len(server.seen) == 1, "the same id is not fetched again"  # type: ignore[attr-defined]
        zones.put("_mta-sts.shop.test", "TXT", "v=STSv1; id=two;")
        page["text"] = POLICY.format(mode="testing", mx="mx.shop.test")
        assert (newer := known.of("shop.test")) and newer.mode == "testing"
    zones.put("_mta-sts.shop.test", "TXT", "v=STSv1; id=three;")
    assert known.of("shop.test") == newer
    zones.records.pop(("_mta-sts.shop.test", "TXT"))
    assert known.of("shop.test") == newer
    elsewhere = Policies(asked, tmp_path, clock=lambda: times[0])
    assert elsewhere.of("shop.test") == newer, "another process finds it"
    times[0] += 86_401
    assert known.of("shop.test") is None and elsewhere.of("shop.test") is None


@pytest.mark.parametrize(
    "page",
    [
        {"text": "moved", "status": 302},
        {"text": POLICY.format(mode="enforce", mx="a"), "type": "text/html"},
        {"text": "x" * 70_000},
        {"text": "version: STSv2\nmode: enforce\nmax_age: 1\nmx: a"},
    ],
)
def test_what_is_no_policy_is_none(
    zones: Zones, asked: Resolver, authority: Authority, page: dict[str, object]
) -> None:
    with website(authority.issue("mta-sts.shop.test"), page) as server:
        assert policies(zones, asked, authority, server.server_address[1]).of("shop.test") is None


def test_a_policy_from_somebody_without_the_right_certificate_is_none(
    zones: Zones, asked: Resolver, authority: Authority
) -> None:
    with website(authority.issue("other.test"), {"text": POLICY.format(mode="enforce", mx="a")}) as server:
        assert policies(zones, asked, authority, server.server_address[1]).of("shop.test") is None
        assert not server.seen  # type: ignore[attr-defined]


# -- DANE --------------------------------------------------------------------------------------------------------------


def validated(zones: Zones, *records: str, port: int) -> None:
    """shop.test with one exchanger, every answer validated, and these TLSA records."""
    zones.put("shop.test", "MX", "10 mx.shop.test", secure=True)
    zones.put("mx.shop.test", "A", ONE, secure=True)
    zones.put(f"_{port}._tcp.mx.shop.test", "TLSA", *records, secure=True)


@pytest.mark.req("DLV-2")
def test_a_server_whose_key_the_records_know_gets_its_mail_whatever_its_certificate_says(
    zones: Zones, asked: Resolver, authority: Authority
) -> None:
    port, identity = common_port(ONE), authority.issue("old.name.test", days=-1)
    validated(zones, f"3 1 1 {digest(identity.certificate)}", port=port)
    desk, _ = send(Exchangers(asked, port=port, inside=True), port, {ONE: protected(identity.context())})
    assert set(desk.fates().values()) == {"sent"}


@pytest.mark.req("DLV-2")
@pytest.mark.parametrize(
    ("name", "days", "fate"),
    [("mx.shop.test", 30, "sent"), ("other.test", 30, "deferred"), ("mx.shop.test", -1, "deferred")],
)
def test_an_authority_in_the_records_vouches_for_hosts_it_names(
    zones: Zones, asked: Resolver, authority: Authority, name: str, days: int, fate: str
) -> None:
    port, identity = common_port(ONE), authority.issue(name, days=days)
    validated(zones, f"2 0 1 {digest(authority.certificate, key=False)}", port=port)
    desk, said = send(Exchangers(asked, port=port, inside=True), port, {ONE: protected(identity.context())})
    assert set(desk.fates().values()) == {fate} and (fate == "sent" or not [one for one in said if "MAIL" in one])


@pytest.mark.req("DLV-2")
def test_a_server_that_the_records_do_not_know_or_that_hides_starttls_gets_nothing(
    zones: Zones, asked: Resolver, authority: Authority
) -> None:
    port, identity = common_port(ONE), authority.issue("mx.shop.test")
    validated(zones, f"3 1 1 {'00' * 32}", port=port)
    for script in (protected(identity.context()), polite):
        desk, said = send(Exchangers(asked, port=port, inside=True), port, {ONE: script})
        assert {(one.fate, one.enhanced) for one in desk.outcomes.values()} == {("deferred", "4.7.5")}
        assert not [line for line in said if "MAIL" in line]


def test_records_count_only_where_every_answer_on_the_way_was_validated(
    zones: Zones, asked: Resolver, authority: Authority
) -> None:
    port = common_port(ONE)
    for forgotten in ("shop.test", "mx.shop.test", f"_{port}._tcp.mx.shop.test"):
        validated(zones, f"3 1 1 {'00' * 32}", port=port)
        zones.secure.discard(forgotten)
        desk, _ = send(Exchangers(asked, port=port, inside=True), port, {ONE: polite})
        assert set(desk.fates().values()) == {"sent"}, forgotten
    asked.named, asked.nameservers = False, ["127.0.0.1"]
    validated(zones, f"3 1 1 {'00' * 32}", port=port)
    desk, _ = send(Exchangers(asked, port=port, inside=True), port, {ONE: polite})
    assert set(desk.fates().values()) == {"deferred"}, "a resolver on this machine is believed"


def test_records_that_nobody_can_use_demand_encryption_and_no_more(
    zones: Zones, asked: Resolver, authority: Authority
) -> None:
    port, identity = common_port(ONE), authority.issue("other.test")
    validated(zones, f"1 1 1 {'00' * 32}", port=port)
    desk, _ = send(Exchangers(asked, port=port, inside=True), port, {ONE: protected(identity.context())})
    assert set(desk.fates().values()) == {"sent"}
    desk, _ = send(Exchangers(asked, port=port, inside=True), port, {ONE: polite})
    assert set(desk.fates().values()) == {"deferred"}


def test_a_lookup_of_records_that_fails_puts_the_host_off(zones: Zones, asked: Resolver) -> None:
    port = common_port(ONE)
    validated(zones, f"3 1 1 {'00' * 32}", port=port)
    zones.failing.add(f"_{port}._tcp.mx.shop.test")
    found = Direct("1", SmtpSettings("", port), Exchangers(asked, port=port, inside=True)).lanes({"shop.test"})
    why = found["shop.test"]
    assert isinstance(why, Unroutable) and why.fate == "deferred"


def test_records_are_usable_by_usage_selector_and_digest() -> None:
    good = [Known(3, 1, 1, b"x"), Known(2, 0, 2, b"y"), Known(3, 0, 0, b"z")]
    bad = [Known(0, 1, 1, b"x"), Known(1, 0, 1, b"x"), Known(3, 2, 1, b"x"), Known(3, 1, 3, b"x"), Known(2, 1, 1, b"")]
    assert sorted(dane.usable([*bad, *good])) == sorted(good)
    with pytest.raises(dane.Unknown):
        dane.check(good, [b"no certificate"], "mx.test")
    with pytest.raises(dane.Unknown):
        dane.check(good, [], "mx.test")
