"""The archive of everything of a controller (RET-3), as a stream: a ZIP whose files are made while it is written.

    manifest.json             what is in it: files with SHA-256, rows of each table, what is left out and why
    README.txt                how to read it
    tables/TABLE.ndjson       every table with the controller's rows, one JSON object a line, sealed columns opened
    csv/NAME.csv              the tables that people open in a spreadsheet
    subscribers/list-N.csv    each list as it can be imported again
    subscribers/suppression.json    the secret by which the keyed hashes of suppressed addresses can be compared
    campaigns/N/              what was sent: source, what it was compiled to, links
    mail/*.mbox               the system's own mails; mails that came back and wait; what the shipped catcher holds
    agreements/N.*            exact terms (TOML), text (JSON, PDF)
    certificates/erasures.json, record/record.zip    verified offline by `mandata verify`

It goes through the tables as the database lists them (`holdings.tables`): one that nobody thought of is in it, too.
Memory
is flat: rows come in pages, each in a transaction of its own, so that each table is of the time at which it was read.
"""

import base64
import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from email import policy
from email.message import EmailMessage
from typing import Any, Final
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.audience import selectors as audience
from mandata.audience.rules.cells import Writer
from mandata.audience.services.exports import list_lines
from mandata.foundation.errors import NotFound
from mandata.holdings import caught, certificates, tables
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.record import packs
from mandata.record.errors import NothingToPack
from mandata.record.services.stamping import certificates as stamp_certificates
from mandata.retention.services import reading
from mandata.vault.services import Vault

FORMAT: Final = "mandata-return-1"
_PIECE: Final = 1 << 16

CSV: Final[Mapping[str, str]] = {
    "lists": "audience_list",
    "fields": "audience_field",
    "subscribers": "audience_subscriber",
    "consent": "audience_subscription",
    "suppression": "audience_suppression",
    "imports": "audience_import",
    "campaigns": "campaigns_campaign",
    "messages": "delivery_message",
    "returns": "delivery_return",
    "events": "tracking_event",
    "reports-delivery": "delivery_counter",
    "reports-reactions": "tracking_counter",
    "requests": "rights_case",
    "erasures": "holdings_erasure",
    "obligations": "agreements_obligation",
    "instructions": "agreements_instruction",
}
"""Files below csv/ -> the table that they show."""

File = tuple[str, Iterable[bytes]]
Told = Callable[[str, int], None]
"""Called for each file as it is finished: its name and how many rows it has."""


class _Sink:
    """Takes what the ZIP writes, until it is pulled."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        self._held += data
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> Iterator[bytes]:
        if self._held:
            yield bytes(self._held)
            self._held.clear()


class _Counted:
    """The bytes of a file; counts its rows (lines) and their digest on the way."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.digest = hashlib.sha256()
        self.size = 0
        self.lines = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.digest.update(piece)
            self.size += len(piece)
            self.lines += piece.count(b"\n")
            yield piece


def pieces(controller_id: UUID, *, at: datetime, told: Told = lambda _name, _rows: None) -> Iterator[bytes]:
    """Yield the ZIP piece by piece. Open no scope around it; it may be pulled from a thread of its own."""
    sink, contents = _Sink(), dict[str, dict[str, object]]()
    closed = reading.Closed()
    archive = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED)  # type: ignore[call-overload]

    def add(name: str, data: Iterable[bytes]) -> Iterator[bytes]:
        about = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
        about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        counted = _Counted(data)
        with archive.open(about, "w", force_zip64=True) as file:
            for piece in counted:
                file.write(piece)
                yield from sink.take()
        rows = counted.lines if name.endswith(".ndjson") else 0
        contents[name] = {"sha256": counted.digest.hexdigest(), "bytes": counted.size, "rows": rows}
        told(name, rows)

    yield from add("README.txt", [_README.encode()])
    for name, data in files(controller_id, at=at, closed=closed):
        yield from add(name, data)
    with scope(controller_id):
        card = accounts.controller()
    manifest = {
        "format": FORMAT,
        "made_at": at.isoformat(),
        "controller": {"id": str(controller_id), "name": card.name, "legal_name": card.legal_name},
        "files": contents,
        "left_out": {**reading.LEFT_OUT, **{f"{table}": why for table, why in reading.SCOPE_FREE.items()}},
        "left_out_columns": reading.COLUMNS_LEFT_OUT,
        "closed": dict(closed.counts),
    }
    yield from add("manifest.json", [json.dumps(manifest, ensure_ascii=False, indent=1).encode()])
    archive.close()
    yield from sink.take()


def files(controller_id: UUID, *, at: datetime, closed: reading.Closed) -> Iterator[File]:
    """Yield every file of the archive but README and manifest: its name and its bytes, made while they are pulled."""
    yield "members.ndjson", _members(controller_id)
    for name in tables.tables():
        if name not in reading.LEFT_OUT and name not in reading.SCOPE_FREE:
            yield f"tables/{name}.ndjson", _ndjson(controller_id, name, closed)
    for name, table in CSV.items():
        if table in tables.tables():
            yield f"csv/{name}.csv", _csv(controller_id, table)
    yield from _subscribers(controller_id)
    yield from _campaigns(controller_id)
    yield from _mail(controller_id)
    yield from _agreements(controller_id)
    yield from _proofs(controller_id, at)


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _members(controller_id: UUID) -> Iterator[bytes]:
    with scope(controller_id):
        people = accounts.members()
    for one in people:
        told = {"id": one.id, "name": one.name, "email": one.email, "role": one.role, "state": one.state}
        yield _line({**{key: str(value) for key, value in told.items()}, "joined_at": one.joined_at.isoformat()})


def _ndjson(controller_id: UUID, table: str, closed: reading.Closed) -> Iterator[bytes]:
    for page in reading.pages(controller_id, table, closed):
        yield b"".join(_line(row) for row in page)


def _csv(controller_id: UUID, table: str) -> Iterator[bytes]:
    """A table for spreadsheets: a column for each value, those of an identity, of evidence and of own fields spread."""
    writer, columns = Writer(";"), reading.columns(controller_id, table)
    yield ("\ufeff" + writer.line(columns)).encode()
    for page in reading.pages(controller_id, table):
        yield "".join(
            writer.line([_cell(row.get(name)) for name in columns]) for row in map(reading.spread, page)
        ).encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _subscribers(controller_id: UUID) -> Iterator[File]:
    with scope(controller_id):
        lists = audience.lists()
        secret = Vault.open().secret("suppression").hex()
    for number, one in enumerate(lists, 1):
        yield f"subscribers/list-{number}.csv", list_lines(controller_id=controller_id, list_id=one.id)
    told = {
        "algorithm": "HMAC-SHA-256(secret, address in its look-up form), first 16 bytes",
        "secret": secret,
        "hashes": "tables/audience_suppression.ndjson",
    }
    yield "subscribers/suppression.json", [json.dumps(told, indent=1).encode()]


def _campaigns(controller_id: UUID) -> Iterator[File]:
    links: dict[str, list[dict[str, object]]] = {}
    for page in reading.pages(controller_id, "campaigns_link"):
        for row in page:
            links.setdefault(str(row["campaign_id"]), []).append(row)
    for page in reading.pages(controller_id, "campaigns_campaign"):
        for row in page:
            folder = f"campaigns/{row['number']}"
            body, compiled = str(row.pop("body") or ""), row.pop("compiled", None)
            told = {**row, "links": links.get(str(row["id"]), [])}
            yield f"{folder}/campaign.json", [json.dumps(told, ensure_ascii=False, indent=1).encode()]
            yield f"{folder}/source.{row['body_kind']}", [body.encode()]
            if compiled:
                yield f"{folder}/compiled.html", [_plain(compiled)]


def _plain(value: object) -> bytes:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) and "base64" in value else str(value).encode()


def _mail(controller_id: UUID) -> Iterator[File]:
    yield "mail/own.mbox", _mbox(_own_mails(controller_id))
    yield "mail/returned.mbox", _mbox(_arrivals(controller_id))
    if env().catcher_url:
        yield "mail/caught.mbox", _mbox(_caught(controller_id))


def _caught(controller_id: UUID) -> Iterator[bytes]:
    with scope(controller_id):
        found = list(caught.told_all())
    yield from found


def _arrivals(controller_id: UUID) -> Iterator[bytes]:
    for page in reading.pages(controller_id, "delivery_arrival"):
        yield from (_plain(row["envelope"]) for row in page if row.get("envelope"))


def _own_mails(controller_id: UUID) -> Iterator[bytes]:
    for page in reading.pages(controller_id, "accounts_notice"):
        yield from (_mail_of(row) for row in page if isinstance(row.get("sealed"), dict))


def _mail_of(row: Mapping[str, Any]) -> bytes:
    said, mail = row["sealed"], EmailMessage(policy=policy.SMTP.clone(max_line_length=998))
    with suppress(ValueError, KeyError):  # a header that no mail can have stays in the table's own file
        mail["Message-ID"], mail["Date"] = f"<{UUID(row['id']).hex}@mandata>", _day(row["created_at"])
        mail["To"], mail["From"] = said["to"], said.get("sender_name") or env().operator_name
        mail["Subject"] = said["subject"]
    mail.set_content(str(said.get("text", "")))
    for one in said.get("attachments", ()):
        kind, _slash, sub = str(one["media_type"]).partition("/")
        data = bytes.fromhex(one["content"])
        mail.add_attachment(data, maintype=kind or "application", subtype=sub or "octet-stream", filename=one["name"])
    return mail.as_bytes()


def _day(at: str) -> datetime:
    return datetime.fromisoformat(at)


def _mbox(mails: Iterable[bytes]) -> Iterator[bytes]:
    """The mboxrd format: a line that begins with any number of > and From gets one > more."""
    for mail in mails:
        lines = mail.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
        quoted = (b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines)
        yield b"From mandata@localhost Thu Jan  1 00:00:00 1970\n" + b"\n".join(quoted) + b"\n\n"


def _agreements(controller_id: UUID) -> Iterator[File]:
    with scope(controller_id):
        found = agreements.agreements()
    for one in found:
        name = f"agreements/{one.number}-{one.name}-{one.version}"
        with scope(controller_id):
            text, paper = agreements.exact_text(one.id), agreements.as_pdf(one.id)
        yield f"{name}.json", [text]
        yield f"{name}.pdf", [paper]


def _proofs(controller_id: UUID, at: datetime) -> Iterator[File]:
    yield "certificates/erasures.json", _certificates(controller_id)
    with tempfile.TemporaryFile(dir=env().var) as file:  # the record names nobody
        try:
            since = datetime.min.replace(tzinfo=at.tzinfo)
            packs.write(file, controller_id, since=since, until=at, at=at, certificates=stamp_certificates())
        except NothingToPack:
            return
        file.seek(0)
        yield "record/record.zip", iter(lambda: file.read(_PIECE), b"")


def _certificates(controller_id: UUID) -> Iterator[bytes]:
    with suppress(NotFound), scope(controller_id):
        made = certificates.of_all()
        yield from (piece.encode() for piece in made)


_README: Final = """Everything that is processed for one controller, as one archive (mandata-return-1).

manifest.json names every file with its SHA-256 and what is left out, with the reason.
tables/ has one JSON object a line. What lies sealed in the installation stands here opened.
subscribers/list-N.csv can be imported again as it is.
record/record.zip and certificates/erasures.json prove what was done: mandata verify FILE, or the verify.py inside.
The schema is docs/return-format.md of Mandata.
"""
