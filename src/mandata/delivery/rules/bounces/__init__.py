"""What comes back: delivery reports, complaints, automatic replies, and mail that is none of these.

`classify` looks at structure first (RFC 3464 reports, RFC 5965 feedback, notifications as JSON), then at the words that
people and programs write. Each recipient's reason follows from the diagnostic text, then from the enhanced status; a
reason says whether the address is dead (*hard*). Nothing here knows a file, a sender's host name or a single provider.
"""

from mandata.delivery.rules.bounces.kinds import READ, Kind, Recipient, Returned, classify, of_notification, of_words
from mandata.delivery.rules.bounces.reasons import HARD, is_hard, reason_of
from mandata.delivery.rules.bounces.reports import stated_instant

__all__ = [
    "HARD",
    "READ",
    "Kind",
    "Recipient",
    "Returned",
    "classify",
    "is_hard",
    "of_notification",
    "of_words",
    "reason_of",
    "stated_instant",
]
