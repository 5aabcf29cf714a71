"""Reads of announced versions, of what they change, of the live annexes, and of the copy for publication."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import get_language

from mandata.agreements import library, registers
from mandata.agreements.language import words
from mandata.agreements.models import Measure, Proposal
from mandata.agreements.rules import changes, publication, text
from mandata.agreements.rules import measures as rules
from mandata.agreements.rules.differences import Difference, differences
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.text import Chapter, Document, Parties
from mandata.agreements.selectors import binding
from mandata.agreements.selectors.binding import NO_SUCH
from mandata.foundation.errors import NotFound


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the terms that was announced to the controller, and what became of it."""

    id: UUID
    number: int
    name: str
    version: str
    terms: Terms
    source: str
    announced_at: datetime
    effective_at: datetime
    decide_until: datetime | None
    state: str
    decided_by: UUID | None
    decided_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A measure and, where it is registered, how it is carried out; ``description`` is empty where nobody said."""

    code: str
    words: str
    description: str
    owner: str
    checked_on: date | None
    next_on: date | None


def versions() -> list[Version]:
    """Every version announced to the scope's controller, the newest first."""
    return [_version(row) for row in Proposal.objects.order_by("-number")]


def waiting() -> Version | None:
    """The version that waits for a decision, or None."""
    row = Proposal.objects.filter(state="announced").first()
    return row and _version(row)


def _version(row: Proposal) -> Version:
    return Version(
        id=row.id,
        number=row.number,
        name=row.name,
        version=row.version,
        terms=library.checked(row.terms, f"{row.name}.toml"),
        source=row.terms,
        announced_at=row.announced_at,
        effective_at=row.effective_at,
        decide_until=row.decide_until,
        state=row.state,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        ends_at=row.ends_at,
    )


def offer_of_version(proposal_id: UUID, language: str) -> binding.Offer:
    """What is read before an announced version is accepted. Raises NotFound."""
    row = Proposal.objects.filter(id=proposal_id).first()
    if row is None:
        raise NotFound(binding.reader().gettext(NO_SUCH))
    return binding.offer_of(library.checked(row.terms, f"{row.name}.toml"), language)


def changed(old: Terms, new: Terms) -> tuple[Difference, ...]:
    """What differs, in the reader's language. Needs no scope."""
    language = (get_language() or "en").partition("-")[0]
    return differences(old, new, language, binding.reader())


def refusal_ends(version: Version, now: datetime) -> datetime:
    """When the contract would end for a refusal of an announced version at this instant."""
    current = binding.in_force(now)
    return version.effective_at if current is None else changes.ends(current.terms, now, version.effective_at)


def live_annexes(agreement: binding.Agreement) -> tuple[Chapter, ...]:
    """Annexes III and IV with the registers as they are today, in the agreement's language."""
    said = words(agreement.language)
    parties = Parties(binding.operator(), binding.controller())
    document = text.render(agreement.terms, parties, agreement.language, said, registers.annexes())
    live = {"register.measures", "register.subprocessors"}
    return tuple(one for one in document.chapters if live & {item.key for item in one.paragraphs})


def publication_copy(agreement_id: UUID, withheld: Mapping[str, str]) -> Document:
    """The accepted text for a public register, with clauses withheld: clause key to ground (AGR-10).

    Raises NotFound; KeyError for a ground that is none; ValueError for a clause that the text does not hold.
    """
    document = binding.document(agreement_id)
    return publication.redacted(document, withheld, words(document.language))


def measures() -> list[MeasureRow]:
    """Every measure that an agreement can name, with what the register says of it. Needs no scope."""
    known = {row.code: row for row in Measure.objects.all()}
    said = binding.reader()
    return [_measure(code, said.gettext(what), known.get(code)) for code, what in rules.WORDS.items()]


def _measure(code: str, what: str, row: Measure | None) -> MeasureRow:
    if row is None:
        return MeasureRow(code, what, "", "", None, None)
    return MeasureRow(code, what, row.description, row.owner, row.checked_on, row.next_on)
