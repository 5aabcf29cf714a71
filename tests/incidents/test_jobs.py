"""That no job of the breach desk gives up what somebody is to be told."""

import pytest
from procrastinate.jobs import Job
from procrastinate.tasks import Task

from mandata.incidents import tasks
from mandata.infra.clock import now


@pytest.mark.req("BRE-6", "BRE-7")
@pytest.mark.parametrize("task", [tasks.tell_people, tasks.take_up])
def test_a_job_that_fails_for_an_hour_is_run_again_whatever_went_wrong(task: Task[..., None, ...]) -> None:
    job = Job(id=1, queue="incidents", lock=None, queueing_lock=None, task_name=task.name, attempts=60)
    decision = task.get_retry_exception(RuntimeError(), job)
    assert decision is not None
    assert decision.retry_decision.retry_at is not None
    assert (decision.retry_decision.retry_at - now()).total_seconds() < 120
