"""What a domain's records are for, and what DNS's answers mean, in words."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

STATES: Final[dict[str, tuple[Any, str]]] = {
    "pending": (_("not yet verified"), "warn"),
    "verified": (_("may send"), "good"),
    "failing": (_("records are gone"), "bad"),
}
PURPOSES: Final[dict[str, tuple[Any, Any]]] = {
    "verification": (_("Proof of ownership"), _("Shows that the domain is yours.")),
    "dkim": (
        _("Signature (DKIM)"),
        _("The key for your signature. Messages are not signed yet; publish it now so that nothing waits later."),
    ),
    "spf": (_("Allowed servers (SPF)"), _("Tells receivers that our servers may send for this domain.")),
    "dmarc": (_("Policy (DMARC)"), _("Tells receivers what to do with messages that only pretend to be yours.")),
    "return_path": (_("Return address"), _("Brings messages that bounce back to us, so that we stop in time.")),
}
RESULTS: Final[dict[str, tuple[Any, str]]] = {
    "ok": (_("found"), "good"),
    "missing": (_("not found"), "warn"),
    "wrong": (_("not as it should be"), "bad"),
}
CODES: Final[dict[str, Any]] = {
    "found": _("DNS answers with exactly this."),
    "not_found": _("DNS has no such record yet. New records can take an hour to be seen everywhere."),
    "other_proof": _("There is a record of this name, but with another value. Copy the value again."),
    "key_revoked": _("The record says that the key is withdrawn (an empty p=). Copy the value again."),
    "not_dkim": _("The record does not say v=DKIM1. Copy the value again."),
    "other_key": _("There is another key at this name. Replace the record by this one."),
    "several_policies": _("There are several records of this kind, so receivers believe none. Keep one."),
    "allows_everybody": _("The record lets every server in the world send for you. End it with ~all or -all."),
    "too_many_lookups": _("The record needs more than ten look-ups, so receivers give up. Remove what is not used."),
    "not_included": _("The record is there, but does not name our servers. Add the include part before its end."),
    "no_policy": _("The record states no policy. Add p=none, p=quarantine or p=reject."),
    "other_target": _("The name leads elsewhere. Point it to the value shown."),
    "policy_none": _("Found. It only watches; once your mail is signed, p=quarantine protects your name."),
    "policy_quarantine": _("Found. Messages that pretend to be yours go to spam."),
    "policy_reject": _("Found. Messages that pretend to be yours are refused."),
}
GROUNDS: Final[dict[str, Any]] = {
    "entered_by_mistake": _("It was entered by mistake"),
    "mailbox_works_again": _("The mailbox works again"),
    "other": _("Another reason, kept in our own papers"),
}
MEANINGS: Final[dict[str, Any]] = {
    "unsubscribed": _("The person unsubscribed. Only the person can take that back."),
    "objection": _("The person objected to marketing (Art. 21(3) GDPR). Only the person can take that back."),
    "complaint": _("The person reported a message as spam. Only the person can take that back."),
    "hard_bounce": _("A server said that the mailbox does not exist. Lift it when you know that it works again."),
    "erasure": _("The person was erased; this keyed value is kept so that nobody brings the address in again."),
    "manual": _("A member entered it. A member may lift it with a stated ground."),
}
