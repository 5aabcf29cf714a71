"""Packs of evidence: asked for, made by a job, kept sealed until their link expires (AUD-3).

A pack is written to a file without a name and then sealed piece by piece into the table, in one transaction with the
word that it is ready. Whatever is killed before leaves nothing: the job is taken up again and makes it anew, once. Who
asks twice while one is being made for the same period gets that one. Verbs open scopes themselves where they say it.
"""

import contextlib
import hashlib
import secrets
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import BinaryIO, Final
from uuid import UUID

import psycopg
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils.translation import gettext as _
from procrastinate.exceptions import AlreadyEnqueued

from mandata.audience.services.numbers import next_number
from mandata.audits import selectors
from mandata.audits.errors import BadLink, BadRequest, NoSuch, WrongState
from mandata.audits.models import Pack, PackKey, Piece
from mandata.audits.rules import codes
from mandata.audits.services import evidence
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra import clock
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.tenancy import current_controller, scope
from mandata.record import packs
from mandata.record.errors import NothingToPack
from mandata.record.services import append
from mandata.record.services.stamping import certificates
from mandata.vault.services import Vault

JOB: Final = "audits.pack"
CLAUSE: Final = "audit.information"
_WAITING: Final = ("queued", "working")
LOST_AFTER: Final = timedelta(hours=1)
"""A pack that is not ready by then may have lost its job; one that is still being made is made once all the same."""
_BATCH: Final = 8
"""Pieces sealed and written at a time."""


def ask(*, since: datetime, until: datetime, actor: Actor, at: datetime, queue: bool = True) -> UUID:
    """Ask for a pack of a period and return its id. In the scope. Raises BadRequest."""
    if since >= until or since > at:
        raise BadRequest(_("A period begins before it ends, and not in the future."), clause=CLAUSE)
    _lock()
    known = Pack.objects.filter(since=since, until=until, state__in=_WAITING).values_list("id", flat=True).first()
    if known is not None:
        if queue:  # whose job came to an end without it is taken up again; one that is being made is made once
            _queue(UUID(str(known)))
        return UUID(str(known))
    own, number = new_id(), next_number(Pack)
    Pack.objects.create(id=own, number=number, since=since, until=until, asked_by=str(actor)[:60], asked_at=at)
    body: dict[str, object] = {"pack": own, "number": number, "since": since, "until": until}
    append(kind="audit.pack_asked", body=body, actor=actor, at=at, clause=CLAUSE)
    if queue:
        _queue(own)
    return own


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"packs:{current_controller()}"])


def _queue(pack_id: UUID) -> None:
    own = f"pack {pack_id}"
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task(JOB, lock=own, queueing_lock=own).defer(
            controller_id=str(current_controller()), pack_id=str(pack_id)
        )


def make(*, controller_id: UUID, pack_id: UUID, now: Callable[[], datetime] = clock.now) -> bool:
    """Make a pack that waits; return whether it was made now. Open no scope around it.

    Run again after a crash it begins anew; of a pack that is ready nothing happens.
    """
    at = now()
    with scope(controller_id):
        row = Pack.objects.select_for_update().filter(id=pack_id, state__in=_WAITING).first()
        if row is None:
            return False
        since, until = row.since, row.until
        Pack.objects.filter(id=pack_id).update(state="working", total=evidence.count(), done=0, error="")
    with tempfile.TemporaryFile(dir=env().var) as file:
        try:
            made = write(
                file, controller_id, since=since, until=until, at=at, done=lambda: _step(controller_id, pack_id)
            )
            return _keep(file, controller_id, pack_id, made, at)
        except NothingToPack as nothing:
            _fail(controller_id, pack_id, nothing.code, at)
            return False
        except (DatabaseError, InterfaceError, psycopg.Error):
            raise  # the job is run again
        except Exception:  # a full disk, say: nobody waits for it any more, and it can be asked for anew
            _fail(controller_id, pack_id, "error", at)
            raise


def write(
    out: BinaryIO,
    controller_id: UUID,
    *,
    since: datetime,
    until: datetime,
    at: datetime,
    done: Callable[[], None] = lambda: None,
) -> packs.Packed:
    """Write a pack of evidence to a file; `done` is called after each document. Open no scope around it.

    Raises NothingToPack.
    """

    def files(first: int, last: int) -> Iterator[packs.Document]:
        yield from evidence.documents(controller_id, first, last, since=since, until=until, at=at, done=done)

    return packs.write(
        out, controller_id, since=since, until=until, at=at, certificates=certificates(), documents=files
    )


def _step(controller_id: UUID, pack_id: UUID) -> None:
    with scope(controller_id), connection.cursor() as cursor:
        cursor.execute("update audits_pack set done = done + 1 where id = %s", [pack_id])


def _fail(controller_id: UUID, pack_id: UUID, error: str, at: datetime) -> None:
    with scope(controller_id):
        Pack.objects.filter(id=pack_id).update(state="failed", error=error[:200])
        append(kind="audit.pack_failed", body={"pack": pack_id, "error": error[:80]}, actor=SYSTEM, at=at)


def _keep(file: BinaryIO, controller_id: UUID, pack_id: UUID, made: packs.Packed, at: datetime) -> bool:
    """Seal the file into the table, in one transaction with the word that it is ready; False where that is not wanted
    any more."""
    size = file.tell()
    file.seek(0)
    with scope(controller_id):
        row = Pack.objects.select_for_update().filter(id=pack_id, state="working").first()
        if row is None:  # somebody else has made it meanwhile, or it is not wanted any more
            return False
        Piece.objects.filter(pack=pack_id).delete()
        vault = Vault.open()
        vault.destroy([pack_id])
        key, number = vault.create([pack_id])[pack_id], 0
        while batch := [piece for piece in (file.read(codes.PIECE) for _one in range(_BATCH)) if piece]:
            Piece.objects.bulk_create(
                Piece(
                    id=new_id(),
                    pack=pack_id,
                    number=number + place,
                    sealed=vault.seal(pack_id, f"{selectors.PIECE}.{number + place}", piece, key=key),
                )
                for place, piece in enumerate(batch)
            )
            number += len(batch)
        row.state, row.ready_at, row.expires_at = "ready", at, at + codes.LINK_LASTS
        row.size, row.entries, row.digest, row.done = size, made.entries, made.digest, row.total
        row.save()
        body: dict[str, object] = {"pack": pack_id, "entries": made.entries, "manifest": made.digest, "size": size}
        packs.enter(controller_id, made, since=row.since, until=row.until, at=at)
        append(kind="audit.pack_ready", body=body, actor=SYSTEM, at=at, clause=CLAUSE)
        return True


def link(*, pack_id: UUID, actor: Actor, at: datetime) -> str:
    """Make a link to a pack and return its token, which is told once: to give to an auditor who has no account.

    In the scope. Raises NoSuch, WrongState where the pack is not ready.
    """
    row = Pack.objects.filter(id=pack_id).first()
    if row is None:
        raise NoSuch(_("There is no such pack."))
    if row.state != "ready" or row.expires_at is None or row.expires_at <= at:
        raise WrongState(_("This pack is not there to be fetched."), clause=CLAUSE, remedy=_("Ask for a new one."))
    token = secrets.token_urlsafe(32)
    PackKey.objects.create(
        token_hash=hashlib.sha256(token.encode()).digest(),
        controller_id=current_controller(),
        pack=pack_id,
        expires_at=row.expires_at,
    )
    append(kind="audit.pack_linked", body={"pack": pack_id}, actor=actor, at=at, clause=CLAUSE)
    return token


def shown(*, token: str, at: datetime) -> selectors.PackView:
    """Return the pack behind a link without handing it out; nothing is recorded. Needs no scope. Raises BadLink."""
    controller_id, pack_id = selectors.behind(token, at=at)
    with scope(controller_id):
        found = selectors.pack(pack_id)
    if found.state != "ready":
        raise BadLink(_("This pack is gone; its time has passed."), remedy=_("Ask for a new one."))
    return found


def fetch(*, token: str, at: datetime) -> tuple[selectors.PackView, Iterator[bytes]]:
    """Return the pack behind a link and its bytes, piece by piece, and note that it was fetched. Needs no scope.

    Raises BadLink."""
    found = shown(token=token, at=at)
    controller_id, pack_id = selectors.behind(token, at=at)
    return found, read(controller_id=controller_id, pack_id=pack_id, actor=SYSTEM, at=at)


def read(*, controller_id: UUID, pack_id: UUID, actor: Actor, at: datetime) -> Iterator[bytes]:
    """Give a pack's bytes, one piece in memory at a time, and note that it was fetched. Open no scope around it.

    Raises NoSuch where it is not there, before the first byte.
    """
    with scope(controller_id):
        row = Pack.objects.filter(id=pack_id, state="ready", expires_at__gt=at).first()
        if row is None:
            raise NoSuch(_("This pack is not there to be fetched."))
        vault = Vault.open()
        key = vault.key(pack_id)
        Pack.objects.filter(id=pack_id).update(fetched_at=at)
        append(kind="audit.pack_fetched", body={"pack": pack_id}, actor=actor, at=at, clause=CLAUSE)
        number, count = 0, Piece.objects.filter(pack=pack_id).count()
    return _pieces(controller_id, pack_id, vault, key, number, count)


def _pieces(controller_id: UUID, pack_id: UUID, vault: Vault, key: bytes, number: int, count: int) -> Iterator[bytes]:
    while number < count:
        with scope(controller_id):
            sealed = Piece.objects.filter(pack=pack_id, number=number).values_list("sealed", flat=True).first()
        if sealed is None:
            return  # it expired while it was fetched: the download ends short, and no ZIP opens that is cut
        yield vault.unseal_with(pack_id, f"{selectors.PIECE}.{number}", bytes(sealed), key=key)
        number += 1


def go_on(*, at: datetime) -> int:
    """Queue again what has waited or been in the making for long: its job was given up, or went with its worker for
    good. Return how many that were. In the scope."""
    left = list(Pack.objects.filter(state__in=_WAITING, asked_at__lte=at - LOST_AFTER).values_list("id", flat=True))
    for pack_id in left:
        _queue(pack_id)
    return len(left)


def expire(*, at: datetime) -> int:
    """Delete packs whose time has passed, with their keys; return how many. In the scope."""
    gone = list(Pack.objects.filter(state="ready", expires_at__lte=at).values_list("id", flat=True))
    for pack_id in gone:
        Piece.objects.filter(pack=pack_id).delete()
        Pack.objects.filter(id=pack_id).update(state="expired")
        append(kind="audit.pack_expired", body={"pack": pack_id}, actor=SYSTEM, at=at, clause=CLAUSE)
    if gone:
        Vault.open().destroy(gone)
    PackKey.objects.filter(controller_id=current_controller(), expires_at__lte=at).delete()
    return len(gone)
