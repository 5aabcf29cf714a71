"""What one attempt to hand a message over came to, and how SMTP replies are read (RFC 5321, RFC 3463).

A transport yields one `Outcome` for each letter that it took:

    sent       the receiver took responsibility: 2xx after the final dot
    deferred   a temporary refusal (4xx), or the connection was lost before the final dot had left us
    failed     a permanent refusal (5xx), or the letter can never be sent as it is
    unknown    the final dot left us and no answer to it arrived: delivered or not, only the receiver knows
    returned   nothing of the letter's content left us: it goes back to the queue and no attempt is counted
"""

import re
from typing import Final, Literal, NamedTuple

from mandata.foundation import cutting

Fate = Literal["sent", "deferred", "failed", "unknown", "returned"]

SENT: Final = "sent"
DEFERRED: Final = "deferred"
FAILED: Final = "failed"
UNKNOWN: Final = "unknown"
RETURNED: Final = "returned"

DIAGNOSTIC_LIMIT: Final = 200

_ENHANCED = re.compile(rb"^([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")


Stage = Literal["", "connect", "mail", "rcpt", "data", "content"]


class Outcome(NamedTuple):
    """The end of one attempt. `code` is the SMTP reply code or 0; `enhanced` like "5.1.1" or ""; no addresses inside.

    `stage` is what the receiver was asked when it answered: a refusal at "mail" speaks of the sender, at "rcpt" of the
    recipient, at "content" of the message.
    """

    key: int
    fate: Fate
    code: int = 0
    enhanced: str = ""
    diagnostic: str = ""
    stage: Stage = ""


def enhanced_status(text: bytes) -> str:
    """Return the enhanced status code at the start of a reply's text, or "" (RFC 2034)."""
    found = _ENHANCED.match(text)
    return found.group().decode("ascii") if found else ""


def without_addresses(text: str, address: str = "") -> str:
    """Return a diagnostic with everything that looks like an address cut, and `address` and its local part too."""
    return cutting.without_addresses(text, address)[:DIAGNOSTIC_LIMIT]


def refused(key: int, code: int, text: bytes, address: str = "", stage: Stage = "") -> Outcome:
    """Return the outcome of a reply that is no 2xx or 3xx: 4xx defers, 5xx fails, anything else is deferred."""
    enhanced = enhanced_status(text)
    fate: Fate = "failed" if 500 <= code <= 599 else "deferred"
    # A permanent code with a temporary enhanced status (seen as "550 4.x.x") means temporary: the finer word wins.
    if fate == "failed" and enhanced.startswith("4."):
        fate = "deferred"
    return Outcome(key, fate, code, enhanced, without_addresses(text.decode("utf-8", "replace"), address), stage)
