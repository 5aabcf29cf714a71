"""The calendar of obligations: RFC 5545 text behind a secret address."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from icalendar import Calendar

from mandata.accounts.models import Member, User
from mandata.accounts.services import users
from mandata.agreements.errors import NotYours
from mandata.agreements.models import Feed
from mandata.agreements.selectors import feeds as selectors
from mandata.agreements.selectors.obligations import obligation as read_one
from mandata.agreements.services import clocks, feeds, obligations
from mandata.foundation import canonical
from mandata.infra.clock import new_id
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.models import Entry
from tests.agreements.deals import OPERATOR, Deal, deal
from tests.world import NOON, World

DAY = timedelta(days=1)


def user_of(one: Deal) -> UUID:
    with scope(one.id):
        found: UUID = Member.objects.get(id=one.owner).user_id
    return found


def operator() -> UUID:
    user = users.create(
        email=f"{new_id().hex[-12:]}@operator.example", name="Otto", password="plum-cake-and-caraway", verified=True
    )
    User.objects.filter(id=user).update(is_operator=True)
    return user


def opened(one: Deal, duty: str = "breach.notify") -> UUID:
    with scope(one.id):
        return obligations.open_duty(duty=duty, since=NOON, cause=f"x:{new_id()}", at=NOON)


def read(token: str, **how: bool) -> Any:
    found = selectors.feed(token, NOON, **how)  # type: ignore[arg-type]
    assert found is not None
    assert found.startswith(b"BEGIN:VCALENDAR\r\n")
    assert max(len(line) for line in found.split(b"\r\n")) <= 75
    return Calendar.from_ical(found)


def test_every_open_obligation_is_an_event_at_its_strict_time_with_alarms(world: World) -> None:
    one = deal("imagicle")
    breach = opened(one)
    with scope(one.id):
        obligations.meet(obligation_id=opened(one), evidence={}, actor=OPERATOR, at=NOON)
    token = feeds.create(user_id=user_of(one), controller_id=one.id, at=NOON)
    (event,) = read(token).walk("VEVENT")
    assert event["uid"] == f"{breach}@127.0.0.1"
    assert event["dtstart"].dt == NOON + 2 * DAY
    assert event["dtstamp"].dt == NOON
    assert event["summary"] == "Demo Bakery: Notice of a breach (No. 1)"
    assert "IMA 3(f)" in event["description"]
    assert [alarm["trigger"].dt for alarm in event.walk("VALARM")] == [NOON + DAY, NOON + 2 * DAY * 0.9]
    assert selectors.feed(token, NOON) == selectors.feed(token, NOON)


@pytest.mark.req("SPR-2")
def test_what_is_owed_ahead_of_an_effect_runs_from_its_opening_and_has_its_alarms(world: World) -> None:
    """The event is then the effect, which comes after the end: a clock that ran from it would never begin."""
    one = deal("imagicle")
    with scope(one.id):
        duty = obligations.open_duty(duty="subprocessor.notice", since=NOON + 90 * DAY, cause="x:1", at=NOON)
        found = read_one(duty, NOON).obliged
    assert found.kind == "ahead" and found.begins == NOON < found.strict < found.since
    token = feeds.create(user_id=user_of(one), controller_id=one.id, at=NOON)
    (event,) = read(token).walk("VEVENT")
    length = found.strict - NOON
    assert [alarm["trigger"].dt for alarm in event.walk("VALARM")] == [NOON + length / 2, NOON + length * 0.9]


def test_tasks_are_an_alternative_and_a_link_leads_to_the_page(world: World) -> None:
    one = deal("ecomail")
    answer = opened(one, "defect.answer")
    token = feeds.create(user_id=user_of(one), controller_id=one.id, at=NOON)
    (task,) = read(token, tasks=True).walk("VTODO")
    assert task["due"].dt > NOON + 30 * DAY - DAY
    assert task["status"] == "NEEDS-ACTION"
    found = selectors.feed(token, NOON, link=lambda row: f"https://mandata.example/{row.id}/")
    assert found is not None
    parsed: Any = Calendar.from_ical(found)
    (event,) = parsed.walk("VEVENT")
    assert event["url"] == f"https://mandata.example/{answer}/"


def test_a_clock_that_stands_still_is_told_and_the_stamp_follows_the_change(world: World) -> None:
    one = deal("ecomail")
    answer = opened(one, "defect.answer")
    with scope(one.id):
        clocks.stay(
            obligation_id=answer, ground="majeure", evidence="flood", begins=NOON, actor=OPERATOR, at=NOON + DAY
        )
    (event,) = read(feeds.create(user_id=user_of(one), controller_id=one.id, at=NOON)).walk("VEVENT")
    assert event["status"] == "TENTATIVE"
    assert event["summary"].endswith("the clock stands still")
    assert event["dtstamp"].dt == NOON + DAY
    assert event.walk("VALARM") == []


def test_the_operators_calendar_spans_controllers_and_holds_what_we_owe(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mandata.agreements.selectors.feeds.MOST", 1_000_000)  # other tests owe much, too
    one, other = deal("imagicle"), deal("ecomail")
    mine = {opened(one), opened(other, "defect.answer")}
    theirs = opened(other, "fee.transfer")
    token = feeds.create(user_id=operator(), at=NOON)
    found = {UUID(event["uid"].partition("@")[0]) for event in read(token).walk("VEVENT")}
    assert mine <= found
    assert theirs not in found


def test_only_a_hash_of_the_token_is_kept_and_it_dies_with_revocation_seat_and_role(world: World) -> None:
    one = deal()
    user = user_of(one)
    token = feeds.create(user_id=user, controller_id=one.id, at=NOON)
    assert not Feed.objects.filter(token_hash=token.encode()).exists()
    (kept,) = selectors.feeds(user)
    assert kept.hash == selectors.hashed(token)
    assert not feeds.revoke(user_id=new_id(), token_hash=kept.hash, at=NOON)
    with scope(one.id):
        Member.objects.filter(id=one.owner).update(state="suspended")
    assert selectors.feed(token, NOON) is None
    with scope(one.id):
        Member.objects.filter(id=one.owner).update(state="active")
    assert feeds.revoke(user_id=user, token_hash=kept.hash, at=NOON)
    assert not feeds.revoke(user_id=user, token_hash=kept.hash, at=NOON)
    assert selectors.feed(token, NOON) is None
    assert selectors.feed("unknown", NOON) is None
    gone = operator()
    lost = feeds.create(user_id=gone, at=NOON)
    User.objects.filter(id=gone).delete()
    assert selectors.feed(lost, NOON) is None
    boss = operator()
    theirs = feeds.create(user_id=boss, at=NOON)
    User.objects.filter(id=boss).update(is_operator=False)
    assert selectors.feed(theirs, NOON) is None
    created = one.entries("feed.created")
    assert len(created) == 1
    assert token not in canonical.dumps(created).decode()
    with scope(INSTANCE):
        assert Entry.objects.filter(kind="feed.created").exists()


def test_who_has_no_seat_gets_no_calendar(world: World) -> None:
    one, other = deal(), deal()
    for user, where in ((user_of(other), one.id), (user_of(one), INSTANCE)):
        with pytest.raises(NotYours):
            feeds.create(user_id=user, controller_id=where, at=NOON)
