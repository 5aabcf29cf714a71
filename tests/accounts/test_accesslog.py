"""The log of accesses, unusual ones, and what staff cannot do: late, elsewhere, or by setting a clock back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from mandata.accounts import selectors, services
from mandata.accounts.models import AccessAlert, AccessLog, Directory, Notice
from mandata.accounts.services import accesslog
from mandata.accounts.services.notices import contents
from mandata.agreements import selectors as agreements
from mandata.agreements.errors import AccessNeeded, GateRefused
from mandata.agreements.selectors.notices import legal_notices as served_notices
from mandata.agreements.services import staff
from mandata.foundation.errors import NotFound
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors as record
from tests.world import World
from tests.world.people import House, Person, accept, joined, registered, staffed

HOUR = timedelta(hours=1)


@pytest.fixture
def house(world: World) -> House:
    return registered()


def opened(house: House, otto: Person, **more: Any) -> selectors.Access:
    asked: dict[str, Any] = {"reason": "The import fails", "ticket": "T-1", "country": "CZ", "minutes": 60, "at": now()}
    return staff.open_access(controller_id=house.id, user_id=otto.user_id, **{**asked, **more})


def looks(house: House, otto: Person, at: Any) -> bool:
    with scope(house.id):
        try:
            staff.require(user_id=otto.user_id, page="operator:controller", at=at)
        except AccessNeeded:
            return False
        return True


@pytest.mark.req("PPL-2", "PPL-7")
def test_an_expired_access_opens_nothing_and_no_clock_brings_it_back(house: House) -> None:
    otto, at = staffed(), now()
    opened(house, otto, at=at, minutes=30)
    assert looks(house, otto, at + timedelta(minutes=29))
    assert not looks(house, otto, at + timedelta(minutes=30)), "its end is the first instant without it"
    assert not looks(house, otto, at - timedelta(minutes=1)), "nor before it was opened"
    with scope(house.id):
        assert services.staff.expire(user_id=otto.user_id, at=at + timedelta(minutes=31)) == 1
    assert not looks(house, otto, at + timedelta(minutes=5)), "closed by its time: a clock set back opens nothing"
    with scope(house.id):
        (one,) = selectors.accesses()
    assert (one.closed_by, one.closed_at) == ("time", one.until)


@pytest.mark.req("PPL-7")
def test_the_latest_look_counts_where_the_clock_jumps_back_before_anybody_closed_it(house: House) -> None:
    otto, at = staffed(), now()
    one = opened(house, otto, at=at, minutes=30)
    with scope(house.id):
        services.staff.looked(access=one, page="operator:controller", at=at + timedelta(minutes=40))
    assert not looks(house, otto, at + timedelta(minutes=10))


@pytest.mark.req("PPL-2", "PPL-7")
def test_an_access_to_one_controller_is_none_to_another_and_nobody_elses(house: House) -> None:
    otto, anna, other = staffed(), staffed(name="Anna Support"), registered("Other Bakery")
    one = opened(house, otto)
    assert looks(house, otto, now())
    assert not looks(other, otto, now())
    assert not looks(house, anna, now())
    with scope(other.id), pytest.raises(NotFound):
        staff.end_access(access_id=one.id, actor=other.owner.actor, at=now())
    browser = Client()
    browser.force_login(_user(otto), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get(f"/operator/controllers/{house.id}/").status_code == 200
    assert browser.get(f"/operator/controllers/{other.id}/").status_code == 302


def _user(person: Person) -> Any:
    return selectors.user(person.user_id)


@pytest.mark.req("PPL-2")
def test_the_controller_is_told_as_it_happens_sees_each_page_and_ends_it_at_once(house: House) -> None:
    otto = staffed()
    one = opened(house, otto)
    with scope(house.id):
        (told,) = [row for row in served_notices(count=50)[1] if row.kind == "staff.access"]
        assert told.about == one.id
        assert told.notice is not None and "The import fails" in contents(told.notice)["text"]
        assert selectors.membership(house.owner.user_id).watched == 1  # type: ignore[union-attr]
    browser, owner = Client(), Client()
    browser.force_login(_user(otto), backend="allauth.account.auth_backends.AuthenticationBackend")
    owner.force_login(_user(house.owner), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get(f"/operator/controllers/{house.id}/").status_code == 200
    page = owner.get("/account/accesses/").content.decode()
    assert "operator:controller" not in page and "> Controllers" in page.replace("</time>", ">") and "T-1" in page
    assert owner.post(f"/account/accesses/{one.id}/end/").status_code == 302
    assert browser.get(f"/operator/controllers/{house.id}/").status_code == 302
    with scope(house.id):
        assert selectors.accesses()[0].closed_by == "controller"
        assert record.entries(kind="staff.access_closed", limit=1)[0].actor.startswith("member")
        assert selectors.membership(house.owner.user_id).watched == 0  # type: ignore[union-attr]


@pytest.mark.req("PPL-7")
def test_where_the_agreement_lets_staff_look_in_support_only_a_ticket_is_named(world: World) -> None:
    house, otto = registered(agreed=False), staffed()
    with scope(house.id):
        accept(house.owner.actor, name="gdpr-art28")
    with pytest.raises(GateRefused) as refused:
        opened(house, otto, ticket=" ", product="somewhere")
    assert "support case" in refused.value.message
    with pytest.raises(GateRefused) as refused:
        opened(house, otto, ticket="T-2", product="elsewhere")
    assert "not activated" in refused.value.message
    with scope(house.id):
        product = staff.products(agreements.ground(now()).terms)[0]
    assert opened(house, otto, ticket="T-2", product=product).product == product


@pytest.mark.req("PPL-2")
def test_the_log_is_only_added_to_until_its_controller_has_ended(house: House) -> None:
    with scope(house.id):
        services.accesslog.note(user_id=new_id(), who="member", kind="entered", page="home:home", at=now())
        rows = AccessLog.objects.filter(page="home:home")
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(page="x")
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    Directory.objects.filter(controller_id=house.id).update(state="ended")
    with scope(house.id):
        assert AccessLog.objects.filter(page="home:home").delete()[0] == 1


def quiet(house: House, person: Person, *, days: int = 20) -> None:
    """Somebody's habit: one person looked at each morning."""
    at = now().replace(hour=9, minute=0, second=0, microsecond=0)
    with scope(house.id):
        for day in range(1, days + 1):
            accesslog.note(
                user_id=person.user_id, who="member", kind="revealed", page="audience:reveal", people=1,
                at=at - timedelta(days=day), network="203.0.113.0/24", device="Firefox, Linux",
            )  # fmt: skip


def strange(house: House, person: Person, *, people: int = 50_000, minutes: int = 0) -> UUID:
    at = now().replace(hour=9, minute=30, second=0, microsecond=0) + timedelta(minutes=minutes)
    with scope(house.id):
        return accesslog.note(
            user_id=person.user_id, who="member", kind="exported", page="audience:export", people=people, at=at,
            network="203.0.113.0/24", device="Firefox, Linux",
        )  # fmt: skip


@pytest.mark.req("PPL-5")
def test_a_mass_export_is_told_to_the_officers_and_the_operator_once(house: House) -> None:
    officer, marketer = joined(house, "privacy_officer"), joined(house, "marketer")
    quiet(house, marketer)
    first, second = strange(house, marketer), strange(house, marketer, minutes=5)
    (alert,) = accesslog.judge(controller_id=house.id, log_id=first, at=now())
    assert accesslog.judge(controller_id=house.id, log_id=first, at=now()) == []
    assert accesslog.judge(controller_id=house.id, log_id=second, at=now()) == [], "the same day is the same occasion"
    with scope(house.id):
        rows = Notice.objects.filter(kind=accesslog.KIND)
        told = [contents(row.id) for row in rows]
        assert {one["to"] for one in told} == {house.owner.email, officer.email}
        assert "50000 people exported" in told[0]["text"] and "inbox.example" not in told[0]["text"]
        entry = record.entries(kind="access.unusual", limit=5)
        assert [one.body["rule"] for one in entry] == ["export"]
    assert accesslog.tell_operator(controller_id=house.id, alert_id=alert, at=now())
    assert not accesslog.tell_operator(controller_id=house.id, alert_id=alert, at=now()), "a job that runs twice"
    with scope(INSTANCE):
        assert Notice.objects.filter(kind=accesslog.KIND, subject=alert).count() == 1


@pytest.mark.req("PPL-5")
def test_an_officer_says_what_an_unusual_access_was(house: House) -> None:
    quiet(house, house.owner)
    (alert,) = accesslog.judge(controller_id=house.id, log_id=strange(house, house.owner), at=now())
    browser, reader = Client(), Client()
    browser.force_login(_user(house.owner), backend="allauth.account.auth_backends.AuthenticationBackend")
    reader.force_login(_user(joined(house, "reader")), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert reader.post(f"/account/accesses/unusual/{alert}/fine/").status_code == 403
    assert browser.post(f"/account/accesses/unusual/{alert}/nothing/").status_code == 404
    assert browser.post(f"/account/accesses/unusual/{alert}/misuse/").status_code == 302
    with scope(house.id):
        row = AccessAlert.objects.get(id=alert)
        assert (row.verdict, row.settled_by) == ("misuse", house.owner.user_id)
        assert record.entries(kind="access.settled", limit=1)[0].body["verdict"] == "misuse"


@pytest.mark.req("PPL-5")
def test_members_come_into_the_log_once_a_session_and_at_every_look_at_people(house: House) -> None:
    browser = Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0")
    browser.force_login(_user(house.owner), backend="allauth.account.auth_backends.AuthenticationBackend")
    browser.get("/")
    browser.get("/")
    browser.post("/audience/find/", {"q": "somebody@inbox.example"})
    with scope(house.id):
        rows = selectors.logged()
        assert [(one.kind, one.who) for one in rows] == [("found", "member"), ("entered", "member")]
        assert rows[0].device == "Firefox, Linux" and rows[0].network == "127.0.0.0/24"
        assert "somebody" not in str(rows)


@pytest.mark.req("PPL-5")
def test_what_is_unusual_is_judged_by_a_persons_own_habits_in_this_house_only(house: House) -> None:
    other = registered("Other Bakery")
    quiet(other, house.owner)
    with scope(house.id):
        log_id = accesslog.note(
            user_id=house.owner.user_id, who="member", kind="revealed", page="audience:reveal", people=1, at=now(),
            device="other",
        )  # fmt: skip
    assert accesslog.judge(controller_id=house.id, log_id=log_id, at=now()) == []
    assert accesslog.judge(controller_id=other.id, log_id=log_id, at=now()) == [], "nor is it there"
