"""Clauses that the law of California demands of a contract with a service provider, and its clocks.

Sources: Cal. Civ. Code § 1798.140; Cal. Code Regs. tit. 11 §§ 7021, 7022, 7026, 7050, 7051, 7101.
"""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import After, Choice, Frequency, Listing, Within
from mandata.agreements.rules.words import mark as _

RESTRICTIONS: Final[Mapping[str, Spec]] = {
    "restriction.sell": Spec(
        Choice,
        "instructions",
        _("No selling, no sharing"),
        "{value}",
        ("gate:disclose",),
        vocabulary={
            "never": _("The processor neither sells nor shares personal information."),
            "not_rented": _("The processor neither rents out nor sells personal data."),
        },
        serves=("CCP-3", "INS-6"),
    ),
    "restriction.purpose": Spec(
        Choice,
        "consumer",
        _("Purposes of the agreement only"),
        "{value}",
        ("gate:process",),
        vocabulary={
            "specified": _(
                "The processor keeps, uses and discloses personal information for the business purposes of this "
                "agreement and for no other."
            )
        },
        serves=("CCP-3", "INS-6"),
    ),
    "restriction.commercial": Spec(
        Choice,
        "consumer",
        _("No commercial purpose of its own"),
        "{value}",
        ("gate:process",),
        vocabulary={
            "none_other": _(
                "The processor pursues no commercial purpose with the personal information beyond those of this "
                "agreement, serving another business included."
            )
        },
        serves=("CCP-3", "INS-6"),
    ),
    "restriction.relationship": Spec(
        Choice,
        "consumer",
        _("Within the direct relationship"),
        "{value}",
        ("gate:disclose",),
        vocabulary={
            "direct": _(
                "The processor keeps, uses and discloses personal information only within the direct business "
                "relationship with the controller."
            )
        },
        serves=("CCP-3", "INS-6"),
    ),
    "restriction.combine": Spec(
        Choice,
        "consumer",
        _("No combining"),
        "{value}",
        ("gate:combine",),
        vocabulary={
            "never": _(
                "The processor does not combine the personal information with what it receives from or for others, "
                "or collects itself."
            )
        },
        serves=("CCP-3", "INS-6"),
    ),
    "restriction.lists": Spec(
        Choice,
        "consumer",
        _("Lists stay with their business"),
        "{value}",
        ("gate:combine",),
        vocabulary={
            "never_for_another": _(
                "What the processor learns may improve its service for everybody, but the addresses and profiles of "
                "one controller never serve another."
            )
        },
        serves=("CCP-3", "INS-6"),
    ),
    "processing.household": Spec(
        Choice,
        "annex2",
        _("Consumers and households"),
        "{value}",
        ("text",),
        vocabulary={
            "covered": _(
                "Personal information is also what could reasonably be linked, directly or not, with a particular "
                "consumer or household."
            )
        },
        serves=("CCP-1", "CAT-8"),
    ),
}

COMPLIANCE: Final[Mapping[str, Spec]] = {
    "subprocessor.chain": Spec(
        Choice,
        "subprocessors",
        _("Those whom sub-processors engage"),
        "{value}",
        ("register",),
        vocabulary={
            "published_too": _(
                "Whom a sub-processor engages in turn for the same purpose is published in the same way, and may be "
                "objected to in the same way."
            )
        },
        serves=("SPR-1", "SPR-2"),
    ),
    "compliance.level": Spec(
        Choice,
        "consumer",
        _("The same level of protection"),
        "{value}",
        ("text",),
        vocabulary={
            "ccpa": _(
                "The processor keeps to the CCPA and its regulations, gives personal information the protection that "
                "they demand of a business, secures it by reasonable measures, and cooperates on consumers' requests."
            )
        },
        serves=("CCP-2",),
    ),
    "compliance.steps": Spec(
        Listing,
        "consumer",
        _("Making sure of proper use"),
        _("The controller may take reasonable and appropriate steps to make sure of proper use, for example:"),
        ("text",),
        vocabulary={
            "reviews": _("manual reviews"),
            "scans": _("automated scans"),
            "assessments": _("regular assessments, audits and technical tests"),
        },
        serves=("CCP-2",),
    ),
    "compliance.assessments": Spec(
        Frequency,
        "consumer",
        _("How often it is assessed"),
        _("Assessments, audits and tests are allowed at least this often: {times}; in each period of: {per}."),
        ("gate:audit",),
        serves=("CCP-2",),
    ),
    "compliance.unable": Spec(
        Within,
        "consumer",
        _("Duties that can no longer be met"),
        _("{who} says within {period} from {start} that it can no longer meet its duties under the law."),
        ("due",),
        open_words=_("{who} says without undue delay when it can no longer meet its duties under the law."),
        serves=("CCP-2",),
    ),
    "compliance.stop": Spec(
        Choice,
        "consumer",
        _("Stopping improper use"),
        "{value}",
        ("text",),
        vocabulary={
            "on_notice": _(
                "On notice the controller may take reasonable steps to stop and remedy improper use, for example "
                "demand proof that personal information was deleted."
            )
        },
        serves=("CCP-2",),
    ),
    "compliance.requests": Spec(
        Choice,
        "consumer",
        _("Consumers' requests made possible"),
        "{value}",
        ("text",),
        vocabulary={
            "enabled": _(
                "The processor enables the controller to comply with consumers' requests, or carries them out when "
                "told of them with what is needed."
            )
        },
        serves=("CCP-1", "CCP-2"),
    ),
    "compliance.diligence": Spec(
        Choice,
        "consumer",
        _("Due diligence"),
        "{value}",
        ("text",),
        vocabulary={
            "counts": _(
                "Whether the controller ever enforces these terms, or assesses the processor, counts when it is asked "
                "what it had reason to believe."
            )
        },
        serves=("CCP-2",),
    ),
}

CLOCKS: Final[Mapping[str, Spec]] = {
    "rights.confirm": Spec(
        Within,
        "consumer",
        _("Confirming a consumer's request"),
        _("{who} confirms receipt of a consumer's request to know, delete or correct within {period} from {start}."),
        ("due",),
        serves=("CCP-1", "DSR-3"),
    ),
    "rights.optout": Spec(
        Within,
        "consumer",
        _("Opting out and limiting"),
        _(
            "{who} carries out a consumer's request to opt out or to limit as soon as feasible, and within {period} "
            "from {start}."
        ),
        ("due",),
        serves=("CCP-1", "DSR-3"),
    ),
    "rights.optin": Spec(
        After,
        "consumer",
        _("Asking again"),
        _("A consumer who opted out is asked to opt in again only {period} after {start}."),
        ("due",),
        serves=("CCP-1",),
    ),
    "rights.downstream": Spec(
        Choice,
        "consumer",
        _("Deletion by others engaged"),
        "{value}",
        ("text",),
        vocabulary={
            "told": _(
                "When the processor deletes on a consumer's request, it tells those whom it has engaged to delete too."
            )
        },
        serves=("CCP-1", "RET-4"),
    ),
    "rights.backups": Spec(
        Choice,
        "consumer",
        _("Deletion in backups"),
        "{value}",
        ("text",),
        vocabulary={
            "until_used": _(
                "Deletion in archives and backups may wait until they are restored to an active system or next used "
                "for a sale, a disclosure or a commercial purpose."
            )
        },
        serves=("CCP-1", "RET-4"),
    ),
    "rights.archive": Spec(
        After,
        "assistance",
        _("Requests kept"),
        _("Requests and answers are kept for {period} from {start}, to meet duties and protect rights only."),
        ("due",),
        serves=("CCP-1", "DSR-12"),
    ),
}

SERVICE: Final[Mapping[str, Spec]] = {
    "processing.location": Spec(
        Choice,
        "annex2",
        _("Location data"),
        "{value}",
        ("text",),
        vocabulary={
            "opt_out": _(
                "The controller and its users may refuse location data by the settings of their devices or by "
                "refusing access; some functions may then not work."
            )
        },
        serves=("CAT-6",),
    ),
    "processing.cookies": Spec(
        Choice,
        "annex2",
        _("Cookies"),
        "{value}",
        ("text",),
        vocabulary={
            "policy": _("Cookies and similar technologies are used as the cookie policy says, with notice and choice.")
        },
        serves=("CAT-6",),
    ),
    "processing.further": Spec(
        Choice,
        "annex2",
        _("Further data"),
        "{value}",
        ("text",),
        vocabulary={
            "privacy_policy": _(
                "Further data is processed in the course of the service as far as the privacy policy in force says so."
            )
        },
        serves=("CAT-6",),
    ),
    "controller.law_changes": Spec(
        Within,
        "instructions",
        _("Changes of the law on the data"),
        _("{who} tells the processor of changes in the law on the data within {period} from {start}."),
        ("due",),
        open_words=_("{who} tells the processor of changes in the law that applies to the data."),
        serves=("AST-1",),
    ),
}

CLAUSES: Final[Mapping[str, Spec]] = {**RESTRICTIONS, **COMPLIANCE, **CLOCKS, **SERVICE}
