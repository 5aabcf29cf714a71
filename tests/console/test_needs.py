"""The first page and the operator's overview list what the agreements ask for now."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client

from mandata.accounts import selectors as accounts
from mandata.accounts.services import accesslog
from mandata.agreements import library
from mandata.agreements import selectors as agreements
from mandata.agreements.services import feeds, instructions, notices, obligations, staff, versions
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.public.pages import feed
from mandata.record import selectors as record
from mandata.retention.services import ends
from mandata.subprocessors.models import Change, SubProcessor
from mandata.subprocessors.services import objections
from tests.subprocessors import cast
from tests.world import World
from tests.world.people import House, Person, accept, joined, registered, staffed

NEWER = library.source("ecomail").replace('version = "2023-09-07"', 'version = "2027-01-01"', 1)


@pytest.fixture
def house(world: World) -> Iterator[House]:
    yield registered()
    Change.objects.all().delete()
    SubProcessor.objects.all().delete()


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(accounts.user(person.user_id), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def home(house: House) -> str:
    return browser(house.owner).get("/").content.decode()


def operators(path: str = "/operator/") -> str:
    return browser(staffed()).get(path).content.decode()


def announced(house: House) -> UUID:
    cast.carrier("Planned Pigeons Ltd")
    change = cast.announced("Planned Pigeons Ltd")
    cast.told(house.id, change, at=now())
    return change


@pytest.mark.req("AGR-4", "SPR-2", "INS-5")
def test_the_first_page_lists_what_the_agreement_asks_of_the_controller(house: House) -> None:
    at, operator = now(), Actor("operator", new_id())
    assert "Needs you" not in home(house)
    with scope(house.id):
        versions.announce(name="", source=NEWER, actor=operator, at=at)
        given = instructions.give(
            member_id=house.owner.actor.id or house.id, words="Send it all.", acts=["send"], at=at
        )
        instructions.question(instruction_id=given, concern="Not all.", actor=operator, at=at)
        owed = obligations.open_duty(
            duty="breach.notify", since=at, cause="test", about=("breach", new_id()), at=at, owed_by="controller",
            owed_to="processor",
        )  # fmt: skip
    change = announced(house)
    assert "time to object" not in home(house), "no period runs before the notice is delivered"
    cast.delivered(house.id, change, at=now())
    page = home(house)
    assert "A new version of the agreement waits for your decision" in page
    assert "Planned Pigeons Ltd: time to object" in page and f"/privacy/sub-processors/{change}/" in page
    assert "is questioned" in page and f"/privacy/instructions/{given}/" in page
    assert f"/privacy/obligations/{owed}/" in page
    with scope(house.id):
        objections.object_to(change_id=change, words="No.", actor=house.owner.actor, at=now())
    assert "time to object" not in home(house), "who has objected has decided"


def test_the_operators_overview_lists_duties_changes_staff_and_the_record(house: House) -> None:
    at = now()
    with scope(house.id):
        obligations.open_duty(
            duty="breach.notify", since=at - timedelta(days=3), cause="late", about=("breach", new_id()), at=at
        )
    change, lena = announced(house), staffed(name="Lena Lapsing", fit=False)
    staff.commit(
        user_id=lena.user_id, kind="training", on=at.date(), until=at.date() + timedelta(days=5), evidence="7",
        by=lena.user_id, at=at,
    )  # fmt: skip
    page = operators()
    assert "Owed by us, by due time" in page and ">late</span>" in page and "/operator/obligations/" in page
    assert f"/operator/changes/{change}/" in page
    assert "Lena Lapsing" in page and "confidentiality is not signed" in page and "training lapses on" in page
    assert "Last verification" in page


def test_an_obligation_leads_both_sides_to_what_it_is_about(house: House) -> None:
    at = now()
    with scope(house.id):
        versions.announce(name="", source=NEWER, actor=Actor("operator", new_id()), at=at)
        waiting = agreements.waiting()
        assert waiting is not None
        things = {
            "proposal": waiting.id,
            "instruction": instructions.give(
                member_id=house.owner.actor.id or house.id, words="Send.", acts=["send"], at=at
            ),
            "served": notices.serve(kind="test", party="controller", subject="Told", text="Told", at=at),
        }
    things["change"] = announced(house)
    with scope(house.id):
        owed = [
            obligations.open_duty(duty="breach.notify", since=at, cause=kind, at=at, about=(kind, thing))
            for kind, thing in things.items()
        ]
    seen = 0
    for client, desk in (
        (browser(house.owner), "/privacy/obligations"),
        (browser(staffed(house)), f"/operator/obligations/{house.id}"),
    ):
        for one in owed:
            found = re.search(r'<dt>About</dt><dd><a href="([^"]+)"', client.get(f"{desk}/{one}/").content.decode())
            if found:
                seen += 1
                assert client.get(found[1]).status_code == 200, found[1]
    assert seen == 4 + 3


@pytest.mark.req("PPL-2")
@pytest.mark.parametrize("path", ["", "instructions/"])
def test_a_page_of_one_controller_leads_to_the_question_why(house: House, path: str) -> None:
    wanted = f"/operator/controllers/{house.id}/{path}"
    answer = browser(staffed()).get(wanted)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"/operator/controllers/{house.id}/access/?next=")
    assert browser(staffed(house)).get(wanted).status_code == 200


@pytest.mark.req("PPL-7")
def test_under_an_agreement_with_products_the_question_names_them(world: World) -> None:
    house = registered(agreed=False)
    with scope(house.id):
        accept(house.owner.actor, name="icewarp")
    page = browser(staffed()).get(f"/operator/controllers/{house.id}/access/").content.decode()
    assert 'value="mail"' in page and 'value="conference_recordings"' in page


@pytest.mark.req("PPL-2")
def test_an_access_to_one_controller_opens_no_other_and_another_persons_opens_nothing(house: House) -> None:
    other = registered("Other Bakery")
    assert browser(staffed(other)).get(f"/operator/controllers/{house.id}/").status_code == 302
    staffed(house)
    assert browser(staffed()).get(f"/operator/controllers/{house.id}/").status_code == 302


def test_where_nothing_may_be_processed_what_is_owed_is_still_seen_and_the_look_recorded(world: World) -> None:
    house = registered(agreed=False)
    assert browser(staffed()).get(f"/operator/controllers/{house.id}/").status_code == 200
    with scope(house.id):
        (look,) = record.entries(kind="staff.looked")
    assert look.body == {"access": None, "page": "operator:controller"}


def test_a_calendar_has_no_cookie_and_an_address_that_is_guessed_too_often_is_slowed_down(house: House) -> None:
    cache.clear()
    token = feeds.create(user_id=house.owner.user_id, controller_id=house.id, at=now())
    stranger = Client()
    for _again in range(feed.GUESSES.times):
        assert stranger.get(f"/calendar/{new_id().hex}.ics").status_code == 404
    assert stranger.get(f"/calendar/{token}.ics").status_code == 429
    cache.clear()
    answer = stranger.get(f"/calendar/{token}.ics")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert not answer.cookies
    cache.clear()


@pytest.mark.req("BIL-12")
def test_splitting_is_counted_for_accounts_of_one_customer_only(house: House) -> None:
    other = registered(f"Other {new_id().hex[-8:]}")
    otto, path = browser(staffed()), "/operator/splitting/"
    assert "Choose two accounts" in otto.post(path, {"controller": [str(house.id)]}).content.decode()
    refused = otto.post(path, {"controller": [str(house.id), str(other.id)]})
    assert refused.status_code == 403 and "This was refused" in refused.content.decode()


def test_a_reader_cannot_take_a_pack_or_change_addresses(house: House) -> None:
    client = browser(joined(house, "reader"))
    assert client.post("/privacy/record/pack/", {}).status_code == 403
    assert client.post("/privacy/notices/addresses/", {}).status_code == 403


@pytest.mark.req("RET-2")
def test_after_the_agreements_end_the_first_page_asks_for_nothing_that_is_to_come(house: House) -> None:
    change = announced(house)
    cast.delivered(house.id, change, at=now())
    assert "time to object" in home(house)
    with scope(house.id):
        versions.announce(name="", source=NEWER, actor=Actor("operator", new_id()), at=now())
        operator, later = Actor("operator", new_id()), now() + timedelta(days=20)
        ends.give_notice(by="term", reason="term", effective=later, actor=operator, at=now())
    noticed = home(house)
    assert "The agreement ends on" in noticed and "time to object" in noticed
    with scope(house.id):
        ends.withdraw(actor=operator, at=now())
        ends.give_notice(by="term", reason="term", actor=operator, at=now())
        duty = obligations.open_duty(
            duty="breach.notify", since=now(), cause="test", about=("breach", new_id()), at=now(), owed_by="controller",
            owed_to="processor",
        )  # fmt: skip
    page = home(house)
    assert "The agreement ended on" in page and "/privacy/ending/" in page
    for gone in ("time to object", "waits for your decision", "No agreement is in force", "The way to the first"):
        assert gone not in page
    assert f"/privacy/obligations/{duty}/" in page, "what is owed is owed still"


@pytest.mark.req("PPL-2", "PPL-5")
def test_the_first_page_shows_who_of_the_staff_can_look_now_and_what_was_unusual(house: House) -> None:
    lena = staffed(name="Lena Looker")
    opened = staff.open_access(
        controller_id=house.id, user_id=lena.user_id, reason="A message did not arrive", country="CZ", minutes=60,
        at=now(),
    )  # fmt: skip
    with scope(house.id):
        for device in ("Firefox, Linux", "Safari, iOS"):
            logged = accesslog.note(
                user_id=house.owner.user_id, who="member", kind="looked", page="home:home", at=now(), device=device
            )
    accesslog.judge(controller_id=house.id, log_id=logged, at=now())
    page = home(house)
    assert "Lena Looker of our staff can see your data now" in page and "A message did not arrive" in page
    assert "1 unusual access to your data" in page
    with scope(house.id):
        (found,) = accounts.alerts(unsettled=True)
        accesslog.settle(alert_id=found.id, verdict="fine", by=house.owner.user_id, actor=house.owner.actor, at=now())
        staff.end_access(access_id=opened.id, actor=house.owner.actor, at=now())
    assert "Lena Looker" not in home(house) and "unusual access to" not in home(house)
