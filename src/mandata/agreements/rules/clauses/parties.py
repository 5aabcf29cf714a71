"""Clauses on who the parties are, which law applies, how the agreement is concluded, what is asked before, and how it
ends.
"""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import Ahead, Cap, Choice, Dated, Listing, Question
from mandata.agreements.rules.vocabulary import SHARED
from mandata.agreements.rules.words import mark as _

CLAUSES: Final[Mapping[str, Spec]] = {
    "agreement.roles": Spec(
        Choice,
        "subject",
        _("Who is who"),
        "{value}",
        ("text", "register", "gate:roles"),
        vocabulary={
            "customer_controller": _(
                "The customer decides why and how personal data is processed and is the controller; the operator "
                "processes it for the "
                "customer and is the processor (Article 4(7) and (8) GDPR)."
            ),
            "customer_controller_or_processor": _(
                "The customer is the controller, or itself a processor for other controllers; the "
                "operator processes for it and is the processor or the sub-processor accordingly (Article"
                " 4(7) and (8) GDPR). Where the customer is a processor, all that is said here of the "
                "controller applies to it."
            ),
            "business_provider": _(
                "The subscriber decides why and how personal information is processed and is the business, also "
                "called controller; the operator processes it for the subscriber and is the service provider (Cal. "
                "Civ. Code § 1798.140), also called processor."
            ),
        },
        serves=("AGR-2",),
        required=True,
    ),
    "agreement.law": Spec(
        Listing,
        "subject",
        _("Law"),
        _("The agreement follows, and is read by:"),
        ("gate:apply",),
        vocabulary=SHARED["law"],
        serves=("AGR-2",),
        required=True,
    ),
    "agreement.acceptance": Spec(
        Listing,
        "subject",
        _("Conclusion"),
        _("The agreement is concluded electronically and binds from the moment when the controller:"),
        ("acceptance", "gate:accept"),
        vocabulary={
            "registration": _("completes its registration"),
            "agree_button": _("confirms the agreement by the button in its account"),
            "order_form": _("signs the order form"),
            "order_confirmed": _(
                "has sent its order or paid the advance invoice, and the processor has confirmed the order or begun to "
                "carry it out"
            ),
        },
        serves=("AGR-1",),
        required=True,
    ),
    "agreement.effective": Spec(
        Dated,
        "subject",
        _("This version"),
        _("This version of the terms is effective as of {date}."),
        ("acceptance", "gate:accept"),
        serves=("AGR-2",),
        required=True,
    ),
    "agreement.language": Spec(
        Choice,
        "subject",
        _("Language"),
        "{value}",
        ("acceptance", "gate:read"),
        open_words="{target}",
        vocabulary={
            "accepted": _("The language version that the controller accepted decides; the others are translations."),
            "cs": _("The Czech version decides; the others are translations."),
            "en": _("The English version decides; the others are translations."),
        },
        serves=("AGR-2",),
    ),
    "agreement.precedence": Spec(
        Choice,
        "subject",
        _("Precedence"),
        "{value}",
        ("gate:prevail",),
        open_words="{target}",
        vocabulary={
            "protection_first": _(
                "On the protection of personal data this agreement prevails over every other one between the parties."
            ),
            "contract_first": _("An individual contract between the parties prevails over these terms."),
            "agreement_first": _(
                "Where it conflicts with the main agreement, this agreement prevails to the extent of the conflict."
            ),
        },
        serves=("AGR-3",),
    ),
    "agreement.term": Spec(
        Choice,
        "subject",
        _("Term"),
        "{value}",
        ("text",),
        vocabulary={
            "indefinite": _(
                "The agreement is concluded for an indefinite time, and for as long as the contract on the use of "
                "the service lasts."
            ),
            "main_agreement": _("The agreement lasts as long as the main agreement on the products and services."),
            "contract": _("The agreement lasts as long as the contract that it belongs to."),
            "subscription": _("The agreement lasts for the whole term of the subscription."),
        },
        serves=("AGR-2",),
        required=True,
    ),
    "question.age": Spec(
        Question,
        "subject",
        _("Age"),
        _(
            "Nobody under {minimum} years of age may use the service. Question before acceptance: are you at least "
            "{minimum} years old?"
        ),
        ("acceptance",),
        serves=("SVC-1",),
    ),
    "question.consumer": Spec(
        Question,
        "subject",
        _("Consumers"),
        _(
            "The service is meant for entrepreneurs. A consumer says so before registration and is advised of a "
            "consumer's rights. "
            "Question before acceptance: are you concluding the agreement as a consumer, outside your business or "
            "profession?"
        ),
        ("acceptance",),
        serves=("SVC-5",),
    ),
    "question.eea": Spec(
        Question,
        "subject",
        _("Territory"),
        _("Question before acceptance: are you established inside the European Economic Area?"),
        ("acceptance",),
        serves=("AGR-11",),
    ),
    "question.reach": Spec(
        Question,
        "subject",
        _("Reach"),
        _(
            "Question before acceptance: do you offer products or services to people inside the European Economic "
            "Area, or monitor their behaviour there?"
        ),
        ("acceptance",),
        serves=("AGR-11",),
    ),
    "warranty.controller": Spec(
        Listing,
        "instructions",
        _("What the controller warrants"),
        _("The controller warrants that:"),
        ("acceptance", "gate:import"),
        vocabulary={
            "capacity": _("it has full legal capacity"),
            "true_data": _("what it states about itself is true, complete and correct, and is kept up to date"),
            "lawful_use": _("it uses the service in accordance with the law"),
            "purpose_only": _(
                "it uses the service only for what it is meant for: editing, mass distribution and evaluation of "
                "campaigns"
            ),
            "terms_read": _("it has read these terms before starting, agrees to them and keeps to them"),
            "lawful_ground": _(
                "it has a lawful ground for processing the data of every data subject whom it brings into the service"
            ),
            "no_special": _("it brings no special categories of personal data into the service"),
            "lawful_processing": _(
                "it processes the data lawfully, and for the purpose, in the scope and by the means stated here"
            ),
            "informs_subjects": _("it informs the data subjects as the law demands"),
            "enables_rights": _("it lets the data subjects exercise their rights"),
            "notifies_authority": _("it notifies the supervisory authority of the processing, where it has to"),
            "stops_unneeded": _("it stops processing data that has become unnecessary for its purpose"),
            "other_duties": _("it meets its other duties under the law on data protection, throughout the agreement"),
            "upstream_authorised": _(
                "where it is itself a processor, the controllers behind it have authorised it to engage the operator"
            ),
            "recipient_law": _(
                "it has consent or another lawful ground for every delivery, by Czech law and by the law of the "
                "country of the recipient"
            ),
            "accurate": _("the data that it provides is accurate and sufficient"),
            "instructions_lawful": _("its instructions comply with the law"),
        },
        serves=("AGR-6",),
        required=True,
    ),
    "agreement.survival": Spec(
        Listing,
        "final",
        _("What outlasts the agreement"),
        _("These duties continue after the end of the agreement:"),
        ("text", "gate:export", "gate:rights"),
        vocabulary={
            "return": _("to return personal data to the controller"),
            "deletion": _("to delete personal data"),
            "confidentiality": _("to keep it confidential"),
        },
        serves=("AGR-2",),
    ),
    "agreement.end": Spec(
        Choice,
        "final",
        _("Notice to end"),
        "{value}",
        ("text",),
        vocabulary={
            "billing_period": _(
                "Either party may end the agreement without stating a reason. It ends on the last day of the billing "
                "period in which notice "
                "was served; the contract on the service and this agreement end together."
            ),
        },
        serves=("BIL-13",),
    ),
    "change.notice": Spec(
        Ahead,
        "final",
        _("Changes of this agreement"),
        _("{who} gives notice of {effect} {channels} at least {period} before it takes effect."),
        ("due", "gate:change"),
        open_words=_("{who} gives notice of {effect} {channels} in good time before it takes effect."),
        serves=("AGR-4",),
    ),
    "change.silence": Spec(
        Choice,
        "final",
        _("Continued use"),
        "{value}",
        ("text",),
        vocabulary={
            "use_is_consent": _(
                "Who continues to use the service after notice of a change agrees to the changed version. Who does "
                "not agree stops using it."
            ),
            "consent_needed": _(
                "A changed version binds the controller only once it has accepted it; until then the "
                "earlier one applies."
            ),
            "not_ending_is_consent": _("Who does not use its right to end the contract for a change agrees to it."),
        },
        serves=("AGR-4",),
    ),
    "liability.cap": Spec(
        Cap,
        "final",
        _("Limit of damages"),
        _("Damages owed by the processor are limited to {base} for the last {period}, reckoned back from {before}."),
        ("gate:liability",),
        serves=("AGR-8",),
    ),
    "liability.instruction": Spec(
        Choice,
        "final",
        _("Defective instructions"),
        "{value}",
        ("gate:liability",),
        vocabulary={
            "defective_told": _(
                "The processor owes no damages for what follows from an incorrect, incomplete or "
                "otherwise defective instruction if it pointed the defect out beforehand."
            ),
        },
        serves=("INS-5", "AGR-8"),
    ),
    "liability.majeure": Spec(
        Choice,
        "final",
        _("Force majeure"),
        "{value}",
        ("gate:liability",),
        vocabulary={
            "while_it_lasts": _(
                "Nobody is liable for a breach caused by an obstacle beyond its control that it could neither "
                "foresee nor avert, for as long "
                "as the obstacle lasts; an obstacle that arose while the party was already in default, or from its "
                "own economic situation, "
                "frees nobody."
            ),
            "listed_obstacles": _(
                "The processor does not answer for extraordinary and unforeseeable obstacles independent of its will; "
                "strikes, lockouts, war, terrorist attacks, uprisings, forces of nature and fire always count as such."
            ),
        },
        serves=("AGR-13",),
    ),
    "notices.channel": Spec(
        Choice,
        "final",
        _("Notices"),
        "{value}",
        ("register",),
        vocabulary={
            "registration_email": _(
                "Notices under this agreement, also of breaches, go by e-mail: to the controller at the address of "
                "its registration, to the "
                "processor at the address in Annex I."
            ),
            "contract_contacts": _(
                "Notices go to the address stated for them in the contract or order, to another one that the party "
                "has demonstrably made known, or to its seat in the public register."
            ),
            "accounts": _("Notices go by e-mail to the addresses that the parties keep in their accounts."),
        },
        serves=("AGR-7",),
    ),
    "notices.deemed": Spec(
        Choice,
        "final",
        _("When a notice counts as delivered"),
        "{value}",
        ("text",),
        vocabulary={
            "invoice_on_sending": _(
                "An invoice sent by e-mail on the day of its issue counts as delivered on sending."
            ),
            "confirmation_minute": _(
                "In doubt a message counts as delivered at the hour and minute that the confirmation of its delivery "
                "states."
            ),
        },
        serves=("AGR-7",),
    ),
    "agreement.assignment": Spec(
        Choice,
        "final",
        _("Assignment"),
        "{value}",
        ("text",),
        vocabulary={
            "written_consent": _(
                "Neither party assigns rights or duties under this agreement without the other's prior written consent."
            ),
            "controller_asks": _(
                "The controller assigns no claims against the processor without its prior written consent."
            ),
        },
    ),
    "agreement.disputes": Spec(
        Choice,
        "final",
        _("Disputes"),
        "{value}",
        ("text",),
        vocabulary={
            "negotiation": _("The parties first try to settle a dispute by negotiation."),
            "czech_courts": _(
                "Disputes are for the courts of the Czech Republic: the District Court for Prague 4, or the Municipal "
                "Court in Prague where a regional court decides in the first instance."
            ),
        },
    ),
}
