"""Who may receive a campaign's message: one rule, made from the terms, asked in Python of one person and in SQL of a
million.

In SQL the rule reads ``s`` (audience_subscriber), ``b`` (audience_subscription) and looks into audience_suppression;
the caller joins
``s`` and ``b`` on (controller_id, subscriber_id = id). An erased subscriber has no row and so receives nothing. In
Python a row maps
the same names to values; ``fact`` makes one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mandata.agreements.rules.conditions import (
    After,
    AllOf,
    AnyOf,
    Blank,
    Empty,
    Equal,
    Node,
    NoRow,
    NotAfter,
    OneOf,
    Row,
    Same,
    Stated,
    holds,
    sql,
)
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.words import mark as _

PREFIX: Final = "rule"
ALL_CHANNELS: Final = "all"
"""The channel of a suppression that holds for every channel."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One reason for which a person may be held back: its code, the clause, its words, and the condition to
    *receive*.
    """

    code: str
    clause: str
    title: str
    node: Node


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rule is asked for: the channel, the instant, and the instant at which the audience was frozen (None
    before launch).
    """

    channel: str
    now: datetime
    frozen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A suppression as the rule sees it; ``scope`` is empty for everything, else the text of a list's id."""

    channel: str
    scope: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """The conditions in the order in which reasons are told, with the grounds that the terms permit."""

    conditions: tuple[Condition, ...]
    bases: tuple[str, ...]

    def receives(self, row: Row, asked: Asked) -> bool:
        """Whether this person may receive the message."""
        return self.held_by(row, asked) is None

    def held_by(self, row: Row, asked: Asked) -> Condition | None:
        """The first condition that holds the person back, or None."""
        values = self._values(asked)
        return next((condition for condition in self.conditions if not holds(condition.node, row, values)), None)

    def sql(self) -> str:
        """A boolean expression over ``s`` and ``b`` that is true exactly for those who may receive; never null."""
        return "(" + " and ".join(sql(condition.node, PREFIX) for condition in self.conditions) + ")"

    def sql_reason(self) -> str:
        """An expression for the code of the first condition that holds a person back; null for who may receive."""
        whens = " ".join(
            f"when not ({sql(condition.node, PREFIX)}) then '{condition.code}'" for condition in self.conditions
        )
        return f"case {whens} end"

    def parameters(self, asked: Asked) -> dict[str, Any]:
        """The parameters of both expressions, for psycopg: ``rule_channels``, ``rule_now`` and so on."""
        return {f"{PREFIX}_{name}": value for name, value in self._values(asked).items()}

    def _values(self, asked: Asked) -> dict[str, Any]:
        return {
            "subscribed": "subscribed",
            "bases": list(self.bases),
            "channels": [ALL_CHANNELS, asked.channel],
            "now": asked.now,
            "frozen_at": asked.frozen_at,
        }


_NOT_SUPPRESSED: Final = NoRow(
    "audience_suppression",
    "p",
    (Same("p.controller_id", "s.controller_id"), Same("p.hash", "s.suppression_index")),
    AllOf(
        (
            OneOf("p.channel", "channels"),
            AnyOf((Blank("p.scope"), Same("p.scope", "b.list_id", cast=True))),
            AnyOf((Empty("p.until"), After("p.until", "now"))),
        )
    ),
)


def rule(terms: Terms) -> Rule:
    """The recipient rule of an agreement (AUDI-2, AUDI-4, DSR-9).

    Evidence is asked only where the agreement demands it.
    """
    conditions = [
        Condition("unsubscribed", "sending.excluded", _("Not subscribed"), Equal("b.state", "subscribed")),
        Condition("suppressed", "sending.excluded", _("Refused, complained or suppressed"), _NOT_SUPPRESSED),
        Condition("restricted", "instruction.standing", _("Processing restricted"), Empty("s.restricted_at")),
        Condition("no_basis", "sending.basis", _("No permitted lawful basis"), OneOf("b.basis", "bases")),
    ]
    if terms.chosen("sending.evidence") == "required":
        conditions.append(
            Condition("no_evidence", "sending.evidence", _("No evidence of the ground"), Stated("b.evidence"))
        )
    conditions.append(
        Condition("late", "instruction.standing", _("Subscribed after the launch"), NotAfter("b.since", "frozen_at"))
    )
    return Rule(conditions=tuple(conditions), bases=terms.items("sending.basis"))


def fact(
    *,
    controller_id: UUID,
    list_id: UUID,
    state: str,
    basis: str,
    evidence: Mapping[str, object],
    since: datetime,
    restricted_at: datetime | None = None,
    suppressions: Sequence[Suppressed] = (),
) -> Row:
    """One person on one list, as the rule reads it in Python; suppressions are those under the person's own key."""
    index = b"own"
    return {
        "s.controller_id": controller_id,
        "s.suppression_index": index,
        "s.restricted_at": restricted_at,
        "b.list_id": list_id,
        "b.state": state,
        "b.basis": basis,
        "b.evidence": evidence,
        "b.since": since,
        "p": [
            {
                "p.controller_id": controller_id,
                "p.hash": index,
                "p.channel": one.channel,
                "p.scope": one.scope,
                "p.until": one.until,
            }
            for one in suppressions
        ],
    }
