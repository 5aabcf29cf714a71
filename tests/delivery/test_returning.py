"""What comes back for messages, over the real doors: kept sealed, processed once, put to the right message."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from mandata.audience.models import Subscription, Suppression
from mandata.delivery.catcher.reports import complaint, delivery_report
from mandata.delivery.models import Arrival, Message, Return, Waiting
from mandata.delivery.returns import Listener
from mandata.delivery.rules.outcomes import FAILED, Outcome
from mandata.delivery.services import arriving, suppressing
from mandata.delivery.services.returning import receive_return, refused_at_the_door
from mandata.foundation import tokens
from mandata.foundation.tokens import LINK_BOUNCE, LINK_UNSUBSCRIBE
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.tracking import selectors as tracking
from mandata.vault.models import SubjectKey
from mandata.vault.services import token_keys
from tests.delivery.mailing import Shop, shop
from tests.delivery.notices import NONE_OF_THEM
from tests.holdings.cast import rows_with
from tests.world import World

WHO = "ann.reader@inbox.example"
ORIGINAL = b"From: news@bakery.example\r\nTo: ann.reader@inbox.example\r\nSubject: Bread\r\n\r\nHello\r\n"


@pytest.fixture
def bakery(world: World) -> Shop:
    return shop()


@pytest.fixture(params=["smtp", "lmtp"])
def door(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Each of the two doors, as a way to open a session with it."""
    listener = Listener("127.0.0.1", 0, lmtp=request.param == "lmtp")
    listener.start()
    kind = smtplib.LMTP if request.param == "lmtp" else smtplib.SMTP
    yield lambda: kind("127.0.0.1", listener.port, timeout=60)
    listener.stop()


def sent(bakery: Shop, people: int = 1) -> tuple[UUID, list[str]]:
    """A campaign whose messages count as sent; its id and the bounce tokens' local parts, by message number."""
    bakery.people(people, (lambda _: WHO) if people == 1 else "reader{}@inbox.example".format)
    campaign = bakery.launched()
    with scope(bakery.id):
        Message.objects.filter(campaign_id=campaign).update(state="sent", sent_at=now())
        with connection.cursor() as cursor:
            cursor.execute("update delivery_counter set state = 'sent' where campaign_id = %s", [campaign])
            cursor.execute("select number from campaigns_number where campaign_id = %s", [campaign])
            number = cursor.fetchone()[0]
    return campaign, [token(number, message, LINK_BOUNCE) for message in range(1, people + 1)]


def token(campaign_no: int, message_no: int, link: int) -> str:
    keys = token_keys()
    return tokens.mint(keys, tokens.references(keys, [(campaign_no, message_no)])[0], link)


def leaving(bounce: str) -> str:
    keys = token_keys()
    parsed = tokens.parse({keys.key_id: keys}, bounce)
    return token(parsed.campaign_no, parsed.message_no, LINK_UNSUBSCRIBE)


def report(reply: str = "550 5.1.1 User unknown", recipient: str = WHO) -> bytes:
    return delivery_report(
        host="mx.example", sender="v@returns.example", recipient=recipient, reply=reply, content=ORIGINAL, at=now()
    )


def kinds(bakery: Shop) -> list[str]:
    with scope(bakery.id):
        return sorted(Return.objects.values_list("kind", flat=True))


def grounds(bakery: Shop) -> list[str]:
    with scope(bakery.id):
        return sorted(Suppression.objects.values_list("reason", flat=True))


@pytest.mark.req("DLV-5", "AUDI-4")
def test_a_report_ends_on_its_message_and_leaves_nothing_raw(bakery: Shop, door: Any, database: Urls) -> None:
    _campaign, (local,) = sent(bakery)
    with scope(bakery.id):
        keys = SubjectKey.objects.count()
    with door() as session:
        session.sendmail("", [f"{local}@bounce.bakery.example"], report())
        session.sendmail("", [f"{local}@returns.localhost"], report())
    assert kinds(bakery) == ["bounce"] or len(kinds(bakery)) == 2, "two reports differ by their time only"
    assert grounds(bakery) == ["hard_bounce"]
    with scope(bakery.id):
        assert not Arrival.objects.exists() and not Waiting.objects.exists()
        assert SubjectKey.objects.count() == keys, "the keys of what was raw are gone"
        row = Return.objects.order_by("received_at")[0]
        assert (row.hard, row.reason, row.status, row.suppressed) == (True, "userunknown", "5.1.1", "hard_bounce")
    assert rows_with(database.superuser, WHO) == []


@pytest.mark.req("DLV-5")
def test_what_was_refused_at_the_door_is_told_from_what_came_back_later(bakery: Shop) -> None:
    campaign, (_, other) = sent(bakery, 2)
    refused = Outcome(1, FAILED, code=550, enhanced="5.1.1", diagnostic="5.1.1 unknown", stage="rcpt")
    with scope(bakery.id):
        assert refused_at_the_door(campaign_id=campaign, refusals=[(1, refused)], at=now()) == 1
    receive_return(recipient=f"{other}@bounce.bakery.example", raw=report(), at=now())
    with scope(bakery.id):
        assert sorted(Return.objects.values_list("at_door", "hard")) == [(False, True), (True, True)]
        assert tracking.report(campaign).returns.bounced == 1


@pytest.mark.req("AUDI-4")
def test_a_mail_to_the_unsubscribe_address_is_effective_when_it_is_acknowledged(bakery: Shop, door: Any) -> None:
    _campaign, (local,) = sent(bakery)
    with door() as session:
        session.sendmail(WHO, [f"{leaving(local)}@returns.localhost"], b"Subject: unsubscribe\r\n\r\n")
    with scope(bakery.id):
        assert Subscription.objects.values_list("state", flat=True).get() == "unsubscribed"
    assert kinds(bakery) == ["leave"]


def test_a_forged_token_is_refused_before_a_word_of_the_message(bakery: Shop, door: Any) -> None:
    _campaign, (local,) = sent(bakery)
    forged = local[:-1] + ("A" if local[-1] != "A" else "E")
    with door() as session:
        for address in (forged, local[:-1], local + "A", "", "postmaster"):
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                session.sendmail("", [f"{address}@returns.localhost"], report())
    assert kinds(bakery) == []


@pytest.mark.req("DLV-3")
def test_a_complaint_of_a_feedback_loop_finds_its_message_by_the_original(bakery: Shop, door: Any) -> None:
    _campaign, (local,) = sent(bakery)
    original = ORIGINAL.replace(b"Subject:", b"Message-ID: <" + local.encode() + b"@bakery.example>\r\nSubject:")
    raw = complaint(host="fbl.test", sender="x@y.test", recipient="hidden@x.test", content=original, at=now())
    with door() as session:
        session.sendmail("fbl@provider.test", ["fbl@returns.localhost"], raw)
        session.sendmail(
            "fbl@provider.test", ["fbl@returns.localhost"], report()
        )  # no complaint: accepted, and nothing
    assert kinds(bakery) == ["complaint"]
    assert grounds(bakery) == ["complaint"]


def test_the_same_report_twice_is_one(bakery: Shop) -> None:
    _campaign, (local,) = sent(bakery)
    raw = report()
    first = receive_return(recipient=f"{local}@x", raw=raw, at=now())
    second = receive_return(recipient=f"{local}@x", raw=raw, at=now())
    assert first is not None and second is not None
    assert (first.new, second.new) == (True, False)
    assert kinds(bakery) == ["bounce"]


def test_what_was_kept_when_its_worker_died_is_processed_once_afterwards(bakery: Shop, database: Urls) -> None:
    _campaign, (local,) = sent(bakery)
    kept = arriving.keep(recipient=f"{local}@returns.localhost", raw=report(), at=now())
    assert kept is not None
    assert rows_with(database.superuser, WHO) == [], "sealed"
    assert arriving.process_due(at=now()) == 0, "whoever took it is still at it"
    assert arriving.process_due(at=now() + timedelta(minutes=1)) == 1
    assert arriving.process_due(at=now() + timedelta(minutes=1)) == 0
    assert not arriving.process(controller_id=kept.controller_id, arrival_id=kept.arrival_id)
    assert kinds(bakery) == ["bounce"]
    with scope(bakery.id):
        assert not Arrival.objects.exists() and not SubjectKey.objects.filter(holder=kept.arrival_id).exists()


def test_replies_of_people_and_programs_are_told_apart(bakery: Shop) -> None:
    _campaign, (local,) = sent(bakery)
    for _name, raw, _kind in NONE_OF_THEM:
        receive_return(recipient=f"{local}@x", raw=raw, at=now())
    assert kinds(bakery) == ["auto", "auto", *["challenge"] * 2, *["reply"] * 4]
    assert grounds(bakery) == []


@pytest.mark.req("AUDI-4")
def test_a_mailbox_that_takes_nothing_for_long_is_left_alone_for_a_while(bakery: Shop) -> None:
    rule = suppressing.policy()
    bakery.people(1, lambda _: WHO)
    begin = now() - timedelta(days=rule.days + 1)
    step = timedelta(days=rule.days + 1) / (rule.messages - 1)
    for number in range(rule.messages):
        assert grounds(bakery) == []
        campaign = bakery.launched()
        with scope(bakery.id):
            at = begin + step * number
            Message.objects.filter(campaign_id=campaign).update(state="sent", sent_at=at)
            with connection.cursor() as cursor:
                cursor.execute("select number from campaigns_number where campaign_id = %s", [campaign])
                local = token(cursor.fetchone()[0], 1, LINK_BOUNCE)
        receive_return(recipient=f"{local}@x", raw=report(f"552 5.2.2 Mailbox full {number}"), at=at)
    assert grounds(bakery) == ["soft_bounce"]
    with scope(bakery.id):
        assert Suppression.objects.get().until is not None
