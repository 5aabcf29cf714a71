"""The copy of a person's data (Art. 15(3) and 20 GDPR): one zip for machines and for people.

data.json         everything, with the information of Art. 15(1); the format is named in its first key
index.html        the same to be read, in the person's language, without a script or anything from elsewhere
csv/<holding>.csv one table for each holding that has something; cells that a spreadsheet would execute are defused
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import translation

from mandata.accounts import selectors as accounts
from mandata.audience.rules.cells import safe
from mandata.foundation import canonical
from mandata.holdings import words
from mandata.holdings.catalogue import catalogue
from mandata.holdings.information import Section, sections
from mandata.holdings.rules import Cannot, Description, Record, Subject

FORMAT = "mandata-access-1"


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive's bytes, a name for the file, and how many records of each holding are in it."""

    content: bytes
    name: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """What one holding has of the person."""

    description: Description
    records: tuple[Record, ...]


def make(*, subject: Subject, language: str, at: datetime) -> Archive:
    """Gather from every holding and pack. Nothing held is an archive that says so."""
    parts = _gather(subject)
    with translation.override(language):
        information = sections([part.description for part in parts], language=language, at=at)
        files = {
            "data.json": _json(subject, parts, information, at),
            "index.html": _html(parts, information, at),
            **{f"csv/{part.description.key}.csv": _csv(part.records) for part in parts},
        }
    return Archive(
        packed(files, at),
        f"data-{at:%Y-%m-%d}.zip",
        {part.description.key: len(part.records) for part in parts},
    )


def _gather(subject: Subject) -> list[Part]:
    parts = []
    for holding in catalogue():
        found = holding.export(subject)
        if not isinstance(found, Cannot) and found.records:
            parts.append(Part(holding.description, tuple(plain(record) for record in found.records)))
    return parts


def plain(record: Record) -> dict[str, object]:
    """Return a record in JSON-like values alone."""
    return {name: _value(value) for name, value in record.items()}


def _value(value: object) -> object:
    if isinstance(value, datetime):
        return canonical.instant(value)
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    return value


def _json(subject: Subject, parts: Iterable[Part], information: list[Section], at: datetime) -> bytes:
    card = accounts.controller()
    content = {
        "format": FORMAT,
        "made_at": canonical.instant(at),
        "controller": {"name": card.legal_name or card.name, "address": card.postal_address, "contact": card.contact},
        "subject": str(subject.reference) if subject.reference else None,
        "information": [asdict(section) for section in information],
        "holdings": [
            {
                "key": part.description.key,
                **{
                    name: str(getattr(part.description, name))
                    for name in ("name", "category", "purpose", "retention", "recipients", "source")
                },
                "records": list(part.records),
            }
            for part in parts
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _html(parts: Iterable[Part], information: list[Section], at: datetime) -> bytes:
    shown = [
        {
            "name": part.description.name,
            "purpose": part.description.purpose,
            "records": [
                [
                    (words.label(name), words.shown(value))
                    for name, value in record.items()
                    if value not in (None, "", [])
                ]
                for record in part.records
            ],
        }
        for part in parts
    ]
    context = {"controller": accounts.controller(), "information": information, "parts": shown, "at": at}
    return render_to_string("holdings/archive.html", context).encode()


def _csv(records: tuple[Record, ...]) -> bytes:
    columns = list(dict.fromkeys(name for record in records for name in record))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow([safe(cell(record.get(name))) for name in columns])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def cell(value: object) -> str:
    """Return a value as the cell of a table."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def packed(files: Mapping[str, bytes], at: datetime) -> bytes:
    """Return files by name as a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()
