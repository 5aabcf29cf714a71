"""For how long each category is kept, on whose word, and that nothing else goes."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandata.agreements import library
from mandata.agreements.errors import NotAuthorised
from mandata.agreements.rules import windows
from mandata.agreements.services import suspension
from mandata.campaigns.models import Campaign
from mandata.foundation.periods import Period, Reckoning, Regime
from mandata.holdings import ageing
from mandata.holdings.catalogue import catalogue
from mandata.infra.clock import now
from mandata.infra.tenancy import ScopeCrossed, scope
from mandata.retention.errors import NoSuchRow, NotSettable, NotSo, OnHold, Recounted, UnderWay
from mandata.retention.models import Run
from mandata.retention.rules import keeping as rules
from mandata.retention.rules.keeping import BY_CODE, Look, Origin
from mandata.retention.selectors import keeping as selectors
from mandata.retention.services import keeping
from tests.retention.ages import LONG_AGO, campaign, count, entered, events, finish, house, inside, join, messages
from tests.world.people import House

ACO, GDPR = library.load("acomware"), library.load("gdpr-art28")
DAY = timedelta(days=1)


def rows(category: str, at: datetime) -> int:
    return next(one.rows for one in selectors.preview(at) if one.rule.category.code == category)


@pytest.mark.req("RET-1", "CAM-4")
def test_a_clause_says_how_long_and_where_the_agreement_leaves_it_the_controller_does() -> None:
    content = rules.rule(BY_CODE["content"], ACO, None)
    assert (str(content.period), content.origin, content.clause) == ("180 days", Origin.CLAUSE, "content.available")
    assert (content.source, content.may_set) == ("ACO 4.7", False)
    drafts = rules.rule(BY_CODE["drafts"], ACO, Period.parse("5 days"))
    assert (str(drafts.period), drafts.origin) == ("180 days", Origin.CLAUSE)
    set_by = rules.rule(BY_CODE["content"], GDPR, Period.parse("1 year"))
    assert (str(set_by.period), set_by.origin, set_by.clause) == ("1 year", Origin.CONTROLLER, "content.settings")
    silent = rules.rule(BY_CODE["events"], ACO, None)
    assert (silent.period, silent.origin, silent.may_set, silent.source) == (
        None, Origin.AGREEMENT, True, "Art. 28(3)(a) GDPR",
    )  # fmt: skip
    ours = rules.rule(BY_CODE["uploads"], None, None)
    assert (str(ours.period), ours.origin, ours.marked) == ("30 days", Origin.OURS, "ours")


@pytest.mark.req("RET-1")
@pytest.mark.parametrize("name", ["acomware", "ecomail", "everymail", "icewarp", "imagicle", "ccpa-7051", "gdpr-art28"])
def test_every_agreement_gives_every_category_a_rule_with_a_source(name: str) -> None:
    for one in rules.rules(library.load(name), {}):
        assert one.source
        assert (one.period is None) == (one.origin is Origin.AGREEMENT)


def test_what_a_page_shows_is_what_the_areas_offer_and_every_place_is_in_the_catalogue() -> None:
    offered = {one.category for one in ageing.AGEING}
    assert offered == set(BY_CODE)
    keys = {one.description.key for one in catalogue()}
    assert {one.holding for one in ageing.AGEING} | {one.holding for one in ageing.ELSEWHERE} <= keys
    assert {one.category for one in ageing.ELSEWHERE} <= set(rules.ELSEWHERE)
    assert {ground for one in ageing.AGEING for ground in one.held} <= set(rules.HELD)


@pytest.mark.req("RET-1")
@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["1 day", "30 days", "180 days", "2 weeks", "1 month", "24 months", "2 years", "10 working days"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - hypothesis wants them bare
    st.sampled_from([Regime.EU_1182, Regime.PLAIN]),
)
def test_nothing_goes_before_its_period_is_over_by_the_later_reading(text: str, bare: datetime, regime: Regime) -> None:
    at, counted = bare.replace(tzinfo=UTC), Reckoning(regime, "CZ", "Europe/Prague")
    before = rules.cutoff(Period.parse(text), at, counted)
    last = before - timedelta(microseconds=1)
    assert windows.after(Period.parse(text), last.astimezone(UTC), counted) <= at
    assert before < at


@pytest.mark.req("RET-1")
def test_a_daily_run_looks_at_the_clock_first() -> None:
    at = now()
    assert rules.look(at, None) is Look.WAIT, "two looks on different days"
    assert rules.look(at, at.replace(hour=0, minute=0, second=0, microsecond=0)) is Look.WAIT
    assert rules.look(at, at - DAY) is Look.RUN
    assert rules.look(at, at - rules.LEAP) is Look.RUN
    assert rules.look(at, at + DAY) is Look.WAIT
    assert rules.look(at, at - rules.LEAP - timedelta(seconds=1)) is Look.ASK


@pytest.mark.req("RET-1", "CAM-4")
def test_content_goes_when_its_clause_lets_it_and_what_runs_stays(database: object) -> None:
    owner, at = house("acomware"), now()
    with inside(owner):
        old = campaign(owner, at=at - 190 * DAY)
        young = campaign(owner, at=at - 170 * DAY)
        under_way = campaign(owner, at=at - 300 * DAY, state="sending")
        stale = campaign(owner, at=at - 200 * DAY, state="draft")
        found = {one.rule.category.code: one for one in selectors.preview(at)}
        assert (found["content"].rows, found["content"].held, found["drafts"].rows) == (1, {"under_way": 1}, 1)
        run_id = keeping.daily(at=at, queue=False)
    assert run_id is not None
    finish(owner, run_id, at)
    with inside(owner):
        kept = dict(Campaign.objects.values_list("id", "body"))
        assert kept[old] == "" and kept[young] and kept[under_way]
        assert stale not in kept
        told = {one.body["category"]: one for one in entered("retention.deleted")}
        assert (told["content"].clause, told["content"].body["rows"]) == ("content.available", 1)
        assert told["drafts"].clause == "content.templates"
        assert selectors.log()[0].done == {"content": 1, "drafts": 1}


@pytest.mark.req("RET-1")
def test_without_a_word_of_anybody_nothing_of_the_controllers_goes(database: object) -> None:
    owner, at = house(), now()
    with inside(owner):
        events(campaign(owner, at=at - LONG_AGO), 5, at=at - LONG_AGO)
        assert keeping.daily(at=at, queue=False) is None
        assert count("tracking_event") == 5


@pytest.mark.req("RET-1")
def test_what_the_controller_sets_is_done_and_recorded_and_goes_no_lower_than_the_floor(database: object) -> None:
    owner, at = house(), now()
    reader = join(owner)
    member = owner.owner.actor.id
    assert member is not None
    with inside(owner):
        events(campaign(owner, at=at - LONG_AGO), 3, at=at - LONG_AGO)
        with pytest.raises(NotAuthorised):
            keeping.set_period(category="events", period=Period.parse("1 year"), member_id=reader, at=at)
        with pytest.raises(NotSettable):
            keeping.set_period(category="messages", period=Period.parse("29 days"), member_id=member, at=at)
        with pytest.raises(NotSettable):
            keeping.set_period(category="mails", period=Period.parse("1 year"), member_id=member, at=at)
        keeping.set_period(category="events", period=Period.parse("1 year"), member_id=member, at=at)
        assert rows("events", at) == 3
        keeping.set_period(category="events", period=None, member_id=member, at=at)
        assert rows("events", at) == 0
        assert [one.body["period"] for one in entered("retention.period_set")] == ["1 year", ""]


@pytest.mark.req("RET-1", "INS-1")
def test_deleting_on_demand_needs_the_number_that_the_preview_showed(database: object) -> None:
    owner, other, at = house(), house(), now()
    member = owner.owner.actor.id
    assert member is not None
    with inside(other):
        events(campaign(other, at=at - LONG_AGO), 7, at=at - LONG_AGO)
    with inside(owner):
        old = campaign(owner, at=at - LONG_AGO)
        events(old, 4, at=at - LONG_AGO)
        events(old, 2, at=at - DAY)
        year = Period.parse("1 year")
        with pytest.raises(Recounted):
            keeping.demand(category="events", period=year, rows=5, member_id=member, at=at, queue=False)
        run_id = keeping.demand(category="events", period=year, rows=4, member_id=member, at=at, queue=False)
        with pytest.raises(UnderWay):
            keeping.demand(category="events", period=year, rows=4, member_id=member, at=at, queue=False)
    finish(owner, run_id, at)
    finish(owner, run_id, at)
    with inside(owner):
        assert count("tracking_event") == 2
        assert entered("gate.permitted")[-1].body["about"] == str(run_id)
        assert len(entered("retention.deleted")) == 1
    with inside(other):
        assert count("tracking_event") == 7
        with pytest.raises(NoSuchRow):
            keeping.stop(run_id=run_id, actor=other.owner.actor, at=at)


@pytest.mark.req("RET-1", "RET-4")
def test_a_hold_keeps_everything_that_it_covers_even_from_a_run_under_way(database: object) -> None:
    owner, at = house("acomware"), now()
    member = owner.owner.actor.id
    assert member is not None
    with inside(owner):
        campaign(owner, at=at - 300 * DAY)
        campaign(owner, at=at - 300 * DAY, state="draft")
        run_id = keeping.daily(at=at, queue=False)
        assert run_id is not None
        hold = keeping.place_hold(
            category="content", ground="claims", words="Novák v. Bakery", actor=owner.owner.actor, at=at
        )
    finish(owner, run_id, at)
    with inside(owner):
        assert rows("content", at) == 1
        assert rows("drafts", at) == 0
        with pytest.raises(OnHold):
            keeping.demand(
                category="content", period=Period.parse("1 day"), rows=1, member_id=member, at=at, queue=False
            )
        assert "Novák" not in str(entered("retention.held")[0].body)
        assert keeping.daily(at=at + DAY, queue=False) is None
        keeping.lift_hold(hold_id=hold, actor=owner.owner.actor, at=at)
        with pytest.raises(NoSuchRow):
            keeping.lift_hold(hold_id=hold, actor=owner.owner.actor, at=at)
        again = keeping.daily(at=at + 2 * DAY, queue=False)
        assert again is not None
    finish(owner, again, at)
    with inside(owner):
        assert rows("content", at) == 0


@pytest.mark.req("RET-1")
def test_after_a_leap_of_the_clock_a_person_decides_and_nothing_happens_where_it_went_back(database: object) -> None:
    owner, at = house("acomware"), now()
    with inside(owner):
        assert keeping.daily(at=at, queue=False) is None
        campaign(owner, at=at - 170 * DAY)
        assert keeping.daily(at=at - DAY, queue=False) is None
        leapt = at + 400 * DAY
        run_id = keeping.daily(at=leapt, queue=False)
        assert run_id is not None
        live = selectors.live()
        assert live is not None and live.state == "waiting"
    assert not keeping.work(controller_id=owner.id, run_id=run_id, at=leapt)
    with inside(owner):
        assert Campaign.objects.exclude(body="").count() == 1
        with pytest.raises(NotSo, match="ahead"):
            keeping.confirm(run_id=run_id, actor=owner.owner.actor, at=at, queue=False)
        keeping.stop(run_id=run_id, actor=owner.owner.actor, at=at)
        with pytest.raises(NotSo):
            keeping.confirm(run_id=run_id, actor=owner.owner.actor, at=leapt, queue=False)
        again = keeping.daily(at=leapt + DAY, queue=False)
        live = selectors.live()
        assert live is not None and (live.id, live.state) == (again, "waiting"), "who stopped it is asked again"


@pytest.mark.req("RET-1")
def test_a_clock_that_was_wrong_at_the_first_look_deletes_nothing_and_holds_nothing_up(database: object) -> None:
    owner, at = house(since=timedelta(0)), now()
    wrong = at + 4000 * DAY
    with inside(owner):
        campaign(owner, at=at - 300 * DAY)
        keeping.set_period(category="content", period=Period.parse("1 year"), member_id=_member(owner), at=at)
        assert keeping.daily(at=wrong, queue=False) is None, "the first look is only noted"
        assert keeping.daily(at=at + DAY, queue=False) is None, "the clock went back: noted"
        assert keeping.daily(at=at + DAY, queue=False) is None, "the same day"
        assert keeping.daily(at=at + 2 * DAY, queue=False) is None, "nothing is old enough"
        assert Campaign.objects.exclude(body="").count() == 1
        assert keeping.daily(at=at + 4 * DAY, queue=False) is None
        campaign(owner, at=at - 900 * DAY)
        run_id = keeping.daily(at=at + 5 * DAY, queue=False)
        assert run_id is not None and selectors.unfinished() == [run_id], "it goes on by itself"


def _member(owner: House) -> UUID:
    found: UUID | None = owner.owner.actor.id
    assert found is not None
    return found


@pytest.mark.req("RET-1", "INS-1")
def test_a_controller_that_has_stopped_its_processing_has_nothing_deleted_by_itself(database: object) -> None:
    owner, at = house("acomware"), now()
    member = owner.owner.actor.id
    assert member is not None
    with inside(owner):
        campaign(owner, at=at - 300 * DAY)
        suspension.suspend(member_id=member, at=at)
        assert keeping.daily(at=at, queue=False) is None
        suspension.lift(member_id=member, at=at)
        assert keeping.daily(at=at + DAY, queue=False) is not None


@pytest.mark.req("RET-1")
def test_a_run_that_was_killed_goes_on_by_its_own_plan(database: object, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, at = house(), now()
    member = owner.owner.actor.id
    assert member is not None
    with inside(owner):
        first = campaign(owner, at=at - LONG_AGO)
        messages(first, 50)
        keeping.set_period(category="messages", period=Period.parse("1 year"), member_id=member, at=at)
        run_id = keeping.daily(at=at, queue=False)
        assert run_id is not None

    class Killed(BaseException):
        pass

    def die(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "_told", die)
        with pytest.raises(Killed):
            finish(owner, run_id, at)
    with inside(owner):
        assert selectors.unfinished() == [run_id]
        messages(campaign(owner, at=at - DAY), 3)
    finish(owner, run_id, at - 300 * DAY)  # the clock has gone back meanwhile: the plan stands
    with inside(owner):
        assert count("delivery_message") == 3
        assert Run.objects.get(id=run_id).done == {"messages": 50}
        assert len(entered("retention.deleted")) == 1


@pytest.mark.req("RET-1")
def test_a_hundred_thousand_events_go_in_batches_and_memory_stays_flat(database: object) -> None:
    owner, at = house(), now()
    member = owner.owner.actor.id
    assert member is not None
    with inside(owner):
        events(campaign(owner, at=at - LONG_AGO), 120_000, at=at - LONG_AGO)
        keeping.set_period(category="events", period=Period.parse("1 year"), member_id=member, at=at)
        run_id = keeping.daily(at=at, queue=False)
        assert run_id is not None
    tracemalloc.start()
    finish(owner, run_id, at)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000
    with inside(owner):
        assert count("tracking_event") == 0
        assert Run.objects.get(id=run_id).done == {"events": 120_000}


def test_a_run_is_worked_at_in_its_own_controllers_scope_only(database: object) -> None:
    owner, other = house(), house()
    with scope(other.id), pytest.raises(ScopeCrossed):
        keeping.work(controller_id=owner.id, run_id=uuid4(), at=now())
    assert not keeping.work(controller_id=owner.id, run_id=UUID(int=5), at=now())
