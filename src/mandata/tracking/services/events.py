"""Taking in opens and clicks: who did it is decided here, when all that can be known of it is there."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from mandata.foundation.tokens import FIRST_RESERVED, LINK_OPEN, TEST_MESSAGE
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.tracking import rules, sources, spool
from mandata.tracking.countries import country
from mandata.tracking.rules import ANY_LINK, Agent, Kind, Method
from mandata.tracking.services import gate, tally
from mandata.tracking.services.segments import take
from mandata.tracking.services.tally import Seen
from mandata.tracking.sources import CampaignFacts, MessageFacts
from mandata.tracking.spool import Batch, SpoolRecord

LIMIT: Final = 20_000
REMEMBERED: Final = 20_000
_AGENTS: Final = {int(agent): (agent, agent.name.lower()) for agent in Agent}
_METHODS: Final = {int(method): method for method in Method}
_AT_ONCE_MS: Final = int(rules.AT_ONCE_SECONDS * 1000)
_NOBODY: Final = MessageFacts(None, "", None)
_NEVER: Final[list[tuple[int, int]]] = []

Visits = dict[tuple[int, int], list[tuple[int, int]]]


def take_events(
    *, at: datetime, folder: Path | None = None, settle: float = rules.AT_ONCE_SECONDS, limit: int = LIMIT
) -> int:
    """Take in the opens and clicks spooled on this host until `settle` seconds before `at`; return how many.

    Safe to run in several processes, and to be killed at any time.
    """
    before_ms = int((at.timestamp() - settle) * 1000) + 1
    place = folder or env().var / "spool"
    taker = _taker(place)
    return take(place, spool.EVENTS, lambda batch: taker.keep(batch, at), at=at, limit=limit, before_ms=before_ms)


@cache
def _taker(_folder: Path) -> "_Taker":
    """One for each spool, as long as the process lives."""
    return _Taker()


class _Taker:
    """Keeps batches, and remembers the visits of the last seconds, so that links at once are seen across batches."""

    def __init__(self) -> None:
        self._recent: list[SpoolRecord] = []

    def keep(self, batch: Batch, at: datetime) -> None:
        """Keep the records of a batch, in the transaction that is open; only kinds that the agreement names."""
        by_campaign: defaultdict[int, list[SpoolRecord]] = defaultdict(list)
        for record in batch.records:
            if record.message_no != TEST_MESSAGE:
                by_campaign[record.campaign_no].append(record)
        visits = _visits((*self._recent, *batch.records, *batch.ahead))
        known, agreed = sources.places(by_campaign), gate.Agreed(at)
        for number in sorted(known):
            with scope(known[number].controller_id):
                facts = sources.campaign(known[number].campaign_id)
                records = agreed.of(by_campaign[number], known[number])
                if facts is not None and records:
                    messages = sources.messages(known[number].campaign_id, {record.message_no for record in records})
                    tally.keep(known[number].campaign_id, _seen(records, facts, messages, visits))
        self._remember(batch.records)

    def _remember(self, records: list[SpoolRecord]) -> None:
        if records:
            since = records[-1].at_ms - _AT_ONCE_MS
            young = (record for record in (*self._recent, *records) if record.at_ms >= since)
            self._recent = [record for record in young if record.link < FIRST_RESERVED][-REMEMBERED:]


def _visits(records: Iterable[SpoolRecord]) -> Visits:
    """When which links of each message were followed; only of messages with more than one link followed."""
    found: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for record in records:
        if record.link < FIRST_RESERVED:
            found[record.campaign_no, record.message_no].append((record.at_ms, record.link))
    return {message: visits for message, visits in found.items() if len(visits) > 1}


def _seen(
    records: list[SpoolRecord], facts: CampaignFacts, messages: dict[int, MessageFacts], visits: Visits
) -> list[Seen]:
    """The events of one campaign, each with who did it."""
    spans = {
        message: rules.busy_spans(found, facts.links)
        for (campaign_no, message), found in visits.items()
        if campaign_no == records[0].campaign_no
    }
    events = []
    for record in records:
        _, message_no, link, at_ms, method, agent_no, network = record
        is_open = link == LINK_OPEN
        message = messages.get(message_no, _NOBODY)
        agent, agent_name = _AGENTS.get(agent_no, _AGENTS[Agent.OTHER])
        origin, signals = rules.classify(
            Kind.OPEN if is_open else Kind.CLICK,
            _METHODS.get(method, Method.OTHER),
            agent,
            network,
            None if message.sent is None else at_ms / 1000 - message.sent,
            any(start <= at_ms <= end for start, end in spans.get(message_no, _NEVER)),
        )
        kind, individual = ("open", facts.track_opens) if is_open else ("click", facts.track_clicks)
        events.append(
            Seen(
                at_ms,
                kind,
                message_no,
                message.subscriber,
                message.provider,
                ANY_LINK if is_open else link,
                origin.value,
                signals,
                agent_name,
                rules.network_text(network),
                country(network),
                individual,
            )
        )
    return events
