"""What a person did, and whose message a token is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.facts import SERVICE, ProfileFacts
from mandata.agreements.rules.verdicts import refusals
from mandata.foundation import tokens
from mandata.infra import bulk
from mandata.tracking.models import Event
from mandata.tracking.sources import places
from mandata.vault.services import token_keys

_KINDS: Final = {"open": "opens", "click": "clicks", "web": "web_activity"}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something a person, or a machine in its place, did with a message."""

    at: datetime
    kind: str
    campaign_id: UUID
    link: int
    origin: str
    agent: str


def timeline(subscriber_id: UUID, *, at: datetime, limit: int = 100) -> list[TimelineEntry]:
    """What a subscriber did, newest first; only kinds of activity by which the agreement lets people be evaluated."""
    kinds = ["unsubscribe", *(kind for kind, code in _KINDS.items() if _may_evaluate(code, at))]
    rows = Event.objects.filter(subscriber_id=subscriber_id, kind__in=kinds).order_by("-at")
    names = ("at", "kind", "campaign_id", "link", "actor_class", "agent")
    return [TimelineEntry(*row) for row in rows.values_list(*names)[:limit]]


def _may_evaluate(code: str, at: datetime) -> bool:
    return not refusals(agreements.check(ProfileFacts((code,), purpose=SERVICE), now=at))


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whose message a token is. `controller_id` is not yet a scope: the caller opens it."""

    controller_id: UUID
    campaign_id: UUID
    message_no: int
    link: int


def addressee(token: str) -> Addressee | None:
    """What a genuine token of a campaign that exists means; None for any other text. Needs no scope."""
    keys = token_keys()
    try:
        parsed = tokens.parse({keys.key_id: keys}, token)
    except tokens.BadToken:
        return None
    place = places([parsed.campaign_no]).get(parsed.campaign_no)
    if place is None:
        return None
    return Addressee(place.controller_id, place.campaign_id, parsed.message_no, parsed.link)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who holds a message, as the public pages meet them. `subscriber_id` is None once the person is erased."""

    campaign_id: UUID
    message_no: int
    subscriber_id: UUID | None
    language: str
    list_id: UUID | None
    list_name: str


def reader(found: Addressee) -> Reader | None:
    """Who holds the message, in the open scope of its controller; None when the campaign is gone."""
    rows = bulk.execute(_READER, {"campaign": found.campaign_id, "message": found.message_no})
    return Reader(found.campaign_id, found.message_no, *rows[0]) if rows else None


_READER = """
select s.id, coalesce(nullif(s.language, ''), c.language), c.list_id, coalesce(l.name, '')
from campaigns_campaign c
left join audience_list l on l.id = c.list_id
left join delivery_message m on m.campaign_id = c.id and m.number = %(message)b
left join audience_subscriber s on s.id = m.subscriber_id
where c.id = %(campaign)b
"""
