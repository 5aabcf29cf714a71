"""Clauses of the annexes: what is processed, about whom, why and how long; measures; sub-processors."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import Choice, Listing, Names
from mandata.agreements.rules.vocabulary import SHARED
from mandata.agreements.rules.words import mark as _

CLAUSES: Final[Mapping[str, Spec]] = {
    "processing.nature": Spec(
        Choice,
        "annex2",
        _("Nature"),
        "{value}",
        ("text",),
        vocabulary={
            "automated": _("Personal data is processed automatically by the systems that provide the service."),
            "statistical": _(
                "Personal data is processed automatically, with statistical and analytical methods and "
                "the help of computers; now and then it is processed by hand."
            ),
            "electronic_paper": _("Personal data is processed by electronic means and, besides, on paper."),
        },
        serves=("AGR-2",),
        required=True,
    ),
    "processing.media": Spec(
        Listing,
        "annex2",
        _("What data is kept on"),
        _("Besides the service itself, data may lie on:"),
        ("register",),
        vocabulary={
            "paper": _("paper"),
            "computers": _("laptops, desktop computers and servers"),
            "mail": _("ordinary and certified e-mail"),
            "removable": _("removable media: USB keys, memory cards, CD-ROM, DVD-ROM, external disks"),
            "disks": _("internal disks and SSD"),
            "phones": _("mobile telephones and tablets"),
            "cloud": _("storage in the cloud"),
        },
        serves=("RET-7",),
    ),
    "processing.purposes": Spec(
        Listing,
        "annex2",
        _("Purposes"),
        _("Personal data is processed for these purposes and no others:"),
        ("gate:import", "gate:send", "gate:track", "gate:export"),
        vocabulary={
            "service": _(
                "to let the controller use the service: to create, conduct, send, manage and evaluate its campaigns"
            ),
            "provide": _("to provide the products and services agreed"),
            "support_access": _(
                "to look at data on the controller's server or cloud, for the activated product only, in "
                "service and support"
            ),
            "case_statistics": _(
                "to keep statistics and archives of resolved cases and improve the services by them, from"
                " users' contact data only"
            ),
            "operate": _(
                "to provide, operate and secure the activated products: delivery, troubleshooting, "
                "monitoring and compliance"
            ),
            "run": _("to operate the service"),
            "maintain": _("to maintain it"),
            "develop": _("to develop it"),
            "optimise": _("to optimise it"),
            "support": _("to support the controller and its users"),
            "contract": _("to fulfil the contract with the controller"),
            "rights": _("to protect the processor's rights related to it, and to document what was performed"),
            "legal_duties": _("to meet the processor's duties by law, above all in accounting and taxes"),
            "marketing": _("to send the controller's messages and advertising, and to evaluate them"),
        },
        serves=("AGR-2", "INS-6"),
        required=True,
    ),
    "processing.title": Spec(
        Choice,
        "annex2",
        _("Legal title"),
        "{value}",
        ("text",),
        vocabulary={"performance": _("The processor processes personal data in order to perform this agreement.")},
        serves=("AGR-2",),
    ),
    "processing.contact": Spec(
        Listing,
        "annex2",
        _("Contact data"),
        _("Depending on the controller's use of the service:"),
        ("gate:import",),
        vocabulary=SHARED["category"],
        serves=("CAT-1",),
        required=True,
    ),
    "processing.activity": Spec(
        Listing,
        "annex2",
        _("Data on activity"),
        _("Depending on the controller's use of the service:"),
        ("gate:track",),
        vocabulary=SHARED["category"],
        serves=("CAT-2", "TRK-1"),
        required=True,
    ),
    "processing.tracking": Spec(
        Choice,
        "annex2",
        _("Measuring of reactions"),
        "{value}",
        ("gate:track",),
        vocabulary={
            "individual": _("It is kept which person opened a message and which links the person followed."),
            "counts": _(
                "Opens and clicks are counted only: it is not kept which person opened a message or followed a link."
            ),
        },
        serves=("TRK-1",),
    ),
    "processing.content": Spec(
        Listing,
        "annex2",
        _("Content"),
        _("Depending on the products that the controller uses:"),
        ("register",),
        vocabulary=SHARED["category"],
        serves=("CAT-5", "CAT-7"),
    ),
    "processing.own": Spec(
        Choice,
        "annex2",
        _("Data that the controller adds"),
        "{value}",
        ("gate:import",),
        vocabulary={
            "declared": _(
                "Further personal data that the controller considers necessary, on its instruction only, each field "
                "declared by category."
            ),
        },
        serves=("CAT-3",),
    ),
    "processing.special": Spec(
        Choice,
        "annex2",
        _("Special categories"),
        "{value}",
        ("gate:import",),
        vocabulary={
            "refused": _(
                "The controller brings in no special categories of personal data (Article 9 GDPR: racial or ethnic "
                "origin, political opinions, "
                "religious or philosophical beliefs, trade union membership, genetic and biometric data, health, sex "
                "life or sexual "
                "orientation) and no data on criminal convictions. They are processed only with the processor's "
                "express prior agreement."
            ),
            "agreed": _("The processor has expressly agreed to process special categories of personal data."),
            "by_content": _(
                "What users write and store may hold personal data of any kind; the processor does not search it for "
                "that. Fields for special categories of personal data or criminal convictions are not set up."
            ),
        },
        serves=("CAT-4",),
        required=True,
    ),
    "processing.subjects": Spec(
        Listing,
        "annex2",
        _("Data subjects"),
        _("The data concerns:"),
        ("text",),
        vocabulary={
            "customers": _("the controller's customers and clients"),
            "employees": _("the controller's employees"),
            "suppliers": _("its suppliers and other persons who work with it"),
            "website_users": _("users of its website"),
            "partners": _("its business partners, their employees and representatives"),
            "staff": _("the controller's employees and contractors"),
            "others": _("any other persons whose data the controller provides"),
            "end_users": _("natural persons who use the service under the controller's account"),
            "recipients": _("people to whom messages are sent or with whom calls are held"),
            "consumers": _("consumers and households"),
        },
        serves=("CAT-8",),
        required=True,
    ),
    "processing.duration": Spec(
        Choice,
        "annex2",
        _("Duration"),
        "{value}",
        ("text",),
        vocabulary={
            "contract": _(
                "For as long as the contract on the service binds the parties, unless they agree on longer or the "
                "law requires it."
            ),
            "necessary": _("For as long as the contract lasts, and only for the time that the processing needs."),
        },
        serves=("AGR-2",),
        required=True,
    ),
    "processing.marketing": Spec(
        Choice,
        "annex2",
        _("What the operator does as a controller"),
        "{value}",
        ("text",),
        vocabulary={
            "contact_details": _(
                "For its own marketing communications the operator processes contact data of the "
                "customer's people as an independent controller; that is not part of this agreement."
            ),
        },
        serves=("CTL-1",),
    ),
    "measures.technical": Spec(
        Listing,
        "annex3",
        _("Technical measures"),
        _("The processor has taken and keeps up these technical measures:"),
        ("register",),
        vocabulary={
            "backup": _("data is backed up regularly"),
            "malware": _("protection against malware is kept up to date"),
            "transport": _("all transmissions of data are encrypted (TLS)"),
            "https": _("the service is reached over HTTPS"),
            "at_rest": _("data on the servers is encrypted"),
            "by_design": _("technology is developed with privacy by design"),
            "individual_access": _("passwords and permissions for systems with personal data are given to individuals"),
            "article_32": _("all measures that Article 32 GDPR demands, at a level appropriate to the risk"),
            "pseudonymisation": _("data is pseudonymised and encrypted"),
            "resilience": _(
                "confidentiality, integrity, availability and resilience of systems are ensured and checked regularly"
            ),
            "restore": _("availability of and access to data are restored in time after an incident"),
            "testing": _("the effectiveness of measures is tested and evaluated regularly"),
            "erasure_log": _("erasures carried out are logged"),
            "firewall": _("there is a firewall of several levels"),
            "monitoring": _("unauthorised access is watched for"),
            "authorised_only": _("only authorised people reach the data"),
            "locked": _("servers stand locked in data centres"),
            "backup_apart": _(
                "backups are transferred and stored encrypted, in another geographic place, and only "
                "authorised people reach them"
            ),
            "pseudonymised_or_encrypted": _("data is pseudonymised or encrypted, where that is fit and usual"),
            "passwords": _("computer systems are reached by password only"),
        },
        serves=("SEC-8",),
        required=True,
    ),
    "measures.organisational": Spec(
        Listing,
        "annex3",
        _("Organisational measures"),
        _("The processor has taken and keeps up these organisational measures:"),
        ("register",),
        vocabulary={
            "confidentiality": _("employees and suppliers are bound to confidentiality"),
            "training": _(
                "employees are trained in data protection, initially and again regularly, and know how to work safely"
            ),
            "api_keys": _("authorisation data is removed where a programming key is kept"),
            "personal_access": _("access to every system is personal and protected by safe passwords"),
            "safe_store": _(
                "passwords of the operating environment lie in a separate, logged safe, so that access by staff can "
                "be checked"
            ),
            "locked": _("premises with personal data are locked when nobody watches over them"),
            "cameras": _("the entrance to the premises is watched by cameras"),
        },
        serves=("SEC-8", "PPL-1"),
        required=True,
    ),
    "subprocessor.named": Spec(
        Names,
        "annex4",
        _("Sub-processors authorised by name"),
        _(
            "The controller authorises these sub-processors; which of them receive data is shown in the register of "
            "sub-processors:"
        ),
        ("register", "gate:disclose"),
        serves=("SPR-7",),
    ),
    "subprocessor.classes": Spec(
        Listing,
        "annex4",
        _("Sub-processors authorised by class"),
        _("The controller authorises these sub-processors as a class:"),
        ("register", "gate:disclose"),
        vocabulary={
            "specialists": _(
                "programmers and other specialists who work for the processor under a contract of cooperation"
            ),
            "group": _("companies of the processor's group"),
            "majority_owned": _("companies of which the processor owns the majority, directly or indirectly"),
        },
        serves=("SPR-7",),
    ),
}
