"""What comes back is told apart: reports, complaints, automatic replies, and mail that is none of these."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandata.delivery.catcher.reports import complaint, delivery_report
from mandata.delivery.rules.bounces import classify, reason_of
from tests.delivery.notices import NONE_OF_THEM, NOTICES

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORIGINAL = b"From: Shop <news@shop.test>\r\nTo: ann@reader.test\r\nSubject: Spring\r\n\r\nHello\r\n"


def report(reply: str) -> bytes:
    return delivery_report(
        host="mx.out.test", sender="v@returns.test", recipient="ann@reader.test", reply=reply, content=ORIGINAL, at=AT
    )


@pytest.mark.req("DLV-5")
@pytest.mark.parametrize(
    ("reply", "reason", "hard"),
    [
        ("550 5.1.1 The email account that you tried to reach does not exist", "userunknown", True),
        (
            "550 5.1.1 <ann@reader.test>: Recipient address rejected: User unknown in virtual mailbox table",
            "userunknown",
            True,
        ),
        ("550 5.1.2 Host or domain name not found", "hostunknown", True),
        ("552 5.2.2 The mailbox is over its quota", "mailboxfull", False),
        ("452 4.2.2 Mailbox full", "mailboxfull", False),
        ("550 5.2.1 This account has been disabled or suspended", "suspend", False),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a block list", "blocked", False),
        ("550 5.7.1 Message content rejected as spam", "spamdetected", False),
        ("552 5.3.4 Message size exceeds fixed maximum message size", "mesgtoobig", False),
        (
            "550 5.7.26 This mail has been blocked because the sender is unauthenticated (SPF, DKIM)",
            "authfailure",
            False,
        ),
        ("550 5.7.25 The sending IP has no PTR record", "requireptr", False),
        ("554 5.7.1 Relay access denied", "norelaying", False),
        ("556 5.1.10 Recipient domain has a null MX", "notaccept", True),
        ("451 4.4.1 Connection timed out", "expired", False),
    ],
)
def test_a_delivery_report_tells_reason_and_hardness(reply: str, reason: str, hard: bool) -> None:
    found = classify(report(reply))
    assert found.kind == "bounce"
    (recipient,) = found.recipients
    assert recipient.address == "ann@reader.test"
    assert (recipient.reason, recipient.hard) == (reason, hard)
    assert (recipient.code, recipient.status) == tuple(reply.split(" ")[:2])


def test_a_delay_is_temporary_and_never_hard() -> None:
    (recipient,) = classify(report("450 4.1.1 User unknown at the moment")).recipients
    assert recipient.temporary and not recipient.hard


def test_a_success_report_is_no_bounce() -> None:
    raw = report("250 2.1.5 Ok").replace(b"Action: delayed", b"Action: delivered")
    found = classify(raw)
    assert found.kind == "delivered" and found.recipients[0].reason == "delivered"


@pytest.mark.req("DLV-3")
def test_a_feedback_report_is_a_complaint() -> None:
    raw = complaint(host="fbl.test", sender="v@returns.test", recipient="ann@reader.test", content=ORIGINAL, at=AT)
    found = classify(raw)
    assert (found.kind, found.feedback) == ("complaint", "abuse")
    assert classify(raw.replace(b"Feedback-Type: abuse", b"Feedback-Type: not-spam")).kind == "other"


def test_complaints_without_the_fields_or_with_them_elsewhere_are_complaints_too() -> None:
    original = "To: ann@reader.test\r\nSubject: Spring\r\n\r\nHello\r\n"
    head = "From: staff@provider.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    parts = f"--b\r\nContent-Type: message/rfc822\r\n\r\n{original}\r\n--b--\r\n"
    plain = f"{head}Subject: complaint about message from 192.0.2.1\r\n\r\n{parts}"
    found = classify(plain.encode())
    assert (found.kind, found.recipients[0].address) == ("complaint", "ann@reader.test")
    told = "Feedback-Type: abuse\r\nOriginal-Rcpt-To: <ann@reader.test>\r\n\r\n"
    fields = f"--b\r\nContent-Type: text/plain\r\n\r\n{told}"
    found = classify(f"{head}Subject: FW: Spring\r\n\r\n{fields}{parts}".encode())
    assert (found.kind, found.recipients[0].address) == ("complaint", "ann@reader.test")


@pytest.mark.parametrize(
    ("headers", "body", "address", "reason"),
    [
        (
            "From: Mail Delivery System <mailer-daemon@mx.test>\nSubject: Mail delivery failed: returned to sender",
            "A message that you sent could not be delivered.\n\n  ann@reader.test\n    SMTP error from remote server "
            "after RCPT TO:<ann@reader.test>:\n    550 No such user here\n\n"
            "------ This is a copy of the message ------\n\n"
            "Return-path: <v@returns.test>\nTo: other@elsewhere.test\n",
            "ann@reader.test",
            "userunknown",
        ),
        (
            "From: MAILER-DAEMON@mx.test\nSubject: failure notice",
            "Hi. I'm afraid I wasn't able to deliver your message.\n\n<ann@reader.test>:\n"
            "Sorry, no mailbox here by that name. (#5.1.1)\n\n"
            "--- Below this line is a copy of the message.\n\nReturn-Path: <v@returns.test>\n",
            "ann@reader.test",
            "userunknown",
        ),
        (
            "From: postmaster@mx.test\nSubject: Undeliverable: Spring\nX-Failed-Recipients: ann@reader.test",
            "Your message was not delivered because the mailbox is full.\n",
            "ann@reader.test",
            "mailboxfull",
        ),
    ],
)
def test_notices_without_a_report_are_read_too(headers: str, body: str, address: str, reason: str) -> None:
    raw = f"Return-Path: <>\n{headers}\nTo: v@returns.test\n\n{body}".replace("\n", "\r\n").encode()
    found = classify(raw)
    assert found.kind == "bounce"
    assert [(one.address, one.reason) for one in found.recipients] == [(address, reason)]


@pytest.mark.parametrize(
    "raw",
    [
        b"From: ann@reader.test\r\nTo: v@returns.test\r\nSubject: Re: Spring\r\n\r\nMy address is not found there.\r\n",
        b"From: ann@reader.test\r\nSubject: Question\r\n\r\nIs delivery free? User unknown to me.\r\n",
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n--x--",
        b"Content-Type: text/plain; charset=no-such\r\nSubject: =?x?q?=\r\n\r\nhello",
    ],
)
def test_what_is_no_bounce_is_not_called_one(raw: bytes) -> None:
    assert classify(raw).kind == "other"


@pytest.mark.parametrize(
    "headers",
    [
        b"Auto-Submitted: auto-replied\r\nSubject: I am away",
        b"Subject: Out of Office: Spring",
        b"Subject: Automatische Antwort: Spring",
        b"X-Autoreply: yes\r\nSubject: Holiday",
    ],
)
def test_an_automatic_reply_is_no_bounce(headers: bytes) -> None:
    found = classify(
        b"From: Ann <ann@reader.test>\r\nTo: v@returns.test\r\n" + headers + b"\r\n\r\nBack on Monday.\r\n"
    )
    assert found.kind == "auto-reply"
    assert found.recipients[0].reason == "vacation" and not found.recipients[0].hard


@settings(max_examples=150, deadline=None)
@given(raw=st.binary(max_size=400), cut=st.integers(0, 2000))
def test_nothing_that_arrives_breaks_the_reader(raw: bytes, cut: int) -> None:
    whole = report("550 5.1.1 No such user")
    classify(raw)
    classify(whole[:cut] + raw + whole[cut + 50 :])


def test_the_status_decides_where_the_words_say_nothing() -> None:
    assert reason_of("Oops", "5.2.2", "550") == "mailboxfull"
    assert reason_of("", "5.1.1") == "userunknown"
    assert reason_of("", "", "421") == "expired"
    assert reason_of("", "", "") == "undefined"


@pytest.mark.req("DLV-5")
@pytest.mark.parametrize(("raw", "reason", "hard"), [pytest.param(*rest, id=name) for name, *rest in NOTICES])
def test_notices_of_many_makes_are_read(raw: bytes, reason: str, hard: bool) -> None:
    found = classify(raw)
    assert found.kind == "bounce"
    assert [(one.address, one.reason, one.hard) for one in found.recipients] == [("ann@reader.test", reason, hard)]


@pytest.mark.parametrize(("raw", "kind"), [pytest.param(*rest, id=name) for name, *rest in NONE_OF_THEM])
def test_what_people_write_and_programs_ask_is_no_bounce(raw: bytes, kind: str) -> None:
    assert classify(raw).kind == kind
