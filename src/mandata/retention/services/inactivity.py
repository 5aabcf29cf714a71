"""Accounts that nobody logs in to (RET-6): told twice ahead, called off by any log-in, ended only after both.

The period is the clause's (end.inactivity); that it is told ahead, and how long, is ours. However late this comes to
look, after an outage or with a clock that leapt, the whole announcement is given first: nothing ends silently. In the
open scope.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices as outbox
from mandata.agreements import selectors as agreements
from mandata.agreements.rules import windows
from mandata.agreements.services import notices, obligations
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.record.services import append
from mandata.retention.errors import Ending
from mandata.retention.models import End, Inactivity
from mandata.retention.rules import inactivity as rules
from mandata.retention.services import ends

CLAUSE: Final = "end.inactivity"
ABOUT: Final = "inactivity"


def last_login() -> datetime:
    """Return when one of the controller's active members last logged in; before the first time, when the member
    joined."""
    people = [one for one in accounts.members() if one.state == "active"]
    times = [max(one.last_login or one.joined_at, one.joined_at) for one in people]
    return max(times, default=accounts.controller().created_at)


def look(*, at: datetime) -> str:
    """Do what is due about the controller's inactivity; return the step (`rules.Step`), empty where none was."""
    found = agreements.ground(at)
    if found.terms is None or found.standing.ended or CLAUSE not in found.terms.clauses:
        return ""
    if End.objects.exclude(state="withdrawn").exists():
        return ""
    since = last_login()
    _called_off(since, at)
    row = Inactivity.objects.select_for_update().filter(since=since).first()
    length = windows.period(found.terms, CLAUSE)
    if length is None or (row is not None and row.state != "told"):
        return ""
    until = windows.after(length, since, found.terms.reckoning)
    told = None if row is None else rules.Told(row.told_at, row.again_at, row.ends_at)
    step = rules.step(until, told, at)
    if step is rules.Step.TELL:
        _tell_first(since, until, at)
    elif row is not None and step is rules.Step.AGAIN:
        row.again_at = at
        row.ends_at = max(row.ends_at, at + rules.LAST)
        row.save(update_fields=["again_at", "ends_at"])
        _letter(row, at)
    elif row is not None and step is rules.Step.END:
        _hand_over(row, at)
    return step.value


def _tell_first(since: datetime, until: datetime, at: datetime) -> None:
    row = Inactivity(id=new_id(), since=since, told_at=at, ends_at=max(until, at + rules.AHEAD))
    row.obligation = obligations.open_duty(
        duty=CLAUSE, since=since, cause=f"inactivity:{since.isoformat()}", at=at, about=(ABOUT, row.id)
    )
    row.save(force_insert=True)
    body: dict[str, object] = {"inactivity": row.id, "since": since, "ends": row.ends_at}
    append(kind="inactivity.told", body=body, actor=SYSTEM, at=at, clause=CLAUSE)
    _letter(row, at)


def _letter(row: Inactivity, at: datetime) -> None:
    card = accounts.controller()
    with translation.override(card.language):
        subject = _("%(name)s: nobody has logged in for long") % {"name": card.name}
        text = _(
            "Nobody has logged in to the account of %(name)s since %(since)s. By the agreement the contract ends after "
            "so long a time, on %(ends)s, and the account with its data may be deleted.\n\nA single log-in calls that "
            "off: %(url)s\n\nUntil then everything can be seen and taken out.\n"
        ) % {
            "name": card.name,
            "since": f"{row.since:%Y-%m-%d}",
            "ends": f"{row.ends_at:%Y-%m-%d}",
            "url": env().public_url,
        }
    notices.serve(
        kind="inactivity", party="controller", subject=subject, text=text, at=at, clause=CLAUSE, about=(ABOUT, row.id)
    )
    for owner in accounts.owners():
        outbox.send_notice(
            to=owner.email, to_name=owner.name, subject=subject, text=text, kind="account_inactive", at=at
        )


def _called_off(since: datetime, at: datetime) -> None:
    """Somebody has logged in since: what was announced before is off."""
    for row in Inactivity.objects.select_for_update().filter(state="told", since__lt=since):
        row.state, row.closed_at = "cancelled", at
        row.save(update_fields=["state", "closed_at"])
        obligations.lapse_about(about=row.id, reason="logged_in", at=at)
        body: dict[str, object] = {"inactivity": row.id, "since": since}
        append(kind="inactivity.cancelled", body=body, actor=SYSTEM, at=at, clause=CLAUSE)


def _hand_over(row: Inactivity, at: datetime) -> None:
    """The time has come, and it was told twice: the agreement ends, by its own timetable."""
    try:
        end: UUID | None = ends.give_notice(by="term", reason="inactivity", effective=at, actor=SYSTEM, at=at)
    except Ending:
        end = None
    row.state, row.closed_at = "handed", at
    row.save(update_fields=["state", "closed_at"])
    obligations.meet_about(about=row.id, duties=[CLAUSE], evidence={"end": str(end)}, actor=SYSTEM, at=at)
    append(kind="inactivity.handed", body={"inactivity": row.id, "end": end}, actor=SYSTEM, at=at, clause=CLAUSE)
