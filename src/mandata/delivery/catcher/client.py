"""Reads a running catcher over HTTP."""

import json
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any


class CatcherClient:
    """What the demo and the tests ask a catcher; `url` like http://127.0.0.1:8025. urllib's errors pass through."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def state(self) -> dict[str, Any]:
        """Return count, latest number, SMTP port and reports sent back."""
        found: dict[str, Any] = self._json("GET", "/")
        return found

    def messages(self, after: int = 0, page: int = 1000) -> Iterator[dict[str, Any]]:
        """Go through all messages numbered above `after`."""
        while found := self._json("GET", f"/messages?after={after}&limit={page}"):
            yield from found
            after = found[-1]["id"]

    def content(self, number: int) -> bytes:
        """Return a message as it came."""
        return self._call("GET", f"/messages/{number}")

    def find(self, *addresses: str) -> list[dict[str, Any]]:
        """Return the messages to one of the addresses."""
        found: list[dict[str, Any]] = self._json("POST", "/find", {"addresses": addresses})
        return found

    def erase(self, addresses: Sequence[str], only: Sequence[int] | None = None) -> int:
        """Erase the messages to these addresses, or of them only those with these numbers; return how many."""
        return int(self._json("POST", "/erase", {"addresses": addresses, "ids": only})["erased"])

    def bounce(self, number: int, reply: str = "550 5.1.1 No such user") -> None:
        """Have a delivery report sent about a message."""
        self._json("POST", f"/messages/{number}/bounce", {"reply": reply})

    def complain(self, number: int) -> None:
        """Have a complaint sent about a message."""
        self._json("POST", f"/messages/{number}/complain", {})

    def clear(self) -> None:
        """Forget everything."""
        self._json("POST", "/clear", {})

    def _json(self, method: str, path: str, body: object = None) -> Any:
        return json.loads(self._call(method, path, body))

    def _call(self, method: str, path: str, body: object = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=data, method=method)  # noqa: S310 - the catcher's own address
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            raw: bytes = answer.read()
        return raw
