"""Whatever somebody with the owner's rights does to one row of the record's tables, `mandata verify` names that row.

Which tables and columns there are, PostgreSQL tells: one that is added is tried too.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import services, verification
from mandata.record.rules import Finding
from mandata.record.services.stamping import Authority as Asked
from mandata.vault.services import Vault, record_signer
from tests.record.authority import Authority
from tests.world import Customer, World

Row = dict[str, Any]

NAMES = {
    "record_entry": "entry {id}",
    "record_payload": "payload {id}",
    "record_leaf": "leaf {index}",
    "record_node": "node {level}/{index}",
    "record_head": "head {size}",
    "record_pending": "entry {entry}",
    "record_stamp": "stamp {id}",
    "record_receipt": "receipt {id}",
}
CHANGES = {
    "uuid": "gen_random_uuid()",
    "bytea": "set_byte({column}, length({column}) - 1, get_byte({column}, length({column}) - 1) # 1)",
    "bigint": "{column} + 997",
    "smallint": "{column} + 997",
    "timestamp with time zone": "{column} + interval '1 millisecond'",
    "text": "overlay({column} placing 'x' from 12)",
    "character varying": "{column} || 'x'",
}
KEYS = {"record_leaf": ("index", "entry"), "record_node": ("index",), "record_head": ("size",)}
"""What a row that is put in needs of its own; an id where nothing is said."""


class Case:
    """A controller's log with something in every table, the installation's log, and somebody who can change both."""

    def __init__(self, customer: Customer, superuser: "psycopg.Connection[Any]", certificates: bytes) -> None:
        self.customer, self.superuser, self.certificates = customer, superuser, certificates

    def findings(self) -> list[Finding]:
        """What verification finds in all logs of which there is a row."""
        known = set(verification.known_logs())
        logs = [self.customer.id, *sorted(known - self.before)]
        verdicts = verification.verify_all(logs, record_signer().public_key(), self.certificates)
        return [finding for verdict in verdicts for finding in verdict.findings]

    def remember(self) -> None:
        """Take those logs that other tests made for granted."""
        self.before = set(verification.known_logs()) - {self.customer.id}

    def tables(self) -> dict[str, dict[str, str]]:
        """Table -> column -> type."""
        rows = self.superuser.execute(
            "select table_name, column_name, data_type from information_schema.columns "
            "where table_schema = 'public' and table_name like 'record\\_%' order by 1, ordinal_position"
        ).fetchall()
        found: dict[str, dict[str, str]] = {}
        for table, column, kind in rows:
            found.setdefault(table, {})[column] = kind
        return found

    def rows(self, table: str) -> list[Row]:
        """The first, a middle and the last row of each of the two logs."""
        chosen = []
        for log in (self.customer.id, INSTANCE):
            rows = self.superuser.execute(
                sql.SQL("select to_jsonb(t) from {} t where controller_id = %s order by to_jsonb(t)::text").format(
                    sql.Identifier(table)
                ),
                [log],
            ).fetchall()
            chosen += [rows[place][0] for place in sorted({0, len(rows) // 2, len(rows) - 1}) if rows]
        return chosen

    def delete(self, table: str, row: Row) -> None:
        """Delete a row."""
        done = self.superuser.execute(
            sql.SQL("delete from {} t where to_jsonb(t) = %s::jsonb").format(sql.Identifier(table)), [json.dumps(row)]
        )
        assert done.rowcount == 1

    def insert(self, table: str, row: Row) -> None:
        """Put a row in."""
        statement = sql.SQL("insert into {0} select * from jsonb_populate_record(null::{0}, %s::jsonb)")
        self.superuser.execute(statement.format(sql.Identifier(table)), [json.dumps(row)])

    def change(self, table: str, row: Row, column: str, kind: str) -> Row:
        """Change one column of a row; return the row as it is then."""
        value = "gen_random_uuid()" if row[column] is None else CHANGES[kind].replace("{column}", f'"{column}"')
        statement = sql.SQL("update {} t set {} = {} where to_jsonb(t) = %s::jsonb returning to_jsonb(t)").format(
            sql.Identifier(table), sql.Identifier(column), sql.SQL(value)
        )
        found = self.superuser.execute(statement, [json.dumps(row)]).fetchall()
        assert len(found) == 1
        changed: Row = found[0][0]
        return changed


@pytest.fixture(scope="module")
def case(database: Urls, authority: Authority) -> Iterator[Case]:
    world = World()
    customer, subject = world.controller(), new_id()
    with scope(customer.id):
        vault = Vault.open()
        vault.create([subject])
    for number in range(21):
        with scope(customer.id):
            commitment = vault.commit(subject, {"words": f"of entry {number}"}) if number % 4 == 1 else None
            services.append(
                kind="test.happened", body={"n": number}, actor=SYSTEM, at=now(), subject=subject, commitment=commitment
            )
        if number in (6, 11, 20):
            services.sequence(customer.id, at=now())
    for size in (7, 12, 21):
        with scope(customer.id):
            services.receipt(size=size, how="page", to=new_id(), at=now())
        world.sequence()
        services.stamp(Asked(authority.url), at=now())
    world.sequence()
    with scope(customer.id):
        commitment = vault.commit(subject, {"words": "that wait"})
        for _ in range(3):
            services.append(kind="test.waits", body={}, actor=SYSTEM, at=now(), subject=subject, commitment=commitment)
    with scope(INSTANCE):
        services.append(kind="test.waits", body={}, actor=SYSTEM, at=now())
    with psycopg.connect(database.superuser, autocommit=True) as superuser:
        made = Case(customer, superuser, authority.certificates.read_bytes())
        made.remember()
        yield made
    world.sequence()


def named(table: str, findings: list[Finding], *rows: Row) -> bool:
    """Say whether a finding names one of the rows."""
    names = "|".join(re.escape(NAMES[table].format(**row)) for row in rows)
    return any(re.search(rf"\b({names})\b", f"{finding.where}: {finding.what}") for finding in findings)


def test_untouched_it_holds_and_every_table_has_rows(case: Case) -> None:
    assert case.findings() == []
    assert set(case.tables()) == set(NAMES)
    assert all(case.rows(table) for table in case.tables())


@pytest.mark.req("REC-1")
@pytest.mark.parametrize("table", NAMES)
def test_each_changed_column_of_a_row_is_found_and_the_row_named(case: Case, table: str) -> None:
    silent = []
    for row in case.rows(table):
        for column, kind in case.tables()[table].items():
            changed = case.change(table, row, column, kind)
            if not named(table, case.findings(), row, changed):
                silent.append((column, row, case.findings()))
            case.delete(table, changed)
            case.insert(table, row)
    assert silent == []
    assert case.findings() == []


@pytest.mark.req("REC-1")
@pytest.mark.parametrize("table", NAMES)
def test_each_removed_row_is_found_and_named(case: Case, table: str) -> None:
    silent = []
    for row in case.rows(table):
        case.delete(table, row)
        if not named(table, case.findings(), row):
            silent.append((row, case.findings()))
        case.insert(table, row)
    assert silent == []
    assert case.findings() == []


@pytest.mark.req("REC-1")
@pytest.mark.parametrize("table", NAMES)
def test_each_row_that_is_put_in_is_found_and_named(case: Case, table: str) -> None:
    silent = []
    for row in case.rows(table):
        kinds = case.tables()[table]
        keys = KEYS.get(table) or (("entry",) if table == "record_pending" else ("id",))
        own = row | {key: str(new_id()) if kinds[key] == "uuid" else row[key] + 1_000 for key in keys}
        for more in (own, row | {"controller_id": str(new_id())}):
            case.insert(table, more)
            if not named(table, case.findings(), more):
                silent.append((more, case.findings()))
            case.delete(table, more)
    assert silent == []
    assert case.findings() == []


ODD = (
    b"",
    b"x",
    b"[]",
    b"{}",
    b"null",
    b"\xff\xfe",
    b'{"at":1,"body":3,"commitment":7,"holder":"nobody","id":null,"kind":0.5,"log":[],"subject":{},"v":2}',
    b'{"body":{"size":"many","root":1e999}}',
    b'{"body":{"size":99999999999999999999,"root":[]}}',
)
"""Bytes that are neither a leaf nor an envelope nor a note nor a stamp."""


@pytest.mark.parametrize("table", NAMES)
def test_whatever_lies_in_a_column_verification_comes_to_its_end_and_names_the_row(case: Case, table: str) -> None:
    silent = []
    for row in case.rows(table)[1::3]:
        for column, kind in case.tables()[table].items():
            if kind not in ("bytea", "text", "character varying"):
                continue
            for odd in ODD:
                text = "\\x" + odd.hex() if kind == "bytea" else odd.decode("latin-1")[:20]
                changed = row | {column: text}
                case.delete(table, row)
                case.insert(table, changed)
                if not named(table, case.findings(), row):
                    silent.append((column, odd, case.findings()))
                case.delete(table, changed)
                case.insert(table, row)
    assert silent == []
    assert case.findings() == []
