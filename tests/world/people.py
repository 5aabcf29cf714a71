"""A controller as it is after registration: an owner who can log in, and the agreement accepted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mandata.accounts.services import controllers, members, users
from mandata.agreements import library
from mandata.agreements import selectors as agreements
from mandata.agreements import services as agreement
from mandata.agreements.services import staff
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope

PASSWORD = "plum-cake-and-caraway"


@dataclass(frozen=True)
class Person:
    """Somebody who can log in with `PASSWORD`."""

    user_id: UUID
    email: str
    actor: Actor


@dataclass(frozen=True)
class House:
    """A registered controller and its owner."""

    id: UUID
    owner: Person


def registered(name: str = "Demo Bakery", *, agreed: bool = True) -> House:
    """Register a controller with an owner; `agreed` accepts the agreement, too."""
    email = f"owner-{new_id().hex[-12:]}@bakery.example"
    user_id = users.create(email=email, name="Olga Owner", password=PASSWORD, verified=True)
    founded = controllers.found(
        owner_id=user_id,
        name=name,
        legal_name=f"{name} Ltd",
        postal_address="1 Oven Lane, 110 00 Prague",
        contact=email,
        at=now(),
    )
    if agreed:
        with scope(founded.controller_id):
            accept(founded.member_id)
    return House(founded.controller_id, Person(user_id, email, Actor("member", founded.member_id)))


def accept(member: Actor | UUID, *, at: datetime | None = None, name: str = "", source: str = "") -> None:
    """Accept an agreement (by default the installation's, or this exact text) in the open scope, with the answers that
    it wants."""
    member_id = member.id if isinstance(member, Actor) else member
    assert member_id is not None
    read = library.checked(source, "agreement.toml") if source else None
    offer = agreements.offer_of(read, "en") if read else agreements.offer(language="en", name=name)
    answers = {question.name: "no" if question.name == "consumer" else "yes" for question in offer.questions}
    agreement.accept(
        member_id=member_id,
        language="en",
        answers=answers,
        warranted=True,
        shown=offer.shown,
        at=at or now(),
        name=name,
        source=source,
    )


def staffed(*houses: House, name: str = "Otto Operator", fit: bool = True) -> Person:
    """Somebody of the operator's staff: `fit` has signed and is trained; with an open access to each of the houses."""
    email = f"otto-{new_id().hex[-12:]}@operator.example"
    user_id, today = users.create(email=email, name=name, password=PASSWORD, is_operator=True, verified=True), now()
    if fit:
        given: dict[str, Any] = {
            "user_id": user_id,
            "by": user_id,
            "at": today,
            "on": today.date() - timedelta(days=30),
        }
        staff.commit(kind="confidentiality", evidence="folder 3", **given)
        staff.commit(kind="training", evidence="certificate 17", until=today.date() + timedelta(days=335), **given)
    for house in houses:
        staff.open_access(
            controller_id=house.id, user_id=user_id, reason="The test asks for it", country="CZ", minutes=60, at=now()
        )
    return Person(user_id, email, Actor("operator", user_id))


def joined(house: House, role: str) -> Person:
    """Let somebody join a house in a role."""
    email = f"{role}-{new_id().hex[-12:]}@bakery.example"
    tokens: list[str] = []
    with scope(house.id):
        members.invite(
            email=email,
            name=f"Max {role}",
            role=role,
            invited_by=house.owner.actor.id or UUID(int=0),
            at=now(),
            link=lambda token: tokens.append(token) or token,  # type: ignore[func-returns-value]
        )
        members.join_anew(token=tokens[0], name=f"Max {role}", password=PASSWORD, language="en", at=now())
    from mandata.accounts import selectors

    with scope(house.id):
        found = next(person for person in selectors.members() if person.email == email)
    return Person(found.user_id, email, Actor("member", found.id))
