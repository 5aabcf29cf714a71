"""One notice for each affected controller, with its own numbers, by its own clause and clock."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mandata.accounts.services import notices as outbox
from mandata.agreements.models import Obligation, Served
from mandata.incidents.errors import Changed, WrongState
from mandata.incidents.models import Phase, Share
from mandata.incidents.services import arriving, desk, scoping, steps, telling
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope
from tests.incidents.cast import OPERATOR, arrived, bound, opened, over, peopled, share, told
from tests.world import World


def text_of(served: Served) -> str:
    assert served.notice is not None
    return str(outbox.contents(served.notice)["text"])


@pytest.mark.req("BRE-1", "BRE-4")
def test_twelve_controllers_are_told_each_its_own_numbers_and_of_nobody_else(world: World) -> None:
    houses = [bound(world, f"House {number:02}") for number in range(12)]
    for number, house in enumerate(houses):
        peopled(house, [f"p{each}@inbox.example" for each in range(number + 1)])
    bystander = bound(world, "Bystander")
    peopled(bystander, ["nobody@inbox.example"])
    breach = opened()
    over(breach, *houses, holdings=["subscribers"])
    told(breach)
    for number, house in enumerate(houses):
        with scope(house.id):
            mine = Share.objects.get(breach=breach)
            assert (mine.subjects, mine.records) == (number + 1, number + 1)
            (served,) = Served.objects.filter(about=mine.id)
            said = text_of(served)
        assert f"Data subjects: about {number + 1}\n" in said
        assert not any(other.name in said for other in houses if other is not house), "another controller is named"
    with scope(bystander.id):
        assert not Share.objects.exists() and not Served.objects.filter(kind__startswith="breach").exists()


@pytest.mark.req("BRE-1", "BRE-3")
def test_a_breach_on_a_friday_night_is_due_after_48_hours_on_sunday_and_the_authority_after_72(world: World) -> None:
    house = bound(world, agreement="imagicle")
    peopled(house, ["a@inbox.example"])
    friday = datetime(2026, 10, 16, 20, 30, tzinfo=UTC)  # 22:30 in Rome
    breach = opened(aware=friday, at=friday)
    over(breach, house, at=friday)
    told(breach, at=friday + timedelta(minutes=20))
    mine = share(breach, house)
    with scope(house.id):
        owed = Obligation.objects.get(duty="breach.notify", about=mine.id)
        assert (owed.owed_by, owed.strict) == ("processor", datetime(2026, 10, 18, 20, 30, tzinfo=UTC))
        assert owed.statutory == datetime(2026, 10, 18, 21, 0, tzinfo=UTC), "the hour of the event does not count"
        assert owed.state == "open", "not met before it has arrived"
    arrived(breach, house, at=friday + timedelta(hours=1))
    with scope(house.id):
        owed.refresh_from_db()
        assert owed.state == "met" and owed.closed_at == friday + timedelta(hours=1)
        authority = Obligation.objects.get(duty="breach.authority", about=mine.id)
        assert (authority.owed_by, authority.owed_to) == ("controller", "authority")
        assert authority.strict == datetime(2026, 10, 19, 21, 30, tzinfo=UTC)
    with scope(INSTANCE):
        assert Obligation.objects.get(duty="breach.handling", about=breach).state == "met"


@pytest.mark.req("BRE-1")
@pytest.mark.parametrize(
    ("agreement", "hours", "by"),
    [("icewarp", 24, "processor"), ("ecomail", 48, "processor"), ("acomware", 24, "processor")],
)
def test_each_agreement_has_its_own_time(world: World, agreement: str, hours: int, by: str) -> None:
    house = bound(world, agreement=agreement)
    peopled(house, ["a@inbox.example"])
    monday = datetime(2026, 10, 12, 9, 0, tzinfo=UTC)
    breach = opened(aware=monday, at=monday)
    over(breach, house, at=monday)
    told(breach, at=monday)
    with scope(house.id):
        owed = Obligation.objects.get(duty="breach.notify")
        assert (owed.owed_by, owed.strict) == (by, monday + timedelta(hours=hours))


@pytest.mark.req("BRE-3")
def test_where_the_law_of_the_union_does_not_hold_no_authority_is_owed_and_elsewhere_it_is_by_law(world: World) -> None:
    california, prague = bound(world, "West", agreement="everymail"), bound(world, "East", agreement="acomware")
    for house in (california, prague):
        peopled(house, ["a@inbox.example"])
    breach = opened()
    over(breach, california, prague)
    told(breach)
    for house, owed in ((california, 0), (prague, 1)):
        arrived(breach, house, at=now())
        with scope(house.id):
            assert Obligation.objects.filter(duty="breach.authority").count() == owed


@pytest.mark.req("BRE-2")
def test_what_is_not_known_is_said_to_be_so_and_follows_in_phases(world: World) -> None:
    house = bound(world)
    peopled(house, ["a@inbox.example"])
    breach = opened(nature="")
    over(breach, house)
    told(breach)
    with scope(house.id):
        first = Served.objects.get(about=Share.objects.get(breach=breach).id)
        assert text_of(first).count("Not yet known.") >= 3
    desk.amend(
        breach,
        revision=_revision(breach),
        nature="A copy of the database was taken.",
        consequences="Unwanted mail.",
        measures="The hole is shut.",
        actor=OPERATOR,
        at=now(),
    )
    told(breach)
    told(breach)
    with scope(house.id):
        mine = Share.objects.get(breach=breach)
        assert list(Phase.objects.order_by("number").values_list("kind", flat=True)) == ["first", "update"]
        last = Served.objects.filter(about=mine.id).order_by("served_at", "id").last()
        assert last is not None and "The hole is shut." in text_of(last) and "completes and replaces" in text_of(last)
        assert Obligation.objects.filter(duty="breach.notify").count() == 1, "an update owes nothing anew"


def _revision(breach: object) -> int:
    from mandata.incidents.models import Breach

    with scope(INSTANCE):
        return int(Breach.objects.get(id=breach).revision)


@pytest.mark.req("BRE-2")
def test_who_turns_out_not_to_be_affected_is_told_so(world: World) -> None:
    house = bound(world)
    peopled(house, ["a@inbox.example"])
    breach = opened()
    over(breach, house)
    told(breach)
    with scope(INSTANCE):
        from mandata.incidents.models import Filter

        (made,) = Filter.objects.filter(breach_id=breach).values_list("id", flat=True)
    scoping.drop_filter(made, actor=OPERATOR, at=now())
    scoping.count(breach, actor=OPERATOR, at=now())
    told(breach)
    with scope(house.id):
        assert Share.objects.get(breach=breach).state == "spared"
        assert [one.kind for one in Phase.objects.order_by("number")] == ["first", "spared"]
        assert Obligation.objects.get(duty="breach.notify").state == "lapsed"


@pytest.mark.req("BRE-1")
def test_a_worker_killed_between_two_controllers_leaves_the_rest_to_the_next_and_nobody_is_told_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    houses = [bound(world, f"House {number}") for number in range(4)]
    for house in houses:
        peopled(house, ["a@inbox.example"])
    breach = opened()
    over(breach, *houses)
    telling.tell(breach, actor=OPERATOR, at=now())
    known, (one, two, *_rest) = telling.common(breach), houses
    assert telling.tell_one(known, one.id, at=now())

    def killed(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(steps, "enter", killed)  # after the notice was put into the outbox, before the commit
        with pytest.raises(KeyboardInterrupt):
            telling.tell_one(known, two.id, at=now())
        with scope(two.id):
            assert not Share.objects.exists() and not Served.objects.exists(), "all of it or nothing"
        patched.undo()
        patched.setattr(telling, "_note", killed)  # after the commit, before it is noted in the installation's scope
        with pytest.raises(KeyboardInterrupt):
            telling.tell_one(known, two.id, at=now())
    assert telling.spread_again(at=now()) >= 3
    telling.spread_again(at=now())
    for house in houses:
        with scope(house.id):
            assert Served.objects.filter(kind="breach.notice").count() == 1


@pytest.mark.req("BRE-1")
def test_nobody_is_told_while_the_law_forbids_it_and_everybody_once_it_does_not(world: World) -> None:
    house = bound(world, agreement="acomware")
    peopled(house, ["a@inbox.example"])
    breach = opened()
    over(breach, house)
    desk.amend(breach, revision=_revision(breach), forbidden="Order of a court", actor=OPERATOR, at=now())
    with pytest.raises(WrongState, match="forbids"):
        telling.tell(breach, actor=OPERATOR, at=now())
    desk.amend(breach, revision=_revision(breach), forbidden="", actor=OPERATOR, at=now())
    told(breach)
    assert share(breach, house).told_at


def test_a_job_that_was_queued_before_the_law_forbade_to_tell_waits_as_well(world: World) -> None:
    house = bound(world)
    peopled(house, ["a@inbox.example"])
    breach = opened()
    over(breach, house)
    telling.tell(breach, actor=OPERATOR, at=now())
    desk.amend(breach, revision=_revision(breach), forbidden="Order of a court", actor=OPERATOR, at=now())
    telling.tell_each(breach, [house.id], at=now())
    telling.spread_again(at=now())
    with scope(house.id):
        assert not Served.objects.filter(kind="breach.notice").exists()
    desk.amend(breach, revision=_revision(breach), forbidden="", actor=OPERATOR, at=now())
    telling.spread_again(at=now())
    assert share(breach, house).told_at


def test_of_two_operators_who_change_the_same_breach_the_second_is_told_and_both_tell_once(world: World) -> None:
    house = bound(world)
    peopled(house, ["a@inbox.example"])
    breach = opened()
    over(breach, house)
    seen = _revision(breach)
    desk.amend(breach, revision=seen, consequences="One.", actor=OPERATOR, at=now())
    with pytest.raises(Changed):
        desk.amend(breach, revision=seen, consequences="Two.", actor=OPERATOR, at=now())
    assert telling.tell(breach, actor=OPERATOR, at=now()) == telling.tell(breach, actor=OPERATOR, at=now()) == 1
    told(breach)
    with scope(house.id):
        assert Served.objects.filter(kind="breach.notice").count() == 1
        assert "One." in text_of(Served.objects.get(kind="breach.notice"))


def test_a_controller_without_any_address_holds_nobody_else_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lost, found = bound(world, "Lost"), bound(world, "Found")
    for house in (lost, found):
        peopled(house, ["a@inbox.example"])
    from mandata.accounts.models import Controller

    with scope(lost.id):
        Controller.objects.update(contact="", privacy_contact="")
    breach = opened()
    over(breach, lost, found)
    telling.tell(breach, actor=OPERATOR, at=now())
    assert telling.tell_each(breach, [lost.id, found.id], at=now()) in ([lost.id], [])
    assert share(breach, found).told_at
    with scope(lost.id):
        Controller.objects.update(contact="privacy@lost.example")
    telling.spread_again(at=now())  # as soon as there is an address, without anybody's act
    assert share(breach, lost).told_at


@pytest.mark.req("BRE-1")
def test_trouble_at_one_controller_does_not_keep_the_time_of_the_others_from_beginning(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    houses = [bound(world, "Well"), bound(world, "Ill"), bound(world, "Well too")]
    for house in houses:
        peopled(house, ["a@inbox.example"])
    breach = opened()
    over(breach, *houses)
    told(breach)
    follow, followed = arriving.follow, []

    def ill(breach_id: UUID, whose: UUID, *, at: datetime) -> bool:
        followed.append(whose)
        if whose == houses[1].id:
            raise RuntimeError("ill")
        return follow(breach_id, whose, at=at)

    monkeypatch.setattr(telling, "follow", ill)
    telling.spread_again(at=now())
    assert {one.id for one in houses} <= set(followed)
