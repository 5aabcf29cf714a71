"""Obligations: what is owed beside the clauses, when reminders are due, what is late, when a clock may stand still.

Instants are aware datetimes in UTC, and the present one is a parameter. Sources: AGR-13; Articles 12(3) and 28(3) GDPR.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import After, Extension, Window, Within
from mandata.agreements.rules.words import mark as _
from mandata.foundation.periods import Period, Step


class Kind(StrEnum):
    """What an obligation is: an act within a period; a right that lapses; notice ahead of an effect; a wait."""

    WITHIN = "within"
    WINDOW = "window"
    AHEAD = "ahead"
    AFTER = "after"


class Stage(StrEnum):
    """The times at which somebody is reminded. ``NOW``: due at once; ``COME``: what was waited for has come."""

    NOW = "now"
    HALF = "half"
    TENTH = "tenth"
    STRICT = "strict"
    LATE = "late"
    CLOSING = "closing"
    COME = "come"
    LAPSED = "lapsed"


REMINDERS: Final[Mapping[Kind, tuple[tuple[Stage, int], ...]]] = {
    Kind.WITHIN: ((Stage.HALF, 50), (Stage.TENTH, 90), (Stage.STRICT, 100), (Stage.LATE, -1)),
    Kind.AHEAD: ((Stage.HALF, 50), (Stage.TENTH, 90), (Stage.STRICT, 100), (Stage.LATE, -1)),
    Kind.WINDOW: ((Stage.CLOSING, 90), (Stage.LAPSED, -1)),
    Kind.AFTER: ((Stage.COME, -1),),
}
"""When each kind reminds: percent of the time until the strict reading; -1 is the statutory one."""

STAGES: Final[Mapping[Stage, str]] = {
    Stage.NOW: _("due without undue delay"),
    Stage.HALF: _("half of its time has passed"),
    Stage.TENTH: _("a tenth of its time is left"),
    Stage.STRICT: _("its time is over by the strict reading"),
    Stage.LATE: _("late"),
    Stage.CLOSING: _("this right lapses soon"),
    Stage.COME: _("its time has come"),
    Stage.LAPSED: _("lapsed"),
}


@dataclass(frozen=True, slots=True)
class Times:
    """When an obligation runs and ends. ``timed`` is false for "without undue delay" without a figure."""

    kind: Kind
    begins: datetime
    strict: datetime
    statutory: datetime
    timed: bool = True


def times_of(
    kind: str, *, opened: datetime, since: datetime, strict: datetime, statutory: datetime, period: str
) -> Times:
    """When an obligation runs and ends; ahead of an effect (``since``) it runs from its opening."""
    what = Kind(kind)
    return Times(what, opened if what is Kind.AHEAD else since, strict, statutory, timed=bool(period))


def reminders(times: Times) -> tuple[tuple[Stage, datetime], ...]:
    """The stages of an obligation with their instants, in order; never one before its beginning."""
    if not times.timed:
        return ((Stage.NOW, times.begins),)
    length = max(times.strict - times.begins, timedelta())
    found = []
    for stage, percent in REMINDERS[times.kind]:
        instant = times.statutory if percent < 0 else times.strict - length * (100 - percent) / 100
        found.append((stage, instant))
    return tuple(found)


def passed(times: Times, at: datetime) -> int:
    """How many of the stages have come."""
    return sum(instant <= at for _stage, instant in reminders(times))


def next_look(times: Times, done: int) -> datetime | None:
    """When the next stage comes, ``done`` of them having been dealt with; None after the last."""
    stages = reminders(times)
    return stages[done][1] if done < len(stages) else None


def gets_late(times: Times) -> bool:
    """Whether something can be late at all: not a right, nor a wait, nor what no figure times."""
    return times.timed and times.kind in (Kind.WITHIN, Kind.AHEAD)


def is_late(times: Times, at: datetime) -> bool:
    """Whether something owed is late: its period is over by the statutory reading."""
    return gets_late(times) and at >= times.statutory


OWN: Final = "operator"
"""The party of clauses on what the operator owes as a controller of its own; a customer's events open none of these."""


def opened_by(terms: Terms | None, event: str) -> tuple[str, ...]:
    """The duties that an event (a code of vocabulary "event") opens: clauses that start with it, and what is owed
    beside them.
    """
    clauses = terms.clauses if terms else {}
    held = [
        key
        for key, clause in clauses.items()
        if isinstance(clause.value, (Within, Window, After))
        and clause.value.start == event
        and getattr(clause.value, "who", "") != OWN
    ]
    return (*held, *(key for key, duty in BESIDE.items() if duty.start == event and key not in held))


@dataclass(frozen=True, slots=True)
class Beside:
    """A duty that is owed though the agreement holds no clause on it: by law, or because we want it so.

    ``total`` and ``told``: to what it can be extended, and until when that must be told.
    """

    title: str
    source: str
    who: str
    start: str
    period: Period | None = None
    total: Period | None = None
    told: Period | None = None
    ours: bool = False
    kind: Kind = Kind.WITHIN


BESIDE: Final[Mapping[str, Beside]] = {
    "rights.answer": Beside(
        _("Answer to a request"),
        "Article 12(3) GDPR",
        "controller",
        "person_request_received",
        period=Period.parse("1 month"),
        total=Period.parse("3 months"),
        told=Period.parse("1 month"),
    ),
    "rights.archive": Beside(
        _("Archive of a request"),
        "DSR-12",
        "processor",
        "answer_given",
        period=Period.parse("3 years"),
        ours=True,
        kind=Kind.AFTER,
    ),
    "instruction.unlawful": Beside(
        _("Unlawful instructions"), "Article 28(3) GDPR, last subparagraph", "processor", "instruction_seen"
    ),
    "breach.notify": Beside(_("Notice of a breach"), "Article 33(2) GDPR", "processor", "awareness"),
    "assistance.documents": Beside(
        _("Documents and help"), "Article 28(3)(f) and (h) GDPR", "processor", "request_received"
    ),
    "authority.inspection": Beside(
        _("Inspections by an authority"), "Article 31 GDPR; AST-2", "processor", "inspection_opened"
    ),
    "breach.authority": Beside(
        _("Notice to the authority"),
        "Article 33(1) GDPR",
        "controller",
        "controller_awareness",
        period=Period.parse("72 hours"),
    ),
    "breach.handling": Beside(
        _("A breach: find out whom it touches, and tell them"),
        "Article 33(2) GDPR",
        "processor",
        "breach_opened",
        period=Period.parse("24 hours"),
        ours=True,
    ),
    "audit.answer": Beside(
        _("Answer to a request for an audit"),
        "AUD-1",
        "processor",
        "audit_requested",
        period=Period.parse("5 working days"),
        ours=True,
    ),
    "people.training": Beside(
        _("Training of a person lapses: renew it"),
        "PPL-1",
        "processor",
        "training_lapsing",
        period=Period.parse("30 days"),
        ours=True,
    ),
    "suspension.objection": Beside(
        _("Answer to an objection against a limit or suspension"),
        "OPS-2",
        "processor",
        "limit_objected",
        period=Period.parse("10 working days"),
        ours=True,
    ),
    "measures.mend": Beside(
        _("A measure does not hold: mend it"),
        "SEC-4; Article 32(1)(d) GDPR",
        "processor",
        "measure_failed",
        period=Period.parse("5 working days"),
        ours=True,
    ),
    "correction.due": Beside(
        _("A corrective measure: carry it out"),
        "BRE-5; AUD-2; Article 32(1) GDPR",
        "processor",
        "correction_stated",
        ours=True,
    ),
    "notices.repeat": Beside(
        _("A notice came back: deliver it by another way"),
        "AGR-7",
        "processor",
        "notice_returned",
        period=Period.parse("1 working day"),
        ours=True,
    ),
}
"""By key. A clause of the agreement under the same key goes before."""

OWED_TO: Final[Mapping[str, str]] = {
    "rights.acknowledge": "person",
    "rights.answer": "person",
    "breach.authority": "authority",
}
"""To whom something is owed that is not owed to the other party."""

CORRECTION: Final = "correction.due"


def correction(what: object) -> str:
    """The event that opens the obligation to carry a corrective measure out, by the measure's id."""
    return f"correction:{what}"


EXTENSIONS: Final[Mapping[str, str]] = {"rights.answer": "rights.extension"}
"""Which clause extends which duty."""


def extension(terms: Terms | None, duty: str) -> tuple[Period, Period, str, str] | None:
    """To what a duty can be extended: the total from the event, until when that is told, clause and source."""
    key = EXTENSIONS.get(duty, "")
    found = terms.find(key, Extension) if terms else None
    if found is not None and terms is not None:
        return found.total, found.told, key, terms.source(key)
    law = BESIDE.get(duty)
    if terms is not None and duty in terms.clauses and not key:
        return None
    if law is None or law.total is None or law.told is None:
        return None
    return law.total, law.told, "", law.source


GROUNDS: Final[Mapping[str, str]] = {"cooperation": "controller.cooperation", "majeure": "liability.majeure"}
"""Why a clock may stand still, and by which clause: the controller does not cooperate; force majeure."""

STOOD: Final[Mapping[str, str]] = {
    "cooperation": _(
        "The clock stood still from {begins} to {ends}, because the controller did not cooperate; both readings are "
        "later by as much."
    ),
    "majeure": _(
        "The clock stood still from {begins} to {ends}, because of force majeure; both readings are later by as much."
    ),
}
EXTENDED: Final = _("Extended on {at}: {total} in all, counted from the same event.")
RECOUNTED: Final = _("Counted again on {at}, by the calendar {after}; before by {before}.")
FIXED: Final = _("By the end of {day}: whoever answers for it named that day; nothing moves it.")
UNTIMED: Final = _("Without undue delay; nothing states a figure.")


class NoStay(StrEnum):
    """Why a clock may not stand still."""

    GROUND = "ground"
    CLAUSE = "clause"
    LAW = "law"
    PARTY = "party"
    DEFAULT = "default"
    KIND = "kind"
    ORDER = "order"


REASONS: Final[Mapping[NoStay, str]] = {
    NoStay.GROUND: _("A clock stands still only for missing cooperation or for force majeure."),
    NoStay.CLAUSE: _("The agreement has no clause by which this would stop the clock."),
    NoStay.LAW: _("This period is set by law for the benefit of somebody else; the parties cannot stop it."),
    NoStay.PARTY: _("Missing cooperation of the controller stops what the processor owes, not what it owes itself."),
    NoStay.DEFAULT: _("The obstacle arose when this was late already; such an obstacle frees nobody."),
    NoStay.KIND: _("Only a duty with a period can stand still, not a right nor a wait."),
    NoStay.ORDER: _("A stop begins after the event, ends after it began, and neither lies in the future."),
}


@dataclass(frozen=True, slots=True)
class StayFacts:
    """What is asked when a clock is to stand still. ``by_law``: the duty is owed beside the agreement."""

    ground: str
    times: Times
    owed_by: str
    by_law: bool
    begins: datetime
    at: datetime
    person: bool = False


def may_stay(terms: Terms | None, facts: StayFacts) -> NoStay | None:
    """Why the clock may not stand still; None where it may (AGR-13)."""
    clause = GROUNDS.get(facts.ground)
    if clause is None:
        return NoStay.GROUND
    if not facts.times.timed or facts.times.kind not in (Kind.WITHIN, Kind.AHEAD):
        return NoStay.KIND
    if facts.by_law or facts.person:
        return NoStay.LAW
    if terms is None or clause not in terms.clauses:
        return NoStay.CLAUSE
    if facts.ground == "cooperation" and facts.owed_by != "processor":
        return NoStay.PARTY
    if facts.begins > facts.at:
        return NoStay.ORDER
    return NoStay.DEFAULT if facts.begins >= facts.times.statutory else None


def stood(begins: datetime, ends: datetime, since: datetime) -> timedelta:
    """For how long a clock stood still: what lies before the event does not count."""
    return max(ends - max(begins, since), timedelta())


Frozen = dict[str, object]


def freeze(steps: Iterable[Step]) -> list[Frozen]:
    """Steps of an explanation as plain data, for the database."""
    return [
        {"message": step.message, "filling": [[name, *_frozen(value)] for name, value in step.filling]}
        for step in steps
    ]


def _frozen(value: object) -> tuple[str, str]:
    match value:
        case datetime():
            return "instant", value.isoformat()
        case date():
            return "day", value.isoformat()
        case Period():
            return "period", str(value)
        case int():
            return "number", str(value)
        case _:
            return "text", str(value)


def thaw(rows: Sequence[Mapping[str, object]]) -> tuple[Step, ...]:
    """Steps from plain data; the inverse of ``freeze``."""
    return tuple(
        Step(str(row["message"]), tuple((name, _thawed(kind, text)) for name, kind, text in row["filling"]))  # type: ignore[attr-defined]
        for row in rows
    )


def _thawed(kind: str, text: str) -> date | datetime | Period | int | str:
    match kind:
        case "instant":
            return datetime.fromisoformat(text)
        case "day":
            return date.fromisoformat(text)
        case "period":
            return Period.parse(text)
        case "number":
            return int(text)
        case _:
            return text
