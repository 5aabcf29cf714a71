"""Workers' heartbeats, and the alarms: raised once, told to the operator once, and told again when they are over."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from mandata.accounts import selectors as accounts
from mandata.accounts.services.notices import send_notice
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.tenancy import INSTANCE, scope
from mandata.watching import letters, rules, selectors, sensing
from mandata.watching.models import Alarm, Mark, Worker

KIND: Final = "watching.alarm"
_LOCK: Final = 0x77617463  # "watc": one worker looks at a time
_KEPT: Final = timedelta(days=90)
"""How long alarms that are over are kept."""

_log = log("watching")


def enter(*, worker_id: UUID, host: str, at: datetime) -> None:
    """Enter a worker that begins. It takes the place of one of its host that was killed, so that nobody is missed."""
    with transaction.atomic():
        gone = Worker.objects.filter(host=host[:120], seen_at__lt=at - timedelta(seconds=15)).order_by("seen_at")
        Worker.objects.filter(id__in=list(gone.values_list("id", flat=True)[:1])).delete()
        Worker.objects.filter(seen_at__lt=at - rules.FORGOTTEN).delete()
        Worker.objects.create(id=worker_id, host=host[:120], started_at=at, seen_at=at)


def beat(*, worker_id: UUID, loops: Mapping[str, tuple[datetime, float]], at: datetime) -> None:
    """A worker lives: when each of its loops last went round, how often it is to, what its host's folders say."""
    told = {name: [last.isoformat(), every] for name, (last, every) in loops.items()}
    Worker.objects.filter(id=worker_id).update(seen_at=at, loops=told, readings=sensing.readings(at=at))


def leave(*, worker_id: UUID) -> None:
    """A worker ends as it was asked to, and is not missed."""
    Worker.objects.filter(id=worker_id).delete()


def watch_due(*, at: datetime) -> int:
    """One round of the worker's loop: raise and close alarms, and tell the operator; return how many changed.

    Of several workers one does it at a time; the others pass it over.
    """
    read = selectors.readings(at)  # before the scope is opened: it opens those of others
    with scope(INSTANCE), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        changed = _compare(read, at)
        _mark(read, at)
        Alarm.objects.filter(over_at__lt=at - _KEPT).delete()
    return changed


def _compare(read: rules.Readings, at: datetime) -> int:
    """Begin what is new, end what is gone, each with its mail, in the open transaction."""
    held = {(row.code, row.about): row for row in Alarm.objects.select_for_update().filter(over_at=None)}
    found = {one.key: one for one in rules.alarms(read, ringing=held.keys())}
    begun = [one for key, one in found.items() if key not in held]
    over = [row for key, row in held.items() if key not in found]
    for one in begun:
        row = Alarm.objects.create(code=one.code, about=one.about[:120], evidence=one.evidence, began_at=at)
        _tell(row, over=False, at=at)
        _log.warning("alarm.began", code=one.code, about=one.about)
    for row in over:
        row.over_at = at
        row.save(update_fields=["over_at"])
        _tell(row, over=True, at=at)
        _log.info("alarm.over", code=row.code, about=row.about)
    return len(begun) + len(over)


def _tell(row: Alarm, *, over: bool, at: datetime) -> None:
    said: dict[str, Any] = letters.letter(
        row.code, row.about, row.evidence, began_at=row.began_at, over_at=at if over else None,
        language=accounts.holder().language,
    )  # fmt: skip
    for reach in accounts.reached("notices")[:1]:
        send_notice(
            to=reach.address, to_name=reach.name, subject=said["subject"], text=said["text"], kind=KIND, at=at,
            sender_name=env().operator_name,
        )  # fmt: skip


def _mark(read: rules.Readings, at: datetime) -> None:
    """Keep what the number of unknown messages is, once a window."""
    mark = Mark.objects.filter(name="unknown").first()
    if mark is None or at - mark.at >= rules.WINDOW:
        Mark.objects.update_or_create(name="unknown", defaults={"value": read.unknown, "at": at})
