"""Imports: uploaded, mapped, run in batches, told at the end. A killed worker's goes on behind its last batch."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, connections
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, DiskFull, UniqueViolation

from mandata.agreements.rules.facts import FieldFacts
from mandata.audience import selectors
from mandata.audience.errors import FileRefused, WrongState
from mandata.audience.models import Import, Rejection, UploadChunk
from mandata.audience.rules import columns, csvfile
from mandata.audience.rules.columns import FIELD
from mandata.audience.rules.csvfile import FileProblem
from mandata.audience.rules.options import Options
from mandata.audience.rules.rows import RowReader
from mandata.audience.selectors.imports import load, piece
from mandata.audience.services import gate
from mandata.audience.services.intake import Batch, Flying, Intake, Record
from mandata.audience.services.lookups import Indexer
from mandata.audience.services.uploads import refused
from mandata.audience.services.writing import Overtaken, Writer, file_state
from mandata.audience.words import remedy, words
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra import clock
from mandata.infra.jobs import app
from mandata.infra.tenancy import current_controller, scope
from mandata.record import services as record
from mandata.vault.services import Vault

JOB = "audience.import"
BATCH = 2_000
"""Rows in a transaction: few enough that a crash costs little, enough that round trips cost nothing."""
SLICE = 20.0
"""Seconds after which a job hands over to the next one, so that a worker that is told to stop need not wait long."""
_TRIES = 3
_STEP = 64 * 1024
"""Bytes handed to the reader at once: what the bar moves by."""


def choose(*, import_id: UUID, options: Options, actor: Actor, at: datetime) -> None:
    """Choose how the file is read and on what ground its people come in. Raises NoSuchImport, WrongState,
    FileRefused."""
    one = load(import_id)
    if one.state not in ("uploaded", "mapped"):
        raise _wrong_state()
    fault = options.fault()
    if fault:
        raise FileRefused(words(fault), code=f"audience.{fault}", remedy=remedy(fault))
    try:
        columns.check(options.targets, selectors.field_specs())
    except FileProblem as problem:
        raise refused(problem) from None
    Import.objects.filter(id=import_id).update(state="mapped", options=options.as_json())
    body: dict[str, object] = {
        "import": str(import_id),
        "bases": [basis.value for basis in options.bases()],
        "warranted": options.warranted,
        "update": options.update.value,
    }
    record.append(kind="audience.import_mapped", body=body, actor=actor, at=at)


def start_import(*, import_id: UUID, dry_run: bool = False, actor: Actor, at: datetime) -> None:
    """Let a mapped import run as a job, for real or dry. Raises NoSuchImport, WrongState, GateRefused."""
    one = load(import_id)
    if one.state != "mapped":
        raise _wrong_state()
    options = Options.from_json(one.options)
    _ask(import_id, options, actor, at)
    _empty(import_id)
    Import.objects.filter(id=import_id).update(
        state="running", dry_run=dry_run, error="", started_at=at, finished_at=None
    )
    body: dict[str, object] = {"import": str(import_id), "list": str(one.list_id), "dry_run": dry_run}
    record.append(kind="audience.import_started", body=body, actor=actor, at=at)
    _queue(import_id)


def resume_import(*, import_id: UUID, actor: Actor, at: datetime) -> None:
    """Let an import that failed or was cancelled go on behind its last batch. Raises WrongState where its file is
    gone."""
    one = selectors.find_import(import_id)
    if not one.resumable or one.options is None:
        raise _wrong_state()
    _ask(import_id, one.options, actor, at)
    Import.objects.filter(id=import_id).update(state="running", error="", started_at=at, finished_at=None)
    body: dict[str, object] = {"import": str(import_id), "rows": one.rows}
    record.append(kind="audience.import_resumed", body=body, actor=actor, at=at)
    _queue(import_id)


def cancel_import(*, import_id: UUID, actor: Actor, at: datetime) -> bool:
    """Stop an import at its next batch; what was taken stays. Return whether it was running or waiting."""
    changed = Import.objects.filter(id=import_id, state__in=["uploaded", "mapped", "running"]).update(
        state="cancelled", finished_at=at
    )
    if changed:
        rows = load(import_id).rows
        body: dict[str, object] = {"import": str(import_id), "rows": rows}
        record.append(kind="audience.import_cancelled", body=body, actor=actor, at=at)
    return bool(changed)


def _empty(import_id: UUID) -> None:
    """Begin at the first row: what an earlier dry run found is forgotten."""
    Rejection.objects.filter(import_id=import_id).delete()
    Import.objects.filter(id=import_id).update(rows=0, offset=0, counts={})


def drop_rejections(*, import_id: UUID, actor: Actor, at: datetime) -> None:
    """Destroy what an import still holds of people: its rejected rows, its file if it is still there, and their key."""
    Rejection.objects.filter(import_id=import_id).delete()
    UploadChunk.objects.filter(import_id=import_id).delete()
    Vault.open().destroy([import_id])
    record.append(kind="audience.import_emptied", body={"import": str(import_id)}, actor=actor, at=at)


def _wrong_state() -> WrongState:
    return WrongState(
        _("The import is not in a state in which this can be done."),
        remedy=_("Look at its page for what it waits for."),
    )


def _ask(import_id: UUID, options: Options, actor: Actor, at: datetime) -> None:
    """Ask the agreement whether people may be brought in so, with these fields, on these grounds."""
    specs = selectors.field_specs()
    used = [target[len(FIELD) :] for target in options.targets if target.startswith(FIELD)]
    facts = [FieldFacts(key, specs[key].category.value) for key in used]
    gate.ask_import(options, facts, about=import_id, actor=actor, at=at)


def _queue(import_id: UUID) -> None:
    app.configure_task(JOB, lock=f"import {import_id}").defer(
        controller_id=str(current_controller()), import_id=str(import_id)
    )


def run_slice(
    *,
    controller_id: UUID,
    import_id: UUID,
    stop: Callable[[], bool] = lambda: False,
    seconds: float = SLICE,
    now: Callable[[], datetime] = clock.now,
) -> bool:
    """Take an import in for some seconds, or to its end; return whether a next slice is due, which is then queued.

    A full disk or a lost database ends it in state *failed* with its place kept, for `resume_import`; the job's own
    retries come first for a database that is only away for a moment.
    """
    try:
        with scope(controller_id):
            one = load(import_id)
            if one.state != "running":
                return False
            if one.dry_run:
                _empty(import_id)
            run = _Run(one, Vault.open(), now)
        with scope(controller_id):
            run.begin()
            # A dry run remembers what it has seen in a temporary table, and so lives in one transaction of its own.
            finished = run.work(stop, float("inf")) if one.dry_run else None
        if not one.dry_run:
            finished = run.work(stop, seconds)
    except Overtaken:
        finished = False  # what was read is not to be written: the next slice reads it anew
    except _Shut:
        _fail(controller_id, import_id, "gate_shut", now())
        return False
    except FileProblem as problem:
        _fail(controller_id, import_id, f"{problem.code}:{problem.line}", now())
        return False
    except OperationalError as error:
        if not isinstance(error.__cause__, DiskFull):
            raise
        _fail(controller_id, import_id, "disk_full", now())
        return False
    if finished is None:
        return False
    with scope(controller_id):
        if finished:
            _finish(import_id, now())
        else:
            _queue(import_id)
    return not finished


class _Shut(Exception):
    """The agreement lets no further batch in: ended, stopped by either side, or no longer instructed."""


class _Run:
    """One worker's turn at an import: one thread prepares, one writes."""

    def __init__(self, one: Import, vault: Vault, now: Callable[[], datetime]) -> None:
        self._import = one
        self._vault = vault
        self._now = now
        self._controller: UUID = one.controller_id
        self._options = Options.from_json(one.options)
        self._key = vault.key(one.id)
        self._offset = 0
        self._first = 0 if one.dry_run else one.rows
        self._writer = Writer(
            controller_id=self._controller, import_id=one.id, list_id=one.list_id, vault=vault, dry_run=one.dry_run
        )

    def begin(self) -> None:
        """Gather what stays the same for all rows, inside the scope."""
        at = self._now()
        specs = selectors.field_specs()
        self._writer.read = file_state(self._import.id)
        self._intake = Intake(
            import_id=self._import.id,
            list_id=self._import.list_id,
            options=self._options,
            reader=RowReader(self._options.reading(specs), now=at),
            vault=self._vault,
            indexer=Indexer(self._vault, specs.values()),
            at=at,
            dry_run=self._import.dry_run,
        )

    def work(self, stop: Callable[[], bool], seconds: float) -> bool | None:
        """Take rows in. True at the end of the file, False when stopped before it, None when the import is not ours."""
        until = time.monotonic() + seconds
        rows = self._rows()
        flying, waiting = Flying(), None
        with ThreadPoolExecutor(1, "import-writer") as executor:
            try:
                while records := list(islice(rows, BATCH)):
                    batch = self._prepare(records, flying)
                    if waiting is not None and not self._settle(executor, *waiting):
                        return None
                    waiting = (executor.submit(self._writer.write, batch, at=self._now()), batch)
                    flying = Flying(batch.new, frozenset(own for own, _ in batch.leaving))
                    if stop() or time.monotonic() > until:
                        return False if self._settle(executor, *waiting) else None
                return True if waiting is None or self._settle(executor, *waiting) else None
            finally:
                executor.submit(connections.close_all)

    def _prepare(self, records: list[Record], flying: Flying) -> Batch:
        with scope(self._controller):
            if not gate.is_import_open(self._import.id, at=self._now()):
                raise _Shut
            batch = self._intake.prepare(records, first=self._first, offset=self._offset, flying=flying)
        self._first += len(records)
        return batch

    def _settle(self, executor: ThreadPoolExecutor, written: "Future[bool]", batch: Batch) -> bool:
        """Wait for a batch. Where somebody else made one of its people meanwhile, prepare it again and write it."""
        for attempt in range(_TRIES):
            try:
                return written.result()
            except (IntegrityError, OperationalError) as error:
                if attempt + 1 == _TRIES or not isinstance(error.__cause__, UniqueViolation | DeadlockDetected):
                    raise
                with scope(self._controller):
                    again = self._intake.prepare(batch.records, first=batch.first, offset=batch.offset, flying=Flying())
                written = executor.submit(self._writer.write, again, at=self._now())
        return False

    def _rows(self) -> Iterator[Record]:
        """The rows that are not taken yet, the header left out."""
        shape = replace(self._options.shape)
        rows = csvfile.rows(self._chunks(), shape)
        skipped = self._first + (1 if shape.header else 0)
        return islice(rows, skipped, None)

    def _chunks(self) -> Iterator[bytes]:
        number = 0
        while True:
            with scope(self._controller):
                found = piece(self._vault, self._import.id, self._key, number)
            if found is None:
                if number == 0:
                    raise FileProblem("file_gone")
                return
            for at in range(0, len(found), _STEP):
                step = found[at : at + _STEP]
                self._offset += len(step)
                yield step
            number += 1


def _finish(import_id: UUID, at: datetime) -> None:
    """Close an import whose file is read. After a dry run it waits for the real one; else its file is dropped."""
    one = Import.objects.select_for_update().get(id=import_id)
    if one.state != "running":
        return
    one.state, one.finished_at = ("mapped" if one.dry_run else "done"), at
    one.save(update_fields=["state", "finished_at"])
    if not one.dry_run:
        UploadChunk.objects.filter(import_id=import_id).delete()
    _tell("audience.import_finished", one, at)


def _fail(controller_id: UUID, import_id: UUID, error: str, at: datetime) -> None:
    """Close an import that cannot go on by itself. Its file stays where going on makes sense: not where the file is the
    fault."""
    with scope(controller_id):
        one = Import.objects.select_for_update().get(id=import_id)
        if one.state != "running":
            return
        one.state, one.error, one.finished_at = "failed", error, at
        one.save(update_fields=["state", "error", "finished_at"])
        if error.startswith("file_"):
            UploadChunk.objects.filter(import_id=import_id).delete()
        _tell("audience.import_failed", one, at)


def _tell(kind: str, one: Import, at: datetime) -> None:
    body: dict[str, Any] = {
        "import": str(one.id),
        "list": str(one.list_id),
        "rows": one.rows,
        "dry_run": one.dry_run,
        "counts": one.counts,
    }
    record.append(kind=kind, body=body, actor=SYSTEM, at=at)
