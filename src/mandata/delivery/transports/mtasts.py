"""MTA-STS (RFC 8461): which mail exchangers a domain stands by, and whether they must show who they are.

A TXT record at `_mta-sts.<domain>` says that there is a policy and under which id; the policy lies at
`https://mta-sts.<domain>/.well-known/mta-sts.txt`. A policy once fetched holds for its `max_age`, also while it cannot
be fetched again: whoever could only take the record away would else take the protection away with it.
"""

import http.client
import json
import os
import re
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from mandata.delivery import resolver
from mandata.delivery.resolver import NoAnswer, NoSuchName
from mandata.infra.clock import now

MOST_AGE: Final = 31_557_600
_MOST_BYTES: Final = 65_536
_AGE = re.compile(r"[0-9]{1,20}")
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_DOMAIN = re.compile(r"[a-z0-9.-]{1,253}")


@dataclass(frozen=True, slots=True)
class Policy:
    """A domain's policy: "enforce", "testing" or "none", and the patterns that its mail exchangers match."""

    mode: str
    mx: tuple[str, ...]
    max_age: int
    id: str = ""
    until: float = 0.0  # seconds since 1970

    def covers(self, host: str) -> bool:
        """Return whether a mail exchanger is one of the policy's (section 4.1; a star stands for one label)."""
        host = host.lower().rstrip(".")
        return any(
            host == pattern or (pattern.startswith("*.") and host.partition(".")[2] == pattern[2:])
            for pattern in self.mx
        )


class NoPolicy(Exception):
    """There is no policy to be had, in words."""


def announced(texts: tuple[str, ...]) -> str:
    """Return the id that the TXT records at `_mta-sts` announce, "" where there is not exactly one (section 3.1)."""
    found = [text for text in texts if re.match(r"v=STSv1\s*(;|$)", text)]
    if len(found) != 1:
        return ""
    fields = dict(part.strip().split("=", 1) for part in found[0].split(";") if "=" in part)
    value = fields.get("id", "").strip()
    return value if _ID.fullmatch(value) else ""


def parse(text: str) -> Policy:
    """Read a policy file (section 3.2). Raises NoPolicy with what is wrong."""
    single: dict[str, str] = {}
    patterns: list[str] = []
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if not colon:
            continue
        if key == "mx":
            patterns.append(value.lower().rstrip("."))
        else:
            single.setdefault(key, value)
    mode, age = single.get("mode", ""), single.get("max_age", "")
    if single.get("version") != "STSv1" or mode not in {"enforce", "testing", "none"} or not _AGE.fullmatch(age):
        raise NoPolicy("a policy without version, mode or max_age")
    if mode != "none" and not patterns:
        raise NoPolicy("a policy without mail exchangers")
    return Policy(mode, tuple(patterns), min(int(age), MOST_AGE))


class Policies:
    """Fetches policies and keeps them, in `folder` also beyond the process. May be used by several threads.

    `port` and `authorities` (a PEM file) are for tests and private networks; `reachable` says whether an address may be
    connected to at all.
    """

    def __init__(
        self,
        asked: resolver.Resolver,
        folder: Path | None = None,
        *,
        port: int = 443,
        authorities: str = "",
        reachable: Callable[[str], bool] = lambda _: True,
        clock: Callable[[], float] = lambda: now().timestamp(),
        timeout: float = 5.0,
    ) -> None:
        self._asked = asked
        self._folder = folder
        self._port = port
        self._authorities = authorities
        self._reachable = reachable
        self._clock = clock
        self._timeout = timeout
        self._kept: dict[str, Policy] = {}
        self._context: ssl.SSLContext | None = None

    def of(self, domain: str) -> Policy | None:
        """Return the policy that holds for a domain now, or None."""
        domain = domain.lower().rstrip(".")
        kept, at = self._known(domain), self._clock()
        held = kept if kept is not None and at < kept.until else None
        try:
            wanted = announced(resolver.texts(f"_mta-sts.{domain}", self._asked))
        except NoAnswer:
            return held
        if not wanted or (held is not None and held.id == wanted):
            return held
        try:
            found = parse(self._fetch(domain))
        except (NoPolicy, OSError, http.client.HTTPException, NoAnswer, NoSuchName, UnicodeError):
            return held
        fresh = Policy(found.mode, found.mx, found.max_age, wanted, at + found.max_age)
        self._keep(domain, fresh)
        return fresh

    def _fetch(self, domain: str) -> str:
        """Get the policy over https from an address of our resolver's; redirects are not followed (section 3.3)."""
        host = f"mta-sts.{domain}"
        connection = _Connection(host, self._port, timeout=self._timeout, context=self._tls())
        connection.addresses = [
            one for one in resolver.addresses(host, self._asked).records if self._reachable(str(one))
        ]
        bell = threading.Timer(2 * self._timeout, connection.cut)  # each wait has a limit, and so has all of it
        bell.daemon = True
        bell.start()
        try:
            connection.request(
                "GET", "/.well-known/mta-sts.txt", headers={"User-Agent": "Mandata", "Accept": "text/plain"}
            )
            answer = connection.getresponse()
            if answer.status != 200:
                raise NoPolicy(f"the policy's server says {answer.status}")
            kind = answer.headers.get_content_type()
            if kind != "text/plain":
                raise NoPolicy(f"a policy of type {kind}")
            data = answer.read(_MOST_BYTES + 1)
        finally:
            bell.cancel()
            connection.close()
        if connection.late:
            raise NoPolicy("a policy that came too slowly")
        if len(data) > _MOST_BYTES:
            raise NoPolicy("a policy of more than 64 KB")
        return data.decode("utf-8")

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context(cafile=self._authorities or None)
        return self._context

    # -- what is kept ----------------------------------------------------------------------------------------------

    def _path(self, domain: str) -> Path | None:
        return self._folder / f"{domain}.json" if self._folder is not None and _DOMAIN.fullmatch(domain) else None

    def _known(self, domain: str) -> Policy | None:
        if domain not in self._kept and (path := self._path(domain)) is not None:
            with suppress(OSError, ValueError, TypeError):
                values = json.loads(path.read_text())
                self._kept[domain] = Policy(**{**values, "mx": tuple(values["mx"])})
        return self._kept.get(domain)

    def _keep(self, domain: str, policy: Policy) -> None:
        self._kept[domain] = policy
        path = self._path(domain)
        if path is None:
            return
        with suppress(OSError):  # a full disk costs the memory of it, not the message
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = path.with_suffix(f".{os.getpid()}")
            fresh.write_text(json.dumps(asdict(policy)))
            fresh.replace(path)


class _Connection(http.client.HTTPSConnection):
    """HTTPS to addresses that were looked up already, so that one resolver answers for all."""

    addresses: list[str]
    late = False
    _raw: socket.socket | None = None

    def cut(self) -> None:
        """Time is up: whatever waits for the other side now finds the connection broken. From another thread."""
        self.late = True
        if self._raw is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._raw, socket.SHUT_RDWR)

    def connect(self) -> None:
        trouble = OSError("the policy's host has no address that may be reached in time")
        for address in self.addresses[:3]:
            if self.late:
                break
            try:
                sock = socket.create_connection((address, self.port), self.timeout)
            except OSError as error:
                trouble = error
                continue
            context: ssl.SSLContext = self._context  # type: ignore[attr-defined]
            self.sock = self._raw = context.wrap_socket(sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()
            return
        raise trouble
