"""Archives of everything (RET-3): asked for, made by a job, handed over, deleted when their time is over.

An archive lies in MANDATA_RETURNS, encrypted to the controller's own key, and appears there whole or not at all.
Whoever
makes one holds a lease that it renews; a killed worker's lease runs out and the next one begins anew, under another
name. No page and no link knows an archive before its row says `ready`.
"""

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from procrastinate.exceptions import AlreadyEnqueued

from mandata.accounts import selectors as accounts
from mandata.agreements import services as gates
from mandata.agreements.rules.facts import SERVICE, ExportFacts
from mandata.agreements.services import obligations
from mandata.agreements.services.authority import authorised
from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Fault, NotFound
from mandata.infra import age, clock
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.stores import Access, FolderStore, Store
from mandata.infra.tenancy import current_controller, scope
from mandata.record.services import append
from mandata.retention import letters
from mandata.retention.errors import BadReceiver, Gone
from mandata.retention.models import End, Link, Return
from mandata.retention.selectors import links
from mandata.retention.selectors import returns as selectors
from mandata.retention.services import archive, receivers, telling
from mandata.retention.services.receivers import Receiver
from mandata.vault.services import Vault

JOB: Final = "retention.make_return"
PLACE: Final = "retention_return.sealed"
LASTS: Final = timedelta(days=14)
"""How long an archive can be fetched; ours, no clause states it."""
LEASE: Final = timedelta(minutes=3)
BEAT: Final = 15.0
ATTEMPTS: Final = 5
ONE: Final = "retention.return"
"""The lock of all archives: one is made at a time, since a long one holds a worker's place that other jobs wait for."""
NOBODY: Final = Access("", "", "", "")
PEOPLE: Final = "tables/audience_subscriber.ndjson"
"""The file of an archive with a line for each data subject."""


class _Overtaken(Exception):
    """Somebody else makes this archive now."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an archive goes: `account` (a function of the console), `link` (mailed), `store` (a bucket that the
    controller names, with access to it), `folder` (of the operator's)."""

    how: str = "account"
    place: str = ""
    access: Access | None = field(default=None, repr=False)


def ask(*, receiver: Receiver, to: Destination, actor: Actor, at: datetime, queue: bool = True) -> UUID:
    """Ask for an archive of everything; return its id. Any time: while the agreement runs, and after its end.

    A member must be able to bind the controller. While one is being made, that one is returned. Raises NotAuthorised,
    GateRefused where the agreement does not let it out (any more), BadReceiver.
    """
    if actor.kind == "member":
        actor = authorised(actor.id or UUID(int=0))
    waiting = Return.objects.filter(state__in=["queued", "making"]).order_by("number").first()
    if waiting is not None:
        return UUID(str(waiting.id))
    if to.how == "folder" and actor.kind == "member":
        raise ValueError("only the operator names a folder")
    if to.how == "store":
        receivers.store(url=to.place, access=to.access or NOBODY)
    end = End.objects.exclude(state="withdrawn").values_list("id", flat=True).first()
    row = Return(id=clock.new_id(), end=end, how=to.how, place=to.place, recipient=receiver.recipient)
    row.number = 1 + (Return.objects.aggregate(last=Max("number"))["last"] or 0)
    row.identity, row.asked_by, row.asked_at = receiver.identity, str(actor)[:60], at
    facts = ExportFacts(purpose=SERVICE, at_end=end is not None)
    gates.ask(facts, about=row.id, actor=actor, at=at)
    if to.access is not None:
        vault = Vault.open()
        vault.create([row.id])
        said = {name: getattr(to.access, name) for name in Access.__slots__}
        row.sealed = vault.seal(row.id, PLACE, canonical.dumps(said))
    row.save(force_insert=True)
    body: dict[str, object] = {"return": row.id, "how": to.how, "key": hashlib.sha256(row.recipient.encode()).digest()}
    append(kind="retention.return_asked", body=body, actor=actor, at=at, clause=_clause(to.how), subject=row.id)
    if queue:
        _queue(row.id)
    return_id: UUID = row.id
    return return_id


def _clause(how: str) -> str:
    return "end.return" if how == "store" else "end.export"


def _queue(return_id: UUID) -> None:
    app.configure_task(JOB, queue="retention", queueing_lock=f"return:{return_id}", lock=ONE).defer(
        controller_id=str(current_controller()), return_id=str(return_id)
    )


def make(*, controller_id: UUID, return_id: UUID, now: Callable[[], datetime] = clock.now) -> bool:
    """Make an archive and hand it over; return whether it is ready now. Open no scope around it.

    Killed anywhere, the next call begins anew; of two at once, the second does nothing.
    """
    order = _begin(controller_id, return_id, now())
    if order is None:
        return False
    watch, digest = _Watch(controller_id, return_id, order.attempt, now), hashlib.sha256()
    recipients = age.recipients(order.recipient)
    try:
        with order.store() as store:
            plain = _closing(archive.pieces(controller_id, at=now(), told=watch.told))
            size = store.put(order.name, watch.over(_digested(age.encrypt(plain, recipients), digest)))
            if order.identity:
                store.put(f"{order.name}.identity.age", [order.identity])
        _ready(controller_id, order, size, digest.digest(), now())
    except _Overtaken:
        return False
    except (BadReceiver, Fault) as error:
        _failed(controller_id, order, error.message, now())
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Order:
    """What is made: under which name, for whom, to where."""

    return_id: UUID
    attempt: int
    how: str
    place: str
    recipient: str
    identity: bytes
    access: Access | None = field(repr=False)
    controller_id: UUID

    @property
    def name(self) -> str:
        return f"{self.controller_id}/{self.return_id}-{self.attempt}.zip.age"

    def store(self) -> AbstractContextManager[Store]:
        if self.how == "store":
            return receivers.reached(url=self.place, access=self.access or NOBODY)
        return nullcontext(FolderStore(folder()) if self.how != "folder" else _Folder(self.place))


class _Folder(FolderStore):
    """A folder of the operator's: the file lies in it under its own name, not in a folder of the controller's."""

    def __init__(self, place: str) -> None:
        from pathlib import Path

        super().__init__(Path(place))

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        return super().put(name.rpartition("/")[2], chunks)


def folder() -> Any:
    """Return the folder of archives, which is made where it is missing."""
    found = env().returns_folder
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def _begin(controller_id: UUID, return_id: UUID, at: datetime) -> _Order | None:
    with scope(controller_id):
        row = Return.objects.select_for_update().filter(id=return_id, state__in=["queued", "making"]).first()
        if row is None:
            return None
        alive = row.state == "making" and row.began_at is not None and abs(at - row.began_at) < LEASE
        if alive:
            return None
        if row.attempts >= ATTEMPTS:
            _end_failed(row, row.error or _("It was begun several times and never finished."), at)
            return None
        access = None
        if bytes(row.sealed):
            access = Access(**canonical.loads(Vault.open().unseal(row.id, PLACE, bytes(row.sealed))))
        values = {"state": "making", "began_at": at, "attempts": row.attempts + 1, "progress": {}, "part": ""}
        Return.objects.filter(id=return_id).update(**values)
        identity = bytes(row.identity)
        return _Order(return_id, row.attempts + 1, row.how, row.place, row.recipient, identity, access, controller_id)


class _Watch:
    """Renews the lease while pieces go by, keeps how far it is, and stops whoever was overtaken."""

    def __init__(self, controller_id: UUID, return_id: UUID, attempt: int, now: Callable[[], datetime]) -> None:
        self._where, self._attempt, self._now = (controller_id, return_id), attempt, now
        self._progress: dict[str, int] = {}
        self._part = ""
        self._beat = time.monotonic()

    def told(self, name: str, rows: int) -> None:
        """Keep how many rows a file has; called from the thread that makes them."""
        self._part = name
        if rows:
            self._progress[name] = rows

    def over(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Let pieces through, renewing the lease every `BEAT` seconds."""
        for piece in pieces:
            yield piece
            if time.monotonic() - self._beat > BEAT:
                self.renew()
        self.renew()

    def renew(self) -> None:
        """Say that somebody is at it. Raises _Overtaken."""
        controller_id, return_id = self._where
        with scope(controller_id):
            mine = Return.objects.filter(id=return_id, attempts=self._attempt, state="making")
            values = {"began_at": self._now(), "part": self._part[:80], "progress": dict(self._progress)}
            if not mine.update(**values):
                raise _Overtaken
        self._beat = time.monotonic()


def _closing(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pull pieces from whatever thread asks, and close that thread's connections at the end."""
    home = threading.current_thread()
    try:
        yield from pieces
    finally:
        if threading.current_thread() is not home:
            connections.close_all()


def _digested(pieces: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece


def _ready(controller_id: UUID, order: _Order, size: int, digest: bytes, at: datetime) -> None:
    with scope(controller_id):
        row = (
            Return.objects.select_for_update()
            .filter(id=order.return_id, attempts=order.attempt, state="making")
            .first()
        )
        if row is None:
            raise _Overtaken
        row.state, row.size, row.digest, row.made_at, row.part, row.sealed = "ready", size, digest, at, "", b""
        row.object_name = order.name.partition("/")[2]
        if order.how == "store":
            row.delivered_at = at
        elif order.how != "folder":
            row.expires_at = at + LASTS
        row.save()
        body: dict[str, object] = {"return": row.id, "bytes": size, "sha256": digest, "tables": len(row.progress)}
        clause = _clause(row.how)
        append(kind="retention.returned", body=body, actor=SYSTEM, at=at, clause=clause, subject=row.id)
        if order.access is not None:
            Vault.open().destroy([row.id])
        _tell(row, at)
        if row.delivered_at is not None:
            _handed_over(row, at)


def _tell(row: Return, at: datetime) -> None:
    if row.how != "link" or row.expires_at is None:
        return
    card, expires_at = accounts.controller(), row.expires_at
    token = telling.new_link("archive", row.id, expires_at=expires_at)
    letter = letters.archive_ready(card, number=row.number, token=token, expires_at=expires_at, language=card.language)
    telling.serve(letter, kind="end.archive", party="controller", clause="end.export", about=row.id, at=at)


def hand_over(*, return_id: UUID, actor: Actor, at: datetime) -> None:
    """Note that the operator gave an archive that lies in a folder of its own to the controller: only from then on it
    counts as returned. Raises NoSuchReturn, Gone where none lies in a folder."""
    selectors.one(return_id)
    row = Return.objects.select_for_update().get(id=return_id)
    if row.how != "folder" or row.state != "ready":
        raise Gone(
            _("This archive is not one that lies in a folder of the operator's."),
            remedy=_("What is fetched, or lies in the controller's own store, counts by itself."),
        )
    if row.delivered_at is None:
        row.delivered_at = at
        row.save(update_fields=["delivered_at"])
        append(kind="retention.return_handed_over", body={"return": row.id}, actor=actor, at=at, subject=row.id)
        _handed_over(row, at)


def _handed_over(row: Return, at: datetime) -> None:
    """What was owed is met: the controller has everything."""
    if row.end is not None:
        evidence = {"return": str(row.id), "sha256": bytes(row.digest).hex()}
        duties = ("end.return", "end.request")
        obligations.meet_about(about=row.end, duties=duties, evidence=evidence, actor=SYSTEM, at=at)


def _failed(controller_id: UUID, order: _Order, message: str, at: datetime) -> None:
    with scope(controller_id):
        row = Return.objects.select_for_update().filter(id=order.return_id, attempts=order.attempt).first()
        if row is not None and row.state == "making":
            _end_failed(row, message, at)


def _end_failed(row: Return, message: str, at: datetime) -> None:
    row.state, row.error, row.sealed = "failed", message[:200], b""
    row.save()
    append(kind="retention.return_failed", body={"return": row.id}, actor=SYSTEM, at=at, subject=row.id)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file on its way out: its name, its bytes, piece by piece, and how many people's data is in it."""

    name: str
    size: int
    pieces: Iterator[bytes]
    people: int


def fetch(*, return_id: UUID, actor: Actor, at: datetime) -> Fetched:
    """Hand an archive over, in the open scope, and note that somebody began to. It counts as fetched when its last byte
    was taken, and a download that broke never. Raises NoSuchReturn, Gone."""
    found = selectors.one(return_id)
    row = Return.objects.get(id=return_id)
    if row.state != "ready" or row.expires_at is None or row.expires_at <= at:
        raise Gone(_("This archive is not there (any more)."), remedy=_("Ask for a new one."))
    append(kind="retention.return_opened", body={"return": row.id}, actor=actor, at=at, subject=row.id)
    pieces = FolderStore(folder()).get(f"{row.controller_id}/{row.object_name}")
    people = int(row.progress.get(PEOPLE, 0))
    return Fetched(f"mandata-return-{found.number}.zip.age", row.size, _whole(pieces, row, actor, at), people)


def _whole(pieces: Iterator[bytes], row: Return, actor: Actor, at: datetime) -> Iterator[bytes]:
    """Let an archive through; behind its last byte, and if they were all, note that it was fetched."""
    taken = 0
    for piece in pieces:
        yield piece
        taken += len(piece)
    if taken != row.size:
        return
    with scope(row.controller_id):
        kept = Return.objects.select_for_update().get(id=row.id)
        append(kind="retention.return_fetched", body={"return": row.id}, actor=actor, at=at, subject=row.id)
        if kept.fetched_at is None:
            kept.fetched_at = at
            kept.save(update_fields=["fetched_at"])
            _handed_over(kept, at)


def identity(return_id: UUID) -> bytes:
    """Return the key file of an archive that was made for a passphrase. Raises Gone where there is none, NotFound."""
    row = Return.objects.filter(id=return_id).first()
    if row is None:
        raise NotFound(_("There is no such archive."), remedy=_("Look at the list of your archives."))
    if row.state == "gone" or not bytes(row.identity):
        raise Gone(_("This archive is opened by your own key; there is no key file."))
    return bytes(row.identity)


def fetch_by_link(*, token: str, at: datetime) -> Fetched:
    """Hand an archive over to who has its link. Opens the scope itself. Raises Gone."""
    found = links.linked(token, "archive", at=at)
    with scope(found.controller_id):
        return fetch(return_id=found.thing, actor=SYSTEM, at=at)


def expire(*, at: datetime) -> int:
    """Delete archives that have had their time, and files of attempts that nobody finished; return how many."""
    late = Return.objects.select_for_update().filter(state="ready", expires_at__lte=at)
    gone = list(late)
    for row in gone:
        row.state, row.gone_at, row.identity = "gone", at, b""
        row.save()
        append(kind="retention.return_deleted", body={"return": row.id}, actor=SYSTEM, at=at, subject=row.id)
    Link.objects.filter(controller_id=current_controller(), purpose="archive", expires_at__lte=at).delete()
    sweep(current_controller())
    return len(gone)


def sweep(controller_id: UUID) -> None:
    """Delete the files of a controller that no archive of its own is: of attempts that were killed, of what is gone."""
    with scope(controller_id):
        live = Return.objects.filter(state__in=["making", "ready"])
        names = {f"{row.id}-{row.attempts}.zip.age" for row in live}
    store = FolderStore(folder())
    for one in list(store.names(f"{controller_id}/")):
        last = one.name.partition("/")[2].removesuffix(".identity.age")
        if last not in names:
            store.delete(one.name)


def resume(*, at: datetime) -> int:
    """Queue the archives of the open scope again whose maker went away; return how many."""
    count = 0
    for row in Return.objects.filter(state__in=["queued", "making"]):
        if row.state == "queued" or row.began_at is None or abs(at - row.began_at) >= LEASE:
            with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
                _queue(row.id)
            count += 1
    return count
