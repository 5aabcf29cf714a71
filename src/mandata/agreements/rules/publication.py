"""The copy of an agreement for a public register: machine-readable, with what the law protects withheld (AGR-10).

A withheld paragraph keeps its number and title and says why; nobody can mistake it for one that was never there.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from mandata.agreements.rules.text import Chapter, Document, Paragraph
from mandata.agreements.rules.words import Words, fill
from mandata.agreements.rules.words import mark as _

GROUNDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "trade_secret": _("trade secret"),
        "personal": _("personal data"),
        "security": _("security of the processing"),
        "prices": _("prices and how they are made up"),
    }
)
"""Why a paragraph may be withheld, by code."""


def redacted(document: Document, withheld: Mapping[str, str], words: Words) -> Document:
    """The document with the paragraphs of these clauses withheld: clause key (``party.controller`` too) to ground.

    Raises KeyError for a ground that is none, ValueError for a clause that the document does not hold.
    """
    known = {item.key for chapter in document.chapters for item in chapter.paragraphs}
    if missing := sorted(set(withheld) - known):
        raise ValueError(f"the agreement has no {', '.join(missing)}")
    subtitle = document.subtitle
    if withheld:
        subtitle = fill(words.gettext(_("{subtitle}; copy for publication")), {"subtitle": subtitle})
    chapters = tuple(_chapter(chapter, withheld, words) for chapter in document.chapters)
    return replace(document, subtitle=subtitle, chapters=chapters)


def _chapter(chapter: Chapter, withheld: Mapping[str, str], words: Words) -> Chapter:
    items = tuple(
        _withheld(item, withheld[item.key], words) if item.key in withheld else item for item in chapter.paragraphs
    )
    return replace(chapter, paragraphs=items)


def _withheld(item: Paragraph, ground: str, words: Words) -> Paragraph:
    said = fill(words.gettext(_("Withheld: {ground}.")), {"ground": words.gettext(GROUNDS[ground])})
    return replace(item, text=said, items=())
