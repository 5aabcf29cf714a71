"""Paper, removable media and files kept by hand are registered, and requests and erasures reach them as tasks."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices
from mandata.foundation.actors import Actor
from mandata.holdings import acts, manual, selectors, services, shelves
from mandata.holdings.rules import Verb
from mandata.infra.clock import new_id
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from mandata.rights import services as rights
from mandata.vault.services import has_key
from tests.holdings.cast import LATER, NAMESAKE, NOVAK, Shop, a_person, a_shop, rows_with, sealed_with
from tests.rights.test_cases import confirmed
from tests.world import World

OFFICER = Actor("member", new_id())
CARDS = {
    "name": "Loyalty cards",
    "place": "Shop in Brno, cabinet 2",
    "category": "name, address and signature of holders of a loyalty card",
    "subjects": "customers",
    "purpose": "to prove that a card was asked for",
    "retention": "two years after the card ends",
    "post": "head of the shop",
}


def a_cabinet(shop: Shop, **other: str) -> UUID:
    with scope(shop.id):
        return manual.register(kind="paper", keeper="controller", said={**CARDS, **other}, actor=OFFICER, at=LATER)


def tasks(shop: Shop, about: UUID) -> list[shelves.TaskView]:
    with scope(shop.id):
        return shelves.tasks_about(about, at=LATER)


def done(shop: Shop, task: shelves.TaskView, found: int = 0, **said: str) -> None:
    with scope(shop.id):
        manual.complete(task_id=task.id, found=found, actor=OFFICER, at=LATER, **said)


def answer(shop: Shop, case_id: UUID) -> dict[str, object]:
    with scope(shop.id):
        return rights.answer(case_id=case_id, actor=OFFICER, at=LATER)


def erased(shop: Shop, reference: UUID) -> UUID:
    with scope(shop.id):
        subject = selectors.subject(reference)
        return services.erase(subject=subject, ground="controller", actor=OFFICER, at=LATER).id


@pytest.mark.req("RET-7")
def test_a_manual_holding_is_registered_changed_and_retired_and_each_act_is_on_record(world: World) -> None:
    shop = a_shop(world)
    cabinet = a_cabinet(shop)
    with scope(shop.id):
        manual.change(
            manual_id=cabinet,
            kind="removable",
            keeper="processor",
            said={**CARDS, "name": "Disk of cards"},
            actor=OFFICER,
            at=LATER,
        )
        (seen,) = shelves.manuals()
        assert (seen.name, seen.kind, seen.keeper, seen.post) == (
            "Disk of cards",
            "removable",
            "processor",
            "head of the shop",
        )
        manual.retire(manual_id=cabinet, actor=OFFICER, at=LATER)
        assert shelves.manuals() == []
        assert [one.id for one in shelves.manuals(retired=True)] == [cabinet]
        with pytest.raises(manual.NotOpen):
            manual.retire(manual_id=cabinet, actor=OFFICER, at=LATER)
        kinds = [one.kind for one in record.entries(limit=20) if one.kind.startswith("holdings.manual")]
        assert sorted(kinds) == ["holdings.manual_changed", "holdings.manual_registered", "holdings.manual_retired"]


@pytest.mark.parametrize(
    "said",
    [{"name": ""}, {"purpose": "x" * 401}, {"post": "jana.novakova@bakery.example"}, {"place": "ask jana=40b.example"}],
)
def test_what_is_missing_too_long_or_names_somebody_is_refused(world: World, said: dict[str, str]) -> None:
    shop = a_shop(world)
    with pytest.raises(manual.BadManual) as refused:
        a_cabinet(shop, **said)
    assert refused.value.evidence == {"field": next(iter(said))}


def test_another_controllers_cabinet_is_not_there(world: World) -> None:
    cabinet, other = a_cabinet(a_shop(world)), a_shop(world, "Other Bakery")
    with scope(other.id):
        assert shelves.manuals() == []
        with pytest.raises(shelves.NoSuchManual):
            manual.retire(manual_id=cabinet, actor=OFFICER, at=LATER)


@pytest.mark.req("RET-7", "DSR-4..8")
@pytest.mark.parametrize(("kind", "act"), [("access", "export"), ("erasure", "erase")])
def test_a_confirmed_request_is_not_answered_before_every_manual_holding_was_gone_through(
    world: World, kind: str, act: str
) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    a_cabinet(shop)
    a_cabinet(shop, name="Disks")
    case_id = confirmed(shop, kind)
    first, second = tasks(shop, case_id)
    assert {one.act for one in (first, second)} == {act}
    with scope(shop.id):
        from mandata.rights import selectors as cases

        assert first.due_at == cases.case(case_id, at=LATER).row.due_at
    with pytest.raises(manual.StillOpen, match="2 manual holdings"):
        answer(shop, case_id)
    done(shop, first)
    with pytest.raises(manual.StillOpen, match="1 manual holdings"):
        answer(shop, case_id)
    done(shop, second, 3, remark=f"three cards of {NOVAK}", evidence="protocol 12/2026")
    assert answer(shop, case_id)["result"] == ("handed_over" if kind == "access" else "erased")
    closed = next(one for one in tasks(shop, case_id) if one.id == second.id)
    assert (closed.state, closed.found, closed.done_by, closed.evidence) == ("done", 3, OFFICER.id, "protocol 12/2026")
    assert closed.remark == "three cards of <address>"


def test_a_holding_registered_after_the_request_is_asked_too(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop)
    a_cabinet(shop)
    with pytest.raises(manual.StillOpen):
        answer(shop, case_id)
    with scope(shop.id):
        rights.reach_manual(at=LATER)
        rights.expire(at=LATER)  # asks again every hour
    (task,) = tasks(shop, case_id)
    done(shop, task)
    answer(shop, case_id)


def test_more_time_for_the_request_is_more_time_for_its_tasks_and_a_refusal_closes_them(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    a_cabinet(shop)
    case_id = confirmed(shop)
    before = tasks(shop, case_id)[0].due_at
    with scope(shop.id):
        due = rights.extend(case_id=case_id, reason="many holdings", actor=OFFICER, at=LATER)
    assert tasks(shop, case_id)[0].due_at == due > before
    with scope(shop.id):
        rights.refuse(case_id=case_id, reason="unfounded", actor=OFFICER, at=LATER)
    assert [one.state for one in tasks(shop, case_id)] == ["dropped"]


def test_somebody_found_on_paper_only_is_not_told_that_nothing_is_held(world: World) -> None:
    shop = a_shop(world)
    a_cabinet(shop)
    case_id = confirmed(shop, address="only.on.paper@post.example")
    done(shop, tasks(shop, case_id)[0], 1, evidence="scan 4")
    assert answer(shop, case_id)["result"] == "handed_over"
    with scope(shop.id):
        rows: list[Any] = [row for row in accounts.notices(100) if row["kind"] == "rights.answered"]
        assert "- Loyalty cards" in notices.contents(rows[0]["id"])["text"]


@pytest.mark.req("RET-7", "RET-4")
def test_an_erasure_without_a_request_searches_on_paper_and_forgets_whom_once_that_is_done(
    world: World, database: Urls
) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    a_cabinet(shop)
    a_cabinet(shop, name="Disks")
    erasure = erased(shop, reference)
    first, second = tasks(shop, erasure)
    assert (first.act, first.people, first.due_at) == ("erase", 1, acts.due_at(LATER))
    with scope(shop.id):
        (kept,) = [one for one in selectors.erasures()[0].kept if one["holding"] == "manual_searches"]
        assert kept["rows"] == 1
        assert "paper" in kept["ground"]
        (sought,) = manual.look(about=erasure, actor=OFFICER, at=LATER)
        assert (sought.subject, sought.email, sought.name) == (reference, NOVAK, "Jana Nováková")
    assert rows_with(database.superuser, NOVAK) == [], "sealed"
    assert sealed_with(database.superuser, shop.id, NOVAK) == ["holdings_sought"]
    done(shop, first)
    assert sealed_with(database.superuser, shop.id, NOVAK) == ["holdings_sought"]
    done(shop, second, 1, evidence="protocol 1")
    assert sealed_with(database.superuser, shop.id, NOVAK) == []
    with scope(shop.id):
        assert not has_key(erasure)
        assert manual.look(about=erasure, actor=OFFICER, at=LATER) == []


def test_many_people_of_one_run_are_one_task_a_holding(world: World) -> None:
    shop = a_shop(world)
    people = [a_person(shop, NOVAK), a_person(shop, NAMESAKE, number=2)]
    a_cabinet(shop)
    run = new_id()
    with scope(shop.id):
        for reference in people:
            subject = selectors.subject(reference)
            manual.open_for_erasure(about=run, kind="batch", subjects=[subject], at=LATER)
            manual.open_for_erasure(about=run, kind="batch", subjects=[subject], at=LATER)
        (task,) = shelves.tasks_about(run, at=LATER)
        assert task.people == 2
        assert {one.email for one in shelves.people(run)} == {NOVAK, NAMESAKE}


def test_without_manual_holdings_an_erasure_opens_and_keeps_nothing(world: World, database: Urls) -> None:
    shop = a_shop(world)
    erasure = erased(shop, a_person(shop, NOVAK))
    assert tasks(shop, erasure) == []
    assert sealed_with(database.superuser, shop.id, NOVAK) == []


def test_what_was_found_needs_a_proof_and_nothing_is_said_twice(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    cabinet = a_cabinet(shop)
    (task,) = tasks(shop, confirmed(shop))
    with pytest.raises(manual.BadManual):
        done(shop, task, 1)
    with scope(shop.id), pytest.raises(manual.StillOpen):
        manual.retire(manual_id=cabinet, actor=OFFICER, at=LATER)
    done(shop, task)
    with pytest.raises(manual.NotOpen):
        done(shop, task)
    with scope(shop.id), pytest.raises(shelves.NoSuchTask):
        manual.complete(task_id=new_id(), found=0, actor=OFFICER, at=LATER)


def test_a_task_is_late_after_its_time(world: World) -> None:
    shop = a_shop(world)
    a_cabinet(shop)
    erasure = erased(shop, a_person(shop, NOVAK))
    with scope(shop.id):
        (late,) = shelves.tasks(at=LATER + acts.LASTS + timedelta(days=1))
        assert late.late
        assert late.about == erasure


def test_every_kind_of_request_asks_for_one_of_the_acts() -> None:
    assert set(acts.BY_CASE.values()) <= set(acts.ACTS)
    assert {verb.value for verb in Verb} <= set(acts.ACTS)
    assert acts.act_of("unheard of") == "find"
