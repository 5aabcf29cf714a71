"""What a domain's records are for, and what DNS's answers mean, in words."""

from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mandata.delivery.rules.domains import Check

STATES: Final[dict[str, tuple[Any, str]]] = {
    "pending": (_("not yet verified"), "warn"),
    "verified": (_("may send"), "good"),
    "failing": (_("records are gone"), "bad"),
}
PURPOSES: Final[dict[str, tuple[Any, Any]]] = {
    "verification": (_("Proof of ownership"), _("Shows that the domain is yours.")),
    "dkim": (_("Signature (DKIM)"), _("Lets receivers verify that a message is yours and unchanged.")),
    "spf": (_("Allowed servers (SPF)"), _("Tells receivers that our servers may send for this domain.")),
    "dmarc": (_("Policy (DMARC)"), _("Tells receivers what to do with messages that only pretend to be yours.")),
    "return_path": (
        _("Return address"),
        _("Brings messages that bounce back to us, so that we stop in time, and aligns SPF with your domain."),
    ),
    "mx": (_("Mail to the domain (MX)"), _("Answers to your messages, and reports of abuse, need somewhere to go.")),
    "bimi": (_("Logo (BIMI)"), _("Some mailboxes show a logo beside messages. It is up to you.")),
}
ALGORITHMS: Final[dict[str, str]] = {"rsa-2048": "RSA", "ed25519": "Ed25519"}
STAGES: Final[dict[str, tuple[Any, str]]] = {
    "active": (_("signs"), "good"),
    "next": (_("new, waits for its record"), "warn"),
    "retired": (_("retired"), "calm"),
}
KEYS: Final[dict[str, Any]] = {
    "active": _("The key that signs your messages now. Leave its record where it is."),
    "next": _("A new key. It signs as soon as DNS shows its record; publish it beside the others."),
    "retired": _("Signs no more. Its record lets mail under way be verified; we tell you when it may go."),
}
TITLES: Final[dict[str, Any]] = {
    "active": _("Signature (DKIM)"),
    "next": _("Signature (DKIM), new key"),
    "retired": _("Signature (DKIM), old key"),
}
FOUND: Final[dict[str, Any]] = {
    "mx": _("Mail to the domain has somewhere to go."),
    "bimi": _("A logo is published, and the policy protects it."),
}
HOSTS: Final[dict[str, tuple[Any, str]]] = {
    "usable": (_("in use"), "good"),
    "waits": (_("waits for its certificate"), "warn"),
    "pending": (_("not yet proven"), "warn"),
    "failing": (_("leads elsewhere"), "bad"),
}
ALIGNED: Final[dict[str, Any]] = {
    "found": _("It leads to the door of the operator."),
    "not_found": _("DNS has no such record yet. New records can take an hour to be seen everywhere."),
    "other_target": _("The name leads elsewhere. Point it to the value shown."),
    "taken": _("Another controller here has proven this host. Use another name."),
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
    "no_answer": _("DNS gave no answer about this; it is asked again within the hour."),
    "taken": _("Another controller here has proven this domain. It is free once their record is gone from DNS."),
    "other_algorithm": _("The record names another kind of key (k=). Copy the value again."),
    "other_hash": _("The record forbids SHA-256 (h=), with which we sign. Copy the value again."),
    "not_for_mail": _("The record is not meant for mail (s=). Copy the value again."),
    "broken_include": _("A policy that it includes cannot be read, so receivers may give up. Remove what is dead."),
    "null_mx": _("The domain says that it takes no mail (a null MX), so receivers distrust mail from it."),
    "address_only": _("There is no MX record, but an address: mail goes to that machine. An MX record says it better."),
    "not_used": _("No logo is published."),
    "declined": _("The record says that no logo is wanted."),
    "no_logo": _("The record names no SVG at an https address."),
    "policy_too_weak": _("A logo is shown only where DMARC says quarantine or reject, for all messages."),
    "inherited": _("It is the policy of the domain above, which holds here too."),
    "strict_spf": _("It asks for strict SPF (aspf=s); our return address is a subdomain, so only DKIM counts for it."),
    "partial": _("It holds for a part of the messages only (pct)."),
    "no_reports": _("It asks for no reports; rua=mailto: with an address of yours would bring them."),
    "testing": _("The record says that you are testing (t=y), so some receivers ignore the signature. Remove that."),
    "no_certificate": _("There is no certificate for the logo (a=); some mailboxes show it without, some do not."),
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
    "soft_bounce": _("The mailbox refused several messages in a row over days. This ends by itself after a while."),
    "hard_bounce": _("A server said that the mailbox does not exist. Lift it when you know that it works again."),
    "erasure": _("The person was erased; this keyed value is kept so that nobody brings the address in again."),
    "manual": _("A member entered it. A member may lift it with a stated ground."),
}


def explained(check: Check) -> list[Any]:
    """What a check found, in sentences: the finding, its figure, its notes."""
    said = [FOUND[check.purpose] if check.code == "found" and check.purpose in FOUND else CODES[check.code]]
    if check.purpose == "spf" and check.number:
        said.append(gettext("Look-ups it costs a receiver: %(number)d of 10.") % {"number": check.number})
    return said + [CODES.get(note, note) for note in check.notes]
