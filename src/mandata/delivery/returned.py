"""Reads of what came back: by kind, by reason, by campaign, by day; and the alarms it raised. Inside a scope."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.gates.thresholds import exceeded
from mandata.agreements.selectors import obligations
from mandata.delivery.models import Alarm, Return
from mandata.infra import bulk
from mandata.vault.services import Vault

KINDS: Final = ("bounce", "delay", "complaint", "leave", "auto", "challenge", "reply", "delivered")
_WHERE: Final = "received_at > %(since)b and (%(campaign)b::uuid is null or campaign_id = %(campaign)b::uuid)"
_KINDS: Final = f"select kind, hard, count(*) from delivery_return where {_WHERE} group by 1, 2"  # noqa: S608 - our own words
_REASONS: Final = (
    f"select reason, hard, count(*) from delivery_return where kind in ('bounce', 'delay') and {_WHERE} "  # noqa: S608
    "group by 1, 2 order by 3 desc, 1"
)
_CAMPAIGNS: Final = """
select r.campaign_id, c.name, count(*) filter (where r.kind = 'bounce' and r.hard),
       count(*) filter (where r.kind = 'bounce' and not r.hard), count(*) filter (where r.kind = 'complaint'),
       count(*) filter (where r.kind = 'leave'), max(r.received_at)
from delivery_return r join campaigns_campaign c on c.id = r.campaign_id
where r.kind in ('bounce', 'complaint', 'leave') and r.received_at > %(since)b
group by 1, 2 order by max(r.received_at) desc limit %(limit)b
"""
_DAYS: Final = f"""
select (received_at at time zone %(zone)b::text)::date, count(*) filter (where kind = 'bounce' and hard),
       count(*) filter (where kind = 'bounce' and not hard), count(*) filter (where kind = 'complaint')
from delivery_return where {_WHERE} group by 1 order by 1
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class CampaignReturns:
    """What came back for one campaign."""

    campaign_id: UUID
    name: str
    hard: int
    soft: int
    complaints: int
    left: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Back:
    """One message that came back: `rests` names the ground of the suppression that rests on it, "" where none does."""

    at: datetime
    kind: str
    hard: bool
    reason: str
    status: str
    diagnostic: str
    rests: str
    subscriber_id: UUID | None


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm in words of the reader's language. `answer`: the obligation that answers it; `due`: until when."""

    id: UUID
    kind: str
    level: str
    title: str
    text: str
    remedy: str
    clause: str
    source: str
    part: int
    whole: int
    since: datetime
    campaign_id: UUID | None
    answer: UUID | None
    due: datetime | None
    lifted_at: datetime | None
    lifted_by: str
    reason: str


def by_kind(since: datetime, campaign: UUID | None = None) -> dict[str, int]:
    """Count what came back by kind; bounces as "hard" and "soft"."""
    found = dict.fromkeys(("hard", "soft", *KINDS[1:]), 0)
    for kind, hard, count in bulk.execute(_KINDS, {"since": since, "campaign": campaign}):
        found[("hard" if hard else "soft") if kind == "bounce" else kind] += int(count)
    return found


def by_reason(since: datetime, campaign: UUID | None = None) -> list[tuple[str, bool, int]]:
    """Return (reason, whether for good, how many), the most frequent first."""
    return [(str(reason), bool(hard), int(count)) for reason, hard, count in bulk.execute(
        _REASONS, {"since": since, "campaign": campaign}
    )]  # fmt: skip


def by_campaign(since: datetime, *, limit: int = 50) -> list[CampaignReturns]:
    """Return what came back for each campaign, the latest first."""
    return [CampaignReturns(*row) for row in bulk.execute(_CAMPAIGNS, {"since": since, "limit": limit})]


def by_day(since: datetime, zone: str, campaign: UUID | None = None) -> dict[date, tuple[int, int, int]]:
    """Return hard bounces, soft ones and complaints by day of the viewer's zone; days without any are left out."""
    values = {"since": since, "zone": zone, "campaign": campaign}
    return {day: (int(hard), int(soft), int(told)) for day, hard, soft, told in bulk.execute(_DAYS, values)}


def latest(since: datetime, campaign: UUID | None = None, *, limit: int = 50) -> list[Back]:
    """Return the latest that came back."""
    rows = Return.objects.filter(received_at__gt=since)
    if campaign is not None:
        rows = rows.filter(campaign_id=campaign)
    names = ("received_at", "kind", "hard", "reason", "status", "diagnostic", "suppressed", "subscriber_id")
    return [Back(*row) for row in rows.order_by("-received_at", "-id").values_list(*names)[:limit]]


def alarms(*, at: datetime, lifted: int = 10) -> list[Raised]:
    """Return the alarms that stand, stops first, then the latest lifted ones."""
    standing = list(Alarm.objects.filter(lifted_at=None).order_by("level", "-since"))
    past = list(Alarm.objects.exclude(lifted_at=None).order_by("-lifted_at")[:lifted])
    return [_raised(row, at) for row in (*sorted(standing, key=lambda one: one.level != "stopped"), *past)]


def _raised(row: Alarm, at: datetime) -> Raised:
    terms = agreements.ground(at).terms
    verdict = exceeded(terms, row.kind, row.part, row.whole)
    title, text, remedy = verdict.said(agreements.reader())
    owed = next(iter(obligations.about(row.id, at)), None)
    reason = ""
    if row.reason is not None:
        reason = Vault.open().unseal(row.id, "delivery_alarm.reason", bytes(row.reason)).decode()
    return Raised(
        id=row.id, kind=row.kind, level=row.level, title=title, text=text, remedy=remedy, clause=row.clause,
        source=verdict.source, part=row.part, whole=row.whole, since=row.since, campaign_id=row.campaign_id,
        answer=owed.id if owed else None, due=owed.strict if owed else None, lifted_at=row.lifted_at,
        lifted_by=row.lifted_by, reason=reason,
    )  # fmt: skip
