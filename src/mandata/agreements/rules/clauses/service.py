"""Clauses on the service itself: accounts, fees, running, suspension."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import After, Ahead, Allowance, Choice, Lasting, Listing, Window, Within
from mandata.agreements.rules.words import mark as _

ACCOUNT: Final[Mapping[str, Spec]] = {
    "account.duties": Spec(
        Listing,
        "people",
        _("Care for the account"),
        _("The controller:"),
        ("text",),
        vocabulary={
            "password": _("chooses safe passwords"),
            "secrecy": _("gives its credentials to nobody"),
            "misuse": _("reports misuse of credentials, even attempted, and changes them, both without delay"),
            "invitations": _("states correct identification of the users whom it invites"),
            "interface": _("uses only the interfaces that the processor provides"),
            "no_harm": _("does nothing that could disrupt or damage the service"),
        },
        serves=("PPL-3", "PPL-4", "SVC-2"),
    ),
    "account.api": Spec(
        Choice,
        "people",
        _("Programming interface"),
        "{value}",
        ("text",),
        vocabulary={
            "authorised": _(
                "Where the controller uses the programming interface, it sees to it that only authorised persons "
                "have access."
            )
        },
        serves=("PPL-6",),
    ),
    "account.agency": Spec(
        Choice,
        "people",
        _("Agency accounts"),
        "{value}",
        ("text",),
        vocabulary={
            "approved": _(
                "An account for the clients of an agency is set up only if the processor approves it in advance."
            )
        },
        serves=("SVC-3",),
    ),
}

FEES: Final[Mapping[str, Spec]] = {
    "fee.change": Spec(
        Ahead,
        "fees",
        _("Change of the price list"),
        _(
            "{who} gives notice of {effect} {channels} at least {period} before it takes effect. The controller may "
            "withdraw if it disagrees."
        ),
        ("due", "gate:change", "gate:end"),
        serves=("BIL-2",),
    ),
    "fee.free_exceeded": Spec(
        Choice,
        "fees",
        _("Free option exceeded"),
        "{value}",
        ("text",),
        vocabulary={
            "told_blocked": _(
                "When the conditions of a free option are exceeded, the controller is told and the account is blocked."
            )
        },
        serves=("BIL-3",),
    ),
    "fee.paid_exceeded": Spec(
        Choice,
        "fees",
        _("Paid option exceeded"),
        "{value}",
        ("text",),
        vocabulary={
            "may_block": _(
                "When the contacts exceed the paid option, distribution may be blocked until the option is topped up."
            ),
        },
        serves=("BIL-3",),
    ),
    "fee.term_yearly": Spec(
        Lasting,
        "fees",
        _("Minimum term, paid yearly"),
        _("A subscription paid once a year lasts at least {period}."),
        ("text",),
        serves=("BIL-4",),
    ),
    "fee.term_monthly": Spec(
        Lasting,
        "fees",
        _("Minimum term, paid monthly"),
        _("A subscription paid once a month lasts at least {period}."),
        ("text",),
        serves=("BIL-4",),
    ),
    "fee.pause": Spec(
        Allowance,
        "fees",
        _("Pausing a subscription"),
        _(
            "A subscription can be paused. Number of pauses: {times}; in each period of: {per}; longest pause: "
            "{longest}."
        ),
        ("text",),
        serves=("BIL-4",),
    ),
    "fee.card": Spec(
        Choice,
        "fees",
        _("Payment by card"),
        "{value}",
        ("text",),
        vocabulary={"first_day": _("A fee paid by card is collected on the first day of the next billing period.")},
        serves=("BIL-5",),
    ),
    "fee.paid": Spec(
        Choice,
        "fees",
        _("When a fee is paid"),
        "{value}",
        ("text",),
        vocabulary={
            "credited": _(
                "A fee counts as paid, and the service is activated, once the agreed sum is credited to the "
                "processor's account."
            )
        },
        serves=("BIL-6",),
    ),
    "fee.documents": Spec(
        Choice,
        "fees",
        _("Invoices and payments"),
        "{value}",
        ("text",),
        vocabulary={
            "pdf_in_account": _(
                "Invoices are issued electronically as PDF; they, and an overview of the payments, lie in the account."
            )
        },
        serves=("BIL-7",),
    ),
    "fee.transfer": Spec(
        Within,
        "fees",
        _("Payment by transfer"),
        _(
            "An advance invoice is paid within {period} from {start}, and at the latest on the first day of the "
            "billing period."
        ),
        ("due",),
        serves=("BIL-5",),
    ),
    "fee.late": Spec(
        After,
        "fees",
        _("Late payment"),
        _("More than {period} after {start}, the account may be blocked until the fee is paid."),
        ("due",),
        serves=("BIL-6",),
    ),
    "fee.refund": Spec(
        Choice,
        "fees",
        _("No refund"),
        "{value}",
        ("text",),
        vocabulary={
            "none_after_breach": _(
                "After an end for a serious breach, fees already paid are not returned in part or in whole."
            )
        },
        serves=("BIL-13",),
    ),
}

RUNNING: Final[Mapping[str, Spec]] = {
    "agreement.incapacity": Spec(
        Choice,
        "final",
        _("Where the service becomes impossible"),
        "{value}",
        ("text",),
        vocabulary={
            "ends": _(
                "Where the processor can no longer provide the service, and not by its own fault but for example "
                "because the law changed, the agreement ends at that moment; that is no breach."
            )
        },
        serves=("AGR-4",),
    ),
    "maintenance.notice": Spec(
        Ahead,
        "running",
        _("Maintenance"),
        _(
            "{who} gives notice of {effect}, its kind, start and end, {channels}, {usually} at least {period} before "
            "it."
        ),
        ("due",),
        serves=("OPS-1",),
    ),
    "defect.complaint": Spec(
        Window,
        "running",
        _("Complaints about defects"),
        _(
            "{who} complains of a defect by e-mail within {period} from {start}, with its identification, the ground "
            "and the date."
        ),
        ("due",),
        serves=("OPS-3",),
    ),
    "defect.restored": Spec(
        Window,
        "running",
        _("Complaints after restoration"),
        _(
            "{who} complains of a defect at the latest within {period} from {start}; a later complaint gives no "
            "right to compensation."
        ),
        ("due",),
        serves=("OPS-3",),
    ),
    "defect.answer": Spec(
        Within,
        "running",
        _("Answer to a complaint"),
        _("{who} handles a complaint within {period} from {start}; where it is justified, compensation is due."),
        ("due",),
        serves=("OPS-3",),
    ),
    "suspension.notice": Spec(
        Ahead,
        "running",
        _("Limiting or suspending the service"),
        _(
            "{who} gives notice of {effect} for a breach of this agreement or of the law {channels}, {usually} at "
            "least {period} before it, and "
            "at the latest when it takes effect."
        ),
        ("due",),
        serves=("OPS-2",),
    ),
    "suspension.exceptions": Spec(
        Listing,
        "running",
        _("Suspension without prior notice"),
        _("The period of notice is not kept where:"),
        ("text",),
        vocabulary={
            "legal_duty": _("a legal or regulatory duty to end the service prevents it"),
            "urgency": _("the law lets the service be ended for urgency"),
            "repeated_breach": _("it is proven that a business customer broke the terms repeatedly"),
        },
        serves=("OPS-2",),
    ),
    "suspension.immediate": Spec(
        Listing,
        "running",
        _("Immediate stop"),
        _("The processor may stop the service at once and withdraw from the agreement for:"),
        ("text",),
        vocabulary={
            "content": _("content that breaks these rules"),
            "account_check": _("a violation that a check of the account finds; the controller is told immediately"),
            "serious_breach": _("a serious breach"),
        },
        serves=("OPS-2",),
    ),
    "breach.serious": Spec(
        Listing,
        "running",
        _("Serious breaches by the controller"),
        _("A serious breach is above all:"),
        ("text",),
        vocabulary={
            "software": _("an act that can endanger the software of the service"),
            "price_list": _("circumventing the price list, for example by dividing the database"),
            "nonexistent": _("importing too many contacts that do not exist (see the threshold)"),
            "no_ground": _("using personal data without a lawful ground"),
            "complaints": _("too many spam reports (see the threshold)"),
            "offensive_account": _("an account that offends others or breaks the code of conduct"),
            "agreement": _("not keeping to the agreement"),
            "harmful_use": _("use that can harm the processor, or an attempt to misuse, block or alter the service"),
            "credentials": _("an attempt to obtain other users' names or passwords"),
            "peer_to_mail": _("an attempt to share data by peer-to-mail technology"),
            "database_attempt": _("an attempt to use a database without a lawful ground"),
        },
        serves=("OPS-6",),
    ),
    "closure.notice": Spec(
        Ahead,
        "running",
        _("Definitive end of the service"),
        _(
            "{who} gives notice of {effect} {channels}, with reasons, at least {period} before it, and gives access "
            "to the data."
        ),
        ("due",),
        serves=("OPS-2",),
    ),
}

CLAUSES: Final[Mapping[str, Spec]] = {**ACCOUNT, **FEES, **RUNNING}
