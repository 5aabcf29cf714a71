"""Lawful bases, states of a subscription, and grounds of suppression (AUDI-2, AUDI-4, DSR-9, DSR-13)."""

from enum import StrEnum
from typing import Final


class Basis(StrEnum):
    """On what ground a subscriber may be written to."""

    CONSENT = "consent"
    """Art. 6(1)(a) GDPR; Art. 13(1) of Directive 2002/58/EC."""
    EXISTING_CUSTOMER = "existing_customer"
    """A customer told of similar goods, who did not refuse: Art. 13(2) of Directive 2002/58/EC."""
    CONTRACT = "contract"
    """Art. 6(1)(b) GDPR: messages the contract needs, no marketing."""
    LEGITIMATE_INTEREST = "legitimate_interest"
    """Art. 6(1)(f) GDPR, where the law of the recipient's country leaves room for it."""
    NONE = "none"
    """No ground is known: kept, never written to."""


class State(StrEnum):
    """Where one person stands in one list."""

    SUBSCRIBED = "subscribed"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"


class Reason(StrEnum):
    """Why an address is suppressed. It outlives the person's data as a keyed value (DSR-13)."""

    UNSUBSCRIBED = "unsubscribed"
    OBJECTION = "objection"
    COMPLAINT = "complaint"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    ERASURE = "erasure"
    MANUAL = "manual"


EVERYTHING: Final = ""
"""The scope of a suppression that holds for all messages; any other scope is a list's id."""

LIFTED_BY_THE_PERSON: Final = frozenset({Reason.UNSUBSCRIBED, Reason.OBJECTION, Reason.COMPLAINT, Reason.ERASURE})
"""Only the person's own fresh act lifts these; a member may lift the others with a stated ground."""


def may_lift(reason: Reason, *, by_the_person: bool) -> bool:
    """Say whether a suppression may be lifted: the person always may, a member not against the person's will."""
    return by_the_person or reason not in LIFTED_BY_THE_PERSON
