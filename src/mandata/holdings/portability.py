"""What a person provided, in a form for machines (Art. 20 GDPR): JSON, CSV, and the schema of both.

Only what the person gave or what was observed of the person's own acts; nothing inferred, nothing that somebody else
wrote. `portable.schema.json` is published (docs/rights.md) and lies in every copy; it is not changed but followed by a
next number.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from typing import Final

from django.utils import translation

from mandata.accounts import selectors as accounts
from mandata.audience.rules.cells import safe
from mandata.foundation import canonical
from mandata.holdings import archive
from mandata.holdings.archive import Archive
from mandata.holdings.catalogue import catalogue
from mandata.holdings.rules import Cannot, Record, Subject

FORMAT: Final = "mandata-portable-1"
SCHEMA: Final = "portable.schema.json"

PROVIDED: Final[Mapping[str, str]] = {"subscribers": "person", "subscriptions": "subscriptions", "events": "activity"}
"""Which holdings hold what a person provided, and under which name it goes out."""

_INFERRED: Final = frozenset({"mail_domain", "provider", "region", "birthday", "created_at", "updated_at"})
"""Values of a subscriber that are derived or ours (facets: `audience.rules.fields.FACETS`)."""


def schema() -> bytes:
    """Return the published schema (JSON Schema 2020-12)."""
    return resources.files(__package__).joinpath(SCHEMA).read_bytes()


def make(*, subject: Subject, language: str, at: datetime) -> Archive:
    """Gather what the person provided and pack it: `portable.json`, `csv/<part>.csv`, `portable.schema.json`."""
    parts = {name: list[Record]() for name in PROVIDED.values()}
    with translation.override(language):
        for holding in catalogue():
            name = PROVIDED.get(holding.description.key)
            found = holding.export(subject) if name else Cannot("")
            if name and not isinstance(found, Cannot):
                parts[name] = [archive.plain(_given(record)) for record in found.records]
    files = {
        "portable.json": _json(parts, at),
        SCHEMA: schema(),
        **{f"csv/{name}.csv": _csv(records) for name, records in parts.items() if records},
    }
    counts = {name: len(records) for name, records in parts.items() if records}
    return Archive(archive.packed(files, at), f"portable-{at:%Y-%m-%d}.zip", counts)


def _given(record: Record) -> Record:
    return {name: value for name, value in record.items() if name not in _INFERRED and value not in (None, "")}


def _json(parts: Mapping[str, Sequence[Record]], at: datetime) -> bytes:
    card = accounts.controller()
    content = {
        "format": FORMAT,
        "made_at": canonical.instant(at),
        "controller": {"name": card.legal_name or card.name, "contact": card.privacy_contact or card.contact},
        "person": next(iter(parts["person"]), {}),
        "subscriptions": list(parts["subscriptions"]),
        "activity": list(parts["activity"]),
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _csv(records: Sequence[Record]) -> bytes:
    columns = list(dict.fromkeys(name for record in records for name in record))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow([safe(archive.cell(record.get(name))) for name in columns])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
