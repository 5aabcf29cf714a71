"""Heads of the record reach the controller by mail: once a day at most, and only where something happened."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from mandata.accounts import selectors, services
from mandata.accounts.services import heads
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from mandata.record.services import append, sequence
from tests.world import World
from tests.world.people import House, registered

DAY = timedelta(days=1, minutes=1)


@pytest.fixture
def house(world: World) -> House:
    made = registered()
    sequence(made.id, at=now())
    return made


def mails(house: House) -> list[dict[str, Any]]:
    with scope(house.id):
        found = [one for one in selectors.notices(20) if one["kind"] == heads.KIND]
        return [services.notices.contents(one["id"]) for one in found]


def hand(house: House, at: datetime) -> int:
    """One pass of the worker; how many heads went to this house."""
    before = len(mails(house))
    heads.hand_heads(at=at)
    sequence(house.id, at=at)
    return len(mails(house)) - before


@pytest.mark.req("PRF-3")
def test_a_controller_gets_the_newest_head_with_the_note_and_the_receipt_is_in_its_record(house: House) -> None:
    with scope(house.id):
        head = record.head()
    assert head is not None
    assert hand(house, now()) == 1
    (mail,) = mails(house)
    assert head.note in str(mail["text"]) and f"{head.size} entries" in str(mail["subject"])
    (attached,) = mail["attachments"]
    assert bytes.fromhex(attached["content"]).decode() == head.note
    with scope(house.id):
        (handed,) = record.handed_heads()
        assert handed.size == head.size and [one.how for one in handed.handed] == ["notice"]
        assert record.entries(kind="record.handed", limit=1)


def test_another_goes_out_a_day_later_and_only_where_something_happened(house: House) -> None:
    at = now()
    assert [hand(house, at), hand(house, at + timedelta(hours=23)), hand(house, at + DAY)] == [1, 0, 0]
    with scope(house.id):
        append(kind="test.happened", body={}, actor=house.owner.actor, at=at + DAY)
    sequence(house.id, at=at + DAY)
    assert [hand(house, at + DAY), hand(house, at + DAY)] == [1, 0]


def test_an_account_that_has_ended_gets_none(house: House) -> None:
    with scope(house.id):
        services.controllers.move(state="ended", reason="over", actor=house.owner.actor, at=now())
    assert hand(house, now()) == 0
