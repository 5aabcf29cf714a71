"""Reads of audits, inside a controller's scope; the operator's certificates stand above controllers."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from mandata.agreements import library
from mandata.agreements import selectors as agreements
from mandata.agreements.rules.facts.duties import AuditFacts
from mandata.agreements.rules.terms import Terms
from mandata.assistance import selectors as assistance
from mandata.audits.errors import BadLink, NoSuch
from mandata.audits.models import Audit, Certificate, Finding, Pack, PackKey
from mandata.audits.models import Terms as Agreed
from mandata.audits.rules import checking, codes
from mandata.foundation import canonical
from mandata.vault.services import Vault

AUDIT: Final = "audits_audit.sealed"
TERMS: Final = "audits_terms.sealed"
FINDING: Final = "audits_finding.sealed"
PIECE: Final = "audits_piece.sealed"


@dataclass(frozen=True, slots=True)
class TermsView:
    """Terms proposed for an audit; `price` as it was reckoned, sums as texts."""

    id: UUID
    number: int
    state: str
    proposed_by: str
    proposed_at: datetime
    begins_on: date
    ends_on: date
    scope: tuple[str, ...]
    on_site: bool
    conduct: tuple[str, ...]
    hours: str
    price: dict[str, Any]
    words: str = field(repr=False)
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding and its corrective measure; `post`: which post answers for it."""

    id: UUID
    number: int
    weight: str
    measure: str
    state: str
    due_on: date | None
    done_at: datetime | None
    words: str = field(repr=False)
    corrective: str = field(repr=False)
    proof: str = field(repr=False)
    post: str = ""


@dataclass(frozen=True, slots=True)
class AuditView:
    """An audit as both parties see it; `answers`: the rule's, to be said in the reader's language."""

    id: UUID
    number: int
    state: str
    wished_at: datetime
    received_at: datetime
    asked_by: str
    facts: dict[str, Any]
    scope: tuple[str, ...]
    answers: tuple[checking.Answer, ...]
    inspector: str = field(repr=False)
    words: str = field(repr=False)
    reason: str = field(repr=False)
    answer: str = field(repr=False)
    checked_at: datetime | None
    held_at: datetime | None
    closed_at: datetime | None
    entries: tuple[UUID, ...]
    terms: tuple[TermsView, ...] = ()
    findings: tuple[FindingView, ...] = ()
    files: tuple[assistance.FileView, ...] = ()

    @property
    def agreed(self) -> TermsView | None:
        """The terms that both agreed on."""
        return next((one for one in self.terms if one.state == "agreed"), None)

    @property
    def proposed(self) -> TermsView | None:
        """The terms that wait for the other party."""
        return next((one for one in self.terms if one.state == "proposed"), None)


@dataclass(frozen=True, slots=True)
class PackView:
    """A pack of evidence and how far it is."""

    id: UUID
    number: int
    since: datetime
    until: datetime
    state: str
    total: int
    done: int
    entries: int
    size: int
    digest: str
    error: str
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class CertificateView:
    """An attestation of the operator's, without its content."""

    id: UUID
    kind: str
    title: str
    issuer: str
    issued_on: date
    valid_until: date | None
    media_type: str
    size: int
    sha256: str
    withdrawn_at: datetime | None


def model(terms: Terms) -> Terms | None:
    """The law's own model beside an agreement: of California's law where that is what it names, else Article 28 GDPR's.

    None for the model itself."""
    laws = terms.items("agreement.law")
    name = "ccpa-7051" if laws and "gdpr" not in laws else "gdpr-art28"
    return None if terms.name == name else library.load(name)


def audits(limit: int = 100) -> list[AuditView]:
    """Return the audits, the newest first."""
    return _audits(list(Audit.objects.order_by("-number")[:limit]))


def audit(audit_id: UUID) -> AuditView:
    """Return one audit with everything that belongs to it. Raises NoSuch."""
    found = _audits(list(Audit.objects.filter(id=audit_id)))
    if not found:
        raise NoSuch(_("There is no such audit."))
    return found[0]


def _audits(rows: list[Audit]) -> list[AuditView]:
    if not rows:
        return []
    vault = Vault.open()
    keys = vault.keys([row.id for row in rows])

    def opened(own: UUID, place: str, sealed: bytes | memoryview) -> dict[str, str]:
        if own not in keys:
            return {}
        return dict(canonical.loads(vault.unseal_with(own, place, bytes(sealed), key=keys[own])))

    terms: dict[UUID, list[TermsView]] = {}
    findings: dict[UUID, list[FindingView]] = {}
    for one in Agreed.objects.filter(audit__in=list(keys)).order_by("number"):
        terms.setdefault(one.audit, []).append(_terms(one, opened(one.audit, TERMS, one.sealed)))
    for row in Finding.objects.filter(audit__in=list(keys)).order_by("number"):
        findings.setdefault(row.audit, []).append(_finding(row, opened(row.audit, FINDING, row.sealed)))
    return [_audit(row, opened(row.id, AUDIT, row.sealed), terms, findings) for row in rows]


def _audit(
    row: Audit, said: dict[str, str], terms: dict[UUID, list[TermsView]], findings: dict[UUID, list[FindingView]]
) -> AuditView:
    return AuditView(
        id=row.id,
        number=row.number,
        state=row.state,
        wished_at=row.wished_at,
        received_at=row.received_at,
        asked_by=row.asked_by,
        facts=dict(row.facts),
        scope=tuple(row.scope),
        answers=checking.thawed(row.checks),
        inspector=said.get("inspector", ""),
        words=said.get("words", ""),
        reason=said.get("reason", ""),
        answer=said.get("answer", ""),
        checked_at=row.checked_at,
        held_at=row.held_at,
        closed_at=row.closed_at,
        entries=tuple(UUID(one) for one in row.entries),
        terms=tuple(terms.get(row.id, ())),
        findings=tuple(findings.get(row.id, ())),
        files=assistance.files(row.id),
    )


def _terms(row: Agreed, said: dict[str, str]) -> TermsView:
    return TermsView(
        row.id,
        row.number,
        row.state,
        row.proposed_by,
        row.proposed_at,
        row.begins_on,
        row.ends_on,
        tuple(row.scope),
        row.on_site,
        tuple(row.conduct),
        f"{row.hours.normalize():f}",
        dict(row.price),
        said.get("words", ""),
        row.settled_at,
    )


def _finding(row: Finding, said: dict[str, str]) -> FindingView:
    return FindingView(
        row.id,
        row.number,
        row.weight,
        row.measure,
        row.state,
        row.due_on,
        row.done_at,
        said.get("words", ""),
        said.get("corrective", ""),
        said.get("proof", ""),
        said.get("post", ""),
    )


def earlier(*, but: UUID | None = None) -> tuple[datetime, ...]:
    """Return when the controller audited before or is about to, by what is agreed or held, leaving out one audit."""
    rows = Audit.objects.filter(state__in=codes.COUNTED).exclude(id=but).order_by("wished_at")
    return tuple(held or wished for held, wished in rows.values_list("held_at", "wished_at"))


def facts(row: Audit, *, terms_agreed: bool, at: datetime) -> AuditFacts:
    """What the rule is asked about an audit."""
    return AuditFacts(
        told_at=row.received_at,
        on=row.wished_at,
        earlier=earlier(but=row.id),
        terms_agreed=terms_agreed,
        certificates=bool(certificates(valid_on=at.date())),
        **row.facts,
    )


def certificates(*, valid_on: date | None = None) -> list[CertificateView]:
    """Return the operator's attestations, the newest first; those that hold on a day where one is given."""
    rows = Certificate.objects.filter(withdrawn_at=None).defer("content").order_by("-issued_on", "id")
    if valid_on is not None:
        rows = rows.filter(Q(valid_until=None) | Q(valid_until__gte=valid_on), issued_on__lte=valid_on)
    return [
        CertificateView(
            row.id, row.kind, row.title, row.issuer, row.issued_on, row.valid_until, row.media_type, row.size,
            bytes(row.sha256).hex(), row.withdrawn_at,
        )
        for row in rows
    ]  # fmt: skip


def certificate(certificate_id: UUID) -> tuple[CertificateView, bytes]:
    """Return an attestation with its content. Raises NoSuch."""
    row = Certificate.objects.filter(id=certificate_id, withdrawn_at=None).first()
    if row is None:
        raise NoSuch(_("There is no such certificate."))
    view = next(one for one in certificates() if one.id == certificate_id)
    return view, bytes(row.content)


def packs(limit: int = 50) -> list[PackView]:
    """Return the packs of evidence, the newest first."""
    return [_pack(row) for row in Pack.objects.order_by("-number")[:limit]]


def pack(pack_id: UUID) -> PackView:
    """Return one pack. Raises NoSuch."""
    row = Pack.objects.filter(id=pack_id).first()
    if row is None:
        raise NoSuch(_("There is no such pack."))
    return _pack(row)


def _pack(row: Pack) -> PackView:
    return PackView(
        row.id, row.number, row.since, row.until, row.state, row.total, row.done, row.entries, row.size,
        bytes(row.digest).hex() if row.digest else "", row.error, row.asked_at, row.ready_at, row.expires_at,
        row.fetched_at,
    )  # fmt: skip


def behind(token: str, *, at: datetime) -> tuple[UUID, UUID]:
    """Return the controller and the pack that a link leads to. Needs no scope. Raises BadLink."""
    digest = hashlib.sha256(token.encode()).digest()
    row = PackKey.objects.filter(token_hash=digest, expires_at__gt=at).first()
    if row is None:
        raise BadLink(
            _("This link is wrong, or its time has passed."), remedy=_("Ask whoever sent it to you for a new one.")
        )
    return row.controller_id, row.pack


def owing(terms: Iterable[Terms]) -> bool:
    """Whether one of these agreements has the processor audited on its own initiative."""
    return any(codes.OWN in one.clauses for one in terms)


def ground(at: datetime) -> Terms | None:
    """The terms by which an audit is asked for at an instant; those of the last agreement where none is in force."""
    return agreements.ground(at).terms
