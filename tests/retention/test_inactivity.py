"""An account that nobody logs in to: told twice ahead, called off by a log-in, and never ended silently."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.accounts.models import Member, User
from mandata.agreements.selectors import obligations as obliged
from mandata.infra.clock import now
from mandata.retention.models import Inactivity
from mandata.retention.rules.inactivity import AHEAD, LAST, Step, Told, step
from mandata.retention.selectors import ends
from mandata.retention.services import inactivity
from tests.retention.ages import entered, house, inside
from tests.world.people import House

DAY = timedelta(days=1)
NOW = datetime.fromisoformat("2026-06-01T12:00:00+00:00")


def logged_in(owner: House, at: datetime) -> None:
    with inside(owner):
        user = Member.objects.get(id=owner.owner.actor.id).user_id
        Member.objects.update(joined_at=min(at, now() - 3000 * DAY))
    User.objects.filter(id=user).update(last_login=at)


@pytest.mark.req("RET-6")
@given(st.integers(0, 2000), st.lists(st.integers(-3, 90), min_size=1, max_size=60))
def test_nothing_ends_before_the_clause_nor_without_both_announcements(late: int, hops: list[int]) -> None:
    until, at, told = NOW + 100 * DAY, NOW + late * DAY, None
    for hop in hops:
        at += hop * DAY
        match step(until, told, at):
            case Step.TELL:
                told = Told(at, None, max(until, at + AHEAD))
            case Step.AGAIN:
                assert told is not None
                told = Told(told.at, at, max(told.ends_at, at + LAST))
            case Step.END:
                assert told is not None and told.again_at is not None
                assert at >= until and at - told.at >= AHEAD and at - told.again_at >= LAST
                return


@pytest.mark.req("RET-6")
def test_two_years_without_a_log_in_are_told_told_again_and_end_the_agreement(database: object) -> None:
    owner, at = house("ecomail", since=1200 * DAY), now()
    logged_in(owner, at - 640 * DAY)
    with inside(owner):
        assert inactivity.look(at=at) == ""
        first = at + 40 * DAY
        assert (inactivity.look(at=first), inactivity.look(at=first)) == ("tell", "")
        row = Inactivity.objects.get()
        owed = obliged.about(row.id, first)[0]
        assert (owed.duty, owed.kind, owed.period) == ("end.inactivity", "after", "2 years")
        again = row.ends_at - 14 * DAY
        assert (inactivity.look(at=again), inactivity.look(at=again)) == ("again", "")
        row.refresh_from_db()
        assert inactivity.look(at=row.ends_at - timedelta(seconds=1)) == ""
        assert inactivity.look(at=row.ends_at) == "end"
        end = ends.current()
        assert end is not None and (end.by, end.reason) == ("term", "inactivity")
        assert inactivity.look(at=row.ends_at + DAY) == ""
        assert [one.kind for one in entered("inactivity.")] == ["inactivity.told", "inactivity.handed"]
        served = [one for one in entered("notice.served") if one.body["kind"] == "inactivity"]
        assert len(served) == 2 and {one.clause for one in served} == {"end.inactivity"}


@pytest.mark.req("RET-6")
def test_a_log_in_calls_it_off_and_the_time_begins_anew(database: object) -> None:
    owner, at = house("ecomail", since=1200 * DAY), now()
    logged_in(owner, at - 700 * DAY)
    with inside(owner):
        assert inactivity.look(at=at) == "tell"
        row = Inactivity.objects.get()
    logged_in(owner, at + DAY)
    with inside(owner):
        assert inactivity.look(at=at + 100 * DAY) == ""
        row.refresh_from_db()
        assert row.state == "cancelled"
        assert obliged.about(row.id, at)[0].state == "lapsed"
        assert ends.current() is None


@pytest.mark.req("RET-6")
def test_after_an_outage_or_a_leap_of_the_clock_the_whole_announcement_is_given_first(database: object) -> None:
    owner, at = house("ecomail", since=1200 * DAY), now()
    logged_in(owner, at - 1100 * DAY)
    with inside(owner):
        assert inactivity.look(at=at) == "tell"
        row = Inactivity.objects.get()
        assert row.ends_at == at + AHEAD
        assert inactivity.look(at=at - 300 * DAY) == ""
        leapt = at + 500 * DAY
        assert inactivity.look(at=leapt) == "again"
        assert inactivity.look(at=leapt + 13 * DAY) == ""
        assert inactivity.look(at=leapt + 14 * DAY) == "end"


@pytest.mark.req("RET-6")
def test_an_agreement_without_the_clause_never_ends_by_inactivity(database: object) -> None:
    owner, at = house("acomware", since=1200 * DAY), now()
    logged_in(owner, at - 1100 * DAY)
    with inside(owner):
        assert inactivity.look(at=at) == ""
        assert not Inactivity.objects.exists()
