"""An agreement's tables as TOML text: the inverse of reading, for agreements that are written in a form.

Only what ``rules.terms`` reads: tables of texts, numbers, dates, yes or no, lists of texts and one level of inline
tables. Comments are not kept; a note has a key of its own.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any


def toml(document: Mapping[str, Any]) -> str:
    """The text of a document as ``tomllib`` gives it: ``[terms]`` first, then ``[area.name]`` for each clause.

    ``tomllib.loads(toml(document)) == document`` for every document that ``rules.terms.parse`` accepts. Raises
    TypeError for a value that no agreement can hold.
    """
    return "\n".join(_lines(document)).strip() + "\n"


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield from _table("terms", document["terms"])
    for area, clauses in document.items():
        if area != "terms":
            for name, table in clauses.items():
                yield from _table(f"{area}.{name}", table)


def _table(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"[{name}]"
    yield from (f"{key} = {_value(value)}" for key, value in table.items())


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case date():
            return value.isoformat()
        case str():
            return _text(value)
        case list() | tuple():
            return f"[{', '.join(_value(item) for item in value)}]"
        case dict():
            return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    raise TypeError(f"an agreement holds no {type(value).__name__}")


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else _text(key)


def _text(text: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
