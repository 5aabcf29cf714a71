"""Whoever may run any SQL and has no key reads no subscriber; of others exactly what the catalogue says is in clear."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mandata.accounts.services import addresses as book
from mandata.accounts.services import controllers, members, users
from mandata.agreements.services import instructions, staff, suspension, upstream
from mandata.agreements.services.notices import serve_by_letter
from mandata.campaigns import services as campaigns
from mandata.campaigns.rules.content import Content, Format
from mandata.foundation.actors import Actor
from mandata.holdings import own
from mandata.holdings.catalogue import catalogue
from mandata.holdings.clear import CLEAR, OWN, columns
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.subprocessors.services import disclosures, objections
from tests.forgetting.conftest import Forgotten
from tests.forgetting.people import Crowd, crowd
from tests.forgetting.reading import columns_with
from tests.subprocessors.cast import announced, carrier, told
from tests.world.people import PASSWORD, accept, staffed

pytestmark = pytest.mark.timeout(900)


@pytest.mark.req("SEC-1", "SEC-3", "SEC-5")
@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_the_databases_owner_and_its_superuser_read_no_subscriber(forgotten: Forgotten, role: str) -> None:
    assert forgotten.in_sql[role] == set()


@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_the_same_look_finds_a_member_who_is_in_clear(forgotten: Forgotten, role: str) -> None:
    assert "accounts_user.email" in forgotten.members_in_sql[role]
    assert "accounts_controller.contact" in forgotten.members_in_sql[role], "a table under Row-Level Security"


@pytest.mark.req("SEC-3")
def test_where_people_log_in_and_work_nothing_more_of_a_member_is_in_the_clear(forgotten: Forgotten) -> None:
    assert forgotten.members_in_sql["superuser"] - columns() == set()


def _everywhere(one: Crowd) -> None:
    """A member, a contact and somebody of the staff in every place that takes a person or a person's words."""
    who = one["reader"]
    name, words, at = f"{who.first} {who.last}", f"{who.first} {who.last}, {who.phone}, {who.email}", now()
    mailbox = iter(f"{place}.{one.mark}@posta.example" for place in "abcdefgh")
    owner = users.create(email=next(mailbox), name=name, password=PASSWORD, verified=True)
    founded = controllers.found(
        owner_id=owner, name=name, legal_name=words, postal_address=words, contact=next(mailbox),
        privacy_contact=next(mailbox), at=at,
    )  # fmt: skip
    member = founded.member_id
    with scope(founded.controller_id):
        accept(member, at=at)
        members.invite(
            email=next(mailbox), name=name, role="reader", invited_by=member, at=at, link=lambda token: token
        )
        book.keep(kind="notices", first=next(mailbox), names=(name, ""), actor=Actor("member", member), at=at)
        _instructed(member, words, at)
        upstream.add(name=name, contact=words, authorised_on=at.date(), warranted=True, member_id=member, at=at)
        disclosures.log(
            kind="authority",
            recipient=words,
            country="CZ",
            what=words,
            ground=words,
            actor=Actor("member", member),
            at=at,
        )
        content = Content(
            format=Format.HTML, source=f"<p>{words}</p>", subject=words, preheader=words, from_name=name,
            from_address=next(mailbox), reply_to=next(mailbox), language="cs",
        )  # fmt: skip
        campaigns.create(name=words, actor=Actor("member", member), at=at, content=content)
    _objected(founded.controller_id, member, words, at)
    _on_the_staff(one, founded.controller_id)
    with scope(founded.controller_id):
        suspension.suspend(member_id=member, at=at, reason=words)


def _instructed(member: UUID, words: str, at: datetime) -> None:
    """Instructions that are questioned, refused and demanded by law; a letter; an objection and its outcome."""
    operator = Actor("operator", new_id())
    given: dict[str, Any] = {"member_id": member, "words": words, "acts": ["send"], "at": at, "scope_words": words}
    instructions.question(instruction_id=instructions.give(**given), concern=words, actor=operator, at=at)
    instructions.refuse(instruction_id=instructions.give(**given), reason=words, actor=operator, at=at)
    serve_by_letter(kind="test", party="controller", way="hand", evidence=words, by=new_id(), at=at, received_at=at)


def _objected(controller: UUID, member: UUID, words: str, at: datetime) -> None:
    carrier(name := f"Carrier {new_id().hex[-12:]}")
    change = announced(name, at=at, planned=at + timedelta(days=60))
    told(controller, change, at=at)
    with scope(controller):
        objection = objections.object_to(change_id=change, words=words, actor=Actor("member", member), at=at)
        objections.resolve(
            objection_id=objection, outcome="excluded", words=words, actor=Actor("operator", new_id()), at=at
        )


def _on_the_staff(one: Crowd, controller: UUID) -> None:
    who, at = one["reader"], now()
    words = f"{who.first} {who.last}"
    person = staffed().user_id
    given: dict[str, Any] = {"user_id": person, "by": person, "at": at, "on": at.date()}
    staff.commit(kind="training", evidence=words, until=at.date() + timedelta(days=300), **given)
    staff.open_access(
        controller_id=controller, user_id=person, reason=words, country="CZ", minutes=5, at=at, ticket=words
    )


@pytest.mark.req("SEC-3", "AST-5")
def test_members_contacts_and_staff_are_in_clear_in_the_declared_columns_and_in_no_other(database: Urls) -> None:
    one = crowd(("reader",))
    _everywhere(one)
    found = columns_with(database.superuser, one.needles())
    assert found == columns()


def test_every_column_in_clear_belongs_to_a_table_of_its_holding() -> None:
    tables = {holding.description.key: set(holding.description.tables) for holding in catalogue()}
    tables[OWN] = set(own.tables())
    for key, declared in CLEAR.items():
        assert {column.partition(".")[0] for column in declared} <= tables[key], key
