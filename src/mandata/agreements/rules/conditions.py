"""Conditions as data: a small tree that is evaluated in Python and compiled to SQL, so that the two cannot drift apart.

A column is named ``alias.name`` (``b.state``). In Python a row is a mapping from such names to values, with a list of
rows for each
alias that ``NoRow`` asks; in SQL it is that column. A parameter is named and bound in both. Every node is either true
or false, never
null: ``Empty`` is the only one that may be asked of a column that can be null, and guards the others inside ``Any``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Equal:
    """A column equals a parameter."""

    column: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Same:
    """Two columns are equal; ``cast`` compares their texts."""

    column: str
    other: str
    cast: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """A text column holds one of a list of texts."""

    column: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Blank:
    """A text column is empty text."""

    column: str


@dataclass(frozen=True, slots=True)
class Stated:
    """A JSON object column has at least one key."""

    column: str


@dataclass(frozen=True, slots=True)
class Empty:
    """A column is null."""

    column: str


@dataclass(frozen=True, slots=True)
class NotAfter:
    """A time column is not after a parameter; a parameter of None sets no limit."""

    column: str
    parameter: str


@dataclass(frozen=True, slots=True)
class After:
    """A time column is after a parameter."""

    column: str
    parameter: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class NoRow:
    """No row of a table (under an alias) meets the condition; ``joined`` pairs its columns with outer ones, ``where``
    asks more.
    """

    table: str
    alias: str
    joined: tuple[Same, ...]
    where: "Node"


Node = Equal | Same | OneOf | Blank | Stated | Empty | NotAfter | After | AllOf | AnyOf | NoRow


def holds(node: Node, row: Row, parameters: Parameters) -> bool:
    """Whether the condition is met by a row, in Python."""
    match node:
        case Equal(column, parameter):
            return bool(row[column] == parameters[parameter])
        case Same(column, other, cast):
            return str(row[column]) == str(row[other]) if cast else bool(row[column] == row[other])
        case OneOf(column, parameter):
            return row[column] in parameters[parameter]
        case Blank(column):
            return bool(row[column] == "")
        case Stated(column):
            return bool(row[column])
        case Empty(column):
            return row[column] is None
        case NotAfter(column, parameter):
            return parameters[parameter] is None or bool(row[column] <= parameters[parameter])
        case After(column, parameter):
            return row[column] is not None and bool(row[column] > parameters[parameter])
        case AllOf(parts):
            return all(holds(part, row, parameters) for part in parts)
        case AnyOf(parts):
            return any(holds(part, row, parameters) for part in parts)
        case NoRow(_, alias, joined, where):
            return not any(_meets(joined, where, {**row, **other}, parameters) for other in row[alias])


def _meets(joined: Sequence[Same], where: Node, row: Row, parameters: Parameters) -> bool:
    return all(holds(pair, row, parameters) for pair in joined) and holds(where, row, parameters)


def sql(node: Node, prefix: str) -> str:
    """The condition as a PostgreSQL expression; parameters stand in psycopg's named form, ``%(prefix_name)s``.

    Column and table names come from conditions written in this package, never from outside.
    """
    match node:
        case Equal(column, parameter):
            return f"{column} = %({prefix}_{parameter})s"
        case Same(column, other, cast):
            return f"{column}::text = {other}::text" if cast else f"{column} = {other}"
        case OneOf(column, parameter):
            return f"{column} = any(%({prefix}_{parameter})s::text[])"
        case Blank(column):
            return f"{column} = ''"
        case Stated(column):
            return f"{column} <> '{{}}'::jsonb"
        case Empty(column):
            return f"{column} is null"
        case NotAfter(column, parameter):
            name = f"%({prefix}_{parameter})s::timestamptz"
            return f"({name} is null or {column} <= {name})"
        case After(column, parameter):
            return f"coalesce({column} > %({prefix}_{parameter})s::timestamptz, false)"
        case AllOf(parts):
            return "(" + " and ".join(sql(part, prefix) for part in parts) + ")"
        case AnyOf(parts):
            return "(" + " or ".join(sql(part, prefix) for part in parts) + ")"
        case NoRow(table, alias, joined, where):
            conditions = " and ".join([*(sql(pair, prefix) for pair in joined), sql(where, prefix)])
            # The fence (offset 0) keeps it a look-up by key for each row. Without it the planner joins, and compares
            # every row with every other where the table has no statistics yet.
            return f"not exists (select 1 from {table} {alias} where {conditions} offset 0)"  # noqa: S608 - names are ours


def columns(node: Node) -> Iterator[str]:
    """Every column that a condition reads, for the test that compares them with the tables."""
    match node:
        case (
            Equal(column, _)
            | OneOf(column, _)
            | NotAfter(column, _)
            | After(column, _)
            | Blank(column)
            | Stated(column)
            | Empty(column)
        ):
            yield column
        case Same(column, other, _):
            yield from (column, other)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from columns(part)
        case NoRow(_, _, joined, where):
            for pair in joined:
                yield from columns(pair)
            yield from columns(where)
