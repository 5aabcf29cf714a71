"""The operator's acts on the public register; each stands in the installation's own log. Need no scope."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mandata.foundation.actors import Actor
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append
from mandata.subprocessors.errors import BadEntry, NoSuchSubProcessor, WrongState
from mandata.subprocessors.models import Change, Mechanism, SubProcessor
from mandata.subprocessors.rules.countries import is_country
from mandata.subprocessors.services import changes

KINDS: Final = ("adequacy", "scc", "bcr", "privacy_shield")
_FREE: Final = frozenset(
    {"role", "purposes", "categories", "classes", "address", "contact", "privacy_url", "contract_on"}
    | {"contract_evidence"}
)


@dataclass(frozen=True, slots=True)
class Details:
    """What the register tells of a sub-processor (SPR-1).

    ``country``: ISO 3166-1 alpha-2 of where data is processed; ``classes``: codes of clause subprocessor.classes;
    ``parent``: the name of the sub-processor that engaged it, empty for one of our own; ``contract_on`` with
    ``contract_evidence``: the contract that imposes the same duties (SPR-4), without which no data goes there.
    """

    name: str
    role: str
    country: str
    purposes: Sequence[str] = ()
    categories: Sequence[str] = ()
    classes: Sequence[str] = ()
    address: str = ""
    contact: str = ""
    privacy_url: str = ""
    parent: str = ""
    contract_on: date | None = None
    contract_evidence: str = ""


@dataclass(frozen=True, slots=True)
class Resting:
    """A transfer mechanism to be put on file; ``valid_until`` is its last day, ``struck_down_on`` its first without."""

    kind: str
    valid_from: date
    valid_until: date | None = None
    struck_down_on: date | None = None
    reference: str = field(default="")


def add(details: Details, *, actor: Actor, at: datetime, active: bool = False) -> UUID:
    """Put a sub-processor on the register and return its id.

    ``active`` for one that is at work already, so that every agreement accepted from now on lists it. Else it is
    planned: nobody sees it before ``changes.announce``, and no data goes there. Raises BadEntry.
    """
    _known_country(details.country)
    if not details.name.strip() or not details.role.strip():
        raise BadEntry(_("A sub-processor needs a name and a role."), remedy=_("State both."))
    parent = _by_name(details.parent) if details.parent else None
    columns = {name: getattr(details, name) for name in _FREE if name not in ("purposes", "categories", "classes")}
    columns |= {name: list(getattr(details, name)) for name in ("purposes", "categories", "classes")}
    with scope(INSTANCE):
        try:
            with transaction.atomic():
                row = SubProcessor.objects.create(
                    name=details.name.strip(),
                    country=details.country,
                    parent=parent,
                    tier=parent.tier + 1 if parent else 1,
                    state="active" if active else "planned",
                    since=at if active else None,
                    created_at=at,
                    **columns,
                )
        except IntegrityError as error:
            raise BadEntry(
                _("The register holds a sub-processor %(name)s already.") % {"name": details.name},
                remedy=_("Change that entry, or give this one its full name."),
            ) from error
        _record("subprocessor.added", row, actor, at, tier=row.tier, country=row.country)
    return row.id


def change(name_or_id: str | UUID, *, actor: Actor, at: datetime, **details: object) -> None:
    """Correct what the register tells; columns of Details but name, country and parent.

    Another country is a change that controllers are told of first (``changes.announce``); before anybody was told of
    the sub-processor, ``country`` may be corrected. Raises BadEntry, NoSuchSubProcessor.
    """
    with scope(INSTANCE):
        row = _locked(name_or_id)
        open_to_all = row.state != "planned" or Change.objects.filter(subprocessor=row).exists()
        allowed = _FREE if open_to_all else _FREE | {"country"}
        if wrong := sorted(set(details) - allowed):
            raise BadEntry(
                _("This cannot be corrected: %(fields)s.") % {"fields": ", ".join(wrong)},
                remedy=_("Announce another country or another sub-processor as a change."),
            )
        if "country" in details:
            _known_country(str(details["country"]))
        given = {name: list(value) if isinstance(value, tuple) else value for name, value in details.items()}
        changed = sorted(name for name, value in given.items() if getattr(row, name) != value)
        if changed:
            SubProcessor.objects.filter(id=row.id).update(**{name: given[name] for name in changed})
            _record("subprocessor.corrected", row, actor, at, fields=changed)


def end(name_or_id: str | UUID, *, actor: Actor, at: datetime) -> None:
    """Strike a sub-processor from the register: from now on no data goes there, for anybody. Doing it again is done.
    A change of it that is announced is thereby withdrawn, and who was told is told of this, too.

    Raises NoSuchSubProcessor, WrongState while others work behind it.
    """
    with scope(INSTANCE):
        row = _locked(name_or_id)
        if row.state == "ended":
            return
        behind = SubProcessor.objects.filter(parent=row).exclude(state="ended").values_list("name", flat=True)
        if behind:
            raise WrongState(
                _("Others work behind it: %(names)s.") % {"names": ", ".join(behind)},
                remedy=_("End those first."),
            )
        SubProcessor.objects.filter(id=row.id).update(state="ended", ended_at=at)
        _record("subprocessor.ended", row, actor, at)
        changes.take_back_all(row, actor=actor, at=at)


def mechanism(name_or_id: str | UUID, resting: Resting, *, actor: Actor, at: datetime) -> UUID:
    """Put on file on what transfers to a sub-processor rest, and for how long; return the mechanism's id (TRF-3).

    Raises BadEntry, NoSuchSubProcessor.
    """
    if resting.kind not in KINDS:
        raise BadEntry(
            _("There is no transfer mechanism %(kind)s.") % {"kind": resting.kind},
            remedy=_("Take one of %(kinds)s.") % {"kinds": ", ".join(KINDS)},
        )
    ends = [day for day in (resting.valid_until, resting.struck_down_on) if day is not None]
    if any(day < resting.valid_from for day in ends):
        raise BadEntry(_("The mechanism ends before it begins."), remedy=_("Correct one of the days."))
    with scope(INSTANCE):
        row = _locked(name_or_id)
        kept = Mechanism.objects.create(
            subprocessor=row,
            kind=resting.kind,
            reference=resting.reference,
            valid_from=resting.valid_from,
            valid_until=resting.valid_until,
            struck_down_on=resting.struck_down_on,
        )
        days = {"from": resting.valid_from, "until": resting.valid_until, "struck_down": resting.struck_down_on}
        told = {name: day.isoformat() if day else None for name, day in days.items()}
        _record("subprocessor.mechanism", row, actor, at, mechanism=kept.id, mechanism_kind=kept.kind, **told)
    return kept.id


def lapse(mechanism_id: UUID, *, on: date, actor: Actor, at: datetime, struck_down: bool = False) -> None:
    """Say when a mechanism ends: its last day, or the day on which it was struck down. Raises NoSuchSubProcessor."""
    with scope(INSTANCE):
        kept = Mechanism.objects.select_for_update().select_related("subprocessor").filter(id=mechanism_id).first()
        if kept is None:
            raise NoSuchSubProcessor(_("There is no such transfer mechanism."))
        column = "struck_down_on" if struck_down else "valid_until"
        Mechanism.objects.filter(id=kept.id).update(**{column: on})
        told = {"mechanism": kept.id, "on": on.isoformat(), "struck_down": struck_down}
        _record("subprocessor.mechanism_lapsed", kept.subprocessor, actor, at, **told)


def _record(kind: str, row: SubProcessor, actor: Actor, at: datetime, **body: object) -> None:
    append(kind=kind, body={"subprocessor": row.id, **body}, actor=actor, at=at)


def _known_country(code: str) -> None:
    if not is_country(code):
        raise BadEntry(
            _("%(code)s is no country.") % {"code": code or "?"},
            remedy=_("Take the two letters of ISO 3166-1, for example DE."),
        )


def _by_name(name: str) -> SubProcessor:
    row = SubProcessor.objects.filter(name=name).first()
    if row is None:
        raise NoSuchSubProcessor(_("The register holds no sub-processor %(name)s.") % {"name": name})
    return row


def _locked(name_or_id: str | UUID) -> SubProcessor:
    """The entry, so that two operators change it one after the other."""
    rows = SubProcessor.objects.select_for_update()
    found = rows.filter(id=name_or_id) if isinstance(name_or_id, UUID) else rows.filter(name=name_or_id)
    row = found.first()
    if row is None:
        raise NoSuchSubProcessor(_("The register holds no sub-processor %(name)s.") % {"name": name_or_id})
    return row
