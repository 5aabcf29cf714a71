"""What a campaign needs beside sending: its audience frozen, its rest taken back, its end noticed."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.recipients import Asked
from mandata.campaigns import selectors as campaigns
from mandata.campaigns import services as campaign_services
from mandata.campaigns.errors import WrongState
from mandata.delivery import following, selectors
from mandata.delivery.models import Chunk
from mandata.delivery.services import gate, providing
from mandata.delivery.services.replaying import SETTLED
from mandata.delivery.statements import statement
from mandata.foundation.actors import SYSTEM
from mandata.infra import bulk, outside
from mandata.infra.logs import log
from mandata.infra.tenancy import current_controller, scope

_SHUT = timedelta(seconds=5)
_LOOKED_UP_FOR = 3.0
_LOCK = "select 1 from campaigns_campaign where id = %b and state = 'launching' for update skip locked"

_KNOWN = (
    "select count(*)::bigint, coalesce(max(number), 0)::bigint from delivery_message "
    "where controller_id = %(controller)s and campaign_id = %(campaign)s"
)
_ABSENT = (
    "not exists (select from delivery_message m where m.controller_id = %(controller)s "
    "and m.campaign_id = %(campaign)s and m.subscriber_id = s.id)"
)
_OF = "from delivery_message where controller_id = %(controller)s and campaign_id = %(campaign)s"
_DUE = (
    f"select 1 where exists (select {_OF} and state in ('queued', 'deferred') and next_at is null) "
    f"or exists (select {_OF} and state = 'deferred' and next_at <= %(at)s)"
)
_NEXT = f"select min(next_at) {_OF} and state = 'deferred'"

_log = log("delivery")


def tend_due(*, at: datetime) -> int:
    """Tend every campaign with something due; return how many have messages to send.

    Before an audience is frozen, the providers of its domains are looked up that are not known yet, for a few seconds.
    """
    sending = 0
    for one in campaigns.due(at):
        with scope(one.controller_id):
            launching = campaigns.row(one.campaign_id).state == "launching"
        if launching:
            providing.fill(controller_id=one.controller_id, at=at, seconds=_LOOKED_UP_FOR)
        sending += tend_campaign(controller_id=one.controller_id, campaign_id=one.campaign_id, at=at)
    return sending


def tend_campaign(*, controller_id: UUID, campaign_id: UUID, at: datetime, freezing: bool = True) -> bool:
    """Do what the campaign's state asks for; return whether it has messages to send now.

    Without `freezing`, a launched one is left to somebody else: a million recipients take seconds.
    """
    try:
        with scope(controller_id):
            state = campaigns.row(campaign_id).state
            if state == "launching":
                return freezing and freeze(campaign_id=campaign_id, at=at) > 0
            if state == "cancelled":
                _take_back(campaign_id, at)
                return False
            return state == "sending" and _look_at(campaign_id, at)
    except WrongState:
        return False  # somebody moved it meanwhile; the next round sees the new state


def freeze(*, campaign_id: UUID, at: datetime) -> int:
    """Make the messages of a launched campaign in one statement, and let them be claimed; return how many.

    Whoever has one already, because a restore learned from the outside log that it was sent, gets no other. Without
    an agreement in force or recipients, the campaign goes back to its writer.
    """
    one, rule = campaigns.row(campaign_id), agreements.recipient_rule(at)
    if rule is None or one.list_id is None:
        campaign_services.withdraw(campaign_id=campaign_id, reason="no_agreement", actor=SYSTEM, at=at)
        return 0
    values: dict[str, Any] = rule.parameters(Asked("email", at)) | {
        "campaign": campaign_id,
        "controller": current_controller(),
        "list": one.list_id,
    }
    if not bulk.execute(_LOCK, [campaign_id]):
        return 0  # another worker is freezing it, or has just done so
    known, taken = map(int, bulk.execute(_KNOWN, values)[0])
    values |= {"taken": taken, "apart": providing.told_apart()}
    absent = _ABSENT if known else "true"
    recipients = known + int(bulk.execute(statement("freeze", rule=rule.sql(), absent=absent), values)[0][0])
    bulk.execute("select delivery_analyse(%b)", [campaign_id])
    campaign_services.begin(campaign_id=campaign_id, recipients=recipients, actor=SYSTEM, at=at)
    _log.info("campaign.frozen", campaign=str(campaign_id), recipients=recipients)
    return recipients


def _take_back(campaign_id: UUID, at: datetime) -> None:
    """Cancel what is queued; when nothing is in flight any more, the campaign is settled."""
    move(campaign_id=campaign_id, before=("queued", "deferred"), after="cancelled", at=at)
    if not Chunk.objects.filter(campaign_id=campaign_id).exists():
        totals = selectors.totals(campaign_id)
        campaign_services.settle(campaign_id=campaign_id, totals=totals, actor=SYSTEM, at=at)
        following.thin(campaign_id, at=at)


def _look_at(campaign_id: UUID, at: datetime) -> bool:
    """Finish the campaign when nothing is open; put it off when all that is left waits for its time."""
    values = {"campaign": campaign_id, "controller": current_controller(), "at": at}
    if bulk.execute(_DUE, values):
        if gate.is_open(campaign_id, at=at):
            return True
        campaign_services.postpone(campaign_id=campaign_id, until=at + _SHUT)
        return False
    if Chunk.objects.filter(campaign_id=campaign_id).exists():
        return False
    next_at = bulk.execute(_NEXT, values)[0][0]
    if next_at is not None:
        campaign_services.postpone(campaign_id=campaign_id, until=next_at)
        following.thin(campaign_id, at=at)
        return False
    campaign_services.finish(campaign_id=campaign_id, totals=selectors.totals(campaign_id), actor=SYSTEM, at=at)
    following.thin(campaign_id, at=at)
    _log.info("campaign.finished", campaign=str(campaign_id))
    return False


def postpone(*, controller_id: UUID, campaign_id: UUID, at: datetime, until: datetime | None = None) -> None:
    """Look again in a few seconds, or at `until`: the gate is shut at the moment, or every limit is used up."""
    with scope(controller_id):
        campaign_services.postpone(campaign_id=campaign_id, until=until or at + _SHUT)


def move(
    *, campaign_id: UUID, before: tuple[str, ...], after: str, at: datetime, numbers: list[int] | None = None
) -> int:
    """Move messages from some states to another, with the counters; return how many. Inside the scope."""
    values = {
        "campaign": campaign_id,
        "controller": current_controller(),
        "before": list(before),
        "after": after,
        "numbers": numbers,
        "at": at,
    }
    moved, decided = bulk.execute(statement("move"), values)[0]
    if decided:  # the others were never claimed, or came back
        outcomes = [(number, after, 0, "", attempts) for number, attempts in orjson.loads(decided)]
        outside.write(SETTLED, {"campaign": campaign_id, "at": at, "outcomes": outcomes})
    return int(moved)
