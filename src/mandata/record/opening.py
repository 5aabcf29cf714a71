"""The port by which verification opens sealed payloads: `record` stands below `vault`, so the wiring supplies it."""

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID


class Keys(Protocol):
    """What verification asks of the vault, in a controller's scope."""

    def open_payloads(self, sealed: Mapping[UUID, tuple[UUID, bytes]]) -> dict[UUID, bytes]:
        """Return entry -> salt (32 bytes) and payload of those envelopes (entry -> holder, envelope) that open."""

    def living(self, holders: Collection[UUID]) -> set[UUID]:
        """Return those holders that have a key."""


_supplied: Keys | None = None


def provide(supplied: Keys) -> None:
    """Name what opens payloads; called once by the wiring."""
    global _supplied
    _supplied = supplied


def keys() -> Keys:
    """Return what opens payloads."""
    if _supplied is None:
        raise RuntimeError("nothing was wired that opens payloads")
    return _supplied
