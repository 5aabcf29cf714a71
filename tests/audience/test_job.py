"""The import as the worker runs it: a job of ids, taken from the queue."""

import asyncio
from typing import Any

from procrastinate import PsycopgConnector
from procrastinate.contrib.django.utils import connector_params

from mandata.audience import services
from mandata.infra.jobs import app
from mandata.infra.tenancy import scope
from tests.audience.conftest import NOON, Bakery
from tests.audience.test_imports import many, outcomes


def test_a_worker_takes_a_started_import_from_the_queue_and_ends_it(bakery: Bakery) -> None:
    import_id = bakery.prepare(many(2_500))
    with scope(bakery.id):
        services.start_import(import_id=import_id, actor=bakery.member, at=NOON)

    async def work() -> None:
        jobs: Any
        with app.replace_connector(PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=3)) as jobs:
            async with jobs.open_async():
                await jobs.run_worker_async(queues=["imports"], wait=False, install_signal_handlers=False)

    asyncio.run(work())
    done = bakery.state(import_id)
    assert (done.state, outcomes(done)) == ("done", {"accepted": 2_500})
