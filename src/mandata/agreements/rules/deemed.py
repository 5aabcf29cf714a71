"""When a notice counts as delivered: by the agreement's clause, by proof of receipt, else by a rule of ours (AGR-7).

Of several ways that a notice took, the first to arrive counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import After
from mandata.foundation import periods

DEEMED: Final = "notices.deemed"
POST: Final = "notices.post"
OURS: Final = "Mandata"
"""The source of a rule that no agreement states."""


class By(StrEnum):
    """What a notice's delivery rests on."""

    RECEIPT = "receipt"  # somebody signed for it, confirmed having read it, took it from hand to hand
    SENDING = "sending"  # by a clause that lets sending be enough
    CONFIRMATION = "confirmation"  # the recipient's server confirmed the delivery, to the minute
    POST = "post"  # so many days after a registered letter was sent
    ACCEPTANCE = "acceptance"  # the server took it over, and it did not come back


@dataclass(frozen=True, slots=True)
class Course:
    """What happened to a notice; instants, None where it did not happen or is not known.

    `sent_at`: handed over by e-mail and accepted. `confirmed_at`: as the report of its delivery states. `returned`: the
    e-mail came back for good. `posted_at`: a registered letter. `received_at`: by evidence, whatever the way.
    """

    invoice: bool = False
    sent_at: datetime | None = None
    confirmed_at: datetime | None = None
    returned: bool = False
    posted_at: datetime | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deemed:
    """When a notice counts as delivered, on what that rests, and which clause and source say so (ours: none)."""

    at: datetime
    by: By
    clause: str
    source: str


def deemed(terms: Terms | None, course: Course) -> Deemed | None:
    """Return when a notice counts as delivered; None while it does not. Raises Unreckonable."""
    found = [one for one in (_received(course), _posted(terms, course), _mailed(terms, course)) if one is not None]
    return min(found, key=lambda one: one.at, default=None)


def _received(course: Course) -> Deemed | None:
    return None if course.received_at is None else Deemed(course.received_at, By.RECEIPT, "", OURS)


def _posted(terms: Terms | None, course: Course) -> Deemed | None:
    """A letter under the clause on post; without one, only evidence of its receipt counts."""
    clause = terms.find(POST, After) if terms else None
    if terms is None or clause is None or clause.period is None or course.posted_at is None:
        return None
    end = periods.due(clause.period, course.posted_at, terms.reckoning).strict
    # On that day, and at its very end: nobody's period begins a moment too early.
    return Deemed(end - timedelta(minutes=1), By.POST, POST, terms.source(POST))


def _mailed(terms: Terms | None, course: Course) -> Deemed | None:
    if course.sent_at is None:
        return None
    code = terms.chosen(DEEMED) if terms else None
    source = terms.source(DEEMED) if terms and code else ""
    if code == "invoice_on_sending" and course.invoice:
        return Deemed(course.sent_at, By.SENDING, DEEMED, source)
    if course.returned:
        return None
    if course.confirmed_at is not None:
        stated = code == "confirmation_minute"
        return Deemed(course.confirmed_at, By.CONFIRMATION, DEEMED if stated else "", source if stated else OURS)
    return Deemed(course.sent_at, By.ACCEPTANCE, "", OURS)
