"""Reads of the holdings, inside a controller's scope: who is meant, what is held, what was erased, what proves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mandata.audience import personal as audience
from mandata.foundation.errors import NotFound
from mandata.holdings.catalogue import catalogue
from mandata.holdings.catalogue.people import SUPPRESSION
from mandata.holdings.errors import NoSuchSubject
from mandata.holdings.models import Erasure
from mandata.holdings.register import FILES, TABLES
from mandata.holdings.rules import Found, Kept, Subject, Verb, Words, added, only_counted
from mandata.record import selectors as record
from mandata.vault.services import Vault


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would do: counts for each holding that has something, and what stays, with its ground."""

    counts: Mapping[str, Found]
    kept: tuple[Kept, ...]

    @property
    def touched(self) -> int:
        """How many things would be deleted or made anonymous."""
        return sum(found.touched for found in self.counts.values())


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A line of a preview for people."""

    key: str
    name: str
    category: str
    delete: int
    anonymise: int
    keep: int
    ground: str
    until: str


@dataclass(frozen=True, slots=True)
class MapRow:
    """A holding in the data map (Art. 30(2) GDPR); `cannot` tells of each verb that does not apply why."""

    key: str
    area: str
    name: str
    category: str
    purpose: str
    retention: str
    recipients: str
    subjects: str
    source: str
    sealed: bool
    tables: tuple[str, ...]
    files: tuple[str, ...]
    cannot: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """An erasure that was carried out; `kept` has holding, rows, ground and until of what stayed."""

    id: UUID
    subject: UUID
    case_id: UUID | None
    ground: str
    counts: Mapping[str, Mapping[str, int]]
    kept: list[dict[str, Any]]
    key_fingerprint: str
    epoch: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """What proves an erasure (RET-5). While its entry waits for its place in the log, `index` and what follows is
    empty; `entry` is None where an older database was put in place before the entry had one.
    """

    erasure: Done
    log: UUID
    entry: UUID | None
    index: int | None
    size: int
    root: str
    proof: tuple[str, ...]
    note: str


def subject(reference: UUID) -> Subject:
    """Return the subject with a reference. Raises NoSuchSubject."""
    keys = audience.keys_of_subscriber(reference)
    if keys is None:
        raise NoSuchSubject("Nobody with this reference is in the audience (any more).")
    return Subject(reference, keys.email_index, keys.suppression_index, keys.lookup)


def subject_by_address(address: str) -> Subject | None:
    """Return the subject with an address, with a reference where somebody in the audience has it; None: no address."""
    keys = audience.keys_of(address)
    if keys is None:
        return None
    reference = audience.reference_of(keys.email_index)
    return Subject(reference, keys.email_index, keys.suppression_index, keys.lookup)


def subjects(references: Sequence[UUID]) -> list[Subject]:
    """Return the subjects with these references, in their order; whoever is not in the audience (any more) only by the
    reference."""
    keys = audience.keys_of_many(references)
    found = []
    for reference in references:
        own = keys.get(reference)
        known = (own.email_index, own.suppression_index, own.lookup) if own else (b"", b"", "")
        found.append(Subject(reference, *known))
    return found


def subjects_by_address(addresses: Sequence[str]) -> list[Subject]:
    """Return the subjects with these addresses, each once; what is no address is left out."""
    vault = Vault.open()
    keys = {own.email_index: own for own in (audience.keys_of(one, vault=vault) for one in addresses) if own}
    references = audience.references_of(list(keys))
    return [Subject(references.get(index), index, own.suppression_index, own.lookup) for index, own in keys.items()]


def preview(*subjects: Subject) -> Preview:
    """Count what every holding has of subjects together, and what an erasure would leave."""
    return preview_of({one.description.key: added(one.find(subjects).values()) for one in catalogue()})


def preview_of(counts: Mapping[str, Found]) -> Preview:
    """Return counts of holdings as a preview."""
    holdings = {holding.description.key: holding.description for holding in catalogue()}
    found = only_counted(counts)
    kept = tuple(
        Kept(key, count.keep, holdings[key].ground, holdings[key].until)
        for key, count in found.items()
        if count.keep and key in holdings
    )
    return Preview(found, kept)


def preview_rows(subject: Subject) -> list[PreviewRow]:
    """Return a preview in words, in the active language, for the page that asks before erasing."""
    return rows_of(preview(subject))


def rows_of(seen: Preview) -> list[PreviewRow]:
    """Return a preview in words, in the active language."""
    rows = []
    for holding in catalogue():
        one = holding.description
        found = seen.counts.get(one.key)
        if found:
            ground, until = (str(one.ground), str(one.until)) if found.keep else ("", "")
            rows.append(
                PreviewRow(
                    one.key, str(one.name), str(one.category), found.delete, found.anonymise, found.keep, ground, until
                )
            )
    return rows


def stays(subject: Subject) -> list[str]:
    """Return what an erasure of the subject leaves and on which ground, in the active language."""
    seen = preview(subject)
    return [
        f"{one.name}: {one.ground}"
        for one in (holding.description for holding in catalogue())
        if one.ground and (one.key in seen.counts or one.key == SUPPRESSION.description.key)
    ]


def data_map() -> list[MapRow]:
    """Return every holding with category, purpose and retention, in the active language."""
    return [
        MapRow(
            key=one.key,
            area=one.area,
            name=str(one.name),
            category=str(one.category),
            purpose=str(one.purpose),
            retention=str(one.retention),
            recipients=str(one.recipients),
            subjects=str(one.subjects),
            source=str(one.source),
            sealed=one.sealed,
            tables=one.tables,
            files=one.files,
            cannot={str(Verb(verb)): str(why) for verb, why in holding.verbs.items() if why is not None},
        )
        for holding in catalogue()
        for one in (holding.description,)
    ]


def without_personal_data() -> dict[str, Words]:
    """Return the tables and file-writing modules that hold no personal data, each with its reason."""
    return {**TABLES, **FILES}


def erasures(limit: int = 50) -> list[Done]:
    """Return the log of erasures, newest first (SEC-5)."""
    return [done(row) for row in Erasure.objects.order_by("-at", "-id")[:limit]]


def erasure_of_case(case_id: UUID) -> Done | None:
    """Return the erasure that answered a case."""
    row = Erasure.objects.filter(case_id=case_id).first()
    return done(row) if row else None


def done(row: Erasure) -> Done:
    """Return an erasure's row as a value."""
    return Done(
        row.id,
        row.subject,
        row.case_id,
        row.ground,
        row.counts,
        row.kept,
        bytes(row.key_fingerprint).hex(),
        row.epoch,
        row.at,
    )


def certificate(erasure_id: UUID) -> Certificate:
    """Return what proves an erasure: the entry in the record, with its inclusion proof once it has its place.

    Raises NotFound for an erasure that is not this controller's.
    """
    row = Erasure.objects.filter(id=erasure_id).first()
    if row is None:
        raise NotFound("There is no such erasure.")
    entries = record.entries(kind="holdings.erased", subject=row.subject)
    entry = next((one for one in entries if one.body["erasure"] == str(erasure_id)), None)
    head = record.head()
    if head is None or entry is None or entry.index is None or entry.index >= head.size:
        return Certificate(done(row), row.controller_id, entry.id if entry else None, None, 0, "", (), "")
    index, proof = record.inclusion_proof(entry.id, head.size)
    hashes = tuple(node.hex() for node in proof)
    return Certificate(
        done(row), row.controller_id, entry.id, index, head.size, bytes(head.root).hex(), hashes, head.note
    )
