"""What members are told of their sending domains and tracking hosts, by mail, in the controller's language (DLV-1).

In the scope; of the operator's shared domain the operator is told.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from mandata.accounts import selectors as accounts
from mandata.accounts.services.notices import send_notice
from mandata.delivery.rules.domains import Check
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, current_controller

KIND: Final = "domain.changed"
HOST: Final = "host.changed"
_ROLES: Final = ("owner", "marketer")


def domain_worse(name: str, domain_id: UUID, lost: Sequence[Check], *, at: datetime) -> None:
    """Say which records of a domain were good and are not any more."""
    with override(accounts.holder().language):
        stops = any(check.required for check in lost)
        lines = "\n".join(f"- {check.name}: {_said(check)}" for check in lost)
        first = (
            _("Nothing is sent from %(domain)s until its records are right again.")
            if stops
            else _("Sending from %(domain)s goes on, but receivers may trust it less.")
        )
        text = _(
            "Hello,\n\nrecords of the sending domain %(domain)s were right and are not any more; two looks say so:\n\n"
            "%(lines)s\n\n%(first)s\nWhat to publish is shown in the console: %(url)s\n"
        ) % {"domain": name, "lines": lines, "first": first % {"domain": name}, "url": _page(f"domains/{domain_id}/")}
        _tell(_("Records of %(domain)s have changed") % {"domain": name}, text, KIND, at)


def keys_to_publish(name: str, domain_id: UUID, selectors: Sequence[str], *, at: datetime) -> None:
    """Say that keys have got successors, whose records are to be published."""
    with override(accounts.holder().language):
        text = _(
            "Hello,\n\nthe keys that sign for %(domain)s have signed for %(days)s days and have got successors. Please "
            "publish their records: %(names)s\n\nLeave the present ones where they are. The new keys sign as soon as "
            "DNS shows them; until then nothing changes.\nThe values to copy: %(url)s\n"
        ) % {
            "domain": name,
            "days": env().dkim_days,
            "names": ", ".join(f"{one}._domainkey.{name}" for one in selectors),
            "url": _page(f"domains/{domain_id}/"),
        }
        _tell(_("New keys for %(domain)s: records to publish") % {"domain": name}, text, KIND, at)


def keys_may_go(name: str, domain_id: UUID, selectors: Sequence[str], *, at: datetime) -> None:
    """Say that records of retired keys are needed no more."""
    with override(accounts.holder().language):
        text = _(
            "Hello,\n\nkeys of %(domain)s that signed before are retired; mail signed with them has long arrived. "
            "Their records may now be removed from DNS: %(names)s\n\nWhat stays is shown in the console: %(url)s\n"
        ) % {
            "domain": name,
            "names": ", ".join(f"{one}._domainkey.{name}" for one in selectors),
            "url": _page(f"domains/{domain_id}/"),
        }
        _tell(_("Records of old keys of %(domain)s may go") % {"domain": name}, text, KIND, at)


def host_worse(name: str, *, at: datetime) -> None:
    """Say that a tracking host no longer leads here."""
    with override(accounts.holder().language):
        text = _(
            "Hello,\n\n%(host)s no longer leads to %(door)s; two looks at DNS say so. Links in mail that was sent are "
            "broken while that lasts; new mail uses the operator’s host.\nThe record to publish: %(url)s\n"
        ) % {"host": name, "door": env().tracking_url, "url": _page("hosts/")}
        _tell(_("The tracking host %(host)s does not lead here any more") % {"host": name}, text, HOST, at)


def certificate_failed(name: str, words: str, until: datetime | None, *, at: datetime) -> None:
    """Tell the operator, with the ACME server's words. In the installation's scope."""
    text = _(
        "Hello,\n\nthe certificate of %(host)s was not renewed. The ACME server says:\n\n%(words)s\n\nThe present one "
        "ends: %(until)s. It is tried again by itself; mandata domains certificates shows how it stands.\n"
    ) % {"host": name, "words": words, "until": f"{until:%Y-%m-%d}" if until else _("there is none")}
    _tell(_("No certificate for %(host)s") % {"host": name}, text, "certificate.failed", at)


def _said(check: Check) -> str:
    found = ", ".join(check.found) or _("nothing")
    return _("found: %(found)s; wanted: %(wanted)s") % {"found": found, "wanted": check.expected or "–"}


def _page(path: str) -> str:
    return f"{env().public_url.rstrip('/')}/sending/{path}"


def _tell(subject: str, text: str, kind: str, at: datetime) -> None:
    if current_controller() == INSTANCE:
        send_notice(to=env().operator_contact, subject=subject, text=text, kind=kind, at=at)
        return
    for person in accounts.members():
        if person.state == "active" and person.role in _ROLES:
            send_notice(to=person.email, to_name=person.name, subject=subject, text=text, kind=kind, at=at)
