"""To whom the scope's data went: the log of disclosures (SPR-8), and the recipients that a person is told of."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mandata.subprocessors.models import Disclosure
from mandata.subprocessors.rules.countries import needs_mechanism
from mandata.subprocessors.selectors.changes import authorised
from mandata.subprocessors.selectors.register import register


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A disclosure to another recipient, with its ground."""

    id: UUID
    kind: str
    recipient: str
    country: str
    ground: str
    what: str
    subjects: int | None
    instruction: UUID | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to whom data went or may go (Article 15(1)(c) GDPR).

    ``abroad``: outside the EEA; ``safeguards`` are then the codes of the mechanisms in force (Article 15(2)).
    """

    name: str
    kind: str
    country: str
    abroad: bool
    safeguards: tuple[str, ...] = ()


def disclosures(*, limit: int = 100) -> list[Disclosed]:
    """The newest disclosures first."""
    columns = ("id", "kind", "recipient", "country", "ground", "what", "subjects", "instruction", "by", "at")
    return [Disclosed(*row) for row in Disclosure.objects.order_by("-at", "-id").values_list(*columns)[:limit]]


def recipients(*, now: datetime) -> list[Recipient]:
    """Recipients of the controller's data: the sub-processors that the gate lets have it, and who else got some.

    Who asked as a person entitled to it is told by kind alone: that name is somebody else's personal data.
    """
    rests = {one.id: tuple(rest.kind for rest in one.mechanisms if rest.holds) for one in register(at=now)}
    working = [
        Recipient(one.name, "subprocessor", one.country, needs_mechanism(one.country), rests.get(one.id, ()))
        for one in authorised(now=now)
        if one.verdict.allowed
    ]
    rows = Disclosure.objects.order_by("kind", "recipient").values_list("recipient", "kind", "country").distinct()
    others = {
        Recipient("" if kind in ("requester", "other") else name, kind, country, needs_mechanism(country))
        for name, kind, country in rows
    }
    return working + sorted(others, key=lambda one: (one.kind, one.name))
