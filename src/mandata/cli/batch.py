"""`mandata due --batch`: JSON lines in, one answer a line out, as they come, in flat memory.

Lines are answered in chunks as far as they have arrived, so that a program may ask and wait; nothing else is kept
than small tables of what recurs (periods, zones, names of days).
"""

import difflib
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from mandata.agreements.rules.duties import Duty, duty, reckoned
from mandata.cli.due import INSTANT, answer, instant
from mandata.cli.terms import shipped
from mandata.foundation.errors import Fault, Refused
from mandata.foundation.periods import Period, Reckoning, Regime, due
from mandata.foundation.words import Words

CHUNK: Final = 1 << 16
LONGEST: Final = 1 << 16
BY_DUTY: Final = frozenset({"agreement", "duty", "since"})
BY_PERIOD: Final = frozenset({"period", "regime", "calendar", "zone", "since"})
BOM: Final = b"\xef\xbb\xbf"
"""The mark with which some editors begin a file."""
FORMS: Final = (
    'Write {"agreement", "duty", "since"} or {"period", "regime", "calendar", "zone", "since"}, each with a text.'
)


def answer_file(name: str, words: Words) -> int:
    """Answer the lines of a file, or of standard input for "-", on standard output; return the exit code."""
    if name == "-" and sys.stdin is None:
        raise Fault("Standard input is closed.", remedy="Give a file of JSON lines, or write them to standard input.")
    if name == "-":
        return _answer(sys.stdin.buffer, sys.stdout.buffer, words)
    try:
        with Path(name).open("rb") as questions:
            return _answer(questions, sys.stdout.buffer, words)
    except BrokenPipeError:  # nobody reads the answers any more
        raise
    except OSError as error:
        raise Fault(f"{name} cannot be read: {error.strerror}.", remedy="Give a file of JSON lines, or -.") from None


def _answer(questions: BinaryIO, answers: BinaryIO, words: Words) -> int:
    number = bad = 0
    for lines in _chunks(questions):
        found = []
        for line in lines:
            number += 1
            try:
                found.append(orjson.dumps(_one(line, words), option=orjson.OPT_UTC_Z))
            except (Refused, Fault) as error:
                bad += 1
                problem = {"error": error.message, "remedy": error.remedy, "line": number}
                found.append(orjson.dumps(problem))
        answers.write(b"\n".join(found) + b"\n")
        answers.flush()
    if bad:
        print(f"{bad} of {number} lines could not be answered; each says why in its place.", file=sys.stderr)  # noqa: T201
    return int(bool(bad))


def _chunks(questions: Any) -> Iterator[list[bytes]]:
    """The lines that have arrived, without their ends; one that is too long is cut, which no JSON survives."""
    rest, mark = b"", BOM
    while chunk := questions.read1(CHUNK):
        *lines, last = chunk.removeprefix(mark).split(b"\n")
        mark = b""
        if lines:
            lines[0] = rest + lines[0]
            rest = last
            yield lines
        elif len(rest) <= LONGEST:
            rest += last
    if rest:
        yield [rest]


def _one(line: bytes, words: Words) -> Mapping[str, str | datetime]:
    """The answer to one line. Raises Refused or Fault."""
    if len(line) > LONGEST:
        raise Fault(f"The line is longer than {LONGEST} bytes.", remedy=FORMS)
    if not line.strip():
        raise Fault("The line is empty.", remedy=FORMS)
    try:
        asked = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Fault(f"The line is no JSON: {error}.", remedy=FORMS) from None
    if not isinstance(asked, dict):
        raise Fault("The line is no JSON object.", remedy=FORMS)
    keys = asked.keys()
    if keys != BY_DUTY and keys != BY_PERIOD:
        raise _wrong_keys(asked)
    for key, value in asked.items():
        if type(value) is not str:
            raise Fault(f"{key} is no text.", remedy=FORMS)
    since = _since(asked["since"])
    if "duty" in asked:
        found, reckoning = _duty(asked["agreement"], asked["duty"])
        return answer(reckoned(found, since, reckoning), reckoning, words)
    return _by_period(asked, since, words)


def _by_period(asked: Mapping[str, str], since: datetime, words: Words) -> Mapping[str, str | datetime]:
    reckoning = _reckoning(asked["regime"], asked["calendar"], asked["zone"])
    period = _period(asked["period"])
    found = due(period, since, reckoning)
    return {
        "period": str(period),
        "since": found.since,
        "regime": reckoning.regime,
        "calendar": reckoning.calendar,
        "zone": reckoning.zone,
        "strict": found.strict,
        "statutory": found.statutory,
        "explanation": found.explain(words),
    }


@lru_cache(maxsize=4096)
def _duty(agreement: str, key: str) -> tuple[Duty, Reckoning]:
    terms = shipped(agreement)
    return duty(terms, key), terms.reckoning


@lru_cache(maxsize=4096)
def _reckoning(regime: str, calendar: str, zone: str) -> Reckoning:
    return Reckoning(_regime(regime), calendar, zone)


def _since(text: str) -> datetime:
    try:
        return instant(text)
    except ValueError as error:
        raise Fault(f"since is no instant: {error}.", remedy=INSTANT) from None


def _regime(name: str) -> Regime:
    try:
        return Regime(name)
    except ValueError:
        near = difflib.get_close_matches(name, list(Regime), n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Take one of {', '.join(Regime)}."
        raise Fault(f"There is no regime {name[:64]}.", remedy=hint) from None


@lru_cache(maxsize=4096)
def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        raise Fault(f"{text[:64]!r} is no period: {error}.", remedy="For example 3 months.") from None


def _wrong_keys(asked: Mapping[str, object]) -> Fault:
    known = BY_DUTY if "agreement" in asked or "duty" in asked else BY_PERIOD
    strange = [key[:64] for key in asked if key not in known]
    missing = sorted(known - asked.keys())
    parts = [f"unknown: {', '.join(strange)}"] if strange else []
    parts += [f"missing: {', '.join(missing)}"] if missing else []
    return Fault(f"The line has not the right keys ({'; '.join(parts)}).", remedy=FORMS)
