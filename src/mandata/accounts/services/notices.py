"""The outbox: mails of the system's own (invitations, confirmations, answers), on a road apart from campaigns.

`send_notice` writes a sealed row and queues a job in the caller's transaction; the job calls `deliver`. No suspension,
quota or marketing suppression stops a notice (design decision 11). What is kept in clear is its fate: state, attempts,
host, the server's reply, and the SHA-256 of the exact bytes that were handed over.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from mandata.accounts import postman
from mandata.accounts.models import Notice
from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, current_controller, scope
from mandata.record.services import append
from mandata.vault.services import Vault
from mandata.vault.services import begin as begin_vault

PLACE = "accounts_notice.sealed"
JOB = "accounts.send_notice"
ATTEMPTS = 8


class Outcome(StrEnum):
    """How an attempt ended: handed over; to be tried again; given up."""

    SENT = "sent"
    LATER = "later"
    FAILED = "failed"


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
) -> UUID:
    """Put a mail into the outbox of the open scope and return its id.

    `forget`: the contents are deleted with their key as soon as the mail's fate is settled (the answer to an erasure).
    `about`: the data subject it is addressed to, if it is one. The address and contents are sealed under a
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
    Notice.objects.create(id=notice_id, kind=kind, subject=about, sealed=sealed, created_at=at)
    app.configure_task(JOB, queue="notices").defer(controller_id=str(current_controller()), notice_id=str(notice_id))
    return notice_id


def contents(notice_id: UUID) -> dict[str, Any]:
    """Return what a notice says, unsealed: to, to_name, subject, text, html, sender_name, reply_to, attachments.

    Raises KeyDestroyed where its key is gone, Notice.DoesNotExist where it never was.
    """
    row = Notice.objects.get(id=notice_id)
    plain: dict[str, Any] = canonical.loads(Vault.open().unseal(notice_id, PLACE, bytes(row.sealed)))
    return plain


def deliver(*, controller_id: UUID, notice_id: UUID, at: datetime, last: bool) -> Outcome:
    """Try once to hand a notice over; opens the scope itself, and no transaction is open while the network is used.

    `last`: a temporary failure is final now. A notice that was handed over already is not sent again, and one
    that was erased with its subject is not sent at all.
    """
    with scope(controller_id):
        row = Notice.objects.filter(id=notice_id).first()
        if row is None:
            return Outcome.FAILED
        if row.state != "queued":
            return Outcome(row.state)
        said = contents(notice_id)
    data = postman.compose(said, notice_id=notice_id, at=row.created_at, sender=env().notice_sender)
    url = env().notice_smtp_url or env().smtp_url
    answer = postman.hand_over(url, sender=env().notice_sender, to=said["to"], data=data)
    outcome = Outcome.SENT if answer.taken else Outcome.FAILED if answer.final or last else Outcome.LATER
    with scope(controller_id):
        _keep(notice_id, outcome, answer, hashlib.sha256(data).digest(), at)
        if said.get("forget") and outcome is not Outcome.LATER:
            _forget(notice_id)
    return outcome


def _forget(notice_id: UUID) -> None:
    Notice.objects.filter(id=notice_id).update(sealed=b"")
    Vault.open().destroy([notice_id])


def _keep(notice_id: UUID, outcome: Outcome, answer: postman.Answer, digest: bytes, at: datetime) -> None:
    row = Notice.objects.select_for_update().get(id=notice_id)
    row.attempts += 1
    row.host, row.reply = answer.host[:255], answer.reply[:500]
    if outcome is not Outcome.LATER:
        row.state, row.digest = str(outcome), digest
        row.sent_at = at if outcome is Outcome.SENT else None
        body: dict[str, object] = {"notice": notice_id, "kind": row.kind, "sha256": digest, "attempts": row.attempts}
        append(kind=f"notice.{outcome}", body=body, actor=SYSTEM, at=at, subject=row.subject)
    row.save(update_fields=["attempts", "host", "reply", "state", "digest", "sent_at"])
