"""Taking a file in: sealed in pieces under a key of the import's own, which any worker can read and nobody else."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.audience import selectors
from mandata.audience.errors import FileRefused, NoSuchList
from mandata.audience.models import Import, List, UploadChunk
from mandata.audience.rules import columns, csvfile
from mandata.audience.rules.csvfile import FileProblem, LineGuard
from mandata.audience.rules.options import Options
from mandata.audience.selectors.imports import UPLOAD
from mandata.audience.services.numbers import next_number
from mandata.audience.words import remedy, words
from mandata.foundation.actors import Actor
from mandata.infra import bulk
from mandata.infra.clock import new_id
from mandata.record import services as record
from mandata.vault.services import Vault

PIECE = 1024 * 1024
LARGEST = 2 * 1024 * 1024 * 1024


def upload(*, list_id: UUID, file_name: str, chunks: Iterable[bytes], actor: Actor, at: datetime) -> UUID:
    """Take a file in for a list, guess how it is written and what its columns mean; return the import's id.

    The file is read once, in bounded memory. Raises NoSuchList, and FileRefused for what is no CSV file: then nothing
    is kept.
    """
    if not List.objects.filter(id=list_id).exists():
        raise NoSuchList(_("There is no such list."))
    vault = Vault.open()
    made = new_id()
    key = vault.create([made])[made]
    Import.objects.create(
        id=made,
        number=next_number(Import),
        list_id=list_id,
        file_name=file_name.replace("\\", "/").rpartition("/")[2][:200],
        started_by=actor.id or UUID(int=0),
        created_at=at,
    )
    size, sample = 0, b""
    try:
        for number, piece in enumerate(_pieces(chunks)):
            if number == 0:
                sample = piece
            size += len(piece)
            if size > LARGEST:
                raise FileProblem("file_too_large")
            sealed = vault.seal(made, UPLOAD, number.to_bytes(4, "big") + piece, key=key)
            columns_ = {"import_id": "uuid", "number": "int4", "sealed": "bytea"}
            bulk.insert(UploadChunk._meta.db_table, columns_, [(made, number, sealed)])
        options = _guess(sample)
    except FileProblem as problem:
        raise refused(problem) from None
    Import.objects.filter(id=made).update(size=size, options=options.as_json())
    body: dict[str, object] = {"import": str(made), "list": str(list_id), "bytes": size}
    record.append(kind="audience.file_uploaded", body=body, actor=actor, at=at)
    return made


def refused(problem: FileProblem) -> FileRefused:
    """The refusal of a file, in words, with the line at fault."""
    evidence = {"line": problem.line} if problem.line else {}
    message = words(problem.code)
    if problem.line:
        message = _("Line %(line)s: %(message)s") % {"line": problem.line, "message": message}
    return FileRefused(message, code=f"audience.{problem.code}", remedy=remedy(problem.code), evidence=evidence)


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The stream in pieces of one size, each looked at as it comes in. Refuses what no sniffing will mend."""
    guard = LineGuard()
    held: list[bytes] = []
    length = 0
    sniffed = False
    for chunk in chunks:
        if not sniffed and length + len(chunk) >= csvfile.SAMPLE:
            csvfile.sniff(b"".join([*held, chunk])[: csvfile.SAMPLE])
            sniffed = True
        guard.look(chunk)
        held.append(chunk)
        length += len(chunk)
        if length >= PIECE:
            yield b"".join(held)
            held, length = [], 0
    if held:
        yield b"".join(held)


def _guess(sample: bytes) -> Options:
    whole = sample[: csvfile.SAMPLE]
    shape = csvfile.sniff(whole)
    found = [cells for _, cells in islice(csvfile.rows([whole], shape), 200)]
    width = max((len(cells) for cells in found), default=0)
    headers = found[0] if shape.header and found else [""] * width
    own = [row.spec for row in selectors.fields()]
    guessed = columns.guess(headers, found[1:] if shape.header else found, own)
    card = accounts.controller()
    return Options(
        shape=shape, targets=tuple(column.target for column in guessed), zone=card.time_zone, country=card.country
    )
