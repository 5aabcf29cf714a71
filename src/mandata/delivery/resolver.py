"""Asks DNS. The resolver is the system's, or the one that MANDATA_DNS names as host:port.

An answer counts as validated (DNSSEC) where the resolver says so by the AD bit and can be believed: it was named in the
settings, or it answers on this machine (RFC 7672 section 2.2 asks for no less).
"""

from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Any, Final, NamedTuple

import dns.exception
import dns.flags
import dns.message
import dns.rdatatype
import dns.resolver
import dns.reversename

from mandata.delivery.rules.domains import Record
from mandata.delivery.rules.spf import Question
from mandata.foundation.errors import Fault

LEAST_TTL: Final = 60
MOST_TTL: Final = 86_400
MOST_HOSTS: Final = 10
"""How many mail exchangers of a domain are looked at; RFC 5321 section 5.1 asks for two at least."""


class NoAnswer(Exception):
    """DNS gave no answer now: a failing or silent server, or an answer that does not validate. Try again later."""


class NoSuchName(Exception):
    """There is no such name (NXDOMAIN)."""


class Answer(NamedTuple):
    """What DNS holds under a name and type: the records, whether they were validated, and for how many seconds."""

    records: tuple[Any, ...]
    secure: bool
    ttl: int


class Exchanges(NamedTuple):
    """Where mail for a domain goes: (preference, host) in order of preference, names without the last dot.

    `null`: it takes no mail (RFC 7505). `implicit`: it has no MX, so it is its own (RFC 5321 section 5.1). `secure`:
    the answer was validated.
    """

    hosts: tuple[tuple[int, str], ...]
    null: bool = False
    implicit: bool = False
    secure: bool = False
    ttl: int = LEAST_TTL


class Resolver(dns.resolver.Resolver):
    """A resolver that asks for validation; `named` where the settings say which one to ask."""

    named = False


def resolver(address: str = "", *, timeout: float = 5.0) -> Resolver:
    """Return a resolver; `address` is host:port, empty for the system's. Fault when the address cannot be read."""
    if not address:
        found = Resolver()
    else:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit():
            raise Fault("The resolver's address is no host:port.", remedy="Set MANDATA_DNS like 127.0.0.1:5353.")
        found = Resolver(configure=False)
        found.named = True
        found.nameservers = [host.strip("[]")]
        found.port = int(port)
    found.lifetime = timeout
    found.flags = dns.flags.RD | dns.flags.AD
    return found


def look_up(
    records: Iterable[Record | Question], asked: dns.resolver.Resolver
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return what DNS answers for each record's name and type. Fault when no answer at all can be had."""
    answers: dict[tuple[str, str], tuple[str, ...]] = {}
    for record in records:
        try:
            found = ask(record.name, record.type, asked)
        except NoSuchName:
            answers[(record.name, record.type)] = ()
            continue
        except NoAnswer as error:
            raise Fault(
                f"DNS gave no answer about {record.name}: {error}.",
                remedy="Check the name servers of the domain and MANDATA_DNS, then check again.",
            ) from error
        answers[(record.name, record.type)] = tuple(_value(rdata) for rdata in found.records)
    return answers


def ask(name: str, kind: str, asked: dns.resolver.Resolver) -> Answer:
    """Return the records of a name and type, following aliases; none where it has none. NoSuchName, NoAnswer."""
    try:
        answer = asked.resolve(name, kind, raise_on_no_answer=False, search=False)
    except dns.resolver.NXDOMAIN:
        raise NoSuchName(name) from None
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise NoAnswer(error.__class__.__name__) from error
    rrset = answer.rrset
    ttl = min(max(LEAST_TTL, rrset.ttl if rrset is not None else LEAST_TTL), MOST_TTL)
    return Answer(tuple(rrset or ()), _validated(answer.response, asked), ttl)


def _validated(response: dns.message.Message, asked: dns.resolver.Resolver) -> bool:
    return bool(response.flags & dns.flags.AD) and believed(asked)


def believed(asked: dns.resolver.Resolver) -> bool:
    """Return whether what a resolver says about validation can be believed: it was named, or it is on this machine."""
    return getattr(asked, "named", False) or all(_loopback(str(server)) for server in asked.nameservers)


def _loopback(server: str) -> bool:
    try:
        return ip_address(server).is_loopback
    except ValueError:
        return False


def mx(domain: str, asked: dns.resolver.Resolver) -> Exchanges:
    """Return where mail for a domain goes (RFC 5321 section 5.1, RFC 7505). Raises NoSuchName, NoAnswer.

    A domain without MX and without an address has nowhere to take mail: NoSuchName, too.
    """
    found = ask(domain, "MX", asked)
    hosts = sorted((int(one.preference), _name(one.exchange)) for one in found.records)
    if hosts == [(0, "")] or (hosts and not any(host for _, host in hosts)):
        return Exchanges((), null=True, secure=found.secure, ttl=found.ttl)
    if hosts:
        named = tuple(one for one in hosts if one[1])[:MOST_HOSTS]
        return Exchanges(named, secure=found.secure, ttl=found.ttl)
    if not addresses(domain, asked).records:
        raise NoSuchName(domain)
    return Exchanges(((0, domain.lower().rstrip(".")),), implicit=True, secure=found.secure, ttl=found.ttl)


def addresses(host: str, asked: dns.resolver.Resolver, *, kinds: Sequence[str] = ("A", "AAAA")) -> Answer:
    """Return the addresses of a host as text, in the order of `kinds`. Raises NoSuchName, and NoAnswer where not one
    of the kinds could be asked for."""
    records: list[str] = []
    secure, ttl, trouble = True, MOST_TTL, 0
    for kind in kinds:
        try:
            found = ask(host, kind, asked)
        except NoAnswer:
            trouble += 1
            continue
        records += [str(one.address) for one in found.records]
        secure, ttl = secure and found.secure, min(ttl, found.ttl)
    if trouble and not records:
        raise NoAnswer(f"no address of {host}")
    return Answer(tuple(records), secure and not trouble, ttl)


def tlsa(host: str, port: int, asked: dns.resolver.Resolver) -> Answer:
    """Return the TLSA records of a mail exchanger (RFC 7672). Raises NoAnswer; none where there is no such name."""
    try:
        return ask(f"_{port}._tcp.{host}", "TLSA", asked)
    except NoSuchName:
        return Answer((), secure=False, ttl=LEAST_TTL)


def texts(name: str, asked: dns.resolver.Resolver) -> tuple[str, ...]:
    """Return the TXT records of a name, each joined; none where there is no such name. Raises NoAnswer."""
    try:
        return tuple(_value(one) for one in ask(name, "TXT", asked).records)
    except NoSuchName:
        return ()


def names_of(address: str, asked: dns.resolver.Resolver) -> tuple[str, ...]:
    """Return the names that the reverse zone gives an address (PTR). Raises NoAnswer."""
    try:
        found = ask(dns.reversename.from_address(address).to_text(), "PTR", asked)
    except NoSuchName:
        return ()
    return tuple(_name(one.target) for one in found.records)


def blocked(address: str, blocklist: str, asked: dns.resolver.Resolver) -> bool:
    """Return whether a DNS blocklist holds an address (RFC 5782: an answer in 127.0.0.0/8). Raises NoAnswer.

    127.255.255.0/24 says that the list refuses the resolver, not that it holds the address.
    """
    reverse = dns.reversename.from_address(address).to_text().removesuffix(".in-addr.arpa.").removesuffix(".ip6.arpa.")
    try:
        found = ask(f"{reverse}.{blocklist}", "A", asked)
    except NoSuchName:
        return False
    said = [str(one.address) for one in found.records]
    if any(one.startswith("127.255.255.") for one in said):
        raise NoAnswer(f"{blocklist} refuses this resolver")
    return any(one.startswith("127.") for one in said)


def _name(name: Any) -> str:
    return str(name).rstrip(".").lower()


def _value(rdata: object) -> str:
    strings = getattr(rdata, "strings", None)
    if strings is not None:
        return b"".join(strings).decode("utf-8", "replace")
    return str(getattr(rdata, "target", rdata)).rstrip(".")
