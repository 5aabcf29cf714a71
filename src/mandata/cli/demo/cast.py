"""Who takes part: an operator, a bakery with its owner, a marketer and a privacy officer; and its agreement."""

import json
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.accounts.services import controllers, members, users
from mandata.agreements import selectors as agreements
from mandata.agreements import services as agreement
from mandata.agreements.services import staff
from mandata.cli.demo.stage import CONTROLLER, Stage
from mandata.foundation.actors import Actor
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope

PEOPLE = {
    "operator": ("operator@demo.example", "Operator of the demo"),
    "owner": ("owner@bakery.example", "Owner of the bakery"),
    "marketer": ("marketer@bakery.example", "Marketer of the bakery"),
    "privacy_officer": ("privacy@bakery.example", "Privacy officer of the bakery"),
}


def logins(var: Path) -> dict[str, str]:
    """Return the demo's passwords by role: drawn once, kept in a file that only its owner reads."""
    path = var / "demo.json"
    if not path.exists():
        drawn = {role: "-".join(secrets.token_hex(3) for _ in range(3)) for role in PEOPLE}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(drawn, file)
    found: dict[str, str] = json.loads(path.read_text())
    return found


def people(stage: Stage, passwords: dict[str, str]) -> None:
    """Register the operator, the bakery and its people, where they are not there yet."""
    user = {role: _user(role, passwords[role]) for role in ("operator", "owner")}
    _fit(user["operator"])
    seats = accounts.seats(user["owner"])
    stage.controller_id = seats[0] if seats else _found(user["owner"])
    with scope(stage.controller_id):
        for role in ("marketer", "privacy_officer"):
            _invite(role, passwords[role])
        by_email = {person.email: Actor("member", person.id) for person in accounts.members()}
    stage.owner, stage.marketer, stage.officer = (by_email[PEOPLE[role][0]] for role in list(PEOPLE)[1:])
    stage.figures["members"] = len(by_email)


def _user(role: str, password: str) -> UUID:
    email, name = PEOPLE[role]
    known = accounts.user_by_email(email)
    return known or users.create(
        email=email, name=name, password=password, is_operator=role == "operator", verified=True
    )


def _fit(user_id: UUID) -> None:
    """Enter the operator's confidentiality and training, without which no page of a controller opens."""
    with scope(INSTANCE):
        if accounts.commitments(user_id):
            return
    at = now()
    given: dict[str, Any] = {"user_id": user_id, "by": user_id, "at": at, "on": at.date(), "evidence": "demo folder"}
    staff.commit(kind="confidentiality", **given)
    staff.commit(kind="training", until=at.date() + timedelta(days=365), **given)


def _found(owner_id: UUID) -> UUID:
    founded = controllers.found(
        owner_id=owner_id,
        name=CONTROLLER,
        legal_name="Demo Bakery Ltd",
        postal_address="1 Oven Lane, 110 00 Prague",
        contact=PEOPLE["owner"][0],
        privacy_contact=PEOPLE["privacy_officer"][0],
        at=now(),
    )
    return founded.controller_id


def _invite(role: str, password: str) -> None:
    email, name = PEOPLE[role]
    if accounts.user_by_email(email):
        return
    tokens: list[str] = []

    def link(token: str) -> str:
        tokens.append(token)
        return token

    inviter = accounts.owners()[0].id
    members.invite(email=email, name=name, role=role, invited_by=inviter, at=now(), link=link)
    members.join_anew(token=tokens[0], name=name, password=password, language="en", at=now())


def accept(stage: Stage) -> None:
    """Let the owner accept the agreement, with the answers to its questions, and remember which text it was."""
    with scope(stage.controller_id):
        if agreements.in_force(now()) is None:
            offer = agreements.offer(language="en")
            answers = {"age": "yes", "consumer": "no", "eea": "yes"}
            agreement.accept(
                member_id=stage.owner.id or UUID(int=0),
                language="en",
                answers={question.name: answers[question.name] for question in offer.questions},
                warranted=True,
                shown=offer.shown,
                at=now(),
                where=agreement.Where("127.0.0.0/24", "mandata demo"),
            )
        found = agreements.in_force(now())
    stage.expect(found is not None, "no agreement is in force")
    if found:
        stage.figures["agreement"] = f"{found.name} {found.version}"
