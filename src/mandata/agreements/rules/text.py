"""The agreement's text, rendered from its terms: a document of chapters and paragraphs, and its exact bytes.

What is accepted is ``dump(document)``: the document as canonical JSON, kept as it is and named by its SHA-256. Plain
text,
HTML and PDF are views of it.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from html import escape
from typing import Final

from mandata.agreements.rules.annexes import NONE as NO_ANNEXES
from mandata.agreements.rules.annexes import Annexes, MeasureLine, SubProcessorLine
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.measures import WORDS
from mandata.agreements.rules.spec import CHAPTERS, Spec
from mandata.agreements.rules.terms import Clause, Terms
from mandata.agreements.rules.values import Choice, Listing, Money, Names, Period, Scopes, Share, Value
from mandata.agreements.rules.vocabulary import SHARED
from mandata.agreements.rules.words import Words, fill
from mandata.agreements.rules.words import mark as _
from mandata.foundation import canonical
from mandata.foundation.periods import spoken as spoken


@dataclass(frozen=True, slots=True)
class Party:
    """Who a party is: name, postal address, identification number and e-mail address; all but the name may be empty."""

    name: str
    address: str = ""
    identification: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Parties:
    """The two sides of an agreement."""

    processor: Party
    controller: Party


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One clause in words. ``items`` are the lines of its list; ``source`` and ``mark`` say where it comes from."""

    number: str
    key: str
    title: str
    text: str
    items: tuple[str, ...]
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A numbered part of the text; annexes carry no number."""

    number: str
    title: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole text in one language."""

    language: str
    title: str
    subtitle: str
    chapters: tuple[Chapter, ...]


def render(terms: Terms, parties: Parties, language: str, words: Words, annexes: Annexes = NO_ANNEXES) -> Document:
    """The text of an agreement between these parties, in one of its languages, which ``words`` must speak.

    ``annexes`` are the live registers behind Annex III and IV. Deterministic: same input, same bytes. Raises KeyError
    for a language in which the agreement is not offered.
    """
    subtitle = fill(
        words.gettext(_("Agreement {name}, version {version}")), {"name": terms.name, "version": terms.version}
    )
    return Document(
        language, terms.titles[language], subtitle, tuple(_chapters(terms, parties, annexes, language, words))
    )


def _chapters(terms: Terms, parties: Parties, annexes: Annexes, language: str, words: Words) -> Iterator[Chapter]:
    number = 0
    for code, title in CHAPTERS.items():
        clauses = [clause for clause in terms.clauses.values() if CATALOGUE[clause.key].chapter == code]
        if code == "annex1":
            yield Chapter("", words.gettext(title), tuple(_parties(parties, words)))
            continue
        registered = tuple(_registered(code, annexes, language, words))
        if clauses or registered:
            number += not code.startswith("annex")
            label = "" if code.startswith("annex") else str(number)
            paragraphs = (
                paragraph(clause, f"{label}.{place}".lstrip("."), language, words)
                for place, clause in enumerate(clauses, 1)
            )
            yield Chapter(label, words.gettext(title), (*paragraphs, *registered))


def _registered(code: str, annexes: Annexes, language: str, words: Words) -> Iterator[Paragraph]:
    """What the live registers add to an annex: how measures are carried out, who the sub-processors are."""
    if code == "annex3" and annexes.measures:
        items = tuple(_measure(line, language, words) for line in annexes.measures)
        sentence = words.gettext(_("The processor's register of measures states how they are carried out:"))
        yield Paragraph("", "register.measures", words.gettext(_("Register of measures")), sentence, items, "", "ours")
    if code == "annex4" and annexes.subprocessors:
        lines = tuple(_subprocessor(line, words) for line in annexes.subprocessors)
        sentence = words.gettext(_("The processor's register names these sub-processors, of every tier:"))
        title = words.gettext(_("Register of sub-processors"))
        yield Paragraph("", "register.subprocessors", title, sentence, lines, "", "ours")


_RESULTS: Final[Mapping[str, str]] = {
    "held": _("held"),
    "failed": _("did not hold, is being mended"),
    "overdue": _("the next check is due"),
}


def _measure(line: MeasureLine, language: str, words: Words) -> str:
    """How a measure is carried out, by which post, when it was looked at and what was found."""
    what = line.description or words.gettext(WORDS.get(line.code, line.code))
    day = spoken_date(line.checked_on, language)
    found = words.gettext(_RESULTS[line.result]) if line.result in _RESULTS else ""
    if not line.owner:
        return fill(words.gettext(_("{what} (checked automatically on {day}: {found})")), _holes(what, day, found))
    sentence = (
        _("{what} ({owner}; last checked {day}: {found})") if found else _("{what} ({owner}; last checked {day})")
    )
    return fill(words.gettext(sentence), {**_holes(what, day, found), "owner": line.owner})


def _holes(what: str, day: str, found: str) -> dict[str, str]:
    """The holes of a line of the register of measures."""
    return {"what": what, "day": day, "found": found}


def _subprocessor(line: SubProcessorLine, words: Words) -> str:
    parts = [line.name, line.address, line.contact, line.role, line.country, line.mechanism]
    if line.tier > 1:
        parts.append(fill(words.gettext(_("tier {n}")), {"n": str(line.tier)}))
    return "; ".join(part for part in parts if part)


def headings(terms: Terms, words: Words) -> Mapping[str, str]:
    """Each clause's number and title as the text shows them ("4.2 The sender"), by key: how people find it there."""
    found: dict[str, str] = {}
    number = 0
    for code in CHAPTERS:
        keys = [key for key in terms.clauses if CATALOGUE[key].chapter == code]
        annex = code.startswith("annex")
        number += bool(keys) and not annex
        for place, key in enumerate(keys, 1):
            found[key] = f"{place if annex else f'{number}.{place}'} {words.gettext(CATALOGUE[key].title)}"
    return found


def paragraph(clause: Clause, number: str, language: str, words: Words) -> Paragraph:
    """One clause in words: its sentence with the values filled in, and its list."""
    spec = CATALOGUE[clause.key]
    sentence = fill(words.gettext(_sentence(spec, clause.value)), _filled(clause.value, language, words))
    text = re.sub(" {2,}", " ", sentence)  # a word such as "usually" may be left out
    return Paragraph(
        number=number,
        key=clause.key,
        title=words.gettext(spec.title),
        text=text[:1].upper() + text[1:],
        items=_items(spec, clause.value, words),
        source=clause.source,
        mark=clause.mark.value,
    )


def _sentence(spec: Spec, value: Value) -> str:
    """The message id to use: the open one where the value states nothing; of a choice, the words of the rule."""
    if isinstance(value, Choice):
        return spec.vocabulary[value.value or value.target or ""]
    return spec.open_words if getattr(value, "period", "stated") is None else spec.words


def _filled(value: Value, language: str, words: Words) -> Mapping[str, str]:
    filled: dict[str, str] = {}
    for field in fields(value):
        content = getattr(value, field.name)
        if said := measure(content, language, words):
            filled[field.name] = said
        elif isinstance(content, bool):
            filled[field.name] = words.gettext(_FLAGS[field.name]) if content and field.name in _FLAGS else ""
        elif field.name == "channels":
            joint = _(" and ") if getattr(value, "all_channels", False) else _(" or ")
            filled[field.name] = words.gettext(joint).join(words.gettext(SHARED["channel"][code]) for code in content)
        elif isinstance(content, str) and field.name in VOCABULARIES:
            filled[field.name] = words.gettext(SHARED[VOCABULARIES[field.name]][content])
        elif isinstance(content, str) and field.name == "clock":
            filled[field.name] = content
        elif field.name == "form":
            filled[field.name] = ""
    if "who" in filled:
        filled["Who"] = filled["who"][:1].upper() + filled["who"][1:]  # where a later sentence begins with it
    return filled


_FLAGS: Mapping[str, str] = {"usually": _("usually"), "calendar": _(", counted in whole calendar years")}
VOCABULARIES: Mapping[str, str] = {
    "who": "party",
    "start": "event",
    "effect": "effect",
    "base": "base",
    "over": "counted",
    "index": "index",
    "rises": "rise",
    "weekday": "weekday",
    "before": "measured",
    "by": "doer",
    "form": "channel",
}
"""The shared vocabulary from which a value's field takes its code."""


def listed(clause: Clause, words: Words) -> tuple[str, ...]:
    """The lines of a clause's list in words; nothing where it is none."""
    return _items(CATALOGUE[clause.key], clause.value, words)


def _items(spec: Spec, value: Value, words: Words) -> tuple[str, ...]:
    if isinstance(value, Listing):
        return tuple(words.gettext(spec.vocabulary[code]) for code in value.items)
    if isinstance(value, Scopes):
        return tuple(_scoped(words.gettext(spec.vocabulary[code]), found, words) for code, found in value.scope)
    return value.names if isinstance(value, Names) else ()


def _scoped(name: str, categories: tuple[str, ...], words: Words) -> str:
    if not categories:
        return fill(words.gettext(_("{name} (categories of data not stated yet)")), {"name": name})
    listed = ", ".join(words.gettext(SHARED["category"][code]) for code in categories)
    return f"{name}: {listed}"


def _parties(parties: Parties, words: Words) -> Iterator[Paragraph]:
    sides = (("processor", _("Processor"), parties.processor), ("controller", _("Controller"), parties.controller))
    for key, title, party in sides:
        known = [part for part in (party.address, party.identification, party.email) if part]
        name = party.name or words.gettext(_("not yet named"))
        yield Paragraph("", f"party.{key}", words.gettext(title), ", ".join([name, *known]), (), "", "seed")


def measure(content: object, language: str, words: Words) -> str:
    """A period, share, sum, date or number in words; empty for what is no measure."""
    match content:
        case Period():
            return spoken(content, words)
        case Share():
            return spoken_share(content, language)
        case Money():
            return spoken_money(content, language)
        case bool():
            return ""
        case date():
            return spoken_date(content, language)
        case int():
            return str(content)
    return ""


def spoken_share(share: Share, language: str) -> str:
    """ "0.05 %" with the language's decimal sign and a no-break space."""
    text = str(share).replace(" ", "\N{NO-BREAK SPACE}")
    return text.replace(".", ",") if language == "cs" else text


def spoken_money(money: Money, language: str) -> str:
    """ "CZK 1,500" in English, "1 500 Kč" in Czech; no-break spaces, and decimals only where there are any."""
    amount = f"{money.amount:,.2f}".removesuffix(".00")
    if language == "cs":
        spaced = amount.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
        return f"{spaced}\N{NO-BREAK SPACE}{'Kč' if money.currency == 'CZK' else money.currency}"
    return f"{money.currency}\N{NO-BREAK SPACE}{amount}"


def spoken_date(day: date, language: str) -> str:
    """7 September 2023 as "7. 9. 2023" in Czech, as "2023-09-07" otherwise: unmistakable everywhere."""
    return f"{day.day}. {day.month}. {day.year}" if language == "cs" else day.isoformat()


def plain(document: Document) -> str:
    """The document for reading without a browser: LF, one block per paragraph, ending with a line end."""
    blocks = [document.title, document.subtitle]
    for chapter in document.chapters:
        blocks.append(f"{chapter.number}. {chapter.title}" if chapter.number else chapter.title)
        for item in chapter.paragraphs:
            head = " ".join(part for part in (item.number, item.title) if part)
            lines = [head, item.text, *(f"- {line}" for line in item.items)]
            blocks.append("\n".join(" ".join(line.split("\n")) for line in lines if line))
    return "\n\n".join(blocks) + "\n"


def dump(document: Document) -> bytes:
    """The exact text as canonical JSON: what is kept, and what the digest is of."""
    return canonical.dumps(asdict(document))


def load(data: bytes) -> Document:
    """A document from its exact bytes; ``dump(load(data)) == data``."""
    plain_data = canonical.loads(data)
    chapters = tuple(
        Chapter(
            chapter["number"],
            chapter["title"],
            tuple(Paragraph(**{**item, "items": tuple(item["items"])}) for item in chapter["paragraphs"]),
        )
        for chapter in plain_data["chapters"]
    )
    return Document(plain_data["language"], plain_data["title"], plain_data["subtitle"], chapters)


def digest(document: Document) -> bytes:
    """SHA-256 (32 bytes) of the exact text."""
    return hashlib.sha256(dump(document)).digest()


def html(document: Document) -> str:
    """The text as a fragment of a page. Everything is escaped; ids are ``clause-`` and the key with dots as hyphens."""
    parts = [f'<article class="agreement" lang="{escape(document.language)}">', f"<h1>{escape(document.title)}</h1>"]
    parts.append(f'<p class="agreement-version">{escape(document.subtitle)}</p>')
    for chapter in document.chapters:
        label = f"{chapter.number}. {chapter.title}" if chapter.number else chapter.title
        parts.append(f"<section><h2>{escape(label)}</h2>")
        parts.extend(_html_paragraph(item) for item in chapter.paragraphs)
        parts.append("</section>")
    return "\n".join([*parts, "</article>"])


def _html_paragraph(item: Paragraph) -> str:
    head = " ".join(part for part in (item.number, item.title) if part)
    source = f' data-source="{escape(item.source)}" data-mark="{escape(item.mark)}"' if item.source else ""
    listed = "".join(f"<li>{escape(line)}</li>" for line in item.items)
    return (
        f'<div class="clause" id="clause-{escape(item.key.replace(".", "-"))}"{source}><h3>{escape(head)}</h3>'
        f"<p>{escape(item.text)}</p>{f'<ul>{listed}</ul>' if listed else ''}</div>"
    )
