"""Who is written to no more because of what came back: a complaint, a dead address, a mailbox that takes nothing
(AUDI-4, DLV-3). By rule, and at once; what a suppression rests on stays readable at the return itself.
"""

import tomllib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from mandata.audience.rules.bases import Reason
from mandata.audience.services.suppression import suppress
from mandata.delivery.models import Return
from mandata.delivery.rules.soft import Policy, Sent, worn_out
from mandata.foundation.actors import SYSTEM
from mandata.infra import bulk
from mandata.record.services import append

_FILE: Final = Path(__file__).parent.parent / "softbounces.toml"
_HELD: Final = "select 1 from audience_subscriber where id = %b"
_HISTORY: Final = """
select coalesce(m.sent_at, r.received_at), coalesce(r.reason, '')
from delivery_message m
left join lateral (
    select received_at, reason from delivery_return
    where campaign_id = m.campaign_id and subscriber_id = m.subscriber_id and kind = 'bounce' and not hard
    order by received_at desc limit 1
) r on true
where m.subscriber_id = %b and m.state in ('sent', 'failed') and coalesce(m.sent_at, r.received_at) is not null
order by 1 desc limit %b
"""


@cache
def policy() -> Policy:
    """Return the rule of soft bounces, which is data (`softbounces.toml`)."""
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Policy(read["messages"], read["days"], read["rest_days"], frozenset(read["reasons"]))


def suppress_for(row: Return, *, at: datetime) -> str:
    """Suppress the person of a return where a rule says so; return the ground, "" where there is none or the person
    is erased. Inside the scope, in the caller's transaction."""
    subscriber: UUID | None = row.subscriber_id
    reason, until = _ground(row, at)
    if subscriber is None or reason is None or not bulk.execute(_HELD, [subscriber]):
        return ""
    new = suppress(subscriber_id=subscriber, reason=reason, actor=SYSTEM, at=at, until=until)
    if reason is Reason.COMPLAINT:
        append(kind="delivery.complaint", body={"campaign": row.campaign_id}, actor=SYSTEM, subject=subscriber, at=at)
    return reason.value if new else ""


def _ground(row: Return, at: datetime) -> tuple[Reason | None, datetime | None]:
    if row.kind == "complaint":
        return Reason.COMPLAINT, None
    if row.kind != "bounce":
        return None, None
    if row.hard:
        return Reason.HARD_BOUNCE, None
    rule = policy()
    history = [Sent(*one) for one in bulk.execute(_HISTORY, [row.subscriber_id, rule.messages])]
    if worn_out(history, rule):
        return Reason.SOFT_BOUNCE, at + timedelta(days=rule.rest_days)
    return None, None
