"""Packs for the controller's own assessments, filled from the running system (AST-1, CCP-2).

For an impact assessment (Article 35(7) GDPR), a prior consultation (Article 36(3)) and a risk assessment under the law
of California (Cal. Code Regs. tit. 11 § 7152). What the system knows stands in it; what only the controller can judge
is named as a question, never answered for it. In the scope.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements import pdf
from mandata.agreements import selectors as agreements
from mandata.agreements.rules import text
from mandata.agreements.rules.text import Chapter, Document, Paragraph
from mandata.agreements.rules.words import mark
from mandata.agreements.selectors import obligations
from mandata.assistance import selectors
from mandata.assistance.errors import BadWords
from mandata.foundation.actors import Actor
from mandata.holdings import processing
from mandata.record.services import append

KINDS: Final = {
    "dpia": mark("Impact assessment"),
    "consultation": mark("Prior consultation of the authority"),
    "ccpa": mark("Risk assessment under the law of California"),
}
LAWS: Final = {"dpia": "Art. 35(7) GDPR", "consultation": "Art. 36(3) GDPR", "ccpa": "Cal. Code Regs. tit. 11 § 7152"}
CLAUSE: Final = "assistance.matters"
_DUTIES: Final = ("rights.", "breach.", "people.", "subprocessor.", "end.", "consumer.", "compliance.", "security.")
_ASKED: Final = {
    "dpia": (
        mark("Why the processing is necessary for its purposes, and proportionate (Art. 35(7)(b))"),
        mark("Which risks there are for the people concerned, how likely and how severe (Art. 35(7)(c))"),
        mark("Which further measures the controller takes itself (Art. 35(7)(d))"),
        mark("What the people concerned or their representatives say of it (Art. 35(9))"),
    ),
    "consultation": (
        mark("What the impact assessment came to, and which high risk remains (Art. 36(1))"),
        mark("Which part the controller, joint controllers and processors have in it (Art. 36(3)(a))"),
        mark("For what and how the processing is to be done (Art. 36(3)(b))"),
    ),
    "ccpa": (
        mark("For what the information is processed, not in generic terms"),
        mark("What consumers, the business and others gain from it"),
        mark("Which negative effects on consumers' privacy there are, and what causes them"),
        mark("Who contributed to the assessment, and who approved it"),
    ),
}


def document(*, kind: str, language: str, at: datetime) -> Document:
    """Return a pack in a language ("en", "cs"), as the system is now. Raises BadWords for an unknown kind."""
    if kind not in KINDS:
        raise BadWords(_("There is no such pack."), clause=CLAUSE, remedy=_("Choose one of the list."))
    register = processing.document(language=language, at=at).chapters
    with translation.override(language):
        made = [
            *((one.title, one.paragraphs) for one in register),
            (_("What the agreement demands"), tuple(_duties(language, at))),
            (_("How duties were met"), tuple(_kept(at))),
            (_("What the controller told"), tuple(_told())),
            (_("Left for the controller to judge"), tuple(_asked(kind))),
        ]
        chapters = tuple(Chapter(str(place), title, some) for place, (title, some) in enumerate(made, 1))
        card = accounts.controller()
        subtitle = _("%(law)s, for %(controller)s, as it was on %(day)s") % {
            "law": LAWS[kind],
            "controller": card.legal_name or card.name,
            "day": f"{at:%Y-%m-%d %H:%M} UTC",
        }
        return Document(language, _(KINDS[kind]), subtitle, chapters)


def as_pdf(*, kind: str, language: str, at: datetime) -> bytes:
    """Return a pack as PDF."""
    return pdf.pdf(document(kind=kind, language=language, at=at))


def as_json(*, kind: str, language: str, at: datetime) -> bytes:
    """Return a pack as JSON: chapters of paragraphs, each with its title, sentence and list."""
    made = document(kind=kind, language=language, at=at)
    told = {
        "format": "mandata-assessment-1",
        "kind": kind,
        "law": LAWS[kind],
        "made": at.isoformat(),
        "title": made.title,
        "chapters": [
            {
                "title": one.title,
                "paragraphs": [
                    {"title": part.title, "text": part.text, "items": list(part.items)} for part in one.paragraphs
                ],
            }
            for one in made.chapters
        ],
    }
    return json.dumps(told, indent=1, ensure_ascii=False).encode()


def note(*, kind: str, actor: Actor, at: datetime) -> UUID:
    """Enter in the record that a pack was handed out."""
    return append(kind="assistance.assessed", body={"kind": kind}, actor=actor, at=at, clause=CLAUSE)


def _paragraph(title: str, sentence: str, items: Iterable[str] = ()) -> Paragraph:
    return Paragraph("", "", title, sentence, tuple(items), "", "")


def _duties(language: str, at: datetime) -> Iterable[Paragraph]:
    found = agreements.in_force(at)
    if found is None:
        return [_paragraph(_("Agreement"), _("No agreement is in force; nothing is processed but what is kept."))]
    spoken = found.terms.head.languages
    chosen = language if language in spoken else spoken[0]
    parties = text.Parties(agreements.operator(), agreements.controller())
    whole = text.render(found.terms, parties, chosen, agreements.words(chosen))
    parts = (part for chapter in whole.chapters for part in chapter.paragraphs)
    return [_paragraph(one.title, one.text, one.items) for one in parts if one.key.startswith(_DUTIES)]


def _kept(at: datetime) -> Iterable[Paragraph]:
    met = obligations.here(at, state="met", count=200)
    open_ = obligations.here(at, count=200)
    late = sum(one.late for one in (*met.rows, *open_.rows))
    sentence = _("%(met)s duties were met, %(open)s are open; of the newest of these %(late)s were or are late.") % {
        "met": met.total,
        "open": open_.total,
        "late": late,
    }
    return [_paragraph(_("Obligations"), sentence)]


def _told() -> Iterable[Paragraph]:
    rows = selectors.intakes(current=True)
    if not rows:
        return [_paragraph(_("Nothing yet"), _("The controller has told nothing for the processor's part."))]
    return [_paragraph(one.title, one.words or one.contact, [one.contact] if one.words else []) for one in rows]


def _asked(kind: str) -> Iterable[Paragraph]:
    return [_paragraph(_(question), _("To be filled in by the controller.")) for question in _ASKED[kind]]
