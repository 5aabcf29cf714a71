"""A request for an audit, checked against the agreement: what is well, what refuses it, what is still to be done.

The agreement's own clauses decide (`agreements.rules.gates.audits`). Where it is silent, the clauses that the law's own
model has are told beside, marked as ours: they advise, and refuse nothing. Sources: AUD-1, AUD-2; Art. 28(3)(h) GDPR.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from mandata.agreements.rules.checks import BY_CODE
from mandata.agreements.rules.facts.duties import AuditFacts
from mandata.agreements.rules.gates.audits import audits
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.verdicts import Verdict
from mandata.agreements.rules.words import Words, fill

LATER: Final = frozenset({"audit.agreement", "audit.extra", "audit.bound", "audit.form"})
"""Checks that need not hold when an audit is asked for, but before it is held: terms agreed, secrecy shown."""


class Outcome(StrEnum):
    """What a check comes to."""

    WELL = "well"
    REFUSED = "refused"
    TO_DO = "to_do"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Answer:
    """One check of a request: its code, what it came to, clause and source, and what it was decided on. `ours`: the
    agreement does not hold the clause, the law's model does."""

    code: str
    outcome: Outcome
    clause: str
    source: str
    evidence: Mapping[str, str | int]
    ours: bool = False

    def said(self, words: Words) -> tuple[str, str, str]:
        """Title, reason and remedy in a language; nothing for a check that is not known any more."""
        check = BY_CODE.get(self.code)
        if check is None:
            return self.code, "", ""
        filling = {name: str(value) for name, value in self.evidence.items()}
        good = self.outcome is Outcome.WELL
        reason = fill(words.gettext(check.permitted if good else check.refused), filling)
        return words.gettext(check.title), reason, "" if good else fill(words.gettext(check.remedy), filling)


def check(terms: Terms, facts: AuditFacts, *, model: Terms | None = None, holding: bool = False) -> tuple[Answer, ...]:
    """Every check of a request, the agreement's own first.

    `model`: the law's own model, for what the agreement is silent on; `holding`: the audit is about to begin, so that
    nothing is left for later.
    """
    found = [_answer(one, holding=holding) for one in audits(terms, facts)]
    if model is not None:
        held = {key for key in terms.clauses if key.startswith("audit.")}
        beside = (one for one in audits(model, facts) if BY_CODE[one.code].clause not in held)
        found += [_answer(one, holding=holding, ours=True) for one in beside]
    return tuple(found)


def _answer(one: Verdict, *, holding: bool, ours: bool = False) -> Answer:
    if one.allowed:
        outcome = Outcome.WELL
    elif ours:
        outcome = Outcome.ADVICE
    elif one.code in LATER and not holding:
        outcome = Outcome.TO_DO
    else:
        outcome = Outcome.REFUSED
    clause = one.check.clause if ours else one.clause or one.check.clause
    return Answer(one.code, outcome, clause, one.source, dict(one.evidence), ours)


def refusals(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """Those that refuse the audit as it was asked for."""
    return tuple(one for one in answers if one.outcome is Outcome.REFUSED)


def frozen(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """The answers as a row and an entry keep them."""
    return [
        {
            "code": one.code,
            "outcome": str(one.outcome),
            "clause": one.clause,
            "source": one.source,
            "evidence": dict(one.evidence),
            "ours": one.ours,
        }
        for one in answers
    ]


def thawed(rows: Iterable[Mapping[str, Any]]) -> tuple[Answer, ...]:
    """The inverse of ``frozen``."""
    return tuple(
        Answer(
            str(row["code"]),
            Outcome(row["outcome"]),
            str(row["clause"]),
            str(row["source"]),
            dict(row["evidence"]),
            bool(row.get("ours")),
        )
        for row in rows
    )
