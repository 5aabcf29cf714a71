"""Which values of a subscriber the merge tags of a message read."""

from collections.abc import Mapping
from typing import Final

STANDARD: Final = frozenset({"email", "first_name", "last_name", "language", "country", "region", "city"})
"""Names that every subscriber may have; the controller's own fields come on top."""


def values(identity: Mapping[str, object], clear: Mapping[str, object]) -> dict[str, object]:
    """Return the values by name: the clear fields, and the sealed ones, which go before."""
    return {**clear, **identity}


def display_name(fields: Mapping[str, object]) -> str:
    """Return the name for the To header; empty where none is known."""
    parts = (fields.get("first_name"), fields.get("last_name"))
    return " ".join(part for part in parts if isinstance(part, str) and part)
