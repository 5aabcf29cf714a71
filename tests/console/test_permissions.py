"""The permission table: complete, and obeyed before any view runs."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from mandata.accounts import services
from mandata.accounts.selectors import seats, user, user_by_email
from mandata.agreements.selectors import offer
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.project.permissions import ALL, MACHINE, OPERATOR, PUBLIC, ROLES, ROUTES, USER
from tests.accounts.people import PASSWORD, Household, address, household, person


def _names(resolver: URLResolver, space: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}" if pattern.name else f"{space}{pattern.pattern}: a route without a name"


@pytest.mark.req("PPL-2")
def test_every_route_is_in_the_table_and_every_line_of_the_table_is_a_route() -> None:
    assert set(_names(get_resolver())) == set(ROUTES)


def test_the_table_knows_no_strangers() -> None:
    known = {*ALL, USER, OPERATOR, PUBLIC, MACHINE}
    for route, rule in ROUTES.items():
        assert rule.methods, route
        for method, who in rule.methods.items():
            assert method in {"GET", "POST", "PUT", "PATCH", "DELETE"}, route
            assert who, route
            assert who <= known, route
            assert not (who & ROLES and who - ROLES), f"{route}: roles of a controller are not mixed with others"


@pytest.fixture
def home(database: object) -> Household:
    """A controller with one member in each role."""
    return household()


def _client(user_id: object) -> Client:
    client = Client()
    client.force_login(user(user_id))  # type: ignore[arg-type]
    return client


@pytest.mark.req("PPL-2")
@pytest.mark.parametrize("role", sorted(ALL))
def test_only_owners_invite_and_everybody_reads_the_members(home: Household, role: str) -> None:
    client = _client(home.users[role])
    assert client.get("/account/members/").status_code == 200
    answer = client.get("/account/members/invite/")
    assert answer.status_code == (200 if role == "owner" else 403)
    if role != "owner":
        assert "Ask somebody who may: owner." in answer.content.decode()


def test_a_method_that_the_table_does_not_give_is_refused_before_the_view(home: Household) -> None:
    answer = _client(home.users["owner"]).get(f"/account/members/{home.members['reader']}/suspend/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


def test_who_is_not_logged_in_is_led_to_the_log_in_and_back(home: Household) -> None:
    answer = Client().get("/account/members/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login/?next=/account/members/")


def test_a_part_of_a_page_leads_the_whole_window_to_the_log_in(home: Household) -> None:
    answer = Client().get("/account/members/", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/login/"


def test_the_operators_pages_do_not_exist_for_others(home: Household) -> None:
    assert _client(home.users["owner"]).get("/operator/").status_code == 404


@pytest.mark.req("PPL-3")
def test_a_suspended_seat_closes_a_session_that_is_open(home: Household) -> None:
    client = _client(home.users["reader"])
    assert client.get("/account/members/").status_code == 200
    with scope(home.controller_id):
        services.members.suspend(member_id=home.members["reader"], actor=home.actor, at=now())
    answer = client.get("/account/members/")
    assert answer.headers["Location"] == "/account/controllers/"


@pytest.mark.req("TEN-1")
def test_a_session_cannot_choose_a_controller_without_a_seat_there(home: Household) -> None:
    other = household()
    client = _client(home.users["owner"])
    client.post("/account/controllers/", {"controller": str(other.controller_id)})
    assert client.session.get("controller") != str(other.controller_id)
    session = client.session
    session["controller"] = str(other.controller_id)
    session.save()
    assert client.get("/account/members/").headers["Location"] == "/account/controllers/"


def test_every_answer_forbids_inline_scripts_and_styles_and_what_comes_from_elsewhere(home: Household) -> None:
    answer = _client(home.users["owner"]).get("/account/members/")
    policy = answer.headers["Content-Security-Policy"]
    assert "'unsafe" not in policy
    assert "default-src 'self'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_form_without_its_token_is_not_taken(home: Household) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user(home.users["owner"]))
    assert client.post("/account/members/invite/", {"name": "Eve"}).status_code == 403


def test_a_route_that_is_not_in_the_table_is_never_served(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    from mandata.project import middleware

    monkeypatch.setattr(middleware, "ROUTES", {})
    client = Client(raise_request_exception=False)
    assert client.get("/login/").status_code == 500


@pytest.mark.req("PPL-4")
def test_guessing_a_password_is_stopped_before_the_right_one_would_be_taken(database: object) -> None:
    owner = person(password=PASSWORD)
    email = user(owner).email
    client = Client()
    for _attempt in range(5):
        client.post("/login/", {"login": email, "password": "guessed wrongly"})
    answer = client.post("/login/", {"login": email, "password": PASSWORD})
    assert "Too many failed login attempts" in answer.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.req("PPL-4")
def test_a_form_for_a_new_password_does_not_tell_who_has_an_account(database: object) -> None:
    def asked(email: str) -> tuple[int, str]:
        answer = Client().post("/login/password/reset/", {"email": email})
        return answer.status_code, answer.headers["Location"]

    assert asked(user(person()).email) == asked(address("nobody"))


@pytest.mark.req("SVC-1")
def test_nobody_under_sixteen_registers(database: object) -> None:
    email = address("young")
    answer = Client().post("/account/register/", {"person": "Young One", "email": email, "password": PASSWORD})
    assert answer.status_code == 422
    assert "under 16 years" in answer.content.decode()
    assert user_by_email(email) is None


@pytest.mark.req("SVC-5", "AGR-1")
def test_an_agreement_is_not_accepted_by_who_answers_the_age_question_with_no(database: object) -> None:
    owner = person()
    client = _client(owner)
    data = {
        "stage": "accept",
        "name": "Young Bakery",
        "legal_name": "Young Bakery",
        "postal_address": "Brno",
        "country": "CZ",
        "time_zone": "Europe/Prague",
        "contact": "young@bakery.example",
        "answer_age": "no",
        "answer_consumer": "no",
        "answer_eea": "yes",
        "warranted": "on",
        "accepted": "on",
        "shown": offer(language="en").shown,
    }
    answer = client.post("/account/controllers/register/", data)
    assert answer.status_code == 422
    assert "not for persons under 16" in answer.content.decode()
    assert seats(owner) == [], "a refused registration leaves nothing behind"
    assert client.post("/account/controllers/register/", data | {"answer_age": "yes"}).status_code == 302
    assert len(seats(owner)) == 1


def test_a_text_that_is_not_the_one_that_was_read_is_not_accepted(database: object) -> None:
    owner = person()
    data = {
        "stage": "accept",
        "name": "Bakery",
        "legal_name": "Bakery",
        "postal_address": "Brno",
        "country": "CZ",
        "time_zone": "Europe/Prague",
        "contact": "o@bakery.example",
        "answer_age": "yes",
        "answer_consumer": "no",
        "answer_eea": "yes",
        "warranted": "on",
        "accepted": "on",
        "shown": "00" * 32,
    }
    answer = _client(owner).post("/account/controllers/register/", data)
    assert "The text has changed since it was shown." in answer.content.decode()
    assert seats(owner) == []
