"""Reading a table of a controller's page by page, with what lies sealed in it opened.

An envelope says by a commitment which key opens it (`vault.rules`); the holder of that key is one of the ids in the
same
row. So every table is opened alike, also one that came after this was written; what does not open is counted.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from django.db import connection

from mandata.holdings import tables
from mandata.infra import bulk
from mandata.infra.tenancy import scope
from mandata.vault import rules as seals
from mandata.vault.errors import DoesNotOpen
from mandata.vault.services import Vault

PAGE: Final = 1_000
_ENVELOPE: Final = b"\x01\x00\x01"
_SHORT: Final = 64
_LARGE: Final = ("audience_upload_chunk", "rights_answer")
"""Tables whose rows are megabytes: they come one by one."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "vault_subject_key": "keys, wrapped: what they open stands opened in the other tables",
    "vault_secret": "keys, wrapped: that of the suppression list is in subscribers/suppression.json",
    "vault_epoch": "numbers and times of keys",
    "audience_lookup": "keyed hashes made from the subscribers, by which they are found while sealed",
    "record_entry": "in record/record.zip, with proofs",
    "record_leaf": "in record/record.zip",
    "record_node": "hashes that are computed from record/record.zip",
    "record_head": "in record/record.zip",
    "record_stamp": "in record/record.zip",
    "record_pending": "entries that wait for their place in the record",
    "retention_return": "the archives themselves: one of them is this",
    "accounts_directory": "ids and states",
    "accounts_seat": "ids; the members are in members.ndjson",
    "delivery_account": "the installation's own account at a certification authority",
    "backups_backup": "the installation's own backups",
    "backups_restore": "the installation's own restores",
}
"""Tables that are not in the archive, and why."""
SCOPE_FREE: Final[Mapping[str, str]] = {
    "accounts_invitationkey": "hashes of tokens in links",
    "agreements_feed": "hashes of tokens in links",
    "audits_packkey": "hashes of tokens in links",
    "retention_link": "hashes of tokens in links",
    "rights_casekey": "hashes of tokens in links",
    "agreements_agenda": "when an obligation is next looked at",
    "audience_indexing": "how far look-ups are made anew",
    "campaigns_active": "which campaigns have work due",
    "campaigns_number": "numbers of campaigns",
    "delivery_chunk": "leases of the sending workers",
    "delivery_claim": "whose a name of a host is",
    "delivery_waiting": "which returned mail waits",
    "delivery_watch": "when a domain is next looked at",
}
"""Tables of the machinery that hold ids and times of all controllers; not in the archive, and why."""
COLUMNS_LEFT_OUT: Final[Mapping[str, str]] = {
    "private_key": "keys that sign for a domain or serve a host; another system makes its own",
    "email_index": "a keyed hash of the address",
    "phone_index": "a keyed hash of the telephone number",
    "suppression_index": "a keyed hash of the address",
    "token_hash": "the hash of a token in a link",
}
"""Columns that are in no table of the archive, and why."""

Row = dict[str, Any]


class Closed:
    """Counts what did not open, by table and column."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()


def pages(controller_id: UUID, table: str, closed: Closed | None = None) -> Iterator[list[Row]]:
    """Yield the rows of a table in pages, in the order of its key. Opens the scope itself, for one page at a time (a
    table
    without a key is read at once, with a cursor)."""
    found = tables.tables()[table]
    if not found.key:
        yield from _unkeyed(controller_id, found, closed)
        return
    after: Sequence[Any] | None = None
    keys = [name for name in found.key if name != "controller_id"]
    size = 1 if table in _LARGE else PAGE
    while True:
        with scope(controller_id):
            rows = bulk.execute(_statement(found, keys, after, size), [controller_id, *(after or ())])
            if not rows:
                return
            opened = _opened(table, _raw(found), [row[len(keys) :] for row in rows], closed)
        yield opened
        if not keys or len(rows) < size:
            return
        after = rows[-1][: len(keys)]


def _raw(table: tables.Table) -> list[str]:
    kinds = _bytes(table.name)
    return [name for name in table.columns if name in kinds]


def _bytes(table: str) -> set[str]:
    rows = bulk.execute(
        "select attname::text from pg_attribute where attrelid = %s::regclass and atttypid = 'bytea'::regtype"
        " and attnum > 0 and not attisdropped",
        [table],
    )
    return {row[0] for row in rows}


def _statement(table: tables.Table, keys: Sequence[str], after: Sequence[Any] | None, size: int) -> str:
    """The names are the database's own (`tables`)."""
    named = [f't."{name}"' for name in keys]
    raw = _raw(table)
    drop = "".join(f" - '{name}'" for name in raw)
    chosen = ", ".join([*named, f"(to_jsonb(t){drop})::text", *(f't."{name}"' for name in raw)])
    where = f" and ({', '.join(named)}) > ({', '.join(['%s'] * len(named))})" if after else ""
    order = f" order by {', '.join(named)} limit {size}" if named else ""
    return f'select {chosen} from "{table.name}" t where t.controller_id = %s{where}{order}'  # noqa: S608


def _unkeyed(controller_id: UUID, table: tables.Table, closed: Closed | None) -> Iterator[list[Row]]:
    with scope(controller_id):
        raw = _raw(table)
        connection.ensure_connection()
        with connection.connection.cursor(name="retention_rows") as cursor:
            cursor.execute(_statement(table, (), None, 0), [controller_id])
            while rows := cursor.fetchmany(PAGE):
                yield _opened(table.name, raw, rows, closed)


def _opened(table: str, raw: Sequence[str], rows: Sequence[Sequence[Any]], closed: Closed | None) -> list[Row]:
    plain = [json.loads(row[0]) for row in rows]
    keys: dict[bytes, tuple[UUID, bytes]] = {}
    if any(_is_sealed(value) for row in rows for value in row[1:]):
        vault = Vault.open()
        holders = {found for row in plain for found in _ids(row)}
        keys = {seals.commitment(key): (holder, key) for holder, key in vault.keys(holders).items()}
    for row, values in zip(plain, rows, strict=True):
        for name, value in zip(raw, values[1:], strict=True):
            row[name] = _value(table, name, value, UUID(row["controller_id"]), keys, closed)
        for name in COLUMNS_LEFT_OUT:
            row.pop(name, None)
    return plain


def _ids(row: Mapping[str, Any]) -> Iterator[UUID]:
    for value in row.values():
        if isinstance(value, str) and len(value) == 36:
            with suppress(ValueError):
                yield UUID(value)


def _is_sealed(value: object) -> bool:
    return isinstance(value, bytes | memoryview) and bytes(value[:3]) == _ENVELOPE


def _value(
    table: str,
    column: str,
    value: Any,
    controller_id: UUID,
    keys: Mapping[bytes, tuple[UUID, bytes]],
    closed: Closed | None,
) -> object:
    if value is None or column in COLUMNS_LEFT_OUT:
        return None
    data = bytes(value)
    if not _is_sealed(data):
        return _shown(data)
    found = keys.get(data[3:19])
    if found is not None:
        holder, key = found
        with suppress(DoesNotOpen):
            return _told(seals.unseal(key, seals.place_data(controller_id, f"{table}.{column}"), holder, data))
    if closed is not None:
        closed.counts[f"{table}.{column}"] += 1
    return None


def _told(data: bytes) -> object:
    """What was sealed: JSON as itself, text as text, anything else in base64."""
    with suppress(UnicodeDecodeError):
        text = data.decode()
        with suppress(ValueError):
            return json.loads(text)
        return text
    return {"base64": base64.b64encode(data).decode()}


def _shown(data: bytes) -> object:
    """What lies in clear: something short in hexadecimal digits, text as text, anything else in base64."""
    if len(data) <= _SHORT:
        return data.hex()
    with suppress(UnicodeDecodeError):
        return data.decode()
    return {"base64": base64.b64encode(data).decode()}


def spread(row: Mapping[str, Any]) -> Row:
    """Return a row with the values of its objects as values of its own, `object.value`."""
    flat: Row = {}
    for name, value in row.items():
        if isinstance(value, dict) and "base64" not in value:
            flat |= {f"{name}.{inner}": one for inner, one in value.items()}
        else:
            flat[name] = value
    return flat


def columns(controller_id: UUID, table: str) -> list[str]:
    """Return the columns of a table once its objects are spread, as they come up in all of its rows."""
    named = [name for name in tables.tables()[table].columns if name not in COLUMNS_LEFT_OUT]
    if not _spreads(table):
        return named
    found: dict[str, None] = {}
    for page in pages(controller_id, table):
        for row in page:
            found.update(dict.fromkeys(spread(row)))
    return list(found) or named


def _spreads(table: str) -> bool:
    """Whether a table has columns that may hold objects: JSON, or what is sealed."""
    kinds = "('bytea'::regtype, 'jsonb'::regtype, 'json'::regtype)"
    found = bulk.execute(
        f"select 1 from pg_attribute where attrelid = %s::regclass and atttypid in {kinds} and attnum > 0 limit 1",  # noqa: S608
        [table],
    )
    return bool(found)
