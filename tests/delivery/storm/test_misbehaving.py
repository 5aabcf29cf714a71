"""A receiver that breaks every rule at every stage: each letter still ends in the state that is true."""

import time
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import pytest

from mandata.delivery.transports.port import Letter, Unreachable
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.smtp import SmtpTransport
from tests.delivery.scripted import Scripted, Talk
from tests.delivery.storm.misbehaving import STAGES, Misbehaving
from tests.delivery.storm.pile import Pile

DOCS = Path(__file__).parents[3] / "docs" / "delivery.md"
TABLE = DOCS.read_text().split("```")[1]
"""Written by hand, where everybody reads it."""
# The same for a letter that is longer than what fits on the way: its last byte had not left us.
LONG = """
way       content
deaf      deferred
drop      deferred
"""


VICTIMS = {"greeting": "", "ehlo": "", "mail": "r2", "rcpt": "r4", "data": "r6", "content": "r8", "dot": "r10"}
PIPELINING = pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "one-by-one"])
SHORT = b"Subject: x\r\n\r\nbody\r\n"


def rows(table: str) -> list[tuple[str, dict[str, str]]]:
    head, *lines = [line.split() for line in table.strip().splitlines()]
    return [
        (line[0], {stage: fate for stage, fate in zip(head[1:], line[1:], strict=True) if fate != "."})
        for line in lines
    ]


def pile(count: int, content: bytes) -> list[Letter]:
    return [Letter(i, f"r{i}@returns.test", f"r{i}@example.test", content) for i in range(count)]


class Clock:
    """Seconds that go by at once when nobody would do anything but wait: no test is about how long an answer takes."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self._ahead

    def leap(self) -> None:
        """Every wait of a session is over."""
        self._ahead += 10_000.0


def carried(way: str, stages: Collection[str], pipelining: bool, desk: Pile) -> Misbehaving:
    """Send letters to a receiver that hits one at each of these stages."""
    clock, offers = Clock(), ("PIPELINING",) if pipelining else ()
    script = Misbehaving(way, {stage: VICTIMS[stage] for stage in stages}, offers, clock.leap)
    with Scripted(script) as server:
        settings = SmtpSettings("127.0.0.1", server.port, connections=1, patience=float("inf"))
        SmtpTransport(settings, clock).send(desk)
        got = Counter(letter for letter, _ in server.received)
    assert not desk.open, "each letter that was taken is reported"
    for key, fate in desk.fates().items():
        assert got[f"r{key}"] == 1 if fate == "sent" else got[f"r{key}"] <= (fate == "unknown"), (key, fate)
    return script


@pytest.mark.req("DLV-5")
@PIPELINING
@pytest.mark.parametrize(("way", "fates"), rows(TABLE))
def test_whoever_is_hit_ends_in_the_right_state_and_all_others_are_sent(
    way: str, fates: dict[str, str], pipelining: bool
) -> None:
    desk = Pile(pile(12, SHORT))
    script = carried(way, fates, pipelining, desk)
    assert script.done == set(fates) or way == "drip", "each stage had its turn"
    expected = {f"r{i}": "sent" for i in range(12)} | {VICTIMS[stage]: fate for stage, fate in fates.items()}
    expected.pop("", None)
    assert {f"r{key}": fate for key, fate in desk.fates().items()} == expected
    for stage, fate in fates.items():
        if fate in ("deferred", "failed"):
            outcome = desk.outcomes[int(VICTIMS[stage][1:])]
            assert (outcome.code, outcome.stage) == (int(way), "content" if stage == "dot" else stage)
            assert desk.begun[outcome.key] == (stage == "dot")


@PIPELINING
@pytest.mark.parametrize(("way", "fates"), rows(LONG))
def test_a_letter_of_which_a_part_had_not_left_us_is_deferred(
    way: str, fates: dict[str, str], pipelining: bool
) -> None:
    letters = pile(12, SHORT)
    letters[8] = letters[8]._replace(content=b"Subject: long\r\n\r\n" + (b"z" * 76 + b"\r\n") * 400_000)
    desk = Pile(letters)
    carried(way, fates, pipelining, desk)
    assert desk.fates() == {i: fates["content"] if i == 8 else "sent" for i in range(12)}


def test_the_table_leaves_no_stage_out() -> None:
    assert tuple(TABLE.strip().split("\n")[0].split()[1:]) == STAGES
    assert {"421", "450", "451", "452", "550", "552", "554"} < {way for way, _ in rows(TABLE)}


@pytest.mark.parametrize("answer", ["454 4.7.0 not now", "220 go on"], ids=["refused", "then-garbage"])
def test_a_receiver_that_refuses_tls_where_it_is_demanded_gets_nothing(answer: str) -> None:
    def script(talk: Talk) -> None:
        talk.greet("PIPELINING", "STARTTLS")
        assert talk.line() == "STARTTLS"
        talk.say(answer)
        talk.raw(b"250 this is no TLS\r\n")
        talk.until_gone()

    desk = Pile(pile(3, b"Subject: x\r\n\r\n"), tries=0)
    with Scripted(script) as server, pytest.raises(Unreachable):
        SmtpTransport(SmtpSettings("127.0.0.1", server.port, tls="starttls", patience=0.5)).send(desk)
    assert not desk.begun and not server.received
    assert set(desk.fates().values()) <= {"returned"}


@PIPELINING
def test_a_receiver_that_lowers_its_size_is_not_sent_what_it_would_refuse(pipelining: bool) -> None:
    """The first connection takes everything; each one after that takes small letters only."""
    more = ("PIPELINING",) if pipelining else ()

    def script(talk: Talk) -> None:
        talk.greet(*more, f"SIZE {10_000_000 if talk.number == 1 else 500}")
        talk.serve()

    small, large = b"Subject: x\r\n\r\n", b"Subject: x\r\n\r\n" + b"y" * 400 + b"\r\n" + b"z" * 400 + b"\r\n"
    letters = [one._replace(content=large if one.key in (1, 3, 5) else small) for one in pile(6, b"")]
    desk = Pile(letters)
    with Scripted(script) as server:
        SmtpTransport(SmtpSettings("127.0.0.1", server.port, connections=1, recycle_after=2, patience=60.0)).send(desk)
    assert desk.fates() == {0: "sent", 1: "sent", 2: "sent", 3: "failed", 4: "sent", 5: "failed"}
    assert desk.outcomes[3].enhanced == "5.3.4" and not desk.begun[3]
    assert len(server.received) == 4
