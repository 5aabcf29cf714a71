"""The tracking door: opens, clicks and one-click unsubscriptions, answered from memory and written to the spool.

A raw WSGI application in a process of its own, served by granian; no Django, and no database in the way of an answer
(link tables come from `linktables`). What each path does, with a token of the message's own:

    GET  /o/<token>.gif   a transparent pixel; an open
    GET  /c/<token>       302 to where this link of this campaign leads, and nowhere else; a click
    POST /u/<token>       the one-click unsubscription of RFC 8058, on the disk before the answer
    GET  /u/<token>       303 to the page with the button; a GET never unsubscribes, because scanners follow links
    GET  /p/<token>       303 to the page of preferences
    GET  /w/<token>       303 to the message as a page
    GET  /health          200 while the process lives

HEAD is answered like GET without the body. A token that is not ours, or not for that path, is 404 and leaves no trace.
A spool that cannot be written is 503: what cannot be kept is not acknowledged. So is everything but /health while the
installation is being restored.
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
from mandata.public.linktables import DatabaseLinks, LinksAway, LinkTables
from mandata.tracking import rules, spool
from mandata.tracking.rules import Method
from mandata.tracking.spool import SpoolFull, SpoolRecord, Writer
from mandata.vault.providers import provider

Environ = Mapping[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Answer = tuple[str, list[tuple[str, str]], bytes]

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
    ) -> None:
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

    def _click(self, environ: Environ, method: Method, token: str) -> Answer:
        parsed = tokens.parse(self._keyring, token)
        if parsed.link >= tokens.FIRST_RESERVED:
            raise BadToken
        url = self._links.url(parsed.campaign_no, parsed.link)
        if url is None:
            raise BadToken
        self._events.append(self._record(environ, method, parsed))
        return "302 Found", [("Location", url), ("Content-Length", "0"), *_PRIVATE], b""

    def _open(self, environ: Environ, method: Method, name: str) -> Answer:
        token, dot, kind = name.partition(".")
        parsed = tokens.parse(self._keyring, token)
        if parsed.link != tokens.LINK_OPEN or (dot and kind != "gif"):
            raise BadToken
        self._events.append(self._record(environ, method, parsed))
        return "200 OK", _PIXEL_HEADERS, PIXEL

    def _unsubscribe(self, environ: Environ, token: str) -> Answer:
        """RFC 8058: any POST with a genuine token will do. A formality must not keep anybody on a list."""
        _ = _words(environ)
        if _declared_length(environ) > MAX_BODY_BYTES:
            return _text("413 Content Too Large", _("The request is too long."))
        parsed = tokens.parse(self._keyring, token)
        if parsed.link != tokens.LINK_UNSUBSCRIBE:
            raise BadToken
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
        if path == "/health":
            return _text("200 OK", "ok")
        if path == "/robots.txt":
            return _text("200 OK", "User-agent: *\nDisallow: /\n")
        raise BadToken

    def _record(self, environ: Environ, method: Method, parsed: Parsed) -> SpoolRecord:
        address = environ.get("REMOTE_ADDR") or ""
        if self._trusted:
            address = rules.client_address(address, environ.get("HTTP_X_FORWARDED_FOR", ""), self._trusted)
        return SpoolRecord(
            parsed.campaign_no,
            parsed.message_no,
            parsed.link,
            clock.milliseconds(),
            method,
            rules.agent_family(environ.get("HTTP_USER_AGENT", "")[:512]),
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
    )
    atexit.register(door.close)
    return door


def _declared_length(environ: Environ) -> int:
    text = environ.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isascii() and text.isdigit() else 0


def _method_not_allowed(place: str) -> Answer:
    status, headers, body = _text("405 Method Not Allowed", "")
    return status, [*headers, ("Allow", "GET, HEAD, POST" if place == "u" else "GET, HEAD")], body


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
