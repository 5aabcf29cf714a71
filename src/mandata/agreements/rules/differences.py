"""What differs between two versions of an agreement, clause by clause: "Breach notice: 48 hours, was 72 hours".

The difference is of terms, not of texts: a changed sentence of ours is none, a changed value always is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum

from mandata.agreements.rules import text
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.terms import Clause, Terms
from mandata.agreements.rules.words import Words, fill
from mandata.agreements.rules.words import mark as _


class Change(StrEnum):
    """How a clause differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One clause that differs: its title, what it says now and what it said before (empty where there was none)."""

    key: str
    change: Change
    title: str
    now: tuple[str, ...]
    was: tuple[str, ...]
    summary: str


def differences(old: Terms, new: Terms, language: str, words: Words) -> tuple[Difference, ...]:
    """Every clause that differs, in the order of the text, in words of ``language``.

    Where the same kind of value changed in one measure only (a period, a share, an amount), the summary states just
    that: "48 hours, was 72 hours". Sources and notes do not count: they bind nobody.
    """
    return tuple(_differences(old, new, language, words))


def _differences(old: Terms, new: Terms, language: str, words: Words) -> Iterator[Difference]:
    for key, spec in CATALOGUE.items():
        before, after = old.clauses.get(key), new.clauses.get(key)
        if _binding(before) == _binding(after):
            continue
        title = words.gettext(spec.title)
        was = _said(before, language, words)
        now = _said(after, language, words)
        change = Change.ADDED if before is None else Change.REMOVED if after is None else Change.CHANGED
        yield Difference(key, change, title, now, was, _summary(title, before, after, language, words))


def _binding(clause: Clause | None) -> tuple[object, object] | None:
    return None if clause is None else (clause.value, clause.mark)


def _said(clause: Clause | None, language: str, words: Words) -> tuple[str, ...]:
    if clause is None:
        return ()
    found = text.paragraph(clause, "", language, words)
    return (found.text, *found.items)


def _summary(title: str, before: Clause | None, after: Clause | None, language: str, words: Words) -> str:
    if before is None:
        return fill(words.gettext(_("{title}: new")), {"title": title})
    if after is None:
        return fill(words.gettext(_("{title}: no longer agreed")), {"title": title})
    measures = _measures(before, after, language, words)
    if measures is None:
        return fill(words.gettext(_("{title}: changed")), {"title": title})
    now, was = measures
    return fill(words.gettext(_("{title}: {now}, was {was}")), {"title": title, "now": now, "was": was})


def _measures(before: Clause, after: Clause, language: str, words: Words) -> tuple[str, str] | None:
    """The one measure that changed, told short; None where more changed than one, or something that has no measure."""
    if type(before.value) is not type(after.value):
        return None
    names = [
        field.name
        for field in fields(before.value)
        if getattr(before.value, field.name) != getattr(after.value, field.name)
    ]
    if len(names) != 1:
        return None
    was, now = (text.measure(getattr(clause.value, names[0]), language, words) for clause in (before, after))
    return (now, was) if now and was else None
