"""What is told to who asks what something costs, and who answers for what."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from mandata.agreements.rules.facts.standing import one_of


@dataclass(frozen=True, slots=True)
class ChargeFacts:
    """Help that was given: of which kind (a code of ``assistance.paid``), for how long, at which rate (AST-4, AUD-4).

    ``rate``: what an hour is to cost, where the agreement only limits it; ``costs``: purposeful costs on top, in the
    same currency. Of audits: ``audit_of_year`` counts them in the calendar year; ``contract_year`` and ``indexation``
    (percent for each rise so far, the oldest first) serve the rise of the rates. Of a late payment (``late_payment``)
    or a cancelled order (``cancelled_order``): what is ``owed``, when it was due (``due_at``) and paid (``at``).
    """

    work: str
    hours: Decimal = Decimal(0)
    rate: Decimal | None = None
    costs: Decimal = Decimal(0)
    audit_of_year: int = 1
    at: datetime | None = None
    contract_year: int | None = None
    indexation: tuple[Decimal, ...] = ()
    beyond_usual: bool = False
    owed: Decimal = Decimal(0)
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeeFacts:
    """A fee of the controller, without VAT: its amount, when it became payable, and when it was paid, if it was."""

    amount: Decimal
    payable_at: datetime
    paid_at: datetime | None = None


CAUSES = ("other", "outside_instructions", "security_failure", "mandatory", "systems", "subprocessor", "chosen")


@dataclass(frozen=True, slots=True)
class LiabilityFacts:
    """Damage: how it came about, what is claimed, and the fees of the time that the agreement's limit counts (AGR-8).

    ``payments`` with ``event_at``, the instant of the event that the limit is reckoned back from, may be stated instead
    of the sum ``fees``: those that count are then found by the clause.
    ``cause``: what it came from, ``subprocessor`` one of ours, ``chosen`` a processor whom the controller chose.
    ``claimant``: whose damage it is. ``majeure``: an obstacle that nobody could foresee or avert; ``in_default``: it
    arose while the party was in default already. ``defect_told``: it follows from an instruction whose defect the
    processor had pointed out.
    """

    claim: Decimal
    fees: Decimal = Decimal(0)
    fault: Annotated[str, one_of("none", "negligence", "gross_negligence", "wilful")] = "negligence"
    cause: Annotated[str, one_of(*CAUSES)] = "other"
    claimant: Annotated[str, one_of("controller", "other")] = "controller"
    majeure: bool = False
    in_default: bool = False
    defect_told: bool = False
    payments: tuple[FeeFacts, ...] = ()
    event_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IndemnityFacts:
    """A third party's claim for which the controller is to answer: its ground (a code of ``indemnity.grounds``) and
    what was done about it (AGR-9).
    """

    ground: str
    own_breach: bool = False
    told_in_writing: bool = True
    known_at: datetime | None = None
    told_at: datetime | None = None
    cooperation: bool = True
    settled: bool = False
    settlement_burdens: bool = False
    consent: bool = False
