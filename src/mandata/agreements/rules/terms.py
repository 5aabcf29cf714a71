"""Terms: an agreement read from its TOML text, all of it or nothing.

The text is a ``[terms]`` head and one table per clause, ``[breach.notify]``, each with its ``source``. Anything that
the catalogue does
not know, a value of the wrong type and a combination that cannot be executed are refused with file, line and remedy.
"""

import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeVar

from mandata.agreements.rules import whole
from mandata.agreements.rules.build import Bad, build
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.lines import line_of, lines_of, nearest, toml
from mandata.agreements.rules.values import (
    After,
    Ahead,
    Choice,
    Listing,
    Names,
    Question,
    Reckoning,
    Regime,
    Value,
    Weekly,
    Window,
    Within,
)

FORMAT: Final = 1
CALENDARS: Final = frozenset({"CZ", "BE", "IE", "IT", "DE", "US", "US-CA"})
AMERICAN: Final = frozenset({"US", "US-CA"})
LANGUAGES: Final = ("en", "cs")
LARGEST: Final = 262_144
"""Characters of an agreement file, some ten times the longest that ships."""
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_DEEPEST: Final = 4
"""Names on the way to a value: area, clause, table, code."""
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_HALVES: Final = re.compile(r"[\ud800-\udfff]")
_ZONE: Final = re.compile(r"[A-Za-z]+(/[A-Za-z0-9_+-]+)+|UTC")

V = TypeVar("V", bound=Value)


class BadTerms(ValueError):
    """An agreement file that cannot be used. ``str()`` is file, line, what is wrong, and what to do."""

    def __init__(self, *, file: str, line: int, problem: str, remedy: str) -> None:
        self.file, self.line, self.problem, self.remedy = file, line, problem, remedy
        super().__init__(f"{file}:{line}: {problem} {remedy}")


class Mark(StrEnum):
    """Where a clause's value comes from: the seed; the seed, by one of its readings; the seed is silent or vague; we
    chose it and no seed asks.
    """

    SEED = "seed"
    UNCLEAR = "unclear"
    OPEN = "open"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Head:
    """The ``[terms]`` table.

    ``languages`` are those in which the text is offered; ``regime``, ``calendar`` and ``zone`` rule its periods. A text
    without a regime was accepted before there was a choice, and counts as the law of the Union does.
    """

    format: int
    name: str
    version: str
    languages: tuple[str, ...]
    calendar: str
    zone: str
    regime: Regime = Regime.EU_1182


@dataclass(frozen=True, slots=True)
class Clause:
    """One term: its key in the catalogue, where it comes from ("ECO-A 2.3"), its value, and a note on the reading
    taken.
    """

    key: str
    source: str
    mark: Mark
    note: str
    value: Value


@dataclass(frozen=True, slots=True)
class Terms:
    """The contents of one agreement.

    ``titles`` by language; ``digest`` is the SHA-256 (hex) of the exact TOML text it was read from.
    """

    head: Head
    titles: Mapping[str, str]
    clauses: Mapping[str, Clause]
    digest: str

    @property
    def name(self) -> str:
        return self.head.name

    @property
    def version(self) -> str:
        return self.head.version

    @property
    def reckoning(self) -> Reckoning:
        """How this agreement's periods are counted."""
        return Reckoning(self.head.regime, self.head.calendar, self.head.zone)

    def clause(self, key: str) -> Clause:
        """The clause, or KeyError with the agreement's name: callers ask only for what they know to be there."""
        try:
            return self.clauses[key]
        except KeyError:
            raise KeyError(f"the agreement {self.name} has no clause {key}") from None

    def find(self, key: str, kind: type[V]) -> V | None:
        """The clause's value, or None where the agreement has no such clause. TypeError where it is of another kind."""
        clause = self.clauses.get(key)
        if clause is None:
            return None
        if not isinstance(clause.value, kind):
            raise TypeError(f"{key} holds {type(clause.value).__name__}, not {kind.__name__}")
        return clause.value

    def items(self, key: str) -> tuple[str, ...]:
        """The codes of a listing, empty where the agreement has no such clause."""
        found = self.find(key, Listing)
        return () if found is None else found.items

    def chosen(self, key: str) -> str | None:
        """The rule in force of a choice: the stated one, else our target, else None."""
        found = self.find(key, Choice)
        return None if found is None else found.value or found.target

    def source(self, key: str) -> str:
        """The seed and section of a clause, empty where the agreement has no such clause."""
        clause = self.clauses.get(key)
        return "" if clause is None else clause.source

    def questions(self) -> Iterator[tuple[str, Question]]:
        """The questions to put before acceptance, by their short name ("age"), in the order of the text."""
        for key, clause in self.clauses.items():
            if isinstance(clause.value, Question):
                yield key.removeprefix("question."), clause.value


def parse(text: str, file: str) -> Terms:
    """Reads an agreement. Raises BadTerms with file, line, problem and remedy; never returns a part of one."""
    _fit(text, file)
    lines = lines_of(text)
    try:
        document = toml(text)
    except RecursionError:
        problem, remedy = "This is nested too deeply to be an agreement.", "Mend the file; nothing was loaded."
        raise BadTerms(file=file, line=_deepest(text), problem=problem, remedy=remedy) from None
    except ValueError as error:
        problem, remedy = f"This is not TOML: {str(error)[:200]}.", "Mend the line; nothing was loaded."
        raise BadTerms(file=file, line=line_of(error, text), problem=problem, remedy=remedy) from None
    try:
        _speakable(document)
        head, titles = _head(document.pop("terms", None))
        clauses = dict(_clauses(document))
        whole.check({key: clause.value for key, clause in clauses.items()})
    except Bad as bad:
        raise BadTerms(file=file, line=nearest(bad.path, lines), problem=bad.problem, remedy=bad.remedy) from None
    ordered = {key: clauses[key] for key in CATALOGUE if key in clauses}
    return Terms(
        head=head,
        titles=MappingProxyType(titles),
        clauses=MappingProxyType(ordered),
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def decoded(data: bytes, file: str) -> str:
    """The text of a file's bytes. Raises BadTerms for what is no UTF-8 text, or begins with a byte order mark."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problem, remedy = "This is not UTF-8 text.", "Save the file as UTF-8; nothing was loaded."
        raise BadTerms(file=file, line=line, problem=problem, remedy=remedy) from None
    _fit(text, file)
    return text


def _fit(text: str, file: str) -> None:
    """Refuses what is not worth reading: too large, or not begun with text."""
    if len(text) > LARGEST:
        problem = f"The file has {len(text)} characters; an agreement has at most {LARGEST}."
        raise BadTerms(file=file, line=1, problem=problem, remedy="Is it an agreement? Leave out what is none.")
    if _HALVES.search(text):
        raise BadTerms(file=file, line=1, problem="The file holds half a character.", remedy="Save it as UTF-8 anew.")
    if text.startswith("\ufeff"):
        problem, remedy = "The file begins with a byte order mark.", 'Save it as UTF-8 without one ("without BOM").'
        raise BadTerms(file=file, line=1, problem=problem, remedy=remedy)


def _speakable(document: Mapping[str, object]) -> None:
    """Refuses characters that are no text, since they could hide words on a page; and tables within tables."""
    waiting: list[tuple[tuple[str, ...], object]] = [((), document)]
    while waiting:
        path, content = waiting.pop()
        if len(path) > _DEEPEST:
            raise Bad(path[:_DEEPEST], "This is nested too deeply to be an agreement.", "Mend it; nothing was loaded.")
        if isinstance(content, dict):
            waiting.extend(((*path, key), part) for key, part in content.items())
            waiting.extend((path, key) for key in content)
        elif isinstance(content, list):
            waiting.extend((path, part) for part in content)
        elif isinstance(content, str) and _CONTROL.search(content):
            raise Bad(path, f"{path[-1]} holds a control character.", "Leave it out.")


def _deepest(text: str) -> int:
    """The line with the most opening brackets: where the nesting is."""
    rows = text.split("\n")
    return 1 + max(range(len(rows)), key=lambda row: rows[row].count("[") + rows[row].count("{"))


def _head(table: object) -> tuple[Head, dict[str, str]]:
    if not isinstance(table, dict):
        raise Bad(
            ("terms",),
            "There is no [terms] table.",
            "Begin the file with [terms] and its format, name, title and version.",
        )
    titles = table.pop("title", None)
    head = build(Head, table, ("terms",), own={})
    for name, right, remedy in (
        ("format", head.format == FORMAT, f"This version of Mandata reads format = {FORMAT}."),
        ("calendar", head.calendar in CALENDARS, f"Take one of {', '.join(sorted(CALENDARS))}."),
        (
            "zone",
            _ZONE.fullmatch(head.zone) is not None,
            "Take a name of the IANA time zone database, for example Europe/Prague.",
        ),
        ("languages", set(head.languages) <= set(LANGUAGES), f"The text exists in {', '.join(LANGUAGES)}."),
        (
            "name",
            len(head.name) <= 40 and _NAME.fullmatch(head.name) is not None,
            "Take small letters (a to z), digits and hyphens, at most 40.",
        ),
        (
            "regime",
            head.regime is Regime.PLAIN or (head.regime is Regime.CA_GOV_6800) == (head.calendar in AMERICAN),
            f"Its rules do not belong to the calendar {head.calendar}: take eu_1182 in the Union, ca_gov_6800 in "
            "California, plain anywhere.",
        ),
        (
            "version",
            bool(head.version.strip()) and len(head.version) <= 40 and not _CONTROL.search(head.version),
            "Give each version of the terms a name of at most 40 characters, for example its date.",
        ),
    ):
        if not right:
            raise Bad(("terms", name), f"{name} = {_written(getattr(head, name))} cannot be used.", remedy)
    if (
        not isinstance(titles, dict)
        or set(titles) != set(head.languages)
        or not all(isinstance(title, str) and title for title in titles.values())
    ):
        example = ", ".join(f'{language} = "..."' for language in head.languages)
        raise Bad(
            ("terms", "title"),
            "title does not name the agreement in each of its languages.",
            f"Write title = {{ {example} }}.",
        )
    return head, titles


def _written(value: object) -> str:
    return repr(str(value)) if isinstance(value, str) else repr(value)


def _clauses(document: Mapping[str, Any]) -> Iterator[tuple[str, Clause]]:
    for area, tables in document.items():
        if not isinstance(tables, dict):
            raise Bad(
                (area,),
                f"{area} stands outside any clause.",
                "Put it into [terms] or under a clause such as [breach.notify].",
            )
        for name, table in tables.items():
            key = f"{area}.{name}"
            if key not in CATALOGUE or not isinstance(table, dict):
                near = difflib.get_close_matches(key, CATALOGUE, n=1)
                hint = (
                    f"Did you mean [{near[0]}]?"
                    if near
                    else "Take a clause of the catalogue; docs/agreements.md lists them."
                )
                raise Bad((area, name), f"Nothing in the software executes a clause {key}.", hint)
            yield key, _clause(key, dict(table))


def _clause(key: str, table: dict[str, Any]) -> Clause:
    area, _, name = key.partition(".")
    path = (area, name)
    source, note, mark = (
        table.pop(field, default) for field, default in (("source", None), ("note", ""), ("mark", "seed"))
    )
    if not isinstance(source, str) or not source.strip():
        raise Bad(
            (*path, "source"), f"{key} has no source.", 'State where it comes from, for example source = "ECO-A 2.3".'
        )
    if not isinstance(note, str):
        raise Bad((*path, "note"), f"The note of {key} is not a text.", "Write it between double quotes.")
    if mark not in list(Mark):
        raise Bad(
            (*path, "mark"),
            f"{key} is marked {mark!r}.",
            'Leave mark out (the source states it), or write "open", "unclear" or "ours".',
        )
    if mark == Mark.UNCLEAR and not note.strip():
        raise Bad(
            (*path, "mark"),
            f"{key} is unclear, and no note says how else it can be read.",
            "Keep the other reading in a note, or leave mark out.",
        )
    spec = CATALOGUE[key]
    value = build(spec.kind, table, path, own=spec.vocabulary)
    _possible(key, path, Mark(mark), value)
    return Clause(key=key, source=source.strip(), mark=Mark(mark), note=note, value=value)


def _possible(key: str, path: tuple[str, ...], mark: Mark, value: Value) -> None:
    """Combinations that types alone do not rule out."""
    if isinstance(value, (Within, Window, Ahead)):
        _stated_or_open(key, path, mark, "period", value.period is not None, value.target is not None)
        if value.period is None and not CATALOGUE[key].open_words:
            raise Bad(path, f"{key} cannot be left open.", 'State its period, for example period = "15 days".')
    elif isinstance(value, Choice):
        _stated_or_open(key, path, mark, "value", value.value is not None, value.target is not None)
        if value.value is None and (value.target is None or not CATALOGUE[key].open_words):
            raise Bad(
                path,
                f"{key} cannot be left open without a rule.",
                "State its value, or a target of ours where the catalogue allows one.",
            )
    elif isinstance(value, Question) and value.refuse is not None and value.refuse == value.advise:
        raise Bad(
            (*path, "advise"),
            f"{key} both refuses and advises who answers {value.advise}.",
            "Keep one of refuse and advise.",
        )
    elif isinstance(value, Question) and "{minimum}" in CATALOGUE[key].words and value.minimum is None:
        raise Bad(path, f"{key} names no minimum.", "State it, for example minimum = 16.")
    elif isinstance(value, Weekly) and not _CLOCK.fullmatch(value.clock):
        raise Bad((*path, "clock"), f"clock = {value.clock!r} is no time of day.", 'Write it as "08:30" or "20:00".')
    elif mark is Mark.OPEN and isinstance(value, (Listing, Names, After)):
        raise Bad(
            (*path, "mark"), f"{key} states its value, so it is not open.", 'Leave mark out, or write mark = "ours".'
        )


def _stated_or_open(key: str, path: tuple[str, ...], mark: Mark, name: str, stated: bool, target: bool) -> None:
    if stated and mark is Mark.OPEN:
        raise Bad(
            (*path, "mark"),
            f"{key} is open, yet it states a {name}.",
            'Call it target where it is ours, or leave mark = "open" out.',
        )
    if stated and target:
        raise Bad(
            (*path, "target"),
            f"{key} states a {name} and a target.",
            "A target belongs to an open clause only; keep one.",
        )
    if not stated and mark is not Mark.OPEN:
        raise Bad(path, f"{key} states no {name}.", f'State its {name}, or write mark = "open" and a target.')
