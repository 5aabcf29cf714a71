"""Imports: where they stand, what a file's first rows would become, and the rows that were not taken."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from mandata.audience.errors import NoSuchImport
from mandata.audience.models import Import, Rejection, UploadChunk
from mandata.audience.rules import columns, csvfile
from mandata.audience.rules.cells import Writer
from mandata.audience.rules.columns import Column
from mandata.audience.rules.csvfile import FileProblem
from mandata.audience.rules.options import Options
from mandata.audience.rules.rows import Rejected, Row, RowReader
from mandata.audience.selectors.catalogue import field_specs, fields
from mandata.audience.words import words
from mandata.infra import bulk
from mandata.vault.services import Vault

UPLOAD = "audience_upload_chunk.sealed"
REJECTION = "audience_rejection.sealed"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import as its page shows it. `counts`: outcome -> rows; rejected rows as ``rejected.<code>``, values left out
    as ``remark.<code>``. `share` is how much of the file has been read, from 0 to 1. `error` is a code with words."""

    id: UUID
    number: int
    list_id: UUID
    file_name: str
    state: str
    dry_run: bool
    size: int
    share: float
    rows: int
    counts: Mapping[str, int]
    rejected: int
    error: str
    error_line: int
    resumable: bool
    options: Options | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as it would be taken, or why it would not be (`reason`, a code). `values` by target."""

    line: int
    values: Mapping[str, str]
    reason: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """A file's columns with the mapping now chosen, and its first rows as mapped; `problem` forbids the mapping."""

    options: Options
    columns: list[Column]
    rows: list[PreviewRow]
    problem: str


def imports(*, list_id: UUID | None = None, limit: int = 50) -> list[ImportRow]:
    """Return the newest imports, of one list or all."""
    found = Import.objects.order_by("-number")
    if list_id:
        found = found.filter(list_id=list_id)
    return [_row(one) for one in found[:limit]]


def find_import(import_id: UUID) -> ImportRow:
    """Return one import. Raises NoSuchImport."""
    return _row(load(import_id))


def load(import_id: UUID) -> Import:
    """Return an import's row for services of this area. Raises NoSuchImport."""
    found = Import.objects.filter(id=import_id).first()
    if found is None:
        raise NoSuchImport(gettext("There is no such import."))
    one: Import = found
    return one


def _row(one: Import) -> ImportRow:
    code, _, line = one.error.partition(":")
    return ImportRow(
        id=one.id,
        number=one.number,
        list_id=one.list_id,
        file_name=one.file_name,
        state=one.state,
        dry_run=one.dry_run,
        size=one.size,
        share=1.0 if one.state == "done" else min(one.offset / one.size, 1.0) if one.size else 0.0,
        rows=one.rows,
        counts=one.counts,
        rejected=sum(count for name, count in one.counts.items() if name.startswith("rejected.")),
        error=code,
        error_line=int(line or 0),
        resumable=_may_go_on(one) and UploadChunk.objects.filter(import_id=one.id).exists(),
        options=Options.from_json(one.options) if one.options else None,
        created_at=one.created_at,
        started_at=one.started_at,
        finished_at=one.finished_at,
    )


def _may_go_on(one: Import) -> bool:
    """True for an import that stopped, and for one that runs without a job: whose worker gave up, the database away."""
    if one.state != "running":
        return one.state in ("failed", "cancelled")
    queued = bulk.execute(
        "select 1 from procrastinate_jobs where args ->> 'import_id' = %b and status in ('todo', 'doing') limit 1",
        [str(one.id)],
    )
    return not queued


def piece(vault: Vault, import_id: UUID, key: bytes, number: int) -> bytes | None:
    """Return one piece of an uploaded file, or None after the last. Raises DoesNotOpen for a piece out of its place."""
    sealed = UploadChunk.objects.filter(import_id=import_id, number=number).values_list("sealed", flat=True).first()
    if sealed is None:
        return None
    plain = vault.unseal_with(import_id, UPLOAD, bytes(sealed), key=key)
    if plain[:4] != number.to_bytes(4, "big"):
        raise FileProblem("file_gone")
    return plain[4:]


def preview(import_id: UUID, *, options: Options | None = None, limit: int = 10, at: datetime) -> Preview:
    """Show what the file's first rows would become under the chosen options, or under others.

    Raises NoSuchImport, and FileProblem where the file cannot be read as chosen.
    """
    one = load(import_id)
    options = options or Options.from_json(one.options)
    vault = Vault.open()
    sample = piece(vault, import_id, vault.key(import_id), 0)
    if sample is None:
        raise FileProblem("file_gone")
    found = list(islice(csvfile.rows([sample[: csvfile.SAMPLE]], options.shape), 200))
    header = found.pop(0)[1] if options.shape.header and found else []
    width = max(len(header), *(len(cells) for _, cells in found), 0) if found else len(header)
    headers = [*header, *[""] * (width - len(header))]
    guessed = columns.guess(headers, [cells for _, cells in found], [row.spec for row in fields()])
    targets = (*options.targets[:width], *[columns.IGNORE] * (width - len(options.targets)))
    shown = [
        Column(column.number, column.header, target, column.special, column.samples)
        for column, target in zip(guessed, targets, strict=True)
    ]
    specs = field_specs()
    try:
        columns.check(targets, specs)
    except FileProblem as problem:
        return Preview(options, shown, [], problem.code)
    reader = RowReader(options.reading(specs), now=at)
    return Preview(options, shown, [_preview(reader.read(line, cells)) for line, cells in found[:limit]], "")


def _preview(found: Row | Rejected) -> PreviewRow:
    if isinstance(found, Rejected):
        return PreviewRow(found.line, {}, found.reason, ())
    values = {key: str(value) for key, value in {**found.identity, **found.clear}.items()}
    values["basis"] = found.basis.value
    return PreviewRow(found.line, values, "suppressed_unsubscribed" if found.leaving else "", found.remarks)


def rejected_page(import_id: UUID, *, after: int = 0, limit: int = 50) -> list[tuple[int, str, list[str]]]:
    """Return rows that were not taken, as (line, reason's code, cells), by line. For showing by a deliberate act."""
    vault = Vault.open()
    key = vault.key(import_id)
    found = Rejection.objects.filter(import_id=import_id, line__gt=after).order_by("line")[:limit]
    return [
        (one.line, one.reason, json.loads(vault.unseal_with(import_id, REJECTION, bytes(one.sealed), key=key)))
        for one in found
    ]


def rejected_lines(import_id: UUID, *, delimiter: str = ";") -> Iterator[str]:
    """Stream the rows that were not taken as CSV: line, reason in words, then the cells as they stood, made safe.

    The caller holds the scope while it reads. Raises NoSuchImport.
    """
    load(import_id)
    writer = Writer(delimiter)
    yield "\ufeff" + writer.line([words("column_line"), words("column_reason")])
    after = 0
    while batch := rejected_page(import_id, after=after, limit=1000):
        for line, reason, cells in batch:
            yield writer.line([str(line), words(reason), *cells])
        after = batch[-1][0]


def report(import_id: UUID) -> dict[str, Any]:
    """Return an import's figures: rows read, and every outcome with its words, largest first within its kind."""
    one = find_import(import_id)
    parts: dict[str, list[tuple[str, str, int]]] = {"taken": [], "rejected": [], "remarks": []}
    for name, count in sorted(one.counts.items(), key=lambda item: -item[1]):
        kind, dot, code = name.partition(".")
        place = {"rejected": "rejected", "remark": "remarks"}.get(kind, "taken") if dot else "taken"
        parts[place].append((code or kind, words(code or kind), count))
    return {"rows": one.rows, **parts}
