"""Who fetched it: a person, a mailbox provider on the person's behalf, or a scanner. Pure decisions over a few signals.

What is kept of a request is little, and it is reduced here before it is kept: the *family* of the user agent (never its
text) and the *network* the request came from (a /24 of IPv4, a /48 of IPv6; never the address).

Three origins. `human`: nothing speaks against a person. `prefetch`: a mailbox provider loads the images whether or not
anybody looks (Apple Mail Privacy Protection; Gmail while a session is open; an image proxy within seconds of delivery).
`scanner`: a security product or a link preview. An image proxy that asks later is counted as human: Gmail, Yahoo and
Seznam load the image when the person opens the message, and only hide who that is.

The numbers are the house's; no law gives them. They err towards the machine: a headline figure must not flatter.
"""

import ipaddress
from collections import Counter
from collections.abc import Iterable
from enum import IntEnum, IntFlag, StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

# Nobody reads and reacts sooner than this after the receiving server took the message; scanners do.
SOONEST_PERSON_SECONDS: Final = 2.0
# An image proxy this soon after delivery fetches ahead, it does not open.
PROXY_AHEAD_SECONDS: Final = 10.0
# Links of one message followed within this time count as followed at once.
AT_ONCE_SECONDS: Final = 5.0
# Stands for any link, in firsts and counters: what makes a click a message's first click at all.
ANY_LINK: Final = -1
_AT_ONCE_MS = int(AT_ONCE_SECONDS * 1000)
_AT_ONCE_LINKS = 4


class Kind(StrEnum):
    """What happened to a message."""

    OPEN = "open"
    CLICK = "click"
    UNSUBSCRIBE = "unsubscribe"


class Method(IntEnum):
    """How it was asked for. The numbers are part of the spool's format."""

    OTHER = 0
    GET = 1
    HEAD = 2
    POST = 3


class Origin(StrEnum):
    """Who asked for it."""

    HUMAN = "human"
    PREFETCH = "prefetch"
    SCANNER = "scanner"


class Signal(IntFlag):
    """What an origin was decided by; kept with each event, so that the decision can be explained and made again."""

    NONE = 0
    METHOD = 1
    AGENT = 2
    NO_AGENT = 4
    NETWORK = 8
    SOON = 16
    AT_ONCE = 32
    IMAGE_PROXY = 64


class Agent(IntEnum):
    """Families of user agents. The numbers are part of the spool's format: never reuse one, only add."""

    NONE = 0
    OTHER = 1
    CHROME = 10
    FIREFOX = 11
    SAFARI = 12
    EDGE = 13
    OPERA = 14
    SAMSUNG = 15
    SEZNAM_BROWSER = 16
    OTHER_BROWSER = 19
    APPLE_MAIL = 30
    OUTLOOK = 31
    THUNDERBIRD = 32
    SAMSUNG_MAIL = 33
    OTHER_MAIL = 39
    GMAIL_PROXY = 50
    YAHOO_PROXY = 51
    SEZNAM_PROXY = 52
    OTHER_PROXY = 59
    APPLE_PRIVACY = 60
    GMAIL_PREFETCH = 61
    SECURITY_SCANNER = 80
    LINK_PREVIEW = 81
    OFFICE_PROBE = 82
    HTTP_LIBRARY = 83
    CRAWLER = 84


class Verdict(NamedTuple):
    """An origin and what it was decided by."""

    origin: Origin
    signals: Signal


IMAGE_PROXIES: Final = frozenset({Agent.GMAIL_PROXY, Agent.YAHOO_PROXY, Agent.SEZNAM_PROXY, Agent.OTHER_PROXY})
PREFETCHERS: Final = frozenset({Agent.APPLE_PRIVACY, Agent.GMAIL_PREFETCH})
SCANNERS: Final = frozenset(agent for agent in Agent if agent >= Agent.SECURITY_SCANNER)

# In order: the first part that the lower-cased user agent contains decides.
_PARTS: Final[tuple[tuple[str, Agent], ...]] = (
    ("googleimageproxy", Agent.GMAIL_PROXY),
    ("ggpht.com", Agent.GMAIL_PROXY),
    ("yahoomailproxy", Agent.YAHOO_PROXY),
    ("seznamemailproxy", Agent.SEZNAM_PROXY),
    ("mail.ru proxy", Agent.OTHER_PROXY),
    ("imageproxy", Agent.OTHER_PROXY),
    # Gmail loads ahead under the name of a browser gone since 2015, with a second product token at its end.
    ("edge/12.246 mozilla/5.0", Agent.GMAIL_PREFETCH),
    ("office existence discovery", Agent.OFFICE_PROBE),
    ("office protocol discovery", Agent.OFFICE_PROBE),
    ("webdav-miniredir", Agent.OFFICE_PROBE),
    ("barracuda", Agent.SECURITY_SCANNER),
    ("proofpoint", Agent.SECURITY_SCANNER),
    ("mimecast", Agent.SECURITY_SCANNER),
    ("messagelabs", Agent.SECURITY_SCANNER),
    ("symantec", Agent.SECURITY_SCANNER),
    ("trendmicro", Agent.SECURITY_SCANNER),
    ("cloudmark", Agent.SECURITY_SCANNER),
    ("safelinks", Agent.SECURITY_SCANNER),
    ("safebrowsing", Agent.SECURITY_SCANNER),
    ("headlesschrome", Agent.SECURITY_SCANNER),
    ("phantomjs", Agent.SECURITY_SCANNER),
    ("bingpreview", Agent.LINK_PREVIEW),
    ("facebookexternalhit", Agent.LINK_PREVIEW),
    ("slackbot", Agent.LINK_PREVIEW),
    ("skypeuripreview", Agent.LINK_PREVIEW),
    ("whatsapp", Agent.LINK_PREVIEW),
    ("telegrambot", Agent.LINK_PREVIEW),
    ("discordbot", Agent.LINK_PREVIEW),
    ("twitterbot", Agent.LINK_PREVIEW),
    ("linkedinbot", Agent.LINK_PREVIEW),
    ("curl/", Agent.HTTP_LIBRARY),
    ("wget/", Agent.HTTP_LIBRARY),
    ("python", Agent.HTTP_LIBRARY),
    ("go-http-client", Agent.HTTP_LIBRARY),
    ("okhttp", Agent.HTTP_LIBRARY),
    ("axios", Agent.HTTP_LIBRARY),
    ("node-fetch", Agent.HTTP_LIBRARY),
    ("libwww-perl", Agent.HTTP_LIBRARY),
    ("java/", Agent.HTTP_LIBRARY),
    ("apache-httpclient", Agent.HTTP_LIBRARY),
    ("ruby", Agent.HTTP_LIBRARY),
    ("bot/", Agent.CRAWLER),
    ("bot;", Agent.CRAWLER),
    ("crawler", Agent.CRAWLER),
    ("spider", Agent.CRAWLER),
    ("thunderbird", Agent.THUNDERBIRD),
    ("microsoft outlook", Agent.OUTLOOK),
    ("ms-office", Agent.OUTLOOK),
    ("msoffice", Agent.OUTLOOK),
    ("outlook-", Agent.OUTLOOK),
    ("samsung email", Agent.SAMSUNG_MAIL),
    ("airmail", Agent.OTHER_MAIL),
    ("emclient", Agent.OTHER_MAIL),
    ("k-9", Agent.OTHER_MAIL),
    ("samsungbrowser", Agent.SAMSUNG),
    ("seznam prohl", Agent.SEZNAM_BROWSER),
    ("szn-", Agent.SEZNAM_BROWSER),
    ("edg/", Agent.EDGE),
    ("edge/", Agent.EDGE),
    ("edga/", Agent.EDGE),
    ("edgios/", Agent.EDGE),
    ("opr/", Agent.OPERA),
    ("opera", Agent.OPERA),
    ("firefox/", Agent.FIREFOX),
    ("fxios/", Agent.FIREFOX),
    ("chrome/", Agent.CHROME),
    ("crios/", Agent.CHROME),
    ("safari/", Agent.SAFARI),
    # Apple's mail program sends WebKit's name without Safari's.
    ("applewebkit/", Agent.APPLE_MAIL),
    ("mozilla/", Agent.OTHER_BROWSER),
)

# Networks whose registered holder sells mail scanning and uses them for it. Clouds that anybody can rent are not here.
_SCANNER_NETWORKS: Final = frozenset(
    part.network_address.packed[:3]
    for text in ("64.235.144.0/20", "209.222.80.0/21", "67.231.144.0/20", "148.163.128.0/19", "207.211.31.0/24")
    for part in ipaddress.IPv4Network(text).subnets(new_prefix=24)
)
# Apple's own network: its privacy proxy loads every image from there or from a partner under the bare user agent.
_APPLE_NETWORK: Final = 17


@lru_cache(maxsize=4096)
def agent_family(user_agent: str) -> Agent:
    """The family of a User-Agent header; the text itself is not kept."""
    text = user_agent.strip().lower()
    if not text:
        return Agent.NONE
    if text == "mozilla/5.0":
        return Agent.APPLE_PRIVACY
    return next((agent for part, agent in _PARTS if part in text), Agent.OTHER)


def network(address: str) -> bytes:
    """The network class of an IP address: 3 bytes for IPv4 (/24), 6 for IPv6 (/48), none when it cannot be read."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return b""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return parsed.packed[:6]
        parsed = parsed.ipv4_mapped
    return parsed.packed[:3]


@lru_cache(maxsize=65_536)
def network_text(prefix: bytes) -> str:
    """A network class as people write it: `192.0.2.0/24`, `2001:db8:1::/48`, or nothing."""
    if len(prefix) == 3:
        return "%d.%d.%d.0/24" % tuple(prefix)
    if len(prefix) == 6:
        return f"{ipaddress.IPv6Address(prefix + bytes(10))}/48"
    return ""


def network_mark(prefix: bytes) -> bytes:
    """A network class where it says something of who asked; nothing for all the others, so that they are alike."""
    return prefix if prefix in _SCANNER_NETWORKS or _is_apples(prefix) else b""


def client_address(
    remote: str, forwarded: str, trusted: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]
) -> str:
    """The address a request came from, believing X-Forwarded-For only as far as trusted proxies wrote it.

    `remote` is the peer of the connection, `forwarded` the header. Read from the right: the first address that is no
    trusted proxy's is the client's. What a client wrote into the header itself is never reached.
    """
    chain = [part.strip() for part in forwarded.split(",") if part.strip()]
    address = remote
    while chain and _within(address, trusted):
        address = chain.pop()
    return address


def at_once(distinct_links: int, links_of_campaign: int) -> bool:
    """Whether so many different links of a message, followed within AT_ONCE_SECONDS, are more than a person follows.

    Four suffice; of a campaign with fewer links all of them, but never a single one.
    """
    return distinct_links >= max(2, min(links_of_campaign, _AT_ONCE_LINKS))


def busy_spans(visits: Iterable[tuple[int, int]], links_of_campaign: int) -> list[tuple[int, int]]:
    """When links of one message were followed at once: spans of milliseconds, both ends included.

    `visits` are (milliseconds, link) in any order. A span covers each run of visits in which, within AT_ONCE_SECONDS,
    more different links are followed than a person follows.
    """
    ordered = sorted(visits)
    spans: list[tuple[int, int]] = []
    begin = 0
    followed: Counter[int] = Counter()
    for at_ms, link in ordered:
        followed[link] += 1
        # The window slides and only counts change: one link followed ten thousand times is no heavy work.
        while at_ms - ordered[begin][0] > _AT_ONCE_MS:
            left = ordered[begin][1]
            followed[left] -= 1
            if not followed[left]:
                del followed[left]
            begin += 1
        if at_once(len(followed), links_of_campaign):
            start_ms = ordered[begin][0]
            if spans and start_ms <= spans[-1][1]:
                start_ms = spans.pop()[0]
            spans.append((start_ms, at_ms))
    return spans


def classify(
    kind: Kind, method: Method, agent: Agent, prefix: bytes, seconds: float | None, followed_at_once: bool
) -> Verdict:
    """Who asked. `seconds` is the time since delivery, None where it is not known, which then says nothing.

    An unsubscription is always a person's: a mailbox sends the POST of RFC 8058 when its user presses the button.
    """
    if kind is Kind.UNSUBSCRIBE:
        return _PERSON
    soon = seconds is not None and seconds < SOONEST_PERSON_SECONDS
    ahead = seconds is not None and seconds < PROXY_AHEAD_SECONDS
    return _decide(kind, method, agent, prefix, soon, ahead, followed_at_once)


_PERSON = Verdict(Origin.HUMAN, Signal.NONE)


@lru_cache(maxsize=65536)
def _decide(
    kind: Kind, method: Method, agent: Agent, prefix: bytes, soon: bool, ahead: bool, followed_at_once: bool
) -> Verdict:
    scanner = _scanner_signals(method, agent, prefix, followed_at_once)
    if scanner:
        return Verdict(Origin.SCANNER, scanner)
    if kind is Kind.CLICK:
        # Neither an image proxy nor a prefetcher follows links; whoever does so under such a name is a machine.
        if agent in IMAGE_PROXIES or agent in PREFETCHERS:
            return Verdict(Origin.SCANNER, Signal.AGENT)
        return Verdict(Origin.SCANNER, Signal.SOON) if soon else _PERSON
    return _decide_open(agent, prefix, soon, ahead)


def _decide_open(agent: Agent, prefix: bytes, soon: bool, ahead: bool) -> Verdict:
    if agent in PREFETCHERS:
        return Verdict(Origin.PREFETCH, Signal.AGENT)
    if _is_apples(prefix):
        return Verdict(Origin.PREFETCH, Signal.NETWORK)
    if agent in IMAGE_PROXIES:
        if ahead:
            return Verdict(Origin.PREFETCH, Signal.IMAGE_PROXY | Signal.SOON)
        return Verdict(Origin.HUMAN, Signal.IMAGE_PROXY)
    return Verdict(Origin.SCANNER, Signal.SOON) if soon else _PERSON


def _scanner_signals(method: Method, agent: Agent, prefix: bytes, followed_at_once: bool) -> Signal:
    signals = Signal.NONE
    if method is Method.HEAD:
        signals |= Signal.METHOD
    if agent is Agent.NONE:
        signals |= Signal.NO_AGENT
    if agent in SCANNERS:
        signals |= Signal.AGENT
    if prefix in _SCANNER_NETWORKS:
        signals |= Signal.NETWORK
    if followed_at_once:
        signals |= Signal.AT_ONCE
    return signals


def _is_apples(prefix: bytes) -> bool:
    return len(prefix) == 3 and prefix[0] == _APPLE_NETWORK


def _within(address: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in entry for entry in networks)
