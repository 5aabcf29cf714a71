"""Clauses on what a processor owes: instructions, people, sub-processors, assistance, breaches, audits, return and
deletion.
"""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import After, Ahead, Choice, Listing, Window, Within
from mandata.agreements.rules.vocabulary import SHARED
from mandata.agreements.rules.words import mark as _

CLAUSES: Final[Mapping[str, Spec]] = {
    "instruction.standing": Spec(
        Listing,
        "instructions",
        _("Standing instruction"),
        _(
            "The processor processes personal data only on the controller's documented instructions, also as to "
            "transfers to a third country "
            "or an international organisation. By this agreement, and by what it does in the service, the controller "
            "instructs it to:"
        ),
        ("acceptance", "gate:import", "gate:send", "gate:track", "gate:export", "gate:rights"),
        vocabulary=SHARED["act"],
        serves=("INS-1", "INS-6"),
        required=True,
    ),
    "instruction.unlawful": Spec(
        Within,
        "instructions",
        _("Unlawful instructions"),
        _("Where an instruction seems to infringe the law, {who} says so within {period} from {start}."),
        ("due", "gate:instruct"),
        open_words=_("Where an instruction seems to infringe the law, {who} says so immediately."),
        serves=("INS-5",),
    ),
    "instruction.beyond": Spec(
        Choice,
        "instructions",
        _("Further instructions"),
        "{value}",
        ("gate:instruct",),
        vocabulary={
            "written": _(
                "A further instruction is clear and in writing; beyond this agreement it needs both "
                "parties' written agreement."
            ),
        },
        serves=("INS-2",),
    ),
    "instruction.legal": Spec(
        Choice,
        "instructions",
        _("Processing that the law compels"),
        "{value}",
        ("gate:instruct",),
        vocabulary={
            "told_first": _(
                "Where the law of the Union or of a Member State obliges the processor to process data "
                "otherwise, it tells the controller before, unless that law forbids this on important "
                "grounds of public interest."
            ),
        },
        serves=("INS-4",),
    ),
    "people.access": Spec(
        Listing,
        "people",
        _("Who has access"),
        _("The processor gives access to personal data only to:"),
        ("gate:access",),
        vocabulary={
            "employees": _("employees who need it for their job"),
            "cooperating": _(
                "persons who work with the processor, in accordance with this agreement and for the service only"
            ),
            "authorised": _("persons whom it has authorised"),
            "affiliates": _("employees of its affiliates who are in charge of the processing"),
        },
        serves=("PPL-1",),
    ),
    "people.confidentiality": Spec(
        Choice,
        "people",
        _("Confidentiality"),
        "{value}",
        ("gate:access", "gate:disclose"),
        vocabulary={
            "bound": _("Whoever has access has committed to confidentiality, or is bound to it by law."),
            "bound_and_secret": _(
                "Whoever has access is bound to confidentiality by law or by contract. Personal data is disclosed to "
                "nobody, wholly or in part, save on the controller's instruction or where the law requires it."
            ),
        },
        serves=("PPL-1",),
        required=True,
    ),
    "people.training": Spec(
        Within,
        "people",
        _("Training"),
        _("{who} trains whoever has access in data protection beforehand, and again within {period} from {start}."),
        ("due", "gate:access"),
        open_words=_("{who} trains whoever has access in data protection beforehand, and again regularly."),
        serves=("PPL-1",),
    ),
    "people.support": Spec(
        Choice,
        "people",
        _("Access for support"),
        "{value}",
        ("gate:access",),
        vocabulary={
            "activated_product": _(
                "In service and support the processor looks at data on the controller's server or cloud "
                "only as far as the product that is activated needs it."
            ),
        },
        serves=("PPL-7",),
    ),
    "subprocessor.notice": Spec(
        Ahead,
        "subprocessors",
        _("Notice of another sub-processor"),
        _("{who} gives notice of {effect} {channels} at least {period} before it."),
        ("due", "gate:engage", "gate:disclose"),
        open_words=_("{who} gives notice of {effect} {channels} before it."),
        serves=("SPR-2",),
        required=True,
    ),
    "subprocessor.objection": Spec(
        Window,
        "subprocessors",
        _("Objection"),
        _("{who} may object {form} within {period} from {start}."),
        ("due", "gate:object", "gate:engage", "gate:disclose"),
        open_words=_("{who} has the opportunity to object."),
        serves=("SPR-3",),
        required=True,
    ),
    "subprocessor.unresolved": Spec(
        Choice,
        "subprocessors",
        _("Where an objection stands"),
        "{value}",
        ("gate:end",),
        open_words="{target}",
        vocabulary={
            "service_may_end": _(
                "Where the sub-processor is not engaged because of an objection, it may become impossible to use the "
                "service."
            ),
            "affected_ends": _(
                "Where an objection is not resolved in time, the controller may end the affected service "
                "in writing and without penalty."
            ),
            "not_engaged": _("As long as an objection stands, the sub-processor is not engaged for this controller."),
        },
        serves=("SPR-3",),
    ),
    "transfer.ground": Spec(
        Choice,
        "subprocessors",
        _("Transfers"),
        "{value}",
        ("gate:transfer",),
        vocabulary={
            "instruction_only": _(
                "Personal data is transferred to a third country or an international organisation only on the "
                "controller's instruction."
            ),
            "safeguarded": _(
                "Personal data goes to a third country only where the Commission has found that it gives "
                "adequate protection, or where those who take part have taken appropriate safeguards."
            ),
            "law_conditions": _(
                "Personal data may be processed outside the European Union, on the controller's documented "
                "instructions, where the conditions and limits of the law are met."
            ),
        },
        serves=("TRF-3",),
    ),
    "assistance.documents": Spec(
        Within,
        "assistance",
        _("Documents and help"),
        _(
            "{who} gives the other party the help and the documents it asks for without undue delay and at the latest "
            "within {period} from {start}."
        ),
        ("due",),
        open_words=_("{who} gives the other party the help and the documents it asks for without undue delay."),
        serves=("AST-3",),
    ),
    "assistance.matters": Spec(
        Listing,
        "assistance",
        _("What the parties help each other with"),
        _("Help is owed, to the extent necessary and reasonable, with:"),
        ("text",),
        vocabulary={
            "rights": _("answering the requests of data subjects"),
            "security": _("the security of personal data (Article 32 GDPR)"),
            "incidents": _("breaches, their notification and communication (Articles 33 and 34 GDPR)"),
            "impact": _("impact assessments and prior consultation (Articles 35 and 36 GDPR)"),
            "authorities": _("dealings with supervisory authorities"),
            "compliance": _("documents that demonstrate the controller's compliance"),
            "consumer_requests": _("answering the privacy requests of consumers"),
            "system_security": _("the security of the processing, and notices of its breach"),
            "assessments": _("conducting and documenting data protection assessments"),
        },
        serves=("AST-1", "AST-3"),
    ),
    "assistance.costs": Spec(
        Choice,
        "assistance",
        _("Costs of assistance"),
        "{value}",
        ("gate:charge",),
        vocabulary={"reasonable": _("The controller reimburses the processor's reasonable costs of assistance.")},
        serves=("AST-4",),
    ),
    "authority.inspection": Spec(
        Within,
        "assistance",
        _("Inspections by an authority"),
        _(
            "{who} tells the other party of an inspection or proceeding on the processing within {period} from "
            "{start}, and of its progress and result."
        ),
        ("due",),
        open_words=_(
            "{who} tells the other party without undue delay of an inspection or proceeding of an authority on the "
            "processing, and of its progress "
            "and result."
        ),
        serves=("AST-2",),
    ),
    "audit.notice": Spec(
        Ahead,
        "audit",
        _("Notice of an audit"),
        _(
            "The processor allows audits, including inspections, by the controller or an auditor whom it appoints. "
            "{Who} gives notice of {effect} {channels} at least {period} before it."
        ),
        ("due", "gate:audit"),
        open_words=_(
            "The processor allows audits, including inspections, by the controller or an auditor whom it appoints, "
            "with reasonable notice {channels}."
        ),
        serves=("AUD-1",),
    ),
    "audit.refusal": Spec(
        Listing,
        "audit",
        _("Refusing an auditor"),
        _(
            "The processor may object to an auditor, and the controller then appoints another one, where the auditor "
            "is:"
        ),
        ("gate:audit",),
        vocabulary={
            "not_independent": _("not independent"),
            "competitor": _("a competitor of the processor"),
            "similar": _("in a position similar to the processor's own"),
        },
        serves=("AUD-1",),
    ),
    "audit.secrecy": Spec(
        Choice,
        "audit",
        _("Secrecy of what is shown"),
        "{value}",
        ("gate:audit",),
        vocabulary={
            "authority_only": _(
                "What the processor shows in an audit is its trade secret; it may be disclosed only to a supervisory "
                "authority entitled to it."
            ),
        },
        serves=("AUD-2",),
    ),
    "end.deletion": Spec(
        Choice,
        "keeping",
        _("Deletion at the end"),
        "{value}",
        ("gate:keep",),
        vocabulary={
            "delete_or_return": _(
                "When the services end, the processor deletes all personal data and, where the controller asks for "
                "it, first returns it with "
                "all copies, unless Union or national law requires it to be kept."
            ),
            "by_choice": _(
                "When the services end, the processor deletes or returns all personal data, as the "
                "controller chooses, and deletes the copies there are, unless Union or national law "
                "requires them to be kept."
            ),
            "by_function": _(
                "During the service or before its end the processor deletes or returns all personal information when "
                "the controller asks for it by the function in the service, unless the law requires it to be kept."
            ),
            "unless_needed": _(
                "When the services end, the processor deletes all personal data and existing copies, save what the "
                "law requires to be kept, or what is needed for a reasonable time to handle complaints, protect "
                "rights or fulfil the contract."
            ),
        },
        serves=("RET-2", "RET-4"),
        required=True,
    ),
    "end.return": Spec(
        Within,
        "keeping",
        _("Return"),
        _(
            "{who} returns the data within {period} from {start}, to a secure store that the controller names and "
            "opens to it."
        ),
        ("due", "gate:export"),
        serves=("RET-3",),
    ),
    "end.backup": Spec(
        Window,
        "keeping",
        _("Data from backups"),
        _(
            "{who} may ask for backed-up data within {period} from {start}. After that the data is irretrievably "
            "deleted."
        ),
        ("due", "gate:export", "gate:keep"),
        serves=("RET-2", "RET-3"),
    ),
    "end.reminder": Spec(
        After,
        "keeping",
        _("Where no instruction comes"),
        _(
            "Where the controller has given no instruction to return the data {period} after {start}, the processor "
            "tells it that it may."
        ),
        ("due",),
        serves=("RET-2",),
    ),
    "end.silence": Spec(
        After,
        "keeping",
        _("Deletion without an instruction"),
        _("Without an instruction {period} after {start}, the data is deleted."),
        ("due", "gate:keep"),
        serves=("RET-2",),
    ),
    "end.inactivity": Spec(
        After,
        "keeping",
        _("Inactive accounts"),
        _("The agreement ends {period} after {start}; account, content and database may then be deleted."),
        ("due", "gate:keep"),
        serves=("RET-6",),
    ),
}
