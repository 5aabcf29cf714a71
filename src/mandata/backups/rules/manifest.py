"""The manifest of a backup: `backups/<id>/manifest.json`, written last, in clear, without personal data.

A JSON object with sorted keys:

    format         1
    id             the backup's id (UUIDv7), also the name of its folder
    kind           "full" | "incremental" | "dump"
    parent         id of the backup that an incremental one continues; null otherwise
    chain          ids from the full backup to this one, this one included: what `pg_combinebackup` needs, in its order
    started_at, finished_at        ISO 8601, UTC
    mandata        version of mandata that took it
    embedded       true where the embedded server was backed up, false for an own server (DATABASE_URL)
    database       name of the database
    postgres       version of the server, such as "18.4"
    system         system identifier of the cluster, digits
    timeline, wal_start, wal_stop  the write-ahead log that a base backup needs to be consistent: timeline, "0/2000028";
                                   it is inside the backup, too (pg_wal/ of the tar). A dump has 0 and "".
    segment_size   bytes in a file of the write-ahead log
    content        "base.tar" (gzip of pg_basebackup's tar, backup_manifest included) or "database.dump" (pg_dump -Fc)
    size, sha256   of `content`, before compression
    stored         bytes of all parts
    parts          [{"name", "size", "sha256"}]: objects below backups/<id>/, sizes and digests as they are stored. The
                   decrypted parts of `content`, one after the other, are one gzip stream. The part
                   "backup_manifest.gz.age" is PostgreSQL's manifest alone, gzip.
    heads          {log's id: number of entries} of the record's logs when the backup began: it holds at least these
    migrations     {app: name of its newest migration}
    epochs         {controller's id: [numbers]}: epochs whose key was alive when the backup began or ended
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mandata.foundation.errors import Fault

FORMAT: Final = 1
FOLDER: Final = "backups"
NAME: Final = "manifest.json"
KINDS: Final = ("full", "incremental", "dump")
SERVERS_OWN: Final = "backup_manifest.gz.age"


@dataclass(frozen=True, slots=True)
class Part:
    """An object of a backup, as it is stored: encrypted."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is written down of a backup; the fields are told in the module's text."""

    id: UUID
    kind: str
    parent: UUID | None
    chain: Sequence[UUID]
    started_at: datetime
    finished_at: datetime
    mandata: str
    embedded: bool
    database: str
    postgres: str
    system: str
    timeline: int
    wal_start: str
    wal_stop: str
    segment_size: int
    content: str
    size: int
    sha256: str
    stored: int
    parts: Sequence[Part]
    heads: Mapping[str, int]
    migrations: Mapping[str, str]
    epochs: Mapping[str, Sequence[int]]

    @property
    def name(self) -> str:
        """The manifest's name in the store."""
        return named(self.id)

    @property
    def full(self) -> UUID:
        """The full backup that this one rests on; itself where it is one, or a dump."""
        return self.chain[0]

    @property
    def content_parts(self) -> list[Part]:
        """The parts of `content`, in their order."""
        return [part for part in self.parts if part.name != SERVERS_OWN]


def folder(backup: UUID) -> str:
    """Return the prefix of everything that belongs to a backup."""
    return f"{FOLDER}/{backup}/"


def named(backup: UUID) -> str:
    """Return the name of a backup's manifest in the store."""
    return folder(backup) + NAME


def write(manifest: Manifest) -> bytes:
    """Return the manifest's bytes; the same manifest gives the same bytes."""
    values = {"format": FORMAT, **asdict(manifest)}
    return json.dumps(values, default=_plain, sort_keys=True, indent=1).encode() + b"\n"


def read(data: bytes) -> Manifest:
    """Return what `write` wrote. Raises Fault for anything else, a later format included."""
    try:
        values: dict[str, Any] = json.loads(data)
        if values.pop("format") != FORMAT:
            raise Fault("The backup's manifest has a later format.", remedy="Use the mandata that wrote it, or later.")
        for name in ("started_at", "finished_at"):
            values[name] = datetime.fromisoformat(values[name])
        values["id"] = UUID(values["id"])
        values["parent"] = UUID(values["parent"]) if values["parent"] else None
        values["chain"] = tuple(UUID(one) for one in values["chain"])
        values["parts"] = tuple(Part(**part) for part in values["parts"])
        if set(values) != {field.name for field in fields(Manifest)} or values["kind"] not in KINDS:
            raise ValueError("fields")
        return Manifest(**values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Fault(
            "The backup's manifest cannot be read: it was changed.", remedy="Fetch it again, or use another backup."
        ) from error


def digest(data: bytes) -> bytes:
    """Return the SHA-256 that table and record keep of a manifest."""
    return hashlib.sha256(data).digest()


def wal_name(system: str, segment: str) -> str:
    """Return the name in the store of a file of the write-ahead log (a segment, or a timeline's .history)."""
    return f"wal/{system}/{segment}.gz.age"


def segment(timeline: int, position: str, size: int) -> str:
    """Return the name of the file that holds a position of the write-ahead log, such as "0/2000028"."""
    high, low = (int(part, 16) for part in position.split("/"))
    number = ((high << 32) | low) // size
    each = 2**32 // size
    return f"{timeline:08X}{number // each:08X}{number % each:08X}"


def outside_name(file: str, begin: int, end: int) -> str:
    """Return the name in the store of the bytes [begin, end) of a file of the outside log."""
    return f"outside/{file}/{begin:015d}-{end:015d}.gz.age"


def is_outside_piece(name: str) -> bool:
    """Tell a piece of the outside log from whatever else somebody has put there, which is left alone."""
    return _PIECE.fullmatch(name) is not None


_PIECE: Final = re.compile(r"outside/[0-9a-f]+-[0-9]+-[0-9]+\.log/[0-9]+-[0-9]+\.gz\.age")


def outside_piece(name: str) -> tuple[str, int, int]:
    """Return file, begin and end of a piece of the outside log. Raises ValueError for another name."""
    area, file, piece = name.split("/")
    begin, _, end = piece.removesuffix(".gz.age").partition("-")
    if area != "outside" or not piece.endswith(".gz.age"):
        raise ValueError(name)
    return file, int(begin), int(end)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)
