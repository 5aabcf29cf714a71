"""The port to whatever turns content into messages. Delivery provides it, `project/wiring.py` joins them.

Campaigns stand below delivery and know nothing of it; but a member who writes wants to see what will be sent.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import NamedTuple, Protocol

from mandata.campaigns.rules.content import Content, Facts, Link, Setting


class Rendered(NamedTuple):
    """A compiled campaign as it is stored, its links, and what was found out about it."""

    data: bytes
    links: tuple[Link, ...]
    facts: Facts


class Preview(NamedTuple):
    """One message as somebody would get it. `html` is a whole document that cannot act; links lead to their targets."""

    subject: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]
    size: int


class Renderer(Protocol):
    """Turns content into messages."""

    def compile(self, content: Content, setting: Setting) -> Rendered:
        """Compile once. Raises ContentRefused."""

    def door(self) -> str:
        """Return where links, pixels and one-click unsubscribes of the scope's controller lead: an address without its
        last slash."""

    def preview(self, data: bytes, *, address: str, name: str, fields: Mapping[str, object], at: datetime) -> Preview:
        """Fill one message for looking at: no link in it is counted. Raises Refused when the data give no message."""


_factories: list[Callable[[], Renderer]] = []


def provide(factory: Callable[[], Renderer]) -> None:
    """Say who makes the renderer; called once by the wiring. It is made at first need, since its tools take memory."""
    _factories[:] = [cache(factory)]


def renderer() -> Renderer:
    """Return the renderer."""
    if not _factories:
        raise RuntimeError("no renderer was provided; project/wiring.py does it")
    return _factories[0]()
