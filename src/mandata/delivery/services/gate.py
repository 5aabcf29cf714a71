"""Asking the agreement while messages go out: at the launch, and again for every batch that is claimed.

All inside the controller's scope. A refusal is kept once for each cause and campaign.
"""

from datetime import datetime
from uuid import UUID

from mandata.agreements.rules import gates
from mandata.agreements.rules.facts import SERVICE
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.verdicts import Verdict, refusals
from mandata.agreements.services import asking
from mandata.campaigns import selectors as campaigns
from mandata.delivery import selectors
from mandata.delivery.services import roads, thresholds
from mandata.foundation.actors import SYSTEM
from mandata.infra.environment import env
from mandata.subprocessors import selectors as subprocessors


def is_open(campaign_id: UUID, *, at: datetime) -> bool:
    """Return whether messages of a campaign may go on to be sent: in force, no stop, purpose, instruction, and the
    sub-processor that runs the sending road authorised, the sending domain verified.

    Asked for each batch, so that an end, a stop by either side, a withdrawn instruction or an objection holds the next
    one back.
    """
    shut = _shut(at, campaign_id)
    for act, verdicts in shut.items():
        asking.keep(act, campaign_id, verdicts, actor=SYSTEM, at=at)
    return not shut


def holding(*, at: datetime, campaign_id: UUID | None = None) -> tuple[Verdict, ...]:
    """Return what holds the scope's messages back now, refusal by refusal, its sending domain's state where the
    campaign is named; nothing while the gate is open."""
    return tuple(verdict for verdicts in _shut(at, campaign_id).values() for verdict in verdicts)


def _domain(campaign_id: UUID, terms: Terms | None) -> tuple[Verdict, ...]:
    """A domain whose records are gone sends nothing more until they are back (DLV-1)."""
    address = campaigns.sender_address(campaign_id)
    name = address.rpartition("@")[2].lower()
    return gates.sending_domain(
        terms, name, verified=selectors.may_send_from(address), shared=bool(name) and name == env().shared_domain
    )


def _shut(at: datetime, campaign_id: UUID | None = None) -> dict[str, tuple[Verdict, ...]]:
    on = subprocessors.basis(at)  # the agreement is looked up once for both: this is asked for every batch
    domain = _domain(campaign_id, on.terms) if campaign_id else ()
    asked = {
        "send": (*gates.may_process(on.terms, on.standing, "send", SERVICE), *thresholds.check(on.terms), *domain),
        roads.ACT: roads.check(at=at, on=on),
    }
    refused = {act: refusals(verdicts) for act, verdicts in asked.items()}
    return {act: verdicts for act, verdicts in refused.items() if verdicts}
