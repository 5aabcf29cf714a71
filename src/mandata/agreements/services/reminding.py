"""The scheduler of obligations: reminders, lateness and lapsing, each exactly once.

One transaction takes a batch of the agenda under a lock, notes what was dealt with, puts the mails into the outbox and
the entries into the record: whoever is killed in between leaves nothing half done, and who is asked to work on a row in
another's hands skips it. After an outage the newest stage alone is told of; what came before it is counted as done.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from mandata.accounts import selectors as accounts
from mandata.accounts.services.notices import send_notice
from mandata.agreements import letters
from mandata.agreements.models import Agenda, Obligation
from mandata.agreements.rules import obligations as rules
from mandata.agreements.rules.obligations import Stage
from mandata.agreements.services import ledger
from mandata.foundation.actors import SYSTEM
from mandata.infra import bulk
from mandata.infra.tenancy import current_controller, scope

_log = structlog.get_logger(__name__)

BATCH: Final = 100
MOST: Final = 500
"""How many are dealt with before the caller is answered; the worker then calls again at once."""
AGAIN: Final = timedelta(minutes=5)
"""When what could not be dealt with is tried again."""

_CLAIM: Final = """
select controller_id, obligation from agreements_agenda where at <= %s
order by at, obligation limit %s for update skip locked
"""


_NEXT: Final = """
update agreements_agenda a set at = u.at from unnest(%(ids)s::uuid[], %(looks)s::timestamptz[]) as u (obligation, at)
where a.obligation = u.obligation
"""


def remind_due(*, at: datetime) -> int:
    """Deal with everything in the agenda whose time has come; return how many obligations that were. Opens the scopes.

    As many workers as one likes share the work; memory does not depend on how many obligations there are.
    """
    done, operator = 0, accounts.processor_reached("notices")[0]
    while done < MOST:
        with transaction.atomic():
            found = _claimed(at)
            for controller, ids in found:
                _attend(controller, ids, operator, at)
        done += sum(len(ids) for _controller, ids in found)
        if not found:
            break
    return done


def _claimed(at: datetime) -> list[tuple[UUID, list[UUID]]]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [at, BATCH])
        rows = sorted(cursor.fetchall())
    return [(controller, [row[1] for row in some]) for controller, some in groupby(rows, key=lambda row: row[0])]


def _attend(controller: UUID, ids: Sequence[UUID], operator: accounts.Reach, at: datetime) -> None:
    """What goes wrong with one obligation does not hold up the others: it is put off, and told in the log."""
    if not _dealt(controller, ids, operator, at) and len(ids) > 1:
        for one in ids:
            _dealt(controller, [one], operator, at)


def _dealt(controller: UUID, ids: Sequence[UUID], operator: accounts.Reach, at: datetime) -> bool:
    try:
        with scope(controller):
            _remind(ids, operator, at)
    except (InterfaceError, OperationalError):
        raise
    except Exception as error:
        if len(ids) == 1:
            _log.error("obligation.put_off", obligation=str(ids[0]), error=type(error).__name__, exc_info=True)
            Agenda.objects.filter(obligation=ids[0]).update(at=at + AGAIN)
        return False
    return True


@dataclass(frozen=True, slots=True)
class Reminded:
    """An obligation of which somebody is reminded, and the stage that it has reached."""

    row: Obligation
    stage: Stage


def _remind(ids: Sequence[UUID], operator: accounts.Reach, at: datetime) -> None:
    rows = list(Obligation.objects.select_for_update().filter(id__in=ids, state="open").order_by("statutory", "id"))
    Agenda.objects.filter(obligation__in=set(ids) - {row.id for row in rows}).delete()
    told = [found for row in rows if (found := _advance(row, at))]
    for party in sorted({one.row.owed_by for one in told}):
        theirs = [one for one in told if one.row.owed_by == party]
        notice = _tell(party, theirs, operator, at)
        for one in theirs:
            body: dict[str, object] = {"stage": one.stage, "notice": notice}
            ledger.enter(one.row, "reminded", body, actor=SYSTEM, at=at)
    _keep(rows)


_KEEP: Final = """
update agreements_obligation o set reminders = u.reminders, late_at = u.late_at, changed_at = u.changed_at,
       entries = u.entries::jsonb, state = u.state, closed_at = u.closed_at, closed_by = u.closed_by, reason = u.reason
from unnest(%(ids)s::uuid[], %(reminders)s::int2[], %(late_at)s::timestamptz[], %(changed_at)s::timestamptz[],
            %(entries)s::text[], %(state)s::text[], %(closed_at)s::timestamptz[], %(closed_by)s::text[],
            %(reason)s::text[])
  as u (id, reminders, late_at, changed_at, entries, state, closed_at, closed_by, reason)
where o.controller_id = %(controller)s and o.id = u.id
"""
_PLAIN: Final = ("reminders", "late_at", "changed_at", "state", "closed_at", "closed_by", "reason")


def _keep(rows: Sequence[Obligation]) -> None:
    values = {name: [getattr(row, name) for row in rows] for name in _PLAIN}
    entries = [json.dumps(row.entries) for row in rows]
    values |= {"ids": [row.id for row in rows], "entries": entries}
    bulk.execute(_KEEP, values | {"controller": current_controller()})
    Agenda.objects.filter(obligation__in=[row.id for row in rows if row.state != "open"]).delete()
    looks = {row.id: rules.next_look(ledger.times(row), row.reminders) for row in rows if row.state == "open"}
    bulk.execute(_NEXT, {"ids": list(looks), "looks": list(looks.values())})


def _advance(row: Obligation, at: datetime) -> Reminded | None:
    """Note the stages that have come; return the newest that was not dealt with yet."""
    times = ledger.times(row)
    count = rules.passed(times, at)
    if count <= row.reminders:
        return None
    stage, row.reminders = rules.reminders(times)[count - 1][0], count
    if stage is Stage.LAPSED:
        row.state, row.closed_at, row.closed_by, row.reason = "lapsed", row.statutory, str(SYSTEM), "unused"
        row.changed_at = at
        ledger.enter(row, "lapsed", {"reason": row.reason}, actor=SYSTEM, at=at)
        return None
    if stage is Stage.LATE and row.late_at is None:
        row.late_at = row.changed_at = at
        ledger.enter(row, "late", {"statutory": row.statutory}, actor=SYSTEM, at=at)
    return Reminded(row, stage)


def _tell(party: str, told: Sequence[Reminded], operator: accounts.Reach, at: datetime) -> UUID:
    """One mail to a party for all of a batch."""
    card = accounts.holder()
    mine = party == "controller"
    to = accounts.reached("notices")[0] if mine else operator
    letter = letters.reminder(
        [
            letters.Line(one.row.number, one.row.duty, one.row.strict, one.row.reckoning["zone"], one.stage)
            for one in told
        ],
        controller=card.name,
        language=card.language if mine else "en",
    )
    return send_notice(
        to=to.address,
        to_name=to.name,
        subject=letter.subject,
        text=letter.text,
        kind="obligation.reminder",
        at=at,
    )
