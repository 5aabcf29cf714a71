"""An agreement in a form: what was filled in becomes the file that the reader of agreements judges."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from mandata.agreements import library
from mandata.agreements.rules import form
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.lines import lines_of
from mandata.agreements.rules.spec import CHAPTERS
from mandata.agreements.rules.terms import BadTerms, Terms
from mandata.agreements.rules.words import Words
from mandata.agreements.rules.write import toml

HEAD = ("name", "version", "regime", "calendar", "zone")
MARKS = ("seed", "unclear", "open", "ours")
FILE = "agreement.toml"


@dataclass
class Draft:
    """An agreement being written: its tables as a file would hold them, and what is wrong with them, if anything."""

    document: dict[str, Any]
    problem: str = ""
    remedy: str = ""
    where: str = ""
    open: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        """The draft as TOML."""
        return toml(self.document)

    def terms(self) -> Terms | None:
        """The terms that the draft makes, or None, and then what is wrong and in which clause."""
        text = self.text
        try:
            return library.checked(text, FILE)
        except BadTerms as bad:
            self.problem, self.remedy = bad.problem, bad.remedy
            self.where = _clause_at(text, bad.line)
            self.open.add(self.where)
            return None

    def add(self, key: str) -> None:
        """Add an empty clause, to be filled in; one that nobody executes changes nothing."""
        if key in CATALOGUE:
            area, _dot, name = key.partition(".")
            self.document.setdefault(area, {}).setdefault(name, {"source": ""})
            self.open.add(key)

    def missing(self) -> list[str]:
        """The clauses that could be added, in the order of the text."""
        return [key for key in CATALOGUE if key not in dict(self._clauses())]

    def _clauses(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for area, tables in self.document.items():
            if area != "terms":
                for name, table in tables.items():
                    yield f"{area}.{name}", table

    def head(self) -> dict[str, Any]:
        """What the form shows of the head."""
        terms = self.document["terms"]
        titles = terms.get("title", {})
        return {name: terms.get(name, "") for name in HEAD} | {
            "title_en": titles.get("en", ""),
            "title_cs": titles.get("cs", ""),
        }

    def chapters(self, said: Words) -> list[dict[str, Any]]:
        """What the form shows of the clauses, chapter by chapter, in the order of the text."""
        tables = dict(self._clauses())
        found: list[dict[str, Any]] = []
        for code, title in CHAPTERS.items():
            keys = [key for key, spec in CATALOGUE.items() if spec.chapter == code and key in tables]
            if keys:
                clauses = [self._clause(key, tables[key], said) for key in keys]
                found.append({"code": code, "title": said.gettext(title), "clauses": clauses})
        return found

    def _clause(self, key: str, table: Mapping[str, Any], said: Words) -> dict[str, Any]:
        filled = form.filled(table)
        return {
            "key": key,
            "title": said.gettext(CATALOGUE[key].title),
            "required": CATALOGUE[key].required,
            "open": key in self.open,
            "wrong": key == self.where,
            "fields": [_shown(key, one, filled, said) for one in form.fields_of(key)],
            "source": table.get("source", ""),
            "note": table.get("note", ""),
            "mark": table.get("mark", "seed"),
        }


def _shown(key: str, one: form.Field, filled: Mapping[str, list[str]], said: Words) -> dict[str, Any]:
    given = filled.get(one.name, [])
    # What is chosen stands first and in its order, because a browser posts boxes in the order of the page.
    order = [*(code for code in given if code in one.codes), *(code for code in one.codes if code not in given)]
    return {
        "name": f"{key}:{one.name}",
        "label": said.gettext(one.label),
        "kind": one.kind.value,
        "required": one.required,
        "hint": one.hint,
        "value": "\n".join(given) if one.kind is form.Kind.NAMES else given[0] if given else "",
        "codes": [(code, said.gettext(one.codes[code]), code in given) for code in order],
    }


def _clause_at(text: str, line: int) -> str:
    headers = [(number, ".".join(path)) for path, number in lines_of(text).items() if len(path) == 2]
    before = [(number, name) for number, name in headers if number <= line and name in CATALOGUE]
    return max(before)[1] if before else ""


def copied(source: str) -> Draft:
    """A draft that begins as a copy of an agreement, with a version of its own to be named."""
    document = tomllib.loads(source)
    document["terms"]["version"] = ""
    return Draft(document)


def read(source: str) -> Draft:
    """A draft from the text of a file that was judged right."""
    return Draft(tomllib.loads(source))


def from_form(posted: QueryDict) -> Draft:
    """The draft that a form holds. Clauses whose box "kept" is not ticked are left out."""
    titles = {code: posted.get(f"terms:title_{code}", "").strip() for code in ("en", "cs")}
    titles = {code: title for code, title in titles.items() if title}
    head: dict[str, Any] = {"format": 1, **{name: posted.get(f"terms:{name}", "").strip() for name in HEAD}}
    document: dict[str, Any] = {"terms": head | {"title": titles, "languages": list(titles)}}
    given: dict[str, dict[str, list[str]]] = {}
    for part in posted:
        key, _colon, name = part.partition(":")
        given.setdefault(key, {})[name] = posted.getlist(part)
    for key in posted.getlist("kept"):
        if key in CATALOGUE:
            area, _dot, name = key.partition(".")
            document.setdefault(area, {})[name] = form.table(key, given.get(key, {}))
    return Draft(document)
