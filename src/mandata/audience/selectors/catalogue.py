"""Lists and fields."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from mandata.audience.errors import NoSuchList
from mandata.audience.models import Field, List, Subscription
from mandata.audience.rules.fields import STANDARD, Category, FieldSpec, FieldType


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list with how many people stand on it, by state."""

    id: UUID
    number: int
    name: str
    description: str
    created_at: datetime
    subscribed: int
    unsubscribed: int
    pending: int


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field of the controller's own."""

    id: UUID
    spec: FieldSpec
    created_at: datetime


def lists() -> list[ListRow]:
    """Return the controller's lists by number."""
    counts = {
        row["list_id"]: row
        for row in Subscription.objects.values("list_id").annotate(
            subscribed=Count("state", filter=Q(state="subscribed")),
            unsubscribed=Count("state", filter=Q(state="unsubscribed")),
            pending=Count("state", filter=Q(state="pending")),
        )
    }
    return [_row(one, counts.get(one.id, {})) for one in List.objects.order_by("number")]


def list_names() -> dict[UUID, str]:
    """Return the names of the controller's lists by id, in their order, without counting anybody."""
    return dict(List.objects.order_by("number").values_list("id", "name"))


def find_list(list_id: UUID) -> ListRow:
    """Return one list. Raises NoSuchList."""
    found = List.objects.filter(id=list_id).first()
    if found is None:
        raise NoSuchList(_("There is no such list."))
    states = Subscription.objects.filter(list_id=list_id).values_list("state").annotate(count=Count("state"))
    return _row(found, dict(states))


def _row(one: List, counts: dict[str, int]) -> ListRow:
    numbers = [int(counts.get(state, 0)) for state in ("subscribed", "unsubscribed", "pending")]
    return ListRow(one.id, one.number, one.name, one.description, one.created_at, *numbers)


def fields() -> list[FieldRow]:
    """Return the controller's own fields, oldest first."""
    return [
        FieldRow(
            one.id,
            FieldSpec(
                one.key,
                one.label,
                FieldType(one.kind),
                Category(one.category),
                one.sealed,
                tuple(one.choices),
                one.lookup,
            ),
            one.created_at,
        )
        for one in Field.objects.order_by("id")
    ]


def field_specs() -> dict[str, FieldSpec]:
    """Return every field by key: the standard ones first, then the controller's own."""
    return {**STANDARD, **{row.spec.key: row.spec for row in fields()}}
