"""Taking in one-click unsubscriptions: ahead of everything else, effective with the transaction that takes them."""

from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import transaction

from mandata.audience import choices
from mandata.foundation.tokens import LINK_UNSUBSCRIBE, TEST_MESSAGE
from mandata.infra import outside
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.tracking import rules, sources, spool
from mandata.tracking.rules import ANY_LINK, Agent, Origin
from mandata.tracking.services import tally
from mandata.tracking.services.segments import take
from mandata.tracking.services.tally import Shape
from mandata.tracking.spool import Batch, SpoolRecord

LIMIT: Final = 500
_AGENTS: Final = {int(agent): agent.name.lower() for agent in Agent}


def take_unsubscriptions(*, at: datetime, folder: Path | None = None, limit: int = LIMIT) -> int:
    """Take in the unsubscriptions spooled on this host; return how many. Safe in several processes, safe to kill."""
    return take(folder or env().var / "spool", spool.UNSUBSCRIPTIONS, _keep, at=at, limit=limit)


def unsubscribe(
    *, campaign_id: UUID, message_no: int, subscriber_id: UUID, list_id: UUID | None, everything: bool, at: datetime
) -> bool:
    """Unsubscribe the holder of a message by the page's button, in the open scope, at once; return whether it is new.

    From the campaign's list; from everything where the person says so or the campaign had no list.
    """
    with transaction.atomic():
        new = choices.withdraw(subscriber=subscriber_id, list_id=None if everything else list_id, at=at)
        if new:
            left = tally.Batch()
            left.add(int(at.timestamp() * 1000), message_no, ANY_LINK, _left(""), b"")
            tally.keep(campaign_id, left)
        return new


def _keep(batch: Batch) -> None:
    by_campaign: defaultdict[int, list[SpoolRecord]] = defaultdict(list)
    for record in batch.records:
        if record.link == LINK_UNSUBSCRIBE:
            by_campaign[record.campaign_no].append(record)
    known = sources.places(by_campaign)
    with outside.together():  # the whole batch is on the disk at once, before the transaction around it is committed
        for number in sorted(known):
            with scope(known[number].controller_id):
                _keep_campaign(known[number].campaign_id, by_campaign[number])


def _keep_campaign(campaign_id: UUID, records: list[SpoolRecord]) -> None:
    facts = sources.campaign(campaign_id)
    if facts is None:
        return
    messages = sources.messages(campaign_id, {record.message_no for record in records})
    leaving: dict[UUID, datetime] = {}
    for record in records:
        if (message := messages.get(record.message_no)) and message.subscriber:
            leaving.setdefault(UUID(message.subscriber), datetime.fromtimestamp(record.at_ms / 1000, UTC))
    # What counts is when the person pressed the button, not when we came to it.
    for subscriber, at in leaving.items():
        choices.withdraw(subscriber=subscriber, list_id=facts.list_id, at=at)
    left = tally.Batch()
    for record in records:
        if record.message_no != TEST_MESSAGE:
            left.add(
                record.at_ms, record.message_no, ANY_LINK, _left(_AGENTS.get(record.agent, "other")), record.network
            )
    tally.keep(campaign_id, left)


@cache
def _left(agent: str) -> Shape:
    """What all unsubscriptions through one kind of program have in common: a person's, whenever it comes."""
    person = rules.Verdict(Origin.HUMAN, rules.Signal.NONE)
    return Shape(rules.Kind.UNSUBSCRIBE, agent, (person, person, person), individual=True)
