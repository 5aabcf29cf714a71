"""Who fetched it: a person, a mailbox on the person's behalf, or a scanner."""

import time
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.tracking import programs, rules
from mandata.tracking.rules import Agent, Kind, Method, Origin, Signal

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
HOME = rules.network("203.0.113.9")

AGENTS = [
    ("", Agent.NONE),
    ("   ", Agent.NONE),
    (CHROME, Agent.CHROME),
    (CHROME + " Edg/126.0", Agent.EDGE),
    (CHROME + " OPR/100.0", Agent.OPERA),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", Agent.FIREFOX),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.3", Agent.THUNDERBIRD),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
        "Mobile/15E148 Safari/604.1",
        Agent.SAFARI,
    ),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)", Agent.APPLE_MAIL),
    ("Mozilla/5.0", Agent.APPLE_PRIVACY),
    ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", Agent.GMAIL_PROXY),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
        "Safari/537.36 Edge/12.246 Mozilla/5.0",
        Agent.GMAIL_PREFETCH,
    ),
    ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", Agent.YAHOO_PROXY),
    ("Mozilla/5.0 (compatible; SeznamEmailProxy/1.0)", Agent.SEZNAM_PROXY),
    ("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", Agent.OUTLOOK),
    ("Microsoft Office Existence Discovery", Agent.OFFICE_PROBE),
    ("Mozilla/5.0 (compatible; BarracudaCentral)", Agent.SECURITY_SCANNER),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36", Agent.SECURITY_SCANNER),
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", Agent.LINK_PREVIEW),
    ("facebookexternalhit/1.1", Agent.LINK_PREVIEW),
    ("curl/8.4.0", Agent.HTTP_LIBRARY),
    ("python-requests/2.32", Agent.HTTP_LIBRARY),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Agent.CRAWLER),
    ("something nobody has heard of", Agent.OTHER),
]


@pytest.mark.req("TRK-1")
@pytest.mark.parametrize(("text", "family"), AGENTS)
def test_a_user_agent_is_reduced_to_its_family(text: str, family: Agent) -> None:
    assert programs.agent_family(text) is family


@given(st.text(max_size=600))
def test_any_user_agent_has_a_family(text: str) -> None:
    assert programs.agent_family(text) in Agent


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("not an address", ""),
        ("203.0.113.77:4711", ""),
    ],
)
def test_an_address_is_reduced_to_its_network(address: str, text: str) -> None:
    assert rules.network_text(rules.network(address)) == text


@given(st.ip_addresses(v=4))
def test_a_network_never_holds_the_last_part_of_an_address(address: object) -> None:
    prefix = rules.network(str(address))
    assert len(prefix) == 3
    assert rules.network(str(address).rpartition(".")[0] + ".0") == prefix


@given(st.ip_addresses())
def test_any_network_is_at_most_48_bits(address: object) -> None:
    assert len(rules.network(str(address))) in {3, 6}


PROXIES = [ip_network("10.0.0.0/8"), ip_network("::1/128")]


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "nonsense"),
    ],
)
def test_only_what_trusted_proxies_wrote_is_believed(remote: str, forwarded: str, expected: str) -> None:
    assert rules.client_address(remote, forwarded, PROXIES) == expected


CASES = [
    # kind, method, agent, address, seconds, at once, origin, signals
    (Kind.OPEN, Method.GET, Agent.CHROME, HOME, 60.0, False, Origin.HUMAN, Signal.NONE),
    (Kind.OPEN, Method.GET, Agent.CHROME, HOME, None, False, Origin.HUMAN, Signal.NONE),
    (Kind.OPEN, Method.GET, Agent.CHROME, HOME, 1.0, False, Origin.SCANNER, Signal.SOON),
    (Kind.OPEN, Method.GET, Agent.APPLE_PRIVACY, HOME, 9000.0, False, Origin.PREFETCH, Signal.AGENT),
    (Kind.OPEN, Method.GET, Agent.SAFARI, rules.network("17.58.1.1"), 99.0, False, Origin.PREFETCH, Signal.NETWORK),
    (Kind.OPEN, Method.GET, Agent.GMAIL_PREFETCH, HOME, 99.0, False, Origin.PREFETCH, Signal.AGENT),
    (Kind.OPEN, Method.GET, Agent.GMAIL_PROXY, HOME, 4.0, False, Origin.PREFETCH, Signal.IMAGE_PROXY | Signal.SOON),
    (Kind.OPEN, Method.GET, Agent.GMAIL_PROXY, HOME, 400.0, False, Origin.HUMAN, Signal.IMAGE_PROXY),
    (Kind.OPEN, Method.HEAD, Agent.CHROME, HOME, 60.0, False, Origin.SCANNER, Signal.METHOD),
    (Kind.OPEN, Method.GET, Agent.NONE, HOME, 60.0, False, Origin.SCANNER, Signal.NO_AGENT),
    (Kind.CLICK, Method.GET, Agent.CHROME, HOME, 60.0, False, Origin.HUMAN, Signal.NONE),
    (Kind.CLICK, Method.GET, Agent.CHROME, HOME, 0.5, False, Origin.SCANNER, Signal.SOON),
    (Kind.CLICK, Method.GET, Agent.CHROME, HOME, 60.0, True, Origin.SCANNER, Signal.AT_ONCE),
    (Kind.CLICK, Method.HEAD, Agent.HTTP_LIBRARY, HOME, 60.0, True,
     Origin.SCANNER, Signal.METHOD | Signal.AGENT | Signal.AT_ONCE),
    (Kind.CLICK, Method.GET, Agent.CHROME, rules.network("67.231.152.1"), 60.0, False, Origin.SCANNER, Signal.NETWORK),
    (Kind.CLICK, Method.GET, Agent.GMAIL_PROXY, HOME, 600.0, False, Origin.SCANNER, Signal.AGENT),
    (Kind.CLICK, Method.GET, Agent.SECURITY_SCANNER, HOME, 600.0, False, Origin.SCANNER, Signal.AGENT),
    (Kind.UNSUBSCRIBE, Method.POST, Agent.NONE, b"", 0.1, True, Origin.HUMAN, Signal.NONE),
]  # fmt: skip


@pytest.mark.req("TRK-1")
@pytest.mark.parametrize(("kind", "method", "agent", "prefix", "seconds", "at_once", "origin", "signals"), CASES)
def test_who_asked_is_decided_by_signals_that_are_named(
    kind: Kind,
    method: Method,
    agent: Agent,
    prefix: bytes,
    seconds: float | None,
    at_once: bool,
    origin: Origin,
    signals: Signal,
) -> None:
    seen = Signal.AT_ONCE if at_once else Signal.NONE
    assert rules.classify(kind, method, agent, programs.holder(prefix), seconds, seen) == (origin, signals)


@given(
    st.sampled_from([Kind.OPEN, Kind.CLICK]),
    st.sampled_from(Agent),
    st.sampled_from([b"", HOME, b"\x11\x01\x02", b"\x20\x01\x0d\xb8\0\1"]),
    st.one_of(st.none(), st.floats(0, 1e6)),
    st.booleans(),
)
def test_a_head_request_or_links_at_once_are_never_a_person(
    kind: Kind, agent: Agent, prefix: bytes, seconds: float | None, at_once: bool
) -> None:
    of, seen = programs.holder(prefix), Signal.AT_ONCE if at_once else Signal.NONE
    assert rules.classify(kind, Method.HEAD, agent, of, seconds, seen).origin is Origin.SCANNER
    assert rules.classify(kind, Method.GET, agent, of, seconds, Signal.AT_ONCE).origin is Origin.SCANNER
    assert rules.classify(kind, Method.GET, agent, of, seconds, Signal.TRAP).origin is Origin.SCANNER


@pytest.mark.parametrize(
    ("distinct", "links", "expected"),
    [(1, 1, False), (2, 2, True), (2, 3, False), (3, 3, True), (3, 12, False), (4, 12, True), (1, 0, False)],
)
def test_only_more_links_than_a_person_follows_are_followed_at_once(distinct: int, links: int, expected: bool) -> None:
    assert rules.at_once(distinct, links) is expected


@given(st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 11)), max_size=40), st.integers(0, 14))
def test_a_visit_is_in_a_busy_span_exactly_when_a_window_around_it_holds_too_many_links(
    visits: list[tuple[int, int]], links: int
) -> None:
    spans = rules.busy_spans(visits, links)
    window = int(rules.AT_ONCE_SECONDS * 1000)
    for at_ms, _ in visits:
        starts = [start for start, _ in visits if start <= at_ms <= start + window]
        crowded = any(
            rules.at_once(len({link for when, link in visits if start <= when <= start + window}), links)
            and max(when for when, _ in visits if start <= when <= start + window) >= at_ms
            for start in starts
        )
        assert any(start <= at_ms <= end for start, end in spans) is crowded


def test_hammering_one_link_is_no_heavy_work() -> None:
    def spent(times: int) -> float:
        visits = [(number // 10, 1) for number in range(times)]
        began = time.process_time()
        assert rules.busy_spans(visits, 12) == []
        return time.process_time() - began

    few, many = (min(spent(times) for _ in range(3)) for times in (5_000, 50_000))
    assert many < 40 * few, "ten times as many; compared each with each it would be a hundred times"
