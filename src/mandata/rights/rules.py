"""Decisions about cases: what can be asked, when it is due, what may follow what. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

KINDS: Final = ("access", "erasure")
CHANNELS: Final = ("portal", "email", "phone", "post", "hand")
LANGUAGES: Final = ("en", "cs")
OPEN: Final = ("received", "confirmed")
"""States in which a case waits for somebody: for the person, then for the officer."""

CONFIRM_LASTS: Final = timedelta(days=14)
PROGRESS_LASTS: Final = timedelta(days=400)
DOWNLOAD_LASTS: Final = timedelta(days=14)
ASK_AGAIN_AFTER: Final = timedelta(minutes=15)
"""How long a repeated request sends no further mail, so that nobody is flooded through the form."""

MAX_WORDS: Final = 4_000
MAX_NAME: Final = 120

CLAUSES: Final[Mapping[str, str]] = {"access": "Art. 15 GDPR", "erasure": "Art. 17 GDPR"}
DUE_CLAUSE: Final = "Art. 12(3) GDPR"
ANSWER: Final = "rights.answer"
"""The duty that a request opens on receipt: its answer."""

REASONS: Final[Mapping[str, str]] = {
    "unfounded": "Art. 12(5)(b) GDPR",
    "identity": "Art. 12(2) GDPR",
    "rights_of_others": "Art. 15(4) GDPR",
    "legal_obligation": "Art. 17(3)(b) GDPR",
    "legal_claims": "Art. 17(3)(e) GDPR",
    "freedom_of_expression": "Art. 17(3)(a) GDPR",
    "public_interest": "Art. 17(3)(c), (d) GDPR",
}
"""Why a request may be refused, each with the provision that allows it."""

HOLDINGS: Final = ("cases", "answers")
"""The keys of the rights desk's own holdings: what is held because somebody asked."""

PATHS: Final[Mapping[str, str]] = {
    "request": "/rights/{0}/",
    "confirm": "/rights/confirm/{0}/",
    "progress": "/rights/progress/{0}/",
    "download": "/rights/answer/{0}/",
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


def refusal_reasons(kind: str) -> tuple[str, ...]:
    """Return the reasons for which a case of a kind may be refused."""
    only = {"access": "Art. 15", "erasure": "Art. 17"}
    return tuple(
        reason for reason, clause in REASONS.items() if clause.startswith("Art. 12") or clause.startswith(only[kind])
    )
