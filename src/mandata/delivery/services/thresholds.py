"""Shares that must not be exceeded, by the agreement or, where it is silent, by the house's rule: complaints (DLV-3),
contacts of an import that do not exist (AUDI-3).

Looked at when a complaint or a dead address comes in. Above the share with few cases it warns: the members are told,
and what they owe by the agreement opens. With many, sending is stopped as well: the campaign is held, and no batch
passes the gate until somebody lifts it with reasons. Each of this happens once, however many workers see it at once: an
alarm is a row that one of them makes under a lock, and everything else stands in the same transaction.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices as outbox
from mandata.agreements import selectors as agreements
from mandata.agreements.rules.gates.thresholds import THRESHOLDS, Level, counting, exceeded, weigh
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.verdicts import Verdict
from mandata.agreements.services import asking, notices, obligations
from mandata.campaigns import services as campaign_services
from mandata.campaigns.errors import WrongState
from mandata.delivery.errors import NoReason, NoSuchAlarm
from mandata.delivery.models import Alarm, Return
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Refused
from mandata.foundation.periods import Period, Unit
from mandata.infra import bulk
from mandata.infra.environment import env
from mandata.infra.tenancy import current_controller
from mandata.record.services import append
from mandata.vault.services import Vault

HELD: Final = "threshold"
"""Why a campaign is held that a threshold stopped."""
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended(%b::text, 0))"
_COMPLAINTS: Final = """
with counted as (
    select id from campaigns_campaign where launched_at > %(since)b
), sent as (
    select coalesce(sum(c.count), 0)::bigint as messages
    from delivery_counter c where c.campaign_id in (select id from counted) and c.state = 'sent'
)
select (select count(distinct (r.campaign_id, coalesce(r.subscriber_id, r.id))) from delivery_return r
        where r.kind = 'complaint' and r.received_at > %(since)b and r.campaign_id in (select id from counted)),
       (select messages from sent)
"""
# The imports that brought somebody in, of late: they stand in the evidence of the subscription.
_IMPORTS: Final = """
select distinct i.id from audience_subscription s
join audience_import i on i.id = (s.evidence ->> 'import')::uuid and i.finished_at > %b
where s.subscriber_id = %b and s.evidence ? 'import'
"""
_NONEXISTENT: Final = """
select (select count(distinct r.subscriber_id) from delivery_return r
        join audience_subscription s on s.controller_id = r.controller_id and s.subscriber_id = r.subscriber_id
            and s.evidence ->> 'import' = %(import)b::text
        where r.kind = 'bounce' and r.hard and r.reason = 'userunknown' and r.received_at > %(since)b),
       (select coalesce((counts ->> 'accepted')::bigint, 0) + coalesce((counts ->> 'updated')::bigint, 0)
            + coalesce((counts ->> 'unchanged')::bigint, 0)
        from audience_import where id = %(import)b::uuid)
"""
_DAYS: Final = {Unit.DAYS: 1, Unit.WORKING_DAYS: 1, Unit.WEEKS: 7, Unit.MONTHS: 30, Unit.YEARS: 365}


@dataclass(frozen=True, slots=True)
class Case:
    """What was counted. `about`: the import, or the controller of complaints; `campaign`: whose message came back."""

    kind: str
    about: UUID
    campaign: UUID | None
    part: int
    whole: int


def look(row: Return, *, at: datetime) -> None:
    """Weigh what a new return adds to, and warn or stop by the agreement. Inside the scope and the transaction that
    keeps the return."""
    if row.kind == "complaint":
        _look("complaints", current_controller(), row, at)
    elif row.kind == "bounce" and row.hard and row.reason == "userunknown" and row.subscriber_id is not None:
        counted = counting(agreements.ground(at).terms, "nonexistent")
        for (found,) in bulk.execute(_IMPORTS, [at - _span(counted.period), row.subscriber_id]):
            _look("nonexistent", found, row, at)


def _look(kind: str, about: UUID, row: Return, at: datetime) -> None:
    terms = agreements.ground(at).terms
    if Alarm.objects.filter(kind=kind, about=about, lifted_at=None, level="stopped").exists():
        return
    bulk.execute(_LOCK, [f"threshold:{kind}:{about}"])  # whoever comes second sees the first one's alarm
    since = at - _span(counting(terms, kind).period)
    lifted = Alarm.objects.filter(kind=kind, about=about, lifted_at__gt=since).order_by("-lifted_at").first()
    if lifted is not None:
        since = lifted.lifted_at  # what was lifted with reasons is not held against anybody again
    if kind == "complaints":
        part, whole = bulk.execute(_COMPLAINTS, {"since": since})[0]
    else:
        part, whole = bulk.execute(_NONEXISTENT, {"import": str(about), "since": since})[0]
    level, _verdict = weigh(terms, kind, int(part), int(whole))
    if level:
        _raise(terms, level, Case(kind, about, row.campaign_id, int(part), int(whole)), at)


def _span(period: Period) -> timedelta:
    if period.unit is Unit.HOURS:
        return timedelta(hours=period.amount)
    return timedelta(days=period.amount * _DAYS[period.unit])


def _raise(terms: Terms | None, level: Level, case: Case, at: datetime) -> None:
    """Make the alarm, or make a warning a stop; nothing where it stands already."""
    row = Alarm.objects.filter(kind=case.kind, about=case.about, lifted_at=None).first()
    if row is not None and (row.level == level or row.level == "stopped"):
        Alarm.objects.filter(id=row.id).update(part=case.part, whole=case.whole)
        return
    if row is None:
        clause = exceeded(terms, case.kind, case.part, case.whole).clause  # none where the house's rule speaks
        row = Alarm(kind=case.kind, about=case.about, clause=clause, since=at, part=0, whole=0, changed_at=at)
    row.level, row.part, row.whole, row.changed_at = level, case.part, case.whole, at
    row.campaign_id = case.campaign
    row.save()
    held = level == "stopped" and case.campaign is not None and _hold(case.campaign, at)
    told = _tell(terms, row, at)
    body: dict[str, object] = {
        "alarm": row.id,
        "kind": case.kind,
        "about": case.about,
        "campaign": case.campaign,
        "part": case.part,
        "whole": case.whole,
        "held": held,
        "notices": told,
    }
    append(kind=f"delivery.threshold_{level}", body=body, actor=SYSTEM, at=at, clause=row.clause)
    event = THRESHOLDS[case.kind].event  # what is owed is the agreement's alone: a silent one owes no answer
    obligations.open_for(event=event, since=at, cause=f"threshold:{row.id}", at=at, about=("threshold", row.id))


def _hold(campaign_id: UUID, at: datetime) -> bool:
    try:
        campaign_services.hold(campaign_id=campaign_id, reason=HELD, actor=SYSTEM, at=at)
    except WrongState:
        return False  # it is over, or waits already
    return True


def _tell(terms: Terms | None, row: Alarm, at: datetime) -> list[UUID]:
    """Tell the controller what happened, by which clause, and what to do; return the notices' ids."""
    verdict = exceeded(terms, row.kind, row.part, row.whole)
    with translation.override(accounts.controller().language):
        named, reason, remedy = verdict.said(agreements.reader())
        stopped = row.level == "stopped"
        subject = _("Sending is stopped: %(title)s") if stopped else _("Warning: %(title)s")
        next_step = (
            _("No campaign of yours is sent until this is lifted. Open Sending → What came back, state the reasons.")
            if stopped
            else _("Nothing is stopped yet. Open Sending → What came back, and answer by the day stated there.")
            if verdict.clause
            else _("Nothing is stopped yet. Open Sending → What came back to see what it is about.")
        )
        clause = (
            _("Clause: %(clause)s (%(source)s)") % {"clause": verdict.clause, "source": verdict.source}
            if verdict.clause
            else _("Rule: %(source)s") % {"source": verdict.source}
        )
        text = "\n\n".join((_("Hello,"), reason, clause, remedy, next_step, env().operator_contact)) + "\n"
        title = subject % {"title": named}
    return _served(title, text, row, at)


def _served(subject: str, text: str, row: Alarm, at: datetime) -> list[UUID]:
    """Serve it as a notice under its clause, with proof (AGR-7), and tell the owners, who may have other addresses."""
    kind, made = f"threshold.{row.level}", []
    about = ("threshold", row.id)
    with contextlib.suppress(Refused):  # a controller without any address; what is owed stands on the page
        made.append(
            notices.serve(
                kind=kind, party="controller", subject=subject, text=text, at=at, clause=row.clause, about=about
            )
        )
    reached = {one.address for one in accounts.reached("notices")}
    made += [
        outbox.send_notice(to=owner.email, to_name=owner.name, subject=subject, text=text, kind=kind, at=at)
        for owner in accounts.owners()
        if owner.email not in reached
    ]
    return made


# ------------------------------------------------------------------------------------------------------- the gate


def check(terms: Terms | None) -> tuple[Verdict, ...]:
    """Return a refusal for each stop that stands in the scope; nothing where none does. Asked for every batch."""
    rows = Alarm.objects.filter(level="stopped", lifted_at=None).values_list("kind", "part", "whole")
    return tuple(exceeded(terms, kind, part, whole) for kind, part, whole in rows)


def ask(campaign_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Ask before a campaign is launched or goes on. Raises GateRefused; the refusal is kept once."""
    verdicts = check(agreements.ground(at).terms)
    asking.keep("send", campaign_id, verdicts, actor=actor, at=at)
    asking.refuse(verdicts)


# ------------------------------------------------------------------------------------------------------- lifting


def lift(*, alarm_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """Lift an alarm with reasons: sending may go on; a held campaign waits until a member releases it.

    The reason is sealed under a key of its own, the record holds a commitment; what was owed is met by it. Raises
    NoSuchAlarm, NoReason.
    """
    if not reason.strip():
        raise NoReason(_("Lifting this needs its reasons."), remedy=_("Say what was found and what changes."))
    row = Alarm.objects.select_for_update().filter(id=alarm_id, lifted_at=None).first()
    if row is None:
        raise NoSuchAlarm(_("There is no such warning or stop, or it is lifted already."))
    vault = Vault.open()
    vault.create([row.id])
    row.reason = vault.seal(row.id, "delivery_alarm.reason", reason.strip().encode())
    row.lifted_at, row.lifted_by = at, str(actor)[:60]
    row.save(update_fields=["reason", "lifted_at", "lifted_by"])
    body: dict[str, object] = {"alarm": row.id, "kind": row.kind, "level": row.level}
    commitment = vault.commit(row.id, {"reason": reason.strip()})
    append(kind="delivery.threshold_lifted", body=body, actor=actor, at=at, clause=row.clause, commitment=commitment)
    obligations.meet_about(about=row.id, evidence={"alarm": str(row.id)}, actor=actor, at=at)
