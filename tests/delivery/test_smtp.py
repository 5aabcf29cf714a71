"""The SMTP transport against servers that do everything a server may, and much that it may not."""

import ssl
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from mandata.delivery.rules.outcomes import Outcome
from mandata.delivery.transports.port import Letter, Unreachable, Unroutable
from mandata.delivery.transports.settings import SmtpSettings, from_url
from mandata.delivery.transports.smtp import SmtpTransport
from tests.delivery.scripted import Script, Scripted, Talk


class Desk:
    """A desk with a fixed pile of letters; letters that come back are given out again."""

    def __init__(self, letters: list[Letter], tries: int = 3) -> None:
        self.pile = list(reversed(letters))
        self.all = {letter.key: letter for letter in letters}
        self.outcomes: dict[int, Outcome] = {}
        self.begun: list[int] = []
        self.open: set[int] = set()
        self.returned: Counter[int] = Counter()
        self.tries = tries

    def lanes(self) -> list[str]:
        return [""] if self.pile else []

    def give_up(self, lane: str, why: Unroutable) -> None:
        raise AssertionError(f"one relay alone has no lane to give up: {why}")

    def take(self, lane: str) -> Letter | None:
        if not self.pile:
            return None
        letter = self.pile.pop()
        self.open.add(letter.key)
        return letter

    def closed(self) -> bool:
        return not self.pile

    def begin(self, key: int) -> None:
        self.begun.append(key)

    def report(self, outcome: Outcome) -> None:
        assert outcome.key in self.open, "reported twice or never taken"
        self.open.remove(outcome.key)
        if outcome.fate == "returned" and self.returned[outcome.key] < self.tries:
            self.returned[outcome.key] += 1
            self.pile.append(self.all[outcome.key])
            return
        self.outcomes[outcome.key] = outcome

    def idle(self) -> None:
        pass

    def fates(self) -> dict[int, str]:
        return {key: outcome.fate for key, outcome in sorted(self.outcomes.items())}


def letters(count: int, to: str = "r{}@example.test", content: bytes = b"Subject: hi\r\n\r\nbody\r\n") -> list[Letter]:
    return [Letter(i, "v@returns.test", to.format(i), content) for i in range(count)]


def carry(script: Script, count: int = 5, desk: Desk | None = None, **options: object) -> tuple[Desk, Scripted]:
    desk = desk or Desk(letters(count))
    with Scripted(script) as server:
        settings = SmtpSettings("127.0.0.1", server.port, **({"connections": 1, "patience": 1.0} | options))  # type: ignore[arg-type]
        try:
            SmtpTransport(settings).send(desk)
        finally:
            assert not desk.open, "every letter taken is reported"
    return desk, server


def polite(talk: Talk) -> None:
    talk.greet("PIPELINING", "8BITMIME")
    talk.serve()


@pytest.mark.req("DLV-1")
def test_letters_arrive_whole_and_once() -> None:
    content = b"Subject: x\r\n\r\n.a line with a dot\r\n..two\r\n" + b"y" * 36000 + b"\r\n.\r\nend\r\n"
    desk, server = carry(polite, desk=Desk(letters(50, content=content)), connections=4)
    assert set(desk.fates().values()) == {"sent"}
    assert sorted(recipient for recipient, _ in server.received) == sorted(f"r{i}@example.test" for i in range(50))
    assert all(body == content.replace(b"\r\n.", b"\r\n..") for _, body in server.received)
    assert server.connections == 4


def test_the_next_envelope_leaves_behind_the_final_dot() -> None:
    behind: list[bool] = []

    def script(talk: Talk) -> None:
        talk.greet("PIPELINING")
        for _ in range(3):
            talk.line()
        talk.say("250 ok", "250 ok", "354 go")
        for number in range(3):
            talk.content()
            if number < 2:
                verbs = [talk.line()[:4] for _ in range(3)]
                behind.append(verbs == ["MAIL", "RCPT", "DATA"])
                talk.say("250 stored", "250 ok", "250 ok", "354 go")
            else:
                talk.say("250 stored")
        talk.line()
        talk.say("221 bye")

    desk, _ = carry(script, 3)
    assert behind == [True, True]
    assert set(desk.fates().values()) == {"sent"}


def test_without_pipelining_one_command_waits_for_the_other() -> None:
    def script(talk: Talk) -> None:
        talk.greet()
        talk.serve(rcpt=lambda to: "550 5.1.1 no" if to.startswith("r1@") else "250 ok")

    desk, server = carry(script, 4)
    assert desk.fates() == {0: "sent", 1: "failed", 2: "sent", 3: "sent"}
    assert server.commands[:8] == [
        "MAIL FROM:<v@returns.test>", "RCPT TO:<r0@example.test>", "DATA",
        "MAIL FROM:<v@returns.test>", "RCPT TO:<r1@example.test>", "RSET",
        "MAIL FROM:<v@returns.test>", "RCPT TO:<r2@example.test>",
    ]  # fmt: skip


def test_a_server_that_only_knows_helo_is_served() -> None:
    def script(talk: Talk) -> None:
        talk.say("220 old")
        assert talk.line().startswith("EHLO")
        talk.say("502 unknown")
        assert talk.line().startswith("HELO")
        talk.say("250 old")
        talk.serve()

    assert set(carry(script, 3)[0].fates().values()) == {"sent"}


def test_replies_split_byte_by_byte_and_over_many_lines_are_understood() -> None:
    def script(talk: Talk) -> None:
        talk.drip("220-first\r\n220 second")
        talk.line()
        talk.drip("250-test\r\n250-PIPELINING\r\n250 SIZE 1000000")
        talk.serve(dot=lambda _: "250-2.0.0 stored\r\n250 2.0.0 really", say=talk.drip)

    assert set(carry(script, 4)[0].fates().values()) == {"sent"}


@pytest.mark.parametrize(
    ("answer", "fate", "enhanced"),
    [
        ("421 4.3.2 going down", "deferred", "4.3.2"),
        ("450 4.2.0 mailbox busy", "deferred", "4.2.0"),
        ("451 greylisted", "deferred", ""),
        ("452 4.2.2 full", "deferred", "4.2.2"),
        ("550 5.1.1 no such user", "failed", "5.1.1"),
        ("552 5.2.2 over quota", "failed", "5.2.2"),
        ("554 5.7.1 refused", "failed", "5.7.1"),
        ("550 4.2.1 later", "deferred", "4.2.1"),
    ],
)
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "content"])
@pytest.mark.parametrize("offers", [("PIPELINING",), ()])
def test_a_refusal_at_any_stage_ends_in_the_right_state(
    stage: str, answer: str, fate: str, enhanced: str, offers: tuple[str, ...]
) -> None:
    """The third letter is refused at `stage`; all others are taken."""
    seen = Counter[str]()

    def say(talk: Talk, verb: str, good: str, recipient: str) -> bool:
        bad = verb == stage and "r2@" in recipient and not seen[recipient]
        seen[recipient] += bad
        talk.say(answer if bad else good)
        if bad and answer.startswith("421"):
            raise ConnectionResetError
        return not bad

    def script(talk: Talk) -> None:
        talk.greet(*offers)
        letter, valid = 0, False
        while (line := talk.line()) != "QUIT":
            if line.startswith("MAIL"):
                letter = int(line[line.index("<v") + 2 : line.index("@")])
                valid = say(talk, "mail", "250 ok", f"r{letter}@")
            elif line.startswith("RCPT"):
                if valid:
                    valid = say(talk, "rcpt", "250 ok", f"r{letter}@")
                else:
                    talk.say("503 no")
            elif line == "DATA":
                if not valid:
                    talk.say("554 5.5.1 nobody")
                elif say(talk, "data", "354 go", f"r{letter}@"):
                    talk.content()
                    if say(talk, "content", "250 stored", f"r{letter}@"):
                        talk.server.took(str(letter), b"")
            else:
                talk.say("250 ok")
        talk.say("221 bye")

    pile = [Letter(i, f"v{i}@returns.test", f"r{i}@example.test", b"Subject: a\r\n\r\nb\r\n") for i in range(6)]
    desk, server = carry(script, desk=Desk(pile))
    assert desk.fates() == {i: fate if i == 2 else "sent" for i in range(6)}
    outcome = desk.outcomes[2]
    assert (outcome.code, outcome.enhanced, outcome.stage) == (int(answer[:3]), enhanced, stage)
    assert sorted(number for number, _ in server.received) == ["0", "1", "3", "4", "5"]


def test_a_server_that_takes_data_for_nobody_is_given_an_empty_message() -> None:
    def script(talk: Talk) -> None:
        talk.greet("PIPELINING")
        for _ in range(3):
            talk.line()
        talk.say("250 ok", "550 5.1.1 no", "354 go")
        assert talk.content() == b""
        talk.say("554 nobody")
        assert talk.line() == "RSET"
        talk.say("250 ok")
        talk.serve()

    desk, server = carry(script, 2)
    assert desk.fates() == {0: "failed", 1: "sent"}
    assert [recipient for recipient, _ in server.received] == ["r1@example.test"]


def test_a_drop_after_the_final_dot_leaves_one_letter_unknown_and_sends_the_rest() -> None:
    def script(talk: Talk) -> None:
        talk.greet("PIPELINING")
        if talk.number == 1:
            for _ in range(3):
                talk.line()
            talk.say("250 ok", "250 ok", "354 go")
            talk.content()
            return
        talk.serve()

    desk, server = carry(script, 4)
    assert desk.fates() == {0: "unknown", 1: "sent", 2: "sent", 3: "sent"}
    assert len(server.received) == 3


def test_a_drop_inside_the_content_defers_because_the_final_dot_never_left() -> None:
    def script(talk: Talk) -> None:
        talk.greet("PIPELINING")
        if talk.number == 1:
            for _ in range(3):
                talk.line()
            talk.say("250 ok", "250 ok", "354 go")
            talk.sock.recv(10)
            return
        talk.serve()

    desk, _ = carry(script, desk=Desk(letters(2, content=b"Subject: big\r\n\r\n" + b"z" * 30_000_000 + b"\r\n")))
    assert desk.fates() == {0: "deferred", 1: "sent"}


def test_a_server_that_closes_before_the_content_gets_the_letter_again() -> None:
    def script(talk: Talk) -> None:
        talk.greet("PIPELINING")
        if talk.number <= 2:
            talk.line()
            return
        talk.serve()

    desk, server = carry(script, 3)
    assert set(desk.fates().values()) == {"sent"}
    assert server.connections == 3


@pytest.mark.parametrize(
    "noise", [b"\x00\xff\xfe garbage\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"25\r\n", b"250?no\r\n", b"x" * 20000]
)
def test_garbage_instead_of_the_last_answer_means_unknown(noise: bytes) -> None:
    def script(talk: Talk) -> None:
        talk.greet("PIPELINING")
        if talk.number == 1:
            for _ in range(3):
                talk.line()
            talk.say("250 ok", "250 ok", "354 go")
            talk.content()
            talk.raw(noise)
            talk.sock.recv(1)
            return
        talk.serve()

    assert carry(script, 3)[0].fates() == {0: "unknown", 1: "sent", 2: "sent"}


@pytest.mark.parametrize("where", ["greeting", "envelope", "content"])
def test_a_server_that_stalls_is_left_after_the_timeout(where: str) -> None:
    def script(talk: Talk) -> None:
        if talk.number == 1:
            if where != "greeting":
                talk.greet("PIPELINING")
            if where == "content":
                for _ in range(3):
                    talk.line()
                talk.say("250 ok", "250 ok", "354 go")
            while talk.sock.recv(65536):
                pass
            return
        talk.greet("PIPELINING")
        talk.serve()

    desk, _ = carry(script, 3, reply_timeout=2.0, content_timeout=2.0, connect_timeout=2.0, patience=60.0)
    assert desk.fates() == {0: "unknown" if where == "content" else "sent", 1: "sent", 2: "sent"}


def test_a_receiver_that_nobody_reaches_gives_every_letter_back() -> None:
    desk = Desk(letters(3), tries=0)
    with pytest.raises(Unreachable):
        SmtpTransport(SmtpSettings("127.0.0.1", 1, patience=0.3)).send(desk)
    assert not desk.open and not desk.outcomes and len(desk.pile) == 3
    assert not desk.begun


def test_a_server_that_breaks_every_connection_is_given_up_and_not_tried_for_ever() -> None:
    def script(talk: Talk) -> None:
        talk.greet("PIPELINING")
        talk.line()

    desk = Desk(letters(3), tries=1000)
    with pytest.raises(Unreachable):
        carry(script, desk=desk, patience=0.8)
    assert len(desk.pile) + len(desk.outcomes) == 3
    assert not desk.begun


def test_an_address_that_cannot_stand_in_a_command_never_reaches_the_server() -> None:
    bad = [
        Letter(i, "v@returns.test", to, b"Subject: x\r\n\r\n")
        for i, to in enumerate(("a@b.test>\r\nDATA", "a b@c.test", "x@y.test\n"))
    ]
    desk, server = carry(
        polite, desk=Desk([*bad, Letter(9, "v@returns.test", "good@example.test", b"Subject: x\r\n\r\n")])
    )
    assert desk.fates() == {0: "failed", 1: "failed", 2: "failed", 9: "sent"}
    assert not [line for line in server.commands if "b.test" in line or "c.test" in line]


def test_diagnostics_are_kept_without_the_address() -> None:
    def script(talk: Talk) -> None:
        talk.greet("PIPELINING")
        talk.serve(rcpt=lambda to: f"550 5.1.1 <{to}>: user r0 unknown; ask postmaster@example.test")

    desk = Desk([Letter(0, "v@returns.test", "jane.doe@example.test", b"Subject: x\r\n\r\n")])
    carry(script, desk=desk)
    assert desk.outcomes[0].diagnostic.count("<address>") == 2
    assert "jane" not in desk.outcomes[0].diagnostic


def test_a_connection_is_replaced_after_the_agreed_number_of_letters() -> None:
    desk, server = carry(polite, 10, recycle_after=3)
    assert set(desk.fates().values()) == {"sent"}
    assert server.connections == 4


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
         "-subj", "/CN=localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, cert


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("method", ["PLAIN", "LOGIN"])
def test_tls_and_login_come_before_the_first_letter(tls: str, method: str, certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])

    def script(talk: Talk) -> None:
        if tls == "starttls":
            talk.greet("STARTTLS")
            assert talk.line() == "STARTTLS"
            talk.say("220 go")
        talk.sock = context.wrap_socket(talk.sock, server_side=True)
        if tls == "implicit":
            talk.say("220 test")
        assert talk.line().startswith("EHLO")
        talk.say("250-test", "250-PIPELINING", f"250 AUTH {method}")
        assert talk.line().startswith(f"AUTH {method}")
        if method == "LOGIN":
            for _ in range(2):
                talk.say("334 more")
                talk.line()
        talk.say("235 welcome")
        talk.serve()

    big = b"Subject: x\r\n\r\n" + b"line\r\n" * 40000
    desk, server = carry(
        script, desk=Desk(letters(4, content=big)), tls=tls, verify=False, user="u", password="p", connections=2
    )
    assert set(desk.fates().values()) == {"sent"}
    assert {body for _, body in server.received} == {big}


def test_a_certificate_that_does_not_hold_stops_everything(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])

    def script(talk: Talk) -> None:
        talk.sock = context.wrap_socket(talk.sock, server_side=True)

    with pytest.raises(Unreachable):
        carry(script, desk=Desk(letters(2), tries=0), tls="implicit", patience=0.3)


def test_a_server_without_starttls_gets_nothing_where_the_settings_demand_it() -> None:
    with pytest.raises(Unreachable, match="STARTTLS"):
        carry(polite, desk=Desk(letters(2), tries=0), tls="starttls", patience=0.3)


def test_refused_credentials_are_told() -> None:
    def script(talk: Talk) -> None:
        talk.greet("AUTH PLAIN")
        talk.line()
        talk.say("535 5.7.8 bad credentials")

    with pytest.raises(Unreachable, match="535"):
        carry(script, desk=Desk(letters(2), tries=0), user="u", password="p", patience=0.3)


def test_the_sink_of_postfix_takes_thousands_over_kept_connections(smtp_sink: int) -> None:
    desk = Desk(letters(2000, content=b"Subject: x\r\n\r\n" + b"z" * 70 + b"\r\n"))
    began = time.monotonic()
    SmtpTransport(SmtpSettings("127.0.0.1", smtp_sink, connections=10)).send(desk)
    assert Counter(desk.fates().values()) == {"sent": 2000}
    assert time.monotonic() - began < 120


def test_an_address_of_a_receiver_is_read_from_one_line() -> None:
    settings = from_url("smtp+starttls://us%40er:se%3Acret@mx.example.test:2587", connections=3)
    assert (settings.host, settings.port, settings.tls, settings.user, settings.password) == (
        "mx.example.test", 2587, "starttls", "us@er", "se:cret",
    )  # fmt: skip
    assert "se:cret" not in repr(settings)
    with pytest.raises(ValueError, match="smtp://"):
        from_url("http://example.test")
