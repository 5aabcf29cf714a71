"""Clauses of the Commission's model (Decision (EU) 2021/915) on joining, stopping and being stopped."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import After, Choice
from mandata.agreements.rules.words import mark as _

CLAUSES: Final[Mapping[str, Spec]] = {
    "agreement.docking": Spec(
        Choice,
        "subject",
        _("Joining later"),
        "{value}",
        ("text",),
        vocabulary={
            "by_annexes": _(
                "Somebody who is not a party may join at any time, as controller or as processor, if all "
                "parties agree, by completing the annexes and signing Annex I."
            ),
        },
        serves=("AGR-1",),
    ),
    "suspension.controller": Spec(
        Choice,
        "instructions",
        _("Stop by the controller"),
        "{value}",
        ("gate:import", "gate:send", "gate:track", "gate:profile"),
        vocabulary={
            "at_once": _(
                "The controller may suspend all processing of its data at once, in particular where the "
                "processor does not keep to this agreement, and lifts the suspension itself."
            ),
        },
        serves=("INS-1",),
    ),
    "suspension.cure": Spec(
        After,
        "final",
        _("Compliance not restored"),
        _(
            "Where compliance is not restored {period} after {start}, the controller may end the "
            "processing of personal data under the agreement."
        ),
        ("due",),
        serves=("AGR-4",),
    ),
    "suspension.insist": Spec(
        Choice,
        "final",
        _("Insisting on an unlawful instruction"),
        "{value}",
        ("text",),
        vocabulary={
            "processor_may_end": _(
                "Where the controller insists on an instruction that, as the processor has told it, "
                "infringes the law, the processor may end the processing of personal data under the "
                "agreement."
            ),
        },
        serves=("INS-5",),
    ),
    "subprocessor.copy": Spec(
        Choice,
        "subprocessors",
        _("The sub-processor's contract"),
        "{value}",
        ("register",),
        vocabulary={
            "on_request": _(
                "On request the processor gives the controller a copy of its contract with a "
                "sub-processor, without secrets and personal data."
            ),
        },
        serves=("SPR-4",),
    ),
    "subprocessor.beneficiary": Spec(
        Choice,
        "subprocessors",
        _("Should the processor disappear"),
        "{value}",
        ("text",),
        vocabulary={
            "controller": _(
                "The contract with each sub-processor lets the controller end it, and instruct the "
                "sub-processor to erase or return the data, where the processor has ceased to exist or is"
                " insolvent."
            ),
        },
        serves=("SPR-4",),
    ),
}
