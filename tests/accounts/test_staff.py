"""The operator's staff: what they have signed and learned, and where they look (PPL-1, PPL-2, PPL-7)."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from mandata.accounts import selectors, services
from mandata.accounts.models import StaffAccess
from mandata.agreements import library
from mandata.agreements.errors import AccessNeeded, GateRefused
from mandata.agreements.models import Obligation, Refusal
from mandata.agreements.rules.values import Scopes
from mandata.agreements.services import staff
from mandata.agreements.services.reminding import remind_due
from mandata.foundation import canonical
from mandata.foundation.errors import NotFound, Refused
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, NoScope, scope
from mandata.record.models import Entry
from tests.accounts.people import person
from tests.accounts.test_notices import _work_off
from tests.world import World
from tests.world.people import House, accept, registered


@pytest.fixture
def house(world: World) -> House:
    found = registered(agreed=False)
    with scope(found.id):
        accept(found.owner.actor, at=now() - timedelta(days=1))
    return found


@pytest.fixture
def anna(world: World) -> UUID:
    """Somebody of the staff who has signed and was trained."""
    found = person("Anna Support", is_operator=True)
    fit(found)
    return found


def fit(user_id: UUID, *, trained: int = 10, lasts: int = 365) -> None:
    today = now().date()
    commit(user_id, "confidentiality", on=today - timedelta(days=400))
    begun = today - timedelta(days=trained)
    commit(user_id, "training", on=begun, until=begun + timedelta(days=lasts))


def commit(user_id: UUID, kind: str, **more: Any) -> UUID:
    asked = {"on": now().date(), "evidence": "folder 3, page 4", "by": new_id(), "at": now(), **more}
    return staff.commit(user_id=user_id, kind=kind, **asked)


def opened(house: House, user_id: UUID, **more: Any) -> selectors.Access:
    asked: dict[str, Any] = {
        "reason": "The import of yesterday stopped",
        "ticket": "T-4711",
        "country": "cz",
        "minutes": 30,
        "at": now(),
        **more,
    }
    return staff.open_access(controller_id=house.id, user_id=user_id, **asked)


def entries(log: UUID, prefix: str) -> list[Mapping[str, Any]]:
    with scope(log):
        return [
            canonical.loads(bytes(one.leaf)) for one in Entry.objects.filter(kind__startswith=prefix).order_by("id")
        ]


@pytest.mark.req("PPL-1")
def test_commitments_are_kept_with_their_evidence_and_recorded(anna: UUID) -> None:
    with scope(INSTANCE):
        assert [one.kind for one in selectors.commitments(anna)] == ["training", "confidentiality"]
        fitness = selectors.fitness(anna)
    assert fitness.confidential_on and fitness.trained_until == now().date() + timedelta(days=355)
    kept = [one["body"] for one in entries(INSTANCE, "staff.committed") if one["body"]["user"] == str(anna)]
    assert [one["kind"] for one in kept] == ["confidentiality", "training"]


@pytest.mark.req("PPL-1")
@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "training"},
        {"kind": "training", "until": datetime(2020, 1, 1, tzinfo=UTC).date()},
        {"kind": "confidentiality", "evidence": "  "},
        {"kind": "confidentiality", "on": datetime(2099, 1, 1, tzinfo=UTC).date()},
    ],
    ids=["training without an end", "an end before its beginning", "no evidence", "yet to come"],
)
def test_a_commitment_that_cannot_be_is_refused(anna: UUID, wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        commit(anna, **wrong)
    assert refused.value.remedy


@pytest.mark.req("PPL-1")
def test_only_the_operators_people_commit_themselves(house: House) -> None:
    with pytest.raises(Refused, match="staff"):
        commit(house.owner.user_id, "confidentiality")


@pytest.mark.req("PPL-7")
@pytest.mark.parametrize("name", library.names())
def test_under_each_agreement_only_what_it_names_as_a_product_may_be_looked_at(
    world: World, anna: UUID, name: str
) -> None:
    found = registered(agreed=False)
    with scope(found.id):
        accept(found.owner.actor, at=now() - timedelta(days=1), name=name)
    products = library.load(name).find("agreement.products", Scopes)
    named = products.items if products else ()
    for product in named or ("",):
        assert opened(found, anna, product=product).user_id == anna
    if named:
        with pytest.raises(GateRefused) as refused:
            opened(found, anna, product="another")
        assert refused.value.clause.startswith("agreement.products")


@pytest.mark.req("PPL-2", "PPL-7")
def test_an_access_has_a_reason_a_ticket_and_an_end_and_the_controller_sees_it(house: House, anna: UUID) -> None:
    access = opened(house, anna)
    with scope(house.id):
        (seen,) = selectors.accesses()
    assert seen == access
    assert (seen.name, seen.reason, seen.ticket, seen.country) == (
        "Anna Support",
        "The import of yesterday stopped",
        "T-4711",
        "CZ",
    )
    assert seen.until - seen.opened_at == timedelta(minutes=30)
    (entry,) = entries(house.id, "staff.access_opened")
    assert entry["actor"] == f"operator:{anna}" and entry["commitment"]
    assert "import" not in str(entry) and "4711" not in str(entry)


@pytest.mark.req("PPL-2")
def test_without_an_open_access_nothing_is_shown_and_each_look_is_logged(house: House, anna: UUID) -> None:
    at = now()
    with scope(house.id), pytest.raises(AccessNeeded) as needed:
        staff.require(user_id=anna, page="operator:controller", at=at)
    assert needed.value.status == 403 and needed.value.remedy
    access = opened(house, anna, at=at)
    with scope(house.id):
        assert staff.require(user_id=anna, page="operator:controller", at=at).id == access.id
        with pytest.raises(AccessNeeded):
            staff.require(user_id=new_id(), page="operator:controller", at=at)
    (look,) = entries(house.id, "staff.looked")
    assert look["body"] == {"access": str(access.id), "page": "operator:controller"}


@pytest.mark.req("PPL-7")
def test_an_access_at_one_controller_opens_no_other(house: House, anna: UUID) -> None:
    opened(house, anna)
    other = registered("Mill")
    with scope(other.id):
        assert selectors.accesses() == []
        with pytest.raises(AccessNeeded):
            staff.require(user_id=anna, page="x", at=now())


@pytest.mark.req("PPL-7")
def test_time_closes_an_access_at_its_minute_and_the_record_says_so(house: House, anna: UUID) -> None:
    began = now() - timedelta(minutes=30, seconds=1)
    access = opened(house, anna, at=began)
    with scope(house.id):
        assert selectors.access(anna, at=access.until - timedelta(microseconds=1)) is not None
        assert selectors.access(anna, at=access.until) is None, "also before its job has run"
    asyncio.run(_work_off())
    with scope(house.id):
        assert StaffAccess.objects.get(id=access.id).closed_at == access.until
        assert not services.staff.end_by_time(access_id=access.id, at=now())
    assert len(entries(house.id, "staff.access_closed")) == 1


@pytest.mark.req("PPL-7")
def test_an_access_is_closed_by_hand_once(house: House, anna: UUID) -> None:
    access = opened(house, anna)
    with scope(house.id):
        for _again in range(2):
            staff.close_access(access_id=access.id, user_id=anna, at=now())
        assert selectors.access(anna, at=now()) is None
        with pytest.raises(NotFound):
            staff.close_access(access_id=new_id(), user_id=anna, at=now())
    assert len(entries(house.id, "staff.access_closed")) == 1


@pytest.mark.req("PPL-1", "PPL-2")
@pytest.mark.parametrize("missing", ["confidentiality", "training", "lapsed", "reason"])
def test_who_has_not_signed_or_learned_or_says_no_reason_is_refused_by_the_gate(house: House, missing: str) -> None:
    user = person("Otto Operator", is_operator=True)
    today = now().date()
    if missing != "confidentiality":
        commit(user, "confidentiality")
    if missing != "training":
        until = today - timedelta(days=1) if missing == "lapsed" else today
        commit(user, "training", on=today - timedelta(days=400), until=until)
    with pytest.raises(GateRefused) as refused:
        opened(house, user, reason=" " if missing == "reason" else "because")
    assert refused.value.remedy
    with scope(house.id):
        assert selectors.accesses() == []
        assert Refusal.objects.filter(act="access", about=user).exists()


@pytest.mark.req("PPL-1")
def test_on_its_last_day_training_still_holds(house: House) -> None:
    user = person("Otto Operator", is_operator=True)
    commit(user, "confidentiality")
    today = now().date()
    commit(user, "training", on=today - timedelta(days=365), until=today)
    assert opened(house, user).user_id == user


@pytest.mark.req("PPL-7")
@pytest.mark.parametrize("minutes", [0, 4, 481, 100_000])
def test_an_access_is_neither_too_short_nor_too_long(house: House, anna: UUID, minutes: int) -> None:
    with pytest.raises(Refused, match="5 minutes"):
        opened(house, anna, minutes=minutes)


@pytest.mark.req("PPL-7")
def test_reason_and_ticket_lie_in_the_controllers_scope_alone(house: House, anna: UUID) -> None:
    opened(house, anna)
    with pytest.raises(NoScope):
        selectors.accesses()
    with scope(INSTANCE), connection.cursor() as cursor:
        cursor.execute("select count(*) from accounts_staffaccess where user_id = %s", [anna])
        assert cursor.fetchone() == (0,)


@pytest.mark.req("PPL-1")
def test_training_that_lapses_opens_an_obligation_of_the_operators_until_it_is_renewed(world: World) -> None:
    user = person("Lena Lapsing", is_operator=True)
    today = now().date()
    old = commit(user, "training", on=today - timedelta(days=345), until=today + timedelta(days=20))
    with scope(INSTANCE):
        assert [one.id for one in selectors.lapsing(today + timedelta(days=30)) if one.user_id == user] == [old]
    first = staff.training_lapsing(commitment_id=old, at=now())
    assert first is not None and staff.training_lapsing(commitment_id=old, at=now()) == first, "once"
    with scope(INSTANCE):
        row = Obligation.objects.get(id=first)
        assert row.state == "open" and abs(row.strict.date() - (today + timedelta(days=21))) <= timedelta(days=1)
    new = commit(user, "training", until=today + timedelta(days=365))
    with scope(INSTANCE):
        row.refresh_from_db()
        assert (row.state, row.evidence) == ("met", {"commitment": str(new)})
    assert staff.training_lapsing(commitment_id=old, at=now()) is None, "renewed: nothing to remind of"


@pytest.mark.req("PPL-1")
def test_the_operator_is_reminded_of_training_that_lapses(world: World) -> None:
    user = person("Lena Lapsing", is_operator=True)
    today = now().date()
    old = commit(user, "training", on=today - timedelta(days=360), until=today + timedelta(days=5))
    with scope(INSTANCE):
        before = len([one for one in selectors.notices(500) if one["kind"] == "obligation.reminder"])
    staff.training_lapsing(commitment_id=old, at=now())
    remind_due(at=now())
    with scope(INSTANCE):
        reminders = [one for one in selectors.notices(500) if one["kind"] == "obligation.reminder"]
        assert len(reminders) == before + 1
        assert services.notices.contents(reminders[0]["id"])["to"] == "privacy@localhost"
        staff_duty = Obligation.objects.get(cause=f"training:{old}")
        assert staff_duty.reminders > 0


@pytest.mark.req("PPL-1")
@pytest.mark.parametrize("until", [date.max, date.min, date(2011, 1, 1)])
def test_whatever_last_day_is_typed_training_is_kept_and_judged(world: World, until: date) -> None:
    user = person("Lena For Ever", is_operator=True)
    made = commit(user, "training", on=min(until, now().date()), until=until)
    with scope(INSTANCE):
        fit = selectors.fitness(user)
    with scope(registered().id):
        asked = staff.access_facts(fit, reason="x", country="CZ", product="", at=now())
    assert asked.trained_until is not None and (asked.trained_until > now()) is (until == date.max)
    if until != date.max:
        assert staff.training_lapsing(commitment_id=made, at=now()) is not None
