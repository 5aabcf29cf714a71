"""Legal notices between the parties (AGR-7): served by e-mail with proof, deemed delivered by the clause, never lost.

`serve` puts a notice into the outbox of the accounts, in the caller's transaction; nothing that stops a campaign stops
it. What becomes of it is told here: `settled` when a server took it or refused it for good, `returned` and `confirmed`
when a report comes back. A notice that does not arrive goes once more, to the party's second address, and an obligation
sees to it that a person does the rest. All inside a controller's scope.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from mandata.accounts import fate
from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices as outbox
from mandata.accounts.services.notices import Attachment
from mandata.agreements import selectors
from mandata.agreements.errors import BadDelivery, NoSuchNotice
from mandata.agreements.models import Served
from mandata.agreements.rules import deemed
from mandata.agreements.rules.words import mark as _
from mandata.agreements.services import ledger, obligations
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Refused
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.record.services import append
from mandata.vault.errors import KeyDestroyed
from mandata.vault.services import Vault, has_key

UNDELIVERED: Final = "notices.repeat"
"""The duty that opens when a notice comes back."""
WAYS: Final = ("registered_post", "hand", "read", "other")
"""How a delivery that somebody enters came about: a registered letter, from hand to hand, a confirmation of reading."""

_log = structlog.get_logger(__name__)
_NOBODY: Final = _("This party has no address for notices.")
_NAME_ONE: Final = _("Name one in the address book.")
_NO_SUCH: Final = _("There is no such notice.")
_NO_EVIDENCE: Final = _("A delivery needs its evidence.")
_SAY: Final = _("Say where the receipt, the confirmation or the signed copy lies.")
_NO_TIME: Final = _("A delivery needs its time, and that is never yet to come.")
_WHEN: Final = _("Give the day and hour of sending for a letter, of receipt for anything else.")

About = tuple[str, UUID]


def serve(
    *,
    kind: str,
    party: str,
    subject: str,
    text: str,
    at: datetime,
    html: str = "",
    clause: str = "",
    about: About | None = None,
    attachments: Sequence[Attachment] = (),
) -> UUID:
    """Send a notice under a clause to a party and return its id (of `Served`).

    `kind`: a code, such as "subprocessor.change" ("invoice…" and "breach…" have books of their own); `party`:
    "controller" or "processor"; `clause`: the key under which it is given; `about`: kind and id of what it is about.
    Raises Refused where the party has no address at all.
    """
    reaches = _reaches(party, _book(kind))
    if not reaches:
        said = selectors.reader().gettext
        raise Refused(said(_NOBODY), code="notice.no_address", clause="notices.channel", remedy=said(_NAME_ONE))
    contents = {"subject": subject, "text": text, "html": html}
    notice = _send(reaches[0], kind, party, contents, attachments, at)
    row = Served(id=new_id(), notice=notice, kind=kind, party=party, clause=clause, served_at=at)
    row.about_kind, row.about = about or ("", None)
    _enter(row)
    served: UUID = row.id
    return served


def served_about(kind: str, about: UUID) -> bool:
    """Whether a notice of a kind about a thing was served in the open scope already."""
    return Served.objects.filter(kind=kind, about=about).exists()


def _book(kind: str) -> str:
    return "breaches" if kind.startswith("breach") else "invoices" if kind.startswith("invoice") else "notices"


def _reaches(party: str, book: str) -> tuple[accounts.Reach, ...]:
    if party not in ("controller", "processor"):
        raise ValueError(f"a notice goes to the controller or to the processor, not to {party}")
    return accounts.reached(book) if party == "controller" else accounts.processor_reached(book)


def _send(
    to: accounts.Reach,
    kind: str,
    party: str,
    contents: dict[str, str],
    attachments: Sequence[Attachment],
    at: datetime,
) -> UUID:
    sender, reply_to = env().operator_name, env().operator_contact
    if party == "processor":
        card = accounts.controller()
        sender, reply_to = card.legal_name or card.name, card.contact
    return outbox.send_notice(
        to=to.address,
        to_name=to.name,
        subject=contents["subject"],
        text=contents["text"],
        html=contents["html"],
        kind=kind,
        at=at,
        sender_name=sender,
        reply_to=reply_to,
        attachments=attachments,
        legal=True,
    )


def _enter(row: Served) -> None:
    row.save(force_insert=True)
    body: dict[str, object] = {
        **_named(row),
        "party": row.party,
        "rank": row.rank,
        "second_of": row.second_of,
    }
    append(kind="notice.served", body=body, actor=SYSTEM, at=row.served_at, clause=row.clause)


def _named(row: Served) -> dict[str, object]:
    about = {"kind": row.about_kind, "id": row.about} if row.about else None
    return {"served": row.id, "notice": row.notice, "kind": row.kind, "about": about}


def settled(proof: fate.Proof) -> None:
    """Keep the proof of a notice that left, or that no server will take; told by the outbox in its transaction."""
    row = Served.objects.select_for_update().filter(notice=proof.notice).first()
    body: dict[str, object] = {
        **(_named(row) if row else {"notice": proof.notice, "kind": proof.kind}),
        "sha256": proof.digest,
        "host": proof.host,
        "server": proof.server,
        "reply": proof.reply,
        "attempts": proof.attempts,
    }
    outcome = "sent" if proof.taken else "failed"
    clause = row.clause if row else ""
    append(kind=f"notice.{outcome}", body=body, actor=SYSTEM, at=proof.at, clause=clause)
    if row is None:
        return
    if proof.taken:
        row.sent_at = proof.at
        _deem(row, proof.at)
    else:
        _undelivered(row, _status(proof.reply), proof.at)


def _status(reply: str) -> str:
    """The enhanced status in a reply such as "550 5.1.1 No such mailbox"; empty where there is none."""
    second = reply.split()[1:2]
    return second[0][:20] if second and second[0][:2] in ("5.", "4.") else ""


def returned(*, notice_id: UUID, status: str, at: datetime) -> bool:
    """Take the news that a notice came back for good; False where that was known, or there is no such notice.

    `status`: the enhanced status of the report. A notice under an agreement goes to the party's second address.
    """
    if not outbox.mark_returned(notice_id=notice_id, status=status, at=at):
        return False
    row = Served.objects.select_for_update().filter(notice=notice_id).first()
    if row is not None and row.returned_at is None:
        _undelivered(row, status, at)
    return True


def confirmed(*, notice_id: UUID, stated: datetime | None, at: datetime) -> bool:
    """Take a server's confirmation of delivery, once; `stated` is the hour and minute that it names.

    A time that cannot be (before the notice left, or yet to come) is not believed: its arrival counts then.
    """
    row = Served.objects.select_for_update().filter(notice=notice_id, confirmed_at=None).first()
    if row is None:
        return False
    left = (row.sent_at or row.served_at) - timedelta(minutes=1)  # the minute in which it left is named whole
    row.confirmed_at = stated if stated is not None and left <= stated <= at else at
    body = {**_named(row), "confirmed": row.confirmed_at}
    append(kind="notice.confirmed", body=body, actor=SYSTEM, at=at, clause=row.clause)
    _deem(row, at)
    return True


def enter_delivery(
    *,
    served_id: UUID,
    way: str,
    evidence: str,
    by: UUID,
    at: datetime,
    posted_at: datetime | None = None,
    received_at: datetime | None = None,
) -> None:
    """Enter by hand that a notice was sent as a letter or was received, with the evidence; the record keeps both.

    `way`: one of `WAYS`; `posted_at`: when a registered letter was sent; `received_at`: when it was received, which
    every other way needs; `by`: the operator's user. The words of the evidence enter the record as a commitment.
    Raises NoSuchNotice, BadDelivery.
    """
    row = Served.objects.select_for_update().filter(id=served_id).first()
    if row is None:
        raise NoSuchNotice(selectors.reader().gettext(_NO_SUCH))
    _possible(way, evidence, posted_at, received_at, at)
    row.way, row.evidence, row.entered_by = way, evidence.strip()[:300], by
    row.posted_at, row.received_at = posted_at or row.posted_at, received_at or row.received_at
    _entered(row, Actor("operator", by), at)


def serve_by_letter(
    *,
    kind: str,
    party: str,
    way: str,
    evidence: str,
    by: UUID,
    at: datetime,
    clause: str = "",
    about: About | None = None,
    posted_at: datetime | None = None,
    received_at: datetime | None = None,
) -> UUID:
    """Enter a notice that never was a mail, as `enter_delivery` does, and return its id."""
    _possible(way, evidence, posted_at, received_at, at)
    row = Served(id=new_id(), kind=kind, party=party, clause=clause, way=way, served_at=at)
    row.about_kind, row.about = about or ("", None)
    row.evidence, row.entered_by, row.posted_at, row.received_at = evidence.strip()[:300], by, posted_at, received_at
    _enter(row)
    _entered(row, Actor("operator", by), at)
    served: UUID = row.id
    return served


def _possible(way: str, evidence: str, posted_at: datetime | None, received_at: datetime | None, at: datetime) -> None:
    if way not in WAYS:
        raise ValueError(f"no such way: {way}")
    said = selectors.reader().gettext
    if not evidence.strip():
        raise BadDelivery(said(_NO_EVIDENCE), clause=deemed.DEEMED, remedy=said(_SAY))
    needed = posted_at or received_at if way == "registered_post" else received_at
    if needed is None or max(one for one in (posted_at, received_at) if one) > at:
        raise BadDelivery(said(_NO_TIME), clause=deemed.DEEMED, remedy=said(_WHEN))


def _entered(row: Served, actor: Actor, at: datetime) -> None:
    vault = Vault.open()
    if not has_key(row.id):
        vault.create([row.id])
    append(
        kind="notice.delivery_entered",
        body={**_named(row), "way": row.way, "posted": row.posted_at, "received": row.received_at},
        actor=actor,
        at=at,
        clause=row.clause,
        commitment=vault.commit(row.id, {"evidence": row.evidence}),
    )
    _deem(row, at)


def _deem(row: Served, at: datetime) -> None:
    """Reckon anew when the notice counts as delivered, keep the row, and record a change."""
    found = deemed.deemed(
        ledger.last_agreement(row.served_at)[1],
        deemed.Course(
            invoice=row.kind.startswith("invoice"),
            sent_at=row.sent_at,
            confirmed_at=row.confirmed_at,
            returned=row.returned_at is not None,
            posted_at=row.posted_at,
            received_at=row.received_at,
        ),
    )
    before = row.deemed_at, row.deemed_by
    row.deemed_at, row.deemed_by = (found.at, str(found.by)) if found else (None, "")
    row.save()
    if before == (row.deemed_at, row.deemed_by):
        return
    body: dict[str, object] = {**_named(row), "deemed": row.deemed_at, "by": row.deemed_by}
    clause = found.clause if found else ""
    append(kind="notice.deemed", body=body, actor=SYSTEM, at=at, clause=clause or row.clause)


def _undelivered(row: Served, status: str, at: datetime) -> None:
    """Keep that it did not arrive, repeat it to the second address, and open the obligation for a person."""
    row.returned_at, row.returned_status = at, status[:20]
    _deem(row, at)
    first: UUID = row.second_of or row.id
    try:
        obligations.open_duty(
            duty=UNDELIVERED,
            since=at,
            cause=f"served:{row.id}",
            at=at,
            about=("served", first),
            owed_by="processor",
            owed_to="controller",
        )
    except Refused as refused:
        # the notice's fate is kept, whatever became of the obligation
        _log.error("notice.no_obligation", code=refused.code)
    if row.second_of is None:
        _repeat(row, at)


def _repeat(row: Served, at: datetime) -> None:
    """Send the same words to the party's second address, once; nothing where there is none."""
    reaches = _reaches(row.party, _book(row.kind))
    if row.notice is None or len(reaches) < 2 or Served.objects.filter(second_of=row.id).exists():
        return
    try:
        said = outbox.contents(row.notice)
    except KeyDestroyed:
        return
    files = [Attachment(one["name"], one["media_type"], bytes.fromhex(one["content"])) for one in said["attachments"]]
    used = said["to"].casefold()
    other = next((one for one in reaches[::-1] if one.address.casefold() != used), None)
    if other is None:
        return
    notice = _send(other, row.kind, row.party, said, files, at)
    _enter(
        Served(
            id=new_id(),
            notice=notice,
            kind=row.kind,
            party=row.party,
            clause=row.clause,
            about_kind=row.about_kind,
            about=row.about,
            rank=2,
            second_of=row.id,
            served_at=at,
        )
    )
