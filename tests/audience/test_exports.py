"""Exports: a stream that no spreadsheet runs, and that a re-import reads back."""

import csv
import io

import pytest
from django.db import connection

from mandata.agreements.errors import GateRefused
from mandata.audience import selectors, services
from mandata.audience.errors import NoSuchList
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from tests.audience.conftest import NOON, Bakery, open_bakery
from tests.audience.test_imports import many, outcomes, shop
from tests.world import World


def exported(bakery: Bakery) -> bytes:
    lines = services.export_lines(controller_id=bakery.id, list_id=bakery.list_id, actor=bakery.member, at=NOON)
    return b"".join(lines)


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.req("AUDI-1", "RET-3")
def test_an_export_holds_everybody_on_the_list_with_basis_and_evidence(bakery: Bakery) -> None:
    bakery.take_in(shop("Jana@mail.example;Jana;601123456;ano;1.2.2024;web;;", "b@mail.example;Eva;;;;;ano;"))
    with scope(bakery.id):
        left = selectors.find_by_email("b@mail.example")
        assert left
        services.unsubscribe(subscriber_id=left, actor=Actor("subject", left), at=NOON)
    rows = {row["email"]: row for row in table(exported(bakery))}
    jana, eva = rows["Jana@mail.example"], rows["b@mail.example"]
    assert (jana["first_name"], jana["phone"], jana["consent_source"]) == ("Jana", "'+420601123456", "web")
    assert jana["consent_at"].startswith("2024-02-01") and jana["subscription"] == "subscribed"
    assert (eva["existing_customer"], eva["subscription"]) == ("yes", "unsubscribed")
    assert eva["unsubscribed_at"].startswith("2025-06-02")


def test_no_cell_of_an_export_is_a_formula(bakery: Bakery) -> None:
    names = ["=1+1", "@SUM(A1)", "-2", "+3", "'=4", "\t=5"]
    bakery.take_in(shop(*(f'p{number}@mail.example;"{name}";;ano;1.2.2024;;;' for number, name in enumerate(names))))
    for row in table(exported(bakery)):
        assert row["first_name"].startswith("'")
        assert not any(cell[:1] in "=+-@\t\r" for cell in row.values() if cell)


@pytest.mark.req("RET-3")
def test_a_re_import_elsewhere_reads_back_what_was_there(bakery: Bakery, world: World) -> None:
    bakery.take_in(
        shop(
            "Jana@mail.example;=Žofie;601123456;ano;1.2.2024;web;;",
            "b@mail.example;'Eva;;;;;ano;",
            "c@mail.example;+Petr;;ano;1.2.2024;;;",
        )
    )
    with scope(bakery.id):
        left = selectors.find_by_email("c@mail.example")
        assert left
        services.unsubscribe(subscriber_id=left, actor=Actor("subject", left), at=NOON)
    other = open_bakery(world, "Second Bakery")
    done = other.take_in(exported(bakery))
    assert outcomes(done) == {"accepted": 2, "left": 1}
    for email in ("jana@mail.example", "b@mail.example"):
        people = []
        for side in (bakery, other):
            with scope(side.id):
                found = selectors.find_by_email(email)
                assert found
                person = selectors.person(found)
                people.append((dict(person.identity), person.facets, person.places[0].basis))
        assert people[0] == people[1]
    with scope(other.id):
        assert services.is_suppressed(email="c@mail.example", at=NOON) == "unsubscribed"


def test_an_export_is_a_stream_of_many_batches_and_is_recorded_once(bakery: Bakery) -> None:
    bakery.take_in(many(5_000))
    stream = services.export_lines(controller_id=bakery.id, list_id=bakery.list_id, actor=bakery.member, at=NOON)
    pieces = list(stream)
    assert len(pieces) == 4
    assert len(table(b"".join(pieces))) == 5_000
    with scope(bakery.id), connection.cursor() as cursor:
        cursor.execute("select count(*) from record_entry where kind = 'audience.exported'")
        assert cursor.fetchone() == (1,)


def test_an_export_that_is_closed_early_leaves_no_transaction_open(bakery: Bakery) -> None:
    bakery.take_in(many(5_000))
    stream = services.export_lines(controller_id=bakery.id, list_id=bakery.list_id, actor=bakery.member, at=NOON)
    next(iter(stream))
    stream.close()  # type: ignore[attr-defined]
    assert not connection.in_atomic_block


def test_an_export_of_nothing_or_without_an_agreement_is_refused(bakery: Bakery, world: World) -> None:
    with pytest.raises(NoSuchList):
        services.export_lines(controller_id=bakery.id, list_id=new_id(), actor=bakery.member, at=NOON)
    customer = world.controller()
    with scope(customer.id):
        made = services.create_list(name="Newsletter", actor=customer.member, at=NOON)
    with pytest.raises(GateRefused):
        services.export_lines(controller_id=customer.id, list_id=made, actor=customer.member, at=NOON)
