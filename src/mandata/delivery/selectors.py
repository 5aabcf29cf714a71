"""Reads of delivery, inside a controller's scope. Progress comes from counters, never from counting messages."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from mandata.delivery.errors import NoSuchDomain
from mandata.delivery.models import Chunk, Counter, Domain, Message, Return
from mandata.delivery.rules import domains as rules
from mandata.delivery.rules.states import State
from mandata.infra.environment import env


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a campaign stands. `by_state` and `by_provider` (provider -> state -> messages) come from the counters."""

    total: int
    by_state: dict[str, int]
    by_provider: dict[str, dict[str, int]]
    done: int
    left: int
    in_flight: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A message of which nobody but the receiver knows whether it was delivered."""

    number: int
    subscriber_id: UUID
    provider: str
    attempts: int
    diagnostic: str


@dataclass(frozen=True, slots=True)
class SendingDomain:
    """A sending domain as its page shows it: the records to publish, and what DNS said when it was last asked."""

    id: UUID
    name: str
    state: str
    selector: str
    records: tuple[rules.Record, ...]
    checks: tuple[rules.Check, ...]
    created_at: datetime
    checked_at: datetime | None
    verified_at: datetime | None


def domains() -> list[SendingDomain]:
    """Return the sending domains by name."""
    return [_domain(row) for row in Domain.objects.order_by("name")]


def domain(domain_id: UUID) -> SendingDomain:
    """Return one sending domain. Raises NoSuchDomain."""
    row = Domain.objects.filter(id=domain_id).first()
    if row is None:
        raise NoSuchDomain(_("There is no such domain."))
    return _domain(row)


def _domain(row: Domain) -> SendingDomain:
    return SendingDomain(
        id=row.id,
        name=row.name,
        state=row.state,
        selector=row.selector,
        records=records(row),
        checks=tuple(rules.Check(**(check | {"found": tuple(check["found"])})) for check in row.checks),
        created_at=row.created_at,
        checked_at=row.checked_at,
        verified_at=row.verified_at,
    )


def records(row: Domain) -> tuple[rules.Record, ...]:
    """Return the records that a domain's DNS has to hold."""
    return rules.records(
        domain=row.name,
        selector=row.selector,
        public_key=row.public_key,
        proof=row.proof,
        return_domain=env().return_domain,
    )


def totals(campaign_id: UUID) -> dict[str, int]:
    """Return messages by state; states without messages are left out."""
    rows = Counter.objects.filter(campaign_id=campaign_id).values_list("state").annotate(count=Sum("count"))
    return {state: int(count) for state, count in rows if count}


def progress(campaign_id: UUID) -> Progress:
    """Return where a campaign stands, from its counters."""
    by_state: dict[str, int] = {}
    by_provider: dict[str, dict[str, int]] = {}
    rows = Counter.objects.filter(campaign_id=campaign_id).values_list("provider", "state").annotate(count=Sum("count"))
    for provider, state, count in rows:
        if count:
            by_state[state] = by_state.get(state, 0) + int(count)
            by_provider.setdefault(provider, {})[state] = int(count)
    open_states = (State.QUEUED, State.CLAIMED, State.SENDING, State.DEFERRED)
    left = sum(by_state.get(state, 0) for state in open_states)
    total = sum(by_state.values())
    due = Message.objects.filter(campaign_id=campaign_id, state=State.DEFERRED).order_by("next_at")
    return Progress(
        total=total,
        by_state=by_state,
        by_provider=by_provider,
        done=total - left,
        left=left,
        in_flight=Chunk.objects.filter(campaign_id=campaign_id).aggregate(size=Sum("size"))["size"] or 0,
        next_at=due.values_list("next_at", flat=True).first() if by_state.get(State.DEFERRED) else None,
    )


def unknown(campaign_id: UUID, *, limit: int = 500) -> list[UnknownMessage]:
    """Return the messages a member has to decide about."""
    rows = Message.objects.filter(campaign_id=campaign_id, state=State.UNKNOWN).order_by("number")[:limit]
    return [UnknownMessage(row.number, row.subscriber_id, row.provider, row.attempts, row.diagnostic) for row in rows]


@dataclass(frozen=True, slots=True)
class Received:
    """One campaign's message to one person: where it stands; `sent_at` is None until the receiver took it."""

    campaign_id: UUID
    state: str
    sent_at: datetime | None


def received(subscriber_id: UUID, *, limit: int = 100) -> list[Received]:
    """Return the messages that a person was sent, newest first; by the primary key of each campaign's partition."""
    rows = Message.objects.filter(subscriber_id=subscriber_id, sent_at__isnull=False).order_by("-sent_at")
    return [Received(*row) for row in rows.values_list("campaign_id", "state", "sent_at")[:limit]]


def verified_domains() -> list[str]:
    """Return the names of the domains that may send."""
    return list(Domain.objects.filter(state="verified").order_by("name").values_list("name", flat=True))


def is_verified(name: str) -> bool:
    """Say whether a domain may send."""
    return bool(Domain.objects.filter(state="verified", name=name.lower()).exists())


def came_back(campaign_id: UUID) -> dict[tuple[str, bool], int]:
    """Return what came back of a campaign: (kind, hard) -> how many."""
    rows = Return.objects.filter(campaign_id=campaign_id).values_list("kind", "hard").annotate(count=Count("id"))
    return {(kind, hard): count for kind, hard, count in rows.order_by()}


def undecided() -> list[tuple[UUID, int]]:
    """Return the campaigns with messages of unknown outcome, newest first, and how many they are."""
    rows = Counter.objects.filter(state=State.UNKNOWN).values_list("campaign_id").annotate(held=Sum("count"))
    return [(campaign_id, int(held)) for campaign_id, held in rows.order_by("-campaign_id") if held]
