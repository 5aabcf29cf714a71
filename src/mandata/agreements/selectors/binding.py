"""Reads of the agreements: what is offered, what is in force, and what follows from it.

In a scope, but for what is offered.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import get_language

from mandata.accounts import selectors as accounts
from mandata.agreements import library, registers, shelf
from mandata.agreements.language import words as words
from mandata.agreements.models import Agreement as AgreementRow
from mandata.agreements.models import Instruction, Limit, Refusal, Suspension
from mandata.agreements.pdf import pdf
from mandata.agreements.rules import checks, gates, recipients, text
from mandata.agreements.rules.acceptance import ADVICE, advised
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.facts import (
    SERVICE,
    AccessFacts,
    CombineFacts,
    DiscloseFacts,
    ExportFacts,
    ImportFacts,
    Limited,
    ProcessFacts,
    ProfileFacts,
    RightsFacts,
    SendFacts,
    Standing,
    TrackFacts,
    TransferFacts,
    Written,
)
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.text import Document, Parties, Party
from mandata.agreements.rules.verdicts import Verdict, combine
from mandata.agreements.rules.words import Words, fill
from mandata.agreements.rules.words import mark as _
from mandata.foundation.errors import Fault, NotFound
from mandata.infra.environment import env

_ACCEPTED = _("Accepted on {at}. SHA-256 of the exact text: {digest}")
_CHANGED = _("The text of this agreement was changed after its acceptance.")
_RESTORE = _("Restore it from a backup; the record holds the digest of the right one.")
NO_SUCH = _("There is no such agreement.")

Facts = (
    ImportFacts
    | SendFacts
    | TrackFacts
    | ProfileFacts
    | ExportFacts
    | RightsFacts
    | DiscloseFacts
    | TransferFacts
    | AccessFacts
    | CombineFacts
    | ProcessFacts
)
_GATES: Final[Mapping[type[Facts], Callable[[Terms | None, Any], tuple[Verdict, ...]]]] = {
    ImportFacts: gates.may_import,
    SendFacts: gates.may_send,
    TrackFacts: gates.may_track,
    ProfileFacts: gates.may_profile,
    ExportFacts: gates.may_export,
    RightsFacts: gates.may_rights,
    DiscloseFacts: gates.may_disclose,
    TransferFacts: gates.may_transfer,
    AccessFacts: gates.may_access,
    CombineFacts: gates.may_combine,
    ProcessFacts: gates.may,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question before acceptance in words; ``advice`` is what is said to who gives the answer ``advise``."""

    name: str
    title: str
    text: str
    advise: str
    advice: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What is read before acceptance.

    ``shown`` (hex) goes back to ``services.accept`` and proves that it was this text.
    """

    terms: Terms
    language: str
    document: Document
    html: str
    shown: str
    questions: tuple[Asked, ...]
    warranties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """An accepted agreement with the evidence of its acceptance."""

    id: UUID
    number: int
    name: str
    version: str
    language: str
    state: str
    terms: Terms
    text_digest: bytes
    answers: dict[str, str]
    accepted_by: UUID
    accepted_at: datetime
    effective_at: datetime
    how: str
    accepted_network: str
    accepted_agent: str
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class Ground:
    """On what an act can rest now: the last agreement (None: never one) and where the controller stands with it."""

    agreement: Agreement | None
    standing: Standing

    @property
    def terms(self) -> Terms | None:
        return self.agreement.terms if self.agreement else None


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal on record, in words of the reader's language; ``place`` says symbolically where it is mended."""

    id: UUID
    act: str
    about: UUID
    code: str
    clause: str
    source: str
    title: str
    reason: str
    remedy: str
    place: str
    at: datetime


def reader() -> Words:
    """What translates into the language of the request at hand."""
    return words(get_language() or "en")


def clause_named(key: str, terms: Terms | None) -> str:
    """A clause as people find it in their agreement: number and title, in the reader's language.

    Without terms, or where they do not hold the clause, its title alone; a key that no agreement knows stays as it is.
    """
    if terms is not None and key in terms.clauses:
        return text.headings(terms, reader())[key]
    return reader().gettext(CATALOGUE[key].title) if key in CATALOGUE else key


def operator() -> Party:
    """The processor as the installation's settings name it."""
    return Party(name=env().operator_name, email=env().operator_contact)


def controller() -> Party:
    """The scope's controller as the agreement names it."""
    card = accounts.controller()
    return Party(name=card.legal_name or card.name, address=card.postal_address, email=card.contact)


def offer(*, language: str, name: str = "") -> Offer:
    """The agreement to be read before acceptance, the controller not yet named. Needs no scope.

    ``name`` is an agreement on offer, by default the installation's. A language without a translation gets
    English. Raises
    Fault for an unknown name.
    """
    return offer_of(shelf.load(name or env().default_agreement), language)


def offer_of(terms: Terms, language: str) -> Offer:
    """The same of terms at hand, for example of a version that was announced."""
    chosen = language if language in terms.head.languages else terms.head.languages[0]
    document = text.render(terms, Parties(operator(), Party("")), chosen, words(chosen), registers.annexes())
    return Offer(
        terms=terms,
        language=chosen,
        document=document,
        html=text.html(document),
        shown=text.digest(document).hex(),
        questions=tuple(_questions(terms, document)),
        warranties=_listed(document, "warranty.controller"),
    )


def _questions(terms: Terms, document: Document) -> Iterable[Asked]:
    said = words(document.language)
    for name, question in terms.questions():
        item = _paragraph(document, f"question.{name}")
        sentence = item.text.rpartition(": ")[2]
        advice = said.gettext(ADVICE[name]) if question.advise and name in ADVICE else ""
        yield Asked(name, item.title, sentence[:1].upper() + sentence[1:], question.advise or "", advice)


def _listed(document: Document, key: str) -> tuple[str, ...]:
    return _paragraph(document, key).items


def _paragraph(document: Document, key: str) -> text.Paragraph:
    return next(item for chapter in document.chapters for item in chapter.paragraphs if item.key == key)


def advice(*, terms: Terms, answers: dict[str, str], language: str) -> tuple[str, ...]:
    """What is said to who answers so, in words; empty where nothing calls for advice."""
    return tuple(words(language).gettext(ADVICE[name]) for name in advised(terms, answers) if name in ADVICE)


def in_force(now: datetime) -> Agreement | None:
    """The agreement that binds at an instant, or None."""
    open_end = Q(ended_at=None) | Q(ended_at__gt=now)
    rows = AgreementRow.objects.defer("text")  # long, and of no use here
    row = rows.filter(open_end, effective_at__lte=now).order_by("-number").first()
    return None if row is None else _agreement(row)


def ground(now: datetime) -> Ground:
    """What an act can rest on at an instant; an agreement that has ended is told with its end."""
    rows = AgreementRow.objects.defer("text")  # long, and asked for every batch
    row = rows.filter(effective_at__lte=now).order_by("-number").first()
    if row is None:
        return Ground(None, Standing(accepted=False))
    ended = row.ended_at is not None and row.ended_at <= now
    standing = Standing(
        accepted=True,
        ended=ended,
        suspended=accounts.state() == "suspended",
        halted=Suspension.objects.filter(lifted_at=None).exists(),
        written=_written(now),
        limits=_limits(now),
    )
    return Ground(_agreement(row), standing)


def _limits(now: datetime) -> tuple[Limited, ...]:
    """What the operator's decisions limit now. A decision binds from its time on, whether or not a job ran then."""
    rows = Limit.objects.filter(Q(ended_at=None) | Q(ended_at__gt=now), begins_at__lte=now).order_by("begins_at", "id")
    return tuple(Limited(tuple(row.acts), row.cap, row.clause) for row in rows)


def _written(now: datetime) -> tuple[Written, ...]:
    """The written instructions that order something now; one beyond the agreement counts once the processor agreed."""
    rows = Instruction.objects.filter(Q(ended_at=None) | Q(ended_at__gt=now), kind="written", given_at__lte=now)
    found = rows.filter(state__in=("given", "in_force")).order_by("number")
    return tuple(
        Written(number=row.number, acts=tuple(row.acts), purpose=row.purpose, agreed=row.state == "in_force")
        for row in found
    )


def agreements() -> list[Agreement]:
    """All agreements ever accepted here, the newest first."""
    return [_agreement(row) for row in AgreementRow.objects.order_by("-number")]


def _agreement(row: AgreementRow) -> Agreement:
    return Agreement(
        id=row.id,
        number=row.number,
        name=row.name,
        version=row.version,
        language=row.language,
        state=row.state,
        terms=library.checked(row.terms, f"{row.name}.toml"),
        text_digest=bytes(row.text_digest),
        answers=dict(row.answers),
        accepted_by=row.accepted_by,
        accepted_at=row.accepted_at,
        effective_at=row.effective_at,
        how=row.how,
        accepted_network=row.accepted_network,
        accepted_agent=row.accepted_agent,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )


def exact_text(agreement_id: UUID) -> bytes:
    """The exact bytes that were accepted (canonical JSON of the document), whose SHA-256 stands in the record.

    Raises NotFound, and Fault where the bytes are not those of their digest any more: a changed text is never shown
    as accepted.
    """
    row = AgreementRow.objects.filter(id=agreement_id).values_list("text", "text_digest").first()
    if row is None:
        raise NotFound(reader().gettext(NO_SUCH))
    if hashlib.sha256(bytes(row[0])).digest() != bytes(row[1]):
        raise Fault(reader().gettext(_CHANGED), remedy=reader().gettext(_RESTORE))
    return bytes(row[0])


def document(agreement_id: UUID) -> Document:
    """The accepted text as a document, for ``rules.text.html`` and ``plain``."""
    return text.load(exact_text(agreement_id))


def html(agreement_id: UUID) -> str:
    """The accepted text as a fragment of a page."""
    return text.html(document(agreement_id))


def as_pdf(agreement_id: UUID) -> bytes:
    """The accepted text as PDF, with the time of acceptance and the digest of the exact text below it."""
    exact = exact_text(agreement_id)
    row = AgreementRow.objects.get(id=agreement_id)
    said = words(row.language).gettext(_ACCEPTED)
    filling = {"at": row.accepted_at.strftime("%Y-%m-%d %H:%M:%S UTC"), "digest": bytes(row.text_digest).hex()}
    return pdf(text.load(exact), note=fill(said, filling))


def standing_instruction(now: datetime) -> UUID | None:
    """The id of the standing instruction in force, on which every act of the service rests (INS-1)."""
    open_end = Q(ended_at=None) | Q(ended_at__gt=now)
    rows = Instruction.objects.filter(open_end, kind="standing", given_at__lte=now).order_by("-number")
    return rows.values_list("id", flat=True).first()


def recipient_rule(now: datetime) -> recipients.Rule | None:
    """Who may receive, by the agreement in force; None where none is, and then nobody may."""
    agreement = in_force(now)
    return None if agreement is None else recipients.rule(agreement.terms)


def special_categories(now: datetime) -> tuple[str, ...]:
    """The refused categories to which the processor has expressly agreed: none, or ("special", "criminal")."""
    agreement = in_force(now)
    return ("special", "criminal") if agreement is not None and gates.special_agreed(agreement.terms) else ()


def check(facts: Facts, *, now: datetime) -> tuple[Verdict, ...]:
    """What the gate says to an act, check by check; changes and records nothing.

    ``facts.standing`` is filled in here.
    """
    found = ground(now)
    return _GATES[type(facts)](found.terms, replace(facts, standing=found.standing))


def may_process(act: str, *, now: datetime, purpose: str = SERVICE) -> Verdict:
    """What every act needs, in one answer: an agreement in force, no suspension, an instruction for the act.

    Asked again at each claim of a batch, so that an end or a suspension stops work at the next one. ``act``: import,
    send, track, ...
    """
    found = ground(now)
    return combine(gates.may_process(found.terms, found.standing, act, purpose))


def instruction(verdicts: Iterable[Verdict], *, now: datetime) -> UUID | None:
    """The id of the instruction on which a permitted act rests: a written one, else the standing one (INS-1)."""
    named = (one.evidence.get("instruction") for one in verdicts if one.code == "instruction.standing")
    number = next((value for value in named if isinstance(value, int)), None)
    if number is None:
        return standing_instruction(now)
    return Instruction.objects.filter(number=number).values_list("id", flat=True).first()


def refused(*, about: UUID | None = None, limit: int = 100) -> list[Refused]:
    """Refusals on record in the reader's language, the newest first; of one thing where ``about`` is given."""
    rows = Refusal.objects.filter(about=about) if about else Refusal.objects.all()
    return [_refused(row) for row in rows.order_by("-at", "-id")[:limit]]


def _refused(row: Refusal) -> Refused:
    check, said = checks.BY_CODE.get(row.code), reader()
    filling = {name: str(value) for name, value in row.evidence.items()}
    return Refused(
        id=row.id,
        act=row.act,
        about=row.about,
        code=row.code,
        clause=row.clause,
        source=row.source,
        title=said.gettext(check.title) if check else row.code,
        reason=fill(said.gettext(check.refused), filling) if check else row.reason,
        remedy=fill(said.gettext(check.remedy), filling) if check else row.remedy,
        place=check.place if check else "",
        at=row.at,
    )
