"""Controllers, members, invitations: what may happen, and what the record says of it."""

from datetime import timedelta

import pytest

from mandata.accounts import selectors, services
from mandata.accounts.errors import AddressTaken, AlreadyMember, InvitationGone, LastOwner, NotForYou
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from tests.accounts.people import PASSWORD, Household, address, founded, household, invited, person
from tests.world import World

OPERATOR = Actor("operator", None)


@pytest.fixture
def home(world: World) -> Household:
    return household()


def _kinds(controller_id: object) -> list[str]:
    with scope(controller_id):  # type: ignore[arg-type]
        return list(Entry.objects.order_by("id").values_list("kind", flat=True))


@pytest.mark.req("SVC-1")
def test_a_founded_controller_has_an_owner_keys_a_place_in_the_directory_and_a_first_entry(world: World) -> None:
    owner = person()
    first = founded(owner)
    with scope(first.controller_id):
        here = selectors.membership(owner)
        assert here is not None
        assert (here.role, here.controller_state, here.time_zone) == ("owner", "active", "Europe/Prague")
        assert selectors.controller().legal_name == "Demo Bakery s.r.o."
    assert _kinds(first.controller_id) == ["controller.founded"]
    assert selectors.seats(owner) == [first.controller_id]


@pytest.mark.req("SVC-1")
def test_two_accounts_never_share_an_address_whatever_its_case(world: World) -> None:
    email = address("olga")
    services.users.create(email=email, name="Olga", password=PASSWORD)
    with pytest.raises(AddressTaken, match="There is an account"):
        services.users.create(email=email.upper(), name="Olga again", password=PASSWORD)


@pytest.mark.req("PPL-4")
def test_passwords_are_kept_as_argon2_hashes(world: World) -> None:
    assert selectors.user(person(password=PASSWORD)).password.startswith("argon2")


@pytest.mark.req("SVC-2", "PPL-3")
def test_an_invitation_is_for_the_invited_address_only(home: Household) -> None:
    colleague, stranger = person("Mark Marketer"), person("Eve Else")
    owner = services.controllers.Founded(home.controller_id, home.members["owner"])
    token = invited(owner, colleague, "marketer")
    with pytest.raises(NotForYou, match="another address"):
        services.members.join(token=token, user_id=stranger, at=now())
    assert services.members.join(token=token, user_id=colleague, at=now()) == home.controller_id
    with pytest.raises(InvitationGone):
        services.members.join(token=token, user_id=colleague, at=now())


@pytest.mark.req("SVC-2")
def test_an_invitation_expires_and_can_be_taken_back_and_a_second_one_replaces_the_first(home: Household) -> None:
    colleague = person("Mark Marketer")
    owner = services.controllers.Founded(home.controller_id, home.members["owner"])
    first = invited(owner, colleague, "reader")
    assert selectors.invitation(first, at=now() + timedelta(days=8)) is None
    second = invited(owner, colleague, "marketer")
    assert selectors.invitation(first, at=now()) is None
    found = selectors.invitation(second, at=now())
    assert found is not None
    assert (found.role, found.controller_name, found.invited_by) == ("marketer", "Demo Bakery", "Olga Owner")
    with scope(home.controller_id):
        services.members.revoke(invitation_id=found.id, actor=home.actor, at=now())
    assert selectors.invitation(second, at=now()) is None


@pytest.mark.req("SVC-2")
def test_a_member_is_not_invited_again(home: Household) -> None:
    owner = services.controllers.Founded(home.controller_id, home.members["owner"])
    with pytest.raises(AlreadyMember, match="member already"):
        invited(owner, home.users["reader"], "owner")


def test_a_token_that_nobody_gave_opens_nothing(world: World) -> None:
    assert selectors.invitation("guessed", at=now()) is None


@pytest.mark.req("PPL-3")
def test_the_last_owner_neither_steps_down_nor_is_suspended(home: Household) -> None:
    with scope(home.controller_id):
        with pytest.raises(LastOwner, match="last owner"):
            services.members.change_role(member_id=home.members["owner"], role="reader", actor=home.actor, at=now())
        with pytest.raises(LastOwner):
            services.members.suspend(member_id=home.members["owner"], actor=home.actor, at=now())
        services.members.change_role(member_id=home.members["reader"], role="owner", actor=home.actor, at=now())
        services.members.change_role(member_id=home.members["owner"], role="reader", actor=home.actor, at=now())
        assert selectors.membership(home.users["owner"]).role == "reader"  # type: ignore[union-attr]


@pytest.mark.req("PPL-2", "PPL-3")
def test_a_suspended_member_is_nobody_until_restored_and_all_of_it_is_recorded(home: Household) -> None:
    with scope(home.controller_id):
        services.members.suspend(member_id=home.members["marketer"], actor=home.actor, at=now())
        assert selectors.membership(home.users["marketer"]) is None
        services.members.restore(member_id=home.members["marketer"], actor=home.actor, at=now())
        assert selectors.membership(home.users["marketer"]) is not None
    assert _kinds(home.controller_id)[-2:] == ["member.suspended", "member.restored"]


@pytest.mark.req("SVC-4")
def test_a_controller_is_suspended_and_reactivated_with_a_reason_but_never_comes_back_from_the_end(
    home: Household,
) -> None:
    with scope(home.controller_id):
        services.controllers.move(state="suspended", reason="unpaid", actor=OPERATOR, at=now())
        assert selectors.state() == "suspended"
        services.controllers.move(state="active", reason="paid", actor=OPERATOR, at=now())
        services.controllers.move(state="ended", reason="terminated", actor=OPERATOR, at=now())
        with pytest.raises(Refused, match="cannot become active"):
            services.controllers.move(state="active", reason="again", actor=OPERATOR, at=now())
    assert _kinds(home.controller_id)[-3:] == ["controller.suspended", "controller.active", "controller.ended"]


@pytest.mark.req("SVC-1")
def test_details_are_kept_current_and_the_record_names_the_fields_not_the_values(home: Household) -> None:
    with scope(home.controller_id):
        known = selectors.controller()
        services.controllers.correct(actor=home.actor, at=now(), name="Demo Bakery", contact="new@bakery.example")
        assert selectors.controller().contact == "new@bakery.example"
        assert selectors.controller().name == known.name
    assert _kinds(home.controller_id)[-1] == "controller.corrected"
