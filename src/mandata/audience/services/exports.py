"""Handing the audience out to its controller: a stream of CSV that a spreadsheet will not run (RET-3, AUDI-1)."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from mandata.audience import selectors
from mandata.audience.rules.bases import Basis
from mandata.audience.rules.cells import Writer
from mandata.audience.rules.fields import EVIDENCE_SOURCE
from mandata.audience.selectors.people import PLACE
from mandata.audience.services import gate
from mandata.foundation.actors import Actor
from mandata.infra.tenancy import scope
from mandata.record import services as record
from mandata.vault.services import Vault

_BATCH = 2_000
_HEADERS = ("email", "subscription", "basis", "consent_at", "consent_source", "existing_customer", "unsubscribed_at")

_ROWS = """
select s.id, s.identity, s.clear, b.state, b.basis, b.evidence, b.ended_at
from audience_subscription b
join audience_subscriber s on s.controller_id = b.controller_id and s.id = b.subscriber_id
where b.list_id = %s order by b.subscriber_id
"""


def export_lines(
    *, controller_id: UUID, list_id: UUID, actor: Actor, at: datetime, delimiter: str = ";"
) -> Iterator[bytes]:
    """Stream a list as CSV in UTF-8 with a byte order mark: a header of field keys, then a line for each person.

    Call it outside a scope. The gate is asked and the record's entry made at once, before the first line is asked for;
    the stream then holds a transaction of its own with a server-side cursor until it is read or closed. Cells are safe
    for spreadsheets, and re-importing the file reads back what was there. Raises NoSuchList, GateRefused.
    """
    with scope(controller_id):
        found = selectors.find_list(list_id)
        gate.ask_export(about=list_id, actor=actor, at=at)
        total = found.subscribed + found.unsubscribed + found.pending
        body: dict[str, object] = {"list": str(list_id), "people": total}
        record.append(kind="audience.exported", body=body, actor=actor, at=at)
    return _stream(controller_id, list_id, Writer(delimiter))


def list_lines(*, controller_id: UUID, list_id: UUID, delimiter: str = ";") -> Iterator[bytes]:
    """Stream a list as `export_lines` does, for a caller who has asked the gate and makes an entry of its own."""
    return _stream(controller_id, list_id, Writer(delimiter))


def _stream(controller_id: UUID, list_id: UUID, writer: Writer) -> Iterator[bytes]:
    with scope(controller_id):
        keys = list(selectors.field_specs())
        vault = Vault.open()
        yield ("\ufeff" + writer.line([*_HEADERS, *keys])).encode()
        connection.ensure_connection()
        with connection.connection.cursor(name="audience_export") as cursor:
            cursor.execute(_ROWS, [list_id])
            while rows := cursor.fetchmany(_BATCH):
                opened = vault.unseal_many(PLACE, {row[0]: row[1] for row in rows})
                lines = (_line(writer, keys, row, opened[row[0]]) for row in rows if row[0] in opened)
                yield "".join(lines).encode()


def _line(writer: Writer, keys: list[str], row: tuple[Any, ...], plain: bytes) -> str:
    _, _, clear, state, basis, evidence, ended_at = row
    identity, clear, evidence = json.loads(plain), json.loads(clear), json.loads(evidence)
    source = identity.get(EVIDENCE_SOURCE) or evidence.get("source", "")
    consent_at = evidence.get("at", "") if basis == Basis.CONSENT else ""
    customer = "yes" if basis == Basis.EXISTING_CUSTOMER else ""
    told = (identity["email"], state, basis, consent_at, source, customer, ended_at.isoformat() if ended_at else "")
    values = {**clear, **identity}
    return writer.line([*told, *(_text(values.get(key)) for key in keys)])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
