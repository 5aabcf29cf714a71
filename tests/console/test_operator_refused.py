"""What the operator's pages refuse: what is the controller's to do, what no page holds, what no column could hold."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from mandata.accounts.models import User
from mandata.agreements.models import Obligation
from mandata.agreements.selectors import instructions
from mandata.agreements.services import instructions as services
from mandata.agreements.services import obligations
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.models import Entry
from mandata.subprocessors.models import Change, SubProcessor
from mandata.subprocessors.services import changes, objections, register, telling
from tests.subprocessors.cast import OPERATOR
from tests.world.people import House, Person, registered, staffed

DAY = timedelta(days=1)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
pytestmark = pytest.mark.usefixtures("database")


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(User.objects.get(id=person.user_id), backend=BACKEND)
    return client


@pytest.fixture
def house(database: object) -> House:
    return registered()


@pytest.fixture
def otto(house: House) -> Client:
    return browser(staffed(house))


@pytest.mark.req("AGR-13")
def test_what_the_controller_owes_the_operator_does_not_call_done(house: House, otto: Client) -> None:
    with scope(house.id):
        duty = obligations.open_duty(duty="rights.answer", since=now(), cause="case:1", at=now(), owed_by="controller")
        assert Obligation.objects.get(id=duty).owed_by == "controller"
    named = {"controller_id": house.id, "obligation_id": duty}
    page = otto.get(reverse("operator:obligation", kwargs=named)).content.decode()
    assert 'data-dialog-open="meet"' not in page
    answer = otto.post(reverse("operator:obligation_act", kwargs=named | {"verb": "meet"}), {"reference": "A-1"})
    assert answer.status_code == 403
    with scope(house.id):
        assert Obligation.objects.get(id=duty).state == "open"


@pytest.mark.req("INS-4", "PPL-2")
def test_instructions_are_looked_at_through_their_controller_only(otto: Client) -> None:
    for route, named in (
        ("instructions", {}),
        ("instruction", {"instruction_id": new_id()}),
        ("controller", {}),
        ("notice", {"served_id": new_id()}),
    ):
        where = reverse(f"operator:{route}", kwargs={"controller_id": INSTANCE, **named})
        assert otto.get(where).status_code == 404, where


@pytest.mark.req("INS-4", "PPL-2")
def test_what_may_not_be_told_is_carried_out_under_an_access_to_its_own_controller(house: House, otto: Client) -> None:
    other = registered()
    secret = services.oblige(
        controller_id=house.id, law="§ 8", words="Hand over", acts=["disclose"], untold="§ 9",
        actor=house.owner.actor, at=now(),
    )  # fmt: skip

    def act(controller: House, by: Client, verb: str = "untold") -> int:
        named = {"controller_id": controller.id, "instruction_id": secret, "verb": verb}
        return by.post(reverse("operator:instruction_act", kwargs=named), {"reference": "A-1"}).status_code

    def state() -> str:
        with scope(INSTANCE):
            return instructions.untold(house.id)[0].state

    stranger = browser(staffed(other))
    assert (act(other, stranger), state()) == (404, "in_force")
    assert (act(house, stranger), state()) == (302, "in_force")  # led to where an access is opened
    assert "§ 9" in otto.get(reverse("operator:instructions", kwargs={"controller_id": house.id})).content.decode()
    assert (act(house, otto), state()) == (302, "done")


def test_a_page_number_that_no_table_could_have_breaks_nothing(otto: Client) -> None:
    one = SubProcessor.objects.create(name=f"F {new_id()}", role="x", country="CZ", created_at=now())
    change = Change.objects.create(kind="add", subprocessor=one, announced_at=now(), planned_for=now())
    where = reverse("operator:change", kwargs={"change_id": change.id})
    for start in ("9" * 5000, "9" * 30, "-1", "²", "x"):
        assert otto.get(where, {"start": start}).status_code == 200


@pytest.mark.req("PPL-1", "PPL-2")
def test_without_an_agreement_nobody_looks_who_has_not_signed_and_is_not_trained() -> None:
    house = registered(agreed=False)
    where = reverse("operator:instructions", kwargs={"controller_id": house.id})
    assert browser(staffed(fit=False)).get(where).status_code == 302
    assert browser(staffed()).get(where).status_code == 200


@pytest.mark.req("SPR-3", "PPL-2")
def test_an_objection_is_settled_under_an_access_to_its_controller(house: House) -> None:
    named = {"controller_id": house.id, "objection_id": new_id(), "outcome": "excluded"}
    answer = browser(staffed()).post(reverse("operator:objection_settle", kwargs=named))
    assert answer.status_code == 302
    assert answer["Location"] == reverse("operator:access", kwargs={"controller_id": house.id})


@pytest.mark.req("SPR-3", "PPL-2")
def test_the_words_of_an_objection_are_read_under_an_access_only(house: House, otto: Client) -> None:
    one = register.add(register.Details(name=f"F {new_id()}", role="x", country="CZ"), actor=OPERATOR, at=now())
    change = changes.announce(kind="add", subprocessor=one, planned_for=now() + DAY, actor=OPERATOR, at=now())
    assert telling.tell(house.id, changes.row(change), at=now())
    with scope(house.id):
        objections.object_to(change_id=change, words="They are rivals", actor=house.owner.actor, at=now())
    where = reverse("operator:change", kwargs={"change_id": change})
    assert b"They are rivals" in otto.get(where).content
    page = browser(staffed()).get(where).content
    assert b"They are rivals" not in page and b"Read what it says" in page


@pytest.mark.req("REC-1")
def test_a_typed_reference_is_in_no_entry_of_the_record(house: House, otto: Client) -> None:
    with scope(house.id):
        duty = obligations.open_duty(duty="breach.notify", since=now(), cause="breach:1", at=now())
    named = {"controller_id": house.id, "obligation_id": duty, "verb": "meet"}
    otto.post(reverse("operator:obligation_act", kwargs=named), {"reference": "Novotna"})
    with scope(house.id):
        assert Obligation.objects.get(id=duty).evidence == {"reference": "Novotna"}
        leaves = [bytes(leaf) for leaf in Entry.objects.values_list("leaf", flat=True)]
        assert any(b"obligation.met" in leaf for leaf in leaves)
        assert not any(b"Novotna" in leaf for leaf in leaves)
