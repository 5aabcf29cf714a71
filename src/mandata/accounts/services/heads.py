"""Heads of the record handed to controllers by mail: daily at most, and only where something happened.

Whoever keeps such a mail is a witness: a log that was rewritten later does not lead to its head any more.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts import selectors
from mandata.accounts.services.notices import Attachment, send_notice
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.tenancy import scope
from mandata.record import services as record

KIND: Final = "record.head"
_PAGE: Final = 500

_log = log("accounts")


def hand_heads(*, at: datetime) -> int:
    """Send every controller the newest head of its record, where one is due; return how many were sent.

    Opens each controller's scope in turn, so none may be open; run by several at once, each head goes out once. One
    controller's trouble holds up no other, and is raised at the end.
    """
    sent, failure, after = 0, None, None
    while page := selectors.ids_after(after, _PAGE):
        for controller_id in page:
            try:
                sent += _hand(controller_id, at)
            except Exception as error:
                _log.error("head.not_handed", controller=str(controller_id), error=type(error).__name__)
                failure = failure or error
        after = page[-1]
    if failure is not None:
        raise failure
    return sent


def _hand(controller_id: UUID, at: datetime) -> bool:
    with scope(controller_id):
        if selectors.state() == "ended" or record.head_due(at=at) is None:
            return False
        _lock(controller_id)
        due, reaches = record.head_due(at=at), selectors.reached("notices")
        if due is None or not reaches:
            return False
        card = selectors.controller()
        with translation.override(card.language):
            subject = _("Head of your record: %(size)s entries") % {"size": due.size}
            text = _(
                "Hello,\n\nthis is the newest signed head of the record of %(name)s. Keep this mail: with it you can"
                " prove at any time that nothing before it was changed, left out or put in.\n\n%(note)s\n"
                "Compare it in the console under Privacy, Record, or offline: mandata verify FILE.zip --head"
                " FILE.note\n%(url)s\n"
            ) % {"name": card.legal_name or card.name, "note": due.note, "url": env().public_url}
        notice = send_notice(
            to=reaches[0].address,
            to_name=reaches[0].name,
            subject=subject,
            text=text,
            kind=KIND,
            at=at,
            attachments=(Attachment(f"head-{due.size}.note", "text/plain", due.note.encode()),),
        )
        record.receipt(size=due.size, how="notice", to=notice, at=at)
    return True


def _lock(controller_id: UUID) -> None:
    """One at a time for a controller, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"heads:{controller_id}"])
