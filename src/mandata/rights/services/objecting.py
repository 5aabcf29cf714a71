"""What an objection stops: by type of message and by channel (DSR-9); the keyed value that stops it stays (DSR-13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mandata.audience import personal
from mandata.audience import selectors as people
from mandata.audience import services as audience
from mandata.audience.rules.bases import EVERYTHING, Basis, Reason
from mandata.foundation.actors import Actor
from mandata.holdings.rules import Subject

_ALL: Final = "all"
_EMAIL: Final = "email"


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many stops are new, and what they cover in words: names of lists, channels."""

    new: int
    lists: tuple[str, ...]
    channels: tuple[str, ...]


def stop(*, asked: Mapping[str, Any], subject: Subject | None, address: str, actor: Actor, at: datetime) -> Stopped:
    """Stop what was objected to; also for an address that nobody here has, so that it is never written to."""
    scope, channels = str(asked.get("scope", "marketing")), tuple(asked.get("channels", (_ALL,)))
    reference = subject.reference if subject else None
    if scope == "marketing":
        return Stopped(_stop(reference, address, None, channels, actor, at), (), channels)
    wanted = [UUID(str(one)) for one in asked.get("lists", ())]
    if scope == "situation":
        wanted = _on_interest(reference)
    names = {one.id: one.name for one in people.lists()} if wanted else {}
    known = [one for one in wanted if one in names]
    new = sum(_stop(reference, address, one, channels, actor, at) for one in known)
    return Stopped(new, tuple(names[one] for one in known), channels)


def _on_interest(reference: UUID | None) -> list[UUID]:
    """The lists on which the person stands on the ground of a legitimate interest."""
    if reference is None:
        return []
    return [one.list_id for one in people.person(reference).places if one.basis == Basis.LEGITIMATE_INTEREST]


def _stop(
    reference: UUID | None, address: str, list_id: UUID | None, channels: tuple[str, ...], actor: Actor, at: datetime
) -> int:
    scope, new = str(list_id) if list_id else EVERYTHING, 0
    known = reference is not None and bool(personal.known([reference]))
    whom: dict[str, Any] = {"subscriber_id": reference} if known else {"email": address}
    if known and reference is not None and {_EMAIL, _ALL} & set(channels):
        new += audience.unsubscribe(
            subscriber_id=reference, list_id=list_id, reason=Reason.OBJECTION, actor=actor, at=at
        )
    for channel in channels:
        if channel != _EMAIL or not known:
            new += audience.suppress(**whom, reason=Reason.OBJECTION, actor=actor, at=at, channel=channel, scope=scope)
    return new
