"""Facts read from a JSON object, strictly: every key known, every type right, every code one that the gates know.

An unknown key is named with its near match; a wrong value with what may stand there. Instants are ISO 8601 with an
offset (``2026-03-27T22:30:00+01:00``); sums are numbers or texts (``"1500.50"``).
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin, get_type_hints

from mandata.agreements.rules.facts.standing import Codes

T = TypeVar("T")

_WANTED: Final[Mapping[Any, str]] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    Decimal: "a number",
    datetime: 'an instant with its offset, for example "2026-03-27T22:30:00+01:00"',
}


class BadFacts(ValueError):
    """Facts that cannot be used: where they stand (``standing.accepted``), what is wrong, and what to do."""

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        self.where, self.problem, self.remedy = where, problem, remedy
        super().__init__(f"{problem} {remedy}")


def read(kind: type[T], table: object, *, where: str = "", given: Mapping[str, Any] | None = None) -> T:
    """An instance of a facts dataclass from a decoded JSON object. Raises BadFacts.

    ``given``: values for keys that the object leaves out, beside the dataclass's own defaults.
    """
    if not isinstance(table, dict):
        raise BadFacts(where, f"{where or 'The facts'} must be an object.", "Write { ... }.")
    hints = get_type_hints(kind, include_extras=True)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = dict(given or {})
    for key, value in table.items():
        place = f"{where}.{key}" if where else key
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"It may hold {', '.join(known)}."
            raise BadFacts(place, f"There is no fact {place}.", hint)
        values[key] = _value(hints[key], value, place)
    for name, field in known.items():
        if name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise BadFacts(name, f"The fact {f'{where}.{name}' if where else name} is missing.", wanted(hints[name]))
    return kind(**values)


def listed(kind: type[Any]) -> tuple[tuple[str, str, str], ...]:
    """Every fact of a question: its name, what may stand there, what is assumed without it (empty: it is needed)."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple((field.name, _wanted(hints[field.name]), _assumed(field)) for field in fields(kind))


def _assumed(field: "Field[Any]") -> str:
    if field.default is MISSING and field.default_factory is MISSING:
        return ""
    if is_dataclass(field.default) or field.default is MISSING:
        return "{}"
    default = str(field.default) if isinstance(field.default, Decimal) else field.default
    return json.dumps(list(default) if isinstance(default, tuple) else default, ensure_ascii=False)


def wanted(hint: Any) -> str:
    """What may stand for a fact, as a sentence."""
    return f"Write {_wanted(hint)}."


def _wanted(hint: Any) -> str:
    if get_origin(hint) is Annotated:
        codes = next((one.codes for one in get_args(hint)[1:] if isinstance(one, Codes)), ())
        return f"one of {', '.join(codes)}" if codes else _wanted(get_args(hint)[0])
    if get_origin(hint) is UnionType:
        return " or ".join("null" if part is NoneType else _wanted(part) for part in get_args(hint))
    if get_origin(hint) is tuple:
        return f"a list, each {_wanted(get_args(hint)[0])}"
    if get_origin(hint) in (dict, Mapping) or get_origin(hint) is not None:
        return "an object of whole numbers by name"
    if is_dataclass(hint):
        return f"an object with {', '.join(field.name for field in fields(hint))}"
    return _WANTED[hint]


def _value(hint: Any, value: object, place: str) -> Any:
    whole = hint
    if get_origin(hint) is Annotated:
        codes = next((one.codes for one in get_args(hint)[1:] if isinstance(one, Codes)), ())
        if codes and value not in codes:
            near = difflib.get_close_matches(str(value), codes, n=1)
            raise BadFacts(
                place, f"{place} cannot be {value!r}.", f"Did you mean {near[0]}?" if near else wanted(whole)
            )
        hint = get_args(hint)[0]
    if get_origin(hint) is UnionType:
        if value is None and NoneType in get_args(hint):
            return None
        hint = next(part for part in get_args(hint) if part is not NoneType)
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise BadFacts(place, f"{place} is no list.", wanted(whole))
        return tuple(_value(get_args(hint)[0], one, f"{place}[{number}]") for number, one in enumerate(value))
    if is_dataclass(hint) and isinstance(hint, type):
        return read(hint, value, where=place)
    if get_origin(hint) is not None:
        return _counts(value, place, whole)
    return _plain(hint, value, place)


def _counts(value: object, place: str, hint: Any) -> dict[str, int]:
    if not isinstance(value, dict) or not all(type(one) is int for one in value.values()):
        raise BadFacts(place, f"{place} holds no whole numbers by name.", wanted(hint))
    return dict(value)


def _plain(hint: Any, value: object, place: str) -> Any:
    if hint is datetime:
        return _instant(value, place)
    if hint is Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise BadFacts(place, f"{place} is no number.", wanted(hint))
        try:
            found = Decimal(str(value))
        except InvalidOperation:
            raise BadFacts(place, f"{place} = {value!r} is no number.", wanted(hint)) from None
        if not found.is_finite() or found < 0:
            raise BadFacts(place, f"{place} = {value!r} is no sum.", "Write a number from 0 up.")
        return found
    if type(value) is not hint:
        raise BadFacts(place, f"{place} = {value!r} has the wrong type.", wanted(hint))
    return value


def _instant(value: object, place: str) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None:
        raise BadFacts(place, f"{place} = {value!r} is no instant.", wanted(datetime))
    if found.tzinfo is None:
        raise BadFacts(place, f"{place} = {value!r} has no offset.", wanted(datetime))
    return found
