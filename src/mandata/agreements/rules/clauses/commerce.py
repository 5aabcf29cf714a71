"""Clauses of a contract for e-mailing run on the systems of others: orders, duties, engines, content."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import After, Choice, Listing, Names, Weekly, Within
from mandata.agreements.rules.words import mark as _

ORDERS: Final[Mapping[str, Spec]] = {
    "order.third_party": Spec(
        Choice,
        "subject",
        _("Orders for others"),
        "{value}",
        ("text",),
        vocabulary={
            "prior_consent": _("An order for somebody other than the controller needs the processor's prior consent.")
        },
        serves=("SVC-3",),
    ),
    "order.forms": Spec(
        Listing,
        "subject",
        _("Forms of an order"),
        _("An order is binding on the controller when it is made:"),
        ("text",),
        vocabulary={
            "writing": _("in writing"),
            "fax": _("by fax"),
            "email": _("by e-mail"),
            "advance_invoice": _("on the ground of an advance invoice"),
        },
        serves=("BIL-8", "AGR-1"),
    ),
    "order.numbers": Spec(
        Choice,
        "subject",
        _("Numbers of orders"),
        "{value}",
        ("text",),
        vocabulary={"unique": _("Orders are numbered where possible, and no number is used twice.")},
        serves=("BIL-8",),
    ),
    "agreement.amendment": Spec(
        Choice,
        "subject",
        _("Changing the contract"),
        "{value}",
        ("text",),
        vocabulary={
            "writing_only": _(
                "A contract agreed in writing is changed or ended in writing only; one signed by the processor's "
                "executives, only by them or by whom they expressly authorise in writing."
            ),
            "writing": _("The agreement is changed or ended in writing only, unless it says otherwise itself."),
        },
        serves=("AGR-4",),
    ),
    "agreement.excluded": Spec(
        Names,
        "subject",
        _("Provisions that do not apply"),
        _("Between the parties these provisions of the Civil Code do not apply:"),
        ("text",),
        serves=("AGR-2",),
    ),
    "agreement.severability": Spec(
        Choice,
        "final",
        _("Provisions that are invalid"),
        "{value}",
        ("text",),
        vocabulary={
            "replaced": _(
                "An invalid or missing provision leaves the others as they are; the parties replace it with one that "
                "serves the same purpose."
            )
        },
        serves=("AGR-2",),
    ),
    "agreement.withdrawal": Spec(
        Listing,
        "final",
        _("Withdrawal by the processor"),
        _("The processor may withdraw from the contract, for the time to come, when:"),
        ("text",),
        vocabulary={
            "rules_of_use": _("the controller breaks the rules on providing the service; at once"),
            "repeated_refusal": _("messages had to be refused repeatedly"),
            "publication_missed": _("the time for sending the contract to the public register has passed in vain"),
        },
        serves=("AGR-4", "AGR-10", "CAM-3"),
    ),
    "publicity.reference": Spec(
        Choice,
        "final",
        _("References"),
        "{value}",
        ("text",),
        vocabulary={"both": _("Both parties may say in public, to a reasonable extent, that they work together.")},
    ),
}

DUTIES: Final[Mapping[str, Spec]] = {
    "subprocessor.chosen": Spec(
        Choice,
        "subprocessors",
        _("Processors whom the controller chose"),
        "{value}",
        ("register", "gate:disclose"),
        vocabulary={
            "not_ours": _(
                "Whoever takes part by the controller's decision, or under a contract with the controller, is no "
                "sub-processor, and the processor does not answer for it."
            )
        },
        serves=("SPR-6",),
    ),
    "instruction.manner": Spec(
        Choice,
        "instructions",
        _("How instructions are given"),
        "{value}",
        ("text",),
        vocabulary={
            "as_determined": _("The controller gives instructions in the reasonable manner that the processor sets.")
        },
        serves=("INS-1",),
    ),
    "controller.tasks": Spec(
        Listing,
        "instructions",
        _("What the controller sees to"),
        _("The controller alone answers for:"),
        ("text",),
        vocabulary={
            "purpose": _("the purpose of the processing"),
            "information": _("informing the data subjects"),
            "legal_ground": _("a lawful ground, which the processor may ask to be shown"),
            "accuracy": _("the accuracy of the data that it provides"),
            "others": _("processing by persons whom the processor has not chosen, and in systems that it asked for"),
            "documents": _("the truth of what stands in the documents that it hands over"),
        },
        serves=("AGR-6",),
    ),
    "controller.impact": Spec(
        Listing,
        "assistance",
        _("What the controller hands over"),
        _("For processing in which the processor takes part, the controller provides:"),
        ("text",),
        vocabulary={
            "assessments": _("its impact assessments and their changes"),
            "officer": _("consultation, to a reasonable extent, with its data protection officer or who sees to it"),
            "cooperation": _("what else the processor needs to meet its duties"),
        },
        serves=("AST-1",),
    ),
    "controller.cooperation": Spec(
        Choice,
        "instructions",
        _("Cooperation in time"),
        "{value}",
        ("text",),
        vocabulary={
            "no_default": _(
                "The controller cooperates, informs and hands over documents in time. While it is late, the "
                "processor is not in default and keeps its full remuneration."
            )
        },
        serves=("AGR-13",),
    ),
    "controller.tax": Spec(
        Within,
        "instructions",
        _("Tax liability"),
        _("{who} tells the processor in writing of reasons for a tax liability within {period} from {start}."),
        ("due",),
        open_words=_(
            "{who} tells the processor in writing and without delay of reasons for which it could be liable for the "
            "controller's taxes."
        ),
    ),
    "account.access": Spec(
        Choice,
        "people",
        _("Who holds access"),
        "{value}",
        ("text",),
        vocabulary={"documented": _("The controller documents which of its employees hold access data.")},
        serves=("PPL-3",),
    ),
    "account.shared": Spec(
        Choice,
        "people",
        _("Access given away"),
        "{value}",
        ("text",),
        vocabulary={"suspended": _("Where access data is given to a third party, access may be suspended at once.")},
        serves=("PPL-3",),
    ),
    "people.instructed": Spec(
        Choice,
        "people",
        _("Bound by instructions"),
        "{value}",
        ("text",),
        vocabulary={
            "instructed": _(
                "Whoever acts for the processor and has access to personal data processes it only on the controller's "
                "instructions, unless the law requires otherwise."
            )
        },
        serves=("PPL-1",),
    ),
    "disclosure.recipients": Spec(
        Listing,
        "people",
        _("Who may learn of the business"),
        _("What the parties learn of each other stays between them; it may be passed on to:"),
        ("gate:disclose",),
        vocabulary={
            "law": _("whom the law names"),
            "agreed": _("whom the parties agreed on"),
            "rights": _("whoever is needed to protect or recover claims, or to whom they are assigned"),
            "advisers": _("legal, tax, accounting and similar advisers bound to the same confidentiality"),
            "group": _("companies of the party's group bound to the same confidentiality"),
            "insurers": _("insurers against unpaid claims"),
            "collectors": _("collectors of claims"),
            "subcontractors": _("the subcontractors concerned"),
        },
        serves=("SPR-8",),
    ),
}

ENGINES: Final[Mapping[str, Spec]] = {
    "engine.systems": Spec(
        Names,
        "running",
        _("Systems of third parties"),
        _("The service is run on these systems of third parties, among others:"),
        ("text",),
        serves=("DLV-2",),
    ),
    "engine.terms": Spec(
        Choice,
        "running",
        _("Terms of those systems"),
        "{value}",
        ("text",),
        vocabulary={
            "current": _(
                "Their terms apply in the version in force, and by its order or payment the controller agrees to "
                "them. Where it must conclude a contract of its own with their operator, the processor says so."
            )
        },
        serves=("DLV-2",),
    ),
    "engine.maintenance": Spec(
        Weekly,
        "running",
        _("Maintenance of those systems"),
        _("Access may be limited for regular maintenance every week: {weekday} from {clock}, for up to {period}."),
        ("text",),
        serves=("DLV-2", "OPS-1"),
    ),
    "engine.licence": Spec(
        Listing,
        "running",
        _("Use of the software"),
        _("Software is made available to the controller:"),
        ("text",),
        vocabulary={
            "contract_only": _("for the purpose of the contract only, and at most for as long as it lasts"),
            "non_exclusive": _("without exclusivity"),
            "cz_only": _("for the territory of the Czech Republic only"),
            "no_third_parties": _("not for third parties, unless the processor agrees in writing beforehand"),
            "inspection": _("with the right of the processor and of the makers to check its use on request"),
            "no_copies": _("without copying it, or using it to develop a competing product"),
            "no_marks": _("without a right to logos and trade marks of third parties"),
            "export": _("within the export rules of the Czech Republic and the United States"),
            "no_corruption": _("without any act that could be taken for corruption"),
        },
        serves=("DLV-2",),
    ),
    "content.available": Spec(
        After,
        "keeping",
        _("How long content is available"),
        _("Messages and content are available for {period} from {start}; after that they may go at any time."),
        ("due", "gate:keep"),
        serves=("CAM-4", "RET-1"),
    ),
    "content.templates": Spec(
        After,
        "keeping",
        _("How long templates and databases are available"),
        _("Templates and databases are available for {period} from {start}; after that they may go at any time."),
        ("due", "gate:keep"),
        serves=("CAM-4", "RET-1"),
    ),
    "content.backup": Spec(
        Choice,
        "keeping",
        _("Copies of the content"),
        "{value}",
        ("text",),
        vocabulary={"controller_keeps": _("The controller keeps backup copies of all the content that it provides.")},
        serves=("RET-1",),
    ),
    "end.engine": Spec(
        Choice,
        "keeping",
        _("Content on the systems of third parties"),
        "{value}",
        ("gate:keep",),
        vocabulary={
            "at_once": _(
                "When the order or the contract ends, all copies of messages and content on the system that sent "
                "them are archived or destroyed at once."
            )
        },
        serves=("RET-2", "RET-4"),
    ),
}

CONTENT: Final[Mapping[str, Spec]] = {
    "sending.adaptation": Spec(
        Choice,
        "sending",
        _("Technical adaptation"),
        "{value}",
        ("text",),
        vocabulary={
            "reasonable": _(
                "The processor may adapt messages to a reasonable extent to the limits of networks and systems."
            )
        },
        serves=("CAM-5",),
    ),
    "sending.refusal": Spec(
        Listing,
        "sending",
        _("Refusing messages"),
        _("The processor may refuse messages, wholly or in part, that:"),
        ("text",),
        vocabulary={
            "contract": _("do not correspond to the contract or the terms that apply"),
            "ethics": _("go against ethical principles of the processor, of the system or of the advertising code"),
            "unlawful": _("are objectionable by law, good morals or fair dealing"),
            "impersonation": _("could seem to come from somebody else"),
            "third_parties": _("carry communications of third parties, save an agency's for its approved customer"),
            "harm": _("touch the rights or the good name of the processor or of its people"),
            "competitor": _("advertise a competitor of the processor or of the system"),
            "doubt": _("raise reasonable doubts on one of these points"),
            "no_promise": _("would need a promise of compensation that the controller declines to sign"),
            "elections": _("are anonymous advertising in an election campaign, or break election law"),
        },
        serves=("CAM-3",),
    ),
    "sending.decision": Spec(
        Within,
        "sending",
        _("Telling of a refusal"),
        _("{who} tells of a refusal within {period} from {start}."),
        ("due",),
        open_words=_("{who} tells of a refusal without undue delay."),
        serves=("CAM-3",),
    ),
    "sending.replacement": Spec(
        Within,
        "sending",
        _("Replacing refused messages"),
        _("{who} supplies faultless messages instead within {period} from {start}."),
        ("due",),
        open_words=_("{who} supplies faultless messages instead without undue delay."),
        serves=("CAM-3",),
    ),
    "sending.regulated": Spec(
        Listing,
        "sending",
        _("Goods under special rules"),
        _("Messages on these goods keep to all rules of the law on their advertising:"),
        ("text",),
        vocabulary={
            "medicines": _("medicinal products for human use"),
            "supplements": _("food supplements"),
            "food": _("food, above all for special nutrition and for infants"),
        },
        serves=("CAM-3",),
    ),
}

CLAUSES: Final[Mapping[str, Spec]] = {**ORDERS, **DUTIES, **ENGINES, **CONTENT}
