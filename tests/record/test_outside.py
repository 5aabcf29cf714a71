"""The record and the outside log: everything placed is told before its commit, and comes back exactly as it was."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest

from mandata.foundation.actors import SYSTEM
from mandata.foundation.errors import Fault
from mandata.infra import bulk, outside
from mandata.infra.clock import new_id, now
from mandata.infra.environment import env
from mandata.infra.outside import Line
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import rules, selectors, services, verification
from mandata.record.behind import behind
from mandata.record.errors import Contradicted, OlderDatabase
from mandata.record.models import Entry, Head, Payload, Pending, Stamp
from mandata.record.services import placing, sequencing
from mandata.record.services.stamping import Authority as Asked
from mandata.vault.services import Vault, record_signer
from tests.record.authority import Authority
from tests.world import Customer, World

TABLES = "record_entry", "record_payload", "record_leaf", "record_node", "record_head", "record_stamp", "record_receipt"


def happen(customer: Customer, count: int = 1) -> None:
    with scope(customer.id):
        for _ in range(count):
            services.append(kind="test.happened", body={"é": "ž"}, actor=SYSTEM, at=now())


OTHERS = set[UUID]()
"""The logs of earlier tests: some of these damaged theirs, and left them so."""


@pytest.fixture(autouse=True)
def _others() -> None:
    OTHERS.clear()
    OTHERS.update(set(verification.known_logs()) - {INSTANCE})


def journal() -> list[Line]:
    lines = outside.read(env().outside_folder, kinds=("record.",))
    return [line for line in lines if line.controller not in OTHERS]


def about(log: UUID) -> list[Line]:
    return [line for line in journal() if line.controller == log]


@pytest.fixture
def forget(database: Urls) -> Iterator[Callable[..., None]]:
    """Makes the database forget what a log had after so many entries, as an older one would; or those that wait."""
    with psycopg.connect(database.superuser, autocommit=True) as owner:

        def act(log: UUID, after: int, *, entries: bool = True) -> None:
            values = {"log": log, "after": after}
            gone = "select entry from record_leaf where controller_id = %(log)s and index >= %(after)s"
            if entries:
                for table in ("record_payload", "record_entry"):
                    owner.execute(f"delete from {table} where controller_id = %(log)s and id in ({gone})", values)
                for table in ("record_stamp", "record_receipt"):
                    owner.execute(f"delete from {table} where controller_id = %(log)s and size > %(after)s", values)
            else:
                owner.execute(
                    "insert into record_pending (controller_id, entry, hash) select controller_id, entry, hash"
                    " from record_leaf where controller_id = %(log)s and index >= %(after)s",
                    values,
                )
            owner.execute("delete from record_leaf where controller_id = %(log)s and index >= %(after)s", values)
            owner.execute(
                "delete from record_node where controller_id = %(log)s and (index + 1) << level > %(after)s", values
            )
            owner.execute("delete from record_head where controller_id = %(log)s and size > %(after)s", values)

        yield act


def verified(*logs: UUID) -> list[Any]:
    return [
        finding for one in verification.verify_all(list(logs), record_signer().public_key()) for finding in one.findings
    ]


def state(log: UUID) -> dict[str, Any]:
    with scope(log):
        return {
            table: sorted(bulk.execute(f"select t::text from {table} t where controller_id = %(log)s", {"log": log}))
            for table in TABLES
        }


@pytest.mark.req("REC-1")
def test_what_gets_a_place_is_told_outside_with_the_signed_head(world: World) -> None:
    customer = world.controller()
    happen(customer, 2)
    head = services.sequence(customer.id, at=now())
    assert head
    (line,) = about(customer.id)
    growth = placing.read(line.body)
    assert (growth.start, growth.previous, growth.size) == (0, 0, head.size)
    assert rules.read_head(record_signer().public_key(), growth.note).root == head.root
    with scope(customer.id):
        stored = {row.id: (row.at, row.kind, row.subject, bytes(row.leaf)) for row in Entry.objects.all()}
    assert {one.entry: (one.at, one.kind, one.subject, one.leaf) for one in growth.entries} == stored
    world.sequence()


def test_a_line_that_cannot_be_written_lets_nothing_be_placed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = world.controller()
    happen(customer)

    def full(*_: object) -> None:
        raise outside.NotKept("The outside log cannot be written: No space left on device.")

    with monkeypatch.context() as patch:
        patch.setattr("mandata.infra.outside.writing.writer", lambda: type("Full", (), {"write": full})())
        with pytest.raises(outside.NotKept):
            services.sequence(customer.id, at=now())
    with scope(customer.id):
        assert (selectors.size(), selectors.waiting()) == (0, 1)
    world.sequence()


@pytest.mark.req("RET-7")
def test_what_an_older_database_lacks_comes_back_exactly_and_again_changes_nothing(
    world: World, forget: Callable[..., None], authority: Authority
) -> None:
    customer = world.controller()
    subject = new_id()
    for _ in range(3):
        happen(customer, 2)
        world.sequence()
    with scope(customer.id):
        vault = Vault.open()
        vault.create([subject])
        commitment = vault.commit(subject, {"name": "Ann"})
        services.append(kind="test.told", body={}, actor=SYSTEM, subject=subject, commitment=commitment, at=now())
        services.receipt(size=6, how="page", to=new_id(), at=now())
    services.stamp(Asked(authority.url, authority.certificates.read_bytes()), at=now())
    world.sequence()
    world.sequence()
    with scope(INSTANCE):
        size = selectors.size()
        stamped = Stamp.objects.order_by("-size").values_list("size", flat=True)[0]
        after = Head.objects.values_list("previous", flat=True).get(size=stamped)
    before = {log: state(log) for log in (customer.id, INSTANCE)}
    forget(customer.id, 2)
    forget(INSTANCE, after)
    assert state(customer.id) != before[customer.id]
    done = services.replay_placed(journal())
    assert {log: state(log) for log in before} == before
    assert (done.receipts, done.stamps) == (1, 1)
    assert done.entries == len(before[customer.id]["record_entry"]) - 2 + size - after
    assert verified(customer.id) == []
    again = services.replay_placed(journal())
    assert (again.heads, again.entries, again.receipts, again.stamps) == (0, 0, 0, 0)


def test_entries_that_wait_get_the_place_that_was_published_and_wait_no_longer(
    world: World, forget: Callable[..., None]
) -> None:
    customer = world.controller()
    happen(customer, 3)
    world.sequence()
    before = state(customer.id)
    forget(customer.id, 0, entries=False)
    with scope(customer.id):
        assert selectors.waiting() == 3
    services.replay_placed(journal())
    assert state(customer.id) == before
    assert not Pending.objects.filter(controller_id=customer.id).exists()


def test_a_payload_that_died_with_its_person_does_not_come_back(world: World, forget: Callable[..., None]) -> None:
    customer, subject = world.controller(), new_id()
    with scope(customer.id):
        vault = Vault.open()
        vault.create([subject])
        commitment = vault.commit(subject, {"name": "Ann"})
        services.append(kind="test.told", body={}, actor=SYSTEM, subject=subject, commitment=commitment, at=now())
    world.sequence()
    with scope(customer.id):
        Payload.objects.all().delete()
    forget(customer.id, 0, entries=False)
    services.replay_placed(journal())
    with scope(customer.id):
        assert (Entry.objects.count(), Payload.objects.count()) == (1, 0)


def test_of_two_lines_with_one_start_the_one_that_goes_on_holds(
    world: World, forget: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = world.controller()
    happen(customer)

    class Died(Exception):
        pass

    def die(**_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:  # dies with its line written and its transaction rolled back
        patch.setattr(sequencing, "append", die)
        with pytest.raises(Died):
            services.sequence(customer.id, at=now())
    happen(customer)
    world.sequence()
    happen(customer)
    world.sequence()
    assert [(one.body["start"], len(one.body["entries"])) for one in about(customer.id)] == [(0, 1), (0, 2), (2, 1)]
    before = state(customer.id)
    for order in (1, -1):  # hosts whose clocks differ
        forget(customer.id, 0)
        services.replay_placed(about(customer.id)[::order])
        assert state(customer.id) == before
    assert services.replay_placed(journal()).heads == 0
    assert verified(customer.id) == []


def test_at_the_end_the_line_that_was_committed_holds_also_where_the_clock_jumped_back(
    world: World, forget: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = world.controller()
    happen(customer)
    with monkeypatch.context() as patch:
        patch.setattr(sequencing, "append", lambda **_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            services.sequence(customer.id, at=now())
    happen(customer)
    world.sequence()
    before = state(customer.id)
    first, second = about(customer.id)
    forget(customer.id, 0)
    services.replay_placed([first, replace(second, at=first.at - timedelta(hours=1))])
    assert state(customer.id) == before


def test_a_head_whose_own_entry_was_lost_is_told_of_again(
    world: World, forget: Callable[..., None], database: Urls
) -> None:
    customer = world.controller()
    happen(customer)
    services.sequence(customer.id, at=now())  # killed before the installation's log came to it
    forget(customer.id, 0)
    Pending.objects.filter(controller_id=INSTANCE).delete()
    with scope(INSTANCE):
        lost = list(Entry.objects.filter(subject=customer.id).values_list("id", flat=True))
    with psycopg.connect(database.superuser, autocommit=True) as owner:
        owner.execute("delete from record_entry where controller_id = %s and id = any(%s)", [INSTANCE, lost])
    services.replay_placed(journal())
    world.sequence()
    assert verified(customer.id) == []


def test_a_line_that_was_changed_is_refused(world: World, forget: Callable[..., None]) -> None:
    customer = world.controller()
    happen(customer, 2)
    world.sequence()
    forget(customer.id, 0)
    (line,) = about(customer.id)
    entries = line.body["entries"]
    other = dict(entries[0], leaf=entries[0]["leaf"].replace("test.happened", "test.happenes"))
    for body, words in (
        (line.body | {"entries": [other, entries[1]]}, "does not follow from its entries"),
        (line.body | {"entries": entries[:1]}, "does not verify"),
        (line.body | {"note": line.body["note"].replace(str(customer.id), str(new_id()))}, "does not verify"),
        ({}, "does not verify"),
    ):
        with pytest.raises(Contradicted, match=words):
            services.replay_placed([Line(line.at, line.kind, line.controller, body)])
    services.replay_placed(journal())
    assert verified(customer.id) == []


def test_missing_lines_are_named(world: World, forget: Callable[..., None]) -> None:
    customer = world.controller()
    for _ in range(3):
        happen(customer)
        world.sequence()
    forget(customer.id, 0)
    first, _, third = about(customer.id)
    with pytest.raises(Contradicted, match="what placed the entries 1 to 1 is in no line"):
        services.replay_placed([first, third])
    services.replay_placed(journal())


def test_a_database_that_grew_otherwise_than_was_published_is_refused(
    world: World, forget: Callable[..., None]
) -> None:
    customer = world.controller()
    happen(customer)
    world.sequence()
    published = journal()
    forget(customer.id, 0)
    happen(customer)
    services.sequence(customer.id, at=now())
    with pytest.raises(Contradicted, match="head 1 has another root than was published"):
        services.replay_placed(published)
    world.sequence()


# -- the check before anything opens ----------------------------------------------------------------------------------


@pytest.mark.req("REC-1", "RET-7")
def test_an_older_database_is_refused_with_both_sizes_and_what_to_run(
    world: World, forget: Callable[..., None], database: Urls
) -> None:
    customer = world.controller()
    happen(customer)
    world.sequence()
    with scope(INSTANCE):
        size = selectors.size()
    assert behind(database.app) is None
    happen(customer)
    world.sequence()
    forget(INSTANCE, size - 1)
    try:
        with pytest.raises(OlderDatabase) as refused:
            behind(database.app)
        assert f"a head over {size + 1} entries" in refused.value.message
        assert f"has one over {size - 1}" in refused.value.message
        assert "mandata restore --replay" in refused.value.remedy
        with pytest.raises(OlderDatabase):
            services.adopt(database.app)
    finally:
        services.replay_placed(journal())
    assert behind(database.app) is None


def test_an_older_database_is_refused_even_where_it_lacks_one_head_only(
    world: World, forget: Callable[..., None], database: Urls
) -> None:
    customer = world.controller()
    happen(customer)
    world.sequence()
    with scope(INSTANCE):
        before = Head.objects.order_by("-size").values_list("previous", flat=True)[0]
    forget(INSTANCE, before)
    try:
        with pytest.raises(OlderDatabase, match="mandata restore --replay"):
            behind(database.app)
    finally:
        services.replay_placed(journal())


def test_a_head_whose_commit_was_killed_is_adopted_as_it_was_published(
    world: World, forget: Callable[..., None], database: Urls
) -> None:
    customer = world.controller()
    happen(customer)
    world.sequence()
    with scope(INSTANCE):
        previous = Head.objects.order_by("-size").values_list("previous", flat=True)[0]
    before = state(INSTANCE)
    forget(INSTANCE, previous, entries=False)
    line = behind(database.app)
    assert line and line.body["start"] == previous
    assert services.adopt(database.app) == len(line.body["entries"])
    assert state(INSTANCE) == before
    assert services.adopt(database.app) == 0


def test_without_an_outside_log_there_is_nothing_to_compare(database: Urls, tmp_path: Path) -> None:
    assert behind(database.app, folder=tmp_path / "none") is None


def test_a_database_without_tables_is_older_than_any_head(world: World, database: Urls) -> None:
    customer = world.controller()
    happen(customer)
    world.sequence()
    other = urlsplit(database.superuser)._replace(path="/template1").geturl()
    with pytest.raises(OlderDatabase, match="has one over 0"):
        behind(other)


def test_a_database_that_does_not_answer_is_told(world: World) -> None:
    customer = world.controller()
    happen(customer)
    world.sequence()
    with pytest.raises(Fault, match="does not answer"):
        behind("postgresql://nobody@127.0.0.1:1/nothing")
