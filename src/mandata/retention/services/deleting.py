"""Deleting everything of a controller after the end (RET-4): previewed, confirmed by its name, carried out in slices.

    confirmed   one transaction: the preview's counts, what stays and why, tasks for manual holdings, a line outside
    rows        `holdings.tenants.delete`: every table with rows of the controller, in slices
    keys        `vault.ending.destroy_all`: secrets and epochs; now backups open for nobody
    certified   once the manual holdings are done: an entry in the record, the certificate, its link

Whoever is killed at any of these leaves a state from which the next call goes on.
"""

import contextlib
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate.exceptions import AlreadyEnqueued

from mandata.accounts import selectors as accounts
from mandata.accounts.services import controllers
from mandata.accounts.services import notices as outbox
from mandata.agreements.services import obligations
from mandata.backups import selectors as backups
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Fault
from mandata.holdings import manual, shelves, tenants
from mandata.infra import clock
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, current_controller, scope
from mandata.record import selectors as record
from mandata.record.services import append
from mandata.retention import letters
from mandata.retention.errors import NotConfirmed, NotYet
from mandata.retention.models import End
from mandata.retention.rules import ending as rules
from mandata.retention.selectors import ends as selectors
from mandata.retention.selectors import links
from mandata.retention.services import ends, recalling, returns, telling
from mandata.vault import ending as vault

JOB: Final = "retention.delete_controller"
SLICE: Final = 20.0
"""Seconds after which a job hands over to the next one."""
ENTRY: Final = recalling.DELETED


def why(code: str) -> str:
    """Return in words, in the active language, what stands against deleting."""
    words = {
        "not_ended": _("The agreement has not ended."),
        "plan": _("A plan of termination assistance keeps the data."),
        "not_returned": _("The controller wants its data back first."),
        "not_chosen": _(
            "The controller has not said what is to become of its data, and its time to do so is not over."
        ),
    }
    return words[code]


def preview(controller_id: UUID) -> list[tenants.Part]:
    """Count what would be deleted and what stays, by holding, in the active language. Opens the scope itself."""
    return tenants.preview(controller_id)


def confirm(*, controller_id: UUID, typed: str, actor: Actor, at: datetime, queue: bool = True) -> None:
    """Confirm the deletion of everything by typing the controller's name, and begin it. Open no scope around it.

    Raises NoSuchEnd, Ending (it was begun before), NotConfirmed (another name), NotYet with the clause that holds it.
    """
    with translation.override("en"):  # what is kept of it speaks one language, whoever confirms
        parts = tenants.preview(controller_id)
    with scope(controller_id):
        row = ends.locked("ended")
        name = accounts.controller().name
        if not rules.confirmed(name, typed):
            raise NotConfirmed(
                _("Type the controller's name, %(name)s, to delete everything of it.") % {"name": name},
                remedy=_("Nothing was deleted."),
            )
        _demand_free(selectors.view(row), at)
        row.state, row.confirmed_at, row.confirmed_by, row.error = "deleting", at, str(actor)[:60], ""
        row.counts = {part.key or "other": 0 for part in parts}
        for part in parts:
            row.counts[part.key or "other"] += part.delete
        row.kept = [
            {"holding": one.key or "other", "tables": list(one.tables), "rows": one.keep, "ground": one.ground,
             "until": one.until} for one in parts if one.keep
        ]  # fmt: skip
        row.save()
        manual.open_for_end(about=row.id, people=_people(parts), at=at)
        body: dict[str, object] = {"end": row.id, "counts": row.counts}
        append(kind=recalling.CONFIRMED, body=body, actor=actor, at=at, clause=_clause(at), subject=row.id)
        if accounts.state() != "ended":
            controllers.move(state="ended", reason="deletion", actor=actor, at=at)
        if queue:
            _queue()
        tenants.announce(controller_id, end=row.id, at=at)  # last: a line of what was taken back would delete later


def _people(parts: list[tenants.Part]) -> int:
    return sum(part.delete for part in parts if part.key == "subscribers")


def _clause(at: datetime) -> str:
    terms = selectors.terms(at)
    return "end.deletion" if terms is not None and "end.deletion" in terms.clauses else "Art. 28(3)(g) GDPR"


def _demand_free(one: selectors.EndView, at: datetime) -> None:
    against = selectors.hindrances(one, at)
    if against:
        first = against[0]
        until = (
            _("It may be deleted from %(day)s on.") % {"day": f"{first.until:%Y-%m-%d %H:%M} UTC"}
            if first.until
            else ""
        )
        raise NotYet(
            why(first.code), clause=first.clause, remedy=until or _("Wait for the controller's word, or remind it."),
            evidence={"hindrance": first.code},
        )  # fmt: skip


def _queue() -> None:
    lock = f"delete:{current_controller()}"
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task(JOB, queue="retention", queueing_lock=lock, lock=lock).defer(
            controller_id=str(current_controller())
        )


def run(
    *,
    controller_id: UUID,
    stop: Callable[[], bool] = lambda: False,
    seconds: float = SLICE,
    queue: bool = True,
    now: Callable[[], datetime] = clock.now,
) -> bool:
    """Work at a deletion that was confirmed; return whether more is due, which is then queued. Open no scope around it.

    Any number may be at it at once: each slice deletes what is left. A fault of the world around is kept with the end,
    and tried again every hour.
    """
    until = time.monotonic() + seconds
    with scope(controller_id):
        one = selectors.current()
    if one is None or one.state not in ("deleting", "deleted"):
        return False
    try:
        if one.state == "deleting":
            for _table in tenants.delete(controller_id, told=lambda table, count: _count(table, count)):
                if stop() or time.monotonic() > until:
                    if queue:
                        with scope(controller_id):
                            _queue()
                    return True
            returns_gone(controller_id)
            left = tenants.left(controller_id)
            if set(left) - {"vault_secret"}:
                return _again(controller_id, queue)
            died = vault.destroy_all(controller_id, at=now())
            _deleted(controller_id, died, now())
        certify(controller_id=controller_id, at=now())
    except Fault as fault:
        with scope(controller_id):
            End.objects.exclude(state="withdrawn").update(error=fault.message[:200])
    return False


def _again(controller_id: UUID, queue: bool) -> bool:
    """Something came in while it was being deleted; it goes with the next slice."""
    if queue:
        with scope(controller_id):
            _queue()
    return True


def returns_gone(controller_id: UUID) -> None:
    """Delete the files of the controller's archives: their rows are gone."""
    returns.sweep(controller_id)


def _count(table: str, count: int) -> None:
    """Add to how many rows were deleted, in the slice's own transaction."""
    row = End.objects.select_for_update().exclude(state="withdrawn").first()
    if row is not None:
        row.progress = {**row.progress, table: row.progress.get(table, 0) + count}
        row.save(update_fields=["progress"])


def _deleted(controller_id: UUID, died: vault.Destroyed, at: datetime) -> None:
    with scope(controller_id):
        row = End.objects.select_for_update().filter(state="deleting").first()
        if row is None:
            return
        row.state, row.deleted_at, row.error, row.sealed = "deleted", at, "", b""
        row.keys = {"epochs": list(died.epochs), "holders": row.progress.get("vault_subject_key", 0) + died.keys}
        row.save()


def certify(*, controller_id: UUID, at: datetime) -> bool:
    """Certify a deletion once nothing waits in manual holdings; return whether it is certified. Open no scope around
    it.

    Entry, link and the mail with the link to the controller's addresses, which are then forgotten, are one transaction:
    whoever is killed, or comes at the same time, repeats none of them.
    """
    horizon = _backups(at)
    with transaction.atomic():
        with scope(controller_id):
            row = End.objects.select_for_update().filter(state="deleted").first()
            if row is None:
                return End.objects.filter(state="certified").exists()
            if shelves.open_about(row.id):
                return False
            card, reached = accounts.controller(), accounts.reached("notices")
            _enter(row, horizon, at)
            told = links.is_made("certificate", row.id)
            token = "" if told else telling.new_link("certificate", row.id, expires_at=None)
        if not told:
            _mail(card, dict.fromkeys(one.address for one in reached if one.address), token, at)
    tenants.finish(controller_id, told=_count)
    with scope(controller_id):
        End.objects.filter(id=row.id, state="deleted").update(state="certified", certified_at=at)
    return True


def _mail(card: accounts.Card, addresses: Iterable[str], token: str, at: datetime) -> None:
    with scope(INSTANCE):
        letter = letters.certificate(card.name, token=token, language=card.language)
        for address in addresses:
            outbox.send_notice(
                to=address, subject=letter.subject, text=letter.text, kind="end.certificate", at=at, forget=True
            )


def _enter(row: End, horizon: dict[str, Any], at: datetime) -> None:
    """The entry that the certificate proves: once, also where a restore brought it back before this came. What was owed
    is met each time: an older database has it open again."""
    if not record.entries(kind=ENTRY, subject=row.id, limit=1):
        append(
            kind=ENTRY, body=_body(row, horizon, at), actor=SYSTEM, at=at, clause="Art. 28(3)(g) GDPR", subject=row.id
        )
    cause = f"end:{row.id}:{rules.DELETED}"
    obligations.open_for(event=rules.DELETED, since=row.deleted_at or at, cause=cause, at=at, about=(ends.KIND, row.id))
    meets = ("end.choice", "end.silence", "end.reminder", "end.access", "end.request", "end.return")
    evidence = {"end": str(row.id), "entry": ENTRY}
    obligations.meet_about(about=row.id, duties=meets, evidence=evidence, actor=SYSTEM, at=at)
    if row.agreement is not None:
        obligations.meet_about(about=row.agreement, duties=meets, evidence=evidence, actor=SYSTEM, at=at)


def _body(row: End, horizon: dict[str, Any], at: datetime) -> dict[str, object]:
    tasks = shelves.tasks_about(row.id, at=at)
    return {
        "end": row.id,
        "confirmed": row.confirmed_at,
        "deleted": row.deleted_at,
        "counts": row.counts,
        "rows": row.progress,
        "kept": {",".join(one["tables"]): one["rows"] for one in row.kept},
        "keys": row.keys,
        "manual": {"holdings": len(tasks), "found": sum(one.found or 0 for one in tasks)},
        "backups": horizon,
    }


def _backups(since: datetime) -> dict[str, Any]:
    """The horizon: which backups still hold what was deleted (as ciphertext that nothing opens), as the table knows.
    Open no scope around it."""
    rows = [row for row in backups.rows(limit=1_000) if row.pruned_at is None and row.started_at <= since]
    return {"held": len(rows), "newest": max((row.started_at for row in rows), default=None)}


def settle_backups(*, controller_id: UUID, at: datetime) -> bool:
    """Meet what is owed on backups (end.grace, end.backup) once the last one that is older than the deletion is pruned;
    return whether it is so now. Open no scope around it."""
    with scope(controller_id):
        row = End.objects.filter(state="certified", backups_gone_at=None).first()
    if row is None or row.deleted_at is None:
        return False
    if int(_backups(row.deleted_at)["held"]):
        return False
    with scope(controller_id):
        if not End.objects.filter(id=row.id, backups_gone_at=None).update(backups_gone_at=at):
            return False
        append(kind="retention.backups_gone", body={"end": row.id}, actor=SYSTEM, at=at, subject=row.id)
        evidence = {"end": str(row.id), "backups": 0}
        duties = ("end.grace", "end.backup", "end.support")
        for thing in (row.id, row.agreement):
            if thing is not None:
                obligations.meet_about(about=thing, duties=duties, evidence=evidence, actor=SYSTEM, at=at)
    return True


def resume(*, controller_id: UUID) -> bool:
    """Go on with a deletion whose worker went away, or that an older database has forgotten: the keys are gone, so the
    rest goes, too. Open no scope around it; return whether one is under way."""
    with scope(controller_id):
        row = End.objects.exclude(state="withdrawn").first()
        if row is None and accounts.state() == "ended" and vault.is_destroyed(controller_id):
            row = recalling.recall(at=clock.now())
        elif row is not None and row.state in ("noticed", "ended") and vault.is_destroyed(controller_id):
            End.objects.filter(id=row.id).update(state="deleting")
            row.state = "deleting"
        if row is None or row.state not in ("deleting", "deleted"):
            return False
        _queue()
        return True
