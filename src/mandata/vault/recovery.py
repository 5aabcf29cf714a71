"""Recovery: the keys in a copy apart from the data, for named recipients, and short-lived.

A *full* copy holds every service key, every epoch key and the tables of wrapped keys of all controllers; a *small* one
the service and epoch keys only. Both are sealed with age to MANDATA_RECOVERY_RECIPIENTS and lie in
MANDATA_BACKUP_STORE under `keys/`. One full copy is kept: a fresh one takes the place of all others, so that whoever
was erased is in no copy after the next. A small one follows within a minute where an epoch began that no copy has yet.

    keep_due(at=now)                    the worker's loop: what is due
    keep(at=now)                        a full copy at once
    recover(store, identities, at=now)  put the newest copy's keys in place

The format: `framing`.
"""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import connections, transaction

from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Fault, Refused
from mandata.infra import bulk
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append
from mandata.vault import framing, putting
from mandata.vault.errors import KeysMissing
from mandata.vault.models import Epoch, Secret, SubjectKey
from mandata.vault.providers import provider
from mandata.vault.putting import Installed

if TYPE_CHECKING:
    from mandata.infra.age import Identity
    from mandata.infra.stores import Store, Stored

FOLDER: Final = "keys/"
EVERY: Final = timedelta(hours=1)
"""How old the newest full copy may grow before the loop takes another."""

_BATCH: Final = 10_000
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('vault:recovery', 0))"
_TRY: Final = "select pg_try_advisory_xact_lock(hashtextextended('vault:recovery', 0))"
_ROWS: Final = """
select holder, epoch, wrapped from vault_subject_key
where controller_id = %(controller)s and holder > %(after)s order by holder limit %(batch)s
"""

Which = tuple[UUID, int]
"""A controller and the number of an epoch."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A recovery copy as it lies in the store."""

    name: str
    at: datetime
    full: bool
    size: int


def configured() -> bool:
    """Say whether recovery copies are kept: a store is named, and whom they are for."""
    return bool(env().backup_store and env().recovery_recipients)


def require() -> None:
    """Refuse where no recovery copies are kept, for whoever would keep data without them."""
    if not env().recovery_recipients:
        raise Refused(
            "There is nobody who could recover the keys.",
            code="vault.no_recovery",
            remedy="Make an identity with `age-keygen`, keep it off this machine, and name its public key in "
            "MANDATA_RECOVERY_RECIPIENTS.",
        )
    if not env().backup_store:
        raise Refused(
            "There is no store for recovery copies.", code="vault.no_store", remedy="Set MANDATA_BACKUP_STORE."
        )


def keep_due(*, at: datetime) -> int:
    """Take the copies that are due; return how many were taken. Where another process is at it, nothing is due."""
    if not configured():
        return 0
    with transaction.atomic():
        if not bulk.execute(_TRY, [])[0][0]:
            return 0
        newest = max((one.at for one in _copies() if one.full), default=None)
        if newest is None or at - newest >= EVERY or newest > at + EVERY:
            _keep(at, full=True, without=())
            return 1
        if Epoch.objects.filter(destroyed_at=None, copied_at=None).exists():
            _keep(at, full=False, without=())
            return 1
    return 0


def keep(*, at: datetime, without: Collection[Which] = ()) -> Copy:
    """Take a full copy now and delete every other one. `without`: epochs that are about to be destroyed. Raises Refused
    where recovery is not configured, Fault where the store takes nothing."""
    require()
    with alone():
        return _keep(at, full=True, without=without)


def keep_epochs(*, at: datetime) -> Copy:
    """Take a small copy now: epoch and service keys only."""
    require()
    with alone():
        return _keep(at, full=False, without=())


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Let nobody else take copies or destroy epochs for as long as the block lasts."""
    with transaction.atomic():
        bulk.execute(_LOCK, [])
        yield


def copies() -> list[Copy]:
    """Return the copies in the store, oldest first; none where recovery is not configured."""
    return _copies() if configured() else []


def since(at: datetime, controller_ids: Iterable[UUID]) -> int:
    """Return how many keys were made since an instant, by the time in their holders' ids: those that a copy of that
    instant does not have."""
    first, count = UUID(int=int(at.timestamp() * 1000) << 80), 0
    for controller_id in controller_ids:
        with scope(controller_id):
            count += SubjectKey.objects.filter(holder__gte=first).count()
    return count


def _copies() -> list[Copy]:
    found = (_copy(one) for one in _store().names(FOLDER))
    return sorted((one for one in found if one), key=lambda one: one.at)


def _copy(stored: "Stored") -> Copy | None:
    stamp, _, kind = stored.name.removeprefix(FOLDER).removesuffix(".age").partition("-")
    try:
        at = datetime.strptime(stamp, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Copy(stored.name, at, kind == "full", stored.size) if kind in ("full", "small") else None


def _keep(at: datetime, *, full: bool, without: Collection[Which]) -> Copy:
    from mandata.infra import age
    from mandata.vault.ownership import own

    store, said = own(env().backup_store), f"{at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{'full' if full else 'small'}"
    name, held = f"{FOLDER}{said}.age", set[Which]()
    recipients = age.recipients(env().recovery_recipients)
    try:
        content = bundle(at, full=full, without=without, held=held)
        size = store.put(name, age.encrypt(content, recipients))
    except BaseException:
        with contextlib.suppress(Exception):
            store.delete(name)
        raise
    for controller_id, number in held:
        Epoch.objects.filter(controller_id=controller_id, number=number, copied_at=None).update(copied_at=at)
    for one in _copies():
        if one.name != name and (full or not one.full):
            store.delete(one.name)
    return Copy(name, at, full, size)


def _store() -> "Store":
    from mandata.infra.stores import store

    return store(env().backup_store)


def bundle(
    at: datetime, *, full: bool = True, without: Collection[Which] = (), held: set[Which] | None = None
) -> Iterator[bytes]:
    """Yield a copy in the clear, flat in memory: seal it before it goes anywhere. `held` receives the epochs in it.

    Opens each controller's scope itself, for one batch of rows at a time. May be pulled from a thread of its own, whose
    database connection is closed at the end.
    """
    home = threading.current_thread()
    held = set() if held is None else held
    return framing.write(_frames(at, full, frozenset(without), held, home))


def _frames(
    at: datetime, full: bool, without: frozenset[Which], held: set[Which], home: threading.Thread
) -> Iterator[tuple[bytes, bytes]]:
    try:
        yield b"H", canonical.dumps({"at": at, "full": full})
        for name, key in provider().service_keys().items():
            yield b"S", framing.service(name, key)
        for which in provider().epochs():
            if which not in without:
                yield from _epoch(which, held)
        controllers = Epoch.objects.filter(destroyed_at=None).values_list("controller_id", flat=True)
        for controller_id in sorted(set(controllers)) if full else ():
            yield from _tables(controller_id, held)
    finally:
        if threading.current_thread() is not home:
            connections.close_all()


def _epoch(which: Which, held: set[Which]) -> Iterator[tuple[bytes, bytes]]:
    controller_id, number = which
    try:
        key = provider().epoch_key(controller_id, number)
    except KeysMissing:
        return  # half destroyed by a process that died; what still needed it would be told below
    began = Epoch.objects.filter(controller_id=controller_id, number=number).values_list("began_at", flat=True).first()
    held.add(which)
    yield b"K", framing.epoch(controller_id, number, int(began.timestamp() * 1000) if began else 0, key)


def _tables(controller_id: UUID, held: set[Which]) -> Iterator[tuple[bytes, bytes]]:
    yield b"T", controller_id.bytes
    with scope(controller_id):
        secrets = list(Secret.objects.values_list("purpose", "version", "epoch", "wrapped"))
    yield from _needed(controller_id, {epoch for _, _, epoch, _ in secrets}, held)
    kept = [(*row[:3], bytes(row[3]).hex()) for row in secrets if (controller_id, row[2]) in held]
    yield b"X", canonical.dumps(kept)
    after = UUID(int=0)
    while True:
        with scope(controller_id):  # and out of it before the next frame is pulled
            rows = bulk.execute(
                _ROWS, {"controller": controller_id, "after": after, "batch": _BATCH}, binary=True, prepare=True
            )
        if not rows:
            return
        after = rows[-1][0]
        epochs = {row[1] for row in rows}
        yield from _needed(controller_id, epochs, held)
        lost = {epoch for epoch in epochs if (controller_id, epoch) not in held}
        if kept_rows := [row for row in rows if row[1] not in lost] if lost else rows:
            yield b"R", framing.rows(kept_rows)


def _needed(controller_id: UUID, epochs: Collection[int], held: set[Which]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys of epochs that began while the copy was being written. What lies under a lost key is told and left
    out: the other controllers' keys are to be copied all the same."""
    for number in sorted(epochs):
        if (controller_id, number) not in held:
            yield from _epoch((controller_id, number), held)
            if (controller_id, number) not in held:
                log("vault").error("recovery.key_missing", controller=str(controller_id), epoch=number)


def install(
    chunks: Iterable[bytes],
    *,
    at: datetime,
    state_at: datetime | None = None,
    told: Callable[[int], None] | None = None,
) -> Installed:
    """Put a copy's keys (in the clear) in place: service keys and epoch keys into the provider, the tables of wrapped
    keys into the database, all of it or nothing.

    `state_at`: the instant whose state the database has, where it was restored; None where that is not known. `told` is
    called with the number of rows read so far. See `putting.Putting` for what happens to each key. Raises
    framing.Damaged, KeysMissing for a copy of another installation.
    """
    with alone():
        return putting.put(framing.read(chunks), at=at, state_at=state_at, told=told)


def recover(
    store: "Store",
    identities: "list[Identity]",
    *,
    at: datetime,
    state_at: datetime | None = None,
    actor: Actor = SYSTEM,
    told: Callable[[int], None] | None = None,
) -> Installed:
    """Fetch the newest copy from a store and install it: first the epochs that a younger small copy has, then the full
    one. Entered in the installation's log. Raises Fault where there is none or where no identity opens it."""
    from mandata.infra import age

    found = sorted((one for one in map(_copy, store.names(FOLDER)) if one), key=lambda one: one.at)
    full = [one for one in found if one.full]
    if not full:
        raise Fault(
            "The store holds no recovery copy.",
            remedy="Name the store whose keys/ has it, or another MANDATA_BACKUP_STORE.",
        )
    for small in found[found.index(full[-1]) + 1 :]:
        install(age.decrypt(store.get(small.name), identities), at=at)
    with transaction.atomic():
        done = install(age.decrypt(store.get(full[-1].name), identities), at=at, state_at=state_at, told=told)
        with scope(INSTANCE):
            body: dict[str, object] = {"copy": done.at, "epochs": done.epochs, "keys": done.rows, "gone": done.gone}
            append(kind="vault.keys_recovered", body=body, actor=actor, at=at)
    return done
