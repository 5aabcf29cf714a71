"""Manual holdings: registering them, and the tasks by which cases and erasures reach them (RET-7).

A confirmed request opens a task in each holding in use, due with the case, and the case is not answered before they
are done. An erasure that nobody asked for is carried out at once; its tasks keep address and name of whom to look
for, sealed under a key of the erasure's own, until the last of them is done.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.audience import selectors as audience
from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.cutting import without_addresses
from mandata.foundation.errors import Refused
from mandata.holdings import acts, shelves
from mandata.holdings.models import Manual, Sought, Task
from mandata.holdings.rules import Subject
from mandata.holdings.sought import PLACE
from mandata.infra import bulk
from mandata.infra.clock import new_id
from mandata.infra.tenancy import current_controller, scope
from mandata.record.services import append
from mandata.vault.services import Vault

CLAUSE: Final = "Art. 30(2) GDPR"


class BadManual(Refused):
    """What is said of a manual holding is not whole, too long, or names a person."""

    code = "holdings.bad_manual"
    status = 422


class NotOpen(Refused):
    """A task that is done already, or a holding that is retired."""

    code = "holdings.not_open"


class StillOpen(Refused):
    """Something cannot be called done while manual holdings are still to be gone through."""

    code = "holdings.manual_open"


def register(*, kind: str, keeper: str, said: Mapping[str, str], actor: Actor, at: datetime) -> UUID:
    """Register a manual holding; `said` has the keys of `acts.LIMITS`, no personal data. Raises BadManual."""
    words = _checked(kind, keeper, said)
    with scope(current_controller()):
        manual_id = new_id()
        Manual.objects.create(
            id=manual_id, kind=kind, keeper=keeper, registered_by=actor.id, registered_at=at, changed_at=at, **words
        )
        _enter("manual_registered", {"manual": manual_id, "kind": kind, "keeper": keeper}, actor, at)
        return manual_id


def change(*, manual_id: UUID, kind: str, keeper: str, said: Mapping[str, str], actor: Actor, at: datetime) -> None:
    """Correct what is said of a manual holding. Raises NoSuchManual, NotOpen (retired), BadManual."""
    words = _checked(kind, keeper, said)
    with scope(current_controller()):
        _in_use(manual_id)
        Manual.objects.filter(id=manual_id).update(kind=kind, keeper=keeper, changed_at=at, **words)
        _enter("manual_changed", {"manual": manual_id, "kind": kind, "keeper": keeper}, actor, at)


def retire(*, manual_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a manual holding out of use: what lay there is gone. It stays in the register as history.

    Raises NoSuchManual, NotOpen (retired before), StillOpen where tasks are open in it.
    """
    with scope(current_controller()):
        _in_use(manual_id)
        waiting = Task.objects.filter(manual=manual_id, state="open").count()
        if waiting:
            raise StillOpen(
                _("%(count)d tasks are open in this holding.") % {"count": waiting},
                clause="Art. 12(3) GDPR",
                remedy=_("Carry them out first; then what lay there can be gone."),
            )
        Manual.objects.filter(id=manual_id).update(retired_at=at, changed_at=at)
        _enter("manual_retired", {"manual": manual_id}, actor, at)


def _checked(kind: str, keeper: str, said: Mapping[str, str]) -> dict[str, str]:
    words = {name: " ".join(said.get(name, "").split()) for name in acts.LIMITS}
    if kind not in acts.KINDS or keeper not in acts.KEEPERS:
        raise BadManual(_("This kind of holding is not known."), clause=CLAUSE)
    for name, text in words.items():
        if not text or len(text) > acts.LIMITS[name]:
            raise BadManual(
                _("Something that the record of processing needs is missing or too long."),
                clause=CLAUSE,
                remedy=_("Fill in every field."),
                evidence={"field": name},
            )
        if without_addresses(text) != text:
            raise BadManual(
                _("A holding is described without naming anybody."),
                remedy=_("Name a post instead of a person, and leave addresses out."),
                evidence={"field": name},
            )
    return words


def _in_use(manual_id: UUID) -> Manual:
    row: Manual | None = Manual.objects.select_for_update().filter(id=manual_id).first()
    if row is None:
        raise shelves.NoSuchManual(_("There is no such holding."))
    if row.retired_at:
        raise NotOpen(_("This holding is not in use any more."), remedy=_("Register it anew if it is used again."))
    return row


def open_for_case(*, case_id: UUID, kind: str, due_at: datetime, at: datetime) -> int:
    """Open what a confirmed request of a kind asks of each holding in use; return how many tasks are new.

    Asked again it opens what is missing, such as the task of a holding registered meanwhile.
    """
    with scope(current_controller()):
        return _open(case_id, "case", acts.act_of(kind), people=1, due_at=due_at, at=at)


def open_for_lifting(*, case_id: UUID, at: datetime) -> int:
    """Open what the end of a restriction asks of each holding in use (Art. 18(3) GDPR); return how many tasks are
    new."""
    with scope(current_controller()):
        return _open(case_id, "case", "lift", people=1, due_at=acts.due_at(at), at=at)


def open_for_erasure(*, about: UUID, kind: str, subjects: Sequence[Subject], at: datetime) -> int:
    """Open the tasks of an erasure that no case asked for (`kind`: erasure or batch); return how many are new.

    Called inside the erasure's transaction, before identities go: whom to look for is sealed under a key held by
    `about`. A batch may call it for one part of its people after the other. Without manual holdings it does nothing.
    """
    if not subjects or not Manual.objects.filter(retired_at=None).exists():
        return 0
    with scope(current_controller()):
        new = _seek(about, subjects)
        opened = _open(about, kind, "erase", people=len(new), due_at=acts.due_at(at), at=at)
        if not opened and new:
            total = Sought.objects.filter(about=about).count()
            Task.objects.filter(about=about).update(people=total)
        return opened


def open_for_person(*, act: str, subject: Subject, at: datetime) -> int:
    """Open what a member's own act on somebody's data (`act`: rectify, restrict or lift) asks of each holding in use,
    where no request is behind it; return how many tasks are new.

    Whom to look for is sealed, as after an erasure, until the last of them is done. Called after the act: a corrected
    name or address is the one to look up and to write in.
    """
    if not Manual.objects.filter(retired_at=None).exists():
        return 0
    about = new_id()
    with scope(current_controller()):
        _seek(about, [subject])
        return _open(about, "person", act, people=1, due_at=acts.due_at(at), at=at)


def open_for_end(*, about: UUID, people: int, at: datetime) -> int:
    """Open the tasks of a deletion of everything of the controller, in the open scope; return how many are new.

    Nobody is searched for: all of it goes.
    """
    return _open(about, "batch", "erase", people=people, due_at=acts.due_at(at), at=at)


def open_for_erasures(*, erasures: Mapping[UUID, Subject], run_id: UUID | None, at: datetime) -> None:
    """Open the tasks of erasures (id -> whom) of one transaction: together where they are a run's, else each its
    own."""
    if not Manual.objects.filter(retired_at=None).exists():
        return
    if run_id:
        open_for_erasure(about=run_id, kind="batch", subjects=list(erasures.values()), at=at)
        return
    for erasure_id, subject in erasures.items():
        open_for_erasure(about=erasure_id, kind="erasure", subjects=[subject], at=at)


def _seek(about: UUID, subjects: Sequence[Subject]) -> list[UUID]:
    """Keep, sealed, whom to look for; return those who are new."""
    vault = Vault.open()
    key = vault.keys([about]).get(about) or vault.create([about])[about]
    known = audience.identities([one.reference for one in subjects if one.reference], vault=vault)
    there = set(Sought.objects.filter(about=about).values_list("subject", flat=True))
    rows = []
    for one in subjects:
        told = _told(known.get(one.reference, {}) if one.reference else {}, one.address)
        reference = one.reference or new_id()
        if reference not in there and told["email"]:
            rows.append((new_id(), about, reference, vault.seal(about, PLACE, canonical.dumps(told), key=key)))
    columns = {"id": "uuid", "about": "uuid", "subject": "uuid", "sealed": "bytea"}
    bulk.insert("holdings_sought", columns, rows)
    return [row[2] for row in rows]


def _told(identity: Mapping[str, object], address: str) -> dict[str, str]:
    names = [str(identity[name]) for name in ("first_name", "last_name") if identity.get(name)]
    return {"email": str(identity.get("email") or address), "name": " ".join(names) or str(identity.get("name") or "")}


def _open(about: UUID, kind: str, act: str, *, people: int, due_at: datetime, at: datetime) -> int:
    there = set(Task.objects.filter(about=about, act=act).values_list("manual", flat=True))
    homes = [one for one in Manual.objects.filter(retired_at=None).values_list("id", flat=True) if one not in there]
    made = Task.objects.bulk_create(
        [
            Task(manual=home, act=act, about_kind=kind, about=about, people=people, opened_at=at, due_at=due_at)
            for home in homes
        ]
    )
    for one in made:
        body = {"task": one.id, "manual": one.manual, "act": act, kind: about, "people": people, "due": due_at}
        _enter("task_opened", body, SYSTEM, at, acts.CLAUSES[act])
    return len(made)


def move_due(*, about: UUID, due_at: datetime) -> int:
    """Let open tasks be due with their case, whose time was extended; return how many."""
    return Task.objects.filter(about=about, state="open").update(due_at=due_at)


def drop(*, about: UUID, at: datetime) -> int:
    """Close open tasks of a case that was refused or never confirmed; return how many."""
    rows = list(Task.objects.filter(about=about, state="open"))
    Task.objects.filter(id__in=[row.id for row in rows]).update(state="dropped", done_at=at)
    for row in rows:
        _enter("task_dropped", {"task": row.id, "manual": row.manual, row.about_kind: about}, SYSTEM, at)
    return len(rows)


def complete(*, task_id: UUID, found: int, remark: str = "", evidence: str = "", actor: Actor, at: datetime) -> None:
    """Say that a task is done: how many things were found and dealt with, in which words, where the proof lies.

    Addresses are cut out of what is said. With the last task of an erasure whom it searched for is forgotten. Raises
    NoSuchTask, NotOpen, BadManual (less than nothing found; something found and no proof).
    """
    with scope(current_controller()):
        row: Task | None = Task.objects.filter(id=task_id).first()
        if row is None:
            raise shelves.NoSuchTask(_("There is no such task."))
        together = Task.objects.select_for_update().filter(about=row.about).order_by("id")
        if {one.id: one.state for one in together}[task_id] != "open":
            raise NotOpen(_("This task is closed already."), remedy=_("Look at what was said then."))
        if found < 0 or (found and not evidence.strip()):
            raise BadManual(
                _("What was found and dealt with needs a proof."),
                clause="Art. 5(2) GDPR",
                remedy=_("Name where the proof lies, such as the number of a protocol."),
            )
        Task.objects.filter(id=task_id).update(
            state="done",
            done_at=at,
            done_by=actor.id,
            found=found,
            remark=without_addresses(remark)[: acts.MAX_REMARK],
            evidence=without_addresses(evidence)[: acts.MAX_EVIDENCE],
        )
        body = {"task": task_id, "manual": row.manual, "act": row.act, row.about_kind: row.about, "found": found}
        _enter("task_done", body, actor, at, acts.CLAUSES[row.act])
        _forget(row.about)


def _forget(about: UUID) -> None:
    """Forget whom an erasure searched for, once nothing is open any more."""
    if not shelves.open_about(about) and Sought.objects.filter(about=about).delete()[0]:
        Vault.open().destroy([about])


def look(*, about: UUID, after: UUID | None = None, actor: Actor, at: datetime) -> list[shelves.Person]:
    """Return whom an erasure's tasks search for, `shelves.PEOPLE` at a time: a deliberate act that stands in the
    record (PPL-2)."""
    with scope(current_controller()):
        people = shelves.people(about, after=after)
        _enter("sought_shown", {"about": about, "people": len(people)}, actor, at)
        return people


def demand_done(about: UUID) -> None:
    """Refuse where tasks of a case are still open. Raises StillOpen."""
    waiting = Task.objects.filter(about=about, state="open").count()
    if waiting:
        raise StillOpen(
            _("%(count)d manual holdings are still to be gone through for this request.") % {"count": waiting},
            clause="Art. 12(3) GDPR",
            remedy=_("Carry the tasks out that the request lists, and say what was found."),
            evidence={"open": waiting},
        )


def _enter(kind: str, body: dict[str, object], actor: Actor, at: datetime, clause: str = CLAUSE) -> None:
    append(kind=f"holdings.{kind}", body=body, actor=actor, at=at, clause=clause)
