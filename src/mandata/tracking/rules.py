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
# Around a visit to the hidden link everything that comes of the message is a scanner's, and from its network longer.
TRAP_SECONDS: Final = 60.0
TRAPPED_NETWORK_SECONDS: Final = 3600.0
# The same request again within this time, by the same program from the same network, is one act: a double click, a
# picture drawn twice, a token replayed.
REPEAT_SECONDS: Final = 3.0
# Stands for any link, in firsts and counters: what makes a click a message's first click at all.
ANY_LINK: Final = -1
_AT_ONCE_MS = int(AT_ONCE_SECONDS * 1000)
_AT_ONCE_LINKS = 4
_TRAP_MS = int(TRAP_SECONDS * 1000)
_TRAPPED_NETWORK_MS = int(TRAPPED_NETWORK_SECONDS * 1000)


class Kind(StrEnum):
    """What happened to a message."""

    OPEN = "open"
    CLICK = "click"
    UNSUBSCRIBE = "unsubscribe"
    WEB = "web"


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
    TRAP = 128


class Holder(StrEnum):
    """What the registered holder of a network uses it for."""

    ANYBODY = ""
    PROXY = "proxy"
    IMAGE_PROXY = "image-proxy"
    SCANNER = "scanner"


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
    OUTLOOK_PROXY = 53
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


IMAGE_PROXIES: Final = frozenset(agent for agent in Agent if Agent.GMAIL_PROXY <= agent <= Agent.OTHER_PROXY)
PREFETCHERS: Final = frozenset({Agent.APPLE_PRIVACY, Agent.GMAIL_PREFETCH})
SCANNERS: Final = frozenset(agent for agent in Agent if agent >= Agent.SECURITY_SCANNER)


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
        return f"{prefix[0]}.{prefix[1]}.{prefix[2]}.0/24"
    if len(prefix) == 6:
        return f"{ipaddress.IPv6Address(prefix + bytes(10))}/48"
    return ""


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


class Span(NamedTuple):
    """When what came of one message is a machine's, in milliseconds, both ends included, and by which signal.

    `network`: only what came from there; None for whatever came.
    """

    start: int
    end: int
    signal: Signal
    network: bytes | None = None


class Visit(NamedTuple):
    """Somebody came: when (milliseconds), from where, and whether by the link that no person sees."""

    at_ms: int
    network: bytes
    trap: bool


def trapped_spans(visits: Iterable[Visit], known: Iterable[Span] = ()) -> list[Span]:
    """When visits to one message are a scanner's because it followed the hidden link.

    Around that moment everything is, and on as long as visits follow each other within TRAP_SECONDS; from the
    networks that followed it, everything for TRAPPED_NETWORK_SECONDS. `known` is what was found of earlier visits.
    """
    ordered = sorted(visits)
    found = list(known)
    for at_ms, network, trap in ordered:
        if trap:
            found.append(Span(at_ms - _TRAP_MS, at_ms + _TRAPPED_NETWORK_MS, Signal.TRAP, network))
            found.append(Span(at_ms - _TRAP_MS, at_ms + _TRAP_MS, Signal.TRAP))
        elif found and at_ms <= found[-1].end:
            # Slow scanners go on link by link, from one address after the other.
            found[-1] = found[-1]._replace(end=max(found[-1].end, at_ms + _TRAP_MS))
    return found


def signs(spans: Iterable[Span], at_ms: int, network: bytes) -> Signal:
    """Return what the spans of a message say of something that came at a moment from a network."""
    found = Signal.NONE
    for span in spans:
        if span.start <= at_ms <= span.end and span.network in {None, network}:
            found |= span.signal
    return found


def classify(
    kind: Kind, method: Method, agent: Agent, holder: Holder, seconds: float | None, seen: Signal = Signal.NONE
) -> Verdict:
    """Who asked. `seconds` is the time since delivery, None where it is not known, which then says nothing; `seen` is
    what `signs` found.

    An unsubscription is always a person's: a mailbox sends the POST of RFC 8058 when its user presses the button.
    """
    if kind is Kind.UNSUBSCRIBE:
        return PERSON
    scanner = _scanner_signals(method, agent, holder) | seen
    if scanner:
        return Verdict(Origin.SCANNER, scanner)
    soon = seconds is not None and seconds < SOONEST_PERSON_SECONDS
    if kind is Kind.OPEN:
        return _decide_open(agent, holder, soon, seconds is not None and seconds < PROXY_AHEAD_SECONDS)
    # Neither an image proxy nor a prefetcher follows links; whoever does so under such a name is a machine.
    if agent in IMAGE_PROXIES or agent in PREFETCHERS:
        return Verdict(Origin.SCANNER, Signal.AGENT)
    return Verdict(Origin.SCANNER, Signal.SOON) if soon else PERSON


PERSON: Final = Verdict(Origin.HUMAN, Signal.NONE)


def _decide_open(agent: Agent, holder: Holder, soon: bool, ahead: bool) -> Verdict:
    if agent in PREFETCHERS:
        return Verdict(Origin.PREFETCH, Signal.AGENT)
    if holder is Holder.PROXY:
        return Verdict(Origin.PREFETCH, Signal.NETWORK)
    if agent in IMAGE_PROXIES or holder is Holder.IMAGE_PROXY:
        if ahead:
            return Verdict(Origin.PREFETCH, Signal.IMAGE_PROXY | Signal.SOON)
        return Verdict(Origin.HUMAN, Signal.IMAGE_PROXY)
    return Verdict(Origin.SCANNER, Signal.SOON) if soon else PERSON


def _scanner_signals(method: Method, agent: Agent, holder: Holder) -> Signal:
    signals = Signal.NONE
    if method is Method.HEAD:
        signals |= Signal.METHOD
    if agent is Agent.NONE:
        signals |= Signal.NO_AGENT
    if agent in SCANNERS:
        signals |= Signal.AGENT
    if holder is Holder.SCANNER:
        signals |= Signal.NETWORK
    return signals


def _within(address: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in entry for entry in networks)
