"""Codes of audits, with their words as message ids."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from mandata.foundation.words import mark as _

INSPECTORS: Final[Mapping[str, str]] = {
    "customer": _("the controller itself"),
    "law_firm": _("a law firm"),
    "protection_professional": _("a data-protection professional"),
    "designated": _("an assessor whom the controller names"),
    "independent": _("an independent assessor whom the processor engages"),
    "other": _("another auditor"),
}
SCOPE: Final[Mapping[str, str]] = {
    "measures": _("technical and organisational measures"),
    "people": _("people and their accesses"),
    "subprocessors": _("sub-processors and transfers"),
    "instructions": _("instructions and the record"),
    "rights": _("requests of data subjects"),
    "breaches": _("breaches and how they were handled"),
    "deletion": _("deletion, return and backups"),
    "software": _("the software and its operation"),
}
"""What an audit may look at."""

SHOWN: Final[Mapping[str, str]] = {
    "nobody": _("to nobody but the parties"),
    "authority": _("to a supervisory authority that is entitled to it"),
    "other": _("to somebody else"),
}
STATES: Final[Mapping[str, str]] = {
    "requested": _("asked for"),
    "refused": _("refused"),
    "accepted": _("accepted"),
    "agreed": _("agreed"),
    "held": _("held"),
    "reported": _("reported"),
    "closed": _("closed"),
    "withdrawn": _("withdrawn"),
}
CONDUCT: Final[Mapping[str, tuple[str, str]]] = {
    "bound": ("audit.bound", _("Whoever audits is bound to confidentiality, and shows it before the audit begins.")),
    "secrets": ("audit.secrets", _("Secrets of third parties and of the processor are shown in general terms only.")),
    "withheld": ("audit.secrets", _("What cannot fairly be demanded is withheld, and is named as withheld.")),
    "secrecy": (
        "audit.secrecy",
        _("What is shown is a trade secret; it goes on to a supervisory authority only that is entitled to it."),
    ),
    "undisturbed": ("audit.disturbance", _("The audit does not interfere unreasonably with the processor's business.")),
    "site": ("audit.site", _("On the premises it disturbs the processor's work as little as possible.")),
    "others": ("", _("Nothing of another controller is shown.")),
}
"""Rules of conduct: code -> the clause that they come from (empty: always) and their words."""

WEIGHTS: Final[Mapping[str, str]] = {
    "remark": _("a remark"),
    "minor": _("a minor finding"),
    "major": _("a major finding"),
    "critical": _("a critical finding"),
}
CERTIFICATES: Final[Mapping[str, str]] = {
    "own_audit": _("a report of the processor's own audit"),
    "iso27001": _("a certificate under ISO/IEC 27001"),
    "iso27701": _("a certificate under ISO/IEC 27701"),
    "soc2": _("a SOC 2 report"),
    "cyber_essentials": _("Cyber Essentials"),
    "other": _("another attestation"),
}
ANSWER: Final = "audit.answer"
AGREEMENT: Final = "audit.agreement"
OWN: Final = "audit.own"
NOTICE: Final = "audit.notice"
COUNTED: Final = ("agreed", "held", "reported", "closed")
"""States in which an audit counts as one that took place or will."""

LINK_LASTS: Final = timedelta(days=14)
"""How long a pack stays and its links lead to it."""
PIECE: Final = 2**20
"""Bytes of a sealed piece of a pack."""
MAX_CERTIFICATE: Final = 20 * 2**20
