"""The outbox: mails of the system's own (invitations, confirmations, answers, notices under an agreement).

`send_notice` writes a sealed row and queues a job in the caller's transaction; the job calls `deliver`. No suspension,
quota or marketing suppression stops a notice (design decision 11). What is kept in clear is its fate: state, attempts,
host, the server's reply, and the SHA-256 of the exact bytes that were handed over.

Each notice has an envelope sender of its own (`foundation.returnpaths`), so that what comes back says which it was.
SMTP cannot promise exactly once: who is killed between the server's yes and our commit leaves a notice queued, and it
is handed over once more, the same bytes under the same Message-ID.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from mandata.accounts import fate, postman, rules
from mandata.accounts.models import Notice
from mandata.foundation import canonical, returnpaths
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.logs import log
from mandata.infra.tenancy import INSTANCE, current_controller, scope
from mandata.record.services import append
from mandata.vault.errors import KeyDestroyed
from mandata.vault.services import Vault, return_key
from mandata.vault.services import begin as begin_vault

PLACE = "accounts_notice.sealed"
JOB = "accounts.send_notice"
AHEAD: Final = 10
"""Somebody waits for it: a worker takes it before every job that is ready and has no priority of its own."""
_log = log("notices")
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class Outcome(StrEnum):
    """How an attempt ended: handed over; to be tried again; given up."""

    SENT = "sent"
    LATER = "later"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Tried:
    """How an attempt ended, and when the next one is due (None: there is none)."""

    outcome: Outcome
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a notice."""

    name: str
    media_type: str
    content: bytes


def send_notice(
    *,
    to: str,
    subject: str,
    text: str,
    kind: str,
    at: datetime,
    html: str = "",
    to_name: str = "",
    sender_name: str = "",
    reply_to: str = "",
    about: UUID | None = None,
    attachments: Sequence[Attachment] = (),
    forget: bool = False,
    legal: bool = False,
) -> UUID:
    """Put a mail into the outbox of the open scope and return its id.

    `forget`: the contents are deleted with their key as soon as the mail's fate is settled (the answer to an erasure).
    `about`: the data subject it is addressed to, if it is one. `legal`: a notice under an agreement, tried for days,
    whose fate the agreements are told (`fate`). The address and contents are sealed under a
    key of the notice's own. Outside a controller use `scope(INSTANCE)`.
    """
    if current_controller() == INSTANCE:
        begin_vault(at=at)
    notice_id = new_id()
    vault = Vault.open()
    contents = {
        "to": to,
        "to_name": to_name,
        "subject": subject,
        "text": text,
        "html": html,
        "sender_name": sender_name,
        "reply_to": reply_to,
        "forget": forget,
        "attachments": [{"name": a.name, "media_type": a.media_type, "content": a.content} for a in attachments],
    }
    key = vault.create([notice_id])[notice_id]
    sealed = vault.seal(notice_id, PLACE, canonical.dumps(contents), key=key)
    Notice.objects.create(id=notice_id, kind=kind, subject=about, sealed=sealed, legal=legal, created_at=at)
    job = app.configure_task(JOB, queue="notices", priority=AHEAD)
    job.defer(controller_id=str(current_controller()), notice_id=str(notice_id))
    return notice_id


def contents(notice_id: UUID) -> dict[str, Any]:
    """Return what a notice says, unsealed: to, to_name, subject, text, html, sender_name, reply_to, attachments.

    Raises KeyDestroyed where its key is gone, Notice.DoesNotExist where it never was.
    """
    row = Notice.objects.get(id=notice_id)
    plain: dict[str, Any] = canonical.loads(Vault.open().unseal(notice_id, PLACE, bytes(row.sealed)))
    return plain


def deliver(*, controller_id: UUID, notice_id: UUID, at: datetime, last: bool = False) -> Outcome:
    """Try once to hand a notice over; see `attempt`."""
    return attempt(controller_id=controller_id, notice_id=notice_id, at=at, last=last).outcome


def attempt(*, controller_id: UUID, notice_id: UUID, at: datetime, last: bool = False) -> Tried:
    """Try once to hand a notice over; opens the scope itself, and no transaction is open while the network is used.

    `last`: a temporary failure is final now. A notice that was handed over already is not sent again, one that
    somebody else has in hand is left to them, and one that was erased with its subject is not sent at all.
    """
    with scope(controller_id):
        claimed = _claim(notice_id, at)
        if isinstance(claimed, Tried):
            return claimed
        said = _readable(notice_id)
    answer, digest = _hand_over(claimed, said) if said else (_UNREADABLE, b"")
    with scope(controller_id):
        tried = _settle(notice_id, answer, digest, at, last)
        if said and said.get("forget") and tried.outcome is not Outcome.LATER:
            _forget(notice_id)
    return tried


_UNREADABLE: Final = postman.Answer(taken=False, final=True, host="", reply="The contents have been erased.")


def _claim(notice_id: UUID, at: datetime) -> Notice | Tried:
    """Take the notice in hand, counting the attempt before the first byte; or say why not."""
    row = Notice.objects.select_for_update().filter(id=notice_id).first()
    if row is None:  # erased with its subject, or never committed
        _log.warning("notice.not_there", notice=str(notice_id))
        return Tried(Outcome.FAILED)
    if row.state != "queued":
        return _tell(row, at) if row.claimed_at is not None else Tried(Outcome(row.state))
    if row.claimed_at is not None and at < row.claimed_at + rules.LEASE:
        return Tried(Outcome.LATER, row.claimed_at + rules.LEASE)
    row.attempts += 1
    row.claimed_at, row.next_at = at, None
    row.save(update_fields=["attempts", "claimed_at", "next_at"])
    claimed: Notice = row
    return claimed


def _readable(notice_id: UUID) -> dict[str, Any] | None:
    try:
        return contents(notice_id)
    except KeyDestroyed:
        return None


def _hand_over(row: Notice, said: dict[str, Any]) -> tuple[postman.Answer, bytes]:
    try:
        data = postman.compose(said, notice_id=row.id, at=row.created_at, sender=env().notice_sender)
    except postman.Unwritable:
        # no server is to blame, and trying again mends nothing
        return postman.Answer(taken=False, final=True, host="", reply="The address cannot be written into a mail."), b""
    envelope = postman.Envelope(
        sender=f"{returnpaths.mint(return_key(), row.controller_id, row.id)}@{env().return_domain}",
        to=said["to"],
        confirm=row.legal,
        id=row.id.hex,
    )
    url = env().notice_smtp_url or env().smtp_url
    return postman.hand_over(url, envelope=envelope, data=data), hashlib.sha256(data).digest()


def _forget(notice_id: UUID) -> None:
    Notice.objects.filter(id=notice_id).update(sealed=b"")
    Vault.open().destroy([notice_id])


def _settle(notice_id: UUID, answer: postman.Answer, digest: bytes, at: datetime, last: bool) -> Tried:
    """Keep what the server said. Whoever comes second finds the notice settled and changes nothing."""
    row = Notice.objects.select_for_update().filter(id=notice_id).first()
    if row is None:
        return Tried(Outcome.SENT if answer.taken else Outcome.FAILED)
    if row.state != "queued":
        return Tried(Outcome(row.state))
    row.host, row.reply, row.claimed_at = answer.host[:255], answer.reply[:500], None
    row.server = answer.server[:255]
    given_up = answer.final or last
    row.next_at = None if answer.taken or given_up else rules.next_try(row.attempts, legal=row.legal, at=at)
    if not answer.taken and row.next_at is not None:
        row.save(update_fields=["host", "server", "reply", "claimed_at", "next_at"])
        return Tried(Outcome.LATER, row.next_at)
    row.state, row.digest = ("sent" if answer.taken else "failed"), digest or None
    row.sent_at = at if answer.taken else None
    row.save(update_fields=["host", "server", "reply", "claimed_at", "next_at", "state", "digest", "sent_at"])
    if row.legal:
        return _tell(row, at)
    body: dict[str, object] = {"notice": row.id, "kind": row.kind, "sha256": row.digest, "attempts": row.attempts}
    append(kind=f"notice.{row.state}", body=body, actor=SYSTEM, at=at, subject=row.subject)
    return Tried(Outcome(row.state))


def _tell(row: Notice, at: datetime) -> Tried:
    """Tell the fate of a legal notice in the transaction that settles it. Where that goes wrong, the fate is kept all
    the same, so that the mail is not sent again, and the telling is tried again: the claim stays as the sign of it.
    """
    proof = fate.Proof(
        notice=row.id,
        kind=row.kind,
        taken=row.state == "sent",
        digest=bytes(row.digest or b""),
        host=row.host,
        server=row.server,
        reply=row.reply,
        attempts=row.attempts,
        at=row.sent_at or at,
    )
    try:
        with transaction.atomic():
            fate.tell(proof)
    except Exception as error:
        _log.error("notice.untold", notice=str(row.id), error=type(error).__name__, exc_info=True)
        Notice.objects.filter(id=row.id).update(claimed_at=at)
        return Tried(Outcome(row.state), at + rules.LEASE)
    Notice.objects.filter(id=row.id).update(claimed_at=None)
    return Tried(Outcome(row.state))


def settled_before(*, notice_id: UUID, state: str, at: datetime) -> bool:
    """Keep of a notice that an older database takes for queued what the record says became of it, so that it is not
    sent again; return whether it was queued. No entry: the record has it. `state`: sent or failed."""
    waiting = Notice.objects.filter(id=notice_id, state="queued")
    changes = {"state": state, "sent_at": at if state == "sent" else None, "claimed_at": None, "next_at": None}
    return bool(waiting.update(**changes))


def mark_returned(*, notice_id: UUID, status: str, at: datetime) -> bool:
    """Keep that a notice came back for good, once, and record it; False where it was known or there is no such notice.

    `status`: the enhanced status (RFC 3463) of the report; anything else is kept as none.
    """
    row = Notice.objects.select_for_update().filter(id=notice_id, returned_at=None).first()
    if row is None:
        return False
    row.returned_at, row.returned_status = at, status if _STATUS.fullmatch(status) else ""
    row.save(update_fields=["returned_at", "returned_status"])
    body: dict[str, object] = {"notice": row.id, "kind": row.kind, "status": row.returned_status}
    append(kind="notice.returned", body=body, actor=SYSTEM, at=at, subject=row.subject)
    return True


def named_by(local_part: str) -> returnpaths.Returning | None:
    """Return which notice an envelope sender's local part names; None when it is no genuine one. Needs no scope."""
    return returnpaths.read(return_key(), local_part)
