"""Reads of the manual holdings and of what is to be done in them, inside a controller's scope."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from mandata.foundation import canonical
from mandata.foundation.errors import NotFound
from mandata.holdings.models import Manual, Sought, Task
from mandata.holdings.sought import PLACE
from mandata.vault.services import Vault

PEOPLE: int = 500
"""How many of the people of one erasure are shown at once."""


class NoSuchManual(NotFound):
    """There is no such manual holding here."""

    code = "holdings.no_such_manual"


class NoSuchTask(NotFound):
    """There is no such task here."""

    code = "holdings.no_such_task"


@dataclass(frozen=True, slots=True)
class ManualView:
    """A manual holding; `waiting` is how many of its tasks are open."""

    id: UUID
    kind: str
    name: str
    place: str
    category: str
    subjects: str
    purpose: str
    retention: str
    post: str
    keeper: str
    registered_at: datetime
    changed_at: datetime
    retired_at: datetime | None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class TaskView:
    """What is to be done, or was done, in a manual holding, and because of what (`about_kind`, `about`)."""

    id: UUID
    manual: ManualView
    act: str
    about_kind: str
    about: UUID
    people: int
    opened_at: datetime
    due_at: datetime
    state: str
    done_at: datetime | None
    done_by: UUID | None
    found: int | None
    remark: str
    evidence: str
    late: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a task searches for."""

    subject: UUID
    email: str = field(repr=False)
    name: str = field(repr=False)


def manuals(*, retired: bool = False) -> list[ManualView]:
    """Return the manual holdings by name: those in use, or those that are retired."""
    rows = Manual.objects.filter(retired_at__isnull=not retired).order_by("name", "id")
    return _views(rows)


def manual(manual_id: UUID) -> ManualView:
    """Return a manual holding. Raises NoSuchManual."""
    found = _views(Manual.objects.filter(id=manual_id))
    if not found:
        raise NoSuchManual(_("There is no such holding."))
    return found[0]


def _views(rows: "QuerySet[Manual]") -> list[ManualView]:
    found = list(rows)
    open_ = Task.objects.filter(state="open", manual__in=[row.id for row in found])
    waiting = dict(open_.order_by().values_list("manual").annotate(Count("id")))
    return [
        ManualView(
            row.id,
            row.kind,
            row.name,
            row.place,
            row.category,
            row.subjects,
            row.purpose,
            row.retention,
            row.post,
            row.keeper,
            row.registered_at,
            row.changed_at,
            row.retired_at,
            waiting.get(row.id, 0),
        )
        for row in found
    ]


def tasks(*, state: str = "open", manual_id: UUID | None = None, at: datetime, limit: int = 100) -> list[TaskView]:
    """Return tasks: open ones by due time, others from the newest."""
    rows = Task.objects.filter(state=state).order_by(*(("due_at", "id") if state == "open" else ("-done_at", "-id")))
    if manual_id is not None:
        rows = rows.filter(manual=manual_id)
    return _tasks(rows[:limit], at)


def tasks_about(about: UUID, *, at: datetime) -> list[TaskView]:
    """Return the tasks of a case, an erasure or a batch, open ones first."""
    return _tasks(Task.objects.filter(about=about).order_by("-state", "due_at", "id"), at)


def task(task_id: UUID, *, at: datetime) -> TaskView:
    """Return a task. Raises NoSuchTask."""
    found = _tasks(Task.objects.filter(id=task_id), at)
    if not found:
        raise NoSuchTask(_("There is no such task."))
    return found[0]


def open_about(about: UUID) -> int:
    """Return how many tasks of a case, an erasure or a batch are still to be done."""
    return Task.objects.filter(about=about, state="open").count()


def found_about(about: UUID) -> list[str]:
    """Return the names of the manual holdings in which something of the person was found."""
    homes = Task.objects.filter(about=about, state="done", found__gt=0).values("manual")
    return list(Manual.objects.filter(id__in=homes).order_by("name").values_list("name", flat=True))


def waiting() -> int:
    """Return how many tasks are open."""
    return Task.objects.filter(state="open").count()


def people(about: UUID, *, after: UUID | None = None) -> list[Person]:
    """Return for whom an erasure's tasks still search, opened, `PEOPLE` at a time by reference."""
    rows = Sought.objects.filter(about=about).order_by("subject")
    found = list((rows.filter(subject__gt=after) if after else rows)[:PEOPLE])
    if not found:
        return []
    vault = Vault.open()
    key = vault.key(about)
    told = [canonical.loads(vault.unseal_with(about, PLACE, bytes(row.sealed), key=key)) for row in found]
    return [
        Person(row.subject, str(one["email"]), str(one.get("name", ""))) for row, one in zip(found, told, strict=True)
    ]


def sought_by(about: UUID) -> int:
    """Return how many people an erasure's tasks still search for."""
    return Sought.objects.filter(about=about).count()


def _tasks(rows: Iterable[Task], at: datetime) -> list[TaskView]:
    found = list(rows)
    homes = {one.id: one for one in _views(Manual.objects.filter(id__in={row.manual for row in found}))}
    return [
        TaskView(
            row.id,
            homes[row.manual],
            row.act,
            row.about_kind,
            row.about,
            row.people,
            row.opened_at,
            row.due_at,
            row.state,
            row.done_at,
            row.done_by,
            row.found,
            row.remark,
            row.evidence,
            row.state == "open" and row.due_at < at,
        )
        for row in found
    ]
