"""The port by which the record gets its signing key: `record` stands below `vault`, so the wiring supplies it."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_supply: Callable[[], Ed25519PrivateKey] | None = None


def provide(supply: Callable[[], Ed25519PrivateKey]) -> None:
    """Name the function that gives the key; called once by the wiring."""
    global _supply
    _supply = supply


def signer() -> Ed25519PrivateKey:
    """Return the key that signs heads."""
    if _supply is None:
        raise RuntimeError("no signer was wired")
    return _supply()
