"""The catcher over HTTP, for the demo, the tests and the curious. It listens on loopback and asks for no password.

GET  /                       {"count", "latest", "smtp_port", "sent_back"}
GET  /messages?after=&limit= messages in order: [{"id", "at", "sender", "recipient", "size"}]
GET  /messages/7             the message as it came, message/rfc822
POST /messages/7/bounce      {"reply": "550 5.1.1 No such user"}: a delivery report goes to its sender
POST /messages/7/complain    {}: a complaint goes to its sender
POST /find                   {"addresses"}: all messages to them. Addresses travel in bodies, never in paths
POST /erase                  {"addresses", "ids"?}: all of theirs, or only these, overwritten and forgotten: {"erased"}
POST /clear                  {}: everything forgotten

A browser (it accepts text/html) gets / and /messages/7 as pages for people, and may send /find as a form.
"""

import json
import re
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from mandata.delivery.catcher import mailbox
from mandata.delivery.catcher.store import Caught

if TYPE_CHECKING:
    from mandata.delivery.catcher.server import Catcher

_MESSAGE = re.compile(r"/messages/(\d+)(?:/(bounce|complain))?")


class _Wrong(Exception):
    """An answer that is not 200."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Page(bytes):
    """A page for a person; other bytes are a message."""


def handler(catcher: "Catcher") -> type[BaseHTTPRequestHandler]:
    """Return the request handler of one catcher."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(_page if self._browser() else _get, self.path)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            form = self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
            self._answer(_found if form and self._browser() else _post, self.path, raw)

        def _browser(self) -> bool:
            return "text/html" in self.headers.get("Accept", "")

        def _answer(self, act: object, *values: object) -> None:
            assert callable(act)
            try:
                result = act(catcher, *values)
                status = 200
            except _Wrong as wrong:
                result, status = {"error": str(wrong)}, wrong.status
            kind, raw = _written(result)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if isinstance(result, _Page):
                self.send_header("Content-Security-Policy", mailbox.POLICY)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet: requests say nothing that a log needs."""

    return Handler


def _written(result: object) -> tuple[str, bytes]:
    if isinstance(result, _Page):
        return "text/html; charset=utf-8", result
    if isinstance(result, bytes):
        return "message/rfc822", result
    return "application/json", json.dumps(result).encode()


def _page(catcher: "Catcher", path: str) -> object:
    if urlsplit(path).path == "/":
        store = catcher.store
        latest = store.page(max(store.latest() - mailbox.SHOWN, 0), mailbox.SHOWN)
        return _listed(catcher, latest, "")
    caught, verb = _message(catcher, path)
    return _Page(mailbox.reading(caught, catcher.store.content(caught.id))) if not verb else _get(catcher, path)


def _found(catcher: "Catcher", path: str, raw: bytes) -> object:
    if path != "/find":
        raise _Wrong(415, "this asks for JSON")
    address = parse_qs(raw.decode("utf-8", "replace")).get("address", [""])[0].strip()
    if not address:
        return _page(catcher, "/")
    return _listed(catcher, catcher.store.find([address])[-mailbox.SHOWN :], address)


def _listed(catcher: "Catcher", messages: list[Caught], address: str) -> _Page:
    read = [(caught, catcher.store.content(caught.id)) for caught in reversed(messages)]
    return _Page(mailbox.listing(read, catcher.store.count(), address))


def _get(catcher: "Catcher", path: str) -> object:
    parts = urlsplit(path)
    if parts.path == "/":
        store = catcher.store
        return {
            "count": store.count(),
            "latest": store.latest(),
            "smtp_port": catcher.smtp_port,
            "sent_back": catcher.sent_back,
        }
    if parts.path == "/messages":
        query = parse_qs(parts.query)
        after, limit = int(query.get("after", ["0"])[0]), int(query.get("limit", ["100"])[0])
        return [caught.as_dict() for caught in catcher.store.page(after, min(limit, 10_000))]
    caught, verb = _message(catcher, parts.path)
    if verb:
        raise _Wrong(405, "this asks for POST")
    return catcher.store.content(caught.id)


def _post(catcher: "Catcher", path: str, raw: bytes) -> object:
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise _Wrong(400, "the body is not JSON") from None
    addresses = _addresses(body)
    if path == "/find":
        return [caught.as_dict() for caught in catcher.store.find(addresses)]
    if path == "/erase":
        return {"erased": catcher.store.erase(addresses, body.get("ids"))}
    if path == "/clear":
        catcher.store.clear()
        return {"count": 0}
    caught, verb = _message(catcher, path)
    if verb == "bounce":
        catcher.report(caught, str(body.get("reply") or "550 5.1.1 No such user"))
    elif verb == "complain":
        catcher.complain(caught)
    else:
        raise _Wrong(405, "this asks for GET")
    return {"queued": True}


def _addresses(body: object) -> list[str]:
    named = body.get("addresses", [body.get("address", "")]) if isinstance(body, dict) else []
    return [str(one) for one in named] if isinstance(named, list) else []


def _message(catcher: "Catcher", path: str) -> tuple[Caught, str]:
    found = _MESSAGE.fullmatch(path)
    caught = catcher.store.get(int(found.group(1))) if found else None
    if found is None or caught is None:
        raise _Wrong(404, "there is no such message")
    return caught, found.group(2) or ""
