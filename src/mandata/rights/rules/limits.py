"""Lengths, times and channels of the rights desk. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

CHANNELS: Final = ("portal", "email", "api", "phone", "post", "hand")
ON_PAPER: Final = frozenset({"phone", "post", "hand"})
"""Who asked so is answered by a letter (DSR-10); everybody else by mail."""
PAPER: Final = tuple(one for one in CHANNELS if one in ON_PAPER)
LANGUAGES: Final = ("en", "cs", "de", "it")
"""The languages of letters and of the public pages of rights."""

OPEN: Final = ("received", "confirmed")
"""States in which a case waits for somebody: for the person, then for the officer."""
STATES: Final = ("received", "confirmed", "answered", "refused", "expired")

CONFIRM_LASTS: Final = timedelta(days=14)
PROGRESS_LASTS: Final = timedelta(days=400)
DOWNLOAD_LASTS: Final = timedelta(days=14)
PROOF_LASTS: Final = timedelta(days=14)
PAPER_LASTS: Final = timedelta(days=14)
"""How long the letter that tells of an erasure waits to be handed over, before it is deleted like the mail would be."""
ASK_AGAIN_AFTER: Final = timedelta(minutes=15)
"""How long a repeated request sends no further mail, so that nobody is flooded through the form."""

MAX_WORDS: Final = 4_000
MAX_NAME: Final = 120
MAX_POST: Final = 400
MAX_REASONS: Final = 2_000
MAX_PROOF: Final = 5 * 2**20
MAX_MAIL: Final = 2**20
MAILS_AN_HOUR: Final = 200
"""New cases that mails to a controller's inbox address may open in an hour; further ones are asked to come later."""
CASES_AN_HOUR: Final = 10
"""New cases that one address may open in an hour by the public page or by mail, because each sends it a mail: room for
every kind, none for somebody who floods another's mailbox."""
MAX_HOUSEHOLD: Final = 12
MAX_PAGE: Final = 1_000
MAX_BULK: Final = 1_000

PROOFS: Final[Mapping[str, bytes]] = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}
"""What may be sent as proof of identity, told by its first bytes."""

TRIES: Final = 5
"""How often a copy is sent to another controller before it is said to have failed."""

HOLDINGS: Final = ("cases", "answers")
"""The keys of the rights desk's own holdings: what is held because somebody asked."""

PATHS: Final[Mapping[str, str]] = {
    "request": "/rights/{0}/",
    "confirm": "/rights/confirm/{0}/",
    "progress": "/rights/progress/{0}/",
    "download": "/rights/answer/{0}/",
    "proof": "/rights/proof/{0}/",
}
"""Where the public pages live; mails are written by lower folders than the pages, and a test holds both equal."""


def may_confirm(state: str) -> bool:
    """Say whether a link still confirms a case in this state."""
    return state == "received"


def may_answer(state: str) -> bool:
    """Say whether a case in this state can be answered: once confirmed, and once only."""
    return state == "confirmed"


def may_refuse(state: str) -> bool:
    """Say whether a case in this state can be refused."""
    return state in OPEN


def on_paper(channel: str) -> bool:
    """Say whether who asked by a channel is answered by a letter on paper (DSR-10)."""
    return channel in ON_PAPER


def media_of(content: bytes) -> str:
    """Return the media type of a proof by its first bytes; empty for anything else."""
    return next((media for media, start in PROOFS.items() if content.startswith(start)), "")


def suspended(due_at: datetime, stood: int, waits_since: datetime | None, at: datetime) -> datetime:
    """Return the due time by the reading that counts no time in which proof of identity was awaited. `stood`: seconds
    of earlier waits."""
    waited = max(at - waits_since, timedelta()) if waits_since else timedelta()
    return due_at + timedelta(seconds=stood) + waited
