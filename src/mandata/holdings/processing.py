"""The record of processing that a processor keeps of each controller (Art. 30(2) GDPR), from the running system.

It is made when it is asked for: of the parties as they are named now, the agreement in force, the register of
sub-processors, the register of measures and the catalogue of holdings, manual ones included. As PDF by the same road
as the agreement, and as CSV with one line for each statement.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mandata.accounts import selectors as accounts
from mandata.agreements import pdf
from mandata.agreements import selectors as agreements
from mandata.agreements.rules import text
from mandata.agreements.rules.text import Chapter, Document, Paragraph
from mandata.agreements.selectors import instructions
from mandata.audience.rules.cells import safe
from mandata.holdings import selectors, shelves
from mandata.holdings.wording import KEEPERS, KINDS
from mandata.infra.environment import env
from mandata.subprocessors import selectors as subprocessors
from mandata.subprocessors import words

PROVISIONS = ("30(2)(a)", "30(2)(b)", "30(2)(c)", "30(2)(d)", "30(2)(b), 5(1)(e)")
"""Which provision each chapter answers, in their order; the last are places and times."""


def document(*, language: str, at: datetime) -> Document:
    """Return the record in a language ("en", "cs"), inside the controller's scope."""
    with translation.override(language):
        chapters = (
            Chapter("1", _("Who processes, and for whom"), tuple(_parties())),
            Chapter("2", _("Categories of processing"), tuple(_categories(language, at))),
            Chapter("3", _("Sub-processors and transfers to third countries"), tuple(_transfers(at))),
            Chapter("4", _("Technical and organisational measures"), tuple(_measures())),
            Chapter("5", _("Where personal data is held, and for how long"), tuple(_places())),
        )
        card = accounts.controller()
        day = at.astimezone(ZoneInfo(card.time_zone)).strftime("%Y-%m-%d %H:%M %Z")
        subtitle = _("Art. 30(2) GDPR, for %(controller)s, as it was on %(day)s") % {
            "controller": card.legal_name or card.name,
            "day": day,
        }
        return Document(language, _("Record of processing activities"), subtitle, chapters)


def as_pdf(*, language: str, at: datetime) -> bytes:
    """Return the record as PDF."""
    return pdf.pdf(document(language=language, at=at))


def as_csv(*, language: str, at: datetime) -> bytes:
    """Return the record as CSV (UTF-8 with its mark, cells that a spreadsheet would execute defused)."""
    made = document(language=language, at=at)
    with translation.override(language):
        head = (_("Provision"), _("Part"), _("About"), _("Statement"))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    for provision, chapter in zip(PROVISIONS, made.chapters, strict=True):
        for one in chapter.paragraphs:
            for line in (one.text, *one.items):
                if line:
                    writer.writerow([f"GDPR {provision}", *(safe(cell) for cell in (chapter.title, one.title, line))])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _said(key: str, title: str, lines: Iterable[str], sentence: str = "") -> Paragraph:
    """A part of a chapter; where no sentence leads in, the first line does, so that no gap stands before the list."""
    told = tuple(line for line in lines if line)
    if not sentence and told:
        sentence, told = told[0], told[1:]
    return Paragraph("", key, title, sentence, told, "", "")


def _named(label: str, value: str) -> str:
    return f"{label}: {value}" if value else ""


def _parties() -> Iterator[Paragraph]:
    settings, card = env(), accounts.controller()
    none = _("none is named")
    yield _said(
        "processor",
        _("Processor"),
        (
            _named(pgettext("of a party", "Name"), settings.operator_name),
            _named(_("Postal address"), settings.operator_address),
            _named(_("Contact"), settings.operator_contact),
            _named(_("Data protection officer"), settings.operator_dpo or none),
            _named(_("Representative (Art. 27 GDPR)"), settings.operator_representative or none),
        ),
    )
    yield _said(
        "controller",
        _("Controller"),
        (
            _named(pgettext("of a party", "Name"), card.legal_name or card.name),
            _named(_("Postal address"), card.postal_address),
            _named(_("Country"), words.country(card.country) if card.country else ""),
            _named(_("Contact"), card.contact),
            _named(_("Contact for data protection"), card.privacy_contact or none),
        ),
    )
    above = instructions.upstream()
    if above:
        yield _said(
            "upstream",
            _("Controllers behind the controller, for whom it is a processor itself"),
            [f"{one.name} ({one.contact})" if one.contact else one.name for one in above],
        )


def _categories(language: str, at: datetime) -> Iterator[Paragraph]:
    found = agreements.in_force(at)
    if found is None:
        yield _said("none", _("Agreement"), (), _("No agreement is in force; nothing is processed but what is kept."))
        return
    spoken = found.terms.head.languages
    chosen = language if language in spoken else spoken[0]
    parties = text.Parties(agreements.operator(), agreements.controller())
    whole = text.render(found.terms, parties, chosen, agreements.words(chosen))
    for chapter in whole.chapters:
        for one in chapter.paragraphs:
            if one.key.startswith("processing."):
                yield _said(one.key, one.title, one.items, one.text)


def _transfers(at: datetime) -> Iterator[Paragraph]:
    told = subprocessors.recipients(now=at)
    authorised = {one.name for one in told}
    working = [one for one in subprocessors.register(at=at) if one.name in authorised]
    abroad = False
    for one in working:
        abroad = abroad or one.needs_mechanism
        yield _said(
            "subprocessor",
            one.name,
            (
                _named(_("Address"), one.address),
                _named(_("Country"), words.country(one.country)),
                _named(_("Contact"), one.contact),
                _named(_("Works for"), " → ".join(one.chain[:-1])),
                _transfer(one),
            ),
        )
    known = {one.name for one in working}
    others = [one for one in told if one.abroad and one.name not in known]
    for other in others:
        rests = "; ".join(words.mechanism(kind) for kind in other.safeguards) or _("the controller's instruction")
        lines = (_named(_("Country"), words.country(other.country)), _named(_("Rests on"), rests))
        yield _said("recipient", other.name or _("Somebody whom the law entitles to it"), lines)
    if not abroad and not others:
        sentence = _("No personal data is transferred to a third country or an international organisation.")
        yield _said("no_transfer", _("Transfers"), (), sentence)


def _transfer(one: subprocessors.Listed) -> str:
    if not one.needs_mechanism:
        return _("No transfer to a third country")
    holding = [
        f"{words.mechanism(rest.kind)} ({rest.reference})" if rest.reference else words.mechanism(rest.kind)
        for rest in one.mechanisms
        if rest.holds
    ]
    return _named(_("Transfer to a third country, safeguarded by"), "; ".join(holding) or _("nothing that holds now"))


def _measures() -> Iterator[Paragraph]:
    carried = [row for row in agreements.measures() if row.description]
    for row in carried:
        checked = row.checked_on.isoformat() if row.checked_on else _("not yet")
        yield _said(
            row.code,
            row.words,
            (_named(_("Answered for by"), row.owner), _named(_("Last checked"), checked)),
            row.description,
        )
    if not carried:
        yield _said("none", _("Measures"), (), _("No measure is described in the register yet."))


def _places() -> Iterator[Paragraph]:
    for row in selectors.data_map():
        yield _said(
            row.key,
            row.name,
            (
                _named(_("Data subjects"), row.subjects),
                _named(_("Data"), row.category),
                _named(_("Purpose"), row.purpose),
                _named(_("Kept"), row.retention),
                _named(_("Recipients"), row.recipients),
                _named(_("Protected"), _("sealed under a key of its own") if row.sealed else ""),
            ),
        )
    for one in shelves.manuals():
        yield _said(
            f"manual:{one.id}",
            one.name,
            (
                _named(_("Kind"), str(KINDS[one.kind])),
                _named(_("Where"), one.place),
                _named(_("Data subjects"), one.subjects),
                _named(_("Data"), one.category),
                _named(_("Purpose"), one.purpose),
                _named(_("Kept"), one.retention),
                _named(_("Kept by"), str(KEEPERS[one.keeper])),
                _named(_("Answered for by"), one.post),
            ),
        )
