"""By what a person can be looked up although the values lie sealed: which field by what kind of form. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from mandata.audience.rules import names
from mandata.audience.rules.fields import FieldSpec
from mandata.foundation import addresses


class Lookup(StrEnum):
    """How a sealed field is looked up. The address and the standard telephone have columns of their own."""

    NAME = "name"
    NUMBER = "number"
    PHONE = "phone"


STANDARD: Final = {
    "first_name": Lookup.NAME,
    "last_name": Lookup.NAME,
    "identification_number": Lookup.NUMBER,
}
"""The standard fields that are looked up by rows of `audience_lookup`."""


class Entry(NamedTuple):
    """One form under which a person is found: its kind, which is the purpose of its index, and the form."""

    kind: Lookup
    form: str


Fields = Mapping[str, Lookup]
"""Key of a field -> how it is looked up."""


def fields(specs: Iterable[FieldSpec]) -> dict[str, Lookup]:
    """Return by what each field is looked up: the standard ones, and those that the controller declared so."""
    declared = {spec.key: Lookup(spec.lookup) for spec in specs if spec.lookup and spec.sealed}
    return {**STANDARD, **declared}


def entries(identity: Mapping[str, object], chosen: Fields, *, country: str = "") -> Iterator[Entry]:
    """Yield each form of the sealed fields by which the person is to be found; the same one may come twice.

    All name fields together give at most `names.MAX_WORDS` words. `country` (ISO 3166) reads national telephone numbers
    of people whose own country is not known.
    """
    country = str(identity.get("country") or country)
    left = names.MAX_WORDS
    for key, kind in chosen.items():
        value = identity.get(key)
        if not value or not isinstance(value, str):
            continue
        if kind is Lookup.NAME:
            found = names.words(value)[:left]
            left -= len(found)
            for word in found:
                yield Entry(kind, word)
        elif form := form_of(kind, value, country=country):
            yield Entry(kind, form)


def form_of(kind: Lookup, value: str, *, country: str = "") -> str:
    """Return the look-up form of an identification number or a telephone number, empty where it is none."""
    if kind is Lookup.NUMBER:
        return names.number(value)
    try:
        return addresses.parse_telephone(value, country)
    except addresses.TelephoneError:
        return ""
