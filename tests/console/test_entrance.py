"""Invitations and the choice of a controller, over HTTP."""

import pytest
from django.test import Client

from mandata.accounts import selectors, services
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.accounts.people import PASSWORD, Household, founded, household, invited, person


@pytest.fixture
def home(database: object) -> Household:
    """A controller with a member in each role."""
    return household()


def _client(user_id: object) -> Client:
    client = Client()
    client.force_login(selectors.user(user_id))  # type: ignore[arg-type]
    return client


def _token(home: Household, user_id: object) -> str:
    return invited(services.controllers.Founded(home.controller_id, home.members["owner"]), user_id, "marketer")  # type: ignore[arg-type]


@pytest.mark.req("SVC-2")
def test_who_has_an_account_accepts_an_invitation_with_it(home: Household) -> None:
    colleague = person("Mark Marketer")
    path = f"/account/invitation/{_token(home, colleague)}/"
    assert "Log in and accept" in Client().get(path).content.decode()
    client = _client(colleague)
    assert client.post(path).headers["Location"] == "/"
    assert "Demo Bakery" in client.get("/account/members/").content.decode()


@pytest.mark.req("PPL-3")
def test_an_invitation_of_somebody_else_is_refused_with_the_remedy(home: Household) -> None:
    path = f"/account/invitation/{_token(home, person('Mark Marketer'))}/"
    stranger = _client(person("Eve Else"))
    for answer in (stranger.get(path), stranger.post(path)):
        assert "made out to another address" in answer.content.decode()
    assert selectors.seats(stranger.session["_auth_user_id"]) == []


@pytest.mark.req("PPL-3")
def test_an_invited_person_without_an_account_makes_one_with_an_own_password(home: Household) -> None:
    tokens: list[str] = []
    with scope(home.controller_id):
        services.members.invite(
            email="Nora.New@bakery.example".replace("New", home.controller_id.hex[:8]),
            name="Nora New",
            role="privacy_officer",
            invited_by=home.members["owner"],
            at=now(),
            link=lambda token: tokens.append(token) or token,  # type: ignore[func-returns-value]
        )
    client, path = Client(), f"/account/invitation/{tokens[0]}/"
    weak = client.post(path, {"person": "Nora New", "password": "short", "age": "on"})
    assert weak.status_code == 422
    assert "at least 12 characters" in weak.content.decode()
    assert client.post(path, {"person": "Nora New", "password": PASSWORD, "age": "on"}).headers["Location"] == "/"
    assert "Privacy officer" in client.get("/account/members/").content.decode()
    assert Client().get(path).status_code == 404


@pytest.mark.req("SVC-3")
def test_who_works_for_two_controllers_chooses_and_changes(home: Household) -> None:
    both = home.users["owner"]
    second = founded(both, "Second Bakery")
    client = _client(both)
    assert client.get("/account/members/").headers["Location"] == "/account/controllers/"
    client.post("/account/controllers/", {"controller": str(second.controller_id)})
    assert "Second Bakery" in client.get("/account/settings/").content.decode()
    client.post("/account/controllers/", {"controller": str(home.controller_id)})
    assert "Demo Bakery" in client.get("/account/settings/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_choosing_leads_nowhere_else(home: Household, elsewhere: str) -> None:
    data = {"controller": str(home.controller_id), "next": elsewhere}
    assert _client(home.users["owner"]).post("/account/controllers/", data).headers["Location"] == "/"


def test_an_operator_without_a_seat_comes_to_the_operators_console(database: object) -> None:
    client = _client(person("Otto Operator", is_operator=True))
    answer = client.get("/", follow=True)
    assert answer.redirect_chain[-1][0] == "/operator/"


@pytest.mark.req("SVC-4")
def test_a_suspension_needs_a_reason_and_an_unknown_controller_is_not_there(home: Household) -> None:
    client = _client(person("Otto Operator", is_operator=True))
    path = f"/operator/controllers/{home.controller_id}/state/"
    client.post(path, {"state": "suspended", "reason": ""})
    with scope(home.controller_id):
        assert selectors.state() == "active"
    client.post(path, {"state": "suspended", "reason": "unpaid"})
    with scope(home.controller_id):
        assert selectors.state() == "suspended"
    assert client.get(f"/operator/controllers/{home.users['owner']}/").status_code == 404


@pytest.mark.req("PPL-4")
@pytest.mark.parametrize("password", ["bartholomew.baker@bakery.example", "Bartholomew Baker", "bartholomew baker 1"])
def test_a_password_made_of_the_persons_own_name_or_address_is_refused_in_words(
    database: object, password: str
) -> None:
    email = "bartholomew.baker@bakery.example"
    data = {"person": "Bartholomew Baker", "email": email, "password": password, "age": "on"}
    answer = Client().post("/account/register/", data)
    assert answer.status_code == 422
    assert "too similar" in answer.content.decode()
    assert selectors.user_by_email(email) is None
