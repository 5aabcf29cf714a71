"""Replaying erasures from the outside log, after an older database was put in place. Opens its own scopes.

A line was written before the commit that it describes. One whose commit never came is an erasure that was ordered and
begun, and is carried out all the same: of two mistakes this is the one that hurts nobody. Where a person was erased
twice for that reason, the last line counts. Replaying is idempotent, and enters nothing in the record: what stood there
is replayed by the record itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from mandata.audience.rules.bases import Reason
from mandata.audience.services import suppression
from mandata.foundation.errors import Fault
from mandata.holdings import erasing, selectors
from mandata.holdings.models import Erasure
from mandata.holdings.rules import Subject
from mandata.infra import outside
from mandata.infra.outside import Line
from mandata.infra.tenancy import scope

KIND: Final = "holdings.erased"


def replay(lines: Iterable[Line]) -> int:
    """Erase again whoever the outside log says was erased, and write the erasures down under their ids.

    Lines of other kinds are left out. Returns how many people there were something of. Raises ErasureIncomplete where
    a holding did less than it had counted: then nothing may be opened.
    """
    found = 0
    last: dict[UUID, UUID] = {}
    for controller, batch in _batches(lines):
        with scope(controller), outside.together():
            found += _again(batch, last)
    return found


def _batches(lines: Iterable[Line]) -> Iterator[tuple[UUID, list[dict[str, Any]]]]:
    """Lines of one controller that follow each other, at most a batch of them."""
    controller, batch = None, list[dict[str, Any]]()
    for line in lines:
        if line.kind != KIND:
            continue
        if batch and (line.controller != controller or len(batch) == erasing.BATCH):
            yield batch[0]["controller"], batch
            batch = []
        controller = line.controller
        batch.append({**line.body, "controller": controller})
    if batch:
        yield batch[0]["controller"], batch


def _again(batch: Sequence[dict[str, Any]], last: dict[UUID, UUID]) -> int:
    newest = {UUID(one["subject"]): one for one in batch}
    people = _people(newest)
    erasing.lock(people)
    before = erasing.find(people)
    for at, indexes in _suppressed(newest.values()).items():
        suppression.suppress_many(indexes=indexes, reason=Reason.ERASURE, at=at)
    erased = erasing.erase_rows(people, max(_at(one) for one in newest.values()))
    erasing.demand_whole(people, before, erased, erasing.find(people))
    _write(list(newest.values()), last)
    return len({key for answers in erased.values() for key, one in answers.items() if one.touched})


def _people(newest: dict[UUID, dict[str, Any]]) -> list[Subject]:
    """Those who are here, by what is stored of them; the others by what the line says."""
    return [
        one
        if one.email_index
        else Subject(one.reference, _bytes(newest, one, "email_index"), _bytes(newest, one, "suppression_index"))
        for one in selectors.subjects(list(newest))
    ]


def _bytes(newest: dict[UUID, dict[str, Any]], one: Subject, name: str) -> bytes:
    if one.reference is None:
        raise Fault("A line of the outside log names no subject.", remedy="Look at the log; nothing was opened.")
    return bytes.fromhex(newest[one.reference][name])


def _suppressed(bodies: Iterable[dict[str, Any]]) -> dict[datetime, list[bytes]]:
    """By when: the indexes to be suppressed."""
    found: dict[datetime, list[bytes]] = {}
    for body in bodies:
        if body["suppression_index"]:
            found.setdefault(_at(body), []).append(bytes.fromhex(body["suppression_index"]))
    return found


def _at(body: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(body["at"].removesuffix("Z")).replace(tzinfo=UTC)


def _write(bodies: Sequence[dict[str, Any]], last: dict[UUID, UUID]) -> None:
    """Write the erasures down under their ids; of those of one person that this replay wrote, the last one stays."""
    rows = [
        Erasure(
            id=UUID(one["erasure"]),
            subject=UUID(one["subject"]),
            case_id=UUID(one["case"]) if one["case"] else None,
            run_id=UUID(one["run"]) if one.get("run") else None,
            ground=one["ground"],
            counts=one["counts"],
            kept=one["kept"],
            key_fingerprint=bytes.fromhex(one["fingerprint"]),
            epoch=one["epoch"],
            at=_at(one),
        )
        for one in bodies
    ]
    overtaken = [last[row.subject] for row in rows if last.get(row.subject, row.id) != row.id]
    if overtaken:
        Erasure.objects.filter(id__in=overtaken).delete()
    there = set(Erasure.objects.filter(id__in=[row.id for row in rows]).values_list("id", flat=True))
    erasing.keep([row for row in rows if row.id not in there])
    last.update({row.subject: row.id for row in rows if row.id not in there})
