"""How a clause is described: its kind of value, its place in the text, its words, and who carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from mandata.agreements.rules.values import Value
from mandata.agreements.rules.words import mark as _

CHAPTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "subject": _("Subject matter, law and conclusion"),
        "instructions": _("Instructions and responsibility"),
        "people": _("People and security"),
        "subprocessors": _("Other processors and transfers"),
        "assistance": _("Assistance"),
        "breach": _("Personal data breaches"),
        "audit": _("Audits"),
        "keeping": _("Return and deletion"),
        "consumer": _("The law of California"),
        "sending": _("Rules of sending"),
        "fees": _("Fees"),
        "running": _("Running of the service"),
        "own": _("Data that the operator processes as a controller"),
        "final": _("Liability, changes and end"),
        "annex1": _("Annex I: the parties"),
        "annex2": _("Annex II: description of the processing"),
        "annex3": _("Annex III: technical and organisational measures"),
        "annex4": _("Annex IV: sub-processors"),
    }
)
"""Chapters in the order of the Commission's clauses (Decision (EU) 2021/915); the service's own rules stand before
the final ones.
"""


_ON_DATA: Final = ("access", "combine", "disclose", "export", "import", "process", "profile", "rights", "send", "track")
_OF_TERMS: Final = ("accept", "apply", "change", "end", "instruct", "prevail", "publish", "read", "roles", "transfer")
_AT_THE_DESK: Final = ("audit", "breach", "charge", "engage", "extend", "indemnity", "keep", "liability", "notify")
ACTS: Final = frozenset({*_ON_DATA, *_OF_TERMS, *_AT_THE_DESK, "object", "relocate"})
"""What ``gate:<act>`` may name: every question that ``gates.answers`` knows."""
EXECUTORS: Final = frozenset({"acceptance", "due", "register", "text", *(f"gate:{act}" for act in ACTS)})
"""Who can execute a clause."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What the software knows of a clause.

    ``words`` is the sentence; ``open_words`` replaces it where the seed states no figure. ``by`` names who executes
    the clause:
    ``gate:<act>``, ``due`` (legal time), ``acceptance``, ``register``, or ``text`` (it binds people, and the text
    states it).
    """

    kind: type[Value]
    chapter: str
    title: str
    words: str
    by: tuple[str, ...]
    open_words: str = ""
    vocabulary: Mapping[str, str] = field(default_factory=dict)
    serves: tuple[str, ...] = ()
    required: bool = False
