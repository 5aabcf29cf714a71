"""No gap, ever, whatever is killed; and what was killed in between holds up nobody."""

from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from mandata.foundation.actors import SYSTEM
from mandata.infra import bulk
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import services, verification
from mandata.record.services import sequencing
from mandata.vault.services import record_signer
from tests.record.storm import Storm
from tests.world import World

KILLS = 6


@pytest.mark.req("REC-1")
def test_writers_the_sequencer_and_the_database_killed_at_random_leave_no_gap(tmp_path: Path) -> None:
    storm = Storm(tmp_path)
    try:
        storm.rage(KILLS)
        told, acknowledged = storm.outcome(), storm.acknowledged()
        storm.lose_the_database()
        first, again = storm.replay(), storm.replay()
        restored = storm.outcome()
    finally:
        storm.end()
    assert set(storm.killed) == {"writer", "sequencer", "database"}
    size, waiting, findings = told["log"]
    assert (waiting, findings, told["instance"][2]) == (0, [], [])
    assert size == len(told["entries"]), "every entry that is there has its place"
    assert acknowledged <= set(told["entries"]), "every commit that a writer saw is there"
    assert len(acknowledged) >= 50 * KILLS
    assert restored == told, "the outside log brings every place and head back as it was"
    assert first["entries"] == size + told["instance"][0]
    assert (again["heads"], again["known"]) == (0, first["heads"])


def test_a_sequencer_that_dies_between_places_and_head_leaves_neither(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = world.controller()
    with scope(customer.id):
        services.append(kind="test.happened", body={}, actor=SYSTEM, at=now())

    def die(**_: object) -> None:
        raise KeyboardInterrupt

    for name in ("append", "signer"):
        with monkeypatch.context() as patch:
            patch.setattr(sequencing, name, die if name == "append" else lambda: die())
            with pytest.raises(KeyboardInterrupt):
                services.sequence(customer.id, at=now())
        verdict = verification.verify(customer.id, record_signer().public_key())
        assert (verdict.size, verdict.heads, verdict.waiting, verdict.findings) == (0, 0, 1, [])
    assert services.sequence(customer.id, at=now())
    assert verification.verify_all([customer.id], record_signer().public_key())[0].findings == []


def test_a_log_whose_tables_somebody_changed_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = world.controller(), world.controller("Other Bakery")
    for one in (broken, sound):
        with scope(one.id):
            services.append(kind="test.happened", body={}, actor=SYSTEM, at=now())
    extend = sequencing._extend

    def refuse(log: object, at: object) -> object:
        if log == broken.id:
            raise IntegrityError
        return extend(log, at)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(sequencing, "_extend", refuse)
        world.sequence()
    assert verification.verify(sound.id, record_signer().public_key()).size == 1
    assert verification.verify(broken.id, record_signer().public_key()).waiting == 1
    world.sequence()


def test_what_is_no_entry_waits_for_nothing_and_stops_nothing(world: World) -> None:
    customer, nothing = world.controller(), new_id()
    with scope(customer.id):
        services.append(kind="test.happened", body={}, actor=SYSTEM, at=now())
        bulk.insert("record_pending", {"entry": "uuid", "hash": "bytea"}, [(nothing, b"x" * 32)])
    world.sequence()
    verdict = verification.verify(customer.id, record_signer().public_key())
    assert (verdict.size, [finding.where for finding in verdict.findings]) == (1, [f"entry {nothing}"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("delete from record_pending where entry = %s", [nothing])


def test_a_head_and_its_entry_in_the_installations_log_come_together(world: World) -> None:
    customer = world.controller()
    with scope(customer.id):
        services.append(kind="test.happened", body={}, actor=SYSTEM, at=now())
    head = services.sequence(customer.id, at=now())
    assert head is not None
    with scope(INSTANCE):
        found = bulk.execute("select count(*) from record_entry where subject = %s", [customer.id])
    assert found == [(1,)]
