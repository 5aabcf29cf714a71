"""Epochs turn: a controller's key gets a new value, every live key is wrapped anew, the old value is destroyed.

    (a) new      the new epoch's key is made, durable, and, where recovery is configured, copied
    (b) left     one transaction: the old epoch is left, the new one begins; nothing is stored under the old any more
    (c) wrapped  subject keys and secrets are wrapped under the new epoch, in chunks
    (d) copied   a full recovery copy without the old epoch takes the place of all others
    (e) gone     the old value is destroyed, once nobody reads from before (c), and that is entered in the record

Whoever is killed at any of these leaves a state from which the same command goes on. Any number may be at it at once.
What this buys: a backup taken before holds keys wrapped under a value that exists nowhere any more.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.db.models import Max

from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Fault
from mandata.infra import bulk
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.tenancy import scope
from mandata.record.services import append
from mandata.vault import recovery, rules
from mandata.vault.errors import DoesNotOpen, KeysMissing
from mandata.vault.models import Epoch, Secret
from mandata.vault.providers import provider
from mandata.vault.services import await_holders, secret_owner

CHUNK: Final = 5_000
PATIENCE: Final = 600.0
"""Seconds for which a turn waits for those who read from before it, until it is left for the next call to finish."""
_PAUSE: Final = 0.05

_NEXT: Final = """
select holder, epoch, wrapped from vault_subject_key
where controller_id = %(controller)s and holder > %(after)s and epoch < %(epoch)s
order by holder limit %(chunk)s for update skip locked
"""
# Skipping what is locked makes a deadlock with an erasure impossible; what was skipped comes with the next round.
_REWRAP: Final = """
update vault_subject_key k set epoch = %(epoch)s, wrapped = n.wrapped
from unnest(%(holders)b::uuid[], %(wrapped)b::bytea[]) as n (holder, wrapped)
where k.controller_id = %(controller)s and k.holder = n.holder
"""
_LEFT_OVER: Final = (
    "select exists (select from vault_subject_key where controller_id = %s and epoch < %s)"
    " or exists (select from vault_secret where controller_id = %s and epoch < %s)"
)
_COUNT: Final = "select count(*) from vault_subject_key where controller_id = %s"
_MARK: Final = "select pg_current_xact_id()::text"
_OLD_READERS: Final = """
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_xmin is not null
and age(backend_xmin) > age((%s::bigint & 4294967295)::text::xid)
"""


@dataclass(frozen=True, slots=True)
class Turned:
    """A turn that came to its end: the epoch that began, those whose values were destroyed, what was wrapped anew."""

    controller_id: UUID
    epoch: int
    left: tuple[int, ...]
    keys: int
    secrets: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a turn is: `step` is one of new, left, wrapped, copied, gone; `keys` those wrapped anew so far."""

    controller_id: UUID | None
    step: str
    keys: int = 0


Told = Callable[[Progress], None]


def _silent(_: Progress) -> None:
    """Whoever is not asked to report, does not."""


def turn(controller_id: UUID, *, at: datetime, actor: Actor = SYSTEM, told: Told = _silent) -> Turned:
    """Turn a controller's epoch, or finish the turn that was begun. Raises Fault where an old reader outlasts PATIENCE,
    or where the store takes no recovery copy: both keys stay then, and the same call goes on."""
    return turn_many([controller_id], at=at, actor=actor, told=told)[0]


def turn_many(
    controller_ids: Sequence[UUID], *, at: datetime, actor: Actor = SYSTEM, told: Told = _silent
) -> list[Turned]:
    """Turn the epochs of many controllers; the recovery copies are taken once for all of them. One whose keys do not
    open keeps none of the others from turning: it is raised once these are through."""
    numbers = [(one, _number(one)) for one in controller_ids]
    # The number is read first: whoever is overtaken in between makes the key that is there, not one for the next turn.
    coming = [(one, number + 1) for one, number in numbers if not _left(one, number)]
    for controller_id, number in coming:
        provider().create_epoch_key(controller_id, number)
        told(Progress(controller_id, "new"))
    if coming and recovery.configured():
        recovery.keep_epochs(at=at)
        told(Progress(None, "copied"))
    for controller_id, number in coming:
        _leave(controller_id, number, at)
        told(Progress(controller_id, "left"))
    wrapped, lost = _rewrap_all(controller_ids, told)
    _await_readers(bulk.execute(_MARK, [])[0][0])
    with recovery.alone():
        left = {(one, number) for one in wrapped for number in _left(one, wrapped[one].epoch)}
        if left and recovery.configured():
            recovery.keep(at=at, without=left)
            told(Progress(None, "copied"))
        done = [_destroy(one, wrapped[one], at=at, actor=actor, told=told) for one in wrapped]
    if lost is not None:
        raise lost
    return done


def turn_due(*, at: datetime) -> int:
    """Turn the epochs that are due, and finish what was begun; return how many controllers. Call it again and again."""
    ids = due(at=at)
    if ids:
        turn_many(ids, at=at)
    return len(ids)


def due(*, at: datetime) -> list[UUID]:
    """Return the controllers whose newest epoch began MANDATA_EPOCH_DAYS ago, or whose turn was not finished."""
    before = at - timedelta(days=env().epoch_days)
    old = Epoch.objects.filter(left_at=None, began_at__lte=before).values_list("controller_id", flat=True)
    begun = Epoch.objects.filter(destroyed_at=None).exclude(left_at=None).values_list("controller_id", flat=True)
    return sorted({*old, *begun})


def _number(controller_id: UUID) -> int:
    number = Epoch.objects.filter(controller_id=controller_id).aggregate(newest=Max("number"))["newest"]
    if number is None:
        raise Fault(
            f"{controller_id} has no keys.", remedy="Give the id of a controller that `mandata keys status` shows."
        )
    return int(number)


def _left(controller_id: UUID, before: int) -> list[int]:
    """Return the epochs before the given one that were left and whose values are there still."""
    epochs = Epoch.objects.filter(controller_id=controller_id, number__lt=before, destroyed_at=None)
    return list(epochs.exclude(left_at=None).order_by("number").values_list("number", flat=True))


def _unfinished(controller_id: UUID) -> bool:
    return bool(_left(controller_id, _number(controller_id)))


def _leave(controller_id: UUID, number: int, at: datetime) -> None:
    """Leave the epoch before `number`, unless somebody else did so meanwhile."""
    with transaction.atomic():
        await_holders(controller_id)
        epochs = Epoch.objects.filter(controller_id=controller_id)
        if epochs.filter(number__gte=number).exists() or _unfinished(controller_id):
            return
        epochs.filter(left_at=None).update(left_at=at)
        Epoch.objects.create(controller_id=controller_id, number=number, began_at=at)


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """Nothing lies under an epoch before `epoch` any more."""

    epoch: int
    keys: int
    secrets: int


def _rewrap_all(controller_ids: Sequence[UUID], told: Told) -> tuple[dict[UUID, _Wrapped], Fault | None]:
    wrapped: dict[UUID, _Wrapped] = {}
    lost: Fault | None = None
    for one in controller_ids:
        try:
            wrapped[one] = _rewrap(one, told)
        except (KeysMissing, DoesNotOpen) as error:
            log("vault").error("turning.key_missing", controller=str(one))
            lost = lost or error
    return wrapped, lost


def _rewrap(controller_id: UUID, told: Told) -> _Wrapped:
    """Wrap everything anew that lies under older epochs."""
    epoch = _number(controller_id)
    cipher = _Ciphers(controller_id, epoch)
    secrets, keys, rounds = 0, 0, 0
    while True:
        secrets += _rewrap_secrets(cipher)
        after: UUID | None = UUID(int=0)
        while after is not None:
            after, count = _rewrap_chunk(cipher, after)
            keys += count
            told(Progress(controller_id, "wrapped", keys))
        with scope(controller_id):
            if not bulk.execute(_LEFT_OVER, [controller_id, epoch] * 2)[0][0]:
                return _Wrapped(epoch, keys, secrets)
        rounds += 1
        time.sleep(min(_PAUSE * rounds, 1.0))  # somebody holds some of them: an erasure, or another one who turns


class _Ciphers:
    """The keys of the epochs of one turn."""

    def __init__(self, controller_id: UUID, epoch: int) -> None:
        self.controller_id, self.epoch = controller_id, epoch
        self._of: dict[int, AESGCM] = {}

    def of(self, epoch: int) -> AESGCM:
        if epoch not in self._of:
            self._of[epoch] = AESGCM(provider().epoch_key(self.controller_id, epoch))
        return self._of[epoch]


def _rewrap_chunk(cipher: _Ciphers, after: UUID) -> tuple[UUID | None, int]:
    """Wrap the next chunk anew in a transaction of its own; return its last holder (None at the end) and its size."""
    values = {"controller": cipher.controller_id, "after": after, "epoch": cipher.epoch, "chunk": CHUNK}
    with scope(cipher.controller_id):
        rows = bulk.execute(_NEXT, values, binary=True, prepare=True)
        if not rows:
            return None, 0
        of = {epoch: cipher.of(epoch) for epoch in {row[1] for row in rows}}
        noise = os.urandom(rules.NONCE_BYTES * len(rows))
        wrapped = rules.rewrap_many(of, cipher.of(cipher.epoch), cipher.controller_id, rows, noise)
        values |= {"holders": [row[0] for row in rows], "wrapped": wrapped}
        bulk.execute(_REWRAP, values, prepare=True)
    return rows[-1][0], len(rows)


def _rewrap_secrets(cipher: _Ciphers) -> int:
    controller_id, epoch, count = cipher.controller_id, cipher.epoch, 0
    with scope(controller_id):
        for row in Secret.objects.filter(epoch__lt=epoch).select_for_update(skip_locked=True):
            owner = secret_owner(row.purpose)
            secret = rules.unwrap(cipher.of(row.epoch), controller_id, owner, bytes(row.wrapped))
            fresh = rules.wrap(cipher.of(epoch), controller_id, owner, secret, os.urandom(rules.NONCE_BYTES))
            Secret.objects.filter(purpose=row.purpose, version=row.version).update(epoch=epoch, wrapped=fresh)
            count += 1
    return count


def _await_readers(mark: str) -> None:
    """Wait until no statement and no snapshot is left that saw keys wrapped under the old epoch."""
    until = time.monotonic() + PATIENCE
    while bulk.execute(_OLD_READERS, [mark])[0][0]:
        if time.monotonic() > until:
            raise Fault(
                "Somebody has been reading from before the keys were renewed for too long; the old key stays for now.",
                remedy="Look for an old transaction in pg_stat_activity; then run the same again.",
            )
        time.sleep(_PAUSE)


def _destroy(controller_id: UUID, wrapped: _Wrapped, *, at: datetime, actor: Actor, told: Told) -> Turned:
    left = _left(controller_id, wrapped.epoch)
    for number in left:
        provider().destroy_epoch_key(controller_id, number)
    told(Progress(controller_id, "gone", wrapped.keys))
    with scope(controller_id):
        ended = Epoch.objects.filter(controller_id=controller_id, number__in=left, destroyed_at=None)
        if left and ended.update(destroyed_at=at):
            keys = bulk.execute(_COUNT, [controller_id], prepare=True)[0][0]
            body = {"epoch": wrapped.epoch, "destroyed": left, "keys": keys}
            append(kind="vault.epoch_turned", body=body, actor=actor, at=at, clause="Art. 32 GDPR")
    return Turned(controller_id, wrapped.epoch, tuple(left), wrapped.keys, wrapped.secrets)
