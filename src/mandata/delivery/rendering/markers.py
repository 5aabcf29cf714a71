"""Merge tags are hidden from HTML tools behind markers, and put back afterwards.

A parser of HTML would escape, move or tear `{% if a < b %}`. So each tag becomes a *piece*, and its place is held by
lower-case letters and digits that every tool leaves alone: as they are in text and attributes, inside a comment where a
block tag stands between elements (a comment may stand in a table, text may not). The same markers stand for the tokens
of tracked links. Marker: KEY, a letter, a number, "q"; the letter says what it is:

    p   piece, escaped for where the part stands (HTML or text)
    u   piece that is one component of a URL
    t   token of the link with that number
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from mandata.delivery.rendering.errors import RenderingRefused

_TAG = re.compile(
    r"\{\{-?(?P<output>(?:[^{}\"']|\"[^\"]*\"|'[^']*'|\{(?!\{)|\}(?!\}))*?)-?\}\}|\{%-?(?P<tag>.*?)-?%\}", re.S
)
_COMMENT = re.compile(r"\{%-?\s*comment\s*-?%\}")
_COMMENT_END = re.compile(r"\{%-?\s*endcomment\s*-?%\}")
_KEYS = re.compile(r"zlq(\d{1,9})z", re.I)
_SCAN = re.compile(r"\{\{|\{%|<!--|-->|<[a-zA-Z/!]|[>\"']")
_ENDS = {"{{": "}}", "{%": "%}"}

OPENING = frozenset({"if", "unless", "case", "for"})
INNER = frozenset({"elsif", "else", "when"})
CLOSING = frozenset("end" + name for name in OPENING)
LONE = frozenset({"assign", "break", "continue"})
KNOWN = OPENING | INNER | CLOSING | LONE


@dataclass(frozen=True, slots=True)
class Piece:
    """One merge tag: `name` is empty for an output, `body` what stands between the braces."""

    name: str
    body: str

    @property
    def source(self) -> str:
        """The tag as Liquid."""
        return f"{{{{ {self.body} }}}}" if not self.name else f"{{% {self.body} %}}"

    @property
    def url_source(self) -> str:
        """The output as Liquid, encoded as a component of a URL."""
        return f"{{{{ {self.body} | mandata_url }}}}"


def names(text: str) -> frozenset[str]:
    """The words of a text, as a set of names of elements or attributes."""
    return frozenset(text.split())


VOID = names("area base br col embed hr img input link meta param source track wbr")
"""Elements without content and end (HTML section 13.1.2)."""


class Mark(NamedTuple):
    """One marker found: `kind` is p, u or t, `number` the piece or the link."""

    kind: str
    number: int


@dataclass(frozen=True)
class Protected:
    """A source whose merge tags are markers, and the tags."""

    text: str
    pieces: tuple[Piece, ...]
    key: str

    def marker(self, kind: str, number: int) -> str:
        """Return the marker's letters."""
        return f"{self.key}{kind}{number}q"

    @property
    def pattern(self) -> re.Pattern[str]:
        """A marker in any dress; the groups 1 and 2, or 3 and 4, are kind and number."""
        core = rf"{self.key}([put])(\d+)q"
        return re.compile(rf"(?:<|&lt;)!--{core}--(?:>|&gt;)|{core}")

    def marks(self, text: str) -> list[Mark]:
        """Return the markers of a text, in order."""
        return [_mark(found) for found in self.pattern.finditer(text)]

    def split(self, text: str) -> list[str | Mark]:
        """Cut a text into literal stretches and markers."""
        parts: list[str | Mark] = []
        end = 0
        for found in self.pattern.finditer(text):
            if found.start() > end:
                parts.append(text[end : found.start()])
            parts.append(_mark(found))
            end = found.end()
        if end < len(text):
            parts.append(text[end:])
        return parts


def _mark(found: re.Match[str]) -> Mark:
    return Mark(found[1] or found[3], int(found[2] or found[4]))


class _Found(NamedTuple):
    """A merge tag in a source; `between` says that it stands between elements, not in a tag or a comment."""

    start: int
    end: int
    between: bool


def protect(source: str, *, markup: bool = False) -> Protected:
    """Hide the merge tags of a source. Raises RenderingRefused for unclosed and for unknown tags.

    In `markup` a tag's own `&lt;` and `&quot;` are read as what they stand for, as editors write them. The key does not
    occur in the source, so that nobody can write a marker.
    """
    key = _key(source)
    pieces: list[Piece] = []
    out: list[str] = []
    end, trims = 0, False
    for tag in _tags(source):
        text = source[tag.start : tag.end]
        before = source[end : tag.start]
        before = before.lstrip() if trims else before
        out.append(before.rstrip() if text[2] == "-" else before)
        end, trims = tag.end, text[-3] == "-"
        if _COMMENT.match(text) or text[2:].lstrip("-").lstrip().startswith("#"):
            continue
        piece = _piece(html.unescape(text) if markup else text, source, tag.start)
        marker = f"{key}p{len(pieces)}q"
        out.append(f"<!--{marker}-->" if piece.name and tag.between else marker)
        pieces.append(piece)
    out.append(source[end:].lstrip() if trims else source[end:])
    return Protected("".join(out), tuple(pieces), key)


def _key(source: str) -> str:
    taken = {int(digits) for digits in _KEYS.findall(source)}
    return f"zlq{next(number for number in range(len(taken) + 1) if number not in taken)}z"


def _tags(source: str) -> Iterator[_Found]:
    """Yield the merge tags in order; `{% comment %}` reaches to its end. Each character is looked at once."""
    state, quote, at = "text", "", 0
    while match := _SCAN.search(source, at):
        word, at = match[0], match.end()
        if word in _ENDS:
            at = _end_of(source, match.start())
            yield _Found(match.start(), at, state == "text")
        elif state == "comment":
            state = "text" if word == "-->" else state
        elif state == "tag":
            if word in "\"'":
                quote = "" if quote == word else quote or word
            elif word == ">" and not quote:
                state = "text"
        elif word == "<!--":
            state = "comment"
        elif word[0] == "<":
            state, quote = "tag", ""


def _end_of(source: str, start: int) -> int:
    opened = source[start : start + 2]
    close = source.find(_ENDS[opened], start + 2)
    end = close + 2 if close >= 0 else 0
    if end and _COMMENT.match(source, start, end):
        found = _COMMENT_END.search(source, end)
        end = found.end() if found else 0
    if not end:
        raise RenderingRefused("content.tag_open", opened=opened, line=source[:start].count("\n") + 1)
    return end


def _piece(text: str, source: str, start: int) -> Piece:
    match = _TAG.fullmatch(text)
    inner = (match["output"] if match["output"] is not None else match["tag"]).strip() if match else ""
    name = "" if match is None or match["output"] is not None else inner.split(None, 1)[0] if inner else "?"
    if match is None or not inner or (name and name not in KNOWN):
        raise RenderingRefused("content.tag_unknown", tag=text[:60], line=source[:start].count("\n") + 1)
    return Piece(name, inner)
