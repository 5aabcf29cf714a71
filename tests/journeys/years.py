"""What falls due in the scripted year, computed by hand from the seeds, with a calendar on paper and no code of ours.

The year is the same for all: a person asks on a Saturday that is the last of a long month; a breach is seen on the
Friday night before the clocks change; a change of sub-processors is told before a long weekend; an audit is asked for;
the agreement ends on the last day of August. `strict` is the reading that we hold ourselves to, `statutory` the one by
which the other side may still act. Instants are the end of the last day where the agreement applies, written in UTC.
"""

from dataclasses import dataclass, field
from typing import Final, TypedDict


@dataclass(frozen=True, slots=True)
class Owed:
    """One duty of the year: its key, both readings, and how they were counted."""

    duty: str
    strict: str
    statutory: str
    counted: str


class _Zoned(TypedDict):
    asked: str
    breach: str
    told: str
    change_told: str
    change_planned: str
    audit_asked: str
    second_audit: str
    ended: str
    accepted: str


@dataclass(frozen=True, slots=True)
class Year:
    """The year under one agreement: when things happen there, and what is owed then."""

    agreement: str
    accepted: str
    asked: str
    breach: str
    told: str
    change_told: str
    change_planned: str
    audit_asked: str
    second_audit: str
    ended: str
    request: tuple[Owed, ...]
    extended: tuple[Owed, ...]
    incident: tuple[Owed, ...]
    change: tuple[Owed, ...]
    audit: tuple[Owed, ...]
    ending: tuple[Owed, ...]
    prices: dict[str, str] = field(default_factory=dict)


_ZONED: Final[_Zoned] = {
    "asked": "2026-01-31T09:00:00+01:00",
    "breach": "2026-03-27T22:30:00+01:00",
    "told": "2026-03-27T23:00:00+01:00",
    "change_told": "2026-04-30T10:00:00+02:00",
    "change_planned": "2026-07-01T00:00:00+02:00",
    "audit_asked": "2026-06-01T10:00:00+02:00",
    "second_audit": "2026-08-03T10:00:00+02:00",
    "ended": "2026-08-31T12:00:00+02:00",
    "accepted": "2025-09-01T10:00:00+02:00",
}
"""The instants in Prague and in Rome, which keep the same time."""

_TWO_WORKING_DAYS: Final = "Saturday is not counted; Monday 2 and Tuesday 3 February are the two working days."
_A_MONTH: Final = (
    "February has no 31st, so the month ends on Saturday the 28th; the law's reading moves it to Monday 2 March."
)
_THREE_MONTHS: Final = "April has no 31st, so three months end on Thursday 30 April, when summer time is kept."
_ANSWER: Final = Owed("rights.answer", "2026-02-28T23:00:00Z", "2026-03-02T23:00:00Z", _A_MONTH)
_FORWARD: Final = Owed("rights.forward", "2026-02-03T23:00:00Z", "2026-02-03T23:00:00Z", _TWO_WORKING_DAYS)
_EXTENDED: Final = (Owed("rights.answer", "2026-04-30T22:00:00Z", "2026-04-30T22:00:00Z", _THREE_MONTHS),)
_AUTHORITY: Final = Owed(
    "breach.authority",
    "2026-03-30T22:00:00Z",
    "2026-03-30T23:00:00Z",
    "72 hours from Friday 23:00 in winter time, 22:00 UTC; by the law's reading the hour of the event is not counted.",
)

ECOMAIL: Final = Year(
    agreement="ecomail",
    **_ZONED,
    request=(_FORWARD, _ANSWER),
    extended=_EXTENDED,
    incident=(
        Owed(
            "breach.notify",
            "2026-03-29T21:30:00Z",
            "2026-03-29T22:00:00Z",
            "48 hours from Friday 22:30, 21:30 UTC; the night loses an hour, so the clock there shows Sunday 23:30.",
        ),
        _AUTHORITY,
    ),
    change=(
        Owed(
            "subprocessor.objection",
            "2026-05-05T22:00:00Z",
            "2026-05-05T22:00:00Z",
            "Friday 1 May is a holiday and a weekend follows; the fifth day is Tuesday the 5th, a working day.",
        ),
    ),
    audit=(
        Owed(
            "audit.notice",
            "2026-07-01T22:00:00Z",
            "2026-07-01T22:00:00Z",
            "A whole month lies between: told on 1 June, it may be held from 2 July on.",
        ),
    ),
    ending=(
        Owed("end.return", "2026-11-30T23:00:00Z", "2026-11-30T23:00:00Z", "November has no 31st: Monday the 30th."),
        Owed(
            "end.backup",
            "2027-02-15T23:00:00Z",
            "2027-02-15T23:00:00Z",
            "All is deleted on 15 December; two months later it is Monday 15 February.",
        ),
        Owed("end.reminder", "2029-08-31T22:00:00Z", "2029-08-31T22:00:00Z", "Three years: Friday 31 August 2029."),
    ),
)

ACOMWARE: Final = Year(
    agreement="acomware",
    **_ZONED,
    request=(_FORWARD, _ANSWER),
    extended=_EXTENDED,
    incident=(
        Owed(
            "breach.notify",
            "2026-03-28T21:30:00Z",
            "2026-03-28T22:00:00Z",
            "The seed states no figure; our own target of 24 hours ends on Saturday 22:30, still in winter time.",
        ),
    ),
    change=(
        Owed(
            "subprocessor.objection",
            "2026-05-14T22:00:00Z",
            "2026-05-14T22:00:00Z",
            "The seed states no figure; our own 14 days end on Thursday 14 May.",
        ),
    ),
    audit=(
        Owed(
            "audit.agreement",
            "2026-06-16T22:00:00Z",
            "2026-06-16T22:00:00Z",
            "15 days after Monday 1 June: Tuesday the 16th.",
        ),
    ),
    ending=(),
    # The one of June is the first of its calendar year, before prices rise for the first time, on 1 July of the year
    # after the contract's. The one of August is a further one, and 1,500 have risen by 2.5 %.
    prices={
        "index": "2.5",
        "first": "500.00",
        "second": "1537.50",
        "hours": "8",
        "costs": "2000.00",
        "net": "14300.00",
        "vat": "3003.00",
        "gross": "17303.00",
    },
)

ICEWARP: Final = Year(
    agreement="icewarp",
    **_ZONED,
    request=(_FORWARD, _ANSWER),
    extended=_EXTENDED,
    incident=(
        Owed(
            "breach.notify",
            "2026-03-28T21:30:00Z",
            "2026-03-28T22:00:00Z",
            "The seed states no figure; our own target of 24 hours from the belief ends on Saturday 22:30.",
        ),
        _AUTHORITY,
    ),
    change=(
        Owed(
            "subprocessor.notice",
            "2026-05-31T22:00:00Z",
            "2026-06-01T22:00:00Z",
            "A month before 1 July is 1 June; that the month is clear, we tell by the end of 31 May.",
        ),
        Owed(
            "subprocessor.objection",
            "2026-05-30T22:00:00Z",
            "2026-06-01T22:00:00Z",
            "Our own month ends on Saturday 30 May; the law's reading moves it to Monday 1 June.",
        ),
    ),
    audit=(),
    ending=(
        Owed(
            "end.choice",
            "2026-09-30T22:00:00Z",
            "2026-09-30T22:00:00Z",
            "30 days after 31 August: Wednesday 30 September.",
        ),
    ),
)

IMAGICLE: Final = Year(
    agreement="imagicle",
    **_ZONED,
    request=(
        _FORWARD,
        Owed("rights.acknowledge", "2026-02-03T23:00:00Z", "2026-02-03T23:00:00Z", _TWO_WORKING_DAYS),
        _ANSWER,
    ),
    extended=_EXTENDED,
    incident=(
        Owed(
            "breach.notify",
            "2026-03-29T21:30:00Z",
            "2026-03-29T22:00:00Z",
            "48 hours from Friday 22:30, 21:30 UTC, over the change of clocks.",
        ),
        _AUTHORITY,
    ),
    change=(
        Owed(
            "subprocessor.notice",
            "2026-05-31T22:00:00Z",
            "2026-06-01T22:00:00Z",
            "30 days before 1 July is 1 June; that they are clear, we tell by the end of 31 May.",
        ),
        Owed(
            "subprocessor.objection",
            "2026-05-14T22:00:00Z",
            "2026-05-14T22:00:00Z",
            "14 days from receipt on Thursday 30 April: Thursday 14 May.",
        ),
    ),
    audit=(
        Owed(
            "audit.notice",
            "2026-07-01T22:00:00Z",
            "2026-07-01T22:00:00Z",
            "30 clear days after 1 June: it may be held from 2 July on.",
        ),
    ),
    ending=(
        Owed(
            "end.access",
            "2026-09-30T22:00:00Z",
            "2026-09-30T22:00:00Z",
            "30 days after 31 August: Wednesday 30 September.",
        ),
        Owed(
            "end.grace",
            "2026-11-29T23:00:00Z",
            "2026-11-30T23:00:00Z",
            "90 days after 31 August: Sunday 29 November; the law's reading moves it to Monday.",
        ),
        Owed(
            "end.request",
            "2026-11-29T23:00:00Z",
            "2026-11-30T23:00:00Z",
            "The same 90 days.",
        ),
    ),
)

EVERYMAIL: Final = Year(
    agreement="everymail",
    accepted="2025-09-02T10:00:00-07:00",
    asked="2026-01-31T09:00:00-08:00",
    breach="2026-03-27T22:30:00-07:00",
    told="2026-03-27T23:00:00-07:00",
    change_told="2026-04-30T10:00:00-07:00",
    change_planned="2026-07-01T00:00:00-07:00",
    audit_asked="2026-06-01T10:00:00-07:00",
    second_audit="2026-08-03T10:00:00-07:00",
    ended="2026-08-31T12:00:00-07:00",
    request=(
        Owed(
            "rights.forward", "2026-02-03T08:00:00Z", "2026-02-03T08:00:00Z", "The next working day: Monday 2 February."
        ),
        Owed(
            "rights.confirm",
            "2026-02-14T08:00:00Z",
            "2026-02-14T08:00:00Z",
            "2 to 6 and 9 to 13 February are ten working days; Lincoln's birthday is none of the State's days off.",
        ),
        Owed(
            "rights.answer",
            "2026-03-17T07:00:00Z",
            "2026-03-18T07:00:00Z",
            "45 days: strictly the day of receipt is the first, so 16 March; by the code the 17th.",
        ),
    ),
    extended=(
        Owed(
            "rights.answer",
            "2026-05-01T07:00:00Z",
            "2026-05-02T07:00:00Z",
            "90 days in all, counted alike: 30 April, and 1 May.",
        ),
    ),
    incident=(
        Owed(
            "breach.notify",
            "2026-04-07T07:00:00Z",
            "2026-04-07T07:00:00Z",
            "Five working days: 30 March, then 1, 2, 3 and 6 April, because 31 March is César Chávez's day.",
        ),
    ),
    change=(
        Owed(
            "subprocessor.objection",
            "2026-05-15T07:00:00Z",
            "2026-05-15T07:00:00Z",
            "1, 4 to 8 and 11 to 14 May are ten working days.",
        ),
    ),
    audit=(
        Owed(
            "audit.notice",
            "2026-06-16T07:00:00Z",
            "2026-06-16T07:00:00Z",
            "Our own ten working days: 2 to 5, 8 to 12 and 15 June.",
        ),
    ),
    ending=(
        Owed(
            "end.choice",
            "2026-10-15T07:00:00Z",
            "2026-10-16T07:00:00Z",
            "Our own 45 days from the request of 31 August: strictly 14 October, by the code the 15th.",
        ),
    ),
    prices={"asked": "180.00", "rate": "150.00"},
)

YEARS: Final = (ECOMAIL, ACOMWARE, ICEWARP, IMAGICLE, EVERYMAIL)
