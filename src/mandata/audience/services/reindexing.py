"""Making look-ups anew: for who was here before there were any, after a change of the forms or of the index key, and
where a field begins or ends to be looked up.

A job goes through a controller's people by their references, in batches of a transaction each that carries its own
place (`audience_indexing`), so whoever goes on after a crash begins behind the last whole batch. People who come or
change meanwhile have their look-ups from who writes them.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from mandata.audience import selectors
from mandata.audience.models import Indexing
from mandata.audience.selectors.people import PLACE
from mandata.audience.services import lookups
from mandata.audience.services.lookups import LOOKED_UP, Indexer, Row
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra import bulk, clock
from mandata.infra.jobs import app
from mandata.infra.tenancy import current_controller, scope
from mandata.record import services as record
from mandata.vault.services import Vault

JOB: Final = "audience.reindex"
BATCH: Final = 1_000
SLICE: Final = 20.0
"""Seconds after which a job hands over to the next one."""
_START: Final = UUID(int=0)

# The rows are held until the look-ups are in: a correction or an erasure waits, and then sees them.
_PEOPLE: Final = """
select id, identity from audience_subscriber where id > %b order by id limit %b for no key update
"""


def reindex(*, actor: Actor = SYSTEM, at: datetime) -> None:
    """Make every look-up of the scope's controller anew, from the first person on, as a job."""
    values = {"version": LOOKED_UP, "after": None, "people": 0, "began_at": at, "finished_at": None}
    Indexing.objects.update_or_create(controller_id=current_controller(), defaults=values)
    record.append(kind="audience.reindex_started", body={"version": LOOKED_UP}, actor=actor, at=at)
    _queue(current_controller())


def queue_due() -> int:
    """Queue a job for each controller whose look-ups are not all made yet; return how many. Outside a scope."""
    due = list(Indexing.objects.filter(finished_at=None).values_list("controller_id", flat=True))
    for controller_id in due:
        _queue(controller_id)
    return len(due)


def _queue(controller_id: UUID) -> None:
    """One job waits and one runs at most; where one waits already, that one will do."""
    name = f"reindex {controller_id}"
    try:
        with transaction.atomic():
            app.configure_task(JOB, lock=name, queueing_lock=name).defer(controller_id=str(controller_id))
    except AlreadyEnqueued:
        return


def run_slice(
    *,
    controller_id: UUID,
    stop: Callable[[], bool] = lambda: False,
    seconds: float = SLICE,
    now: Callable[[], datetime] = clock.now,
) -> bool:
    """Make look-ups anew for some seconds, or to the last person; return whether a next slice is due, which is then
    queued."""
    until = time.monotonic() + seconds
    with scope(controller_id):
        vault = Vault.open()
        indexer = Indexer(vault, selectors.field_specs().values())
    while True:
        with scope(controller_id):
            here = Indexing.objects.select_for_update().filter(controller_id=controller_id, finished_at=None).first()
            if here is None:
                return False
            if not _batch(here, vault, indexer):
                here.finished_at = now()
                here.save(update_fields=["finished_at"])
                body: dict[str, object] = {"version": here.version, "people": here.people}
                record.append(kind="audience.reindexed", body=body, actor=SYSTEM, at=here.finished_at)
                return False
            if stop() or time.monotonic() > until:
                _queue(controller_id)
                return True


def _batch(here: Indexing, vault: Vault, indexer: Indexer) -> int:
    """Make the look-ups of the next people; return how many people that were."""
    people = bulk.execute(_PEOPLE, [here.after or _START, BATCH], binary=True)
    opened = vault.unseal_many(PLACE, dict(people))
    rows: list[Row] = []
    for subscriber, plain in opened.items():
        rows += indexer.rows(subscriber, orjson.loads(plain))
    lookups.replace([row[0] for row in people], rows)
    if people:
        here.version, here.after, here.people = LOOKED_UP, people[-1][0], here.people + len(people)
        here.save(update_fields=["version", "after", "people"])
    return len(people)
