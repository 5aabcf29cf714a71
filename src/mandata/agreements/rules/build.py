"""Builds a frozen dataclass from a TOML table, strictly: every key known, every type right, every code in its
vocabulary.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin, get_type_hints

from mandata.agreements.rules.values import OWN, Money, Period, Regime, Share
from mandata.agreements.rules.vocabulary import SHARED

T = TypeVar("T")


class Bad(ValueError):
    """Something in a table that cannot be used: where (path), what, and what to do."""

    def __init__(self, path: tuple[str, ...], problem: str, remedy: str) -> None:
        self.path, self.problem, self.remedy = path, problem, remedy
        super().__init__(f"{'.'.join(path)}: {problem} {remedy}")


def build(kind: type[T], table: Mapping[str, Any], path: tuple[str, ...], own: Mapping[str, str]) -> T:
    """An instance of ``kind`` from a table's keys. ``own`` is the vocabulary for fields annotated OWN. Raises Bad."""
    hints = get_type_hints(kind, include_extras=True)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"It may hold {', '.join(known)}."
            raise Bad((*path, key), f"{'.'.join(path)} holds an unknown key {key}.", hint)
    values: dict[str, Any] = {}
    for name, field in known.items():
        if name in table:
            values[name] = _convert(hints[name], table[name], (*path, name), own)
        elif field.default is MISSING:
            raise Bad(path, f"{'.'.join(path)} states no {name}.", f"Add {name} = ...")
    return kind(**values)


def _convert(hint: Any, value: object, path: tuple[str, ...], own: Mapping[str, str]) -> object:
    vocabulary: Mapping[str, str] | None = None
    if get_origin(hint) is Annotated:
        hint, name = get_args(hint)
        vocabulary = own if name == OWN else SHARED[name]
    if get_origin(hint) is UnionType:
        hint = next(part for part in get_args(hint) if part is not NoneType)
    if get_origin(hint) is tuple:
        if get_origin(get_args(hint)[0]) is tuple:
            return _scoped(value, path, vocabulary or {})
        return _listed(value, path, vocabulary)
    if hint in _READ:
        return _read(hint, value, path)
    if type(value) is not hint or (hint is date and isinstance(value, datetime)):
        raise Bad(path, f"{path[-1]} is {_kind(value)}.", f"Write {WANTED[hint]}.")
    if hint is int and isinstance(value, int) and value < 1:
        raise Bad(path, f"{path[-1]} is {value}.", "Write a whole number from 1 up.")
    if vocabulary is not None and isinstance(value, str):
        return _code(value, path, vocabulary)
    return value


def _listed(value: object, path: tuple[str, ...], vocabulary: Mapping[str, str] | None) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item.strip() for item in value):
        raise Bad(path, f"{path[-1]} is not a list of texts.", f'Write {path[-1]} = ["...", "..."] with at least one.')
    for item in value:
        if value.count(item) > 1:
            raise Bad(path, f"{path[-1]} names {item!r} twice.", "Name each once.")
    return tuple(value if vocabulary is None else (_code(item, path, vocabulary) for item in value))


def _scoped(value: object, path: tuple[str, ...], vocabulary: Mapping[str, str]) -> tuple[tuple[str, Any], ...]:
    """A table of codes, each with its list of categories, which may be empty."""
    if not isinstance(value, dict) or not value:
        header = ".".join(path)
        raise Bad(path, f"{path[-1]} is not a table of lists.", f'Write [{header}] and below it code = ["..."].')
    found = []
    for code, categories in value.items():
        here = (*path, code)
        _code(code, here, vocabulary)
        found.append((code, () if categories == [] else _listed(categories, here, SHARED["category"])))
    return tuple(found)


def _read(hint: Any, value: object, path: tuple[str, ...]) -> object:
    if not isinstance(value, str):
        raise Bad(path, f"{path[-1]} is {_kind(value)}.", f"Write {WANTED[hint]}.")
    try:
        return _READ[hint](value)
    except ValueError as error:
        raise Bad(path, f"{path[-1]} = {value!r} cannot be used: {error}.", f"Write {WANTED[hint]}.") from None


def _code(value: str, path: tuple[str, ...], vocabulary: Mapping[str, str]) -> str:
    if value not in vocabulary:
        near = difflib.get_close_matches(value, vocabulary, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"It may be {', '.join(vocabulary)}."
        raise Bad(path, f"{path[-1]} holds {value!r}, which nothing executes.", hint)
    return value


def _kind(value: object) -> str:
    return {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "a table",
    }.get(type(value), "a date or time")


_READ: Final[Mapping[Any, Callable[[str], object]]] = {
    Period: Period.parse,
    Regime: Regime,
    Share: Share.parse,
    Money: Money.parse,
}
WANTED: Final[Mapping[Any, str]] = {
    Period: 'a period such as "10 working days"',
    Regime: f"one of {', '.join(Regime)}",
    Share: 'a share such as "0.05 %"',
    Money: 'money such as "USD 150"',
    str: "a text between double quotes",
    int: "a whole number",
    bool: "true or false",
    date: "a date such as 2023-09-07",
}
"""What each type of value looks like in a file."""
