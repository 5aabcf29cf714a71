"""Erasing people, many at once: one transaction, each person wholly in it, what went wrong told for each person.

A batch is asked of every holding before, erased, and asked again; whoever fell short makes the batch roll back to
where it began, and halves of it are tried, so that in the end only those who fail are left as they were.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import translation

from mandata.audience import personal as audience
from mandata.audience.rules.bases import Reason
from mandata.audience.services import suppression
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Fault, Refused
from mandata.holdings import manual, rules, selectors
from mandata.holdings.catalogue import catalogue
from mandata.holdings.catalogue.proof import CHOSEN
from mandata.holdings.errors import ErasureIncomplete
from mandata.holdings.models import Erasure
from mandata.holdings.rules import Cannot, Erased, Found, Key, Subject
from mandata.holdings.selectors import Done
from mandata.infra import bulk, outside
from mandata.infra.clock import new_id
from mandata.infra.tenancy import current_controller, scope
from mandata.record import services as record
from mandata.vault import personal as vault
from mandata.vault.services import Vault

BATCH: Final = 1_000
"""People in a transaction: few enough that a kill costs a second, enough that round trips cost nothing."""

_HOLDING: Final = "holding "


@dataclass(frozen=True, slots=True)
class Order:
    """What erasures of a batch have in common."""

    ground: str
    actor: Actor
    at: datetime
    case_id: UUID | None = None
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Somebody whose erasure was rolled back: the reference (or the blind index), where, and what was wrong."""

    key: Key
    holdings: tuple[str, ...]
    told: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each person of a batch: erased now, erased earlier, nothing held, or failed."""

    done: tuple[Done, ...] = ()
    earlier: tuple[Done, ...] = ()
    nothing: tuple[Key, ...] = ()
    failed: tuple[Failure, ...] = ()

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.done + other.done,
            self.earlier + other.earlier,
            self.nothing + other.nothing,
            self.failed + other.failed,
        )


def as_many_as_possible(people: Sequence[Subject], order: Order) -> Outcome:
    """Erase people inside the open scope, in at most `BATCH`; who fails stays as before, and is told.

    Raises Fault where the world around fails (a catcher that does not answer, an outside log that is not kept): then
    nobody is erased.
    """
    with outside.together():
        return _halving(list({one.key: one for one in lock(people)}.values()), order)


def _halving(people: Sequence[Subject], order: Order) -> Outcome:
    try:
        with outside.attempt(), scope(current_controller()):
            return together(people, order)
    except ErasureIncomplete as error:
        failure: Exception = error
    except (Fault, Refused):
        raise
    except Exception as error:
        if connection.connection is None or connection.connection.closed:
            raise
        failure = error
    if len(people) == 1:
        return Outcome(failed=(_failure(people[0], failure),))
    middle = len(people) // 2
    return _halving(people[:middle], order) + _halving(people[middle:], order)


def _failure(person: Subject, error: Exception) -> Failure:
    """Name the holding; of an error that is not our own only the kind is told, because its words may name somebody."""
    if isinstance(error, ErasureIncomplete):
        return Failure(person.key, tuple(one.holding for one in error.short), error.message)
    notes = [note for note in getattr(error, "__notes__", ()) if note.startswith(_HOLDING)]
    named = tuple(dict.fromkeys(note.removeprefix(_HOLDING) for note in notes))
    return Failure(person.key, named, type(error).__name__)


def lock(people: Sequence[Subject]) -> list[Subject]:
    """Let nobody else erase or change these people until the transaction ends; in order, so that no two wait for each
    other. Return them, with the reference of those who were known by their address alone and have come in meanwhile."""
    audience.lock([one.reference for one in people if one.reference])
    keys = sorted(f"erase {current_controller()} {one.email_index.hex()}" for one in people if not one.reference)
    if not keys:
        return list(people)
    bulk.execute("select pg_advisory_xact_lock(hashtextextended(k, 0)) from unnest(%b::text[]) as k", [keys])
    came = audience.references_of([one.email_index for one in people if not one.reference])
    if came:
        audience.lock(list(came.values()))
    return [one if one.reference else replace(one, reference=came.get(one.email_index)) for one in people]


def together(people: Sequence[Subject], order: Order) -> Outcome:
    """Erase people in the open transaction, all or nobody. Raises ErasureIncomplete, naming each who fell short."""
    before = find(people)
    held = {key for key, found in rules.by_person(before).items() if _is_held(found)}
    touched = [one for one in people if one.key in held]
    outcome = _untouched([one for one in people if one.key not in held], order)
    if not touched:
        return outcome
    indexes = [one.suppression_index for one in touched if one.suppression_index]
    suppression.suppress_many(indexes=indexes, reason=Reason.ERASURE, at=order.at)
    marks = vault.marks([one.reference for one in touched if one.reference])
    ids = {one.key: new_id() for one in touched}
    if order.case_id is None:  # a case has opened its own when it was confirmed, and they are done
        manual.open_for_erasures(erasures={ids[one.key]: one for one in touched}, run_id=order.run_id, at=order.at)
    erased = erase_rows(touched, order.at)
    after = find(touched)
    demand_whole(touched, before, erased, after)
    rows = _rows(touched, order, erased, after, marks, ids)
    keep(rows)
    _enter(rows, order)
    _tell_outside(rows, touched)
    return outcome + Outcome(done=tuple(selectors.done(row) for row in rows))


def _is_held(found: Mapping[str, Found]) -> bool:
    """Whether there is anything to erase; that somebody is chosen to be erased is nothing by itself."""
    return any(one.touched for holding, one in found.items() if holding != CHOSEN.description.key)


def find(people: Sequence[Subject]) -> dict[str, Mapping[Key, Found]]:
    """Ask every holding what it has of these people: holding -> subject -> counts."""
    found = {}
    for holding in catalogue():
        with _named(holding.description.key):
            found[holding.description.key] = holding.find(people)
    return found


def erase_rows(people: Sequence[Subject], at: datetime) -> dict[str, Mapping[Key, Erased]]:
    """Go backwards: files first, which no rollback brings back and a second run finishes; then rows; identity last."""
    done = {}
    for holding in reversed(catalogue()):
        with _named(holding.description.key):
            outcome = holding.erase(people, at)
        if not isinstance(outcome, Cannot):
            done[holding.description.key] = outcome
    return done


@contextmanager
def _named(holding: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        error.add_note(_HOLDING + holding)
        raise


def _untouched(people: Sequence[Subject], order: Order) -> Outcome:
    """People of whom nothing is left to be erased: those erased earlier, and those whom nobody knew."""
    if not people:
        return Outcome()
    known = [one for one in (*(person.reference for person in people), order.case_id) if one]
    rows = {row.subject: row for row in Erasure.objects.filter(subject__in=known).order_by("at")}
    if order.case_id and order.case_id not in rows:
        rows.update((order.case_id, row) for row in Erasure.objects.filter(case_id=order.case_id)[:1])
    earlier, nothing = [], []
    for person in people:
        row = rows.get(person.reference) or rows.get(order.case_id)
        if row:
            earlier.append(selectors.done(row))
        else:
            nothing.append(person.key)
    return Outcome(earlier=tuple(earlier), nothing=tuple(nothing))


def demand_whole(
    people: Sequence[Subject],
    before: Mapping[str, Mapping[Key, Found]],
    erased: Mapping[str, Mapping[Key, Erased]],
    after: Mapping[str, Mapping[Key, Found]],
) -> None:
    """Raise ErasureIncomplete where a holding did less than it had counted, or has anything left."""
    counted, done, left = rules.by_person(before), rules.by_person(erased), rules.by_person(after)
    short = [part for one in people for part in rules.shortfalls(counted[one.key], done[one.key], left[one.key])]
    if short:
        raise ErasureIncomplete(short)


def _rows(
    people: Sequence[Subject],
    order: Order,
    erased: Mapping[str, Mapping[Key, Erased]],
    after: Mapping[str, Mapping[Key, Found]],
    marks: Mapping[UUID, vault.KeyMark],
    ids: Mapping[Key, UUID],
) -> list[Erasure]:
    grounds, epoch, rows = _grounds(), Vault.open().epoch, []
    did, stays = rules.by_person(erased), rules.by_person(after)
    for one in people:
        mark = marks.get(one.reference) if one.reference else None
        done, left = did[one.key], stays[one.key]
        rows.append(
            Erasure(
                id=ids[one.key],
                subject=one.reference or order.case_id or new_id(),
                case_id=order.case_id,
                run_id=order.run_id,
                ground=order.ground,
                counts={
                    key: {"deleted": part.deleted, "anonymised": part.anonymised}
                    for key, part in done.items()
                    if part.touched
                },
                kept=[{"holding": key, "rows": part.keep, **grounds[key]} for key, part in left.items() if part.keep],
                key_fingerprint=mark.fingerprint if mark else b"",
                epoch=mark.epoch if mark else epoch,
                at=order.at,
            )
        )
    return rows


def _grounds() -> dict[str, dict[str, str]]:
    with translation.override("en"):  # the log speaks one language, whoever erases
        descriptions = [one.description for one in catalogue()]
        return {one.key: {"ground": str(one.ground), "until": str(one.until)} for one in descriptions}


_COLUMNS: Final = {
    "id": "uuid",
    "subject": "uuid",
    "case_id": "uuid",
    "run_id": "uuid",
    "ground": "text",
    "counts": "jsonb",
    "kept": "jsonb",
    "key_fingerprint": "bytea",
    "epoch": "int4",
    "at": "timestamptz",
}


def keep(rows: Sequence[Erasure]) -> None:
    """Write the erasures down; one that is there already stays as it is."""
    values = [
        tuple(
            json.dumps(getattr(row, name), ensure_ascii=False) if kind == "jsonb" else getattr(row, name)
            for name, kind in _COLUMNS.items()
        )
        for row in rows
    ]
    bulk.insert("holdings_erasure", _COLUMNS, values, conflict="do nothing")


def _enter(rows: Sequence[Erasure], order: Order) -> None:
    """One entry for each person, so that each has a certificate."""
    record.append_many([_entry(row, order.actor) for row in rows])


def _entry(row: Erasure, actor: Actor) -> record.NewEntry:
    body: dict[str, object] = {
        "erasure": row.id,
        "case": row.case_id,
        "ground": row.ground,
        "counts": row.counts,
        "kept": {one["holding"]: one["rows"] for one in row.kept},
        "key": bytes(row.key_fingerprint),
        "epoch": row.epoch,
        **({"run": row.run_id} if row.run_id else {}),
    }
    return record.NewEntry(
        kind="holdings.erased",
        body=body,
        actor=actor,
        at=row.at,
        clause=rules.CLAUSES[row.ground],
        subject=row.subject,
    )


def _tell_outside(rows: Sequence[Erasure], people: Sequence[Subject]) -> None:
    """Write the erasures to the outside log, before they are committed: one write for the batch."""
    outside.write("holdings.erased", *(_line(row, one) for row, one in zip(rows, people, strict=True)))


def _line(row: Erasure, person: Subject) -> dict[str, Any]:
    return {
        "erasure": row.id,
        "subject": row.subject,
        "email_index": person.email_index,
        "suppression_index": person.suppression_index,
        "ground": row.ground,
        "case": row.case_id,
        "run": row.run_id,
        "counts": row.counts,
        "kept": row.kept,
        "fingerprint": bytes(row.key_fingerprint),
        "epoch": row.epoch,
        "at": row.at,
    }
