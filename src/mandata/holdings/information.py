"""The information of Art. 15(1) GDPR that goes with a copy of the data, filled from agreement, holdings and
controller.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.rules import text
from mandata.holdings.rules import Description
from mandata.subprocessors import selectors as subprocessors
from mandata.subprocessors import words


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the information: the provision it answers, its title, a sentence, and what is listed."""

    provision: str
    title: str
    sentence: str
    items: tuple[str, ...] = ()


def sections(held: Sequence[Description], *, language: str, at: datetime) -> list[Section]:
    """Return the information for a person of whom the given holdings have something, in the active language."""
    return [
        _controller(),
        _purposes(held, language, at),
        Section("15(1)(b)", _("Categories"), _("These kinds of data are held of you."), _said(held, "category")),
        _recipients(held, language, at),
        Section("15(1)(d)", _("How long"), _("The data is kept for these times."), _said(held, "retention")),
        _rights(),
        Section("15(1)(g)", _("Where it comes from"), _("The data comes from these sources."), _said(held, "source")),
        Section(
            "15(1)(h)",
            _("Automated decisions"),
            _("No decision about you is made by automated means alone, and no profile with legal effect is formed."),
        ),
        _transfers(at),
    ]


def _said(held: Iterable[Description], what: str) -> tuple[str, ...]:
    return tuple(f"{one.name}: {getattr(one, what)}" for one in held)


def _controller() -> Section:
    card = accounts.controller()
    items = (card.legal_name or card.name, card.postal_address, card.privacy_contact or card.contact)
    return Section(
        "15(1)", _("Who answers"), _("The controller of the data is:"), tuple(item for item in items if item)
    )


def _purposes(held: Sequence[Description], language: str, at: datetime) -> Section:
    agreed = _agreed("processing.purposes", language, at)
    return Section(
        "15(1)(a)", _("Purposes"), _("The data is processed for these purposes."), (*agreed, *_said(held, "purpose"))
    )


def _recipients(held: Sequence[Description], language: str, at: datetime) -> Section:
    processor = _("%(name)s, the processor that runs the service for the controller") % {
        "name": agreements.operator().name
    }
    named = [
        _("%(name)s, where the controller uses a service of theirs") % {"name": name}
        for name in _agreed("subprocessor.named", language, at)
    ]
    return Section(
        "15(1)(c)",
        _("Recipients"),
        _("The data was or may be disclosed to these recipients."),
        (processor, *named, *_disclosed(named, at), *_said(held, "recipients")),
    )


def _disclosed(named: Sequence[str], at: datetime) -> tuple[str, ...]:
    """Sub-processors that the agreement does not name itself, and who else got data of the controller's (SPR-8)."""
    told = {
        "subprocessor": _("%(name)s, a sub-processor (country: %(country)s)"),
        "": _("somebody whom the law entitles to it (country: %(country)s)"),
    }
    other = _("%(name)s, to whom the controller or the law had data disclosed (country: %(country)s)")
    found = [
        (one, told.get(one.kind, other) if one.name else told[""])
        for one in subprocessors.recipients(now=at)
        if not any(one.name and line.startswith(one.name) for line in named)
    ]
    return tuple(said % {"name": one.name, "country": words.country(one.country)} for one, said in found)


def _rights() -> Section:
    return Section(
        "15(1)(e), (f)",
        _("Your rights"),
        _("You may ask the controller for each of these at any time, free of charge:"),
        (
            _("to have wrong data corrected and incomplete data completed (Art. 16 GDPR)"),
            _("to have the data erased (Art. 17 GDPR)"),
            _("to have its processing restricted (Art. 18 GDPR)"),
            _("to receive the data that you provided in a machine-readable form (Art. 20 GDPR)"),
            _("to object; to advertising at any time and without a reason (Art. 21 GDPR)"),
            _("to withdraw a consent, without effect on the past (Art. 7(3) GDPR)"),
            _("to complain to a supervisory authority, for example where you live or work (Art. 77 GDPR)"),
        ),
    )


def _transfers(at: datetime) -> Section:
    line = _("%(name)s (country: %(country)s), on the ground of: %(safeguards)s")
    abroad = [one for one in subprocessors.recipients(now=at) if one.abroad and one.name]
    items = tuple(
        line
        % {
            "name": one.name,
            "country": words.country(one.country),
            "safeguards": "; ".join(words.mechanism(kind) for kind in one.safeguards) or "–",
        }
        for one in abroad
    )
    sentence = _("The data is not transferred to a third country unless the controller has instructed it.")
    return Section("15(2)", _("Transfers"), sentence, items)


def _agreed(key: str, language: str, at: datetime) -> tuple[str, ...]:
    """Return what a clause of the agreement in force lists, in the language; nothing without an agreement."""
    agreement = agreements.in_force(at)
    if agreement is None:
        return ()
    chosen = language if language in agreement.terms.head.languages else agreement.terms.head.languages[0]
    parties = text.Parties(agreements.operator(), agreements.controller())
    document = text.render(agreement.terms, parties, chosen, agreements.words(chosen))
    return next((one.items for part in document.chapters for one in part.paragraphs if one.key == key), ())
