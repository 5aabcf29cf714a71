"""What is told to who asks whether an agreement applies, binds, prevails, changes or ends."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from mandata.agreements.rules.facts.standing import one_of


@dataclass(frozen=True, slots=True)
class ApplyFacts:
    """Where the sides are established, and whether the processing reaches into the EEA all the same (AGR-11)."""

    controller_in_eea: bool
    processor_in_eea: bool = True
    offers_into_eea: bool = False
    monitors_in_eea: bool = False


@dataclass(frozen=True, slots=True)
class RolesFacts:
    """Whether the customer is itself a processor for somebody (``upstream``), and authorised to pass the data on
    (AGR-5).
    """

    upstream: bool = False
    authorised: bool = False


@dataclass(frozen=True, slots=True)
class ConcludeFacts:
    """What a customer did (a code of ``agreement.acceptance``), when, in which language (AGR-1)."""

    by: str
    at: datetime | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """In which language a version is read, and in which it was accepted (AGR-2)."""

    language: str
    accepted: str = ""


@dataclass(frozen=True, slots=True)
class PrevailFacts:
    """Another document between the parties that says something else, and on what (AGR-3)."""

    over: Annotated[str, one_of("main_agreement", "individual_contract", "other")] = "main_agreement"
    matter: Annotated[str, one_of("data_protection", "other")] = "data_protection"


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """A change that was told: of what, when, for when (``effective_at``), and the instant asked about (AGR-4).

    ``set_period_ends``: when the period that the notice set ends; ``reason``: a code of ``change.reasons``;
    ``accepted``: the controller has agreed to it.
    """

    told_at: datetime
    at: datetime
    kind: Annotated[str, one_of("agreement", "price_list", "supplier", "instructions")] = "agreement"
    effective_at: datetime | None = None
    set_period_ends: datetime | None = None
    full_text: bool = True
    reason: str = ""
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class EndFacts:
    """A controller that wants to end because of an objection unresolved or a change it does not want.

    ``since``: receipt of the objection, or the notice of the change; ``applies_at``: when the change takes effect.
    """

    cause: Annotated[str, one_of("objection", "change", "price_list")]
    since: datetime
    at: datetime
    applies_at: datetime | None = None
    resolved: bool = False
    written: bool = True


@dataclass(frozen=True, slots=True)
class InstructFacts:
    """An instruction, or a duty by law to process otherwise (INS-1, INS-2, INS-4, INS-5).

    ``concern``: it looks defective or unlawful; ``pointed_out``: the controller was told so; ``confirmed``: it
    stands by it all the same, and it is not unlawful beyond doubt.
    """

    written: bool
    named_person: bool = True
    beyond: bool = False
    agreed: bool = False
    concern: bool = False
    pointed_out: bool = False
    confirmed: bool = False
    by_law: bool = False
    told_first: bool = False
    telling_forbidden: bool = False


@dataclass(frozen=True, slots=True)
class PublishFacts:
    """A contract that perhaps must go into a public register (AGR-10).

    ``obliged``: the law has this customer's contracts published from a value up; ``value`` is the contract's,
    ``doubtful`` where it is not certain.
    """

    obliged: bool = False
    doubtful: bool = False
    value: Decimal = Decimal(0)
    currency: str = "CZK"
    concluded_at: datetime | None = None
    published_at: datetime | None = None
    at: datetime | None = None
