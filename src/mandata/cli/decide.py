"""`mandata decide`: what an agreement says to an act or a question, for any facts.

Needs neither Django nor a database.
"""

import difflib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mandata.cli.output import AsJson, emit
from mandata.cli.terms import Agreement, File, Language, terms_of
from mandata.foundation.errors import Fault

if TYPE_CHECKING:
    from mandata.agreements.rules.gates.answers import Question
    from mandata.agreements.rules.verdicts import Verdict
    from mandata.foundation.words import Words

START = "`mandata decide ACT --example` prints facts to start from, `--list-facts` lists all of them."
CODES = {
    ("accept", "by"): ("agreement.acceptance", ()),
    ("charge", "work"): ("assistance.paid", ("audit", "late_payment", "cancelled_order")),
    ("indemnity", "ground"): ("indemnity.grounds", ()),
}
"""Facts that take the codes of a clause, which differ from no agreement to another, and some more."""


def decide(
    act: Annotated[str, typer.Argument(help="What is asked; without it, all that can be asked is listed.")] = "",
    facts: Annotated[str, typer.Option(help="A file with a JSON object of facts; - is standard input.")] = "",
    agreement: Agreement = "",
    file: File = None,
    example: Annotated[bool, typer.Option("--example", help="Print facts to start from, and end.")] = False,
    list_facts: Annotated[
        bool, typer.Option("--list-facts", help="List every fact, what it may hold, what is assumed; and end.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit code 1 where the answer is refused.")] = False,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Decide whether an act is allowed under an agreement, or answer a question about it, from facts alone.

    The facts are one JSON object; "agreement" in it names one that ships, where neither --agreement nor --file does.
    Instants are ISO 8601 with an offset. Where the controller's standing is not stated, an agreement in force is
    assumed: {"standing": {"accepted": true, "ended": false, "suspended": false, "halted": false, "written": []}}.

    The answer names the verdict, the clause that decides, its source, the reason, what helps, the evidence, and every
    check that was made. Where an agreement holds no such clause, clause is empty and source is the law's.

    Exit code 0 once answered, with --check 1 where refused; 1 where the facts cannot be used; 2 for wrong usage.

    Examples:

        mandata decide

        mandata decide audit --list-facts

        mandata decide disclose --example > facts.json

        mandata decide disclose --facts facts.json --agreement imagicle --json

        echo '{"agreement": "ecomail", "kinds": ["opens"]}' | mandata decide track --facts - --check
    """
    from mandata.agreements.rules.gates.answers import QUESTIONS

    if not act:
        for one in QUESTIONS.values():
            emit(as_json, {"act": one.name, "about": one.about}, f"{one.name:<10} {one.about}")
        return
    question = _question(act)
    if example:
        typer.echo(json.dumps({"agreement": agreement or "ecomail", **question.example}, ensure_ascii=False, indent=2))
        return
    if list_facts:
        _list(question, as_json)
        return
    if not facts:
        raise typer.BadParameter(f"Give --facts FILE, or - for standard input. {START}")
    table = _read(facts)
    named = table.pop("agreement", "")
    if not isinstance(named, str):
        raise Fault("agreement is no text.", remedy="Name an agreement that ships; `mandata duties` lists them.")
    terms = terms_of(agreement if agreement or file else named, file)
    verdicts = question.ask(terms, _facts(question, table))
    refused = _tell(question, terms.name, verdicts, _words(language), as_json)
    if check and refused:
        raise typer.Exit(1)


def _question(act: str) -> "Question":
    from mandata.agreements.rules.gates.answers import ALIASES, QUESTIONS

    found = QUESTIONS.get(ALIASES.get(act, act))
    if found is None:
        near = difflib.get_close_matches(act, QUESTIONS, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise typer.BadParameter(f"Nobody decides about {act[:40]!r}. {hint}There is {', '.join(QUESTIONS)}.")
    return found


def _list(question: "Question", as_json: bool) -> None:
    from mandata.agreements.rules.facts.reading import listed

    for name, wanted, found in listed(question.facts):
        assumed = "an agreement in force" if name == "standing" and question.is_act else found
        codes = _codes(question.name, name)
        may = f"one of {', '.join(codes)}" if codes else wanted
        values = {"fact": name, "wanted": may, "needed": not assumed, "assumed": assumed}
        emit(as_json, values, f"{name:<18} {may} ({f'else {assumed}' if assumed else 'needed'})")


def _codes(act: str, fact: str) -> tuple[str, ...]:
    """The codes that a fact may hold because a clause knows them; none where any text may stand."""
    from mandata.agreements.rules.catalogue import CATALOGUE

    clause, more = CODES.get((act, fact), ("", ()))
    return (*CATALOGUE[clause].vocabulary, *more) if clause else ()


def _read(name: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        found = json.loads(text)
    except OSError as error:
        raise Fault(
            f"{name} cannot be read: {error.strerror}.", remedy="Give a file, or - for standard input."
        ) from None
    except UnicodeDecodeError as error:
        raise Fault(f"{name} is not UTF-8 text: {error.reason}.", remedy="Save it as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise Fault(f"The facts are no JSON: {error}.", remedy=START) from None
    if not isinstance(found, dict):
        raise Fault("The facts are no JSON object.", remedy=START)
    return found


def _facts(question: "Question", table: dict[str, Any]) -> Any:
    from mandata.agreements.rules.facts.reading import BadFacts, read
    from mandata.agreements.rules.gates.answers import IN_FORCE

    for name, value in table.items():
        codes = _codes(question.name, name)
        if codes and isinstance(value, str) and value not in codes:
            near = difflib.get_close_matches(value, codes, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Write one of {', '.join(codes)}."
            raise Fault(f"{name} cannot be {value[:40]!r}.", remedy=hint)
    try:
        return read(question.facts, table, given={"standing": IN_FORCE} if question.is_act else None)
    except BadFacts as bad:
        start = START.replace("ACT", question.name)
        raise Fault(bad.problem, remedy=f"{bad.remedy} {start}".strip()) from None


def _tell(question: "Question", agreement: str, verdicts: "tuple[Verdict, ...]", words: "Words", as_json: bool) -> bool:
    from mandata.agreements.rules.gates.answers import decisive

    one = decisive(question, verdicts)
    values = {"act": question.name, "agreement": agreement, **_told(one, words)}
    checks = [{"check": each.code, "title": each.said(words)[0], **_told(each, words)} for each in verdicts]
    _title, reason, remedy = one.said(words)
    clause = f"{one.clause or 'the law'} ({one.source or 'no source'})"
    lines = [f"{question.name} under {agreement}: {values['verdict']}, by {clause}", reason]
    lines += [f"What helps: {remedy}"] if remedy else []
    marks = {True: "yes", False: "no "}
    lines += ["", *(f"  {marks[each.allowed]}  {each.said(words)[1]}" for each in verdicts)]
    emit(as_json, {**values, "checks": checks}, "\n".join(lines))
    return not one.allowed


def _told(verdict: "Verdict", words: "Words") -> dict[str, Any]:
    _title, reason, remedy = verdict.said(words)
    return {
        "verdict": "allowed" if verdict.allowed else "refused",
        "clause": verdict.clause,
        "source": verdict.source,
        "reason": reason,
        "remedy": remedy,
        "evidence": dict(verdict.evidence),
    }


def _words(language: str) -> "Words":
    from mandata.agreements.language import words
    from mandata.agreements.rules.terms import LANGUAGES

    if language not in LANGUAGES:
        raise typer.BadParameter(f"There is {' and '.join(LANGUAGES)}.", param_hint="--language")
    return words(language)
