"""The record keeps what happened, in order, and shows when somebody changed it."""

import io
import os
import threading
import zipfile
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from mandata.foundation import merkle
from mandata.foundation.actors import SYSTEM
from mandata.foundation.ids import uuid7
from mandata.infra import bulk, clock
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import packs, published, rules, selectors, services, verification
from mandata.record.services import appending, sequencing
from mandata.record.verification import pending
from mandata.vault.services import record_signer
from tests.world import Customer, World


def append(customer: Customer, count: int = 1, kind: str = "test.happened") -> None:
    with scope(customer.id):
        for number in range(count):
            services.append(kind=kind, body={"number": number}, actor=SYSTEM, at=now())


def verify(customer: Customer) -> verification.Verdict:
    return verification.verify(customer.id, record_signer().public_key())


def test_entries_get_their_places_in_order_and_the_log_verifies(world: World) -> None:
    customer = world.controller()
    append(customer, 7)
    world.sequence()
    append(customer, 6)
    world.sequence()
    verdict = verify(customer)
    assert (verdict.size, verdict.heads, verdict.waiting, verdict.findings) == (13, 2, 0, [])
    with scope(customer.id):
        assert [view.index for view in selectors.entries(limit=3)] == [12, 11, 10]


def test_a_clock_that_jumps_back_an_hour_harms_no_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = world.controller()
    append(customer, 5)
    world.sequence()
    an_hour_ago = clock.milliseconds() - 3_600_000
    monkeypatch.setattr(appending, "new_id", lambda: uuid7(an_hour_ago * 1_000_000, os.urandom(8)))
    append(customer, 5, kind="test.after_the_jump")
    world.sequence()
    monkeypatch.undo()
    append(customer, 5)
    world.sequence()
    verdict = verify(customer)
    assert (verdict.size, verdict.waiting, verdict.findings) == (15, 0, [])
    with scope(customer.id):
        kinds = [view.kind for view in sorted(selectors.entries(limit=50), key=lambda view: view.index or 0)]
    assert kinds == ["test.happened"] * 5 + ["test.after_the_jump"] * 5 + ["test.happened"] * 5


def test_a_rolled_back_change_leaves_no_entry_and_no_gap(world: World) -> None:
    customer = world.controller()
    append(customer)
    with pytest.raises(RuntimeError), scope(customer.id):
        services.append(kind="test.undone", body={}, actor=SYSTEM, at=now())
        raise RuntimeError
    append(customer)
    world.sequence()
    assert verify(customer).size == 2
    assert verify(customer).holds


def test_each_entry_is_proven_to_stand_in_the_signed_tree(world: World) -> None:
    customer = world.controller()
    append(customer, 21)
    world.sequence()
    with scope(customer.id):
        head = selectors.head()
        assert head is not None
        for view in selectors.entries(limit=30):
            index, proof = selectors.inclusion_proof(view.id, head.size)
            leaf = selectors.leaf(view.id)
            assert merkle.verify_inclusion(merkle.leaf_hash(leaf), index, head.size, proof, bytes(head.root))
        for old in range(1, head.size + 1):
            before = selectors.frontier(old).root()
            assert merkle.verify_consistency(
                old, head.size, selectors.consistency_proof(old, head.size), before, bytes(head.root)
            )


CHANGES = {
    "a changed entry": "update record_entry set leaf = convert_to('{}', 'UTF8') where id = {entry}",
    "a changed column": "update record_entry set kind = 'other' where id = {entry}",
    "a removed entry": "delete from record_entry where id = {entry}",
    "a removed leaf": "delete from record_leaf where entry = {entry}",
    "an inserted entry": "insert into record_entry select controller_id, gen_random_uuid(), at, kind, subject, leaf "
    "from record_entry where id = {entry}",
    "a changed leaf": "update record_leaf set hash = sha256('x') where entry = {entry}",
    "a changed node": "update record_node set hash = sha256('x') where level = 1 and index = 0",
    "a removed node": "delete from record_node where level = 1 and index = 0",
    "a changed head": "update record_head set root = sha256('x')",
    "a removed head": "delete from record_head",
    "a truncated log": "delete from record_leaf where index > 1",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_made_by_the_owner_in_sql_is_found_and_named(world: World, database: Urls, change: str) -> None:
    customer = world.controller()
    append(customer, 5)
    world.sequence()
    assert verify(customer).holds
    with scope(customer.id):
        entry = selectors.entries(limit=5)[2].id
    statement = CHANGES[change].replace("{entry}", f"'{entry}'")
    with psycopg.connect(database.owner) as owner:
        owner.execute("select set_config('mandata.controller', %s, true)", [str(customer.id)])
        assert owner.execute(statement).rowcount >= 1
    assert verify(customer).findings


def test_a_log_cut_back_together_with_its_heads_is_found_by_the_installations_log(world: World, database: Urls) -> None:
    customer = world.controller()
    append(customer, 3)
    world.sequence()
    append(customer, 3)
    world.sequence()
    with psycopg.connect(database.owner) as owner:
        owner.execute("select set_config('mandata.controller', %s, true)", [str(customer.id)])
        for table, column in (
            ("record_leaf", "index > 2"),
            ("record_head", "size > 3"),
            ("record_node", "index > 0 or level > 1"),
        ):
            owner.execute(f"delete from {table} where {column}")
        owner.execute("delete from record_entry where id not in (select entry from record_leaf)")
    assert verify(customer).holds, "alone, the shorter log looks whole"
    verdicts = verification.verify_all([customer.id], record_signer().public_key())
    assert [finding.where for verdict in verdicts for finding in verdict.findings] == ["head 6"]


def test_the_applications_role_can_neither_change_nor_delete_an_entry(world: World) -> None:
    customer = world.controller()
    append(customer)
    for statement in ("update record_entry set kind = 'x'", "delete from record_entry", "delete from record_leaf"):
        with pytest.raises(Exception, match="permission denied"), scope(customer.id), connection.cursor() as cursor:
            cursor.execute(statement)


def test_which_logs_there_are_is_told_and_nothing_of_what_is_in_them(world: World) -> None:
    customer = world.controller()
    append(customer)
    world.sequence()
    assert customer.id in verification.known_logs()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select set_config('mandata.logs', 'on', true)")
        cursor.execute("select count(*) from record_entry")
        assert cursor.fetchone() == (0,), "the setting opens nothing to the application's role"


def test_many_writers_append_at_once_and_nothing_is_lost(world: World) -> None:
    customer = world.controller()

    def write() -> None:
        append(customer, 20)
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(6)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        world.sequence()
    world.sequence()
    verdict = verify(customer)
    assert (verdict.size, verdict.findings) == (120, [])


def test_the_installations_log_holds_every_head(world: World) -> None:
    customer = world.controller()
    append(customer, 2)
    world.sequence()
    with scope(INSTANCE):
        bodies = [view.body for view in selectors.entries(kind="record.head", limit=50)]
    assert [body["size"] for body in bodies if body["log"] == str(customer.id)] == [2]


def test_an_entry_waits_until_its_transaction_commits(world: World) -> None:
    customer = world.controller()
    with transaction.atomic():
        append(customer)
    with scope(customer.id):
        assert selectors.waiting() == 1
        assert selectors.size() == 0


def test_entries_without_a_place_are_found_by_one_pass_and_not_by_a_search_for_each(world: World) -> None:
    """A million entries do not fit into the memory of a hashed NOT IN; PostgreSQL would then read all for each."""
    customer = world.controller()
    append(customer, 3)
    world.sequence()
    with scope(customer.id), connection.cursor() as cursor:
        cursor.execute("explain " + pending.UNPLACED, {"log": customer.id})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert plan.count("Anti Join") == 2


def test_an_append_and_a_proof_are_one_round_trip_each(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = world.controller()
    append(customer, 21)
    world.sequence()
    execute, statements = bulk.execute, []

    def count(statement: Any, *arguments: Any, **more: Any) -> Any:
        statements.append(statement)
        return execute(statement, *arguments, **more)

    with scope(customer.id):
        entry = selectors.entries(limit=1)[0].id
        monkeypatch.setattr(bulk, "execute", count)
        selectors.inclusion_proof(entry, 21)
        selectors.consistency_proof(13, 21)
        assert len(statements) == 2
        services.append(kind="test.happened", body={}, actor=SYSTEM, at=now())
        assert len(statements) == 3


@pytest.mark.req("REC-1")
def test_heads_that_the_first_release_told_of_without_a_subject_are_found(world: World) -> None:
    """Its entries in the installation's log named a log in their bodies only; they are never rewritten."""
    customer, other = world.controller(), world.controller()
    for number in range(3):
        for one in (customer, other):
            with scope(one.id):
                services.append(kind="test.happened", body={"number": number}, actor=SYSTEM, at=now())
            with transaction.atomic():
                with scope(one.id):
                    head = sequencing._extend(one.id, now())
                assert head is not None
                with scope(INSTANCE):
                    body = rules.head_body(one.id, head.size, head.root)
                    services.append(kind="record.head", body=body, actor=SYSTEM, at=now())
    world.sequence()
    logs = [customer.id, other.id]
    assert [one.findings for one in verification.verify_all(logs, record_signer().public_key())[:2]] == [[], []]
    assert set(logs) <= set(verification.known_logs())
    with scope(INSTANCE):
        assert set(logs) <= published.named_in_bodies()
    out = io.BytesIO()
    packs.write_between(out, customer.id, first=1, last=3, at=now())
    with zipfile.ZipFile(out) as file:
        assert len(file.read("instance/proofs.ndjson").splitlines()) == 2
