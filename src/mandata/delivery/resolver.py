"""Asks DNS. The resolver is the system's, or the one that MANDATA_DNS names as host:port."""

from collections.abc import Iterable

import dns.exception
import dns.rdatatype
import dns.resolver

from mandata.delivery.rules.domains import Record
from mandata.foundation.errors import Fault


def resolver(address: str = "", *, timeout: float = 5.0) -> dns.resolver.Resolver:
    """Return a resolver; `address` is host:port, empty for the system's. Fault when the address cannot be read."""
    if not address:
        found = dns.resolver.Resolver()
    else:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit():
            raise Fault("The resolver's address is no host:port.", remedy="Set MANDATA_DNS like 127.0.0.1:5353.")
        found = dns.resolver.Resolver(configure=False)
        found.nameservers = [host.strip("[]")]
        found.port = int(port)
    found.lifetime = timeout
    return found


def look_up(records: Iterable[Record], asked: dns.resolver.Resolver) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return what DNS answers for each record's name and type. Fault when no answer at all can be had."""
    answers: dict[tuple[str, str], tuple[str, ...]] = {}
    for record in records:
        try:
            answer = asked.resolve(record.name, record.type, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            answers[(record.name, record.type)] = ()
            continue
        except dns.exception.DNSException as error:
            raise Fault(
                f"DNS gave no answer about {record.name}: {error.__class__.__name__}.",
                remedy="Check the name servers of the domain and MANDATA_DNS, then check again.",
            ) from error
        values = [_value(rdata) for rdata in answer.rrset or ()]
        answers[(record.name, record.type)] = tuple(values)
    return answers


def _value(rdata: object) -> str:
    strings = getattr(rdata, "strings", None)
    if strings is not None:
        return b"".join(strings).decode("utf-8", "replace")
    return str(getattr(rdata, "target", rdata)).rstrip(".")
