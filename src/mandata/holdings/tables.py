"""The tables that hold rows of controllers, as the database itself lists them: nobody can forget one.

A table is a controller's where it has a column `controller_id`. Partitions are reached through their table only.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from mandata.infra import bulk

_TABLES: Final = """
select c.relname, c.relkind = 'p',
    array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
        and not a.attisdropped order by a.attnum),
    array(select a.attname::text from pg_index i, unnest(i.indkey) with ordinality k (att, n)
        join pg_attribute a on a.attnum = k.att where i.indrelid = c.oid and a.attrelid = c.oid and i.indisprimary
        order by k.n)
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'controller_id' and a.attnum > 0)
order by c.relname
"""
_EDGES: Final = """
select distinct r.relname, f.relname from pg_constraint c
join pg_class r on r.oid = c.conrelid join pg_class f on f.oid = c.confrelid
where c.contype = 'f' and c.conrelid <> c.confrelid and not r.relispartition and not f.relispartition
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with rows of controllers: its columns, the columns of its primary key (none where it has no key)."""

    name: str
    partitioned: bool
    columns: tuple[str, ...]
    key: tuple[str, ...]


@cache
def tables() -> dict[str, Table]:
    """Return every table with rows of controllers by its name, in the order of the names."""
    rows = bulk.execute(_TABLES, [])
    return {name: Table(name, bool(split), tuple(columns), tuple(key)) for name, split, columns, key in rows}


@cache
def children_first() -> tuple[str, ...]:
    """Return the names of the tables so that whatever refers to a row comes before it."""
    known = tables()
    parents: dict[str, set[str]] = {name: set() for name in known}
    for child, parent in bulk.execute(_EDGES, []):
        if child in parents and parent in known:
            parents[child].add(parent)
    order: list[str] = []
    waiting = dict.fromkeys(known)
    while waiting:
        referred = {parent for name in waiting for parent in parents[name]}
        free = [name for name in waiting if name not in referred] or [next(iter(waiting))]
        for name in free:
            order.append(name)
            del waiting[name]
    return tuple(order)
