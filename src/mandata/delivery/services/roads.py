"""Through whose hands campaigns go: the sub-processor that runs the sending road, asked before anything leaves (SPR-5).

The setting MANDATA_SMTP_SUBPROCESSOR names it; empty, the road is the operator's own and nobody needs to be asked.
"""

from datetime import datetime
from uuid import UUID

from mandata.agreements.rules.verdicts import Verdict
from mandata.agreements.services import asking
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Fault
from mandata.infra.environment import env
from mandata.subprocessors import selectors as subprocessors
from mandata.subprocessors.rules.disclosing import Basis

ACT = "disclose"
_OURS = ("disclose.", "transfer.")
"""Checks of the road itself; what every act needs is asked of the campaign anyway."""


def check(*, at: datetime, on: Basis | None = None) -> tuple[Verdict, ...]:
    """Return what the gate says to the scope's data going down the road now; nothing where the road is our own.

    ``on``: on what it rests, where that is known already.
    """
    name = env().smtp_subprocessor
    found = subprocessors.check(name, now=at, on=on) if name else ()
    return tuple(verdict for verdict in found if verdict.code.startswith(_OURS))


def ask(campaign_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Ask for a campaign before it is launched or resumed. Raises GateRefused; the refusal is kept once."""
    verdicts = check(at=at)
    asking.keep(ACT, campaign_id, verdicts, actor=actor, at=at)
    asking.refuse(verdicts)


def known() -> None:
    """See at the start of a process that the road's name is on the register. Raises Fault."""
    name = env().smtp_subprocessor
    if name and not subprocessors.exists(name):
        raise Fault(
            f"MANDATA_SMTP_SUBPROCESSOR: the register holds no sub-processor {name}.",
            remedy="Add it with `mandata subprocessors add`, correct the name, or leave the setting empty.",
        )
