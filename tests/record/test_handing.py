"""Heads in the controller's hands: when one is due, the receipt, and that a log which does not lead to it is found."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from mandata.foundation import merkle
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import rules, selectors, services, verification
from mandata.record.errors import NoSuchHead
from mandata.vault.services import record_signer
from tests.world import Customer, World

DAY = timedelta(days=1)


def happen(world: World, customer: Customer, count: int = 1, kind: str = "test.happened") -> None:
    with scope(customer.id):
        for number in range(count):
            services.append(kind=kind, body={"number": number}, actor=SYSTEM, at=now())
    world.sequence()


def hand(world: World, customer: Customer, size: int) -> UUID:
    with scope(customer.id):
        made = services.receipt(size=size, how="notice", to=new_id(), at=now())
    world.sequence()
    return made


@pytest.mark.req("REC-1")
def test_a_head_is_due_once_a_day_and_only_where_something_happened(world: World) -> None:
    idle, busy = world.controller(), world.controller("Other Bakery")
    at = now()
    assert services.heads_due([idle.id, busy.id], at=at) == []
    happen(world, busy, 3)
    (due,) = services.heads_due([idle.id, busy.id], at=at)
    assert (due.controller_id, due.size) == (busy.id, 3)
    told = rules.read_head(record_signer().public_key(), due.note)
    assert (told.origin, told.size) == (f"mandata/{busy.id}", 3)
    hand(world, busy, 3)
    assert services.heads_due([busy.id], at=at) == []
    happen(world, busy, kind="notice.sent")
    assert services.heads_due([busy.id], at=at + 2 * DAY) == [], "handing over is no reason to hand over"
    happen(world, busy)
    assert services.heads_due([busy.id], at=at + DAY / 2) == []
    assert [one.size for one in services.heads_due([busy.id], at=at + 2 * DAY)] == [6]


def test_a_receipt_is_one_however_often_it_is_told_and_the_page_shows_it(world: World) -> None:
    customer, member = world.controller(), new_id()
    happen(world, customer, 2)
    with scope(customer.id):
        first = services.receipt(size=2, how="page", to=member, at=now())
        assert services.receipt(size=2, how="page", to=member, at=now()) == first
    world.sequence()
    with scope(customer.id):
        newest, older = selectors.heads(limit=5)
        assert (newest.size, newest.since, newest.handed) == (3, 2, ())
        assert [(one.how, one.to) for one in older.handed] == [("page", member)]
        assert [view.size for view in selectors.handed_heads()] == [2]
        assert selectors.heads(limit=5, before=3) == [older]
    assert verification.verify(customer.id, record_signer().public_key()).findings == []


def test_a_head_that_was_never_signed_cannot_be_handed_over(world: World) -> None:
    customer = world.controller()
    happen(world, customer, 2)
    with pytest.raises(NoSuchHead), scope(customer.id):
        services.receipt(size=1, how="page", to=new_id(), at=now())


@pytest.mark.req("REC-1")
def test_between_two_heads_nothing_is_left_out_and_the_old_is_proven_to_be_a_prefix(world: World) -> None:
    customer = world.controller()
    for count in (3, 4, 9):
        happen(world, customer, count)
    with scope(customer.id):
        heads = {view.size: view for view in selectors.heads()}
        for old, new in ((3, 7), (3, 16), (7, 16)):
            proof = selectors.consistency_proof(old, new)
            assert merkle.verify_consistency(old, new, proof, heads[old].root, heads[new].root)
            between = [
                view for view in selectors.entries(limit=50) if view.index is not None and old <= view.index < new
            ]
            tree = merkle.Frontier(old, selectors.frontier(old).hashes)
            for view in reversed(between):
                tree.append(merkle.leaf_hash(selectors.leaf(view.id)))
            assert tree.root() == heads[new].root, "all leaves between make the new root"
            del between[1]
            tree = merkle.Frontier(old, selectors.frontier(old).hashes)
            for view in reversed(between):
                tree.append(merkle.leaf_hash(selectors.leaf(view.id)))
            assert tree.root() != heads[new].root, "one left out shows"


@pytest.mark.req("REC-1")
def test_a_controllers_head_is_proven_to_be_in_the_installations_log(world: World) -> None:
    customer = world.controller()
    happen(world, customer, 5)
    with scope(INSTANCE):
        entry = next(view for view in selectors.entries(kind="record.head", subject=customer.id, limit=1))
        head = selectors.head()
        assert head is not None
        index, path = selectors.inclusion_proof(entry.id, head.size)
        leaf = merkle.leaf_hash(selectors.leaf(entry.id))
        assert merkle.verify_inclusion(leaf, index, head.size, path, bytes(head.root))
    with scope(customer.id):
        assert entry.body == {"log": str(customer.id), "size": 5, "root": selectors.heads()[0].root.hex()}


def test_a_log_that_was_built_anew_does_not_lead_to_the_head_that_was_handed_over(world: World, database: Urls) -> None:
    """The operator exchanges an entry and builds the whole log anew over it, with its own key: the receipt remains."""
    customer = world.controller()
    happen(world, customer, 4)
    made = hand(world, customer, 4)
    with scope(customer.id):
        kept = {view.size: (view.root, view.note) for view in selectors.heads()}
    forged = rules.sign_head(record_signer(), customer.id, 4, b"x" * 32, now())
    with psycopg.connect(database.superuser) as superuser:
        change = "update record_head set root = %s, note = %s where controller_id = %s and size = 4"
        superuser.execute(change, [b"x" * 32, forged, customer.id])
    named = {finding.where for finding in verification.verify(customer.id, record_signer().public_key()).findings}
    with psycopg.connect(database.superuser) as superuser:
        superuser.execute(change, [*kept[4], customer.id])
    assert f"receipt {made}" in named
    assert verification.verify(customer.id, record_signer().public_key()).holds
