"""From a diagnostic text and an enhanced status (RFC 3463) to the reason why a message came back.

The text speaks first: servers word what they mean more exactly than they number it. The patterns stand in order, the
specific before the general; the first that matches decides. Where no words match, the status decides, then the code.
"""

import re
from typing import Final

from mandata.delivery.rules.bounces.known import KNOWN
from mandata.delivery.rules.bounces.phrases import PLAIN, WORDS

HARD: Final = frozenset({"userunknown", "hostunknown", "hasmoved"})
"""Reasons that mean: nobody will ever read mail at this address. `notaccept` joins them when the reply was a 5xx."""


def _compiled(phrases: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((reason, re.compile("|".join(words), re.IGNORECASE)) for reason, words in phrases)


_PLAIN_PATTERNS: Final = _compiled(PLAIN)
_KNOWN_PATTERNS: Final = _compiled(KNOWN)
_PATTERNS: Final = _compiled(WORDS)

_STATUSES: Final[dict[str, str]] = {
    "1.0": "userunknown", "1.1": "userunknown", "1.2": "hostunknown", "1.3": "userunknown", "1.4": "userunknown",
    "1.6": "hasmoved", "1.7": "rejected", "1.8": "rejected", "1.9": "systemerror", "1.10": "notaccept",
    "2.0": "filtered", "2.1": "filtered", "2.2": "mailboxfull", "2.3": "exceedlimit", "2.4": "filtered",
    "3.0": "systemerror", "3.1": "mailboxfull", "3.2": "notaccept", "3.3": "systemerror", "3.4": "mesgtoobig",
    "3.5": "systemerror",
    "4.0": "networkerror", "4.1": "expired", "4.2": "networkerror", "4.3": "systemerror", "4.4": "hostunknown",
    "4.5": "blocked", "4.6": "networkerror", "4.7": "expired", "4.8": "networkerror",
    "5.0": "mailererror", "5.1": "systemerror", "5.2": "notcompliantrfc", "5.3": "exceedlimit", "5.4": "mailererror",
    "5.5": "mailererror",
    "6.0": "contenterror", "6.1": "contenterror", "6.2": "contenterror", "6.3": "contenterror", "6.4": "contenterror",
    "6.5": "contenterror", "6.6": "contenterror", "6.7": "contenterror", "6.8": "contenterror", "6.9": "contenterror",
    "7.0": "securityerror", "7.1": "securityerror", "7.2": "filtered", "7.3": "securityerror", "7.4": "securityerror",
    "7.5": "securityerror", "7.6": "securityerror", "7.7": "securityerror", "7.8": "securityerror",
    "7.9": "securityerror", "7.20": "authfailure", "7.21": "authfailure", "7.22": "authfailure",
    "7.23": "authfailure", "7.24": "authfailure", "7.25": "requireptr", "7.26": "authfailure", "7.27": "notaccept",
    "7.28": "blocked",
}  # fmt: skip
"""Subject and detail of the enhanced status, where the words say nothing."""

_SURE: Final = frozenset(
    {"1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "2.2", "2.3", "3.2", "3.4", "6.0", "7.20", "7.23", "7.25", "7.26"}
)
"""Statuses that servers use for one thing only: they outweigh vague words."""

_ONLY: Final = frozenset({"2.2", "2.3", "1.3", "1.6", "1.10", "3.4"})
"""Statuses that outweigh any words but the plainest."""

_VAGUE: Final = frozenset({"blocked", "filtered", "expired", "systemerror", "mailererror"})
_MOST: Final = 8000
"""Characters of a diagnostic that are read: why a message came back is said at its beginning."""
_NOISE = re.compile(
    r"\bhttps?://\S{1,500}|[^\s<>\"'(),;:@]{1,128}@[^\s<>\"'(),;]{1,255}|\[?\b\d{1,3}(?:\.\d{1,3}){3}\b\]?"
)
_ASKED = re.compile(
    r"\brcpt\b|does not like recipient|recipient command|after recipient|mailbox unavailable|invalid recipient|>: user",
    re.IGNORECASE,
)


def reason_of(text: str, status: str = "", code: str = "", context: str = "") -> str:
    """Return the reason for a diagnostic text, an enhanced status ("5.1.1") and an SMTP code; "undefined" at worst.

    `context` is the rest of the notice: it may say at which command the receiver refused.
    """
    said = " ".join(_NOISE.sub("_", text[:_MOST]).split())
    subject_detail = status.partition(".")[2]
    by_status = _STATUSES.get(subject_detail, "")
    plain = _first(_PLAIN_PATTERNS, said)
    if plain or subject_detail in _ONLY:
        return plain or by_status
    known = _first(_KNOWN_PATTERNS, said)
    by_words = known or _first(_PATTERNS, said)
    if by_words == "userunknown":
        return _nobody_there(subject_detail, code, text + context)
    if by_words == "hostunknown" and status.startswith("4."):
        return "networkerror"  # a name that cannot be found for now says nothing of the domain
    if known or (by_words and not (by_words in _VAGUE and subject_detail in _SURE)):
        return by_words
    return by_status or _by_code(status, code, said)


def _first(patterns: tuple[tuple[str, re.Pattern[str]], ...], said: str) -> str:
    return next((reason for reason, pattern in patterns if pattern.search(said)), "")


def _nobody_there(subject_detail: str, code: str, context: str) -> str:
    """Words of an unknown user: believed with an address status, at RCPT, or from a server's own notice.

    Said of the content, or under a status that speaks of something else, they are how filters like to refuse.
    """
    if subject_detail == "1.2":
        return "hostunknown"
    if subject_detail.startswith("1.") and subject_detail not in {"1.7", "1.8"}:
        return "userunknown"
    if subject_detail == "2.2":
        return "mailboxfull"
    return "userunknown" if not code or _ASKED.search(context) else "filtered"


def _by_code(status: str, code: str, said: str) -> str:
    if code in {"552", "452", "522"}:
        return "mailboxfull"
    if code.startswith("4") or status.startswith("4"):
        return "expired"
    return "onhold" if said.strip(" _") else "undefined"


def is_hard(reason: str, status: str, code: str) -> bool:
    """Return whether the address is dead for good."""
    if reason in HARD:
        return True
    return reason == "notaccept" and (code.startswith("5") or (not code and status.startswith("5")))
