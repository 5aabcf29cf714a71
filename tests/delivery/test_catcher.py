"""The shipped catcher takes everything, plays the far end, and finds and erases what it holds."""

import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from mandata.delivery.catcher.client import CatcherClient
from mandata.delivery.catcher.script import DEFAULT, Line, parse, verdict
from mandata.delivery.catcher.server import Catcher, Place
from mandata.delivery.transports.port import Letter
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.smtp import SmtpTransport
from tests.delivery.test_smtp import Desk
from tests.ports import free_port

CONTENT = b"From: a@shop.test\r\nSubject: hello\r\n\r\n.dot\r\n..two\r\nend\r\n"


class Inbox:
    """Receives what the catcher sends back."""

    def __init__(self, busy: int = 0) -> None:
        self.mails: list[tuple[str, list[str], bytes]] = []
        self.came = threading.Event()
        self.busy = busy

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
        if self.busy:
            self.busy -= 1
            return "451 4.3.0 Try again later"
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))  # type: ignore[attr-defined]
        self.came.set()
        return "250 ok"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    box = Inbox()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
def catcher(tmp_path: Path, inbox: tuple[Inbox, str]) -> Iterator[Catcher]:
    catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0, returns=inbox[1]))
    catcher.start()
    yield catcher
    catcher.stop()


def send(catcher: Catcher, *recipients: str, content: bytes = CONTENT) -> dict[str, str]:
    desk = Desk([Letter(i, "bounce+token@returns.test", to, content) for i, to in enumerate(recipients)])
    SmtpTransport(SmtpSettings("127.0.0.1", catcher.smtp_port, connections=2)).send(desk)
    return {
        desk.all[key].recipient: f"{outcome.fate} {outcome.enhanced}".strip() for key, outcome in desk.outcomes.items()
    }


def test_every_message_is_kept_as_it_came(catcher: Catcher) -> None:
    assert send(catcher, "one@example.test", "two@example.test") == {
        "one@example.test": "sent",
        "two@example.test": "sent",
    }
    client = CatcherClient(f"http://127.0.0.1:{catcher.http_port}")
    found = list(client.messages(page=1))
    assert Counter(message["recipient"] for message in found) == {"one@example.test": 1, "two@example.test": 1}
    assert {client.content(message["id"]) for message in found} == {CONTENT}
    assert client.state()["count"] == 2


def test_recipients_are_refused_by_the_script(catcher: Catcher) -> None:
    assert send(
        catcher, "bounce5.x@a.test", "fullbox@a.test", "busy4@a.test", "spam5@a.test", "plain@a.test", "grey4@a.test"
    ) == {
        "bounce5.x@a.test": "failed 5.1.1",
        "fullbox@a.test": "failed 5.2.2",
        "busy4@a.test": "deferred 4.3.2",
        "spam5@a.test": "failed 5.7.1",
        "plain@a.test": "sent",
        "grey4@a.test": "deferred 4.7.1",
    }
    assert send(catcher, "grey4@a.test") == {"grey4@a.test": "sent"}
    assert catcher.store.count() == 2


def test_a_later_failure_comes_back_as_a_delivery_report(catcher: Catcher, inbox: tuple[Inbox, str]) -> None:
    send(catcher, "later5@a.test")
    assert inbox[0].came.wait(60)
    sender, to, raw = inbox[0].mails[0]
    assert sender == "<>"
    assert to == ["bounce+token@returns.test"]
    assert b"message/delivery-status" in raw and b"Status: 5.1.1" in raw and b"Subject: hello" in raw


def test_a_report_and_a_complaint_are_sent_on_demand(catcher: Catcher, inbox: tuple[Inbox, str]) -> None:
    send(catcher, "reader@a.test")
    client = CatcherClient(f"http://127.0.0.1:{catcher.http_port}")
    number = client.find("Reader@a.test")[0]["id"]
    client.bounce(number, "452 4.2.2 Mailbox full")
    client.complain(number)
    limit = time.monotonic() + 60
    while len(inbox[0].mails) < 2 and time.monotonic() < limit:
        time.sleep(0.02)
    report, feedback = (raw for _, _, raw in inbox[0].mails)
    assert b"Action: delayed" in report
    assert b"message/feedback-report" in feedback and b"Feedback-Type: abuse" in feedback
    assert b"reader@a.test" not in feedback


@pytest.mark.req("DSR-4")
def test_a_report_waits_for_a_door_that_opens_later_and_is_tried_again_when_that_is_busy(tmp_path: Path) -> None:
    port = free_port()
    catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0, returns=f"127.0.0.1:{port}"))
    catcher.start()
    try:
        send(catcher, "dsn@reader.example")
        time.sleep(0.5)
        inbox = Inbox(busy=1)
        door = Controller(inbox, hostname="127.0.0.1", port=port)
        door.start()
        try:
            assert inbox.came.wait(60)
        finally:
            door.stop()
        assert (len(inbox.mails), inbox.busy) == (1, 0)
    finally:
        catcher.stop()


def test_what_is_held_for_an_address_is_found_and_erased_to_the_last_byte(catcher: Catcher, tmp_path: Path) -> None:
    secret = b"Subject: x\r\n\r\nDear Quetzalcoatl\r\n"
    send(catcher, "gone@a.test", content=secret)
    send(catcher, "stays@a.test")
    client = CatcherClient(f"http://127.0.0.1:{catcher.http_port}")
    assert client.erase(["gone@a.test"]) == 1
    assert client.find("gone@a.test") == []
    held = b"".join(path.read_bytes() for path in (tmp_path / "caught").iterdir())
    assert b"Quetzalcoatl" not in held and b"gone@a.test" not in held
    assert client.content(client.find("stays@a.test")[0]["id"]) == CONTENT


def test_what_was_caught_is_there_after_a_new_start(tmp_path: Path) -> None:
    for expected in (1, 2):
        catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0))
        catcher.start()
        send(catcher, f"r{expected}@a.test")
        assert [message.id for message in catcher.store.page()] == list(range(1, expected + 1))
        catcher.stop()


def test_a_share_of_the_addresses_is_always_the_same_share() -> None:
    line = Line(r".*", "rcpt", "550 5.1.1 no", share=0.03)
    hit = [i for i in range(10_000) if line.applies(f"person{i}@example.test")]
    assert 200 < len(hit) < 400
    assert hit == [i for i in range(10_000) if line.applies(f"PERSON{i}@example.test".lower())]


def test_a_script_from_json_is_checked() -> None:
    lines = parse([{"match": "x", "stage": "rcpt", "reply": "550 no"}])
    assert verdict(lines, "xavier@a.test") is lines[0] and verdict(lines, "bob@a.test") is None
    with pytest.raises(ValueError, match="line 1"):
        parse([{"match": "(", "stage": "rcpt"}])
    with pytest.raises(ValueError, match="stage"):
        parse([{"match": "x", "stage": "dinner"}])
    assert verdict(DEFAULT, "someone@a.test") is None


def _browse(catcher: Catcher, path: str, form: bytes | None = None) -> tuple[str, str]:
    url = f"http://127.0.0.1:{catcher.http_port}{path}"
    request = urllib.request.Request(url, data=form, headers={"Accept": "text/html,*/*"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode(), answer.headers["Content-Security-Policy"]


def test_a_person_reads_the_caught_mail_in_a_browser(catcher: Catcher) -> None:
    head = b"From: a@shop.test\r\nSubject: <script>one</script>\r\nContent-Type: text/html\r\n\r\n"
    hostile = head + b"<script>two</script>hi\r\n"
    send(catcher, "anna@one.test")
    send(catcher, "berta@one.test", content=hostile)
    listing, policy = _browse(catcher, "/")
    assert "anna@one.test" in listing and "hello" in listing
    assert listing.index("berta@one.test") < listing.index("anna@one.test")
    assert "default-src 'none'" in policy and "script-src" not in policy
    found, _ = _browse(catcher, "/find", b"address=anna%40one.test")
    assert "anna@one.test" in found and "berta@one.test" not in found
    reading, _ = _browse(catcher, "/messages/2")
    assert "hi" in reading and "<script>" not in listing + reading
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in reading
