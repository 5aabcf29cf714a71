"""Putting a recovery copy in place, in one transaction."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from mandata.foundation import canonical
from mandata.infra import bulk
from mandata.infra.tenancy import scope
from mandata.vault import framing
from mandata.vault.models import Epoch
from mandata.vault.providers import provider

_UPDATE: Final = """
update vault_subject_key k set epoch = n.epoch, wrapped = n.wrapped
from unnest(%(holders)b::uuid[], %(epochs)b::int4[], %(wrapped)b::bytea[]) as n (holder, epoch, wrapped)
where k.controller_id = %(controller)s and k.holder = n.holder and k.epoch <> all(%(live)b::int4[])
returning 1
"""
_DELETE_BETWEEN: Final = """
delete from vault_subject_key where controller_id = %(controller)s and holder > %(after)s and holder <= %(last)s
and holder <> all(%(holders)b::uuid[]) and (holder < %(made)s or substr(holder::text, 15, 1) <> '7') returning 1
"""
_DELETE_AFTER: Final = """
delete from vault_subject_key where controller_id = %s and holder > %s
and (holder < %s or substr(holder::text, 15, 1) <> '7') returning 1
"""
# Whose id says (UUIDv7: milliseconds in front) that they came after the copy, was not destroyed before it, whatever is
# believed of the state that the database has.
_DELETE_DEAD: Final = "delete from vault_subject_key where controller_id = %s and epoch <> all(%s::int4[]) returning 1"
_DELETE_SECRETS: Final = "delete from vault_secret where controller_id = %s and epoch <> all(%s::int4[])"
SKEW: Final = timedelta(minutes=1)
"""By so much a copy must be younger than the database's state before what it does not have counts as destroyed: the two
instants may come from two clocks."""
_COLUMNS: Final = {"holder": "uuid", "epoch": "int4", "wrapped": "bytea"}


@dataclass(slots=True)
class Installed:
    """What came of a copy: `replaced` and `added` wrapped keys, `gone` those that the copy does not have and that no
    epoch's key opens any more."""

    at: datetime
    full: bool
    services: int = 0
    epochs: int = 0
    controllers: int = 0
    rows: int = 0
    replaced: int = 0
    added: int = 0
    gone: int = 0


def put(
    frames: Iterable[tuple[bytes, bytes]],
    *,
    at: datetime,
    state_at: datetime | None,
    told: Callable[[int], None] | None = None,
) -> Installed:
    """Put a copy's frames in place; see `Putting`."""
    with transaction.atomic():
        putting = Putting(at, state_at)
        for kind, body in frames:
            putting.take(kind, body)
            if told and kind == b"R":
                told(putting.done.rows)
        return putting.end()


@dataclass(slots=True)
class Putting:
    """A copy on its way into provider and database.

    A wrapped key of the database stays where its epoch's key is there (in the copy or in the provider): the database
    brought it along itself. Otherwise the copy's takes its place. One that the copy does not have is gone: it was
    destroyed before the copy was taken. So is, where the copy is younger than the database's state (by more than clocks
    differ), every key that the copy does not have: it was destroyed in between. Where a controller has no wrapped keys
    at all, the copy's are added. The provider gets its keys at the end only, once the copy's digest has been found to
    fit.
    """

    at: datetime
    state_at: datetime | None
    done: Installed = field(default_factory=lambda: Installed(datetime.min.replace(tzinfo=UTC), full=False))
    _services: dict[str, bytes] = field(default_factory=dict)
    _epochs: dict[tuple[UUID, int], tuple[int, bytes]] = field(default_factory=dict)
    _live: dict[UUID, set[int]] = field(default_factory=lambda: defaultdict(set))
    _fresh: bool = True
    _controller: UUID | None = None
    _empty: bool = False
    _after: UUID = UUID(int=0)

    def __post_init__(self) -> None:
        for controller_id, number in provider().epochs():
            self._live[controller_id].add(number)
        self._fresh = not self._live

    def take(self, kind: bytes, body: bytes) -> None:
        """Take one frame."""
        if kind == b"H":
            header = canonical.loads(body)
            self.done.at, self.done.full = datetime.fromisoformat(header["at"]), bool(header["full"])
        elif kind == b"S":
            name, key = framing.service_of(body)
            self._services[name] = key
        elif kind == b"K":
            controller_id, number, began_ms, key = framing.epoch_of(body)
            self._epochs[controller_id, number] = (began_ms, key)
            self._live[controller_id].add(number)
        elif kind == b"T":
            self._begin(UUID(bytes=body))
        elif kind == b"X":
            self._secrets(canonical.loads(body))
        elif kind == b"R":
            self._rows(framing.rows_of(body))

    def end(self) -> Installed:
        """Put everything else in place; return what came of it."""
        if self.done.full:
            self._close()
            known = set(Epoch.objects.values_list("controller_id", flat=True))
            for controller_id in known | {one for one, _ in self._epochs}:
                self._settle(controller_id)
        for name, key in self._services.items():
            # An empty keys folder may have made service keys of its own before this.
            provider().install_service_key(name, key, replace=self._fresh)
        for (controller_id, number), (_, key) in self._epochs.items():
            provider().install_epoch_key(controller_id, number, key)
        self.done.services, self.done.epochs = len(self._services), len(self._epochs)
        return self.done

    def _exact(self) -> bool:
        return self.state_at is not None and self.done.at - self.state_at >= SKEW

    def _made(self) -> UUID:
        """Return the first id that can have been made since the copy."""
        return UUID(int=int(self.done.at.timestamp() * 1000) << 80)

    def _begin(self, controller_id: UUID) -> None:
        self._close()
        self._controller, self._after = controller_id, UUID(int=0)
        self.done.controllers += 1
        with scope(controller_id):
            statement = "select 1 from vault_subject_key where controller_id = %s limit 1"
            self._empty = not bulk.execute(statement, [controller_id])

    def _close(self) -> None:
        """End a controller's rows: what comes after its last one the copy does not have."""
        if self._controller and self._exact() and not self._empty:
            with scope(self._controller):
                self.done.gone += len(bulk.execute(_DELETE_AFTER, [self._controller, self._after, self._made()]))
        self._controller = None

    def _secrets(self, secrets: list[tuple[str, int, int, str]]) -> None:
        assert self._controller
        rows = [(purpose, version, epoch, bytes.fromhex(wrapped)) for purpose, version, epoch, wrapped in secrets]
        columns = {"purpose": "text", "version": "int2", "epoch": "int4", "wrapped": "bytea"}
        with scope(self._controller):
            bulk.execute(_DELETE_SECRETS, [self._controller, list(self._live[self._controller])])
            bulk.insert("vault_secret", columns, rows, conflict="do nothing")

    def _rows(self, rows: list[framing.Row]) -> None:
        assert self._controller
        holders, epochs, wrapped = map(list, zip(*rows, strict=True))
        values = {
            "controller": self._controller, "holders": holders, "epochs": epochs, "wrapped": wrapped,
            "live": list(self._live[self._controller]), "after": self._after, "last": holders[-1], "made": self._made(),
        }  # fmt: skip
        self.done.rows += len(rows)
        with scope(self._controller):
            if self._empty:
                bulk.insert("vault_subject_key", _COLUMNS, rows)
                self.done.added += len(rows)
            else:
                self.done.replaced += len(bulk.execute(_UPDATE, values))
                if self._exact():
                    self.done.gone += len(bulk.execute(_DELETE_BETWEEN, values))
        self._after = holders[-1]

    def _settle(self, controller_id: UUID) -> None:
        """Let the epochs in the database be those whose keys are there, the newest of them the one in use."""
        live = list(self._live[controller_id])
        with scope(controller_id):
            self.done.gone += len(bulk.execute(_DELETE_DEAD, [controller_id, live]))
            bulk.execute(_DELETE_SECRETS, [controller_id, live])
        epochs = Epoch.objects.filter(controller_id=controller_id)
        known = set(epochs.values_list("number", flat=True))
        for number in set(live) - known:
            began_ms, _ = self._epochs.get((controller_id, number), (0, b""))
            if began_ms:  # otherwise an epoch to come: its key is there, and nothing lies under it
                began = datetime.fromtimestamp(began_ms / 1000, UTC)
                Epoch.objects.create(controller_id=controller_id, number=number, began_at=began)
        epochs.exclude(number__in=live).filter(left_at=None).update(left_at=self.at)
        epochs.exclude(number__in=live).filter(destroyed_at=None).update(destroyed_at=self.at)
        lives = epochs.filter(number__in=live).order_by("number")
        lives.update(destroyed_at=None)
        numbers = list(lives.values_list("number", flat=True))
        if numbers:
            epochs.filter(number__in=numbers[:-1], left_at=None).update(left_at=self.at)
            epochs.filter(number=numbers[-1]).update(left_at=None)
