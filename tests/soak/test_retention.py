"""A million events that have had their time go in batches, with flat memory."""

import time
import tracemalloc

import pytest

from mandata.foundation.periods import Period
from mandata.infra.clock import now
from mandata.retention.models import Run
from mandata.retention.services import keeping
from tests.retention.ages import LONG_AGO, campaign, count, events, finish, house, inside
from tests.soak.conftest import Scale, Tell

pytestmark = pytest.mark.soak


@pytest.mark.req("RET-1")
def test_old_events_go_in_batches(database: object, scale: Scale, tell: Tell) -> None:
    owner, at = house(), now()
    member = owner.owner.actor.id
    assert member is not None
    with inside(owner):
        events(campaign(owner, at=at - LONG_AGO), scale.rows, at=at - LONG_AGO)
        keeping.set_period(category="events", period=Period.parse("1 year"), member_id=member, at=at)
        run_id = keeping.daily(at=at, queue=False)
        assert run_id is not None
    tracemalloc.start()
    began = time.monotonic()
    finish(owner, run_id, at)
    seconds, peak = time.monotonic() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    with inside(owner):
        assert count("tracking_event") == 0
        assert Run.objects.get(id=run_id).done == {"events": scale.rows}
    tell(rows=scale.rows, seconds=round(seconds, 1), peak_bytes=peak)
    assert peak < 5_000_000
