"""Subscribers: identities, unsealed in bulk, and everything held of one person."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.audience.errors import NoSuchSubscriber
from mandata.audience.models import Subscriber, Subscription, Suppression
from mandata.audience.rules.fields import EVIDENCE_SOURCE, EVIDENCE_WORDS
from mandata.foundation import addresses
from mandata.infra import bulk
from mandata.vault.services import Vault

PLACE = "audience_subscriber.identity"
"""The place of an identity's envelope, bound in its associated data."""


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


def shown_address(identity: Mapping[str, Any], *, sealed: bool) -> str:
    """Return an identity's address, masked where identities stay sealed."""
    email = str(identity.get("email", ""))
    return addresses.mask(email) if sealed else email


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
