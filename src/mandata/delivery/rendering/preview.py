"""A filled message as a person looks at it: read back from its bytes, and made harmless for a browser.

What is previewed is the message itself, filled by the same code that sends, and parsed by Python's own e-mail package.
The HTML then goes through nh3 (ammonia) although compiling has cleaned it already: two parsers have to agree before
anything reaches a member's browser, which shows it in a sandboxed frame besides.
"""

import email
import html
import re
from collections import Counter
from email import policy
from typing import NamedTuple

import nh3

from mandata.delivery.rendering.errors import Unrenderable
from mandata.delivery.rendering.markers import VOID, names

_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.S | re.I)
_BODY = re.compile(r"<body([^>]*)>(.*)</body>", re.S | re.I)
_BODY_STYLE = re.compile(r'\sstyle="([^"]*)"')
_REMOTE_STYLE = re.compile(r"@import|url\s*\(|expression\s*\(|javascript:|-moz-binding|behavior\s*:|<", re.I)

_TAGS = set(nh3.ALLOWED_TAGS) | {"center", "font", "main", "section"}
_EVERYWHERE = names(
    "align bgcolor border cellpadding cellspacing class color dir face height id "
    "lang role size style title valign width"
)
_ATTRIBUTES = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}
_ATTRIBUTES["*"] = _ATTRIBUTES.get("*", set()) | _EVERYWHERE
_ATTRIBUTES["a"] = _ATTRIBUTES.get("a", set()) | {"target"}


MAX_DEPTH = 1_000
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)")


class Parts(NamedTuple):
    """A message taken apart. `headers` in their order, decoded."""

    subject: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]


def read(message: bytes) -> Parts:
    """Return the parts of a filled message."""
    parsed = email.message_from_bytes(message, policy=policy.default)
    bodies = {kind: parsed.get_body((kind,)) for kind in ("html", "plain")}
    contents = {kind: str(body.get_content()) if body else "" for kind, body in bodies.items()}
    return Parts(
        subject=str(parsed["Subject"]),
        html=contents["html"],
        text=contents["plain"],
        headers=tuple((name, str(value)) for name, value in parsed.items()),
    )


def depth(source: str) -> int:
    """Return how deep elements are nested at most, taking each tag at its word."""
    opened: Counter[str] = Counter()
    now = deepest = 0
    for closing, name in _TAG.findall(source):
        if not closing and name not in VOID:
            opened[name] += 1
            now += 1
            deepest = max(deepest, now)
        elif closing and opened[name]:
            opened[name] -= 1
            now -= 1
    return deepest


def harmless(source: str) -> str:
    """Return a whole HTML document that shows the message and does nothing else.

    Raises Unrenderable for nesting that only a merge tag's loop can make: parsers in machine code may fall over it.
    Scripts, forms, handlers and style sheets that load anything are gone; images stay. For a frame with `sandbox`.
    """
    styles = "\n".join(text for text in _STYLE.findall(source) if not _REMOTE_STYLE.search(text))
    found = _BODY.search(source)
    attributes, body = (found[1], found[2]) if found else ("", source)
    if depth(body) > MAX_DEPTH:
        raise Unrenderable("message.depth")
    style = _BODY_STYLE.search(attributes)
    kept = html.unescape(style[1]) if style and not _REMOTE_STYLE.search(html.unescape(style[1])) else ""
    clean = nh3.clean(
        body,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel="noopener noreferrer",
        strip_comments=True,
    )
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<style>{styles}</style></head><body style="{html.escape(kept)}">{clean}</body></html>'
    )
