"""Where things stand in a TOML text, so that a refusal can name a line (tomllib keeps no positions).

Reads only what an agreement is made of: table headers and keys, bare or quoted, at the beginning of a line. Linear in
the length of the text, whatever it holds.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Final

_PART: Final = r"""[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*'"""
_NAME: Final = re.compile(rf"(?:{_PART})(?:[ \t]*\.[ \t]*(?:{_PART}))*")
_PARTS: Final = re.compile(_PART)
_TRIPLES: Final = ('"""', "'''")
_AT_LINE: Final = re.compile(r"\(at line (\d+)")
_LONGEST: Final = 10_000
"""Characters of a line that are looked at; no header or key of an agreement is nearly as long."""


def lines_of(text: str) -> Mapping[tuple[str, ...], int]:
    """Path (table names, then key) to line number from 1; the first occurrence counts."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    inside = ""
    for number, whole in enumerate(text.split("\n"), start=1):
        line = whole[:_LONGEST].strip()
        if inside:
            inside = "" if inside in line else inside
            continue
        inside = next((triple for triple in _TRIPLES if line.count(triple) % 2), "")
        name = _NAME.match(line.lstrip("[ \t"))
        if name is None:
            continue
        path = tuple(part.strip("\"'") for part in _PARTS.findall(name[0]))
        if line.startswith("["):
            table = path
            for depth in range(1, min(len(table), 4) + 1):
                found.setdefault(table[:depth], number)
        elif line[name.end() :].lstrip().startswith("="):
            for depth in range(1, min(len(path), 4) + 1):
                found.setdefault((*table, *path[:depth]), number)
    return found


def line_of(error: ValueError | RecursionError, text: str) -> int:
    """The line that an error of tomllib names; the last one where it names the end of the text, or none."""
    named = _AT_LINE.search(str(error))
    return int(named[1]) if named else max(1, text.rstrip("\n").count("\n") + 1)


def nearest(path: tuple[str, ...], lines: Mapping[tuple[str, ...], int]) -> int:
    """The line of a path, or of the innermost table around it that has one; 1 where there is none."""
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 1)


def toml(text: str) -> dict[str, object]:
    """The document. Raises ValueError (TOMLDecodeError, or for a number too long) and RecursionError (too deep)."""
    return tomllib.loads(text)
