"""How an agreement ends: its timetable, what may still be done when, and whether the data may be deleted. Pure.

Periods are the agreement's (`agreements.rules`); an instant is a parameter. Sources: Article 28(3)(g) GDPR; RET-2 to
RET-4; Article 4(2) of Regulation (EU) 2019/1150 on the thirty days of a processor's notice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mandata.agreements.rules import duties, windows
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Choice, Listing, Period
from mandata.foundation import periods

CHOICES: Final = ("return", "delete", "both")
"""What a controller can choose to become of its data; both: first returned, then deleted."""
REASONS: Final[Mapping[str, tuple[str, ...]]] = {
    "controller": ("notice", "disagreement", "processor_breach", "function"),
    "processor": ("notice", "serious_breach", "service_closed", "law"),
    "term": ("term", "inactivity"),
}
"""Why an agreement ends, by who ends it; codes."""
NEED_WORDS: Final = ("serious_breach", "service_closed", "law", "notice")
"""Grounds of the processor's that it states in words."""
LAW: Final = "Art. 28(3)(g) GDPR"
CLOSURE: Final = "closure.notice"
CLOSURE_LAW: Final = "Article 4(2) of Regulation (EU) 2019/1150"
CLOSURE_PERIOD: Final = Period.parse("30 days")

EVENTS: Final = ("contract_ended", "cooperation_ended", "service_terminated")
"""The events that an end is, as clauses name it."""
REQUESTED: Final = "return_requested"
DELETED: Final = "account_deleted"
REMINDED: Final = "reminder_sent"

CLAUSES: Final = (
    "end.plan",
    "end.engine",
    "end.deletion",
    "end.access",
    "end.export",
    "end.request",
    "end.choice",
    "end.return",
    "end.grace",
    "end.backup",
    "end.reminder",
    "end.silence",
    "end.support",
    "end.legal",
    "end.certificate",
)
"""The clauses that make the timetable."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the timetable. `at` is when it is to be done or is over, None where its event has not come or no figure
    stands; `strict` the same by the earlier reading. `start`: the code of the event that it runs from. `expected`: it
    is
    reckoned from an event that is itself still to come. `value`: the codes of a clause without a time.
    """

    clause: str
    source: str
    mark: str
    note: str
    kind: str
    who: str = ""
    start: str = ""
    since: datetime | None = None
    period: str = ""
    strict: datetime | None = None
    at: datetime | None = None
    expected: bool = False
    overridden: bool = False
    value: tuple[str, ...] = ()


def timetable(
    terms: Terms, events: Mapping[str, datetime], *, plan_until: datetime | None = None, chosen: bool = False
) -> tuple[Line, ...]:
    """The timetable of an end by its agreement: what has a time by that, then what has none yet, then plain rules.

    `events`: codes of vocabulary "event" -> when they came. `chosen`: the controller has said what is to become of its
    data, so that nothing runs from its silence. A plan of termination assistance goes before end.choice.
    """
    found = [_line(terms, key, dict(events), plan_until, chosen) for key in CLAUSES if key in terms.clauses]
    lines = [line for line in found if line is not None]
    return tuple(sorted(lines, key=_order))


def _order(line: Line) -> tuple[bool, bool, str, int]:
    place = CLAUSES.index(line.clause)
    timed = line.at is not None
    return (not timed, not line.start and not timed, line.at.isoformat() if line.at else "", place)


def _line(
    terms: Terms, key: str, events: dict[str, datetime], plan_until: datetime | None, chosen: bool
) -> Line | None:
    clause = terms.clauses[key]
    said: dict[str, Any] = {"source": clause.source, "mark": str(clause.mark), "note": clause.note}
    if isinstance(clause.value, Choice | Listing):
        codes = clause.value.items if isinstance(clause.value, Listing) else (clause.value.value or "",)
        over = min((events[one] for one in EVENTS if one in events), default=None)
        if key == "end.engine":
            return Line(key, **said, kind="at_once", since=over, strict=over, at=over, value=codes)
        if key == "end.plan":
            return Line(key, **said, kind="plan", strict=plan_until, at=plan_until, value=codes)
        return Line(key, **said, kind="rule", value=codes)
    if chosen and key in ("end.reminder", "end.silence"):
        return None
    duty = duties.duty(terms, key)
    since, expected = events.get(duty.start), False
    if since is None and duty.start == REMINDED and "end.reminder" in terms.clauses:
        reminder = duties.duty(terms, "end.reminder")
        ended = events.get(reminder.start)
        since = windows.until(terms, "end.reminder", ended) if ended else None
        expected = since is not None
    run: dict[str, Any] = {
        "kind": duty.kind,
        "who": duty.who,
        "start": duty.start,
        "since": since,
        "period": str(duty.length or ""),
    }
    due = duties.owed(terms, key, since).due if since else None
    times: dict[str, Any] = {"strict": due.strict, "at": due.statutory} if due and duty.length else {}
    over_by_plan = key == "end.choice" and plan_until is not None
    return Line(key, **said, **run, **times, expected=expected, overridden=over_by_plan)


def earliest(terms: Terms | None, told: datetime) -> tuple[datetime, str]:
    """From when on a notice of the processor's may take effect, and by what: the clause's key, else the law."""
    if terms is not None and CLOSURE in terms.clauses:
        return windows.earliest(terms, CLOSURE, told), CLOSURE
    if terms is None:
        return told, CLOSURE_LAW
    return periods.earliest_effect(CLOSURE_PERIOD, told, terms.reckoning), CLOSURE_LAW


FULL, EXPORT, NONE = "full", "export", "none"


def access(terms: Terms | None, *, ended_at: datetime | None, deleting: bool, at: datetime) -> str:
    """What a controller's people may do at an instant: everything; after the end read and take their data out; or, once
    end.access has run out, ask for their data only."""
    if ended_at is None or at < ended_at:
        return FULL
    if deleting:
        return NONE
    if terms is not None and "end.access" in terms.clauses and at >= windows.until(terms, "end.access", ended_at):
        return NONE
    return EXPORT


@dataclass(frozen=True, slots=True)
class DeletionFacts:
    """What decides whether data may be deleted. `returned`: an archive was made and fetched or delivered since it was
    chosen; `reminded_at`: when the controller was told that it may instruct."""

    at: datetime
    ended_at: datetime | None
    choice: str = ""
    returned: bool = False
    plan_until: datetime | None = None
    reminded_at: datetime | None = None
    requested_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why data may not be deleted yet: a code, the clause, from when on it may (None: not known)."""

    code: str
    clause: str
    until: datetime | None = None


def hindrances(terms: Terms | None, facts: DeletionFacts) -> tuple[Hindrance, ...]:
    """What stands against deleting now; empty where nothing does (RET-4)."""
    if facts.ended_at is None or facts.at < facts.ended_at:
        return (Hindrance("not_ended", "agreement.end", facts.ended_at),)
    found: list[Hindrance] = []
    if facts.plan_until is not None and facts.at < facts.plan_until:
        found.append(Hindrance("plan", "end.plan", facts.plan_until))
    if facts.choice in ("return", "both") and not facts.returned:
        found.append(Hindrance("not_returned", "end.return" if _holds(terms, "end.return") else "end.choice"))
    if facts.choice == "":
        until, clause = _silence(terms, facts)
        if until is None or facts.at < until:
            found.append(Hindrance("not_chosen", clause, until))
    return tuple(found)


def _holds(terms: Terms | None, key: str) -> bool:
    return terms is not None and key in terms.clauses


def _silence(terms: Terms | None, facts: DeletionFacts) -> tuple[datetime | None, str]:
    """Until when the controller's word is waited for, and by which clause: the latest time within which it may speak.
    An agreement that names no such time leaves it to the law: the choice is the controller's, and its word is needed.
    """
    ended = facts.ended_at
    if terms is None or ended is None:
        return None, LAW
    if "end.silence" in terms.clauses:
        told = facts.reminded_at
        return (windows.until(terms, "end.silence", told) if told else None), "end.silence"
    waits = [
        (windows.until(terms, key, ended), key)
        for key in ("end.access", "end.request", "end.choice")
        if key in terms.clauses and duties.duty(terms, key).start in EVENTS
    ]
    return max(waits) if waits else (None, LAW)


def confirmed(name: str, typed: str) -> bool:
    """Whether somebody typed the controller's name, without regard to case and spaces around it."""
    return bool(name.strip()) and " ".join(typed.split()).casefold() == " ".join(name.split()).casefold()


def met_by_deletion(lines: Sequence[Line]) -> tuple[str, ...]:
    """The duties that a whole deletion meets; those on backups are met when the last of them is gone."""
    backups = ("end.grace", "end.backup", "end.support")
    return tuple(line.clause for line in lines if line.start and line.clause not in backups)
