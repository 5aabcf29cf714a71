"""Subscribers: pages, look-up through the blind index, and one person's page. Identities are unsealed in bulk."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.audience.errors import NoSuchSubscriber
from mandata.audience.models import Subscriber, Subscription, Suppression
from mandata.audience.rules.csvfile import folded
from mandata.audience.rules.fields import EVIDENCE_SOURCE, EVIDENCE_WORDS
from mandata.foundation import addresses
from mandata.infra import bulk
from mandata.vault.services import Vault

PLACE = "audience_subscriber.identity"
"""The place of an identity's envelope, bound in its associated data."""

LARGEST_PAGE = 500
SEARCHED = 20_000
"""How many of the newest subscribers a search within sealed names goes through."""
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class SubscriberRow:
    """A subscriber in a table. `address` and `name` are masked unless the page was asked to show them."""

    id: UUID
    address: str
    name: str
    state: str
    basis: str
    provider: str
    country: str
    language: str
    restricted: bool
    suppressed: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of subscribers; `after` asks for the next one and is None on the last."""

    rows: list[SubscriberRow]
    after: UUID | None


@dataclass(frozen=True, slots=True)
class Place:
    """A person on a list: state, lawful basis, and the evidence for it."""

    list_id: UUID
    list_name: str
    state: str
    basis: str
    evidence: Mapping[str, Any]
    since: datetime
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class Person:
    """Everything the audience holds of one data subject."""

    id: UUID
    identity: Mapping[str, Any]
    clear: Mapping[str, Any]
    facets: Mapping[str, str]
    places: list[Place]
    suppressions: list[tuple[str, str, str, datetime]]
    restricted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    evidence_source: str
    evidence_words: str


def identities(subscriber_ids: Collection[UUID], *, vault: Vault | None = None) -> dict[UUID, dict[str, Any]]:
    """Return the sealed fields (`email` among them) of those subscribers that still have a key, in two queries."""
    rows = bulk.execute("select id, identity from audience_subscriber where id = any(%b)", [list(subscriber_ids)])
    opened = (vault or Vault.open()).unseal_many(PLACE, dict(rows))
    return {subscriber: json.loads(plain) for subscriber, plain in opened.items()}


def find_by_email(email: str, *, vault: Vault | None = None) -> UUID | None:
    """Return the subscriber with this address in any case, or None; None also for what is no address."""
    try:
        lookup = addresses.parse(addresses.clean(email)).lookup
    except addresses.AddressError:
        return None
    index = (vault or Vault.open()).index("email", lookup)
    found: UUID | None = Subscriber.objects.filter(email_index=index).values_list("id", flat=True).first()
    return found


def find_by_phone(phone: str, *, country: str = "CZ", vault: Vault | None = None) -> list[UUID]:
    """Return the subscribers with this telephone number, which several people may share."""
    try:
        number = addresses.parse_telephone(phone, country)
    except addresses.TelephoneError:
        return []
    index = (vault or Vault.open()).index("phone", number)
    return list(Subscriber.objects.filter(phone_index=index).order_by("id").values_list("id", flat=True))


def shown_address(identity: Mapping[str, Any], *, sealed: bool) -> str:
    """Return an identity's address, masked where identities stay sealed."""
    email = str(identity.get("email", ""))
    return addresses.mask(email) if sealed else email


_PAGE = """
select s.id, s.identity, coalesce(b.state, ''), coalesce(b.basis, ''), s.provider, s.country, s.language,
       s.restricted_at is not null,
       coalesce((select p.reason from audience_suppression p where p.hash = s.suppression_index
                 and p.channel in ('email', 'all') and p.scope = '' limit 1), ''), b.since
from audience_subscriber s
{join} join audience_subscription b on b.controller_id = s.controller_id and b.subscriber_id = s.id
     and b.list_id = %(list)s
where s.id < %(after)s and (%(state)s = '' or b.state = %(state)s) and (%(provider)s = '' or s.provider = %(provider)s)
  and (%(country)s = '' or s.country = %(country)s) and (%(only)s::uuid[] is null or s.id = any(%(only)s))
order by s.id desc limit %(limit)s
"""

_LAST = UUID(int=2**128 - 1)


def page(
    *,
    list_id: UUID | None = None,
    state: str = "",
    provider: str = "",
    country: str = "",
    search: str = "",
    after: UUID | None = None,
    limit: int = 50,
    sealed: bool = True,
    vault: Vault | None = None,
) -> Page:
    """Return one page of subscribers, newest first, on one list or all; identities masked unless `sealed` is false.

    `search` is a whole address or telephone number, looked up through the blind index; or part of a name, an address or
    a company, looked for in the newest `SEARCHED` subscribers by unsealing them in bulk.
    """
    vault = vault or Vault.open()
    limit = min(limit, LARGEST_PAGE)
    only = _search(search, vault) if search.strip() else None
    parameters = {
        "list": list_id,
        "after": after or _LAST,
        "state": state,
        "provider": provider,
        "country": country,
        "only": only,
        "limit": limit + 1,
    }
    rows = bulk.execute(_PAGE.format(join="" if list_id else "left"), parameters)
    more, rows = rows[limit:], rows[:limit]
    opened = vault.unseal_many(PLACE, {row[0]: row[1] for row in rows})
    found = [_row(row, json.loads(opened[row[0]]) if row[0] in opened else {}, sealed) for row in rows]
    return Page(found, rows[-1][0] if more else None)


def _search(text: str, vault: Vault) -> list[UUID]:
    found = find_by_email(text, vault=vault)
    if found:
        return [found]
    return find_by_phone(text, vault=vault) or _search_sealed(folded(text), vault)


def _search_sealed(wanted: str, vault: Vault) -> list[UUID]:
    """Go through the newest subscribers' sealed names; stops at a page's worth of hits."""
    if not wanted:
        return []
    hits: list[UUID] = []
    after = _LAST
    for _round in range(0, SEARCHED, _AT_ONCE):
        rows = bulk.execute(
            "select id, identity from audience_subscriber where id < %b order by id desc limit %b", [after, _AT_ONCE]
        )
        opened = vault.unseal_many(PLACE, dict(rows))
        for subscriber, plain in opened.items():
            identity = json.loads(plain)
            names = " ".join(str(identity.get(key, "")) for key in ("first_name", "last_name"))
            if any(wanted in folded(text) for text in (names, identity.get("email", ""), identity.get("company", ""))):
                hits.append(subscriber)
        if len(rows) < _AT_ONCE or len(hits) >= LARGEST_PAGE:
            break
        after = rows[-1][0]
    return hits


def _row(row: tuple[Any, ...], identity: Mapping[str, Any], sealed: bool) -> SubscriberRow:
    subscriber, _, *rest = row
    name = " ".join(str(identity[key]) for key in ("first_name", "last_name") if identity.get(key))
    shown = " ".join(f"{part[:1]}•••" for part in name.split()) if sealed else name
    return SubscriberRow(subscriber, shown_address(identity, sealed=sealed), shown, *rest)


def person(subscriber_id: UUID) -> Person:
    """Return everything held of one person, unsealed. Raises NoSuchSubscriber."""
    one = Subscriber.objects.filter(id=subscriber_id).first()
    if one is None:
        raise NoSuchSubscriber(_("There is no such subscriber."))
    identity = identities([subscriber_id]).get(subscriber_id, {})
    source, words = str(identity.pop(EVIDENCE_SOURCE, "")), str(identity.pop(EVIDENCE_WORDS, ""))
    facets = {name: getattr(one, name) for name in ("mail_domain", "provider", "language", "country", "region")}
    return Person(
        id=one.id,
        identity=identity,
        clear=one.clear,
        facets={**facets, "birthday": one.birthday},
        places=_places(subscriber_id),
        suppressions=suppressions_of(bytes(one.suppression_index)),
        restricted_at=one.restricted_at,
        created_at=one.created_at,
        updated_at=one.updated_at,
        evidence_source=source,
        evidence_words=words,
    )


def _places(subscriber_id: UUID) -> list[Place]:
    rows = bulk.execute(
        "select b.list_id, l.name, b.state, b.basis, b.evidence, b.since, b.ended_at, b.ended_by"
        " from audience_subscription b join audience_list l on l.controller_id = b.controller_id and l.id = b.list_id"
        " where b.subscriber_id = %b order by l.number",
        [subscriber_id],
    )
    return [
        Place(list_id, name, state, basis, json.loads(evidence), since, ended_at, ended_by)
        for list_id, name, state, basis, evidence, since, ended_at, ended_by in rows
    ]


def suppressions_of(index: bytes) -> list[tuple[str, str, str, datetime]]:
    """Return the suppressions under a suppression index: channel, scope (empty is everything), reason, since when."""
    found = Suppression.objects.filter(hash=index).order_by("since")
    return list(found.values_list("channel", "scope", "reason", "since"))


def subscription(list_id: UUID, subscriber_id: UUID) -> Place | None:
    """Return where a person stands on a list, or None."""
    if not Subscription.objects.filter(list_id=list_id, subscriber_id=subscriber_id).exists():
        return None
    return next(place for place in _places(subscriber_id) if place.list_id == list_id)
