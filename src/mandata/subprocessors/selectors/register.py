"""The public register of sub-processors, of every tier (SPR-1). Scope-free: it is the same for everybody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements.rules.annexes import SubProcessorLine
from mandata.infra.clock import now as present
from mandata.subprocessors.errors import NoSuchSubProcessor
from mandata.subprocessors.models import Change, Mechanism, SubProcessor
from mandata.subprocessors.rules import countries
from mandata.subprocessors.rules.countries import ADEQUATE, Kept


@dataclass(frozen=True, slots=True)
class Resting:
    """A transfer mechanism with its validity; ``holds`` at the instant that was asked for."""

    id: UUID | None
    kind: str
    reference: str
    valid_from: date
    valid_until: date | None
    struck_down_on: date | None
    holds: bool


@dataclass(frozen=True, slots=True)
class Coming:
    """An announced change that has not taken effect."""

    id: UUID
    kind: str
    planned_for: datetime
    country: str
    replaces: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the register. ``chain``: the names from our own sub-processor down to this one."""

    id: UUID
    name: str
    role: str
    purposes: tuple[str, ...]
    categories: tuple[str, ...]
    classes: tuple[str, ...]
    country: str
    address: str
    contact: str
    privacy_url: str
    tier: int
    chain: tuple[str, ...]
    contract_on: date | None
    contract_evidence: str
    state: str
    since: datetime | None
    ended_at: datetime | None
    mechanisms: tuple[Resting, ...]
    coming: tuple[Coming, ...]

    @property
    def needs_mechanism(self) -> bool:
        """Whether its country lies outside the European Economic Area."""
        return countries.needs_mechanism(self.country)

    @property
    def covered(self) -> bool:
        """Whether data may go there as far as the place is concerned."""
        return not self.needs_mechanism or any(one.holds for one in self.mechanisms)


def register(*, at: datetime | None = None, ended: bool = False) -> list[Listed]:
    """The register at an instant, first tiers first, each branch together; ``ended`` ones only where asked for.

    What is planned but not announced is the operator's own matter and is not in it (``planned`` lists it).
    """
    found = _listed(at or present())
    shown = [one for one in found if one.state == "active" or one.coming or (ended and one.state == "ended")]
    return sorted(shown, key=lambda one: [part.casefold() for part in one.chain])


def planned() -> list[Listed]:
    """What the operator has prepared and not announced."""
    return [one for one in _listed(present()) if one.state == "planned" and not one.coming]


def find(name_or_id: str | UUID, *, at: datetime | None = None) -> Listed:
    """One entry by name or id, whatever its state. Raises NoSuchSubProcessor."""
    wanted = str(name_or_id)
    for one in _listed(at or present()):
        if wanted in (one.name, str(one.id)):
            return one
    raise NoSuchSubProcessor(_("The register holds no sub-processor %(name)s.") % {"name": wanted})


def exists(name: str) -> bool:
    """Whether the register holds a sub-processor of this name that has not ended."""
    return SubProcessor.objects.filter(name=name).exclude(state="ended").exists()


def annex(at: datetime | None = None) -> tuple[SubProcessorLine, ...]:
    """The register as Annex IV of an agreement shows it (SCC 2021/915); announced changes are part of it."""
    return tuple(
        SubProcessorLine(
            name=one.name,
            address=one.address,
            contact=one.contact,
            role=one.role,
            country=one.country,
            mechanism=", ".join(dict.fromkeys(rest.kind for rest in one.mechanisms if rest.holds)),
            tier=one.tier,
        )
        for one in register(at=at)
    )


def _listed(at: datetime) -> list[Listed]:
    rows = {row.id: row for row in SubProcessor.objects.order_by("tier", "name")}
    kept: dict[UUID, list[Mechanism]] = {}
    for mechanism in Mechanism.objects.order_by("valid_from", "id"):
        kept.setdefault(mechanism.subprocessor_id, []).append(mechanism)
    coming: dict[UUID, list[Change]] = {}
    for change in Change.objects.filter(state="announced").select_related("replaces").order_by("planned_for"):
        coming.setdefault(change.subprocessor_id, []).append(change)
    return [
        Listed(
            id=row.id,
            name=row.name,
            role=row.role,
            purposes=tuple(row.purposes),
            categories=tuple(row.categories),
            classes=tuple(row.classes),
            country=row.country,
            address=row.address,
            contact=row.contact,
            privacy_url=row.privacy_url,
            tier=row.tier,
            chain=_chain(row, rows),
            contract_on=row.contract_on,
            contract_evidence=row.contract_evidence,
            state=row.state,
            since=row.since,
            ended_at=row.ended_at,
            mechanisms=_resting(row.country, kept.get(row.id, ()), at),
            coming=tuple(_coming(change) for change in coming.get(row.id, ())),
        )
        for row in rows.values()
    ]


def _chain(row: SubProcessor, rows: dict[UUID, SubProcessor]) -> tuple[str, ...]:
    above = _chain(rows[row.parent_id], rows) if row.parent_id in rows else ()
    return (*above, row.name)


def _coming(change: Change) -> Coming:
    replaced = change.replaces.name if change.replaces else ""
    return Coming(change.id, change.kind, change.planned_for, change.details.get("country", ""), replaced)


def _resting(country: str, rows: Iterable[Mechanism], at: datetime) -> tuple[Resting, ...]:
    found = [
        Resting(
            row.id,
            row.kind,
            row.reference,
            row.valid_from,
            row.valid_until,
            row.struck_down_on,
            countries.holds(Kept(row.kind, row.valid_from, row.valid_until, row.struck_down_on), at),
        )
        for row in rows
    ]
    decision = ADEQUATE.get(country)
    if decision is not None and decision.whole:
        holds = countries.holds(Kept("adequacy", decision.since, decision.last), at)
        found.append(Resting(None, "adequacy", decision.decision, decision.since, decision.last, None, holds))
    return tuple(found)
