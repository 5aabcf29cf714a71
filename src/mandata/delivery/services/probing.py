"""Looking whether a transport works, and whether receivers will believe its addresses. Needs no scope.

    relay, catcher   a connection, its protection, the log-in
    ses              the account: whether it may send
    direct           for each source address: it is this machine's; its name (PTR) is the one it says in EHLO, and that
                     name leads back to it; no watched blocklist (MANDATA_BLOCKLISTS) holds it

An address whose name does not hold is sent from no more until it does; one that a blocklist holds is told the operator.
"""

import smtplib
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from mandata.accounts.services.notices import send_notice
from mandata.delivery import resolver
from mandata.delivery.errors import NoSuchTransport
from mandata.delivery.models import Source, Transport
from mandata.delivery.resolver import NoAnswer, NoSuchName
from mandata.delivery.services import fleets
from mandata.delivery.transports import ses
from mandata.delivery.transports.settings import SmtpSettings
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, scope

EVERY: Final = timedelta(hours=1)
_TIMEOUT: Final = 10.0
_MANY: Final = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what, whether it is as it should be, and in words what was found."""

    what: str
    good: bool
    words: str


def check(name: str, *, at: datetime) -> tuple[Finding, ...]:
    """Look at a transport now, keep what was found, and return it. Raises NoSuchTransport."""
    with scope(INSTANCE):
        row = Transport.objects.filter(name=name).first()
        if row is None:
            raise NoSuchTransport(
                _("There is no transport %(name)s.") % {"name": name}, remedy=_("`mandata transports list` shows them.")
            )
        relay = fleets.relay_settings(row) if row.kind in ("relay", "catcher") else None
        amazon = fleets.ses_settings(row) if row.kind == "ses" else None
        sources = list(row.sources.order_by("created_at"))
    if relay is not None:
        found = [_relay(relay)]
    elif amazon is not None:
        found = [_ses(amazon)]
    else:
        found = [one for source in sources for one in look_at(source, at=at)]
    trouble = next((one.words for one in found if not one.good), "")
    Transport.objects.filter(id=row.id).update(checked_at=at, trouble=trouble[:300])
    return tuple(found)


def watch_due(*, at: datetime) -> int:
    """Look at source addresses that nobody has looked at for an hour; return how many. A loop of the workers."""
    with scope(INSTANCE):
        due = Q(checked_at__isnull=True) | Q(checked_at__lte=at - EVERY)
        rows = list(Source.objects.select_for_update(skip_locked=True).filter(due).order_by("checked_at")[:_MANY])
        Source.objects.filter(id__in=[row.id for row in rows]).update(checked_at=at)
    for row in rows:
        look_at(row, at=at)
    return len(rows)


def look_at(source: Source, *, at: datetime) -> tuple[Finding, ...]:
    """Look at one source address, keep what was found, and tell the operator what has become worse."""
    asked = resolver.resolver(env().dns)
    fault, words = _name(source, asked)
    listed = _listed(source.address, asked)
    worse = (fault not in ("", source.fault)) or bool(set(listed) - set(source.listed))
    with scope(INSTANCE):
        Source.objects.filter(id=source.id).update(fault=fault, said=words[:300], listed=listed, checked_at=at)
        if worse:
            _tell(source, fault, words, listed, at)
    found = [Finding(source.address, not fault, words)]
    found += [
        Finding(source.address, False, _("%(list)s holds %(address)s.") % {"list": one, "address": source.address})
        for one in listed
    ]
    return tuple(found)


# -- inside ------------------------------------------------------------------------------------------------------------


def _name(source: Source, asked: resolver.Resolver) -> tuple[str, str]:
    """Whether an address is ours and its name holds both ways; where DNS does not answer, what was known stays."""
    if not _ours(source.address):
        return "foreign", _("%(address)s is no address of this machine.") % {"address": source.address}
    said = {"address": source.address, "name": source.helo}
    try:
        names = resolver.names_of(source.address, asked)
        if source.helo.lower().rstrip(".") not in names:
            said["found"] = ", ".join(names) or _("nothing")
            return "ptr", _("The reverse zone calls %(address)s %(found)s, not %(name)s.") % said
        found = resolver.addresses(source.helo, asked).records
    except NoSuchName:
        found = ()
    except NoAnswer:
        return source.fault, source.said or _("DNS did not answer; looked at again within the hour.")
    if source.address not in found:
        return "helo", _("The name %(name)s does not lead back to %(address)s.") % said
    return "", _("%(address)s and %(name)s name each other.") % said


def _ours(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.bind((address, 0))
    except OSError:
        return False
    return True


def _listed(address: str, asked: resolver.Resolver) -> list[str]:
    found = []
    for one in filter(None, (part.strip() for part in env().blocklists.split(","))):
        try:
            if resolver.blocked(address, one, asked):
                found.append(one)
        except NoAnswer:
            continue
    return found


def _relay(settings: SmtpSettings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    try:
        with _connected(settings) as server:
            server.ehlo()
            if settings.tls == "starttls":
                server.starttls(context=settings.context())
                server.ehlo()
            if settings.user:
                server.login(settings.user, settings.password)
            offers = ", ".join(sorted(one.upper() for one in server.esmtp_features if one != "auth"))
    except smtplib.SMTPResponseException as refused:
        words = _("%(where)s refuses: %(code)s.") % {"where": where, "code": refused.smtp_code}
        return Finding(where, False, words)
    except (smtplib.SMTPException, OSError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        return Finding(where, False, _("%(where)s cannot be used: %(reason)s.") % {"where": where, "reason": reason})
    return Finding(where, True, _("%(where)s answers and offers %(offers)s.") % {"where": where, "offers": offers})


def _connected(settings: SmtpSettings) -> smtplib.SMTP:
    where = (settings.host, settings.port, settings.helo)
    if settings.tls == "implicit":
        return smtplib.SMTP_SSL(*where, timeout=_TIMEOUT, context=settings.context())
    return smtplib.SMTP(*where, timeout=_TIMEOUT)


def _ses(settings: ses.SesSettings) -> Finding:
    try:
        account = ses.quota(settings)
    except ses.Barred as error:
        return Finding("Amazon SES", False, str(error))
    if not account.get("SendingEnabled", True):
        return Finding("Amazon SES", False, _("Amazon SES has stopped sending for this account."))
    most = account.get("SendQuota", {}).get("Max24HourSend", 0)
    return Finding("Amazon SES", True, _("Amazon SES takes %(most)d messages in 24 hours.") % {"most": most})


def _tell(source: Source, fault: str, words: str, listed: list[str], at: datetime) -> None:
    said = [words] if fault else []
    if listed:
        said.append(
            _("These blocklists hold %(address)s: %(lists)s.") % {"address": source.address, "lists": ", ".join(listed)}
        )
    text = _(
        "Hello,\n\nan address that mail is sent from needs you:\n\n%(said)s\n\nWhile its name does not hold, nothing "
        "is sent from it. How it stands: %(url)s\n"
    ) % {"said": "\n".join(said), "url": f"{env().public_url.rstrip('/')}/operator/transports/"}
    subject = _("The source address %(address)s") % {"address": source.address}
    send_notice(to=env().operator_contact, subject=subject, text=text, kind="transport.source", at=at)
