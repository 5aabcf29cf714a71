"""Instructions: whether one stays within the agreement, who may give one, and what may follow what (INS-1 to INS-6)."""

from collections.abc import Mapping, Sequence
from typing import Final

from mandata.agreements.rules.facts.standing import Standing
from mandata.agreements.rules.gates.processing import SELLING, purposeful
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.verdicts import prepared
from mandata.agreements.rules.vocabulary import SHARED
from mandata.agreements.rules.words import mark as _

AUTHORISED: Final = frozenset({"owner", "privacy_officer"})
"""Roles of members who may instruct."""

ACTS: Final = frozenset(SHARED["act"]) | {"profile", "disclose", "transfer", "access", "combine"}
"""What can be instructed: the acts of standing instructions, and those that some agreements leave to written ones."""

STATES: Final[Mapping[str, str]] = {
    "given": _("waiting for the processor"),
    "questioned": _("questioned"),
    "in_force": _("in force"),
    "refused": _("refused"),
    "done": _("carried out"),
    "withdrawn": _("withdrawn"),
}

FOLLOWS: Final[Mapping[str, frozenset[str]]] = {
    "question": frozenset({"given", "in_force"}),
    "uphold": frozenset({"questioned"}),
    "assent": frozenset({"given"}),
    "refuse": frozenset({"given", "questioned", "in_force"}),
    "withdraw": frozenset({"given", "questioned", "in_force"}),
    "carry_out": frozenset({"in_force"}),
}
"""In which states of an instruction each verb may follow."""

BY_LAW: Final = frozenset({"carry_out"})
"""What can be done with processing that a law demands: the parties have no say in it (INS-4)."""


def excess(terms: Terms, acts: Sequence[str], purpose: str) -> tuple[str, ...]:
    """What of an instruction goes beyond the agreement: acts that it does not order, a purpose not named in it."""
    standing = terms.items("instruction.standing")
    beyond = [act for act in acts if act not in standing]
    if purpose and not purposeful(prepared(terms), Standing(accepted=True), purpose).allowed:
        beyond.append(purpose)
    return tuple(beyond)


def forbidden(purpose: str) -> bool:
    """Whether a purpose is one that no instruction permits: selling, renting, sharing (INS-6)."""
    return purpose in SELLING


def unknown(acts: Sequence[str]) -> tuple[str, ...]:
    """Codes that name no act."""
    return tuple(act for act in acts if act not in ACTS)
