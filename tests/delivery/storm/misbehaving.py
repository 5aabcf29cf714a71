"""A receiver that is polite to everybody, except in one way: once at each stage, to one letter."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, NoReturn

from tests.delivery.scripted import Gone, Talk

STAGES: Final = ("greeting", "ehlo", "mail", "rcpt", "data", "content", "dot")
"""`content` is while the letter arrives, `dot` when all of it has."""
_GOOD: Final = {"greeting": "220 ready", "ehlo": "250 test", "data": "354 go on", "dot": "250 2.0.0 stored"}
_WRONG: Final = {"greeting": "354 what", "ehlo": "354 what", "data": "250 what", "dot": "354 what"}


class Misbehaving:
    """A script for `Scripted`. `victims` are the local parts of senders by stage, "" where there is no letter yet;
    `waits` is called while it keeps somebody waiting for what never comes."""

    def __init__(
        self, way: str, victims: Mapping[str, str], offers: tuple[str, ...], waits: Callable[[], None]
    ) -> None:
        self.way, self.victims, self.offers, self.waits = way, victims, offers, waits
        self.done: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, talk: Talk) -> None:
        self._answer(talk, "greeting")
        talk.line()
        self._answer(talk, "ehlo")
        letter, valid = "", False
        while (line := talk.line()) != "QUIT":
            verb = line[:4].upper()
            if verb == "MAIL":
                letter = line[line.index("<") + 1 : line.index("@")]
                valid = self._answer(talk, "mail", letter)
            elif verb == "RCPT":
                valid = self._answer(talk, "rcpt", letter) if valid else self._no(talk, "503 5.5.1 no sender")
            elif verb == "DATA" and not valid:
                self._no(talk, "554 5.5.1 nobody to send it to")
            elif verb == "DATA":
                if self._answer(talk, "data", letter):
                    self._take(talk, letter)
                valid = False
            else:
                talk.say("250 ok")
        talk.say("221 bye")

    def _take(self, talk: Talk, letter: str) -> None:
        if self._is_now("content", letter):
            talk.some()
            self._misbehave(talk, "content")
        body = talk.content()
        refused = self.way.isdigit() and self.victims.get("dot") == letter and "dot" not in self.done
        if not refused:
            talk.server.took(letter, body)
        self._answer(talk, "dot", letter)

    def _no(self, talk: Talk, answer: str) -> bool:
        talk.say(answer)
        return False

    def _is_now(self, stage: str, letter: str) -> bool:
        with self._lock:
            now = stage not in self.done and self.victims.get(stage) == letter
            if now:
                self.done.add(stage)
            return now

    def _answer(self, talk: Talk, stage: str, letter: str = "") -> bool:
        """Answer well, or misbehave; say whether the receiver goes on."""
        good = _GOOD.get(stage, "250 ok")
        if stage == "ehlo":
            lines = ["250-test", *(f"250-{offer}" for offer in self.offers), "250 8BITMIME"]
            good = "\r\n".join(lines)
        if self.way == "drip":
            talk.drip(good)
            return True
        if not self._is_now(stage, letter):
            talk.say(good)
            return True
        if self.way.isdigit():
            talk.say(f"{self.way} not this time")
            if self.way == "421":
                raise Gone
            if stage == "greeting":
                talk.until_gone(self.waits)
            if stage == "ehlo":
                talk.line()
                talk.say(f"250{'' if self.way[0] == '5' else '-'} test")
            return False
        if self.way in ("early", "hasty"):
            talk.say(good, "250 2.0.0 stored")
            if self.way == "hasty":
                raise Gone
            return True
        if self.way == "closes":
            talk.say(good)
            raise Gone
        self._misbehave(talk, stage)

    def _misbehave(self, talk: Talk, stage: str) -> NoReturn:
        if self.way == "garbage":
            talk.raw(b"\x00\xff\xfe\r\n")
        elif self.way == "wrong":
            talk.say(_WRONG.get(stage, "354 what"))
        elif self.way == "endless":
            with suppress(OSError):
                while True:
                    talk.raw(b"250-and more\r\n" * 1000)
        elif self.way == "line":
            with suppress(OSError):
                while True:
                    talk.raw(b"2" * 10_000)
        if self.way == "deaf":
            talk.deaf(self.waits)
        elif self.way != "drop":
            talk.until_gone(self.waits)
        raise Gone
