"""Requests of data subjects by a program (DSR-1): handing one in, and how it stands. Nothing personal goes out: who
reads a case's state learns codes and times; the person is in the console, behind a deliberate act."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import AwareDatetime, Field, StringConstraints

from mandata.api.operations import Call, Given, Operation, Shape
from mandata.foundation.errors import Refused
from mandata.rights import rules, selectors, services

CHANNEL: Final = "api"
EARLIEST: Final = timedelta(days=90)
_MANY: Final = 100

_WRITTEN: Final = r"^[^\x00]*$"  # what no column can hold is told as a field, not as a failure
Email = Annotated[str, StringConstraints(min_length=3, max_length=254, pattern=_WRITTEN)]


def _enum(codes: Sequence[str]) -> dict[str, list[str]]:
    return {"enum": list(codes)}


class Household(Shape):
    """The others of a household that asks together; each confirms alone."""

    what: Literal["know", "delete"] = "know"
    emails: Annotated[list[Email], Field(min_length=1, max_length=rules.MAX_HOUSEHOLD)]


class NewCase(Shape):
    """A request as a person made it. `kind` is one that the agreement's law knows; `unsorted` leaves it to an officer.

    `received_at`: when the person asked, if that was earlier: the clock runs from then.
    """

    kind: Annotated[str, Field(max_length=16, json_schema_extra=_enum(rules.KINDS))]
    email: Email
    language: Annotated[str, Field(json_schema_extra=_enum(rules.LANGUAGES))]
    name: Annotated[str, StringConstraints(max_length=rules.MAX_NAME, pattern=_WRITTEN)] = ""
    words: Annotated[str, StringConstraints(max_length=rules.MAX_WORDS, pattern=_WRITTEN)] = ""
    received_at: AwareDatetime | None = None
    scope: Literal["marketing", "lists", "situation"] | None = None
    channels: list[Literal["email", "sms", "all"]] | None = None
    lists: Annotated[list[UUID], Field(max_length=_MANY)] | None = None
    ground: Literal["accuracy", "unlawful", "claims", "objection"] | None = None
    transmit_to: Annotated[str, StringConstraints(max_length=500, pattern=_WRITTEN)] | None = None
    household: Household | None = None


class CaseState(Shape):
    """How a case stands. `due_at`: the last second in which it is answered in time; `due_clause`: by which clause or
    provision; `waits_for`: what holds it up; `result`: what the answer was, once it is closed."""

    id: UUID
    number: int
    kind: str
    regime: str
    state: Annotated[str, Field(json_schema_extra=_enum(rules.STATES))]
    channel: str
    language: str
    received_at: datetime
    due_at: datetime
    due_clause: str
    late: bool
    waits_for: Literal["identity", "fee"] | None
    confirmed_at: datetime | None
    closed_at: datetime | None
    result: str | None
    reason: str | None


class Opened(CaseState):
    """The case that a request opened. `repeated`: the same was asked before and is still open, and this is that case,
    with its first date."""

    repeated: bool


def state_of(case_id: UUID, at: datetime) -> dict[str, object]:
    """Return how a case stands, by field. Raises NoSuchCase."""
    view = selectors.case(case_id, at=at)
    row, outcome = view.row, view.outcome
    return {
        "id": row.id,
        "number": row.number,
        "kind": row.kind,
        "regime": row.regime,
        "state": row.state,
        "channel": row.channel,
        "language": row.language,
        "received_at": row.received_at,
        "due_at": row.due_at,
        "due_clause": row.due_clause,
        "late": row.late,
        "waits_for": row.waits or None,
        "confirmed_at": row.confirmed_at,
        "closed_at": row.closed_at,
        "result": outcome.get("result"),
        "reason": outcome.get("reason"),
    }


def open_case(call: Call) -> Given:
    """Take a request in: the person is mailed a link that confirms it, as after every other way of asking."""
    wish: NewCase = call.body
    received_at = _received(wish.received_at, call.at)
    if (wish.kind == "household") != (wish.household is not None):
        raise _unclear(_("A household’s request, and no other, says who belongs to it."))
    if wish.household is not None:
        received = services.receive_household(
            what=wish.household.what,
            others=wish.household.emails,
            channel=CHANNEL,
            actor=call.key,
            address=wish.email,
            language=wish.language,
            name=wish.name,
            words=wish.words,
            received_at=received_at,
            at=call.at,
        )
    else:
        received = services.receive(
            kind=wish.kind,
            channel=CHANNEL,
            actor=call.key,
            address=wish.email,
            language=wish.language,
            name=wish.name,
            words=wish.words,
            asked=_asked(wish),
            to=wish.transmit_to or "",
            received_at=received_at,
            at=call.at,
        )
    state = state_of(received.case_id, call.at)
    return Given(200 if received.repeated else 201, Opened.model_validate({**state, "repeated": received.repeated}))


def _received(said: datetime | None, at: datetime) -> datetime:
    if said is None:
        return at
    if not at - EARLIEST <= said <= at:
        raise _unclear(_("A request was received in the past, and not more than 90 days ago."))
    return said


def _asked(wish: NewCase) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {
        "scope": [wish.scope] if wish.scope else [],
        "channel": list(wish.channels or ()),
        "list": [str(one) for one in wish.lists or ()],
        "ground": [wish.ground] if wish.ground else [],
    }
    return {name: codes for name, codes in given.items() if codes}


def _unclear(message: str) -> Refused:
    return Refused(
        message, code="rights.not_askable", status=422, clause=rules.CLAUSES["unsorted"],
        remedy=_("Look at the OpenAPI document, and send the request again."),
    )  # fmt: skip


def read_case(call: Call) -> Given:
    """Say how a case stands."""
    return Given(200, CaseState.model_validate(state_of(call.place["case_id"], call.at)))


OPERATIONS: Final = (
    Operation(
        name="cases",
        method="POST",
        path="cases/",
        scope="cases:create",
        summary="Hand in a data subject’s request",
        explained=(
            "Opens a case with its clock and mails the person a link that confirms it; known and unknown addresses "
            "are treated alike. The answer goes to the person by mail, never through the API."
        ),
        does=open_case,
        takes=NewCase,
        gives=Opened,
        statuses=((201, "The case is open."), (200, "The same was asked before and is still open: that case.")),
    ),
    Operation(
        name="case",
        method="GET",
        path="cases/<uuid:case_id>/",
        scope="cases:read",
        summary="How a case stands",
        explained="Codes and times; nothing about the person.",
        does=read_case,
        gives=CaseState,
        statuses=((200, "How the case stands."),),
    ),
)
