"""One part of a message cut into literal text, values and tokens.

Merge tags outside conditions and loops become slots of their own; `{% if %}` to `{% endif %}` is one slot with all that
it holds. An `assign` is carried into the slots behind it, with the conditions around it.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from mandata.campaigns.rules.content import Setting
from mandata.delivery.rendering import liquid, markers
from mandata.delivery.rendering.encoding import header_text
from mandata.delivery.rendering.errors import RenderingRefused
from mandata.delivery.rendering.markers import Mark, Piece, Protected
from mandata.foundation.tokens import LINK_PREFERENCES, LINK_UNSUBSCRIBE, LINK_WEB_VERSION

_SIMPLE = re.compile(r"([A-Za-z_]\w*)(?:\s*\|\s*default\s*:\s*(?:\"([^\"]*)\"|'([^']*)'))?")
_WORDS_OF_LIQUID = frozenset({"true", "false", "nil", "null", "empty", "blank"})
_ASSIGNED = re.compile(r"assign\s+([\w-]+)")


class Value(NamedTuple):
    """A slot's part, as the format of `compiled` writes it."""

    part: tuple[Any, ...]


class Token(NamedTuple):
    """A token's place."""

    link: int


Item = str | Value | Token


class Cutter:
    """Cuts one part into literal text, values and tokens."""

    def __init__(self, protected: Protected, setting: Setting) -> None:
        self._protected = protected
        self.addresses = addresses(setting)
        self.constants = constants(setting)
        self.names: set[str] = set()
        self._length = 0
        self.outside: set[str] = set()  # names that stand outside all conditions of the part cut last

    def items(self, text: str, mode: str) -> list[Item]:
        """Return the part's items. Raises RenderingRefused for conditions that are not closed or not opened."""
        out: list[Item] = []
        group: list[str] = []
        flow: list[str] = []  # the tags of the group without its text: what an assign in it depends on
        prelude, depth = "", 0
        assigned: set[str] = set()
        self.outside = set()
        for part in self._protected.split(text):
            piece = self._protected.pieces[part.number] if isinstance(part, Mark) and part.kind != "t" else None
            if piece is None:
                out += [] if depth else self._plain(part)
                group += [_in_group(part)] if depth else []
                continue
            depth += (piece.name in markers.OPENING) - (piece.name in markers.CLOSING)
            inside = depth > 0 or piece.name in markers.CLOSING
            if depth < 0 or (not inside and piece.name in markers.INNER | {"break", "continue"}):
                raise RenderingRefused("content.tag_stray", tag=piece.source)
            assigned.update(_ASSIGNED.findall(piece.body) if piece.name == "assign" else ())
            if inside:
                url = isinstance(part, Mark) and part.kind == "u" and not piece.name
                group.append(piece.url_source if url else piece.source)
                flow += [piece.source] if piece.name else []
                if depth == 0:
                    out.append(self._liquid(prelude, "".join(group), mode))
                    prelude += "".join(flow) if "assign" in "".join(flow) else ""
                    group, flow = [], []
            elif piece.name:
                prelude += piece.source
            else:
                out += self._output(piece, part, prelude, assigned, mode)
        if depth:
            raise RenderingRefused("content.tag_unended")
        return out

    def _plain(self, part: str | Mark) -> list[Item]:
        return [part] if isinstance(part, str) else [Token(part.number)]

    def _liquid(self, prelude: str, source: str, mode: str) -> Value:
        self._length += len(prelude) + len(source)
        if self._length > liquid.MAX_SOURCE:
            raise RenderingRefused("content.tag_long")
        template = liquid.parse(prelude + source, mode)
        self.names |= {name for name in liquid.variables(template) if not name.startswith("mandata_link_")}
        return Value(("liquid", prelude + source, mode))

    def _output(self, piece: Piece, part: Any, prelude: str, assigned: set[str], mode: str) -> list[Item]:
        """An output outside of all conditions: an address, a constant, a field, or an expression."""
        url = part.kind == "u"
        escape: Callable[[str], str] = liquid.ESCAPES[liquid.URL if url else mode]
        self.outside.add(piece.body)
        if piece.body in self.addresses and not url:
            prefix, link, suffix = self.addresses[piece.body]
            return [escape(prefix), Token(link), escape(suffix)]
        if piece.body in self.constants and piece.body not in assigned:
            return [escape(self.constants[piece.body])]
        simple = _SIMPLE.fullmatch(piece.body)
        if simple and simple[1] not in assigned | _WORDS_OF_LIQUID | set(self.addresses) | set(self.constants) | {
            "now"
        }:
            self.names.add(simple[1])
            default = simple[2] if simple[2] is not None else simple[3]
            return [Value(("field", simple[1], default, liquid.URL if url else mode))]
        return [self._liquid(prelude, piece.url_source if url else piece.source, mode)]


def _in_group(part: str | Mark) -> str:
    return part if isinstance(part, str) else f"{{{{ mandata_link_{part.number} }}}}"


def addresses(setting: Setting) -> dict[str, tuple[str, int, str]]:
    """Return the merge tags that are addresses made of a token."""
    return {
        "unsubscribe_url": (setting.unsubscribe, LINK_UNSUBSCRIBE, ""),
        "preferences_url": (setting.preferences, LINK_PREFERENCES, ""),
        "web_version_url": (setting.web_version, LINK_WEB_VERSION, ""),
    }


def constants(setting: Setting) -> dict[str, str]:
    """Return the merge tags that are the same for everybody; an address of several lines becomes one."""
    lines = [line.strip(" ,") for line in setting.postal_address.splitlines() if line.strip(" ,")]
    return {"postal_address": ", ".join(lines), "sender_name": header_text(setting.sender_name)}


def merged(items: Iterable[Item]) -> Iterable[Item]:
    """Join neighbouring texts."""
    text: list[str] = []
    for item in items:
        if isinstance(item, str):
            text.append(item)
            continue
        if text:
            yield "".join(text)
            text = []
        yield item
    if text:
        yield "".join(text)
