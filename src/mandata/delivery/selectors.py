"""Reads of delivery, inside a controller's scope. Progress comes from counters, never from counting messages."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import Count, Sum
from django.utils.text import slugify
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.delivery.errors import NoSuchDomain
from mandata.delivery.models import Chunk, Claim, Counter, Domain, Host, Key, Message, Return, Transport
from mandata.delivery.rules import domains as rules
from mandata.delivery.rules.states import State
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE


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
class KeyLine:
    """A DKIM key of a domain: its selector, and since when it is what it is. `told_at`: that its record may go."""

    selector: str
    algorithm: str
    stage: str
    created_at: datetime
    activated_at: datetime | None
    retired_at: datetime | None
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class SendingDomain:
    """A sending domain as its page shows it: the records to publish, and what DNS said when it was last asked."""

    id: UUID
    name: str
    state: str
    keys: tuple[KeyLine, ...]
    records: tuple[rules.Record, ...]
    checks: tuple[rules.Check, ...]
    created_at: datetime
    checked_at: datetime | None
    verified_at: datetime | None
    doubted_at: datetime | None


@dataclass(frozen=True, slots=True)
class TrackingHost:
    """A tracking host as its page shows it. `usable`: links of campaigns compiled now use it."""

    id: UUID
    name: str
    state: str
    code: str
    found: tuple[str, ...]
    target: str
    usable: bool
    checked_at: datetime | None
    verified_at: datetime | None
    expires_at: datetime | None
    renew_at: datetime | None
    failure: str


def domains() -> list[SendingDomain]:
    """Return the sending domains by name."""
    return [_domain(row) for row in Domain.objects.order_by("name")]


def domain(domain_id: UUID) -> SendingDomain:
    """Return one sending domain. Raises NoSuchDomain."""
    row = Domain.objects.filter(id=domain_id).first()
    if row is None:
        raise NoSuchDomain(_("There is no such domain."))
    return _domain(row)


def domain_named(name: str) -> SendingDomain | None:
    """Return the sending domain of a name, if the scope has it."""
    row = Domain.objects.filter(name=name.rstrip(".").lower()).first()
    return _domain(row) if row else None


def _domain(row: Domain) -> SendingDomain:
    held = _keys(row.id)
    return SendingDomain(
        id=row.id,
        name=row.name,
        state=row.state,
        keys=tuple(
            KeyLine(
                one.selector, one.algorithm, one.state, one.created_at, one.activated_at, one.retired_at, one.told_at
            )
            for one in held
        ),
        records=_records(row, held),
        checks=checks(row),
        created_at=row.created_at,
        checked_at=row.checked_at,
        verified_at=row.verified_at,
        doubted_at=row.doubted_at,
    )


def checks(row: Domain) -> tuple[rules.Check, ...]:
    """Return what was found when DNS was last asked."""
    lists = ("found", "notes")
    return tuple(
        rules.Check(**(check | {name: tuple(check[name]) for name in lists if name in check})) for check in row.checks
    )


def records(row: Domain) -> tuple[rules.Record, ...]:
    """Return the records that a domain's DNS has to hold."""
    return _records(row, _keys(row.id))


def _keys(domain_id: UUID) -> list[Key]:
    """Those that sign first, then those to come, then the retired; RSA before Ed25519."""
    order = {"active": 0, "next": 1, "retired": 2}
    rows = Key.objects.filter(domain_id=domain_id).order_by("-algorithm", "selector")
    return sorted(rows, key=lambda row: order[row.state])


def _records(row: Domain, held: list[Key]) -> tuple[rules.Record, ...]:
    return rules.records(
        domain=row.name,
        keys=[rules.PublicKey(one.selector, one.algorithm, one.public_key, one.state) for one in held],
        proof=row.proof,
        return_domain=env().return_domain,
    )


def hosts(at: datetime) -> list[TrackingHost]:
    """Return the tracking hosts by name."""
    return [_host(row, at) for row in Host.objects.order_by("name")]


def _host(row: Host, at: datetime) -> TrackingHost:
    return TrackingHost(
        id=row.id,
        name=row.name,
        state=row.state,
        code=row.code,
        found=tuple(row.found),
        target=urlsplit(env().tracking_url).hostname or "",
        usable=_usable(row, at),
        checked_at=row.checked_at,
        verified_at=row.verified_at,
        expires_at=row.expires_at,
        renew_at=row.renew_at,
        failure=row.failure,
    )


def _usable(row: Host, at: datetime) -> bool:
    """A host whose links would meet a browser's warning is used by nobody: where the door speaks TLS, it waits for its
    certificate."""
    certified = row.expires_at is not None and row.expires_at > at
    return row.state == "verified" and (certified or urlsplit(env().tracking_url).scheme == "http")


def tracking_url(at: datetime) -> str:
    """Return the address of the door for what the scope's controller sends: its own host's, else the operator's."""
    door = urlsplit(env().tracking_url)
    own = next((row for row in Host.objects.order_by("name") if _usable(row, at)), None)
    if own is None:
        return env().tracking_url.rstrip("/")
    port = f":{door.port}" if door.port else ""
    return f"{door.scheme}://{own.name}{port}{door.path.rstrip('/')}"


def aligned_return(from_domain: str) -> str:
    """Return the From domain's own `bounce.` where it leads to the operator's, so that SPF is aligned (RFC 7489 3.1.2);
    empty where it does not."""
    row = Domain.objects.filter(name=from_domain.lower()).first()
    good = row is not None and any(one.purpose == "return_path" and one.result == "ok" for one in checks(row))
    return f"bounce.{from_domain.lower()}" if good else ""


def return_domain(from_domain: str) -> str:
    """Return the domain of the envelope sender: the From domain's own where it is aligned, else the operator's."""
    return aligned_return(from_domain) or env().return_domain


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
    due = Message.objects.filter(campaign_id=campaign_id, state=State.DEFERRED, next_at__isnull=False).order_by(
        "next_at"
    )
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
    """One campaign's message to one person: where it stands; `sent_at` is None until the receiver took it.

    `relayed`: a relay took it, which decided what became of it.
    """

    campaign_id: UUID
    state: str
    sent_at: datetime | None
    relayed: bool


def received(subscriber_id: UUID, *, limit: int = 100) -> list[Received]:
    """Return the messages that a person was sent, newest first; by the primary key of each campaign's partition."""
    rows = Message.objects.filter(subscriber_id=subscriber_id, sent_at__isnull=False).order_by("-sent_at")
    found = list(rows.values_list("campaign_id", "state", "sent_at", "transport")[:limit])
    direct = _direct() if found else set()
    return [Received(about, state, at, transport not in direct) for about, state, at, transport in found]


def relayed(campaign_id: UUID) -> bool:
    """Return whether relays took a campaign's messages and decide what becomes of them: asked of its first and its last
    message that was sent, not of each."""
    sent = Message.objects.filter(campaign_id=campaign_id, state=State.SENT).values_list("transport", flat=True)
    ends = [sent.order_by("number").first(), sent.order_by("-number").first()]
    return any(one is not None and one not in _direct() for one in ends)


def _direct() -> set[int]:
    """The numbers of the transports that speak with the receivers themselves; 0, the settings' own, is a relay."""
    return set(Transport.objects.filter(kind="direct").values_list("number", flat=True))


def verified_domains() -> list[str]:
    """Return the names of the controller's own domains that may send."""
    return list(Domain.objects.filter(state="verified").order_by("name").values_list("name", flat=True))


def is_verified(name: str) -> bool:
    """Say whether a domain of the controller's own may send."""
    return bool(Domain.objects.filter(state="verified", name=name.lower()).exists())


def shared_domain() -> str:
    """Return the operator's shared sending domain, proven; empty where there is none."""
    name = env().shared_domain
    proven = name and Claim.objects.filter(name=name, kind="domain", controller_id=INSTANCE).exists()
    return name if proven else ""


def shared_address() -> str:
    """Return the only address under which the controller may send from the shared domain: it names the controller, and
    is nobody else's. Empty where there is no shared domain."""
    name, card = shared_domain(), accounts.controller()
    return f"{slugify(card.name)[:40].strip('-') or 'sender'}-{card.id.hex[-6:]}@{name}" if name else ""


def may_send_from(address: str) -> bool:
    """Say whether an address may be the sender's: any of an own verified domain, or the one of the shared domain."""
    name = address.rpartition("@")[2].lower()
    if name and name == env().shared_domain:
        return address.lower() == shared_address()
    return is_verified(name)


def came_back(campaign_id: UUID) -> dict[tuple[str, bool], int]:
    """Return what came back of a campaign: (kind, hard) -> how many."""
    rows = Return.objects.filter(campaign_id=campaign_id).values_list("kind", "hard").annotate(count=Count("id"))
    return {(kind, hard): count for kind, hard, count in rows.order_by()}


def undecided() -> list[tuple[UUID, int]]:
    """Return the campaigns with messages of unknown outcome, newest first, and how many they are."""
    rows = Counter.objects.filter(state=State.UNKNOWN).values_list("campaign_id").annotate(held=Sum("count"))
    return [(campaign_id, int(held)) for campaign_id, held in rows.order_by("-campaign_id") if held]
