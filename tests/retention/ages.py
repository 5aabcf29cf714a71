"""A controller with data of several ages, and the verbs in which the tests of keeping speak."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from mandata.accounts.models import Member, Seat
from mandata.accounts.services import controllers, users
from mandata.campaigns.models import Campaign, Number
from mandata.foundation.actors import Actor
from mandata.infra import bulk
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from mandata.record.selectors import EntryView
from mandata.retention.services import keeping
from tests.world.people import PASSWORD, House, Person, accept

LONG_AGO = timedelta(days=400)


def house(agreement: str = "gdpr-art28", *, since: timedelta = timedelta(days=800)) -> House:
    """A controller whose owner accepted an agreement a good while ago."""
    email, at = f"owner-{new_id().hex[-12:]}@bakery.example", now() - since
    user_id = users.create(email=email, name="Olga Owner", password=PASSWORD, verified=True)
    founded = controllers.found(
        owner_id=user_id, name="Demo Bakery", legal_name="Demo Bakery Ltd", postal_address="1 Oven Lane",
        contact=email, at=at,
    )  # fmt: skip
    with scope(founded.controller_id):
        accept(founded.member_id, at=at, name=agreement)
        if since > timedelta(days=1):
            keeping.daily(at=now() - timedelta(days=1), queue=False)  # yesterday's look, which is the first
    return House(founded.controller_id, Person(user_id, email, Actor("member", founded.member_id)))


def campaign(owner: House, *, at: datetime, state: str = "finished") -> UUID:
    """A campaign of an age, with its content, in the open scope."""
    campaign_id = new_id()
    number = Number.objects.create(controller_id=owner.id, campaign_id=campaign_id).number
    Campaign.objects.create(
        id=campaign_id, number=number, name="Spring", subject="Bread", body="<mjml/>", state=state,
        compiled=b"x", compiled_digest=b"y", created_by=owner.owner.actor.id, created_at=at, updated_at=at,
        launched_at=None if state == "draft" else at, finished_at=at if state == "finished" else None,
    )  # fmt: skip
    return campaign_id


def events(campaign_id: UUID, count: int, *, at: datetime) -> None:
    """So many opens at an instant, in the open scope."""
    with connection.cursor() as cursor:
        cursor.execute("select tracking_ensure_month(%s::date)", [at.date()])
    bulk.execute(
        """insert into tracking_event (controller_id, at, kind, campaign_id, subscriber_id, link, actor_class, signals,
            agent, network, country)
        select nullif(current_setting('mandata.controller', true), '')::uuid, %b::timestamptz, 'open', %b::uuid,
            gen_random_uuid(), 0, 'human', 0, 'firefox', 'home', '' from generate_series(1, %b::int)""",
        [at, campaign_id, count],
    )


def messages(campaign_id: UUID, count: int) -> None:
    """So many messages of a campaign, in the open scope."""
    rows = [(campaign_id, new_id(), number, "other", "sent", now()) for number in range(1, count + 1)]
    columns = {"campaign_id": "uuid", "subscriber_id": "uuid", "number": "int8", "provider": "text", "state": "text"}
    bulk.insert("delivery_message", columns | {"sent_at": "timestamptz"}, rows)


def count(table: str) -> int:
    """Rows of a table in the open scope."""
    return int(bulk.execute(f"select count(*) from {table}", [])[0][0])


def finish(owner: House, run_id: UUID, at: datetime) -> None:
    """Work at a run until nothing is left."""
    while keeping.work(controller_id=owner.id, run_id=run_id, at=at):
        pass


@contextmanager
def inside(owner: House) -> Iterator[UUID]:
    """The controller's scope."""
    with scope(owner.id) as controller_id:
        yield controller_id


def entered(kind: str) -> list[EntryView]:
    """Entries of a kind in the open scope, the oldest first."""
    return list(reversed(record.entries(kind=kind)))


def join(owner: House, role: str = "reader") -> UUID:
    """A further member of a role; returns the member's id."""
    email = f"{role}-{new_id().hex[-12:]}@bakery.example"
    user_id = users.create(email=email, name=role.title(), password=PASSWORD, verified=True)
    with scope(owner.id):
        member = Member.objects.create(user_id=user_id, role=role, joined_at=now())
        Seat.objects.create(user_id=user_id, controller_id=owner.id)
        return UUID(str(member.id))
