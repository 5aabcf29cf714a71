"""Browsers and mail programs of the story, over HTTP, with nothing of the application's own."""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

from mandata.delivery.catcher.client import CatcherClient

_TOKEN = r"([A-Za-z0-9_-]{43})"
_FIELD = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0"


@dataclass(frozen=True)
class Answer:
    """What a server said, and where it stands now."""

    status: int
    url: str
    body: bytes
    location: str = ""

    @property
    def text(self) -> str:
        """The page as text."""
        return self.body.decode("utf-8", "replace")


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_given: Any, **_more: Any) -> None:
        return None


class Browser:
    """Follows redirections and keeps cookies; `follow=False` stays where it is sent."""

    def __init__(self, base: str, *, follow: bool = True) -> None:
        self.base = base
        self._jar = CookieJar()
        handlers = [HTTPCookieProcessor(self._jar), *([] if follow else [_Stay()])]
        self._opener = build_opener(*handlers)

    def get(self, path: str) -> Answer:
        """Fetch a page."""
        return self._ask(Request(urljoin(self.base, path)))

    def post(self, path: str, *, form: str = "", **values: str) -> Answer:
        """Send a form; the field against forgery is taken from the page `form`, where one is named."""
        if form:
            found = _FIELD.search(self.get(form).text)
            values["csrfmiddlewaretoken"] = found.group(1) if found else self._token()
        return self._ask(Request(urljoin(self.base, path), data=urlencode(values).encode(), method="POST"))

    def log_in(self, address: str, password: str) -> None:
        """Log in as somebody."""
        answer = self.post("/login/", form="/login/", login=address, password=password)
        assert "/login/" not in answer.url, answer.text[:2000]

    def _token(self) -> str:
        return next((str(cookie.value) for cookie in self._jar if "csrf" in cookie.name), "")

    def _ask(self, request: Request) -> Answer:
        request.add_header("User-Agent", AGENT)
        request.add_header("Referer", request.full_url)
        try:
            with self._opener.open(request, timeout=60) as answer:
                return Answer(answer.status, answer.url, answer.read())
        except HTTPError as error:
            return Answer(error.code, error.url or "", error.read(), error.headers.get("Location", ""))


@dataclass(frozen=True)
class Letter:
    """What a person finds in a message: the paths of its links."""

    number: int
    opened: str
    links: tuple[str, ...]
    leave: str
    choose: str
    view: str


def letters(catcher: CatcherClient, address: str) -> Iterator[Letter]:
    """The campaign's messages that the catcher holds for an address."""
    for one in catcher.find(address):
        raw = catcher.content(one["id"])
        message = email.message_from_bytes(raw, policy=email.policy.default)
        body = message.get_body(("html",))
        if message["List-Unsubscribe"] and body:
            html = body.get_content()
            yield Letter(
                number=one["id"],
                opened=_first(html, "o", ".gif"),
                links=tuple(_paths(re.sub("<a [^>]*display:none[^>]*>", "", html), "c")),  # what a person can see
                leave=_first(str(message["List-Unsubscribe"]), "u"),
                choose=_first(html, "p"),
                view=_first(html, "w"),
            )


def mailed(catcher: CatcherClient, address: str, purpose: str) -> str:
    """The path of the newest link of a kind in the mails of the rights desk; empty where there is none yet."""
    for one in sorted(catcher.find(address), key=lambda one: -one["id"]):
        message = email.message_from_bytes(catcher.content(one["id"]), policy=email.policy.default)
        body = message.get_body(("plain",))
        found = re.search(rf"/rights/{purpose}/[^/\s]+/", body.get_content() if body else "")
        if found:
            return found.group(0)
    return ""


def _paths(text: str, kind: str, end: str = "") -> list[str]:
    return [f"/{kind}/{token}{end}" for token in dict.fromkeys(re.findall(f"/{kind}/{_TOKEN}", text))]


def _first(text: str, kind: str, end: str = "") -> str:
    return next(iter(_paths(text, kind, end)), "")
