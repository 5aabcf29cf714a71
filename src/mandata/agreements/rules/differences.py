"""What differs between two versions of an agreement, clause by clause: "Breach notice: 48 hours, was 72 hours".

The difference is of terms, not of texts: a changed sentence of ours is none, a changed value always is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum

from mandata.agreements.rules import text
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.terms import Clause, Terms
from mandata.agreements.rules.values import Listing, Names, Period, Regime, Value
from mandata.agreements.rules.vocabulary import SHARED
from mandata.agreements.rules.words import Words, fill
from mandata.agreements.rules.words import mark as _
from mandata.foundation.periods import telling

_REGIMES = {
    Regime.EU_1182: telling.EU_1182,
    Regime.PLAIN: telling.PLAIN_WORKING,
    Regime.CA_GOV_6800: telling.CA_WORKING,
}

_UNSAID = {"period": _("no figure"), "form": _("in any form")}


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

    The summary states what changed, part by part: a measure, a party or an event as "48 hours, was 72 hours", of a list
    what came and what went. A figure of ours where the terms state none is called so. Sources, notes and marks do not
    count: they bind nobody. First stands how time is counted, where that differs, for it moves every deadline.
    """
    return tuple(_differences(old, new, language, words))


def _differences(old: Terms, new: Terms, language: str, words: Words) -> Iterator[Difference]:
    if old.reckoning != new.reckoning:
        yield _counting(old, new, words)
    for key, spec in CATALOGUE.items():
        before, after = old.clauses.get(key), new.clauses.get(key)
        if _binding(before) == _binding(after):
            continue
        title = words.gettext(spec.title)
        was = _said(before, language, words)
        now = _said(after, language, words)
        change = Change.ADDED if before is None else Change.REMOVED if after is None else Change.CHANGED
        yield Difference(key, change, title, now, was, _summary(title, before, after, language, words))


def _counting(old: Terms, new: Terms, words: Words) -> Difference:
    title = words.gettext(_("How time is counted"))
    now, was = (
        fill(words.gettext(_REGIMES[terms.head.regime]), {"calendar": terms.head.calendar, "zone": terms.head.zone})
        for terms in (new, old)
    )
    return Difference("terms.regime", Change.CHANGED, title, (now,), (was,), _told(title, [], words))


def _binding(clause: Clause | None) -> Value | None:
    return None if clause is None else clause.value


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
    if type(before.value) is not type(after.value):
        return _told(title, [], words)
    return _told(title, [*_parts(before, after, language, words)], words)


def _told(title: str, parts: list[str], words: Words) -> str:
    if not parts:
        return fill(words.gettext(_("{title}: changed")), {"title": title})
    return f"{title}: {'; '.join(parts)}"


def _was(now: str, was: str, words: Words) -> str:
    return fill(words.gettext(_("{now}, was {was}")), {"now": now, "was": was})


def _parts(before: Clause, after: Clause, language: str, words: Words) -> Iterator[str]:
    """What changed in a value of the same kind, each part told short; nothing of what has no short words."""
    if isinstance(before.value, Listing | Names):
        yield from _listed(before, after, words)
        return
    names = [field.name for field in fields(before.value)]
    for name in sorted(names, key=lambda name: name not in ("period", "target")):  # the figure first
        was, now = getattr(before.value, name), getattr(after.value, name)
        if was == now:
            continue
        if name == "target":
            yield from _ours(was, now, before, after, language, words)
        elif name in ("period", "form") and (was is None or now is None):
            unsaid = words.gettext(_UNSAID[name])
            one, other = (_short(name, content, language, words) or unsaid for content in (now, was))
            yield _was(one, other, words)
        elif isinstance(now, Period) and isinstance(was, Period):
            filling = {"period": text.measure(now, language, words), "earlier": text.measure(was, language, words)}
            yield fill(words.gettext(_("{period}, was {earlier}")), filling)
        elif (one := _short(name, now, language, words)) and (other := _short(name, was, language, words)):
            yield _was(one, other, words)


def _ours(was: object, now: object, before: Clause, after: Clause, language: str, words: Words) -> Iterator[str]:
    """A working target of ours that changed where neither side states a figure."""
    silent = all(getattr(clause.value, "period", "stated") is None for clause in (before, after))
    one, other = text.measure(now, language, words), text.measure(was, language, words)
    if silent and one and other:
        yield fill(words.gettext(_("our own target {now}, was {was}")), {"now": one, "was": other})


def _short(name: str, content: object, language: str, words: Words) -> str:
    """A measure, a party, an event, the ways of a notice and the like in words; empty for what has none."""
    vocabulary = SHARED.get(text.VOCABULARIES.get(name, ""), {})
    if isinstance(content, str) and content in vocabulary:
        return words.gettext(vocabulary[content])
    if name == "channels" and isinstance(content, tuple):
        return words.gettext(_(" or ")).join(words.gettext(SHARED["channel"][code]) for code in content)
    return text.measure(content, language, words)


def _listed(before: Clause, after: Clause, words: Words) -> Iterator[str]:
    """What came to a list and what left it; nothing where only the order changed."""
    was, now = (text.listed(clause, words) for clause in (before, after))
    come, gone = [one for one in now if one not in was], [one for one in was if one not in now]
    if come:
        yield fill(words.gettext(_("now also: {items}")), {"items": " · ".join(come)})
    if gone:
        yield fill(words.gettext(_("no longer: {items}")), {"items": " · ".join(gone)})
