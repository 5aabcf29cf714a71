"""Delivery reports made by a genuine Postfix come back through the doors and end on the right message (DLV-5)."""

import smtplib
import time
from collections.abc import Iterator
from uuid import UUID

import pytest

from mandata.audience.models import Subscription
from mandata.delivery.models import Message, Return
from mandata.delivery.returns import Listener
from mandata.infra.tenancy import scope
from tests.delivery.mailing import Shop, shop
from tests.delivery.postfix import Postfix, postfix
from tests.delivery.scripted import Scripted, Talk
from tests.delivery.test_returning import grounds, leaving, sent
from tests.world import World

ANSWERS = {
    "reader0": "550 5.1.1 No such user here",
    "reader1": "552 5.2.2 Mailbox full",
    "reader2": "554 5.7.1 Message rejected as spam",
    "reader3": "250 ok",
    "reader4": "550 5.1.1 No such user here",
}
WANTED = {
    0: ("bounce", True, "userunknown", "hard_bounce"),
    1: ("bounce", False, "mailboxfull", ""),
    2: ("bounce", False, "spamdetected", ""),
    4: ("bounce", True, "userunknown", "hard_bounce"),
}


@pytest.fixture
def bakery(world: World) -> Shop:
    return shop()


@pytest.fixture
def between() -> Iterator[Postfix]:
    """A Postfix that takes everything; behind it a server that answers each reader otherwise, and our door."""
    door = Listener("127.0.0.1", 0)
    door.start()
    with (
        Scripted(_answers) as receiver,
        postfix({"inbox.example": receiver.port, "returns.localhost": door.port}) as running,
    ):
        yield running
    door.stop()


def _answers(talk: Talk) -> None:
    talk.greet("ENHANCEDSTATUSCODES", "8BITMIME")
    talk.serve(rcpt=lambda address: ANSWERS[address.partition("@")[0]])


def eventually(bakery: Shop, count: int, running: Postfix) -> None:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        with scope(bakery.id):
            if Return.objects.count() >= count:
                return
        time.sleep(0.1)
    raise AssertionError(running.log())


def people(bakery: Shop, campaign: UUID) -> dict[UUID, int]:
    """Who each message went to: the number of the reader by reference."""
    with scope(bakery.id):
        rows = Message.objects.filter(campaign_id=campaign).values_list("subscriber_id", "number")
        return {subscriber: number - 1 for subscriber, number in rows}


@pytest.mark.req("DLV-5", "AUDI-4")
def test_each_report_ends_on_its_message(bakery: Shop, between: Postfix) -> None:
    campaign, tokens = sent(bakery, 5)
    with smtplib.SMTP("127.0.0.1", between.port) as session:
        for number, token in enumerate(tokens):
            text = f"From: news@bakery.example\r\nTo: reader{number}@inbox.example\r\nSubject: Bread\r\n\r\nHello\r\n"
            session.sendmail(f"{token}@returns.localhost", [f"reader{number}@inbox.example"], text)
    eventually(bakery, len(WANTED), between)
    numbers = people(bakery, campaign)
    with scope(bakery.id):
        rows = Return.objects.values_list("subscriber_id", "kind", "hard", "reason", "suppressed")
        found = {numbers[subscriber]: tuple(rest) for subscriber, *rest in rows}
    assert found == WANTED
    assert grounds(bakery) == ["hard_bounce", "hard_bounce"]


def test_a_mail_to_unsubscribe_comes_through_a_mail_server_too(bakery: Shop, between: Postfix) -> None:
    _campaign, (token,) = sent(bakery)
    with smtplib.SMTP("127.0.0.1", between.port) as session:
        session.sendmail("ann.reader@inbox.example", [f"{leaving(token)}@returns.localhost"], "Subject: x\r\n\r\n")
    eventually(bakery, 1, between)
    with scope(bakery.id):
        assert Subscription.objects.values_list("state", flat=True).get() == "unsubscribed"
