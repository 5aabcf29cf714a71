"""Clauses on orders paid by invoice: advances, invoices, interest, discounts, complaints."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import After, Before, Choice, Interest, Listing, Window, Within
from mandata.agreements.rules.words import mark as _

PRICES: Final[Mapping[str, Spec]] = {
    "fee.vat": Spec(
        Choice,
        "fees",
        _("Value added tax"),
        "{value}",
        ("text",),
        vocabulary={"apart": _("Prices are agreed without value added tax, which is added by law.")},
        serves=("BIL-1",),
    ),
    "fee.advance": Spec(
        Before,
        "fees",
        _("Advance payment"),
        _("{who} pays an advance so that it is credited at least {period} before {effect}; else nothing need start."),
        ("due",),
        serves=("BIL-8",),
    ),
    "fee.invoice": Spec(
        Within,
        "fees",
        _("Issue of invoices"),
        _("{who} issues the invoice with the particulars of a tax document within {period} from {start}."),
        ("due",),
        serves=("BIL-8",),
    ),
    "fee.parts": Spec(
        Choice,
        "fees",
        _("Part-invoices"),
        "{value}",
        ("text",),
        vocabulary={
            "month_or_campaign": _(
                "Services that last for months or run by campaigns may be invoiced in parts, at the end of each "
                "calendar month or campaign."
            )
        },
        serves=("BIL-8",),
    ),
    "fee.due": Spec(
        Within,
        "fees",
        _("Payment of invoices"),
        _("{who} pays an invoice within {period} from {start}, unless agreed otherwise in writing."),
        ("due",),
        serves=("BIL-8",),
    ),
    "fee.interest": Spec(
        Interest,
        "fees",
        _("Late interest"),
        _(
            "On a late payment {share} of the sum owed may be charged in interest per {per} of delay, one begun "
            "counting as a whole one, also after the end of the contract."
        ),
        ("gate:charge",),
        serves=("BIL-9",),
    ),
    "fee.cancellation": Spec(
        Choice,
        "fees",
        _("Cancelled orders"),
        "{value}",
        ("gate:charge",),
        vocabulary={
            "full_price": _(
                "Who cancels a confirmed order pays the agreed price with value added tax, unless agreed otherwise."
            )
        },
        serves=("BIL-10",),
    ),
    "fee.discount": Spec(
        After,
        "fees",
        _("Loss of a quantity discount"),
        _(
            "A quantity discount may lapse, wholly or in part, when the quantity is not used, or more than {period} "
            "after {start}."
        ),
        ("due",),
        serves=("BIL-10",),
    ),
    "fee.stop": Spec(
        Choice,
        "fees",
        _("Stopping for late payment"),
        "{value}",
        ("text",),
        vocabulary={
            "without_notice": _(
                "While a payment is late, services and campaigns may be stopped without notice; the pay stays owed, "
                "and a restart may be made to depend on a reasonable advance."
            )
        },
        serves=("BIL-11",),
    ),
    "fee.withholding": Spec(
        Choice,
        "fees",
        _("Withholding performance"),
        "{value}",
        ("text",),
        vocabulary={
            "any_default": _(
                "The processor may withhold performance also while the controller is late with a duty from another "
                "ground."
            )
        },
        serves=("BIL-11",),
    ),
    "fee.matching": Spec(
        Choice,
        "fees",
        _("How a payment counts"),
        "{value}",
        ("text",),
        vocabulary={
            "amount_and_symbol": _(
                "A payment counts once it is credited in the amount and with the variable symbol of the invoice. "
                "Wrong, partial and bulk payments may be sent back less bank fees."
            )
        },
        serves=("BIL-14",),
    ),
    "fee.setoff": Spec(
        Choice,
        "fees",
        _("Set-off"),
        "{value}",
        ("text",),
        vocabulary={
            "processor_any": _(
                "The processor may set off its due claims against the controller's, due or not and in any currency; "
                "the controller sets off or assigns its own only with the processor's prior written consent."
            )
        },
        serves=("BIL-14",),
    ),
    "fee.instalments": Spec(
        Choice,
        "fees",
        _("Missed instalments"),
        "{value}",
        ("text",),
        vocabulary={
            "whole_claim": _(
                "When an instalment is missed the whole claim may be called in, also after the next one fell due."
            )
        },
        serves=("BIL-8",),
    ),
    "fee.objection": Spec(
        Window,
        "fees",
        _("Objections to an invoice"),
        _("{who} objects to an invoice in writing within {period} from {start}, and proves that it was in time."),
        ("due",),
        serves=("BIL-15",),
    ),
}

COMPLAINTS: Final[Mapping[str, Spec]] = {
    "complaint.claim": Spec(
        Window,
        "running",
        _("Complaints about an order"),
        _("{who} complains of an error within {period} from {start}."),
        ("due",),
        serves=("OPS-4",),
    ),
    "complaint.latest": Spec(
        Window,
        "running",
        _("Latest time for a complaint"),
        _("{who} complains at the latest within {period} from {start}."),
        ("due",),
        serves=("OPS-4",),
    ),
    "complaint.decision": Spec(
        Within,
        "running",
        _("Decision on a complaint about an order"),
        _("{who} decides on the complaint within {period} from {start}; vague complaints may be refused."),
        ("due",),
        serves=("OPS-4",),
    ),
    "complaint.form": Spec(
        Choice,
        "running",
        _("Form of a complaint"),
        "{value}",
        ("text",),
        vocabulary={
            "registered_letter": _(
                "A complaint is made by registered letter to the processor's seat; one made otherwise counts only "
                "once the processor confirms that it was received."
            )
        },
        serves=("OPS-4",),
    ),
    "complaint.remedy": Spec(
        Listing,
        "running",
        _("What a complaint may bring"),
        _("Where a complaint is justified, the controller may choose in time, in writing and for good:"),
        ("text",),
        vocabulary={
            "replacement": _("performance instead"),
            "discount": _("a discount by a corrective tax document, for the part concerned only"),
        },
        serves=("OPS-4",),
    ),
}

CLAUSES: Final[Mapping[str, Spec]] = {**PRICES, **COMPLAINTS}
