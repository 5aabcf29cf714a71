"""The whole record verified from the operator's page: how many logs hold stands in the installation's log."""

from uuid import UUID

import psycopg
import pytest

from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import checking, selectors, services, verification
from tests.world import World


def verified(by: UUID) -> tuple[bool, dict[str, object]]:
    holds = checking.verify_and_enter(str(by), at=now())
    with scope(INSTANCE):
        entry = selectors.entries(kind=checking.KIND, limit=1)[0]
    assert entry.actor == f"operator:{by}"
    return holds, entry.body


@pytest.mark.req("PRF-2")
def test_a_row_that_was_changed_is_counted_and_its_log_named(
    world: World, database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = world.controller().id
    with scope(log):
        entry = services.append(kind="test.happened", body={"n": 1}, actor=SYSTEM, at=now())
    world.sequence()
    # other tests' logs may have been tampered with
    monkeypatch.setattr(verification, "known_logs", lambda: [log])
    holds, told = verified(new_id())
    assert holds and (told["logs"], told["findings"], told["broken"]) == (2, 0, [])
    with psycopg.connect(database.superuser, autocommit=True) as owner:
        owner.execute("update record_entry set kind = 'test.other' where id = %s", [entry])
        try:
            holds, told = verified(new_id())
        finally:
            owner.execute("update record_entry set kind = 'test.happened' where id = %s", [entry])
    assert not holds and told["broken"] == [str(log)] and int(str(told["findings"])) >= 1
