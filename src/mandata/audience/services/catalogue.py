"""Making lists and fields."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.audience.errors import FieldRefused, NoSuchList
from mandata.audience.models import Field, List
from mandata.audience.rules.fields import MAX_FIELDS, STANDARD, Category, FieldSpec, FieldType, declare
from mandata.audience.services import gate
from mandata.audience.services.numbers import next_number
from mandata.audience.services.reindexing import reindex
from mandata.audience.words import remedy, words
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Refused
from mandata.record import services as record


def create_list(*, name: str, description: str = "", actor: Actor, at: datetime) -> UUID:
    """Make a list and return its id. Raises Refused for a name that is empty or too long."""
    name = _name(name)
    made = List.objects.create(
        number=next_number(List), name=name, description=description.strip()[:400], created_at=at
    )
    record.append(kind="audience.list_created", body={"list": str(made.id)}, actor=actor, at=at)
    return UUID(str(made.id))


def rename_list(*, list_id: UUID, name: str, description: str, actor: Actor, at: datetime) -> None:
    """Change a list's name and description. Raises NoSuchList."""
    changed = List.objects.filter(id=list_id).update(name=_name(name), description=description.strip()[:400])
    if not changed:
        raise NoSuchList(_("There is no such list."))
    record.append(kind="audience.list_renamed", body={"list": str(list_id)}, actor=actor, at=at)


def _name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 120:
        raise Refused(
            _("A list needs a name of at most 120 characters."),
            code="audience.list_name",
            remedy=_("Choose a shorter name."),
            status=422,
        )
    return name


def create_field(
    *,
    key: str,
    label: str,
    kind: str,
    category: str,
    sealed: bool,
    choices: Sequence[str] = (),
    lookup: str = "",
    actor: Actor,
    at: datetime,
) -> UUID:
    """Declare a field with its type, category and sealing (CAT-3); return its id. `lookup` (one of `fields.LOOKUPS`):
    people are found by it although it is sealed.

    Raises FieldRefused: a key or label that will not do, a special category that is not agreed (CAT-4), an identifying
    field in clear.
    """
    try:
        spec = FieldSpec(
            key.strip(), label.strip(), FieldType(kind), Category(category), sealed, tuple(choices), lookup
        )
    except ValueError:
        raise FieldRefused(words("field_category"), evidence={"kind": kind, "category": category}) from None
    code = declare(spec, agreed=agreements.special_categories(at))
    own = Field.objects.values_list("key", flat=True)
    if not code and (spec.key in STANDARD or spec.key in own):
        code = "field_exists"
    if not code and len(own) >= MAX_FIELDS:
        code = "field_too_many"
    if code:
        clause = "processing.special" if code == "field_special_category" else ""
        raise FieldRefused(words(code), code=f"audience.{code}", clause=clause, remedy=remedy(code))
    gate.ask_field(spec.key, spec.category.value, at=at)
    made = Field.objects.create(
        key=spec.key,
        label=spec.label,
        kind=spec.type.value,
        category=spec.category.value,
        sealed=spec.sealed,
        choices=list(spec.choices),
        lookup=spec.lookup,
        created_at=at,
    )
    body: dict[str, object] = {"field": str(made.id), "category": category, "sealed": sealed, "lookup": lookup}
    record.append(kind="audience.field_declared", body=body, actor=actor, at=at)
    if lookup:  # somebody may have the value already, from a field of this key that was withdrawn
        reindex(actor=actor, at=at)
    return UUID(str(made.id))


def remove_field(*, field_id: UUID, actor: Actor, at: datetime) -> None:
    """Withdraw a field: it is offered no more; values already sealed go with their envelopes' next change."""
    looked_up = Field.objects.filter(id=field_id).exclude(lookup="").exists()
    if Field.objects.filter(id=field_id).delete()[0]:
        record.append(kind="audience.field_removed", body={"field": str(field_id)}, actor=actor, at=at)
        if looked_up:  # by what is withdrawn nobody is found any more
            reindex(actor=actor, at=at)
