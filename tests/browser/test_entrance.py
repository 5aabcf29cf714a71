"""How people come in, seen through a real browser at every size and theme."""

import secrets

import pytest
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time

from mandata.accounts import selectors, services
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.accounts.people import household
from tests.browser.driving import Visitor, code_in, last_notice
from tests.world import World, people

pytestmark = pytest.mark.browser
PASSWORD = "a loaf of rye bread"


def _address(who: str) -> str:
    return f"{who}.{secrets.token_hex(4)}@bakery.example"


def _owner(world: World, name: str = "Olga Ownerová") -> tuple[str, services.controllers.Founded]:
    email = _address("olga")
    user = services.users.create(email=email, name=name, password=PASSWORD, verified=True)
    founded = services.controllers.found(
        owner_id=user,
        name="Demo Bakery",
        legal_name="Demo Bakery s.r.o.",
        postal_address="1 Oven Lane, 110 00 Prague",
        contact=email,
        at=now(),
    )
    return email, founded


@pytest.mark.req("SVC-1", "SVC-5", "AGR-1", "PPL-4")
def test_a_person_registers_proves_the_address_reads_the_agreement_and_accepts_it(
    world: World, visitor: Visitor
) -> None:
    email = _address("berta")
    visitor.open("/account/register/")
    visitor.look("register")
    visitor.press("Go on")
    visitor.look("register_errors")
    visitor.page.locator("#id_person").fill("Berta Baker")
    visitor.page.locator("#id_email").fill(email)
    visitor.page.locator("#id_password").fill(PASSWORD)
    visitor.page.get_by_label("I am at least 16").check()
    visitor.press("Go on")
    visitor.look("confirm_address")
    visitor.page.locator("#id_code").fill(code_in(last_notice()))
    visitor.press("Confirm")
    visitor.look("register_controller")
    for field, value in {
        "name": "Berta's Buns",
        "legal_name": "Berta's Buns s.r.o.",
        "postal_address": "2 Oven Lane, Brno",
    }.items():
        visitor.page.locator(f"#id_{field}").fill(value)
    visitor.page.locator("#id_contact").fill(email)
    for question in ("age", "consumer", "eea"):
        visitor.page.locator(f"input[name=answer_{question}][value=yes]").check()
    visitor.press("Read the agreement")
    visitor.look("agreement_to_accept")
    visitor.page.get_by_label("We warrant").check()
    visitor.page.get_by_label("I have read the agreement").check()
    visitor.press("Accept the agreement")
    visitor.look("home")
    assert visitor.page.get_by_role("heading", name="Berta's Buns").is_visible()


@pytest.mark.req("PPL-3")
def test_a_member_logs_in_with_a_password_and_a_code_of_an_authenticator_app(world: World, visitor: Visitor) -> None:
    email, _founded = _owner(world)
    visitor.open("/login/")
    visitor.look("login")
    visitor.log_in(email, "not the password")
    visitor.look("login_refused")
    visitor.log_in(email, PASSWORD)
    visitor.open("/account/security/")
    visitor.look("security")
    visitor.open("/login/factors/app/")
    visitor.look("reauthenticate")
    visitor.prove(PASSWORD)
    visitor.look("totp")
    secret = visitor.page.locator(".m-copy code").inner_text()
    visitor.page.locator("#id_code").fill(_totp(secret))
    visitor.press("Activate")
    visitor.look("recovery_codes")
    recovery = visitor.page.locator(".m-codes li").first.inner_text()
    visitor.open("/account/security/")
    visitor.look("security_protected")
    visitor.page.request.get(visitor.base)
    visitor.page.context.clear_cookies()
    visitor.log_in(email, PASSWORD)
    visitor.look("second_factor")
    visitor.page.locator("#id_code").first.fill(recovery)
    visitor.press("Log in")
    visitor.open("/")
    assert visitor.page.get_by_role("heading", name="Demo Bakery").is_visible()


def _totp(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return f"{hotp_value(secret, counter):06d}"


@pytest.mark.req("SVC-2", "PPL-3")
def test_an_owner_invites_a_colleague_who_comes_in_with_an_own_password(world: World, visitor: Visitor) -> None:
    email, founded = _owner(world)
    visitor.log_in(email, PASSWORD)
    visitor.open("/account/members/invite/")
    visitor.look("invite")
    colleague = _address("mark")
    visitor.page.locator("#id_name").fill("Mark Marketer")
    visitor.page.locator("#id_email").fill(colleague)
    visitor.press("Send the invitation")
    visitor.look("members")
    link = next(line for line in last_notice(founded.controller_id)["text"].splitlines() if line.startswith("http"))
    visitor.page.context.clear_cookies()
    visitor.open(link)
    visitor.look("invitation")
    visitor.page.locator("#id_password").fill(PASSWORD)
    visitor.page.get_by_label("I am at least 16").check()
    visitor.press("Make my account and accept")
    visitor.look("home_of_a_marketer")
    with scope(founded.controller_id):
        assert {(person.name, person.role) for person in selectors.members()} >= {("Mark Marketer", "marketer")}
    visitor.open(link)
    visitor.look("invitation_gone")


@pytest.mark.req("PPL-2", "SVC-4")
def test_the_operator_suspends_a_controller_with_a_reason_and_its_owners_are_told(
    world: World, visitor: Visitor
) -> None:
    _email, founded = _owner(world)
    operator = people.staffed()
    visitor.log_in(operator.email, people.PASSWORD)
    visitor.open("/operator/")
    visitor.look("operator")
    visitor.open("/operator/controllers/")
    visitor.look("operator_controllers")
    visitor.open(f"/operator/controllers/{founded.controller_id}/")
    visitor.look("operator_controller")
    visitor.page.get_by_role("button", name="Suspend").first.click()
    visitor.look("operator_suspend")
    visitor.page.get_by_label("Reason").fill("The invoice is unpaid.")
    visitor.page.get_by_role("dialog").get_by_role("button", name="Suspend").click()
    visitor.look("operator_suspended")
    assert "The invoice is unpaid." in last_notice(founded.controller_id)["text"]


def test_a_passkey_opens_the_account_without_a_password(world: World, visitor: Visitor) -> None:
    email, _founded = _owner(world)
    client = visitor.page.context.new_cdp_session(visitor.page)
    client.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    client.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    visitor.base = visitor.base.replace("127.0.0.1", "localhost")  # passkeys belong to names, not to IP addresses
    visitor.log_in(email, PASSWORD)
    visitor.open("/login/factors/keys/add/")
    visitor.prove(PASSWORD)
    visitor.look("passkey_add")
    visitor.page.locator("#id_passwordless").check()
    visitor.page.get_by_role("button", name="Add").click()
    visitor.page.wait_for_url(lambda address: not address.endswith("/add/"))
    visitor.open("/login/factors/keys/")
    visitor.look("passkeys")
    visitor.page.context.clear_cookies()
    visitor.open("/login/")
    visitor.page.get_by_role("button", name="Log in with a passkey").click()
    visitor.page.wait_for_url(visitor.base + "/")
    assert visitor.page.get_by_role("heading", name="Demo Bakery").is_visible()


def test_a_new_password_is_chosen_with_a_code_from_the_mail(world: World, visitor: Visitor) -> None:
    email, _founded = _owner(world)
    visitor.open("/login/password/reset/")
    visitor.look("password_reset")
    visitor.page.locator("#id_email").fill(email)
    visitor.press("Send the code")
    visitor.look("password_reset_code")
    visitor.page.locator("#id_code").fill(code_in(last_notice()))
    visitor.press("Confirm")
    visitor.look("password_reset_new")
    for field in visitor.page.locator("input[type=password]").all():
        field.fill("another loaf of bread")
    visitor.press("Keep this password")
    visitor.look("password_reset_done")
    visitor.log_in(email, "another loaf of bread")
    visitor.open("/")
    assert visitor.page.get_by_role("heading", name="Demo Bakery").is_visible()


@pytest.mark.req("PPL-2")
def test_every_page_of_a_persons_own_stands_and_a_refusal_teaches(world: World, visitor: Visitor) -> None:
    email, founded = _owner(world)
    user_id = selectors.user_by_email(email)
    assert user_id
    with scope(founded.controller_id):
        second = services.members.invite(
            email=_address("second"),
            name="Second Owner",
            role="owner",
            invited_by=founded.member_id,
            at=now(),
            link=str,
        )
        assert second
    visitor.log_in(email, PASSWORD)
    for name, path in {
        "settings": "/account/settings/",
        "sessions": "/login/sessions/",
        "password_change": "/login/password/",
        "address_change": "/login/address/",
        "log_out": "/login/out/",
        "nothing_here": "/operator/",
    }.items():
        visitor.open(path)
        visitor.look(name)
    services.controllers.found(
        owner_id=user_id,
        name="Second Bakery",
        legal_name="Second Bakery s.r.o.",
        postal_address="Brno",
        contact=email,
        at=now(),
    )
    visitor.open("/account/controllers/")
    visitor.look("choose")
    visitor.page.get_by_role("button", name="Second Bakery").click()
    visitor.page.wait_for_url(visitor.base + "/")
    assert visitor.page.locator(".m-side").get_by_text("Second Bakery").is_visible()


@pytest.mark.req("PPL-2")
def test_who_may_not_is_told_who_may(world: World, visitor: Visitor) -> None:
    home = household()
    reader = selectors.user(home.users["reader"])
    reader.set_password(PASSWORD)
    reader.save()
    visitor.log_in(reader.email, PASSWORD)
    visitor.open("/account/members/invite/")
    visitor.look("refused")
    assert visitor.page.get_by_text("Ask somebody who may: owner.").is_visible()


def test_the_console_speaks_czech(world: World, visitor: Visitor) -> None:
    email, _founded = _owner(world)
    visitor.log_in(email, PASSWORD)
    visitor.open("/account/members/")
    visitor.page.locator(".m-side-foot summary").click()
    visitor.page.get_by_role("button", name="Čeština").click()
    visitor.page.get_by_role("heading", name="Členové").wait_for()
    visitor.look("members_in_czech")
