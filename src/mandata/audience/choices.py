"""What a person decides about receiving: to leave a list or everything, to undo that, to choose lists and channels.

Always inside a scope. Called by `tracking` for one-click unsubscriptions and by the public pages. The acts themselves
are the services'; here is what follows from the person being the one who acts (DSR-9): it needs no reasons, it may take
its own refusal back, and coming back is a new consent with its own evidence.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from mandata.audience import personal
from mandata.audience.models import List, Subscriber, Subscription, Suppression
from mandata.audience.rules.bases import EVERYTHING, Reason, State
from mandata.audience.services import gate, people, suppression
from mandata.foundation.actors import Actor
from mandata.infra import outside

EMAIL: Final = "email"
SMS: Final = "sms"
# Whoever holds a message can undo its unsubscription; later it takes a fresh choice on the page of preferences.
UNDO_WITHIN: Final = timedelta(hours=1)
_ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class ListChoice:
    """A list on which the person stands or stood."""

    id: UUID
    name: str
    description: str
    subscribed: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person receives now: lists, and channels (True is on)."""

    lists: tuple[ListChoice, ...]
    channels: dict[str, bool]


def withdraw(*, subscriber: UUID, list_id: UUID | None, at: datetime) -> bool:
    """End e-mail to this person from a list, or of every kind where `list_id` is None; return whether that is new.

    An erased person is passed over: there is nothing left to end, and the suppression stands already.
    """
    if not Subscriber.objects.filter(id=subscriber).exists():
        return False
    reason = Reason.UNSUBSCRIBED if list_id else Reason.OBJECTION
    return people.unsubscribe(
        subscriber_id=subscriber, list_id=list_id, reason=reason, actor=Actor("subject", subscriber), at=at
    )


def withdrawn_at(*, subscriber: UUID, list_id: UUID | None) -> datetime | None:
    """When the person refused e-mail from a list (None: of every kind), or None where it does not."""
    index = Subscriber.objects.filter(id=subscriber).values_list("suppression_index", flat=True).first()
    if index is None:
        return None
    reason = Reason.UNSUBSCRIBED if list_id else Reason.OBJECTION
    rows = Suppression.objects.filter(hash=bytes(index), channel=EMAIL, scope=_scope(list_id), reason=reason.value)
    return rows.values_list("since", flat=True).first()


def undo(*, subscriber: UUID, list_id: UUID | None, at: datetime) -> bool:
    """Take back the person's own unsubscription of the last hour; False when there is none."""
    since = withdrawn_at(subscriber=subscriber, list_id=list_id)
    if since is None or since < at - UNDO_WITHIN:
        return False
    actor = Actor("subject", subscriber)
    ended = Subscription.objects.filter(subscriber_id=subscriber, state=State.UNSUBSCRIBED, ended_at=since)
    for place in ended if list_id is None else ended.filter(list_id=list_id):
        people.move(subscriber_id=subscriber, list_id=place.list_id, state=State.SUBSCRIBED, actor=actor, at=at)
    return suppression.unsuppress(
        subscriber_id=subscriber, ground="undone", by_the_person=True, actor=actor, at=at, scope=_scope(list_id)
    )


def choices(*, subscriber: UUID, at: datetime) -> Choices | None:
    """What a person receives now; None when nothing is known of such a person (any more)."""
    person = Subscriber.objects.filter(id=subscriber).values("suppression_index", "phone_index").first()
    if person is None:
        return None
    rows = Suppression.objects.filter(hash=bytes(person["suppression_index"])).values_list("channel", "scope", "until")
    refused = {(channel, scope) for channel, scope, until in rows if until is None or until > at}
    states = dict(Subscription.objects.filter(subscriber_id=subscriber).values_list("list_id", "state"))
    named = List.objects.filter(id__in=list(states)).order_by("name", "id").values_list("id", "name", "description")
    lists = tuple(
        ListChoice(one, name, text, states[one] == State.SUBSCRIBED and (EMAIL, str(one)) not in refused)
        for one, name, text in named
    )
    known = [EMAIL, SMS] if person["phone_index"] else [EMAIL]
    off = {channel for channel, scope in refused if scope == EVERYTHING}
    return Choices(lists, {channel: not {channel, _ALL} & off for channel in known})


def choose(
    *, subscriber: UUID, lists: Collection[UUID], channels: Collection[str], words: str, source: str, at: datetime
) -> int:
    """Set lists and channels to what the person chose; return how many of them changed.

    Only lists on which the person stands or stood count. `words` are what the person agreed to by coming back.
    """
    now = choices(subscriber=subscriber, at=at)
    if now is None:
        return 0
    changed = 0
    with outside.together():
        for channel, on in now.channels.items():
            if on != (channel in channels):
                changed += _switch(subscriber, channel, not on, at)
        for entry in now.lists:
            if entry.subscribed and entry.id not in lists:
                changed += withdraw(subscriber=subscriber, list_id=entry.id, at=at)
            elif not entry.subscribed and entry.id in lists:
                changed += _come_back(subscriber, entry.id, words, source, at)
    return changed


def _come_back(subscriber: UUID, list_id: UUID, words: str, source: str, at: datetime) -> int:
    address = personal.address_of(subscriber)
    if address is None or not gate.may_join(at=at):
        return 0  # what the person refuses in the same breath must count, whatever the agreement says
    people.subscribe(
        list_id=list_id,
        email=address,
        source=source,
        consent_words=words,
        by_the_person=True,
        actor=Actor("subject", subscriber),
        at=at,
    )
    return 1


def _switch(subscriber: UUID, channel: str, on: bool, at: datetime) -> bool:
    actor = Actor("subject", subscriber)
    if not on:
        return suppression.suppress(
            subscriber_id=subscriber, reason=Reason.OBJECTION, actor=actor, at=at, channel=channel
        )
    lifted = [
        suppression.unsuppress(
            subscriber_id=subscriber, ground="preferences", by_the_person=True, actor=actor, at=at, channel=one
        )
        for one in (channel, _ALL)
    ]
    return any(lifted)


def _scope(list_id: UUID | None) -> str:
    return str(list_id) if list_id else EVERYTHING
