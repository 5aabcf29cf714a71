"""Amazon SES v2 as a transport: boto3 against moto's server, and against a door that answers whatever it is told."""

import http.server
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from moto.ses.models import ses_backends

from mandata.delivery.transports import ses
from mandata.delivery.transports.fleet import Fleet
from mandata.delivery.transports.port import Letter, Road
from mandata.delivery.transports.ses import Barred, Ses, SesSettings, quota
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.ways import Relay
from tests.delivery.outside import common_port, exchangers, polite
from tests.delivery.test_direct import Desk

CONTENT = b"From: shop@bakery.example\r\nTo: reader@inbox.example\r\nSubject: hi\r\n\r\nbody\r\n"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def settings(endpoint: str, **more: Any) -> SesSettings:
    given: dict[str, Any] = {
        "region": "eu-central-1",
        "key": "AKIATEST",
        "secret": "hidden",
        "endpoint": endpoint,
        "connections": 3,
    }
    return SesSettings(**(given | more))


def pile(count: int) -> list[Letter]:
    return [Letter(key, f"tok-{key}@returns.test", f"reader{key}@inbox.example", CONTENT) for key in range(count)]


@contextmanager
def door(status: int, code: str = "", *, body: str = "{}", delay: float = 0.0) -> Iterator[tuple[str, list[Any]]]:
    """An endpoint that gives one answer to everything."""
    seen: list[Any] = []

    class Door(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(delay)
            text = json.dumps({"message": "for reader0@inbox.example"}) if code else body
            self.send_response(status)
            if code:
                self.send_header("x-amzn-ErrorType", code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()


def carried(endpoint: str, count: int = 1, **more: Any) -> tuple[Desk, Fleet]:
    fleet = Fleet([Ses("1", settings(endpoint, **more))])
    desk = Desk(fleet, pile(count))
    fleet.send(desk)
    return desk, fleet


@pytest.mark.req("DLV-2")
def test_letters_reach_ses_whole_and_once(moto: str) -> None:
    ses = boto3.client(
        "sesv2", region_name="eu-central-1", endpoint_url=moto, aws_access_key_id="x", aws_secret_access_key="x"
    )
    ses.create_email_identity(EmailIdentity="bakery.example")
    desk, _ = carried(moto, 20)
    assert set(desk.fates().values()) == {"sent"} and sorted(desk.begun) == list(range(20))
    kept = ses_backends["123456789012"]["eu-central-1"].sent_messages
    assert Counter(one.destinations[0] for one in kept) == Counter(letter.recipient for letter in pile(20))
    assert {str(one.raw_data).encode() for one in kept} == {CONTENT}


def test_an_account_that_cannot_be_asked_is_told_in_words() -> None:
    with pytest.raises(Barred, match="Amazon SES cannot be used"):
        quota(settings("http://127.0.0.1:1"))


def test_a_letter_names_its_recipient_its_token_and_its_configuration() -> None:
    with door(200, body='{"MessageId": "m"}') as (endpoint, seen):
        carried(endpoint, configuration="events")
    (one,) = seen
    assert one["Destination"] == {"ToAddresses": ["reader0@inbox.example"]}
    assert one["EmailTags"] == [{"Name": "mandata", "Value": "tok-0"}] and one["ConfigurationSetName"] == "events"


@pytest.mark.req("DLV-2")
@pytest.mark.parametrize(
    ("status", "code", "fate"),
    [
        (429, "TooManyRequestsException", "deferred"),
        (400, "LimitExceededException", "deferred"),
        (400, "Throttling", "deferred"),
        (400, "SendingPausedException", "deferred"),
        (503, "ServiceUnavailable", "deferred"),
        (400, "MessageRejected", "failed"),
        (400, "BadRequestException", "failed"),
        (400, "MailFromDomainNotVerifiedException", "failed"),
        (403, "SignatureDoesNotMatch", "returned"),
        (403, "AccessDeniedException", "returned"),
        (400, "AccountSuspendedException", "returned"),
        (404, "NotFoundException", "returned"),
        (500, "InternalFailure", "unknown"),
    ],
)  # fmt: skip
def test_what_ses_answers_ends_a_letter_in_the_right_state(status: int, code: str, fate: str) -> None:
    with door(status, code) as (endpoint, seen):
        desk, fleet = carried(endpoint)
    assert desk.fates() == {0: fate} and len(seen) == 1, "boto3 does not try again by itself"
    assert code in desk.outcomes[0].diagnostic and "reader0" not in desk.outcomes[0].diagnostic
    assert (fleet.pick([Road("1", 1)]) is None) == (fate == "returned")


@pytest.mark.req("DLV-2")
def test_a_time_out_after_the_request_had_left_is_unknown_and_no_connection_is_nothing() -> None:
    with door(200, delay=1.5) as (endpoint, _):
        desk, _ = carried(endpoint, read_timeout=0.3)
    assert desk.fates() == {0: "unknown"}
    desk, fleet = carried("http://127.0.0.1:1", 5)
    assert set(desk.fates().values()) == {"returned"} and fleet.pick([Road("1", 1)]) is None


def test_ses_waits_in_its_own_threads_and_holds_no_other_road() -> None:
    port = common_port("127.0.0.1")
    with door(200, delay=0.8) as (endpoint, _), exchangers(port, {"127.0.0.1": polite}):
        fleet = Fleet([Ses("1", settings(endpoint)), Relay("2", SmtpSettings("127.0.0.1", port, connections=2))])
        desk = Desk(fleet, pile(3))
        desk.piles["2"].extend(Letter(key, "v@r.test", "x@y.test", CONTENT) for key in range(10, 60))
        fleet.send(desk)
    assert set(desk.fates().values()) == {"sent"}
    assert max(desk.ended[key] for key in range(10, 60)) < min(desk.ended[key] for key in range(3))


def test_no_secret_shows_in_what_is_printed() -> None:
    assert "hidden" not in repr(settings("http://x"))


@pytest.mark.req("DLV-2")
@pytest.mark.parametrize("where", ["client", "hand_over"])
def test_whatever_goes_wrong_in_a_thread_ends_its_letter_and_not_the_thread(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise LookupError("nobody thought of this")

    monkeypatch.setattr(ses, where, broken)
    with door(200) as (endpoint, seen):
        desk, fleet = carried(endpoint, 5)
    wanted = "returned" if where == "client" else "unknown"
    assert set(desk.fates().values()) == {wanted} and len(desk.fates()) == 5 and not seen
    assert (fleet.pick([Road("1", 1)]) is None) == (where == "client")
