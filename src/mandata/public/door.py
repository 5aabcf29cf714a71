"""The tracking door: opens, clicks and one-click unsubscriptions, answered from memory and written to the spool.

A raw WSGI application in a process of its own, served by granian; no Django, and no database in the way of an answer
(link tables come from `linktables`). What each path does, with a token of the message's own:

    GET  /o/<token>.gif   a transparent pixel; an open
    GET  /c/<token>       302 to where this link of this campaign leads, and nowhere else; a click
    POST /u/<token>       the one-click unsubscription of RFC 8058, on the disk before the answer
    GET  /u/<token>       303 to the page with the button; a GET never unsubscribes, because scanners follow links
    GET  /p/<token>       303 to the page of preferences
    GET  /w/<token>       303 to the message as a page
    GET  /h/<token>       204, a visit of the controller's own site by the token that a click carried there
    GET  /visit.js        what the controller puts into that site
    GET  /.well-known/acme-challenge/<token>  the answer to an ACME server (RFC 8555, 8.3)
    GET  /health          200 while the process lives
    GET  /ready           the same, but 503 while the installation is being restored: for load balancers

Nothing but /health is answered under a name that is neither the operator's nor a tracking host that a controller has
proven (`hosts`). HEAD is answered like GET without the body. A token that is not ours, or not for that path, is 404 and
leaves no trace. A spool that cannot be written is 503: what cannot be kept is not acknowledged. So is everything but
/health while the installation is being restored.
"""

import atexit
import contextlib
import gettext
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Final

from mandata.foundation import tokens
from mandata.foundation.errors import Fault
from mandata.foundation.tokens import BadToken, Parsed, TokenKeys
from mandata.infra import clock, logs
from mandata.infra.environment import env
from mandata.infra.restoring import Watch
from mandata.public.hosts import Hosts, Register, own
from mandata.public.linktables import DatabaseLinks, LinksAway, LinkTables, Table
from mandata.tracking import programs, rules, spool
from mandata.tracking.rules import Method
from mandata.tracking.spool import SpoolFull, SpoolRecord, Writer
from mandata.vault.providers import provider

Environ = Mapping[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Answer = tuple[str, list[tuple[str, str]], bytes]

CHALLENGE: Final = "/.well-known/acme-challenge/"
MAX_BODY_BYTES: Final = 64 * 1024
QUIET_SECONDS: Final = 10.0
PIXEL: Final = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
_METHODS: Final = {"GET": Method.GET, "HEAD": Method.HEAD, "POST": Method.POST}
_PAGES: Final = {
    "u": (tokens.LINK_UNSUBSCRIBE, "unsubscribe"),
    "p": (tokens.LINK_PREFERENCES, "preferences"),
    "w": (tokens.LINK_WEB_VERSION, "message"),
}
_PRIVATE: Final = [
    ("Cache-Control", "no-store, private"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Robots-Tag", "noindex, nofollow"),
]
_PIXEL_HEADERS: Final = [("Content-Type", "image/gif"), ("Content-Length", str(len(PIXEL))), *_PRIVATE]
VISIT_PARAMETER: Final = "mandata"
# For the controller's own site. It keeps nothing in the browser: it tells of the page that a click led to, once, takes
# the token out of the address, so that whoever is sent that address is not taken for the reader, and forgets it.
SNIPPET: Final = b"""(function () {
  var door = new URL(document.currentScript.src).origin, here = new URL(location.href);
  var token = here.searchParams.get("mandata");
  if (!token) return;
  here.searchParams.delete("mandata");
  history.replaceState(history.state, "", here);
  fetch(door + "/h/" + encodeURIComponent(token), {mode: "no-cors", credentials: "omit", keepalive: true});
})();
"""
_SNIPPET_HEADERS: Final = [
    ("Content-Type", "text/javascript; charset=utf-8"),
    ("Content-Length", str(len(SNIPPET))),
    ("Cache-Control", "public, max-age=3600"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("X-Content-Type-Options", "nosniff"),
]
_LOCALE: Final = Path(__file__).resolve().parent / "locale"
_log = logs.log("door")


class Door:
    """The application. Everything it needs is given; `application` below builds one from the environment."""

    def __init__(
        self,
        *,
        keyring: Mapping[int, TokenKeys],
        events: Writer,
        unsubscriptions: Writer,
        links: LinkTables,
        public_url: str,
        trusted_proxies: Iterable[IPv4Network | IPv6Network] = (),
        closed: Callable[[], bool] = lambda: False,
        hosts: Hosts | None = None,
    ) -> None:
        self._hosts = hosts
        self._keyring = keyring
        self._closed = closed
        self._events = events
        self._unsubscriptions = unsubscriptions
        self._links = links
        self._public_url = public_url.rstrip("/")
        self._trusted = tuple(trusted_proxies)
        self._quiet_until = 0.0

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        status, headers, body = self.answer(environ)
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def answer(self, environ: Environ) -> Answer:
        """Status, headers and body for a request."""
        path: str = environ["PATH_INFO"]
        if self._closed() and path != "/health":
            return _unavailable(environ, seconds=60)
        if path.startswith(CHALLENGE):
            return self._challenge(environ, path.removeprefix(CHALLENGE))
        if self._hosts is not None and path != "/health" and not self._hosts.answers(environ.get("HTTP_HOST", "")):
            return _not_found(environ)
        place = path[1:2] if path[2:3] == "/" else path
        method = _METHODS.get(environ["REQUEST_METHOD"], Method.OTHER)
        if method is Method.OTHER or (method is Method.POST and place != "u"):
            return _method_not_allowed(place)
        try:
            if place == "c":
                return self._click(environ, method, path[3:])
            if place == "o":
                return self._open(environ, method, path[3:])
            if method is Method.POST:
                return self._unsubscribe(environ, path[3:])
            if place == "h":
                return self._visit(environ, method, path[3:])
            return self._other(place, path)
        except BadToken:
            return _not_found(environ)
        except (LinksAway, SpoolFull) as fault:
            self._tell(fault)
            return _unavailable(environ, seconds=5 if isinstance(fault, LinksAway) else 60)

    def _tell(self, fault: Fault) -> None:
        """Log what fails, once in a while. A log on the full disk must not keep anybody from being answered."""
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + QUIET_SECONDS
            with contextlib.suppress(OSError):
                _log.error("door.unavailable", fault=str(fault))

    def close(self) -> None:
        """Put everything on the disk."""
        self._events.close()
        self._unsubscriptions.close()

    def _challenge(self, environ: Environ, token: str) -> Answer:
        """An ACME server comes before the host is anything else; what it may ask for is what we ordered just now."""
        answer = self._hosts.challenge(token) if self._hosts is not None else ""
        return _text("200 OK", answer) if answer else _not_found(environ)

    def _click(self, environ: Environ, method: Method, token: str) -> Answer:
        parsed = tokens.parse(self._keyring, token)
        link = parsed.link
        if link >= tokens.FIRST_RESERVED:
            return self._trap(environ, method, parsed)
        table = self._links.table(parsed.campaign_no, link)
        url = table.links.get(link)
        self._check_host(environ, table)
        if url is None:
            if link in table.dropped:
                return _dropped(environ)
            raise BadToken
        self._events.append(self._record(environ, method, parsed, table))
        if table.web:
            url = _with_token(url, self._visit_token(parsed, table))
        return "302 Found", [("Location", url), ("Content-Length", "0"), *_PRIVATE], b""

    def _trap(self, environ: Environ, method: Method, parsed: Parsed) -> Answer:
        """Whoever followed the link that no person sees is told so, and led nowhere."""
        if parsed.link != tokens.LINK_TRAP:
            raise BadToken
        table = self._links.glance(parsed.campaign_no)
        self._check_host(environ, table)
        self._events.append(self._record(environ, method, parsed, table))
        _ = _words(environ)
        return _page(
            environ,
            "200 OK",
            _("Nothing is here"),
            _("This link is hidden in the message and leads nowhere: only programs that follow every link find it."),
        )

    def _visit_token(self, parsed: Parsed, table: Table) -> str:
        """What the click carries on to the controller's site: which message it came from, or which campaign only."""
        keys = self._keyring[parsed.key_id]
        message_no = parsed.message_no if table.individual else tokens.NOBODYS_MESSAGE
        [reference] = tokens.references(keys, [(parsed.campaign_no, message_no)])
        return tokens.mint(keys, reference, tokens.LINK_VISIT)

    def _visit(self, environ: Environ, method: Method, token: str) -> Answer:
        """A page of the controller's own site was looked at by somebody whom a click brought there."""
        parsed = tokens.parse(self._keyring, token)
        if parsed.link != tokens.LINK_VISIT:
            raise BadToken
        table = self._links.table(parsed.campaign_no)
        self._check_host(environ, table)
        if not table.web:
            raise BadToken
        self._events.append(self._record(environ, method, parsed, table))
        return "204 No Content", _PRIVATE, b""

    def _check_host(self, environ: Environ, table: Table | None) -> None:
        """At a controller's own tracking host only its own tokens are any good."""
        owner = self._hosts.owner(environ.get("HTTP_HOST", "")) if self._hosts is not None and table else ""
        if owner and table is not None and table.controller != owner:
            raise BadToken

    def _open(self, environ: Environ, method: Method, name: str) -> Answer:
        token, dot, kind = name.partition(".")
        parsed = tokens.parse(self._keyring, token)
        if parsed.link != tokens.LINK_OPEN or (dot and kind != "gif"):
            raise BadToken
        table = self._links.glance(parsed.campaign_no)
        self._check_host(environ, table)
        self._events.append(self._record(environ, method, parsed, table))
        return "200 OK", _PIXEL_HEADERS, PIXEL

    def _unsubscribe(self, environ: Environ, token: str) -> Answer:
        """RFC 8058: any POST with a genuine token will do. A formality must not keep anybody on a list."""
        _ = _words(environ)
        if _declared_length(environ) > MAX_BODY_BYTES:
            return _text("413 Content Too Large", _("The request is too long."))
        parsed = tokens.parse(self._keyring, token)
        if parsed.link != tokens.LINK_UNSUBSCRIBE:
            raise BadToken
        self._check_host(environ, self._links.glance(parsed.campaign_no))
        self._unsubscriptions.append_durably(self._record(environ, Method.POST, parsed))
        return _text("200 OK", _("You are unsubscribed."))

    def _other(self, place: str, path: str) -> Answer:
        if place in _PAGES:
            link, page = _PAGES[place]
            token = path[3:]
            if tokens.parse(self._keyring, token).link != link:
                raise BadToken
            url = f"{self._public_url}/{page}/{token}"
            return "303 See Other", [("Location", url), ("Content-Length", "0"), *_PRIVATE], b""
        if path in ("/health", "/ready"):
            return _text("200 OK", "ok")
        if path == "/visit.js":
            return "200 OK", _SNIPPET_HEADERS, SNIPPET
        if path == "/robots.txt":
            return _text("200 OK", "User-agent: *\nDisallow: /\n")
        raise BadToken

    def _record(self, environ: Environ, method: Method, parsed: Parsed, table: Table | None = None) -> SpoolRecord:
        address = environ.get("REMOTE_ADDR") or ""
        if self._trusted:
            address = rules.client_address(address, environ.get("HTTP_X_FORWARDED_FOR", ""), self._trusted)
        return SpoolRecord(
            parsed.campaign_no,
            parsed.message_no if table is None or table.individual or not parsed.message_no else tokens.NOBODYS_MESSAGE,
            parsed.link,
            clock.milliseconds(),
            method,
            programs.agent_family(environ.get("HTTP_USER_AGENT", "")[:512]),
            rules.network(address),
        )


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """The WSGI entry point."""
    return _door()(environ, start_response)


@cache
def _door() -> Door:
    """The door of this process, from the environment."""
    settings = env()
    logs.configure(settings.log_level)
    key = provider().service_key("token-1", 64)
    keys = TokenKeys(key_id=1, cipher_key=key[:32], tag_key=key[32:])
    door = Door(
        keyring={keys.key_id: keys},
        events=Writer(settings.var / "spool", spool.EVENTS),
        unsubscriptions=Writer(settings.var / "spool", spool.UNSUBSCRIPTIONS),
        links=LinkTables(DatabaseLinks(settings.database_url)),
        public_url=settings.public_url,
        trusted_proxies=settings.trusted_networks,
        closed=Watch(settings.var, settings.database_url, every=2.0),
        hosts=Hosts(Register(settings.database_url), own(settings.tracking_url, settings.public_url)),
    )
    atexit.register(door.close)
    return door


def _declared_length(environ: Environ) -> int:
    text = environ.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isascii() and text.isdigit() else 0


def _method_not_allowed(place: str) -> Answer:
    status, headers, body = _text("405 Method Not Allowed", "")
    return status, [*headers, ("Allow", "GET, HEAD, POST" if place == "u" else "GET, HEAD")], body


def _with_token(url: str, token: str) -> str:
    """The address with the token as one more parameter, before its fragment."""
    front, sharp, fragment = url.partition("#")
    return f"{front}{'&' if '?' in front else '?'}{VISIT_PARAMETER}={token}{sharp}{fragment}"


def _dropped(environ: Environ) -> Answer:
    _ = _words(environ)
    return _page(
        environ,
        "410 Gone",
        _("This link has had its day"),
        _("The message is from long ago, and where its links led is no longer known. Please ask the sender."),
    )


def _not_found(environ: Environ) -> Answer:
    _ = _words(environ)
    return _page(
        environ,
        "404 Not Found",
        _("This link leads nowhere"),
        _("It is cut short, or it was never one of ours. Please try it again from the message."),
    )


def _unavailable(environ: Environ, *, seconds: int) -> Answer:
    _ = _words(environ)
    title, text = _("Just a moment"), _("We cannot serve this right now. Please try it again in a minute.")
    status, headers, body = _page(environ, "503 Service Unavailable", title, text)
    return status, [*headers, ("Retry-After", str(seconds))], body


def _text(status: str, words: str) -> Answer:
    body = words.encode()
    return status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))), *_PRIVATE], body


def _page(environ: Environ, status: str, title: str, words: str) -> Answer:
    body = (
        f'<!doctype html><html lang="{_language(environ)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{title}</title><style>:root{{color-scheme:light dark}}body{{font:1.125rem/1.6 system-ui,sans-serif;"
        "max-width:34rem;margin:20vh auto 0;padding:0 1.25rem}</style></head>"
        f"<body><main><h1>{title}</h1><p>{words}</p></main></body></html>"
    ).encode()
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body))), *_PRIVATE]
    return status, [*headers, ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")], body


def _language(environ: Environ) -> str:
    """English or Czech, whichever the Accept-Language header names first."""
    header: str = environ.get("HTTP_ACCEPT_LANGUAGE", "")
    for part in header[:200].lower().split(","):
        name = part.strip()[:2]
        if name in {"en", "cs"}:
            return name
    return "en"


def _words(environ: Environ) -> Callable[[str], str]:
    return _catalogue(_language(environ))


@cache
def _catalogue(language: str) -> Callable[[str], str]:
    found: gettext.NullTranslations = gettext.translation("django", _LOCALE, [language], fallback=True)
    return found.gettext
