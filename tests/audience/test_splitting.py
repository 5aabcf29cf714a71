"""A database divided among accounts of one customer is found by counting, and nothing but counts leaves (BIL-12)."""

import json

import pytest

from mandata.accounts.models import Member, User
from mandata.agreements.errors import GateRefused
from mandata.agreements.models import Suspension
from mandata.audience import services
from mandata.audience.selectors import splitting as selectors
from mandata.audience.services import splitting
from mandata.audience.services.splitting import Split, count
from mandata.infra.clock import new_id
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.models import Entry
from tests.audience.conftest import NOON, Bakery, open_bakery
from tests.world import World

PEOPLE, SHARED = 20_000, 5_000


def csv(first: int, last: int, *, shout: bool = False) -> bytes:
    rows = [f"person{number}@mail{number % 7}.example;ano;5. 1. 2024 14:00;e-shop" for number in range(first, last)]
    text = "E-mail;Souhlas;Datum souhlasu;Zdroj souhlasu\n" + "\n".join(rows) + "\n"
    return (text.replace("person", "Person").replace(".example", ".EXAMPLE") if shout else text).encode()


def own(user: User, *accounts: Bakery) -> None:
    for account in accounts:
        with scope(account.id):
            Member.objects.create(user=user, role="owner", joined_at=NOON)


@pytest.fixture
def owner() -> User:
    return User.objects.create(email=f"{new_id().hex}@bakery.example", name="Olga")


@pytest.mark.req("BIL-12")
def test_what_two_accounts_of_one_customer_share_is_counted_person_by_person(world: World, owner: User) -> None:
    one, two = open_bakery(world, "Bakery"), open_bakery(world, "Bakery Two")
    own(owner, one, two)
    one.take_in(csv(0, PEOPLE))
    two.take_in(csv(PEOPLE - SHARED, 2 * PEOPLE - SHARED, shout=True))
    with scope(two.id):
        jana = services.subscribe(list_id=two.list_id, email="j@mail.example", source="x", actor=two.member, at=NOON)
        services.unsubscribe(subscriber_id=jana, actor=two.member, at=NOON)
    assert selectors.candidates([one.id, two.id]) == [tuple(sorted([one.id, two.id]))]
    found = count([two.id, one.id, one.id], at=NOON)
    pair = (min(one.id, two.id), max(one.id, two.id))
    assert found == Split({one.id: PEOPLE, two.id: PEOPLE}, {pair: SHARED}, 2 * PEOPLE - SHARED, 1)
    assert found.total == 2 * PEOPLE


@pytest.mark.req("BIL-12", "CCP-3")
def test_nothing_but_counts_leaves(world: World, owner: User) -> None:
    one, two = open_bakery(world, "Bakery"), open_bakery(world, "Bakery Two")
    own(owner, one, two)
    one.take_in(csv(0, 30))
    two.take_in(csv(20, 40))
    count([one.id, two.id], at=NOON)
    with scope(INSTANCE):
        entry = Entry.objects.filter(kind="audience.split_counted").latest("id")
    body = json.loads(bytes(entry.leaf))["body"]
    assert body == {
        "controllers": sorted([str(one.id), str(two.id)]),
        "sizes": [30, 20] if one.id < two.id else [20, 30],
        "shared": [10],
        "distinct": 40,
        "one_in": 1,
    }
    assert "mail" not in json.dumps(body)


@pytest.mark.req("CCP-3", "INS-6")
def test_different_customers_are_never_counted_together(world: World) -> None:
    one, two = open_bakery(world, "Bakery"), open_bakery(world, "Other")
    assert selectors.candidates([one.id, two.id]) == []
    with pytest.raises(GateRefused) as refused:
        count([one.id, two.id], at=NOON)
    assert refused.value.code == "combine.counts"
    with pytest.raises(GateRefused):
        count([one.id], at=NOON)


def test_the_same_legal_name_makes_accounts_of_one_customer(world: World) -> None:
    one, two, other = (open_bakery(world, name) for name in ("Twin  bakery", "TWIN Bakery", "Other twin"))
    assert selectors.candidates([one.id, other.id, two.id]) == [tuple(sorted([one.id, two.id]))]


@pytest.mark.req("INS-1")
def test_a_controller_that_stopped_everything_is_not_counted(world: World, owner: User) -> None:
    one, two = open_bakery(world, "Bakery"), open_bakery(world, "Bakery Two")
    own(owner, one, two)
    with scope(two.id):
        Suspension.objects.create(by=new_id(), at=NOON)
    with pytest.raises(GateRefused) as refused:
        count([one.id, two.id], at=NOON)
    assert refused.value.code == "instruction.not_halted"


def test_more_people_than_memory_allows_are_counted_on_an_even_sample(
    world: World, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = open_bakery(world, "Bakery"), open_bakery(world, "Bakery Two")
    own(owner, one, two)
    one.take_in(csv(0, 8_000))
    two.take_in(csv(4_000, 12_000))
    monkeypatch.setattr(splitting, "LIMIT", 4_000)
    found = count([one.id, two.id], at=NOON)
    assert sorted(found.sizes.values()) == [8_000, 8_000]
    assert found.one_in == 4
    assert abs(found.distinct - 12_000) < 1_200
    assert abs(next(iter(found.shared.values())) - 4_000) < 900
