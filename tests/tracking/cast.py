"""A campaign that was sent: its list, links, recipients and messages, made directly so that tests stay small."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from mandata.agreements import selectors as agreements
from mandata.audience.models import List, Subscriber, Subscription
from mandata.campaigns.models import Campaign, Link, Number
from mandata.foundation import canonical, tokens
from mandata.foundation.addresses import parse, provider
from mandata.infra import bulk
from mandata.infra.clock import new_id, new_ids
from mandata.infra.tenancy import scope
from mandata.tracking import rules, spool
from mandata.tracking.rules import Agent, Method
from mandata.tracking.spool import EVENTS, UNSUBSCRIPTIONS, SpoolRecord, Writer
from mandata.vault.services import Vault
from tests.world import NOON, Customer, World
from tests.world.people import accept
from tests.world.processes import python

SENT = NOON
HOME = rules.network("203.0.113.9")


@dataclass(frozen=True)
class Sent:
    """A campaign with its recipients; message numbers count from 1 in their order."""

    customer: Customer
    id: UUID
    number: int
    list_id: UUID
    people: Sequence[UUID]


def a_sent_campaign(
    world: World,
    people: Sequence[str] = ("ann@gmail.com", "bob@seznam.cz"),
    links: int = 12,
    *,
    customer: Customer | None = None,
    language: str = "en",
    **settings: object,
) -> Sent:
    """A campaign sent at SENT to a list of new subscribers, under an agreement in force."""
    customer = customer or world.controller()
    campaign_id, list_id = new_id(), new_id()
    number = Number.objects.create(controller_id=customer.id, campaign_id=campaign_id).number
    with scope(customer.id):
        if agreements.in_force(SENT) is None:
            accept(customer.member, at=SENT)
        position = List.objects.count() + 1
        List.objects.create(id=list_id, number=position, name=f"News {position}", created_at=SENT)
        Campaign.objects.create(
            id=campaign_id,
            number=number,
            name="Spring",
            list_id=list_id,
            created_by=new_id(),
            created_at=SENT,
            updated_at=SENT,
            **settings,
        )
        Link.objects.bulk_create(
            Link(campaign_id=campaign_id, number=link, url=f"https://shop.example/{link}", label=f"Offer {link}")
            for link in range(links)
        )
        subscribers = [a_subscriber(address, list_id, language=language) for address in people]
        rows = [
            (campaign_id, subscriber.id, place, subscriber.provider, "sent", SENT)
            for place, subscriber in enumerate(subscribers, start=1)
        ]
        columns = {"campaign_id": "uuid", "subscriber_id": "uuid", "number": "int8", "provider": "text"}
        bulk.insert("delivery_message", columns | {"state": "text", "sent_at": "timestamptz"}, rows)
    return Sent(customer, campaign_id, number, list_id, [subscriber.id for subscriber in subscribers])


LINKS = 12
PROVIDERS = ("Gmail", "Seznam", "Outlook", "Yahoo", "iCloud")


@dataclass(frozen=True)
class Many:
    """A campaign with very many messages, numbered from 1 in the order of `people`, who are references only."""

    customer: Customer
    id: UUID
    number: int
    people: Sequence[UUID]


def many_messages(customer: Customer, count: int) -> Many:
    """A campaign of LINKS links that was sent at SENT to `count` people of whom nothing else is known."""
    campaign_id = new_id()
    number = Number.objects.create(controller_id=customer.id, campaign_id=campaign_id).number
    times = {"created_at": SENT, "updated_at": SENT}
    columns = {"campaign_id": "uuid", "subscriber_id": "uuid", "number": "int8", "provider": "text"}
    columns |= {"state": "text", "sent_at": "timestamptz"}
    people: list[UUID] = []
    with scope(customer.id):
        if agreements.in_force(SENT) is None:
            accept(customer.member, at=SENT)
        Campaign.objects.create(id=campaign_id, number=number, name="Spring", created_by=new_id(), **times)
        Link.objects.bulk_create(
            Link(campaign_id=campaign_id, number=link, url=f"https://shop.example/{link}") for link in range(LINKS)
        )
        while len(people) < count:
            more = new_ids(min(10_000, count - len(people)))
            rows = [
                (campaign_id, one, place, PROVIDERS[place % len(PROVIDERS)], "sent", SENT)
                for place, one in enumerate(more, len(people) + 1)
            ]
            bulk.insert("delivery_message", columns, rows)
            people += more
    return Many(customer, campaign_id, number, people)


def a_subscriber(address: str, list_id: UUID, *, language: str = "en", phone: bool = False) -> Subscriber:
    """A subscriber on a list, sealed as an import seals."""
    vault = Vault.open()
    read = parse(address)
    subscriber_id = new_id()
    vault.create([subscriber_id])
    subscriber: Subscriber = Subscriber.objects.create(
        id=subscriber_id,
        identity=vault.seal(subscriber_id, "audience_subscriber.identity", canonical.dumps({"email": address})),
        email_index=vault.index("email", read.lookup),
        suppression_index=vault.index("suppression", read.lookup),
        phone_index=vault.index("phone", "+420123456789") if phone else None,
        mail_domain=address.partition("@")[2],
        provider=provider(address.partition("@")[2]),
        language=language,
        created_at=SENT,
        updated_at=SENT,
    )
    Subscription.objects.create(
        list_id=list_id,
        subscriber_id=subscriber_id,
        state="subscribed",
        basis="consent",
        evidence={"source": "test"},
        since=SENT - timedelta(days=1),
    )
    return subscriber


class Door:
    """Writes what the door would write, at times of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def opened(self, sent: Sent, message: int, after: float, agent: Agent = Agent.FIREFOX) -> None:
        self.write([record(sent, message, tokens.LINK_OPEN, after, agent)])

    def clicked(self, sent: Sent, message: int, link: int, after: float, agent: Agent = Agent.FIREFOX) -> None:
        self.write([record(sent, message, link, after, agent)])

    def unsubscribed(self, sent: Sent, message: int, after: float) -> None:
        self.write([record(sent, message, tokens.LINK_UNSUBSCRIBE, after, method=Method.POST)], UNSUBSCRIPTIONS)

    def write(self, records: Sequence[SpoolRecord], stream: str = EVENTS) -> None:
        """A segment of its own, complete."""
        writer = Writer(self.folder, stream)
        for one in records:
            writer.append(one)
        writer.close()

    def waiting(self) -> int:
        """How many segments lie in the spool."""
        return len(spool.segments(self.folder, EVENTS) + spool.segments(self.folder, UNSUBSCRIPTIONS))


def record(
    sent: Sent, message: int, link: int, after: float, agent: Agent = Agent.FIREFOX, method: Method = Method.GET
) -> SpoolRecord:
    """What the door keeps of a request `after` seconds after SENT."""
    at_ms = int((SENT.timestamp() + after) * 1000)
    return SpoolRecord(sent.number, message, link, at_ms, method, agent, HOME)


def later(seconds: float) -> datetime:
    """An instant after SENT."""
    return SENT + timedelta(seconds=seconds)


_INGESTER = """
    import sys, pathlib, datetime
    import django; django.setup()
    from mandata.tracking.services import take_events
    at = datetime.datetime.fromisoformat(sys.argv[2])
    print("begins", flush=True)
    take_events(at=at, folder=pathlib.Path(sys.argv[1]), limit=int(sys.argv[3]))
"""


def ingester(folder: Path, at: datetime, limit: int = 200) -> "subprocess.Popen[bytes]":
    """A process that takes in what a spool holds at an instant, in small batches; it says when it begins."""
    return python(_INGESTER, str(folder), at.isoformat(), str(limit))
