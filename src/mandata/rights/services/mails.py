"""The inbox address: a mail to it opens a case, and lies sealed beside it (DSR-1).

`rights+<controller's id>@<return domain>`. Taking it in, its digest and the case are one transaction, which the
acknowledgement to the sending server waits for; sent again after a crash, it opens nothing twice.
"""

import hashlib
import re
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from typing import Final
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.foundation.errors import Refused
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.tenancy import scope
from mandata.rights import rules
from mandata.rights.errors import TooMany
from mandata.rights.models import Case, Mail
from mandata.rights.selectors.sealed import MAIL_PLACE
from mandata.rights.services import intake
from mandata.vault.services import Vault

PREFIX: Final = "rights+"
_LOCAL: Final = re.compile(r"rights\+([0-9a-f]{32})", re.IGNORECASE)
_SPEAKS: Final = re.compile(r"[A-Za-z]{2}")
_log = log("rights")


def inbox(controller_id: UUID) -> str:
    """Return the address to which people can write to ask."""
    return f"{PREFIX}{controller_id.hex}@{env().return_domain}"


def is_inbox(local_part: str) -> bool:
    """Say whether a local part is that of an inbox address. Asks no database."""
    return _LOCAL.fullmatch(local_part) is not None


def take(*, local_part: str, raw: bytes, at: datetime) -> UUID | None:
    """Open a case for a mail to an inbox address; return its id, None where nobody can have asked: no such controller,
    an automatic mail, no usable sender. Taken once. Needs no scope. Raises TooMany, and then it may come again later.
    """
    found = _LOCAL.fullmatch(local_part)
    controller_id = UUID(found.group(1)) if found else None
    if controller_id is None:
        return None
    with scope(controller_id):
        try:
            card = accounts.controller()
        except ObjectDoesNotExist:
            _log.info("rights.mail_unplaced")
            return None
        return _taken(raw[: rules.MAX_MAIL], card, at)


def _taken(raw: bytes, card: accounts.Card, at: datetime) -> UUID | None:
    message = BytesParser(policy=policy.default).parsebytes(raw)
    address, name = _sender(message)
    if not address or _automatic(message):
        _log.info("rights.mail_passed_over")
        return None
    vault = Vault.open()
    digest = vault.index("email", f"mail {hashlib.sha256(raw).hexdigest()}")
    known: UUID | None = Mail.objects.filter(digest=digest).values_list("case_id", flat=True).first()
    if known is not None:
        return known
    if Mail.objects.filter(received_at__gt=at - timedelta(hours=1)).count() >= rules.MAILS_AN_HOUR:
        raise TooMany(_("Too many mails ask at once."), remedy=_("Send it again later."))
    try:
        received = intake.receive(
            kind="unsorted",
            address=address,
            name=name,
            words=_words(message),
            channel="email",
            language=_language(message, card),
            at=at,
        )
    except TooMany:
        raise  # nobody loses a mail by another's flood: it comes again
    except Refused:
        _log.info("rights.mail_not_askable")
        return None
    sealed = vault.seal(received.case_id, MAIL_PLACE, raw)
    Mail.objects.create(id=new_id(), case_id=received.case_id, digest=digest, sealed=sealed, received_at=at)
    return received.case_id


def _sender(message: EmailMessage) -> tuple[str, str]:
    """Return the address to answer to and the name that goes with it; empty where there is not exactly one."""
    try:
        people = getaddresses([str(one) for one in message.get_all("From", [])])
    except (ValueError, IndexError):
        return "", ""
    found = [(address, name) for name, address in people if "@" in address]
    return found[0] if len(found) == 1 else ("", "")


def _automatic(message: EmailMessage) -> bool:
    """Whether a machine wrote: answering it would begin a loop (RFC 3834)."""
    automatic = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    bulk = "List-Id" in message or str(message.get("Precedence", "")).strip().lower() in ("bulk", "list", "junk")
    return automatic not in ("", "no") or bulk or message.get_content_type() == "multipart/report"


def _words(message: EmailMessage) -> str:
    """Return subject and plain text; of a mail in HTML alone what it says without its markup."""
    subject = str(message.get("Subject", "")).strip()
    try:
        part = message.get_body(preferencelist=("plain", "html"))
        text = str(part.get_content()) if part is not None else ""
    except (KeyError, LookupError, UnicodeError, ValueError):
        text = ""
        part = None
    if part is not None and part.get_content_type() == "text/html":
        text = re.sub(r"<[^>]{0,1000}>", " ", text)
    return f"{subject}\n\n{text}".strip().replace("\x00", "")[: rules.MAX_WORDS]


def _language(message: EmailMessage, card: accounts.Card) -> str:
    spoken = _SPEAKS.match(str(message.get("Content-Language", "")).strip())
    wished = (spoken.group(0).lower() if spoken else "", card.language, rules.LANGUAGES[0])
    return next(one for one in wished if one in rules.LANGUAGES)


def original(case_id: UUID) -> bytes:
    """Return the raw mail of a case, for an officer; empty where there is none. Showing it is `desk.show`'s entry."""
    case = Case.objects.filter(id=case_id).first()
    row = Mail.objects.filter(case_id=case_id).order_by("received_at").first()
    if case is None or row is None or not case.sealed:
        return b""
    return Vault.open().unseal(case_id, MAIL_PLACE, bytes(row.sealed))
