"""The port by which the fate of a legal notice is told: agreements stand above accounts, so the wiring joins them.

The outbox knows mails; what a notice under an agreement means, when it counts as delivered and who must see to it when
it does not arrive, is the agreements' to know. They are told in the transaction that settles the mail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Proof:
    """How a legal notice left: what was handed over (SHA-256 of the exact bytes), to whom, what was answered.

    `taken` is False where the server refused for good or patience ran out. The reply holds no addresses.
    """

    notice: UUID
    kind: str
    taken: bool
    digest: bytes
    host: str
    server: str
    reply: str
    attempts: int
    at: datetime


_tellers: list[Callable[[Proof], None]] = []


def provide(settled: Callable[[Proof], None]) -> None:
    """Say who is told when a legal notice is settled; called once by the wiring."""
    _tellers[:] = [settled]


def tell(proof: Proof) -> None:
    """Tell it, inside the notice's scope and in the transaction that settles it."""
    if not _tellers:
        raise RuntimeError("nobody was wired to be told of legal notices; project/wiring.py does it")
    _tellers[0](proof)
