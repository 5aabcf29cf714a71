"""The words of what came back: kinds, reasons and their meanings."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

FIGURES: Final[tuple[tuple[str, Any, Any], ...]] = (
    ("hard", _("Came back for good"), _("The mailbox or its domain does not exist. Suppressed by itself.")),
    (
        "soft",
        _("Came back for now"),
        _("The mailbox is full, or the server refused this message. Nobody is suppressed."),
    ),
    ("complaint", _("Complaints"), _("People reported the message as spam. Suppressed by itself.")),
    ("leave", _("Unsubscribed by mail"), _("The mail program sent the wish; effective when we had it.")),
    ("delay", _("Delayed"), _("A server goes on trying. Its last word comes later.")),
    ("auto", _("Automatic replies"), _("Out of office, for example. They count for nothing.")),
    ("challenge", _("Challenges"), _("A filter asks the sender to prove something. Nobody answers it.")),
    ("reply", _("Other replies"), _("Somebody wrote to the envelope address. It is not passed on.")),
)
TONES: Final = {"bounce": "warn", "complaint": "bad", "leave": "info", "delivered": "good"}
REASONS: Final[dict[str, Any]] = {
    "userunknown": _("No such mailbox"),
    "hostunknown": _("No such domain"),
    "hasmoved": _("Moved to another address"),
    "notaccept": _("The domain takes no mail"),
    "mailboxfull": _("Mailbox full"),
    "suspend": _("Mailbox suspended"),
    "filtered": _("Refused by the recipient’s filter"),
    "expired": _("Not delivered in time"),
    "blocked": _("Our server is blocked"),
    "badreputation": _("Bad reputation"),
    "spamdetected": _("Taken for spam"),
    "virusdetected": _("Taken for a virus"),
    "authfailure": _("SPF, DKIM or DMARC failed"),
    "requireptr": _("Our server’s name does not fit"),
    "policyviolation": _("Against the receiver’s rules"),
    "rejected": _("Sender refused"),
    "contenterror": _("Content refused"),
    "mesgtoobig": _("Message too large"),
    "notcompliantrfc": _("Message malformed"),
    "exceedlimit": _("Over a limit of the receiver"),
    "toomanyconn": _("Too many connections"),
    "speeding": _("Sent too fast"),
    "systemerror": _("Fault of the receiver’s system"),
    "systemfull": _("The receiver’s system is full"),
    "networkerror": _("Network fault"),
    "norelaying": _("Relaying refused"),
    "securityerror": _("Security demanded"),
    "mailererror": _("Fault of a mail program"),
    "onhold": _("Refused without a known reason"),
    "undefined": _("No reason stated"),
    "vacation": _("Away"),
    "feedback": _("Reported as spam"),
    "delivered": _("Delivered"),
    "unsubscribed": _("Unsubscribed"),
}
MEANINGS: Final[dict[str, Any]] = {
    "userunknown": _("Check where these addresses come from. An import with many of them is a serious breach."),
    "hostunknown": _("Often a slip of the pen in the domain. Ask for the address again."),
    "mailboxfull": _("It may work again. After several in a row over days the address rests for half a year."),
    "suspend": _("The provider closed the mailbox. Such addresses turn into traps later; clean them."),
    "blocked": _("The operator looks at it: it concerns the sending server, not your message."),
    "badreputation": _("Write less, and first to those who react. Look at complaints."),
    "spamdetected": _("Look at content and links, and write only to people who asked for it."),
    "authfailure": _("Look at Sending → Domains: a record is missing or wrong."),
    "policyviolation": _("The receiver’s own rule. Its words below often name it."),
    "mesgtoobig": _("Make the message smaller; pictures belong behind links."),
    "expired": _("The receiver did not take it for days."),
}
_LEVELS: Final[dict[str, Any]] = {"warned": _("Warning"), "stopped": _("Sending is stopped")}
_LIFTED: Final = _("Lifted")
_KINDS: Final[dict[str, Any]] = {kind: label for kind, label, _help in FIGURES} | {"delivered": _("Delivered")}
_WHO: Final[dict[str, Any]] = {"member": _("a member"), "operator": _("the operator")}


def reason(code: str) -> Any:
    """Return a reason in words; the code itself where it has none."""
    return REASONS.get(code, code)


def kind(code: str, hard: bool) -> Any:
    """Return a kind in words."""
    return _KINDS["hard" if hard else "soft"] if code == "bounce" else _KINDS.get(code, code)


def level(code: str, *, lifted: bool) -> Any:
    """Return how far an alarm went, in words."""
    return _LIFTED if lifted else _LEVELS[code]


def who(actor: str) -> Any:
    """Return who lifted an alarm, in words: the record has the id."""
    return _WHO.get(actor.partition(":")[0], actor)
