"""What the large mailbox providers ask of whoever sends to many, each demand with how it stands, in words."""

from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mandata.delivery import services as delivery
from mandata.infra.clock import now

TITLES: Final[dict[str, Any]] = {
    "dkim": _("Signed with DKIM"),
    "spf": _("SPF, aligned with the sender"),
    "dmarc": _("A DMARC policy"),
    "aligned": _("The sender’s domain is the one that is proven"),
    "from_own": _("A sender’s address of your own"),
    "one_click": _("One-click unsubscription"),
    "link": _("A link to unsubscribe in the text"),
    "ptr": _("Names of the sending addresses agree"),
    "tls": _("Encrypted transport"),
    "complaints": _("Few complaints"),
}
FINDINGS: Final[dict[str, tuple[Any, Any]]] = {
    "signed": (_("Messages from %(domain)s are signed with its own key."), ""),
    "unsigned": (
        _("Messages from %(domain)s are not signed, because none of its keys is seen in DNS."),
        _("Publish the records of its keys."),
    ),
    "spf_aligned": (_("The return address is a subdomain of %(domain)s, so SPF speaks for it."), ""),
    "spf_unaligned": (
        _("SPF is there, but the return address is the operator’s; DKIM alone aligns %(domain)s."),
        _("Publish the record of the return address."),
    ),
    "no_spf": (
        _("Neither an SPF record nor the return address of %(domain)s is in order."),
        _("Publish both records."),
    ),
    "no_dmarc": (_("%(domain)s has no DMARC policy that can be read."), _("Publish one; p=none will do.")),
    "policy_none": (_("There is one. It only watches (p=none), which is enough."), ""),
    "policy_quarantine": (_("There is one: quarantine."), ""),
    "policy_reject": (_("There is one: reject."), ""),
    "aligned": (_("What receivers prove, by DKIM or SPF, is %(domain)s itself."), ""),
    "unaligned": (_("Neither DKIM nor SPF proves %(domain)s, so DMARC fails."), _("Verify the domain.")),
    "own": (_("%(domain)s is no mailbox provider’s domain."), ""),
    "mailbox": (
        _("%(domain)s is a mailbox provider’s domain; it asks receivers to refuse mail that others send in its name."),
        _("Send from a domain of your own."),
    ),
    "one_click": (_("The headers of RFC 8058 are there."), ""),
    "no_one_click": (_("The headers of RFC 8058 are missing."), _("Write the content; the service sets them.")),
    "link": (_("There is one in every part of the message."), ""),
    "no_link": (_("There is none yet."), _("Put the address to unsubscribe into the text.")),
    "ptr": (_("Forward and reverse names of every address that may be used agree, and no blocklist holds one."), ""),
    "ptr_faulty": (_("Not so, or on a blocklist: %(addresses)s."), _("The operator has to mend it.")),
    "tls": (_("Receivers that offer TLS get it."), ""),
    "plain_relay": (_("The relay is spoken to without encryption."), _("The operator has to set smtps:// for it.")),
    "relay": (_("The relay decides; ask whoever runs it."), ""),
    "few_complaints": (_("%(complaints)s of %(sent)s messages of 30 days (%(share)s %%), below 0.1 %%."), ""),
    "some_complaints": (
        _("%(complaints)s of %(sent)s messages of 30 days (%(share)s %%); 0.3 %% is the limit, 0.1 %% the advice."),
        _("Write to those who want it: leave out who has not opened for long."),
    ),
    "many_complaints": (
        _("%(complaints)s of %(sent)s messages of 30 days (%(share)s %%); 0.3 %% and more is refused or goes to spam."),
        _("Stop, find the list that complains, and ask it for consent anew."),
    ),
    "few_sent": (_("%(sent)s messages in 30 days; a share says something from 1,000 on."), ""),
}
ICONS: Final[dict[str, tuple[str, str, Any]]] = {
    "good": ("check-circle", "m-text-good", _("met")),
    "warn": ("alert", "m-text-warn", _("worth a look")),
    "bad": ("cross-circle", "m-text-bad", _("not met")),
    "theirs": ("clock", "m-quiet", _("in the hands of the relay")),
}
_OF_DOMAIN: Final = frozenset({"dkim", "spf", "dmarc", "aligned"})


def told(campaign_id: UUID, from_domain: str, domains: dict[str, UUID]) -> list[dict[str, Any]]:
    """Return every demand in words, what is not met first. `domains`: pages of the controller's domains, by name."""
    found = [_told(item, domains.get(from_domain)) for item in delivery.demands(campaign_id, at=now())]
    return sorted(found, key=lambda one: ["bad", "warn", "theirs", "good"].index(one["state"]))


def _told(item: Any, domain_id: UUID | None) -> dict[str, Any]:
    says, remedy = FINDINGS[item.finding]
    icon, tone, label = ICONS[item.state]
    at_domain = item.code in _OF_DOMAIN and item.state in ("bad", "warn")
    url = reverse("sending:domain", args=[domain_id]) if domain_id else reverse("sending:domains")
    return {
        "title": TITLES[item.code],
        "state": item.state,
        "icon": icon,
        "tone": tone,
        "label": label,
        "says": str(says) % item.evidence,
        "remedy": remedy,
        "asked_by": ", ".join(item.asked_by),
        "url": url if at_domain else "",
    }
