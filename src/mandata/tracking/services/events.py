"""Taking in opens and clicks: who did it is decided here, when all that can be known of it is there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Final

from mandata.foundation.tokens import (
    FIRST_RESERVED,
    LINK_OPEN,
    LINK_TRAP,
    LINK_VISIT,
    NOBODYS_MESSAGE,
    TEST_MESSAGE,
)
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.tracking import rules, sources, spool
from mandata.tracking.programs import holder
from mandata.tracking.rules import ANY_LINK, Agent, Holder, Kind, Method, Signal, Span, Visit
from mandata.tracking.services import gate, tally
from mandata.tracking.services.segments import take
from mandata.tracking.services.tally import Shape
from mandata.tracking.sources import CampaignFacts
from mandata.tracking.spool import Batch, SpoolRecord

LIMIT: Final = 40_000
"""So many at once: the more, the more of them share a page of a large campaign's messages and firsts (about 9 MiB)."""
REMEMBERED: Final = 20_000
_AGENTS: Final = {int(agent): agent for agent in Agent}
_METHODS: Final = {int(method): method for method in Method}
_AT_ONCE_MS: Final = int(rules.AT_ONCE_SECONDS * 1000)
_STAGES: Final = (0.0, rules.SOONEST_PERSON_SECONDS, rules.PROXY_AHEAD_SECONDS)

_REPEAT_MS: Final = int(rules.REPEAT_SECONDS * 1000)
_OWN_LINKS: Final = {LINK_OPEN: Kind.OPEN, LINK_VISIT: Kind.WEB, LINK_TRAP: Kind.CLICK}

Visits = dict[tuple[int, int], list[tuple[int, int]]]
Seen = dict[tuple[int, int, int], SpoolRecord]
"""What was last seen of an act: campaign, message, link."""


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
    """Keeps batches, and remembers what of the last seconds (of hidden links: the last hour) others are judged by."""

    def __init__(self) -> None:
        self._recent: list[SpoolRecord] = []
        self._trapped: dict[tuple[int, int], list[Span]] = {}
        self._seen: Seen = {}

    def keep(self, batch: Batch, at: datetime) -> None:
        """Keep the records of a batch, in the transaction that is open; only kinds that the agreement names."""
        if not batch.records:
            return
        by_campaign: defaultdict[int, list[SpoolRecord]] = defaultdict(list)
        for record in batch.records:
            if record[1] != TEST_MESSAGE:
                by_campaign[record[0]].append(record)
        around = chain(self._recent, batch.records, batch.ahead)
        followed = [record for record in around if record[2] < FIRST_RESERVED or record[2] == LINK_TRAP]
        trapped, visits = self._traps(followed), _visits(followed)
        seen = dict(self._seen)  # taken over only when all of it is kept
        known, agreed = sources.places(by_campaign), gate.Agreed(at)
        for number in sorted(known):
            with scope(known[number].controller_id):
                facts = sources.campaign(known[number].campaign_id)
                facts = facts and agreed.measured(facts)
                records = agreed.of(by_campaign[number], known[number]) if facts else []
                if facts is not None and not facts.web:
                    records = [record for record in records if record[2] != LINK_VISIT]
                if facts is not None and records:
                    spans = _spans(number, facts, visits, trapped)
                    tally.keep(known[number].campaign_id, _columns(records, facts, spans, seen))
        self._remember(batch.records, trapped, seen)

    def _traps(self, records: Sequence[SpoolRecord]) -> dict[tuple[int, int], list[Span]]:
        """When what comes of a message is a scanner's because the hidden link was followed."""
        caught = {record[:2] for record in records if record[2] == LINK_TRAP and record[1] != NOBODYS_MESSAGE}
        visits: defaultdict[tuple[int, int], list[Visit]] = defaultdict(list)
        if caught or self._trapped:
            for record in records:
                if record[:2] in caught or record[:2] in self._trapped:
                    visits[record[:2]].append(Visit(record.at_ms, record.network, record.link == LINK_TRAP))
        new = {message: rules.trapped_spans(found, self._trapped.get(message, ())) for message, found in visits.items()}
        return self._trapped | new

    def _remember(self, records: list[SpoolRecord], trapped: dict[tuple[int, int], list[Span]], seen: "Seen") -> None:
        now_ms = records[-1].at_ms
        since, repeated = now_ms - _AT_ONCE_MS, now_ms - _REPEAT_MS
        young = (record for record in (*self._recent, *records) if record[3] >= since)
        self._recent = [record for record in young if record[2] < FIRST_RESERVED][-REMEMBERED:]
        ends = ((message, [span for span in spans if span.end >= now_ms]) for message, spans in trapped.items())
        self._trapped = dict([(message, spans) for message, spans in ends if spans][-REMEMBERED:])
        self._seen = dict([(act, last) for act, last in seen.items() if last[3] >= repeated][-REMEMBERED:])


def _visits(records: Iterable[SpoolRecord]) -> Visits:
    """When which links of each message were followed; only of messages with more than one link followed."""
    found: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for campaign_no, message_no, link, at_ms, _, _, _ in records:
        if link < FIRST_RESERVED and message_no != NOBODYS_MESSAGE:
            found[campaign_no, message_no].append((at_ms, link))
    return {message: visits for message, visits in found.items() if len(visits) > 1}


def _spans(
    number: int, facts: CampaignFacts, visits: Visits, trapped: Mapping[tuple[int, int], list[Span]]
) -> dict[int, list[Span]]:
    """When what comes of the messages of one campaign is a machine's, by the message's number."""
    found: dict[int, list[Span]] = {message_no: spans for (no, message_no), spans in trapped.items() if no == number}
    for (no, message_no), followed in visits.items():
        if no == number and (busy := rules.busy_spans(followed, facts.links)):
            spans = [Span(start, end, Signal.AT_ONCE) for start, end in busy]
            found[message_no] = [*found.get(message_no, ()), *spans]
    return found


def _columns(
    records: Sequence[SpoolRecord], facts: CampaignFacts, spans: Mapping[int, list[Span]], seen: "Seen"
) -> tally.Batch:
    """The events of one campaign, each with the shape by which it is decided who did it; what repeats is left out."""
    batch = tally.Batch()
    forms, sources_of = batch.forms, batch.sources
    shapes: dict[tuple[int, int, int, Holder, Signal], int] = {}
    marks: dict[bytes, tuple[int, Holder]] = {}
    times, messages, links, chosen, networks = batch.times, batch.messages, batch.links, batch.shapes, batch.networks
    for record in records:
        _, message_no, link, at_ms, method, agent_no, network = record
        last = seen.get(act := record[:3])
        if last is not None and last[5:] == record[5:] and _repeats(message_no, at_ms - last[3]):
            continue
        seen[act] = record
        origin = marks.get(network)
        if origin is None:
            origin = marks[network] = (sources_of.setdefault(network, len(sources_of)), holder(network))
        signs = rules.signs(spans[message_no], at_ms, network) if message_no in spans else Signal.NONE
        form = link if link in _OWN_LINKS else 0
        key = (form, method, agent_no, origin[1], signs)
        place = shapes.get(key)
        if place is None:
            shape = _shape(*key, _individual(form, message_no, facts))
            place = shapes[key] = forms.setdefault(shape, len(forms))
        times.append(at_ms)
        messages.append(message_no)
        links.append(ANY_LINK if form else link)
        chosen.append(place)
        networks.append(origin[0])
    return batch


def _repeats(message_no: int, passed_ms: int) -> bool:
    """Whether the same act so soon after is the same act; what is nobody's may be somebody else's."""
    return 0 <= passed_ms < _REPEAT_MS and message_no != NOBODYS_MESSAGE


def _individual(form: int, message_no: int, facts: CampaignFacts) -> bool:
    measured = facts.track_opens if form == LINK_OPEN else facts.track_clicks
    return facts.individual and measured and message_no != NOBODYS_MESSAGE


@lru_cache(maxsize=4096)
def _shape(form: int, method: int, agent_no: int, of: Holder, signs: Signal, individual: bool) -> Shape:
    kind, agent = _OWN_LINKS.get(form, Kind.CLICK), _AGENTS.get(agent_no, Agent.OTHER)
    how = _METHODS.get(method, Method.OTHER)
    soon, ahead, later = (rules.classify(kind, how, agent, of, seconds, signs) for seconds in _STAGES)
    return Shape(kind, agent.name.lower(), (soon, ahead, later), individual)
