"""Breaches in both consoles: opened, narrowed, told; read, notified, documented, told to people."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localtime

from mandata.accounts.models import User
from mandata.agreements.models import Served
from mandata.agreements.services.notices import WAYS
from mandata.audience import selectors as audience
from mandata.audience.services import exports
from mandata.incidents.models import Breach, Filter, Share
from mandata.incidents.selectors import desk as selectors
from mandata.incidents.selectors import share as own
from mandata.incidents.services import telling
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, scope
from tests.incidents.cast import OPERATOR, arrived, forgotten, opened, over, peopled, share, told
from tests.world import Customer
from tests.world.people import House, Person, registered, staffed

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _own_desk(database: object) -> Iterator[None]:
    yield
    forgotten()


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(User.objects.get(id=person.user_id), backend=BACKEND)
    return client


def customer(house: House) -> Customer:
    return Customer(house.id, "Demo Bakery", house.owner.actor)


@pytest.fixture
def house(database: object) -> House:
    made = registered()
    peopled(customer(made), ["a@inbox.example", "b@inbox.example"])
    return made


@pytest.fixture
def otto(house: House) -> Client:
    return browser(staffed())


def desk(verb: str) -> str:
    return reverse("operator:breach_act", kwargs={"breach_id": newest(), "verb": verb})


def deed(share: Share, verb: str) -> str:
    return reverse("privacy:breach_act", kwargs={"share_id": share.id, "verb": verb})


def newest() -> UUID:
    return selectors.breaches(limit=1)[0].id


@pytest.mark.req("BRE-1", "BRE-4")
def test_the_operator_opens_a_breach_says_whom_it_touched_and_tells_them(house: House, otto: Client) -> None:
    given = {
        "breach_id": str(new_id()),
        "title": "A stolen copy",
        "aware_at": f"{now() - timedelta(minutes=9):%Y-%m-%dT%H:%M}",
    }
    given |= {"origin": "own", "certain": "yes", "nature": "A copy was taken."}
    for _twice in range(2):
        assert otto.post(reverse("operator:breaches"), given).status_code == 302
    assert otto.get(reverse("operator:breaches")).content.count(b"A stolen copy") == 1
    assert otto.post(desk("tell")).status_code == 409, "nobody is known to be affected"
    answer = otto.post(desk("filter"), {"controllers": [str(house.id)], "holdings": ["subscribers"]})
    assert answer.status_code == 302
    page = otto.get(reverse("operator:breach", kwargs={"breach_id": newest()})).content.decode()
    assert "Demo Bakery" in page and "Add a filter" in page
    assert otto.post(desk("tell")).status_code == 302
    telling.spread_again(at=now())
    assert share(newest(), customer(house)).subjects == 2
    stale = {"revision": "1", "certain": "yes", "nature": "Something else"}
    assert otto.post(desk("amend"), stale).status_code == 409, "somebody else has counted meanwhile"
    with scope(INSTANCE):
        seen = Breach.objects.get(id=newest()).revision
    assert otto.post(desk("amend"), {"revision": seen, "certain": "yes", "nature": "More"}).status_code == 302
    due = {"what": "Two factors", "post": "IT", "due_on": f"{now() + timedelta(days=9):%Y-%m-%d}"}
    assert otto.post(desk("correct"), due).status_code == 302
    assert otto.post(desk("correct"), {**due, "due_on": "2020-01-01"}).status_code == 422, "that day has passed"
    (correction,) = selectors.breach(newest(), at=now()).corrections
    done = reverse("operator:correction", kwargs={"correction_id": correction.id})
    assert otto.post(done, {"proof": "Ticket 1"}).status_code == 302
    assert otto.post(desk("contain")).status_code == 302
    assert otto.post(desk("close"), {"effects": "None."}).status_code == 409, "what is known now is not told"
    assert otto.post(desk("tell")).status_code == 302
    telling.spread_again(at=now())
    assert otto.post(desk("close"), {"effects": "None."}).status_code == 302
    rows = json.loads(otto.get(reverse("operator:breach_json")).content)
    assert (rows[-1]["effects"], rows[-1]["subjects"]) == ("None.", 2)
    assert b"Ticket 1" in otto.get(reverse("operator:breach_csv")).content
    assert otto.post(desk("nonsense")).status_code == 404


def test_hostile_words_in_a_filter_are_refused_on_the_page(house: House, otto: Client) -> None:
    breach = opened()
    act = reverse("operator:breach_act", kwargs={"breach_id": breach, "verb": "filter"})
    for given in (
        {"controllers": ["x' or true"]},
        {"controllers": [str(new_id())]},
        {"holdings": ["passwords"]},
        {"epoch": "9" * 40},
        {"since": "2026-02-30T25:61"},
        {"since": "2026-02-03T00:00", "until": "2026-02-01T00:00"},
        {"people": "5", "records": "5"},
    ):
        answer = otto.post(act, given)
        assert answer.status_code in (409, 422), given
    with scope(INSTANCE):
        assert not Filter.objects.filter(breach_id=breach).exists()


def told_house(house: House) -> Share:
    breach = opened()
    over(breach, customer(house))
    told(breach)
    arrived(breach, customer(house), at=now())
    return share(breach, customer(house))


@pytest.mark.req("BRE-2", "BRE-3", "BRE-6")
def test_the_officer_reads_it_completes_the_form_notifies_and_writes_to_people(house: House) -> None:
    mine, olga = told_house(house), browser(house.owner)
    named = {"share_id": mine.id}
    assert b"Breach 1" in olga.get(reverse("home:home")).content, "it is among what needs somebody"
    assert b"Breach 1" in olga.get(reverse("privacy:breaches")).content
    page = olga.get(reverse("privacy:breach", kwargs=named)).content.decode()
    assert "A copy was taken." in page and "Article 33(4)" in page
    assert olga.post(deed(mine, "form"), {"authority": "ÚOOÚ", "measures": "Told"}).status_code == 302
    form = json.loads(olga.get(reverse("privacy:breach_json", kwargs=named)).content)
    assert (form["authority"], form["nature"]["subjects"]) == ("ÚOOÚ", 3), "two subscribers and the owner"
    assert olga.get(reverse("privacy:breach_pdf", kwargs=named)).content.startswith(b"%PDF")
    assert olga.post(deed(mine, "sent"), {"when": "2020-01-01T00:00", "proof": "file 7"}).status_code == 422
    assert olga.post(deed(mine, "sent"), {"when": f"{now():%Y-%m-%dT%H:%M}", "proof": ""}).status_code == 422
    assert olga.post(deed(mine, "message"), {"heading": "What happened", "text": "Take care."}).status_code == 302
    with scope(house.id):
        (message,) = own.share(mine.id, at=now()).tellings
    assert message.people == 2
    send = reverse("privacy:breach_message_act", kwargs={"telling_id": message.id, "verb": "send"})
    assert olga.post(send, {"people": "9"}).status_code == 409
    assert olga.post(send, {"people": "2"}).status_code == 302
    part = olga.get(reverse("privacy:breach_message", kwargs={"telling_id": message.id}))
    assert b"m-progress" in part.content
    assert olga.post(deed(mine, "document"), {"effects": "None", "remedies": "None"}).status_code == 302
    assert olga.post(deed(mine, "not-needed"), {"reason": "Encrypted."}).status_code == 302
    assert b"Encrypted." in olga.get(reverse("privacy:breach_csv")).content


@pytest.mark.req("BRE-7")
def test_a_controller_reports_and_takes_part_in_drills(house: House) -> None:
    olga = browser(house.owner)
    given = {"breach_id": str(new_id()), "words": "Our laptop was stolen.", "aware_at": f"{now():%Y-%m-%dT%H:%M}"}
    assert olga.post(reverse("privacy:breaches"), {**given, "aware_at": "2090-01-01T00:00"}).status_code == 422
    assert olga.post(reverse("privacy:breaches"), given).status_code == 302
    assert "reported by you" in olga.get(reverse("privacy:breaches")).content.decode()
    assert olga.post(reverse("privacy:breach_drill", kwargs={"verb": "join"})).status_code == 302
    with scope(house.id):
        assert own.drills()
    assert olga.post(reverse("privacy:breach_drill", kwargs={"verb": "leave"})).status_code == 302
    assert OPERATOR.kind == "operator"


@pytest.mark.req("BRE-1")
def test_a_controller_that_is_not_reached_is_entered_as_told_by_another_way(otto: Client, house: House) -> None:
    breach = opened()
    over(breach, customer(house))
    told(breach)
    with scope(house.id):
        Served.objects.filter(kind="breach.notice").update(returned_at=now(), returned_status="5.1.1")
    page = otto.get(reverse("operator:breach", kwargs={"breach_id": breach})).content.decode()
    assert "Controllers that our notices do not reach" in page
    given = {"controller_id": str(house.id), "way": "read", "who": "We to its owner", "proof": "Note of the call"}
    bad = otto.post(desk("otherwise"), {**given, "when": "2999-01-01T10:00"})
    assert bad.status_code == 422
    local = localtime(now())
    offered = re.findall(r'<option value="(\w+)"', page[page.index('name="way"') :].partition("</select>")[0])
    assert tuple(offered) == WAYS, "what is offered is taken"
    done = otto.post(desk("otherwise"), {**given, "when": f"{local:%Y-%m-%dT%H:%M}"})
    assert done.status_code == 302
    with scope(house.id):
        assert own.shares(at=now())[0].own_aware_at is not None
    page = otto.get(reverse("operator:breach", kwargs={"breach_id": breach})).content.decode()
    assert "Controllers that our notices do not reach" not in page


@pytest.mark.req("BRE-4")
def test_exports_and_accesses_are_looked_for_and_ticked(otto: Client, house: House) -> None:
    breach, begin = opened(), now()
    with scope(house.id):
        (made,) = audience.lists()
    list(exports.export_lines(controller_id=house.id, list_id=made.id, actor=house.owner.actor, at=begin))
    address = reverse("operator:breach", kwargs={"breach_id": breach})
    local = localtime(begin)
    asked = {"look_since": f"{local - timedelta(minutes=1):%Y-%m-%dT%H:%M}", "look_until": f"{local:%Y-%m-%dT%H:%M}"}
    page = otto.get(address, {**asked, "whose": str(house.id)}).content.decode()
    (value,) = re.findall(r'name="picked" value="(export:[^"]+)"', page)
    assert otto.post(desk("pick"), {"picked": [value]}).status_code == 302
    assert selectors.breach(breach, at=now()).row.subjects == 2
    for wrong in ({}, {"picked": ["export:x"]}):
        assert otto.post(desk("pick"), wrong).status_code == 422
    backwards = {"look_since": asked["look_until"], "look_until": asked["look_since"]}
    for query in (backwards, {"look_since": "x"}, {**asked, "whose": "x"}):
        assert otto.get(address, query).status_code == 200


@pytest.mark.req("BRE-1")
def test_a_filter_of_few_controllers_names_them(otto: Client, house: House) -> None:
    breach = opened()
    over(breach, customer(house))
    page = otto.get(reverse("operator:breach", kwargs={"breach_id": breach})).content.decode()
    assert re.search(r'<li class="list-group-item m-inline"><span>Demo Bakery', page)


@pytest.mark.req("BRE-2")
def test_the_first_page_tells_of_a_breach_and_of_its_duty_once(house: House) -> None:
    breach = opened()
    over(breach, customer(house))
    told(breach)
    arrived(breach, customer(house), at=now())
    page = browser(house.owner).get("/").content.decode()
    assert "Decide whether the authority is to be notified" in page
    assert "Notice to the authority" not in page
