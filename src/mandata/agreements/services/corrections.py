"""Corrective measures as obligations: of a breach, of a finding of an audit. In the scope in which they are owed.

Each has a post that answers for it and a day; it is met when it is carried out, late after the end of that day, and
stands in lists, calendars and packs like everything else that is owed. Sources: BRE-5, AUD-2.
"""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from mandata.agreements import selectors
from mandata.agreements.errors import BadDay
from mandata.agreements.rules import obligations as rules
from mandata.agreements.rules.words import mark as _
from mandata.agreements.selectors import obligations as owed
from mandata.agreements.services import ledger, obligations
from mandata.agreements.services.obligations import About
from mandata.foundation import periods
from mandata.foundation.actors import Actor

_PAST: Final = _("This day has passed.")
_COMING: Final = _("Name the day by the end of which it will be carried out.")


def state(*, what: UUID, about: About, post: str, due_on: date, actor: Actor, at: datetime) -> UUID:
    """Open the obligation to carry a measure out and return its id; one with another day or post replaces what was
    open. Raises BadDay.

    ``what``: the measure's own id; ``about``: kind and id of the page on which it stands.
    """
    before = owed.corrections(what, at)
    running = next((one for one in before if one.state == "open"), None)
    if running is not None and (running.period, running.post) == (f"until {due_on}", post):
        return running.id
    counting = ledger.reckoning(ledger.last_agreement(at)[1])
    if periods.until(due_on, at, counting).statutory <= at:
        said = selectors.reader().gettext
        raise BadDay(said(_PAST), clause=rules.CORRECTION, remedy=said(_COMING))
    made = obligations.open_duty(
        duty=rules.CORRECTION,
        since=at,
        cause=f"{rules.correction(what)}:{len(before) + 1}",
        at=at,
        about=about,
        on=due_on,
        post=post,
        actor=actor,
    )
    if running is not None:
        obligations.lapse(obligation_id=running.id, reason="replaced", actor=actor, at=at)
    return made


def carried_out(*, what: UUID, evidence: dict[str, object], actor: Actor, at: datetime) -> bool:
    """Meet what was owed by a measure; return whether that was in time. One that never was owed is."""
    found = owed.corrections(what, at)
    for one in found:
        if one.state == "open":
            obligations.meet(obligation_id=one.id, evidence=evidence, actor=actor, at=at)
    return not (found and found[-1].late)
