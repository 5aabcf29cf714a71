"""What the database gives away, tried as the application's role: walls between controllers, rows in clear, tokens."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from psycopg import sql

from mandata.accounts import selectors as accounts
from mandata.audience import selectors as audience
from mandata.audience.selectors import sampling
from mandata.holdings import clear
from mandata.infra import bulk
from mandata.infra.tenancy import INSTANCE, SCOPE_FREE, scope
from mandata.measures.rules import verdicts
from mandata.measures.rules.verdicts import Bytes, Tokens, Verdict, Walls

NEIGHBOURS: Final = 4
"""So many controllers, the newest, and the installation's own scope try each other's rows."""
KNOWN: Final = 5
ROWS: Final = 5_000
"""Of a table that names nobody so many rows are searched; of one that does, all rows of those looked for."""

_TABLES: Final = """
select c.relname, c.relrowsecurity and c.relforcerowsecurity, exists (
    select from pg_policy p
    where p.polrelid = c.oid and pg_get_expr(p.polqual, p.polrelid) like '%%mandata.controller%%'
) from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
where c.relkind in ('r', 'p') and not c.relispartition and exists (
    select from pg_attribute a where a.attrelid = c.oid and a.attname = 'controller_id' and not a.attisdropped
) order by 1
"""
_MIGHTY: Final = """
select rolsuper or rolbypassrls or exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    where c.relowner = r.oid and c.relkind in ('r', 'p')
) from pg_roles r where rolname = current_user
"""


def walls(_at: datetime) -> Verdict:
    """Try, from each controller's scope, to read, change and put in rows of the others."""
    return verdicts.walls(tried(scopes()))


def scopes() -> list[UUID]:
    """The newest controllers, and the installation's own scope."""
    return [*accounts.newest(NEIGHBOURS), INSTANCE]


def tried(controllers: list[UUID]) -> Walls:
    """Try every scoped table between each controller and the next one."""
    known = [row for row in bulk.execute(_TABLES, []) if row[0] not in SCOPE_FREE]
    names = [name for name, _walled, _policy in known]
    bare = tuple(name for name, walled, policy in known if not (walled and policy))
    proven: set[str] = set()
    leaked: set[str] = set()
    pairs = list(zip(controllers, controllers[1:] + controllers[:1], strict=True)) if len(controllers) > 1 else []
    for own, other in pairs:
        with scope(other):
            proven |= _with_rows(names, other)
        with _given_up(own):
            leaked |= _with_rows(names, other) | _changed(names, other) | _put(other)
    mighty = bool(bulk.execute(_MIGHTY, [])[0][0])
    return Walls(len(names) if pairs else 0, len(proven), tuple(sorted(leaked)), bare, mighty)


@contextlib.contextmanager
def _given_up(controller: UUID) -> Iterator[None]:
    """A scope of which nothing stays, whatever succeeded in it."""
    with transaction.atomic():
        with scope(controller):
            yield
        transaction.set_rollback(True)


def _with_rows(names: list[str], other: UUID) -> set[str]:
    """The tables in which rows of the other can be seen. Both conditions go by the key's index, so it costs nothing."""
    parts = [
        sql.SQL("select {name} where exists (select from {table} where controller_id = {other})").format(
            name=sql.Literal(name), table=sql.Identifier(name), other=sql.Literal(other)
        )
        for name in names
    ]
    return {name for (name,) in bulk.execute(sql.SQL(" union all ").join(parts), [])} if parts else set()


def _changed(names: list[str], other: UUID) -> set[str]:
    """The tables in which a row of the other could be changed."""
    found = set()
    for name in names:
        statement = f'update "{name}" set controller_id = controller_id where controller_id = %s'  # noqa: S608 - catalog
        if _done(statement, [other]):
            found.add(name)
    return found


def _put(other: UUID) -> set[str]:
    """Whether a row can be put into the other's scope: tried with an address of notices."""
    statement = (
        "insert into accounts_noticeaddress (controller_id, id, kind, rank, address, name, at) "
        "values (%s, gen_random_uuid(), 'invoices', 2, 'measures@localhost', '', now())"
    )
    return {"accounts_noticeaddress"} if _done(statement, [other]) else set()


def _done(statement: str, arguments: list[UUID]) -> int:
    """Run it in a savepoint; return how many rows it touched, none where the database refuses."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            return int(cursor.rowcount)
    except DatabaseError:
        return 0


def sealed(_at: datetime) -> Verdict:
    """Look for people who are known to be kept, by their addresses, in the rows as they are stored."""
    identities = tables = rows = 0
    found: dict[str, int] = {}
    for controller in accounts.newest(NEIGHBOURS):
        with scope(controller):
            some, _count = sampling.sample(KNOWN)
            people = {one: str(values.get("email", "")) for one, values in audience.identities(some).items()}
            people = {one: address for one, address in people.items() if address}
            if not people:
                continue
            identities += len(people)
            tables, searched = _searched(people, found)
            rows += searched
    return verdicts.stored(Bytes(identities, tables, rows, found))


def _searched(people: dict[UUID, str], found: dict[str, int]) -> tuple[int, int]:
    """Search every table of the scope that is not said to hold people in clear; return how many, and rows in all."""
    in_clear = {column.partition(".")[0] for column in clear.columns()}
    names = [name for name, *_ in bulk.execute(_TABLES, []) if name not in SCOPE_FREE and name not in in_clear]
    named = dict(bulk.execute(_NAMING, []))
    wanted = [f"%{_like(one)}%" for address in people.values() for one in (address, address.encode().hex())]
    rows = 0
    for name in names:
        arguments: list[object] = [wanted]
        where: sql.Composable = sql.SQL("")
        if name in named:
            where = sql.SQL("where {column} = any(%s)").format(column=sql.Identifier(named[name]))
            arguments = [wanted, list(people)]
        statement = sql.SQL(
            "select count(*), count(*) filter (where x::text ilike any(%s)) from "
            "(select * from {table} {where} limit {most}) x"
        ).format(table=sql.Identifier(name), where=where, most=sql.Literal(ROWS))
        searched, hits = bulk.execute(statement, arguments)[0]
        rows += searched
        found[name] = found.get(name, 0) + hits
    return len(names), rows


_NAMING: Final = """
select distinct on (c.relname) c.relname, a.attname from pg_class c
join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
join pg_attribute a on a.attrelid = c.oid and a.atttypid = 'uuid'::regtype and not a.attisdropped
where c.relkind in ('r', 'p') and a.attname in ('subscriber_id', 'subscriber', 'subject', 'subject_id', 'holder')
order by c.relname, a.attname desc
"""


def _like(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_TOKENS: Final = """
select c.relname, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
where c.relkind in ('r', 'p') and not c.relispartition and a.attname in ('token_hash', 'key_hash') order by 1
"""


def tokens(_at: datetime) -> Verdict:
    """Look at every table that keeps tokens: 32 bytes each, as SHA-256 leaves them, and of somebody who is there."""
    kept = clear_ones = orphans = 0
    for name, column in bulk.execute(_TOKENS, []):
        if name not in SCOPE_FREE:
            continue  # inside a scope; its finder outside is what opens it
        statement = sql.SQL(
            "select count(*), count(*) filter (where octet_length({column}) <> 32), count(*) filter (where not exists "
            "(select from accounts_directory d where d.controller_id = t.controller_id) and t.controller_id <> {own}) "
            "from {table} t"
        ).format(column=sql.Identifier(column), table=sql.Identifier(name), own=sql.Literal(INSTANCE))
        some, bad, lost = bulk.execute(statement, [])[0]
        kept, clear_ones, orphans = kept + some, clear_ones + bad, orphans + lost
    return verdicts.tokens(Tokens(kept, clear_ones, orphans))
