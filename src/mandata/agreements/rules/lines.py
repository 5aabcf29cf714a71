"""Where things stand in a TOML text, so that a refusal can name a line (tomllib keeps no positions)."""

import re
import tomllib
from collections.abc import Mapping
from typing import Final

_HEADER: Final = re.compile(r"\s*\[\s*([A-Za-z0-9_.\- ]+?)\s*\]\s*(?:#.*)?")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
_AT_LINE: Final = re.compile(r"\(at line (\d+)")


def lines_of(text: str) -> Mapping[tuple[str, ...], int]:
    """Path (table names, then key) to line number from 1; the first occurrence counts."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.fullmatch(line):
            table = tuple(part.strip() for part in header[1].split("."))
            for depth in range(1, len(table) + 1):
                found.setdefault(table[:depth], number)
        elif key := _KEY.match(line):
            found.setdefault((*table, key[1]), number)
    return found


def line_of(error: tomllib.TOMLDecodeError, text: str) -> int:
    """The line that a TOML error names; the last one where it names the end of the text."""
    named = _AT_LINE.search(str(error))
    return int(named[1]) if named else max(1, len(text.splitlines()))
