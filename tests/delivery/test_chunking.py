"""BDAT (RFC 3030) where it is offered: the same bytes, the same states, the next envelope right behind."""

import re

import pytest

from mandata.delivery.transports.port import Letter
from tests.delivery.scripted import Talk
from tests.delivery.test_smtp import Desk, carry, letters


def chunk(talk: Talk, line: str) -> bytes:
    """Read what a BDAT command announces."""
    found = re.fullmatch(r"BDAT (\d+) LAST", line)
    assert found, line
    size = int(found[1])
    while len(talk._rest) < size:
        talk._more()
    body, talk._rest = talk._rest[:size], talk._rest[size:]
    return body


def serve(talk: Talk, rcpt: dict[str, str] | None = None, dot: dict[str, str] | None = None) -> None:
    """A server that takes BDAT and knows no DATA."""
    talk.greet("PIPELINING", "CHUNKING", "8BITMIME")
    recipient = ""
    while True:
        line = talk.line()
        talk.server.commands.append(line[:4])
        if line.startswith("RCPT"):
            recipient = line[line.index("<") + 1 : line.index("@")]
            talk.say((rcpt or {}).get(recipient, "250 ok"))
        elif line.startswith("BDAT"):
            talk.server.took(recipient, chunk(talk, line))
            talk.say((dot or {}).get(recipient, "250 stored"))
        elif line == "QUIT":
            talk.say("221 bye")
            return
        else:
            talk.say("250 ok" if line[:4] in ("MAIL", "RSET") else "502 no")


@pytest.mark.req("DLV-2")
def test_content_arrives_byte_by_byte_the_same_with_no_dot_doubled() -> None:
    content = b"Subject: x\r\n\r\n.a line with a dot\r\n..two\r\n.\r\n" + b"y" * 36000 + b"\r\n.\r\nend\r\n"
    desk, server = carry(serve, desk=Desk(letters(20, content=content)), connections=2)
    assert set(desk.fates().values()) == {"sent"} and {body for _, body in server.received} == {content}
    assert "DATA" not in server.commands


def test_content_without_a_last_line_end_gets_one() -> None:
    desk, server = carry(serve, desk=Desk([Letter(0, "v@r.test", "a@x.test", b"Subject: x\r\n\r\nend")]))
    assert desk.fates() == {0: "sent"} and server.received[0][1].endswith(b"end\r\n")


@pytest.mark.parametrize(
    ("refusals", "contents", "fates"),
    [
        ({"r1": "550 5.1.1 no"}, {}, {1: "failed"}),
        ({"r1": "450 4.2.0 later"}, {}, {1: "deferred"}),
        ({}, {"r1": "554 5.7.1 spam"}, {1: "failed"}),
        ({}, {"r1": "451 4.7.1 grey"}, {1: "deferred"}),
        ({"r0": "550 5.1.1 no", "r3": "550 5.1.1 no"}, {"r1": "452 full"}, {0: "failed", 1: "deferred", 3: "failed"}),
    ],
)  # fmt: skip
def test_a_refusal_at_any_stage_ends_in_the_right_state(
    refusals: dict[str, str], contents: dict[str, str], fates: dict[int, str]
) -> None:
    desk, server = carry(lambda talk: serve(talk, refusals, contents), 5)
    assert desk.fates() == {key: fates.get(key, "sent") for key in range(5)}
    assert {recipient for recipient, _ in server.received}.isdisjoint(refusals), "no content left for a refused one"


def test_a_drop_after_the_whole_chunk_leaves_the_letter_unknown() -> None:
    def script(talk: Talk) -> None:
        if talk.number > 1:
            serve(talk)
            return
        talk.greet("PIPELINING", "CHUNKING")
        talk.line(), talk.line()
        talk.say("250 ok", "250 ok")
        chunk(talk, talk.line())

    desk, _ = carry(script, 3)
    assert desk.fates() == {0: "unknown", 1: "sent", 2: "sent"}


def test_who_offers_no_pipelining_is_given_data() -> None:
    def script(talk: Talk) -> None:
        talk.greet("CHUNKING")
        talk.serve()

    desk, server = carry(script, 2)
    assert set(desk.fates().values()) == {"sent"} and "DATA" in server.commands
