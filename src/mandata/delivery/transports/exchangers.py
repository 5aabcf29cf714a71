"""Where mail for a domain goes, with the protection that each host there demands: asked of DNS in threads, kept by TTL.

For each domain: its mail exchangers in order of preference (RFC 5321 section 5.1), null MX (RFC 7505), their addresses,
MTA-STS (RFC 8461), and DANE where every answer on the way was validated (RFC 7672). DANE goes before MTA-STS.
"""

import os
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from ipaddress import ip_address
from typing import Final, NamedTuple

from mandata.delivery import resolver
from mandata.delivery.resolver import LEAST_TTL, Exchanges, NoAnswer, NoSuchName
from mandata.delivery.transports import dane
from mandata.delivery.transports.dane import Known
from mandata.delivery.transports.mtasts import Policies, Policy
from mandata.delivery.transports.port import Unroutable
from mandata.infra.logs import log

PATIENCE: Final = 5.0
"""Seconds that somebody who hands over a few letters waits for DNS."""
AT_ONCE: Final = 0.1
"""Seconds that an engine waits for it: a domain whose servers are silent must not hold the mail to others. What comes
later is kept for the next time; until then the domain's messages are put off, and no attempt is counted."""
_THREADS: Final = 32
_KEEP: Final = 100_000
_log = log("delivery")
_UNANSWERED: Final = Unroutable("returned", "4.4.3", "DNS gave no answer about the domain yet")


class Host(NamedTuple):
    """A mail exchanger: its addresses, and the protection that is demanded of it (`SmtpSettings.tls`)."""

    preference: int
    name: str
    addresses: tuple[str, ...]
    tls: str = "may"
    known: tuple[Known, ...] = ()


class Place(NamedTuple):
    """Where mail for a domain goes: hosts in order, those of one preference in any."""

    hosts: tuple[Host, ...]


class Exchangers:
    """Looks places up and keeps them. `inside` allows hosts on private networks and on this machine; `policies` may be
    set later; without `dane` no TLSA record is asked for."""

    def __init__(
        self,
        asked: resolver.Resolver,
        policies: Policies | None = None,
        *,
        port: int = 25,
        inside: bool = False,
        dane: bool = True,
        patience: float = PATIENCE,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._asked = asked
        self.policies = policies
        self._port = port
        self._inside = inside
        self._dane = dane
        self._patience = patience
        self._timer = timer
        self._kept: dict[str, tuple[float, Place | Unroutable]] = {}
        self._asking: dict[str, tuple[Future[Place | Unroutable], float]] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="mx")

    def places(self, domains: Collection[str]) -> Mapping[str, Place | Unroutable]:
        """Return the place of each domain, or why nothing can be sent there. Each is waited for no longer than the
        patience, counted from when it was first asked for."""
        at, found = self._timer(), {}
        missing: dict[str, Future[Place | Unroutable]] = {}
        until = at
        for domain in domains:
            kept = self._kept.get(domain)
            if kept is not None and at < kept[0]:
                found[domain] = kept[1]
                continue
            missing[domain], since = self._asked_for(domain)
            until = max(until, since + self._patience)
        if missing:
            wait(missing.values(), timeout=until - at)
        for domain, future in missing.items():
            found[domain] = future.result() if future.done() and not future.cancelled() else _UNANSWERED
        return found

    def close(self) -> None:
        """Ask no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _asked_for(self, domain: str) -> "tuple[Future[Place | Unroutable], float]":
        with self._lock:
            asked = self._asking.get(domain)
            if asked is None:
                asked = self._asking[domain] = (self._threads.submit(self._find, domain), self._timer())
            return asked

    def _find(self, domain: str) -> Place | Unroutable:
        try:
            place, ttl = self._look(domain)
        except NoSuchName:
            place, ttl = (
                Unroutable("failed", "5.1.2", "the domain does not exist, or takes no mail anywhere"),
                LEAST_TTL,
            )
        except NoAnswer as error:
            place, ttl = Unroutable("deferred", "4.4.3", f"DNS gave no answer about the domain: {error}"), LEAST_TTL
        except Exception as error:  # what strangers publish ends no process
            _log.error("exchangers.trouble", error=type(error).__name__)
            place, ttl = Unroutable("deferred", "4.4.3", "what the domain publishes cannot be read"), LEAST_TTL
        with self._lock:
            if len(self._kept) >= _KEEP:
                self._kept.clear()
            self._kept[domain] = (self._timer() + ttl, place)
            self._asking.pop(domain, None)
        return place

    # -- one domain ------------------------------------------------------------------------------------------------

    def _look(self, domain: str) -> tuple[Place | Unroutable, int]:
        if domain.startswith("["):
            return self._literal(domain), LEAST_TTL
        found = resolver.mx(domain, self._asked)
        if found.null:
            return Unroutable("failed", "5.1.10", "the domain says that it takes no mail (null MX)"), found.ttl
        policy = self.policies.of(domain) if self.policies is not None else None
        enforced = policy if policy is not None and policy.mode == "enforce" else None
        hosts: list[Host] = []
        ttl, trouble = found.ttl, "its mail exchangers have no address that can be reached"
        for preference, name in found.hosts:
            if enforced is not None and not enforced.covers(name):
                trouble = "its mail exchangers are none that its MTA-STS policy names"
                continue
            try:
                host, host_ttl = self._host(preference, name, found, enforced)
            except NoAnswer:
                trouble = "DNS gave no answer about its mail exchangers"
                continue
            ttl = min(ttl, host_ttl)
            if host.addresses:
                hosts.append(host)
        if not hosts:
            return Unroutable("deferred", "4.4.4", trouble), LEAST_TTL
        return Place(tuple(hosts)), ttl

    def _literal(self, domain: str) -> Place | Unroutable:
        text = domain.strip("[]").removeprefix("IPv6:")
        if not self.reachable(text):
            return Unroutable("failed", "5.1.2", "the address after the @ cannot be reached")
        return Place((Host(0, text, (text,)),))

    def _host(self, preference: int, name: str, found: Exchanges, policy: Policy | None) -> tuple[Host, int]:
        try:
            answer = resolver.addresses(name, self._asked)
        except NoSuchName:
            return Host(preference, name, ()), LEAST_TTL
        reachable = tuple(one for one in answer.records if self.reachable(one))
        known: tuple[Known, ...] = ()
        tls, ttl = "may" if policy is None else "starttls", answer.ttl
        if self._dane and found.secure and answer.secure:
            records = resolver.tlsa(name, self._port, self._asked)
            if records.secure and records.records:
                shown = [Known(one.usage, one.selector, one.mtype, bytes(one.cert)) for one in records.records]
                known = dane.usable(shown)
                tls, ttl = "dane" if known else "encrypt", min(ttl, records.ttl)
        return Host(preference, name, reachable, tls, known), ttl

    def reachable(self, address: str) -> bool:
        """Return whether an address may be connected to: one of the whole Internet, or any where `inside`."""
        with suppress(ValueError):
            found = ip_address(address)
            return self._inside or (found.is_global and not found.is_multicast)
        return False


def in_turn(hosts: tuple[Host, ...]) -> list[Host]:
    """Return hosts by preference, those of one preference in random order (RFC 5321 section 5.1)."""
    drawn = [(host.preference, os.urandom(4), host) for host in hosts]
    return [host for _, _, host in sorted(drawn, key=lambda one: one[:2])]
