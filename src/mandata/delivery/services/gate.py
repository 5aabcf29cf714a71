"""Asking the agreement while messages go out: at the launch, and again for every batch that is claimed.

All inside the controller's scope. A refusal is kept once for each cause and campaign.
"""

from datetime import datetime
from uuid import UUID

from mandata.agreements.rules import gates
from mandata.agreements.rules.facts import SERVICE
from mandata.agreements.rules.verdicts import Verdict, refusals
from mandata.agreements.services import asking
from mandata.delivery.services import roads, thresholds
from mandata.foundation.actors import SYSTEM
from mandata.subprocessors import selectors as subprocessors


def is_open(campaign_id: UUID, *, at: datetime) -> bool:
    """Return whether messages of a campaign may go on to be sent: in force, no stop, purpose, instruction, and the
    sub-processor that runs the sending road authorised.

    Asked for each batch, so that an end, a stop by either side, a withdrawn instruction or an objection holds the next
    one back.
    """
    shut = _shut(at)
    for act, verdicts in shut.items():
        asking.keep(act, campaign_id, verdicts, actor=SYSTEM, at=at)
    return not shut


def holding(*, at: datetime) -> tuple[Verdict, ...]:
    """Return what holds the scope's messages back now, refusal by refusal; nothing while the gate is open."""
    return tuple(verdict for verdicts in _shut(at).values() for verdict in verdicts)


def _shut(at: datetime) -> dict[str, tuple[Verdict, ...]]:
    on = subprocessors.basis(at)  # the agreement is looked up once for both: this is asked for every batch
    asked = {
        "send": (*gates.may_process(on.terms, on.standing, "send", SERVICE), *thresholds.check(on.terms)),
        roads.ACT: roads.check(at=at, on=on),
    }
    refused = {act: refusals(verdicts) for act, verdicts in asked.items()}
    return {act: verdicts for act, verdicts in refused.items() if verdicts}
