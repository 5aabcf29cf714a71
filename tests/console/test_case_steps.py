"""Steps of a request that are not taken keep what was typed; acts by hand reach the manual holdings, too."""

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from mandata.audience import services as audience
from mandata.holdings import acts, manual, shelves
from mandata.holdings.models import Task
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.rights import services
from tests.console.test_audience_pages import client
from tests.world import World
from tests.world.people import House, registered

ADDRESS = "jana.novakova@reader.example"
TYPED = "Our reasons, typed over a quarter of an hour."


@pytest.fixture
def house(world: World) -> House:
    return registered()


@pytest.fixture
def owner(house: House) -> Client:
    return client(house.owner.user_id)


@pytest.fixture
def jana(house: House) -> UUID:
    with scope(house.id):
        list_id = audience.create_list(name="Newsletter", actor=house.owner.actor, at=now())
        return audience.subscribe(list_id=list_id, email=ADDRESS, source="till", actor=house.owner.actor, at=now())


def a_case(house: House, kind: str = "access", **given: str) -> UUID:
    given = {"address": ADDRESS, "channel": "email", **given}
    with scope(house.id):
        case = services.receive(kind=kind, language="en", at=now(), **given)  # type: ignore[arg-type]
        services.confirm_by_hand(case_id=case.case_id, actor=house.owner.actor, at=now())
        return case.case_id


@pytest.mark.req("DSR-3", "DSR-11")
@pytest.mark.parametrize(
    ("kind", "move", "data"),
    [
        ("access", "fee", {"fee-amount": "a lot", "fee-currency": "EUR", "fee-words": TYPED}),
        ("access", "doubt", {"doubt-reason": f"{TYPED}{'x' * 3_000}"}),
        ("unsorted", "sort", {"sort-kind": "objection", "sort-scope": "lists"}),
    ],
)
def test_a_step_that_is_not_taken_keeps_what_was_typed(
    house: House, owner: Client, jana: UUID, kind: str, move: str, data: dict[str, str]
) -> None:
    del jana
    case_id = a_case(house, kind)
    answer = owner.post(reverse("privacy:case_step", args=[case_id, move]), data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{move}" aria-labelledby="{move}-title" open' in page
    assert (TYPED if TYPED in str(data) else 'value="objection" selected') in page


@pytest.mark.req("DSR-3")
def test_a_second_extension_keeps_its_reasons_and_says_why_not(house: House, owner: Client, jana: UUID) -> None:
    del jana
    case_id = a_case(house)
    where = reverse("privacy:case_step", args=[case_id, "extend"])
    assert owner.post(where, {"extend-reason": "Many files."}).status_code == 302
    again = owner.post(where, {"extend-reason": TYPED})
    assert again.status_code == 422
    assert TYPED in again.content.decode()


@pytest.mark.req("RET-7", "DSR-4", "DSR-6")
def test_correcting_and_restricting_by_hand_open_tasks_in_manual_holdings(
    house: House, owner: Client, jana: UUID
) -> None:
    said = dict.fromkeys(acts.LIMITS, "Cards at the counter")
    with scope(house.id):
        manual.register(kind="paper", keeper="controller", said=said, actor=house.owner.actor, at=now())
    assert owner.post(reverse("audience:correct", args=[jana]), {"email": "jana@other.example"}).status_code == 302
    for lift in ("", "", "1", "1"):
        owner.post(reverse("audience:restrict", args=[jana]), {"lift": lift})
    with scope(house.id):
        tasks = list(Task.objects.order_by("opened_at", "id"))
        assert sorted(one.act for one in tasks) == ["lift", "rectify", "restrict"]
        assert {one.about_kind for one in tasks} == {"person"}
        (whom,) = shelves.people(next(one.about for one in tasks if one.act == "rectify"))
        assert whom.email == "jana@other.example"
        for one in tasks:
            manual.complete(task_id=one.id, found=0, actor=house.owner.actor, at=now())
        assert shelves.sought_by(tasks[0].about) == 0, "whom to look for is forgotten"
    assert owner.get(reverse("privacy:manual")).status_code == 200
    assert owner.get(reverse("privacy:task", args=[tasks[0].id])).status_code == 200
