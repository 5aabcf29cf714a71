"""Names of values for people: what a key of a record is called, and how a value is shown."""

import json

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LABELS = {
    "email": gettext_lazy("Address"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "name": gettext_lazy("Name"),
    "phone": gettext_lazy("Telephone"),
    "mail_domain": gettext_lazy("Mail domain"),
    "provider": gettext_lazy("Mailbox provider"),
    "language": gettext_lazy("Language"),
    "country": gettext_lazy("Country"),
    "region": gettext_lazy("Region"),
    "birthday": gettext_lazy("Birthday"),
    "created_at": gettext_lazy("Since"),
    "updated_at": gettext_lazy("Last changed"),
    "restricted_at": gettext_lazy("Restricted since"),
    "list": gettext_lazy("List"),
    "state": gettext_lazy("State"),
    "basis": gettext_lazy("Lawful basis"),
    "evidence": gettext_lazy("Evidence"),
    "since": gettext_lazy("Since"),
    "until": gettext_lazy("Until"),
    "ended_at": gettext_lazy("Ended"),
    "ended_by": gettext_lazy("Ended by"),
    "channel": gettext_lazy("Channel"),
    "scope": gettext_lazy("For what"),
    "reason": gettext_lazy("Reason"),
    "campaign": gettext_lazy("Message"),
    "sent_at": gettext_lazy("Sent"),
    "received_at": gettext_lazy("Received"),
    "attempts": gettext_lazy("Attempts"),
    "transport": gettext_lazy("Number of the transport"),
    "code": gettext_lazy("Answer of the mail server"),
    "status": gettext_lazy("Status"),
    "diagnostic": gettext_lazy("Words of the mail server"),
    "at": gettext_lazy("When"),
    "kind": gettext_lazy("What"),
    "link": gettext_lazy("Link"),
    "actor_class": gettext_lazy("Person or machine"),
    "signals": gettext_lazy("Why taken for a machine"),
    "agent": gettext_lazy("Program"),
    "network": gettext_lazy("Class of network"),
    "hard": gettext_lazy("For good"),
    "suppressed": gettext_lazy("Rule that ends writing to the address"),
    "line": gettext_lazy("Line"),
    "row": gettext_lazy("Row"),
    "to": gettext_lazy("To"),
    "title": gettext_lazy("Subject line"),
    "text": gettext_lazy("Text"),
    "entry": gettext_lazy("Entry of the record"),
    "content": gettext_lazy("Content"),
    "role": gettext_lazy("Role"),
    "number": gettext_lazy("Number"),
    "due_at": gettext_lazy("Due"),
    "words": gettext_lazy("Words"),
    "outcome": gettext_lazy("Outcome"),
}


GROUNDS = {
    "no_longer_needed": gettext_lazy("no longer needed for its purpose"),
    "consent_withdrawn": gettext_lazy("consent withdrawn"),
    "objection": gettext_lazy("objection"),
    "unlawful": gettext_lazy("processed unlawfully"),
    "legal_obligation": gettext_lazy("the law demands erasure"),
    "child": gettext_lazy("collected from a child"),
    "controller": gettext_lazy("the controller’s own decision"),
    "consumer": gettext_lazy("a consumer’s request to delete"),
}
"""Why a person is erased, in words."""


def label(key: str) -> str:
    """Return what a value is called in the active language; a controller's own field by its key."""
    return str(LABELS[key]) if key in LABELS else key.replace("_", " ").capitalize()


def shown(value: object) -> str:
    """Return a JSON-like value as text for people."""
    if value is True or value is False:
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return "; ".join(f"{label(str(name))}: {shown(part)}" for name, part in value.items() if part not in (None, ""))
    if isinstance(value, list):
        return ", ".join(shown(part) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
