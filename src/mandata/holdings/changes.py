"""The verbs that change a subscriber, as the audience offers them, in the form of a holding."""

from collections.abc import Mapping
from datetime import datetime

from mandata.audience import services as audience
from mandata.foundation.actors import Actor
from mandata.holdings.rules import Subject


def rectify(subject: Subject, changes: Mapping[str, str], by: Actor, at: datetime) -> int:
    """Correct or complete fields by key; `email` is the address."""
    if subject.reference is None:
        return 0
    values = {key: text for key, text in changes.items() if key != "email"}
    audience.rectify(subscriber_id=subject.reference, values=values, actor=by, at=at, email=changes.get("email", ""))
    return 1


def restrict(subject: Subject, restricted: bool, by: Actor, at: datetime) -> int:
    """Begin or end a restriction; 0 where it stood already."""
    if subject.reference is None:
        return 0
    act = audience.restrict if restricted else audience.unrestrict
    return int(act(subscriber_id=subject.reference, actor=by, at=at))
