"""A campaign compiled to segments and slots, and the filling of one message.

Format, version 1: canonical JSON (UTF-8) of

    {"format": 1,
     "layout": [segment or slot number, ...],      segments are ASCII, ready for the wire; their sequence is the message
     "slots": [slot, ...],
     "tokens": [link number, ...],                 the tokens to mint for a message, in the order `fill` wants them
     "constants": {name: text},                    values of merge tags that are the same for everybody
     "addresses": {name: [prefix, link, suffix]},  merge tags that are an address made of a token
     "links": [[number or null, url, label], ...]}

    slot:  ["token", link]        the token itself, 43 characters of base64url
           ["date"]               RFC 5322 date-time
           ["to"]                 RFC 5322 mailbox of the recipient
           ["header", [part...]]  parts joined, then encoded as an unstructured header
           ["body", part]         quoted-printable, starting at column 0, ending with a soft line break
    part:  text | ["field", name, default or null, mode] | ["liquid", template, mode]
    mode:  "html" | "text" | "url": how the value is escaped

A reader refuses other versions. What `fill` joins needs no further encoding: CRLF line ends, at most 76 characters in
body lines, ASCII only. Dot-stuffing is the transport's.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, NamedTuple

from mandata.campaigns.rules.content import Link
from mandata.delivery.rendering import liquid
from mandata.delivery.rendering.encoding import LINE, SOFT, body_text, mailbox, quote_value, unstructured
from mandata.delivery.rendering.errors import RenderingRefused, Unrenderable
from mandata.foundation import canonical
from mandata.foundation.tokens import LINK_BOUNCE

FORMAT = 1

_MARKUP = re.compile("[&<>\"']")


class Recipient(NamedTuple):
    """Whom a message is for: bare address, the values merge tags read (plain data), and a display name if wanted."""

    address: str
    fields: Mapping[str, object]
    name: str = ""


class _State:
    """One filling: what the slots read."""

    __slots__ = ("_context", "at", "budget", "compiled", "recipient", "tokens")

    def __init__(self, compiled: "Compiled", recipient: Recipient, tokens: Sequence[str], at: datetime) -> None:
        self.compiled = compiled
        self.recipient = recipient
        self.tokens = tokens
        self.at = at
        self.budget = liquid.Budget()
        self._context: dict[str, object] | None = None

    def context(self) -> dict[str, object]:
        """Return what Liquid reads, made at first need. The platform's names go before the recipient's."""
        if self._context is None:
            by_link = dict(zip(self.compiled.tokens, self.tokens, strict=True))
            try:
                fields = {name: liquid.plain(value) for name, value in self.recipient.fields.items()}
            except TypeError as error:
                raise Unrenderable("message.value", reason=str(error)) from error
            addresses = {
                name: prefix + by_link[link] + suffix
                for name, (prefix, link, suffix) in self.compiled.addresses.items()
                if link in by_link
            }
            links = {f"mandata_link_{link}": token for link, token in by_link.items()}
            own = {"email": self.recipient.address, "now": self.at.isoformat()}
            self._context = {**fields, **own, **self.compiled.constants, **addresses, **links}
        return self._context


Make = Callable[[_State], str]


@dataclass(frozen=True)
class _Body:
    """Everything of the format but its version."""

    layout: list[Any]
    slots: list[list[Any]]
    tokens: list[int]
    constants: dict[str, str]
    addresses: dict[str, tuple[str, int, str]]
    links: list[tuple[int | None, str, str]]


class Compiled:
    """A campaign ready to be filled. Immutable; safe to share between threads.

    `plain`: no line of any message begins with a dot, so that a transport need not look for one (RFC 5321 4.5.2).
    """

    def __init__(self, body: _Body) -> None:
        self._body = body
        self.tokens: tuple[int, ...] = tuple(body.tokens)
        self.bounce_index = self.tokens.index(LINK_BOUNCE)
        self.constants = body.constants
        self.addresses = body.addresses
        self.links = tuple(Link(*link) for link in body.links)
        places: dict[int, list[int]] = {}
        for position, item in enumerate(body.layout):
            if isinstance(item, int):
                places.setdefault(item, []).append(position)
        at = {link: index for index, link in enumerate(self.tokens)}
        kinds = [slot[0] for slot in body.slots]
        self._blank = ["" if isinstance(item, int) else str(item) for item in body.layout]
        self._token_places = [
            (position, at[body.slots[slot][1]])
            for slot, positions in places.items()
            if kinds[slot] == "token"
            for position in positions
        ]
        # Slots never put a dot at the beginning of a line, whatever their values (see `encoding`).
        self.plain = "\r\n." not in "\r\n" + "*".join(self._blank)
        twins = _twins(body.slots)
        self._makes = [
            (_make(body.slots[slot]), positions)
            for slot, positions in places.items()
            if kinds[slot] != "token" and slot not in twins
        ]
        self._echoes = [
            (places[twin][0], _make(body.slots[slot]), places[slot]) for slot, twin in twins.items() if slot in places
        ]

    def fill(self, recipient: Recipient, tokens: Sequence[str], at: datetime) -> bytes:
        """Return one whole message (RFC 5322, CRLF, ASCII, not dot-stuffed).

        `tokens` are the message's tokens for `self.tokens`, in that order; `at` is the aware moment for Date. Raises
        Unrenderable when this recipient's data give no message; ValueError for a wrong number of tokens.
        """
        if len(tokens) != len(self.tokens):
            raise ValueError(f"{len(self.tokens)} tokens are needed, {len(tokens)} were given")
        state = _State(self, recipient, tokens, at)
        out = self._blank.copy()
        for position, index in self._token_places:
            out[position] = tokens[index]
        for make, positions in self._makes:
            value = make(state)
            for position in positions:
                out[position] = value
        for source, make, positions in self._echoes:
            value = out[source]
            if _MARKUP.search(value):
                value = make(state)
            for position in positions:
                out[position] = value
        return "".join(out).encode("ascii")

    def to_bytes(self) -> bytes:
        """Return the stored form."""
        return canonical.dumps({"format": FORMAT, **self._body.__dict__})

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> "Compiled":
        """Return what `to_bytes` stored. Raises RenderingRefused for another version."""
        values = canonical.loads(bytes(data))
        version = values.pop("format", None)
        if version != FORMAT:
            raise RenderingRefused("content.format", found=version, known=FORMAT)
        values["addresses"] = {
            name: (address[0], address[1], address[2]) for name, address in values["addresses"].items()
        }
        return cls(_Body(**values))


def compiled(**body: Any) -> Compiled:
    """Make a Compiled from the members of the format, as the compiler does."""
    return Compiled(_Body(**body))


def _make(slot: list[Any]) -> Make:
    kind = slot[0]
    if kind == "date":
        return lambda state: _date(state.at)
    if kind == "to":
        return lambda state: mailbox(state.recipient.name, state.recipient.address)
    if kind == "header":
        parts = [_part(part) for part in slot[1]]
        return lambda state: unstructured("".join([part(state) for part in parts]))
    return _body(slot[1])


def _twins(slots: list[list[Any]]) -> dict[int, int]:
    """Return HTML slot -> text slot for fields that stand in both parts. Escaping for HTML changes a value only where
    it holds markup, so that most values need be made once."""
    fields = {
        tuple(slot[1]): number for number, slot in enumerate(slots) if slot[0] == "body" and slot[1][0] == "field"
    }
    return {
        number: fields[*field[:3], liquid.TEXT]
        for field, number in fields.items()
        if field[3] == liquid.HTML and (*field[:3], liquid.TEXT) in fields
    }


def _body(part: Any) -> Make:
    """A value on lines of its own. Short plain words, and the fallback, need nothing done for each recipient."""
    value = _part(part)
    if part[0] != "field":
        return lambda state: quote_value(value(state))
    _, name, default, mode = part
    fallback = quote_value(liquid.ESCAPES[mode](body_text(default or "")))

    def make(state: _State) -> str:
        given = state.recipient.address if name == "email" else state.recipient.fields.get(name)
        if given is None:
            return fallback
        if type(given) is str and len(given) <= LINE and given.isascii() and given.isalnum():
            return given + SOFT
        return quote_value(value(state))

    return make


def _part(part: Any) -> Make:
    if isinstance(part, str):
        return lambda _: part
    if part[0] == "liquid":
        template = liquid.parse(part[1], part[2])
        return lambda state: liquid.render(template, state.context(), state.budget)
    return _field(*part[1:])


def _field(name: str, default: str | None, mode: str) -> Make:
    """The fast path: one value, one fallback. Agrees with what Liquid makes of it (a property test compares them)."""
    escape = liquid.ESCAPES[mode]
    fallback = escape(body_text(default or ""))
    plain_mode = mode != liquid.URL

    def make(state: _State) -> str:
        value = state.recipient.address if name == "email" else state.recipient.fields.get(name)
        if type(value) is not str:
            return fallback if _absent(value, with_default=default is not None) else escape(_words(value))
        if not value:
            return fallback
        if plain_mode and value.isalnum():
            return value
        return escape(body_text(value))

    return make


def _absent(value: object, *, with_default: bool) -> bool:
    """Say whether Liquid takes the fallback for a value that is no text: none, false, an empty list or dictionary."""
    return value is None or (with_default and (value is False or value in ([], {}, ())))


def _words(value: object) -> str:
    try:
        return body_text(liquid.words(liquid.plain(value)))
    except (TypeError, ValueError) as error:
        raise Unrenderable("message.value", reason=str(error)) from error


@lru_cache(maxsize=64)
def _date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC))
