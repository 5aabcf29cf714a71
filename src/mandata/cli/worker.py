"""`mandata worker`: runs jobs, and the loops that no job could be for, because they never end."""

import asyncio
import contextlib
import importlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from mandata.cli.current import require_current
from mandata.cli.installation import connected, django, read
from mandata.foundation.errors import Fault

_LONGEST_PAUSE = 15.0
_HEARTBEAT = 5.0
_STALLED_AFTER = 20.0
_FINISH_WITHIN = 20.0
_MANY = 500
_CLOSED_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Loop:
    """Work done again and again: every `every` seconds call `target` (module:function) with the keyword `at` = now.

    Where it answers with a number of things done, and that was many, it is called again at once.
    """

    name: str
    target: str
    every: float


LOOPS = (
    # A thread and a connection each, so that an unsubscription waits behind nothing: it is effective within 2 s.
    Loop("unsubscriptions", "mandata.tracking.services:take_unsubscriptions", 0.5),
    Loop("events", "mandata.tracking.services:take_events", 1.0),
    Loop("links", "mandata.tracking.services:drop_links", 3600.0),
    Loop("delivery", "mandata.delivery.engine.pool:keep", 0.5),
    Loop("providers", "mandata.delivery.services.providing:look_due", 60.0),
    Loop("returns", "mandata.delivery.returns:keep_listening", 2.0),
    Loop("domains", "mandata.delivery.services.watching:look_due", 10.0),
    Loop("certificates", "mandata.delivery.services.certificates:write_files", 60.0),
    Loop("sources", "mandata.delivery.services.probing:watch_due", 60.0),
    Loop("record", "mandata.record.services:sequence_due", 0.3),
    Loop("stamps", "mandata.record.services:stamp_due", 60.0),
    Loop("heads", "mandata.accounts.services.heads:hand_heads", 900.0),
    Loop("epochs", "mandata.vault.turning:turn_due", 60.0),
    Loop("recovery", "mandata.vault.recovery:keep_due", 60.0),
    Loop("shipping", "mandata.backups.services:ship_due", 2.0),
    Loop("backups", "mandata.backups.services:backup_due", 20.0),
    Loop("drills", "mandata.backups.services.drills:drill_due", 300.0),
    Loop("obligations", "mandata.agreements.services:remind_due", 5.0),
    Loop("measures", "mandata.measures.services.checking:check_due", 30.0),
    Loop("outages", "mandata.measures.services.outages:look_due", 30.0),
    Loop("alarms", "mandata.watching.services:watch_due", 10.0),
)


def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=32, help="How many jobs to run at the same time.")] = 2,
) -> None:
    """Run jobs (imports, compilations, cases …) and the loops: the record's sequencer, tracking, delivery.

    Run as many workers on as many hosts as you like; they share the work through the database. SIGTERM ends a worker
    once what it has in flight is done; what a killed worker had in flight is taken over by another.

    Examples:

        mandata worker

        mandata worker --concurrency 4
    """
    with connected(restoring_too=bool(read().database_url)) as urls:
        require_current(urls.app)
        django()
        from mandata.delivery.services import roads

        roads.known()
        _adopt(urls.app)
        Worker(concurrency).run()


def _adopt(url: str) -> None:
    """Place the head that a sequencer told the outside log and was killed before it could commit it."""
    from django.db import connections

    from mandata.infra import restoring
    from mandata.infra.logs import log
    from mandata.record import services as record

    if not restoring.closed() and (placed := record.adopt(url)):
        log("record").warning("record.adopted", entries=placed)
    connections.close_all()


class Worker:
    """The jobs and the loops of one process, until a signal asks for the end."""

    def __init__(self, concurrency: int) -> None:
        from mandata.infra.logs import log

        self._concurrency = concurrency
        self._ending = threading.Event()
        self._shut = False
        self._rounds: dict[str, tuple[datetime, float]] = {}
        self._log = log("worker")

    def run(self) -> None:
        """Work until SIGTERM or SIGINT, or until the installation is being restored; before that is over, wait."""
        self._await_open()
        for number in (signal.SIGTERM, signal.SIGINT):  # from before the first heartbeat: who ends as asked says so
            signal.signal(number, lambda *_: self._ending.set())
        threads = [threading.Thread(target=self._loop, args=(loop,), name=loop.name) for loop in LOOPS]
        threads.append(threading.Thread(target=self._beat, name="heartbeat"))
        for thread in threads:
            thread.start()
        try:
            asyncio.run(self._jobs())
        finally:
            self._ending.set()
            for thread in threads:
                thread.join()
            _end_children()

    async def _jobs(self) -> None:
        from procrastinate import App, PsycopgConnector
        from procrastinate.contrib.django.utils import connector_params

        from mandata.infra.jobs import app

        connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=self._concurrency + 2)
        # An app of its own for fetching. What jobs and loops queue goes by the other one, through Django's connection:
        # into the transaction that makes it necessary, so that no job runs before what it is about can be seen.
        jobs = App(connector=connector)
        jobs.tasks, jobs.periodic_registry = app.tasks, app.periodic_registry
        async with jobs.open_async():
            working = asyncio.create_task(
                jobs.run_worker_async(
                    concurrency=self._concurrency,
                    install_signal_handlers=False,
                    listen_notify=not read().database_pooled,
                    delete_jobs="successful",
                    update_heartbeat_interval=_HEARTBEAT,
                    stalled_worker_timeout=_STALLED_AFTER,
                    shutdown_graceful_timeout=_FINISH_WITHIN,  # then jobs are asked to stop, and queued again
                    task_middleware=[_with_fresh_connections],
                )
            )
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, self._end, working)
            if self._ending.is_set():  # asked to while all this began
                working.cancel()
            rescuing = asyncio.create_task(self._rescue(jobs))
            watching = asyncio.create_task(self._watch(working))
            try:
                await working
            except asyncio.CancelledError:
                if not self._ending.is_set():
                    raise
            finally:
                rescuing.cancel()
                watching.cancel()
        if not self._ending.is_set():
            # Procrastinate ends, as if asked to, when its database goes away; that must not look like a good end.
            raise Fault("The queue of jobs has lost its database.", remedy="Start the worker again; `mandata up` does.")

    def _end(self, working: "asyncio.Task[None]") -> None:
        self._ending.set()
        working.cancel()  # procrastinate takes this as: fetch no more, finish what runs

    def _await_open(self) -> None:
        """Wait, without a loop or a job begun, until nothing is being restored; a signal ends the process."""
        from mandata.infra import restoring

        if restoring.closed():
            self._log.warning("worker.waits", reason="restoring")
        while restoring.closed():
            time.sleep(_CLOSED_PAUSE)

    async def _watch(self, working: "asyncio.Task[None]") -> None:
        """End, as if asked to, once a loop has found a restore; started again, the worker waits for its end."""
        while not self._shut:
            await asyncio.sleep(_CLOSED_PAUSE)
        self._log.warning("worker.ends", reason="restoring")
        self._end(working)

    async def _rescue(self, jobs: Any) -> None:
        """Queue again what a worker had in its hands when it died. Jobs are idempotent, so nothing happens twice."""
        while True:
            for job in await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER):
                self._log.warning("job.taken_over", job=job.id, task=job.task_name)
                await jobs.job_manager.retry_job(job)
            await asyncio.sleep(_HEARTBEAT)

    def _loop(self, loop: Loop) -> None:
        from django.db import close_old_connections, connections

        from mandata.infra import clock, restoring

        module, _, name = loop.target.partition(":")
        work: Callable[..., object] = getattr(importlib.import_module(module), name)
        pause = loop.every
        self._rounds[loop.name] = (clock.now(), loop.every)
        while not self._ending.wait(pause):
            try:
                close_old_connections()
                if restoring.closed():
                    self._shut = True
                    continue
                done = work(at=clock.now())
                self._rounds[loop.name] = (clock.now(), loop.every)
                pause = 0.0 if isinstance(done, int) and done >= _MANY else loop.every
            except Exception as error:
                # A loop outlives what happens to it (a database that is away, a full disk): it says so and tries again.
                pause = min(max(pause, 0.5) * 2, _LONGEST_PAUSE)
                self._log.error("loop.failed", loop=loop.name, error=type(error).__name__, pause=pause, exc_info=True)
        connections.close_all()

    def _beat(self) -> None:
        """Tell every few seconds that this worker lives, and say when it ends: who does not is missed."""
        from django.db import close_old_connections, connections

        from mandata.infra import clock
        from mandata.watching import services as watching

        worker_id, entered = clock.new_id(), False
        while not self._ending.wait(_HEARTBEAT if entered else 0.0):
            try:
                close_old_connections()
                if not entered:
                    watching.enter(worker_id=worker_id, host=socket.gethostname(), at=clock.now())
                    entered = True
                watching.beat(worker_id=worker_id, loops=dict(self._rounds), at=clock.now())
            except Exception as error:
                self._log.error("heartbeat.failed", error=type(error).__name__, exc_info=True)
                self._ending.wait(_HEARTBEAT)
        with contextlib.suppress(Exception):  # the database may be away; then we are missed, and that is told
            watching.leave(worker_id=worker_id)
        connections.close_all()


def _end_children() -> None:
    """Ask the engines to end, and wait until what they have in flight has its outcome in the database."""
    own = Path("/proc/self/task")
    for children in own.glob("*/children"):
        for pid in map(int, children.read_text().split()):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _FINISH_WITHIN
    while time.monotonic() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.02)
        except ChildProcessError:
            return


def _with_fresh_connections(process: Callable[[], Any], _context: Any, _worker: Any) -> Any:
    """Drop a database connection that has died since this thread last used it."""
    from django.db import close_old_connections

    close_old_connections()
    try:
        return process()
    finally:
        close_old_connections()
