"""Jobs of the sub-processors: telling many controllers, counting from the delivery, changes that take effect."""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.types import JSONValue

from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.infra.logs import log
from mandata.subprocessors.services import changes, telling

COUNT = "subprocessors.count"
_LONGEST = timedelta(hours=6)
_LAST = 400
"""Rounds after which a notice is no longer looked at: some three months, longer than any window."""

_log = log("subprocessors")


class Untold(Exception):
    """Some controllers of a batch could not be told; the queue calls again after a growing pause."""


_AGAIN = RetryStrategy(max_attempts=12, exponential_wait=4, retry_exceptions=[Untold])


@app.task(name=changes.SPREAD, queue="subprocessors")
def spread(change_id: str, verb: str) -> None:
    """Queue a job for each batch of controllers."""
    changes.spread(UUID(change_id), verb=verb)


@app.task(name=changes.TELL, queue="subprocessors", retry=_AGAIN)
def tell(change_id: str, controllers: list[str]) -> None:
    """Tell a batch of controllers of a change, each once; then have its periods counted, also where others failed."""
    change = changes.row(UUID(change_id))
    if change.state == "withdrawn":
        return
    told: list[str] = []

    def work(one: UUID) -> None:
        if telling.tell(one, change, at=now()):
            told.append(str(one))

    failed = _each(controllers, work)
    fresh = set(told)
    # Told before, but by a job that was killed before it could say so, or in another round: looked at again, too.
    failed += _count(change_id, [one for one in controllers if one not in fresh], 0, f"{change_id}:{controllers[0]}")
    if told:
        _count_later(change_id, told, 0, f"{change_id}:{told[0]}:told")
    _judge(failed, controllers)


@app.task(name=changes.RETRACT, queue="subprocessors", retry=_AGAIN)
def retract(change_id: str, controllers: list[str]) -> None:
    """Tell a batch of controllers that a change is withdrawn."""
    change = changes.row(UUID(change_id))
    _judge(_each(controllers, lambda one: telling.retract(one, change, at=now())), controllers)


@app.task(name=COUNT, queue="subprocessors", retry=_AGAIN)
def count(change_id: str, controllers: list[str], round_no: int, chain: str) -> None:
    """Let the periods of a batch run from the delivery of its notices; look again later until all have ended."""
    _judge(_count(change_id, controllers, round_no, chain), controllers)


def _count(change_id: str, controllers: list[str], round_no: int, chain: str) -> int:
    change = changes.row(UUID(change_id))
    left: list[str] = []
    if change.state == "withdrawn":
        return 0

    def work(one: UUID) -> None:
        if not telling.count(one, change, at=now()):
            left.append(str(one))

    failed = _each(controllers, work)
    if left and round_no < _LAST:
        _count_later(change_id, left, round_no + 1, chain)
    return failed


def _count_later(change_id: str, controllers: list[str], round_no: int, chain: str) -> None:
    """Queue the next look of a chain of looks; one that waits already is enough."""
    pause = min(timedelta(seconds=10) * 2 ** min(round_no, 12), _LONGEST)
    later = {"seconds": int(pause.total_seconds())}
    job = app.configure_task(COUNT, queue="subprocessors", schedule_in=later, queueing_lock=f"{COUNT}:{chain}")
    with contextlib.suppress(AlreadyEnqueued):
        job.defer(change_id=change_id, controllers=list[JSONValue](controllers), round_no=round_no, chain=chain)


def _each(controllers: list[str], work: Callable[[UUID], object]) -> int:
    """Do it for each, whatever becomes of one of them; return for how many it failed."""
    failed = 0
    for one in controllers:
        try:
            work(UUID(one))
        except Exception as error:
            failed += 1
            _log.error("controller.failed", controller=one, error=type(error).__name__)
    return failed


def _judge(failed: int, controllers: list[str]) -> None:
    if failed:
        raise Untold(f"{failed} of {len(controllers)}")


@app.periodic(cron="* * * * *")
@app.task(
    name="subprocessors.effects", queue="subprocessors", queueing_lock="subprocessors.effects", pass_context=False
)
def effects(timestamp: int) -> None:
    """Bring the register up to date with changes whose day has come."""
    del timestamp  # when the minute fell due; what counts is when it is done
    changes.take_effect(at=now())


@app.periodic(cron="23 3 * * *")
@app.task(name="subprocessors.again", queue="subprocessors", queueing_lock="subprocessors.again")
def again(timestamp: int) -> None:
    """Tell, once a day, whom no job has reached."""
    del timestamp
    changes.spread_again(at=now())
