"""A clause as a form: which fields its kind of value has, and the table that filled-in fields make.

The form is read off the same types that a file is read into, so that it can ask for nothing else. What was filled in
becomes TOML (``rules.write``) and is read back by ``rules.terms.parse``: there is one judge of what is right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

from mandata.agreements.rules.build import WANTED
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.values import OWN
from mandata.agreements.rules.vocabulary import SHARED
from mandata.agreements.rules.words import mark as _


class Kind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    CODE = "code"
    CODES = "codes"
    NAMES = "names"
    SCOPES = "scopes"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a clause: its key in the file, how it is filled in, what it may hold (code to words), an example."""

    name: str
    label: str
    kind: Kind
    required: bool
    codes: Mapping[str, str]
    hint: str


LABELS: Final[Mapping[str, str]] = {
    "who": _("Who acts"),
    "start": _("Counted from"),
    "effect": _("Before what"),
    "channels": _("How notice is given"),
    "period": _("Period"),
    "target": _("Working target of ours"),
    "usually": _("Usually, not always"),
    "all_channels": _("By all of these ways"),
    "form": _("In which form"),
    "total": _("In total"),
    "told": _("Told within"),
    "by": _("Done by"),
    "every": _("Every"),
    "calendar": _("Whole calendar years"),
    "scope": _("Categories of data for each"),
    "weekday": _("Day of the week"),
    "clock": _("Time of day"),
    "times": _("How many times"),
    "per": _("In each"),
    "longest": _("At most for"),
    "share": _("Share"),
    "over": _("Counted over"),
    "least": _("It only warns below"),
    "base": _("Measured by"),
    "before": _("Before what"),
    "hour": _("For an hour"),
    "limit": _("This is the most"),
    "vat_apart": _("VAT comes on top"),
    "first": _("The first"),
    "further": _("Each further one"),
    "index": _("Rises with"),
    "rises": _("When it rises"),
    "money": _("Amount"),
    "date": _("Date"),
    "refuse": _("Answer that refuses"),
    "advise": _("Answer that brings advice"),
    "minimum": _("Minimum"),
    "value": _("Rule"),
    "items": _("What it lists"),
    "names": _("Names"),
}
"""Message ids of the fields' labels; a test compares them with the kinds of values."""


def fields_of(key: str) -> tuple[Field, ...]:
    """The fields of a clause, in the order of its kind of value. Raises KeyError for a clause that nobody executes."""
    spec = CATALOGUE[key]
    hints = get_type_hints(spec.kind, include_extras=True)
    return tuple(
        _field(one.name, hints[one.name], one.default is MISSING, spec.vocabulary) for one in fields(spec.kind)
    )


def _field(name: str, hint: Any, required: bool, own: Mapping[str, str]) -> Field:
    codes: Mapping[str, str] = {}
    if get_origin(hint) is Annotated:
        hint, vocabulary = get_args(hint)
        codes = own if vocabulary == OWN else SHARED[vocabulary]
    if get_origin(hint) is UnionType:
        hint = next(part for part in get_args(hint) if part is not NoneType)
    kind = _kind(hint, bool(codes))
    return Field(name, LABELS[name], kind, required and kind is not Kind.FLAG, codes, WANTED.get(hint, ""))


def _kind(hint: Any, coded: bool) -> Kind:
    if get_origin(hint) is tuple:
        inner = get_origin(get_args(hint)[0])
        return Kind.SCOPES if inner is tuple else Kind.CODES if coded else Kind.NAMES
    if coded:
        return Kind.CODE
    return {bool: Kind.FLAG, int: Kind.NUMBER, date: Kind.DATE}.get(hint, Kind.TEXT)


def table(key: str, given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The table of a clause from what was filled in, texts by field name; empty fields are left out.

    A value of the wrong form is kept as it was typed, so that reading the file names it with its remedy. Of scopes, a
    line is a code, a colon and its categories with commas.
    """
    found: dict[str, Any] = {}
    for field in fields_of(key):
        typed = [text.strip() for text in given.get(field.name, ()) if text.strip()]
        if typed:
            found[field.name] = _read(field.kind, typed)
    for name in ("source", "mark", "note"):
        typed = [text.strip() for text in given.get(name, ()) if text.strip()]
        if typed and typed[0] != "seed":
            found[name] = typed[0]
    return found


def _read(kind: Kind, typed: list[str]) -> object:
    first = typed[0]
    match kind:
        case Kind.CODES:
            return typed
        case Kind.NAMES:
            return [line.strip() for text in typed for line in text.splitlines() if line.strip()]
        case Kind.SCOPES:
            lines = [line for text in typed for line in text.splitlines() if line.strip()]
            return {code.strip(): _listed(rest) for code, _colon, rest in (line.partition(":") for line in lines)}
        case Kind.FLAG:
            return True
        case Kind.NUMBER if first.isdigit():
            return int(first)
        case Kind.DATE:
            return _date(first)
    return first


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _date(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def filled(table: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a form shows of a clause's table: texts by field name; ``table(key, filled(t)) == t``."""
    return {name: _shown(value) for name, value in table.items()}


def _shown(value: object) -> list[str]:
    match value:
        case bool():
            return ["on"] if value else []
        case dict():
            return ["\n".join(f"{code}: {', '.join(listed)}" for code, listed in value.items())]
        case list():
            return [str(item) for item in value]
    return [str(value)]
