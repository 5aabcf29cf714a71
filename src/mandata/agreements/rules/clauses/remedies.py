"""Clauses on what things cost and who answers for what: rates, audits, liability, indemnity."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import Choice, Frequency, Listing, Rate, Rates, Within
from mandata.agreements.rules.words import mark as _

WORK: Final[Mapping[str, str]] = {
    "instructions": _("carrying out instructions"),
    "rights": _("help with the requests of data subjects"),
    "breaches": _("help with security and with the notification of breaches"),
    "compliance": _("help with assessing and documenting compliance"),
    "assessments": _("help with impact and data protection assessments and prior consultation"),
    "forwarding": _("passing on the requests and complaints of data subjects"),
    "information": _("information that demonstrates the processor's compliance"),
    "audits": _("audits and assessments"),
    "usual_measures": _("help by the usual technical measures"),
    "beyond_usual": _("help beyond the usual technical measures, for example with individual requests"),
}
"""Kinds of assistance that an agreement may price or declare free."""

COSTS: Final[Mapping[str, Spec]] = {
    "assistance.paid": Spec(
        Listing,
        "assistance",
        _("Assistance that is paid for"),
        _("The controller pays for the processor's efforts in:"),
        ("gate:charge",),
        vocabulary=WORK,
        serves=("AST-4",),
    ),
    "assistance.free": Spec(
        Listing,
        "assistance",
        _("Assistance that is free"),
        _("The controller pays nothing for:"),
        ("gate:charge",),
        vocabulary=WORK,
        serves=("AST-4",),
    ),
    "assistance.rate": Spec(
        Rate,
        "assistance",
        _("Hourly rate of assistance"),
        _("Paid assistance is charged at a reasonable rate of at most {hour} an hour."),
        ("gate:charge",),
        serves=("AST-4",),
    ),
    "assistance.pricelist": Spec(
        Choice,
        "assistance",
        _("Price list of assistance"),
        "{value}",
        ("gate:charge",),
        vocabulary={
            "listed": _(
                "Paid assistance is charged by the processor's price list, unless agreed otherwise in writing."
            ),
            "listed_or_quoted": _(
                "Paid assistance is charged by the processor's price list; for what the list does not hold, the "
                "processor states a price on request."
            ),
        },
        serves=("AST-4",),
    ),
}

AUDITS: Final[Mapping[str, Spec]] = {
    "audit.assessors": Spec(
        Listing,
        "audit",
        _("Who assesses"),
        _("Reasonable assessments of the processor are allowed and supported; they are made by:"),
        ("gate:audit",),
        vocabulary={
            "customer": _("the controller itself"),
            "designated": _("an assessor whom the controller names"),
            "independent": _(
                "instead, a qualified and independent assessor whom the processor engages, by an appropriate and "
                "accepted standard and procedure"
            ),
        },
        serves=("AUD-1", "CCP-2"),
    ),
    "audit.report": Spec(
        Choice,
        "audit",
        _("Report of an assessment"),
        "{value}",
        ("gate:audit",),
        vocabulary={"on_request": _("The processor gives the controller the report of an assessment on request.")},
        serves=("AUD-1", "CCP-2"),
    ),
    "audit.information": Spec(
        Choice,
        "audit",
        _("Proof of compliance"),
        "{value}",
        ("text",),
        vocabulary={
            "us_law": _(
                "On reasonable request the processor makes available all information in its possession that is "
                "needed to show that it keeps to the data protection laws of the United States."
            ),
            "article_28_all": _(
                "The processor makes available to the controller all information needed to show that the duties of "
                "Article 28 GDPR are met."
            ),
            "article_28": _(
                "The processor gives the controller, to a reasonable and usual extent, all information needed to "
                "show that the duties of Article 28 GDPR are met."
            ),
        },
        serves=("AUD-3", "CCP-2"),
    ),
    "audit.frequency": Spec(
        Frequency,
        "audit",
        _("How many audits"),
        _("The processor has to allow this many audits: {times}; in each period of: {per}."),
        ("gate:audit",),
        serves=("AUD-1",),
    ),
    "audit.agreement": Spec(
        Within,
        "audit",
        _("Agreement on an audit"),
        _(
            "The details of each audit are settled in a separate written agreement, concluded within {period} from "
            "{start}."
        ),
        ("due", "gate:audit"),
        serves=("AUD-2",),
    ),
    "audit.rates": Spec(
        Rates,
        "audit",
        _("Price of an audit"),
        _(
            "The controller pays {first} per man-hour of the processor for the first audit in a calendar year and "
            "{further} per man-hour for each further one, without VAT. Both rise by {index} for the preceding "
            "calendar year, {rises}."
        ),
        ("gate:charge",),
        serves=("AUD-4",),
    ),
    "audit.inspector": Spec(
        Listing,
        "audit",
        _("Who may audit"),
        _("An audit is made only by one of these, who must not compete with the processor:"),
        ("gate:audit",),
        vocabulary={
            "customer": _("the controller itself"),
            "law_firm": _("a law firm"),
            "protection_professional": _("a person whose profession is the protection of personal data"),
        },
        serves=("AUD-1",),
    ),
    "audit.bound": Spec(
        Choice,
        "audit",
        _("Confidentiality of who audits"),
        "{value}",
        ("gate:audit",),
        vocabulary={
            "proven": _(
                "Whoever audits is bound to confidentiality and uses what it learns only to fulfil the controller's "
                "duties; the controller proves this to the processor."
            )
        },
        serves=("AUD-1", "AUD-2"),
    ),
    "audit.secrets": Spec(
        Choice,
        "audit",
        _("Secrets in an audit"),
        "{value}",
        ("text",),
        vocabulary={
            "general_terms": _(
                "What could harm the rights of third parties, or the know-how and secrets of the processor, is shown "
                "in general terms only. What cannot fairly be demanded may be withheld."
            )
        },
        serves=("AUD-2",),
    ),
    "audit.site": Spec(
        Choice,
        "audit",
        _("Audits on the premises"),
        "{value}",
        ("gate:audit",),
        vocabulary={
            "justified_only": _(
                "An audit on the processor's premises takes place only in justified cases, and so that it disturbs "
                "the processor's work as little as possible."
            )
        },
        serves=("AUD-2",),
    ),
}

LIABILITY: Final[Mapping[str, Spec]] = {
    "liability.main": Spec(
        Choice,
        "final",
        _("Limit in the main agreement"),
        "{value}",
        ("gate:liability",),
        vocabulary={
            "within_total": _(
                "The processor's liability is part of, and limited by, its total liability under the main agreement; "
                "this agreement raises it in nothing."
            )
        },
        serves=("AGR-8",),
    ),
    "liability.after": Spec(
        Choice,
        "final",
        _("Damage after the end"),
        "{value}",
        ("gate:liability",),
        vocabulary={"counts": _("Damage that arises after the end of the agreement counts towards the limit.")},
        serves=("AGR-8",),
    ),
    "liability.except": Spec(
        Listing,
        "final",
        _("What the limit does not cover"),
        _("The limit does not apply to:"),
        ("gate:liability",),
        vocabulary={
            "gross_negligence": _("damage from the processor's gross negligence"),
            "wilful": _("damage from the processor's wilful misconduct"),
            "outside_instructions": _(
                "damage from processing outside the controller's documented instructions or against this agreement"
            ),
            "security_failure": _(
                "damage from a security breach due to the lack of reasonable measures that the law requires"
            ),
            "mandatory": _("liability that the law does not allow to be limited or excluded"),
        },
        serves=("AGR-8",),
    ),
    "liability.fault": Spec(
        Choice,
        "final",
        _("Fault"),
        "{value}",
        ("gate:liability",),
        vocabulary={
            "intent_or_gross": _(
                "The processor answers only for damage that it caused intentionally or by gross negligence."
            )
        },
        serves=("AGR-8",),
    ),
    "liability.whom": Spec(
        Choice,
        "final",
        _("To whom damages are owed"),
        "{value}",
        ("gate:liability",),
        vocabulary={"controller_only": _("The processor owes damages to nobody but the controller.")},
        serves=("AGR-8",),
    ),
    "liability.systems": Spec(
        Choice,
        "final",
        _("Systems of third parties"),
        "{value}",
        ("gate:liability",),
        vocabulary={
            "not_ours": _(
                "The processor does not answer for failures of, or limited access to, systems of third parties that "
                "those caused, nor for the software of third parties, unless the contract says so expressly."
            )
        },
        serves=("AGR-8", "DLV-2"),
    ),
}

INDEMNITY: Final[Mapping[str, Spec]] = {
    "indemnity.grounds": Spec(
        Listing,
        "final",
        _("Indemnity by the controller"),
        _("The controller holds the processor harmless from claims and losses that arise from:"),
        ("gate:indemnity",),
        vocabulary={
            "instructions": _("processing in accordance with the controller's documented instructions"),
            "noncompliance": _("the controller's failure to keep to the law on the data"),
            "data": _("data that the controller provided and that is wrong, insufficient or unlawful"),
            "third_party": _("claims of third parties that the controller broke the law or their rights"),
            "breach": _("a breach of the agreement or of the law by the controller, its lack of measures included"),
            "content": _("the content of the messages and advertising that the controller hands over"),
            "rules_of_use": _("a breach by the controller of the rules for the systems and the content"),
            "publication": _("a failure to publish the contract in time where the law demands it"),
            "complaints": _("complaints of subscribers about the controller's messages"),
            "subjects": _("damages due to data subjects, material and non-material"),
            "fines": _("fines imposed by an authority"),
        },
        serves=("AGR-9",),
    ),
    "indemnity.persons": Spec(
        Choice,
        "final",
        _("Who else is held harmless"),
        "{value}",
        ("text",),
        vocabulary={
            "affiliates": _(
                "Held harmless and defended together with the processor are its affiliates, and the officers, "
                "directors, employees, agents and representatives of all of them."
            )
        },
        serves=("AGR-9",),
    ),
    "indemnity.exclusion": Spec(
        Choice,
        "final",
        _("Limit of the indemnity"),
        "{value}",
        ("gate:indemnity",),
        vocabulary={
            "own_breach": _(
                "Nothing is owed as far as the loss comes from the processor's own breach of the agreement or of the "
                "law."
            )
        },
        serves=("AGR-9",),
    ),
    "indemnity.notice": Spec(
        Within,
        "final",
        _("Notice of a claim"),
        _("{who} gives written notice of a claim within {period} from {start}."),
        ("due", "gate:indemnity"),
        open_words=_("{who} gives written notice of a claim promptly, counted from {start}."),
        serves=("AGR-9",),
    ),
    "indemnity.conduct": Spec(
        Listing,
        "final",
        _("Defence against a claim"),
        _("While a claim is defended:"),
        ("gate:indemnity",),
        vocabulary={
            "cooperation": _("the processor cooperates reasonably in the defence and the settlement"),
            "control": _("the controller may take control of the defence"),
            "participation": _("the processor may take part in the defence at its own expense"),
        },
        serves=("AGR-9",),
    ),
    "indemnity.settlement": Spec(
        Choice,
        "final",
        _("Settlement of a claim"),
        "{value}",
        ("gate:indemnity",),
        vocabulary={
            "consent": _(
                "The controller settles no claim without the processor's prior written consent where the settlement "
                "would burden the processor with more than money."
            )
        },
        serves=("AGR-9",),
    ),
}

CLAUSES: Final[Mapping[str, Spec]] = {**COSTS, **AUDITS, **LIABILITY, **INDEMNITY}
