"""Limiting, suspending, ending the service: from when a decision may bind, and on which ground (OPS-2). Pure.

The agreement's clauses decide; where one is silent, a decision binds once it is told with its reasons, as the law on
platforms has it (Article 4(1) of Regulation (EU) 2019/1150).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mandata.agreements.rules import windows
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Ahead
from mandata.foundation.words import mark as _
from mandata.retention.rules import ending

KINDS: Final = ("limit", "suspend", "close")
ACTS: Final = ("send", "import", "track", "profile")
"""Acts that a partial limit can stop."""
NOTICE: Final = "suspension.notice"
SERIOUS: Final = "breach.serious"
WITHOUT: Final = ("suspension.exceptions", "suspension.immediate")
"""Clauses whose grounds need no notice ahead."""
LAW: Final = "Article 4(1) of Regulation (EU) 2019/1150"
GROUNDS: Final[Mapping[str, str]] = {
    "breach": _("a breach of the agreement or of the law"),
    "legal_duty": _("a legal or regulatory duty to end the service"),
    "urgency": _("urgency, for which the law lets the service be ended"),
    "repeated_breach": _("repeated breaches of the terms, proven"),
    "content": _("content that breaks the rules"),
    "account_check": _("a violation that a check of the account found"),
    "serious_breach": _("a serious breach"),
}
"""Why; the codes are those of the clauses, and one for everything else."""
REASONS: Final[Mapping[str, str]] = {
    "legal_duty": "law",
    "urgency": "law",
    "serious_breach": "serious_breach",
    "repeated_breach": "serious_breach",
    "content": "serious_breach",
}
"""Ground -> the reason for which an end is given (`ending.REASONS`); else "notice"."""
CONSEQUENCES: Final[Mapping[str, str]] = {
    "open": _("not decided yet"),
    "none": _("nothing follows"),
    "told": _("the controller was told"),
    "limited": _("the service was limited"),
    "suspended": _("the service was suspended"),
    "ended": _("the end was notified"),
}
FOLLOWS: Final[Mapping[str, str]] = {"limit": "limited", "suspend": "suspended", "close": "ended"}
"""Kind of decision -> consequence of a ground that it rests on."""
ALARMS: Final[Mapping[str, str]] = {"complaints": "complaints", "nonexistent": "nonexistent"}
"""Kind of an alarm of delivery -> the ground of breach.serious that it is."""


@dataclass(frozen=True, slots=True)
class Timing:
    """From when a decision may bind: by which clause and source; `at_once` where its ground needs no notice ahead.

    `usually`: the clause lets a shorter notice be given where the case demands it.
    """

    earliest: datetime
    clause: str
    source: str
    at_once: bool = False
    usually: bool = False


def timing(terms: Terms | None, kind: str, ground: str, at: datetime) -> Timing:
    """From when a decision of a kind, on a ground, told at an instant, may bind."""
    if kind == "close":
        since, by = ending.earliest(terms, at)
        return Timing(since, by if "." in by else "", _source(terms, by) or by)
    excepted = next((key for key in WITHOUT if terms is not None and ground in terms.items(key)), "")
    if excepted:
        return Timing(at, excepted, _source(terms, excepted), at_once=True)
    value = terms.find(NOTICE, Ahead) if terms is not None else None
    if terms is None or value is None:
        return Timing(at, "", LAW, at_once=True)
    return Timing(windows.earliest(terms, NOTICE, at), NOTICE, _source(terms, NOTICE), usually=value.usually)


def _source(terms: Terms | None, key: str) -> str:
    return terms.source(key) if terms is not None else ""


def serious(terms: Terms | None) -> tuple[str, ...]:
    """The grounds that the agreement calls a serious breach, in its order; none where it is silent."""
    return terms.items(SERIOUS) if terms is not None else ()
