"""A shop's whole file, however long: the same memory from its beginning to its end."""

import os
import time

import pytest

from mandata.audience import services
from mandata.infra.tenancy import scope
from tests.audience.conftest import NOON, open_bakery
from tests.audience.test_imports import count, outcomes
from tests.soak.conftest import Scale, Tell
from tests.world import World
from tests.world.files import shop_export
from tests.world.processes import Watched

FLAT = 24.0
"""MiB by which the worker's peak in the second half of a file may lie above that of the first."""
MOST = 192.0
"""MiB of the worker in all; Django and its libraries alone take about 75."""


@pytest.mark.soak
@pytest.mark.req("AUDI-1")
def test_a_million_rows_are_taken_in_with_flat_memory_and_each_is_accounted_for(
    world: World, scale: Scale, tell: Tell
) -> None:
    bakery = open_bakery(world)
    began = time.monotonic()
    with scope(bakery.id), Watched(os.getpid()) as uploading:
        time.sleep(0.2)  # a sample of before
        import_id = services.upload(
            list_id=bakery.list_id, file_name="shop.csv", chunks=shop_export(scale.rows), actor=bakery.member, at=NOON
        )
    uploaded = time.monotonic() - began
    bakery.choose(import_id)
    with scope(bakery.id):
        services.start_import(import_id=import_id, actor=bakery.member, at=NOON)
    began = time.monotonic()
    worker = bakery.worker(import_id)
    with Watched(worker.pid) as working:
        while worker.poll() is None:
            working.share = bakery.state(import_id).rows / scale.rows
            time.sleep(0.05)
    seconds = time.monotonic() - began
    done = bakery.state(import_id)
    tell(
        rows=scale.rows,
        rows_per_second=round(scale.rows / seconds),
        upload_seconds=round(uploaded, 1),
        upload_grew_mib=round(uploading.samples[-1][1] - uploading.samples[0][1], 1),
        worker_peak_mib=round(working.peak(), 1),
        worker_grew_mib=round(working.growth(), 1),
    )
    assert worker.returncode == 0
    assert (done.state, done.rows) == ("done", scale.rows)
    assert sum(outcomes(done).values()) == scale.rows
    assert done.counts["accepted"] == count("audience_subscriber", bakery) == count("audience_subscription", bakery)
    assert done.rejected == count("audience_rejection", bakery)
    assert count("audience_upload_chunk", bakery) == 0
    assert working.growth() <= FLAT
    assert working.peak() <= MOST
    assert max(size for _, size in uploading.samples) - uploading.samples[0][1] <= FLAT
