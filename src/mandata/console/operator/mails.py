"""What the installation's own mails are about, in words; their codes stand in the record and in machines' answers."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

_WORDS: Final[dict[str, Any]] = {
    "watching.alarm": _("Alarm of the installation"),
    "transport.source": _("Source address of a transport"),
    "record.head": _("Head of the record"),
    "record.verified": _("Check of the record"),
    "backup.drill": _("Drill of a restore"),
    "obligation.reminder": _("Reminder of an obligation"),
    "domain": _("Sending domain"),
    "domain.changed": _("Sending domain"),
    "host": _("Tracking host"),
    "suspension.notice": _("Suspension"),
    "addresses.changed": _("Addresses for notices"),
    "addresses_changed": _("Addresses for notices"),
    "access_unusual": _("Unusual access"),
    "account_inactive": _("Account that nobody uses"),
    "invitation": _("Invitation"),
    "service.outage": _("Outage"),
    "breach.notice": _("Personal data breach"),
    "breach.people": _("Personal data breach"),
    "breach.reported": _("Personal data breach"),
    "audit.notice": _("Audit"),
    "end": _("End of an agreement"),
    "end.certificate": _("Certificate of deletion"),
    "controller_limited": _("Suspension"),
}
_GROUPS: Final[dict[str, Any]] = {
    "account": _("Log-in and account"),
    "mfa": _("Log-in and account"),
    "controller": _("Registration of a controller"),
    "rights": _("Request of a person"),
    "notice": _("Notice under an agreement"),
    "subprocessors": _("Sub-processors"),
    "end": _("End of an agreement"),
    "breach": _("Personal data breach"),
    "threshold": _("Threshold of the agreement"),
}


def about(kind: str) -> Any:
    """Return what a mail is about, by its kind; of an unknown one that it is a mail of the system."""
    if kind in _WORDS:
        return _WORDS[kind]
    first = kind.replace(".", "_").replace("/", "_").split("_", 1)[0]
    return _GROUPS.get(first, _("Mail of the system"))
