"""Taking in opens and clicks: who did it is decided here, when all that can be known of it is there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from mandata.foundation.tokens import FIRST_RESERVED, LINK_OPEN, TEST_MESSAGE
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.tracking import rules, sources, spool
from mandata.tracking.rules import ANY_LINK, Agent, Kind, Method
from mandata.tracking.services import gate, tally
from mandata.tracking.services.segments import take
from mandata.tracking.services.tally import Shape
from mandata.tracking.sources import CampaignFacts
from mandata.tracking.spool import Batch, SpoolRecord

LIMIT: Final = 20_000
REMEMBERED: Final = 20_000
_AGENTS: Final = {int(agent): agent for agent in Agent}
_METHODS: Final = {int(method): method for method in Method}
_AT_ONCE_MS: Final = int(rules.AT_ONCE_SECONDS * 1000)
_STAGES: Final = (0.0, rules.SOONEST_PERSON_SECONDS, rules.PROXY_AHEAD_SECONDS)

Visits = dict[tuple[int, int], list[tuple[int, int]]]
Spans = dict[int, list[tuple[int, int]]]


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
            if record[1] != TEST_MESSAGE:
                by_campaign[record[0]].append(record)
        visits = _visits((*self._recent, *batch.records, *batch.ahead))
        known, agreed = sources.places(by_campaign), gate.Agreed(at)
        for number in sorted(known):
            with scope(known[number].controller_id):
                facts = sources.campaign(known[number].campaign_id)
                records = agreed.of(by_campaign[number], known[number])
                if facts is not None and records:
                    spans = _spans(number, facts, visits)
                    tally.keep(known[number].campaign_id, _columns(records, facts, spans))
        self._remember(batch.records)

    def _remember(self, records: list[SpoolRecord]) -> None:
        if records:
            since = records[-1].at_ms - _AT_ONCE_MS
            young = (record for record in (*self._recent, *records) if record[3] >= since)
            self._recent = [record for record in young if record[2] < FIRST_RESERVED][-REMEMBERED:]


def _visits(records: Iterable[SpoolRecord]) -> Visits:
    """When which links of each message were followed; only of messages with more than one link followed."""
    found: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for campaign_no, message_no, link, at_ms, _, _, _ in records:
        if link < FIRST_RESERVED:
            found[campaign_no, message_no].append((at_ms, link))
    return {message: visits for message, visits in found.items() if len(visits) > 1}


def _spans(number: int, facts: CampaignFacts, visits: Visits) -> Spans:
    """When links of a message of one campaign were followed at once, by the message's number."""
    found = {
        message_no: rules.busy_spans(followed, facts.links)
        for (campaign_no, message_no), followed in visits.items()
        if campaign_no == number
    }
    return {message_no: spans for message_no, spans in found.items() if spans}


def _columns(records: Sequence[SpoolRecord], facts: CampaignFacts, spans: Spans) -> tally.Batch:
    """The events of one campaign, each with the shape by which it is decided who did it."""
    batch = tally.Batch()
    forms, sources_of = batch.forms, batch.sources
    shapes: dict[tuple[bool, int, int, bytes, bool], int] = {}
    marks: dict[bytes, tuple[int, bytes]] = {}
    times, messages, links, chosen, networks = batch.times, batch.messages, batch.links, batch.shapes, batch.networks
    for _, message_no, link, at_ms, method, agent_no, network in records:
        is_open = link == LINK_OPEN
        busy = message_no in spans and any(start <= at_ms <= end for start, end in spans[message_no])
        origin = marks.get(network)
        if origin is None:
            origin = marks[network] = (sources_of.setdefault(network, len(sources_of)), rules.network_mark(network))
        key = (is_open, method, agent_no, origin[1], busy)
        place = shapes.get(key)
        if place is None:
            shape = _shape(*key, facts.track_opens if is_open else facts.track_clicks)
            place = shapes[key] = forms.setdefault(shape, len(forms))
        times.append(at_ms)
        messages.append(message_no)
        links.append(ANY_LINK if is_open else link)
        chosen.append(place)
        networks.append(origin[0])
    return batch


@lru_cache(maxsize=4096)
def _shape(is_open: bool, method: int, agent_no: int, mark: bytes, busy: bool, individual: bool) -> Shape:
    kind, agent = Kind.OPEN if is_open else Kind.CLICK, _AGENTS.get(agent_no, Agent.OTHER)
    how = _METHODS.get(method, Method.OTHER)
    soon, ahead, later = (rules.classify(kind, how, agent, mark, seconds, busy) for seconds in _STAGES)
    return Shape(kind, agent.name.lower(), (soon, ahead, later), individual)
