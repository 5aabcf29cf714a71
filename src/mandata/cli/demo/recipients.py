"""What the recipients do with what they got: open, click, leave, bounce, complain. Machines are among them."""

import email
import email.policy
import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from mandata.cli.demo.stage import Stage
from mandata.delivery import selectors as delivery
from mandata.infra.tenancy import scope
from mandata.tracking import selectors as tracking

_TOKEN = r"([A-Za-z0-9_-]{43})"  # noqa: S105 - a pattern
_OPEN, _CLICK, _LEAVE = (re.compile(f"/{path}/{_TOKEN}") for path in ("o", "c", "u"))
_HIDDEN = re.compile(r'<a [^>]*aria-hidden="true"[^>]*>')
_FROM_CAMPAIGN = re.compile(_TOKEN + "@")
_SCRIPTED = re.compile(r"(bounce5|full5|busy4|dsn|complain)\.", re.IGNORECASE)
_PEOPLE = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
)
_GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
_APPLE = "Mozilla/5.0"
_LOOKED = 1_500


@dataclass(frozen=True, slots=True)
class Letter:
    """What a recipient finds in a message: its tokens; links that a person sees, and every one, the hidden one, too."""

    opened: str
    links: tuple[str, ...]
    every: tuple[str, ...]
    leave: str


def act(stage: Stage) -> None:
    """Let a part of the recipients react through the real door, and wait until the report tells of it."""
    caught = _caught(stage)
    if not _report(stage).total.opens.human:
        _wait_until_people_read()
        _react(stage, _chosen(caught, _LOOKED))
    _tell_of_returns(stage, caught)
    report = _report(stage)
    stage.figures |= {
        "opens": report.total.opens.unique,
        "clicks": report.total.clicks.unique,
        "machine_opens": report.total.opens.machine,
        "unsubscribed": report.total.unsubscriptions.unique,
        "hard_bounces": report.returns.hard_bounces,
        "soft_bounces": report.returns.soft_bounces,
        "complaints": report.returns.complaints,
    }


def _react(stage: Stage, chosen: Sequence[dict[str, Any]]) -> None:
    """Open, click, leave: who does what follows from the message's number alone, so every run is alike."""
    door = _Door(stage.track)
    opened = clicked = left = 0
    with stage.bar("Recipients open, click, leave", len(chosen)) as move:
        for number, one in enumerate(chosen):
            letter = _letter(stage.catcher.content(one["id"]))
            kind = number % 20
            if kind == 0:  # a mailbox provider loads the image whether or not anybody looks
                door.get(f"/o/{letter.opened}.gif", _APPLE)
            elif kind == 1:  # a security product follows every link at once
                for token in letter.every:
                    door.get(f"/c/{token}", "Mozilla/5.0 (compatible; BarracudaCentral)")
            else:
                agent = _GMAIL if kind < 8 else _PEOPLE[kind % 3]
                opened += door.get(f"/o/{letter.opened}.gif", agent) == 200
                if kind in (8, 9, 10, 11, 12):
                    clicked += (
                        door.get(f"/c/{letter.links[number // 20 % len(letter.links)]}", _PEOPLE[kind % 3]) == 302
                    )
                if kind == 19:
                    left += door.post(f"/u/{letter.leave}") == 200
            move(number + 1)
    stage.figures["effective_seconds"] = _effective(stage, left)
    stage.wait("Taking the events in", opened, lambda: _report(stage).total.opens.human)
    found = _report(stage).total
    stage.expect(found.clicks.human >= clicked, f"{clicked} clicks, but the report has {found.clicks.human}")
    stage.expect(found.unsubscriptions.unique == left, f"{left} left, the report has {found.unsubscriptions.unique}")


def _effective(stage: Stage, left: int) -> float:
    """Seconds until the last unsubscription was taken in."""
    began = time.monotonic()
    stage.wait("Unsubscriptions take effect", left, lambda: _report(stage).total.unsubscriptions.unique)
    return round(time.monotonic() - began, 2)


def _tell_of_returns(stage: Stage, caught: Sequence[dict[str, Any]]) -> None:
    """Delivery reports and complaints come back by SMTP from the catcher; wait for all of them."""
    local = [one["recipient"].partition("@")[0] for one in caught]
    expected = {
        "bounce": sum(part.startswith("dsn") for part in local),
        "complaint": sum(part.startswith("complain") for part in local),
    }

    def there() -> int:
        with scope(stage.controller_id):
            found = delivery.came_back(stage.campaign_id)
        return sum(min(expected[kind], _count(found, kind)) for kind in expected)

    stage.wait("Reports and complaints come back", sum(expected.values()), there)


def _count(found: dict[tuple[str, bool], int], kind: str) -> int:
    return sum(count for (of, _hard), count in found.items() if of == kind)


def _report(stage: Stage) -> tracking.Report:
    with scope(stage.controller_id):
        return tracking.report(stage.campaign_id)


def _wait_until_people_read() -> None:
    """Nobody reads in the first seconds; whoever fetches a message then is counted as a machine."""
    time.sleep(10.5)


def _chosen(caught: Sequence[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """The first `count` messages by a hash of their recipient: a fair part, the same in every run."""
    usual = [one for one in caught if not _SCRIPTED.match(one["recipient"])]
    return sorted(usual, key=lambda one: hashlib.sha256(one["recipient"].encode()).digest())[:count]


def _letter(raw: bytes) -> Letter:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("html",))
    html = body.get_content() if body else ""
    return Letter(
        opened=_first(_OPEN.findall(html)),
        links=tuple(dict.fromkeys(_CLICK.findall(_HIDDEN.sub("", html)))),
        every=tuple(dict.fromkeys(_CLICK.findall(html))),
        leave=_first(_LEAVE.findall(str(message["List-Unsubscribe"]))),
    )


def _first(found: Sequence[str]) -> str:
    return next(iter(found), "")


class _Door:
    """The tracking door, over one kept connection."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=30)

    def get(self, path: str, agent: str) -> int:
        """Ask as a mail program does; return the status."""
        return self._ask("GET", path, {"User-Agent": agent})

    def post(self, path: str) -> int:
        """Unsubscribe by one click (RFC 8058); return the status."""
        body = "List-Unsubscribe=One-Click"
        return self._ask("POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, body)

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> int:
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


def _caught(stage: Stage) -> list[dict[str, Any]]:
    """A campaign's messages come from an address that names each of them; notices of the system do not."""
    return [one for one in stage.catcher.messages() if _FROM_CAMPAIGN.match(one["sender"])]


def plain(stage: Stage) -> list[str]:
    """Addresses that got the campaign and that the catcher's script does not speak of."""
    return sorted({one["recipient"] for one in _caught(stage) if not _SCRIPTED.match(one["recipient"])})


def letters(stage: Stage, address: str) -> Iterator[bytes]:
    """The messages that an address has got, newest first."""
    for one in sorted(stage.catcher.find(address), key=lambda one: -one["id"]):
        yield stage.catcher.content(one["id"])
