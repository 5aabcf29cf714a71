"""`mandata due` and `mandata duties`: when something is due by an agreement, and what is due by it at all.

Both need neither Django nor a database: they ask the pure rules, and start in a fraction of a second.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mandata.cli.output import AsJson, emit
from mandata.cli.terms import Agreement, File, Language, terms_of
from mandata.foundation.errors import Fault

if TYPE_CHECKING:
    from mandata.agreements.rules.duties import Duty, Owed
    from mandata.agreements.rules.terms import Terms
    from mandata.foundation.periods import Reckoning
    from mandata.foundation.words import Words

INSTANT = "Write it in ISO 8601 with its offset from UTC, for example 2026-03-27T22:30:00+01:00."


def due(
    agreement: Agreement = "",
    duty: Annotated[str, typer.Option(help="A duty by the key of its clause; `mandata duties` lists them.")] = "",
    since: Annotated[str, typer.Option(help="The event from which the period runs: ISO 8601 with an offset.")] = "",
    effect: Annotated[str, typer.Option(help="Of a notice ahead: what it precedes; tells when to give it.")] = "",
    file: File = None,
    batch: Annotated[str, typer.Option(help="Answer the JSON lines of this file instead; - is standard input.")] = "",
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Tell when something is due by an agreement: by the strict and by the statutory reading, and why.

    strict is when we have to be ready; statutory is the first instant after the period, and the other side's rights
    hold until then. Of a notice that has to come ahead of something, --since is the notice (the answer: from when on
    that may come), --effect the thing itself (the answer: before when the notice has to be delivered).

    A line of a batch is {"agreement", "duty", "since"} or {"period", "regime", "calendar", "zone", "since"}; each gets
    one line of answer, a line that cannot be answered {"error", "remedy", "line"}.

    Exit code 0 once answered; 1 where something could not be answered; 2 for wrong usage.

    Examples:

        mandata due --agreement imagicle --duty breach.notify --since 2026-03-27T22:30:00+01:00

        mandata due --agreement imagicle --duty breach.notify --since 2026-03-27T22:30:00+01:00 --json

        mandata due --agreement imagicle --duty subprocessor.notice --effect 2026-06-01T00:00:00+02:00

        mandata due --file my-agreement.toml --duty rights.answer --since 2026-01-31T09:00:00+01:00 --language cs

        mandata due --batch - < questions.jsonl > answers.jsonl
    """
    if batch:
        if agreement or duty or since or effect or file:
            raise typer.BadParameter("--batch takes its questions from the lines and no other option with them.")
        from mandata.cli.batch import answer_file

        raise typer.Exit(answer_file(batch, _words(language)))
    if not duty or bool(since) == bool(effect):
        raise typer.BadParameter("Give --duty and one of --since and --effect, or --batch.")
    from mandata.agreements.rules.duties import owed, owed_before

    terms, words = terms_of(agreement, file), _words(language)
    found = owed(terms, duty, _instant(since)) if since else owed_before(terms, duty, _instant(effect))
    values = answer(found, terms.reckoning, words)
    shown = {key: utc(value) if isinstance(value, datetime) else value for key, value in values.items()}
    emit(as_json, shown, "" if as_json else _told(terms, found, words, effect=bool(effect)))


def answer(owed: "Owed", reckoning: "Reckoning", words: "Words") -> dict[str, str | datetime]:
    """What `--json` and a batch print of a duty; instants are in UTC."""
    return {
        "duty": owed.duty.key,
        "clause": owed.duty.clause,
        "source": owed.duty.source,
        "since": owed.due.since,
        "regime": reckoning.regime,
        "calendar": reckoning.calendar,
        "zone": reckoning.zone,
        "strict": owed.due.strict,
        "statutory": owed.due.statutory,
        "explanation": owed.due.explain(words),
    }


def utc(instant: datetime) -> str:
    """An instant that is in UTC already, with Z."""
    return f"{instant.isoformat()[:-6]}Z"


def instant(text: str) -> datetime:
    """An instant from ISO 8601 with an offset. Raises ValueError in words."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("it names no offset from UTC, so nobody knows which instant it is")
    return found


def _instant(text: str) -> datetime:
    try:
        return instant(text)
    except ValueError as error:
        raise Fault(f"{text[:80]!r} is no instant: {error}.", remedy=INSTANT) from None


def _words(language: str) -> "Words":
    from mandata.agreements.language import words
    from mandata.agreements.rules.terms import LANGUAGES

    if language not in LANGUAGES:
        raise typer.BadParameter(f"There is {' and '.join(LANGUAGES)}.", param_hint="--language")
    return words(language)


def _told(terms: "Terms", owed: "Owed", words: "Words", *, effect: bool) -> str:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(terms.reckoning.zone)
    rows = [
        ("effect" if effect else "since", owed.due.since),
        ("strict", owed.due.strict),
        ("statutory", owed.due.statutory),
    ]
    lines = [f"{owed.duty.key}: {words.gettext(owed.duty.title)} ({owed.duty.source})", f"  {_stated(owed.duty)}"]
    for name, at in rows:
        local = at.astimezone(zone)
        lines.append(f"  {name:<10} {utc(at):<21} {local:%Y-%m-%d %H:%M:%S %Z} in {zone.key}")
    return "\n".join([*lines, "", owed.due.explain(words)])


def _stated(duty: "Duty") -> str:
    length = str(duty.period) if duty.period else f"open, target {duty.target}" if duty.target else "open, at once"
    place = f"ahead of {duty.effect}" if duty.effect else f"from {duty.start}" if duty.start else ""
    return " ".join(part for part in (duty.kind, duty.who, length, place, f"[{duty.mark}]") if part)


def duties(agreement: Agreement = "", file: File = None, language: Language = "en", as_json: AsJson = False) -> None:
    """List every duty, right and term of an agreement that time rules; without an agreement, the agreements that ship.

    mark is seed (the source states it), unclear (it can be read in two ways; note keeps the other), open (the source
    states no figure; target is ours) or ours (the agreement's own text does not state it: the law does, or we chose
    it). says is the clause's sentence in the agreement's text. kind says what the period means: within (a duty), window
    (a right that lapses), ahead and before (what has to precede something), after (what may follow), extension,
    recurring, lasting, frequency.

    Exit code 0; 1 where there is no such agreement or the file cannot be used; 2 for wrong usage.

    Examples:

        mandata duties

        mandata duties --agreement imagicle

        mandata duties --agreement imagicle --json

        mandata duties --file my-agreement.toml --language cs
    """
    words = _words(language)
    if not agreement and not file:
        _agreements(as_json, language)
        return
    from mandata.agreements.rules import duties as rules
    from mandata.agreements.rules.text import paragraph

    terms = terms_of(agreement, file)
    for duty in rules.duties(terms):
        title = words.gettext(duty.title)
        says = paragraph(terms.clauses[duty.clause], "", language, words).text
        emit(
            as_json,
            {**_listed(duty, words), "says": says},
            f"{duty.key:<24} {title} ({duty.source})\n{'':<24} {_stated(duty)}",
        )


def _listed(duty: "Duty", words: "Words") -> dict[str, str | bool | None]:
    return {
        "duty": duty.key,
        "clause": duty.clause,
        "title": words.gettext(duty.title),
        "source": duty.source,
        "mark": duty.mark.value,
        "kind": duty.kind,
        "who": duty.who or None,
        "start": duty.start or None,
        "effect": duty.effect or None,
        "period": str(duty.period) if duty.period else None,
        "target": str(duty.target) if duty.target else None,
        "calendar_years": duty.calendar_years,
        "reading": duty.reading,
        "note": duty.note,
    }


def _agreements(as_json: bool, language: str) -> None:
    from mandata.agreements import library
    from mandata.agreements.rules import duties as rules

    for name in library.names():
        terms = library.load(name)
        reckoning, count = terms.reckoning, len(rules.duties(terms))
        title = terms.titles.get(language) or next(iter(terms.titles.values()))
        values = {
            "agreement": name,
            "version": terms.version,
            "title": title,
            "regime": reckoning.regime.value,
            "calendar": reckoning.calendar,
            "zone": reckoning.zone,
            "duties": count,
        }
        counted = f"{reckoning.regime}, {reckoning.calendar}, {reckoning.zone}"
        emit(as_json, values, f"{name:<12} {terms.version:<12} {count:>3} duties  {counted:<40} {title}")
