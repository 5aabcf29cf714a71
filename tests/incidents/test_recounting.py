"""A recount after the notices: who is spared, who is hit after all, who is told so, and when a breach may close."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mandata.accounts.services import notices as outbox
from mandata.agreements.models import Obligation, Served
from mandata.incidents import form
from mandata.incidents.errors import WrongState
from mandata.incidents.models import Affected, Breach, Filter, Phase, Share
from mandata.incidents.selectors import desk as selectors
from mandata.incidents.services import authority, desk, scoping, telling
from mandata.infra.tenancy import INSTANCE, scope
from tests.incidents.cast import OPERATOR, arrived, bound, opened, over, peopled, share, told
from tests.world import Customer, World

BEGIN = datetime(2026, 10, 12, 9, 0, tzinfo=UTC)
"""A Monday."""
HOUR = timedelta(hours=1)


@pytest.fixture
def house(world: World) -> Customer:
    made = bound(world, agreement="icewarp")
    peopled(made, ["a@inbox.example"], at=BEGIN - timedelta(days=1))
    return made


def hit(house: Customer) -> UUID:
    breach = opened(aware=BEGIN, at=BEGIN)
    over(breach, house, at=BEGIN, holdings=["subscribers"])
    told(breach, at=BEGIN)
    return breach


def cleared(breach: UUID, *, at: datetime) -> None:
    """By a recount nobody is touched any more."""
    with scope(INSTANCE):
        made = list(Filter.objects.filter(breach_id=breach).values_list("id", flat=True))
    for one in made:
        scoping.drop_filter(one, actor=OPERATOR, at=at)
    scoping.count(breach, actor=OPERATOR, at=at)


def kinds(breach: UUID, house: Customer) -> list[str]:
    with scope(house.id):
        mine = Share.objects.get(breach=breach).id
        return list(Phase.objects.filter(share_id=mine).order_by("number").values_list("kind", flat=True))


def duties(house: Customer, duty: str) -> list[tuple[str, datetime]]:
    with scope(house.id):
        return list(Obligation.objects.filter(duty=duty).order_by("number").values_list("state", "since"))


@pytest.mark.req("BRE-1", "BRE-2", "BRE-3")
def test_who_was_spared_and_is_hit_again_has_all_its_duties_and_72_hours_anew(house: Customer) -> None:
    breach = hit(house)
    arrived(breach, house, at=BEGIN + HOUR)
    with scope(house.id):
        authority.not_needed(
            share_id=Share.objects.get(breach=breach).id, reason="No.", actor=house.member, at=BEGIN + HOUR
        )
    cleared(breach, at=BEGIN + 2 * HOUR)
    told(breach, at=BEGIN + 3 * HOUR)
    assert share(breach, house).state == "spared"
    again = BEGIN + timedelta(days=4)
    over(breach, house, at=again, holdings=["subscribers"])
    scoping.count(breach, actor=OPERATOR, at=again + HOUR)  # a further count moves the instant no more
    with scope(INSTANCE):
        handling = Obligation.objects.filter(duty="breach.handling", about=breach).order_by("number")
        assert [one.state for one in handling] == ["met", "open"], "somebody has to be told anew"
    told(breach, at=again + 2 * HOUR)
    assert kinds(breach, house) == ["first", "spared", "again"]
    mine = share(breach, house)
    assert (mine.state, mine.aware_at, mine.own_aware_at, mine.authority) == ("open", again, None, "")
    assert duties(house, "breach.notify") == [("met", BEGIN), ("open", again)]
    with scope(house.id):
        owed = Obligation.objects.get(duty="breach.notify", state="open")
        assert owed.strict == again + timedelta(hours=24)
        served = Served.objects.filter(about=mine.id).order_by("served_at", "id").last()
        assert served is not None and served.notice is not None
        text = str(outbox.contents(served.notice)["text"])
        assert "That was wrong; we know it since 2026-10-16 11:00 (Europe/Prague)." in text
        Served.objects.filter(id=served.id).update(deemed_at=again + 5 * HOUR, deemed_by="acceptance")
    telling.spread_again(at=again + 6 * HOUR)
    assert share(breach, house).own_aware_at == again + 5 * HOUR
    assert duties(house, "breach.notify")[-1] == ("met", again)
    assert duties(house, "breach.authority") == [("lapsed", BEGIN + HOUR), ("open", again + 5 * HOUR)]
    with scope(INSTANCE):
        assert not Obligation.objects.filter(duty="breach.handling", about=breach, state="open").exists()
        assert Affected.objects.get(breach_id=breach).again_at is None
    with scope(house.id):
        told_of = form.data(mine.id, at=again + 6 * HOUR)["times"]
        assert told_of["processor_aware"] == again.isoformat()
        running = Obligation.objects.get(duty="breach.authority", state="open")
        assert told_of["due"] == running.statutory.isoformat(), "of the time that runs, not of the one that lapsed"
        in_time = again + timedelta(days=3)
        authority.sent(share_id=mine.id, when=in_time, proof="No. 1", actor=house.member, at=in_time)


def test_who_has_notified_the_authority_owes_it_no_second_notification(house: Customer) -> None:
    breach = hit(house)
    arrived(breach, house, at=BEGIN + HOUR)
    with scope(house.id):
        mine = Share.objects.get(breach=breach).id
        authority.sent(share_id=mine, when=BEGIN + 2 * HOUR, proof="No. 1", actor=house.member, at=BEGIN + 2 * HOUR)
    cleared(breach, at=BEGIN + 3 * HOUR)
    told(breach, at=BEGIN + 3 * HOUR)
    over(breach, house, at=BEGIN + 4 * HOUR, holdings=["subscribers"])
    told(breach, at=BEGIN + 4 * HOUR)
    with scope(house.id):
        Served.objects.filter(about=mine).update(deemed_at=BEGIN + 5 * HOUR, deemed_by="acceptance")
    telling.spread_again(at=BEGIN + 6 * HOUR)
    assert [state for state, _since in duties(house, "breach.authority")] == ["met"]
    assert share(breach, house).authority == "sent"


def test_who_is_hit_again_before_it_was_told_to_be_spared_is_only_told_what_is_known_now(house: Customer) -> None:
    breach = hit(house)
    cleared(breach, at=BEGIN + HOUR)
    over(breach, house, at=BEGIN + 2 * HOUR, holdings=["subscribers"])
    told(breach, at=BEGIN + 3 * HOUR)
    assert kinds(breach, house) == ["first", "update"]
    assert duties(house, "breach.notify") == [("open", BEGIN)]
    arrived(breach, house, at=BEGIN + 4 * HOUR)
    assert duties(house, "breach.notify") == [("met", BEGIN)]


def test_who_was_spared_gets_no_second_letter_of_that(house: Customer) -> None:
    breach = hit(house)
    cleared(breach, at=BEGIN + HOUR)
    told(breach, at=BEGIN + HOUR)
    with scope(INSTANCE):
        revision = int(Breach.objects.get(id=breach).revision)
    desk.amend(breach, revision=revision, nature="More.", actor=OPERATOR, at=BEGIN + 2 * HOUR)
    told(breach, at=BEGIN + 2 * HOUR)
    assert kinds(breach, house) == ["first", "spared"]


@pytest.mark.req("BRE-2")
def test_a_recount_between_the_notice_and_its_note_does_not_drop_the_letter_that_nobody_is_affected(
    house: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    breach = opened(aware=BEGIN, at=BEGIN)
    over(breach, house, at=BEGIN, holdings=["subscribers"])
    telling.tell(breach, actor=OPERATOR, at=BEGIN)

    def killed(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(telling, "_note", killed)
        with pytest.raises(KeyboardInterrupt):
            telling.tell_one(telling.common(breach), house.id, at=BEGIN)
    cleared(breach, at=BEGIN + HOUR)
    assert selectors.breach(breach, at=BEGIN + HOUR).row.behind == 1
    with pytest.raises(WrongState):
        desk.close(breach, effects="None.", actor=OPERATOR, at=BEGIN + HOUR)
    told(breach, at=BEGIN + 2 * HOUR)
    assert kinds(breach, house) == ["first", "spared"]
    desk.close(breach, effects="None.", actor=OPERATOR, at=BEGIN + 3 * HOUR)


def test_who_was_never_told_anything_is_forgotten_by_a_recount_and_gets_no_letter(house: Customer) -> None:
    breach = opened(aware=BEGIN, at=BEGIN)
    over(breach, house, at=BEGIN, holdings=["subscribers"])
    cleared(breach, at=BEGIN + HOUR)
    with scope(INSTANCE):
        assert not Affected.objects.filter(breach_id=breach).exists()
    desk.close(breach, effects="None.", actor=OPERATOR, at=BEGIN + HOUR)


@pytest.mark.req("BRE-2", "BRE-5")
def test_a_breach_is_not_closed_while_what_is_known_now_is_not_told(house: Customer) -> None:
    breach = hit(house)
    with scope(INSTANCE):
        revision = int(Breach.objects.get(id=breach).revision)
    desk.amend(breach, revision=revision, consequences="Unwanted mail.", actor=OPERATOR, at=BEGIN + HOUR)
    with pytest.raises(WrongState, match="has not been told") as refused:
        desk.close(breach, effects="None.", actor=OPERATOR, at=BEGIN + HOUR)
    assert refused.value.remedy
    told(breach, at=BEGIN + 2 * HOUR)
    desk.close(breach, effects="None.", actor=OPERATOR, at=BEGIN + 3 * HOUR)


def test_a_controllers_own_report_keeps_its_72_hours_though_we_find_nobody_affected(house: Customer) -> None:
    from mandata.incidents.services import reports

    with scope(house.id):
        mine = reports.report(words="We lost a laptop.", aware_at=BEGIN, actor=house.member, at=BEGIN)
    breach = reports.take_up(controller_id=house.id, share_id=mine, at=BEGIN)
    assert breach is not None
    scoping.count(breach, actor=OPERATOR, at=BEGIN)
    told(breach, at=BEGIN)
    cleared(breach, at=BEGIN + HOUR)
    told(breach, at=BEGIN + HOUR)
    assert kinds(breach, house) == ["first", "spared"]
    assert [state for state, _since in duties(house, "breach.authority")] == ["open"]
    assert [state for state, _since in duties(house, "breach.notify")][-1:] == ["lapsed"]
