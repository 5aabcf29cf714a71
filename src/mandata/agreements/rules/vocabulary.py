"""The codes that clauses use, and the words for them. A code that stands in no vocabulary is refused when a file is
read.

Words of a list follow a colon; words of an event follow "from" (and stand in the genitive in languages that have one).
"""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.words import mark as _

SHARED: Final[Mapping[str, Mapping[str, str]]] = {
    "party": {
        "processor": _("the processor"),
        "controller": _("the controller"),
        "either": _("either party"),
    },
    "answer": {"yes": _("yes"), "no": _("no")},
    "event": {
        "awareness": _("becoming aware of it"),
        "request_received": _("receipt of the request"),
        "return_requested": _("receipt of the controller's request"),
        "notice_received": _("receipt of the notice"),
        "account_deleted": _("deletion of the account"),
        "cooperation_ended": _("the end of the cooperation"),
        "reminder_sent": _("that notice"),
        "last_login": _("the last log-in to the account"),
        "inspection_opened": _("the opening of the inspection or proceeding"),
        "instruction_seen": _("noticing it"),
        "invoice_issued": _("the issue of the advance invoice"),
        "fee_due": _("the due date of the fee"),
        "defect_noticed": _("becoming aware of the defect"),
        "service_restored": _("the return of the service to operation"),
        "complaint_received": _("receipt of the complaint"),
        "belief": _("reasonably believing that there was potential or actual access to the data"),
        "objection_received": _("receipt of the objection"),
        "person_request_received": _("receipt of the data subject's request"),
        "contract_ended": _("the end of the contract"),
        "service_terminated": _("the termination of the service"),
        "processing_suspended": _("the suspension of the processing"),
        "controller_awareness": _("the controller's becoming aware of the breach"),
        "audit_refused": _("the refusal of the auditor"),
    },
    "doer": {
        "independent_auditor": _("an independent auditor whom it chooses"),
        "itself": _("its own people"),
    },
    "effect": {
        "engagement": _("the engagement of another sub-processor"),
        "audit": _("an audit"),
        "price_change": _("a change of the price list"),
        "maintenance": _("required maintenance"),
        "suspension": _("a limitation or suspension of the service"),
        "closure": _("the definitive end of the service"),
        "terms_change": _("a change of this agreement"),
        "relocation": _("a change of the country in which the data is stored"),
    },
    "channel": {
        "email": _("by e-mail"),
        "app": _("in the application"),
        "website": _("on the website"),
        "durable_medium": _("on a durable medium"),
        "writing": _("in writing"),
        "publication": _("by publication in the list of sub-processors"),
    },
    "base": {
        "fees_paid": _("the fees that the controller paid"),
        "fees_paid_or_payable": _("the fees paid or payable by the controller"),
    },
    "index": {
        "cz_cpi": _("the increase of the consumer price index that the Czech Statistical Office announced"),
    },
    "rise": {
        "yearly_july": _(
            "each year on 1 July, first in the calendar year after the one in which the contract took effect"
        ),
        "once_july": _("once, on 1 July of the calendar year after the one in which the contract took effect"),
    },
    "act": {
        "import": _("take in the personal data that the controller brings into the service, and store it"),
        "send": _("send messages to the recipients whom the controller chooses"),
        "track": _("record how recipients react to messages, and evaluate the campaigns"),
        "export": _("hand the data out to the controller"),
        "rights": _("carry out the requests of data subjects"),
        "delete": _("delete the data when the controller says so or its time has passed"),
    },
    "law": {
        "gdpr": _("Regulation (EU) 2016/679 (GDPR)"),
        "cz": _("the law of the Czech Republic, in particular the Civil Code (Act No. 89/2012 Coll.)"),
    },
    "basis": {
        "consent": _("the recipient's prior consent"),
        "existing_customer": _("a contractual relationship with the recipient, present or past"),
        "contract": _("a contract with the recipient that needs the message"),
        "legitimate_interest": _("a legitimate interest, where the law of the recipient's country leaves room for it"),
    },
    "category": {
        "name": _("name"),
        "surname": _("surname"),
        "degree": _("academic degree"),
        "email": _("e-mail address"),
        "phone": _("telephone number"),
        "address": _("address"),
        "birth_date": _("date of birth"),
        "identification": _("identification number"),
        "registered_office": _("registered office"),
        "gender": _("gender"),
        "ip_address": _("IP address"),
        "purchases": _("purchase history"),
        "web_activity": _("activity on the controller's website"),
        "clicks": _("clicks"),
        "opens": _("opens"),
        "deliveries": _("deliveries"),
        "unsubscriptions": _("unsubscriptions"),
        "complaints": _("spam complaints"),
        "browser": _("type of browser"),
        "mailbox": _("type of mailbox"),
    },
}
"""Vocabularies that several clauses share, or that a value's field names."""
