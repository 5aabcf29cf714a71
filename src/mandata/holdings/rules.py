"""What a holding is, and what must hold when a person is erased. Pure.

A holding answers five verbs about one subject. A verb that cannot apply to a place answers `Cannot` with the reason:
data that the catalogue shows and a test demands, never an exception that somebody forgets.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeAlias, TypeVar
from uuid import UUID

from mandata.foundation.actors import Actor

Value = TypeVar("Value")

Words: TypeAlias = object
"""Text for people: a str, or a text that is translated when it is read."""

Key: TypeAlias = UUID | bytes
"""What names a subject among others: its reference, or for somebody without one the blind index of the address."""

Record: TypeAlias = Mapping[str, object]
"""One thing held about a person: name of the value -> JSON-like value (text, number, truth, time, list, mapping)."""


class Verb(StrEnum):
    """What can be asked of every holding."""

    FIND = "find"
    EXPORT = "export"
    RECTIFY = "rectify"
    RESTRICT = "restrict"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a verb is about: the random reference, and by what else a place may know the person.

    `reference` is None for somebody who is not in the audience (any more). Nothing here is printed by accident.
    """

    reference: UUID | None
    email_index: bytes = field(repr=False)
    suppression_index: bytes = field(repr=False)
    address: str = field(repr=False, default="")
    """The look-up form of the address, for places that hold mail or rows as they came."""

    @property
    def key(self) -> Key:
        """What the subject goes by in the answers of `find` and `erase`."""
        return self.reference or self.email_index


@dataclass(frozen=True, slots=True)
class Found:
    """How many things a holding has of a subject, by what an erasure does with them."""

    delete: int = 0
    anonymise: int = 0
    keep: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.delete + self.anonymise + self.keep

    @property
    def touched(self) -> int:
        """Those that an erasure must delete or make anonymous."""
        return self.delete + self.anonymise


@dataclass(frozen=True, slots=True)
class Exported:
    """Everything that a holding has of a subject, in the order of time."""

    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """How many rows a rectification or a restriction changed."""

    rows: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did in a holding."""

    deleted: int = 0
    anonymised: int = 0

    @property
    def touched(self) -> int:
        """Everything that it deleted or made anonymous."""
        return self.deleted + self.anonymised


@dataclass(frozen=True, slots=True)
class Cannot:
    """A verb that does not apply to a holding, and why."""

    why: Words


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays after an erasure: in which holding, how many, on what ground, until when."""

    holding: str
    rows: int
    ground: Words
    until: Words


@dataclass(frozen=True, slots=True)
class Description:
    """What the data map says about a holding (Art. 30(2) GDPR).

    `key` is stable; `tables` are database tables, `files` folders under the installation's `var`; `ground` and
    `until` are said of what an erasure leaves there.
    """

    key: str
    area: str
    name: Words
    category: Words
    purpose: Words
    retention: Words
    recipients: Words
    tables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    subjects: Words = ""
    source: Words = ""
    ground: Words = ""
    until: Words = ""
    sealed: bool = False


class Holding(Protocol):
    """A place that holds personal data (design decision 7).

    `find` and `erase` are asked for many subjects at once, by a number of statements that does not grow with them; one
    subject is a batch of one. Their answers leave out whoever has nothing.
    """

    @property
    def description(self) -> Description:
        """What the place is."""

    @property
    def verbs(self) -> Mapping[Verb, Words | None]:
        """Say of each verb None where it works, or the reason why it cannot apply."""

    def find(self, subjects: Sequence[Subject]) -> Mapping[Key, Found]:
        """Count what is held of each subject."""

    def export(self, subject: Subject) -> Exported | Cannot:
        """Return what is held of the subject, and nothing of anybody else."""

    def rectify(self, subject: Subject, changes: Mapping[str, str], by: Actor, at: datetime) -> Changed | Cannot:
        """Correct or complete values (Art. 16 GDPR)."""

    def restrict(self, subject: Subject, restricted: bool, by: Actor, at: datetime) -> Changed | Cannot:
        """Begin or end a restriction (Art. 18 GDPR)."""

    def erase(self, subjects: Sequence[Subject], at: datetime) -> Mapping[Key, Erased] | Cannot:
        """Delete what can be deleted, make the rest anonymous, leave what has a ground (Art. 17 GDPR)."""


Finder: TypeAlias = Callable[[Sequence[Subject]], Mapping[Key, Found]]
Rectifier: TypeAlias = Callable[[Subject, Mapping[str, str], Actor, datetime], int]
Restrictor: TypeAlias = Callable[[Subject, bool, Actor, datetime], int]
Eraser: TypeAlias = Callable[[Sequence[Subject], datetime], Mapping[Key, Erased]]


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the database finds whose rows a place has, so that many people are counted by one statement.

    SQL of the area's own: `rows` is a FROM item whose table goes by `t`; `person` the random reference, or where a row
    has none a UUID made of what it knows the person by; `made` since when the row is there, empty where nothing says.
    """

    rows: str
    person: str
    made: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A holding put together from functions: each verb has one, or the reason why it cannot apply."""

    description: Description
    finder: Finder | Cannot
    exporter: Callable[[Subject], tuple[Record, ...]] | Cannot
    rectifier: Rectifier | Cannot
    restrictor: Restrictor | Cannot
    eraser: Eraser | Cannot
    reach: Reach | None = None
    """None where no row of the place can be counted by person."""

    def find(self, subjects: Sequence[Subject]) -> Mapping[Key, Found]:
        """Count; a place that cannot know a person has nothing of anybody."""
        return {} if isinstance(self.finder, Cannot) else self.finder(subjects)

    def export(self, subject: Subject) -> Exported | Cannot:
        """Return everything, or why there is nothing to return."""
        return self.exporter if isinstance(self.exporter, Cannot) else Exported(self.exporter(subject))

    def rectify(self, subject: Subject, changes: Mapping[str, str], by: Actor, at: datetime) -> Changed | Cannot:
        """Correct, or say why not."""
        return (
            self.rectifier if isinstance(self.rectifier, Cannot) else Changed(self.rectifier(subject, changes, by, at))
        )

    def restrict(self, subject: Subject, restricted: bool, by: Actor, at: datetime) -> Changed | Cannot:
        """Restrict, or say why not."""
        if isinstance(self.restrictor, Cannot):
            return self.restrictor
        return Changed(self.restrictor(subject, restricted, by, at))

    def erase(self, subjects: Sequence[Subject], at: datetime) -> Mapping[Key, Erased] | Cannot:
        """Erase, or say why not."""
        return self.eraser if isinstance(self.eraser, Cannot) else self.eraser(subjects, at)

    @property
    def verbs(self) -> Mapping[Verb, Words | None]:
        """Each verb with None where it works, or the reason why it cannot apply."""
        parts = (self.finder, self.exporter, self.rectifier, self.restrictor, self.eraser)
        return {verb: part.why if isinstance(part, Cannot) else None for verb, part in zip(Verb, parts, strict=True)}


GROUNDS: Final = (
    "no_longer_needed",
    "consent_withdrawn",
    "objection",
    "unlawful",
    "legal_obligation",
    "child",
    "controller",
    "consumer",
)
"""Why a person is erased: Art. 17(1)(a) to (f) GDPR in their order, the controller's own decision, or a consumer's
request under Californian law."""

CLAUSES: Final[Mapping[str, str]] = {
    "no_longer_needed": "Art. 17(1)(a) GDPR",
    "consent_withdrawn": "Art. 17(1)(b) GDPR",
    "objection": "Art. 17(1)(c) GDPR",
    "unlawful": "Art. 17(1)(d) GDPR",
    "legal_obligation": "Art. 17(1)(e) GDPR",
    "child": "Art. 17(1)(f) GDPR",
    "controller": "Art. 5(1)(e) GDPR",
    "consumer": "Cal. Civ. Code § 1798.105",
}


FILTERS: Final = (
    "list_id",
    "state",
    "provider",
    "country",
    "language",
    "region",
    "birthday",
    "mail_domain",
)
"""By what people are chosen for an erasure of many, as on the subscribers' page."""


def source_of(wanted: Mapping[str, str]) -> str:
    """Return what a selection is called: of one list and nothing else, or by a filter."""
    return "list" if set(wanted) == {"list_id"} else "filter"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A holding in which an erasure did less than it had announced."""

    holding: str
    expected: int
    done: int
    left: int


def shortfalls(
    before: Mapping[str, Found], done: Mapping[str, Erased], after: Mapping[str, Found]
) -> tuple[Shortfall, ...]:
    """Compare what was found before an erasure, what was done, and what is found afterwards.

    Nothing touched where something was announced, or anything left, is a failure: false success is worse than none.
    """
    short = []
    for key, found in before.items():
        touched = done.get(key, Erased()).touched
        left = after.get(key, Found()).touched
        if left or (found.touched and not touched):
            short.append(Shortfall(key, found.touched, touched, left))
    return tuple(short)


def only_counted(values: Mapping[str, Found]) -> dict[str, Found]:
    """Leave out the holdings that have nothing."""
    return {key: found for key, found in values.items() if found.total}


def by_person(many: Mapping[str, Mapping[Key, Value]]) -> defaultdict[Key, dict[str, Value]]:
    """Turn answers of holdings about many subjects round: subject -> holding -> answer. An empty mapping for anybody
    else."""
    found: defaultdict[Key, dict[str, Value]] = defaultdict(dict)
    for holding, answers in many.items():
        for key, answer in answers.items():
            found[key][holding] = answer
    return found


def total(many: Mapping[str, Mapping[Key, Found]]) -> dict[str, Found]:
    """Add up what each holding has of many subjects."""
    return only_counted({holding: added(answers.values()) for holding, answers in many.items()})


def added(found: Iterable[Found]) -> Found:
    """Add counts up."""
    delete = anonymise = keep = 0
    for one in found:
        delete, anonymise, keep = delete + one.delete, anonymise + one.anonymise, keep + one.keep
    return Found(delete, anonymise, keep)
