"""How many acts the gates decide in a second on one core: JSON lines, one act each, over every agreement that ships.

    python -m benchmarks.gates [--short]

A decision is one act from facts to verdicts, every check of it made, plus the answer that they combine to. Facts vary
from one to the next: permitted and refused, with other numbers and instants. Counted in processor time, so that a busy
machine does not blur it. Exit code 1 where an act is decided less than `LEAST` times a second; `--short`, as in CI,
judges by the ratio to copying the act's facts (dataclasses.replace) in the same run, at most `MOST` times as dear.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mandata.agreements import library
from mandata.agreements.rules.facts.reading import read
from mandata.agreements.rules.facts.standing import Standing
from mandata.agreements.rules.gates.answers import QUESTIONS, Question
from mandata.agreements.rules.verdicts import combine

ACTS: Final = ("send", "import", "track", "profile", "export", "disclose", "transfer", "access", "combine", "rights")
LEAST: Final = 50_000
MOST: Final = 15.0
VARIANTS: Final = 64
AT: Final = datetime(2026, 3, 27, 21, 30, tzinfo=UTC)


def varied(question: Question) -> list[Any]:
    """Facts of an act that differ: in standing, time and counts."""
    known = {field.name for field in fields(question.facts)}
    base: Any = read(question.facts, dict(question.example), given={"standing": Standing(accepted=True)})
    found = []
    for number in range(VARIANTS):
        changes: dict[str, Any] = {"standing": Standing(accepted=True, halted=number % 16 == 15)}
        if "at" in known:
            changes["at"] = AT + timedelta(hours=number)
        if "recipients" in known:
            changes |= {"recipients": number, "held": {"unsubscribed": number, "no_basis": 3}}
        found.append(replace(base, **changes))
    return found


def figures(decisions: int) -> Iterator[dict[str, object]]:
    """Yield a figure for each act."""
    agreements = [library.load(name) for name in library.names()]
    for name in ACTS:
        question = QUESTIONS[name]
        facts = varied(question)
        pairs = [(terms, one) for terms in agreements for one in facts]
        ask = question.ask
        for terms, one in pairs:
            ask(terms, one)
        rounds = max(1, decisions // len(pairs))
        began = time.process_time()
        for _ in range(rounds):
            for terms, one in pairs:
                combine(ask(terms, one))
        spent = (time.process_time() - began) / (rounds * len(pairs))
        copied = _copying(facts)
        yield {
            "bench": "gates",
            "act": name,
            "per_second": round(1 / spent),
            "microseconds": round(spent * 1e6, 2),
            "least": LEAST,
            "of_copy": round(spent / copied, 1),
        }


def _copying(facts: list[Any]) -> float:
    began = time.process_time()
    for _ in range(200):
        for one in facts:
            replace(one, purpose="service")
    return (time.process_time() - began) / (200 * len(facts))


def main() -> int:
    """Print the figures; return whether one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="What CI runs.")
    short = parser.parse_args().short
    holds = True
    for figure in figures(10_000 if short else 100_000):
        good = float(str(figure["of_copy"])) <= MOST if short else int(str(figure["per_second"])) >= LEAST
        print(json.dumps({**figure, "holds": good}), flush=True)
        holds = holds and good
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
