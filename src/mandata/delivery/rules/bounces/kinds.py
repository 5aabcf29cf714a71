"""What a returned message is, and about whom it speaks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from typing import Final, Literal

from mandata.delivery.rules.bounces import marks
from mandata.delivery.rules.bounces.notifications import from_json, from_object
from mandata.delivery.rules.bounces.reasons import is_hard, reason_of
from mandata.delivery.rules.bounces.reports import Found, failing, from_fields, from_words, numbers
from mandata.delivery.rules.bounces.texts import Texts, decoded_header, read

Kind = Literal["bounce", "complaint", "auto-reply", "delivered", "other"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of a returned message. `code` and `status` are "" where none was told; `diagnostic` is raw text.

    `action` is what a structured report says was done (RFC 3464): failed, delayed, delivered, relayed, expanded; ""
    where only words tell. `attempted` is when, as the report states it, raw.
    """

    address: str
    status: str
    code: str
    reason: str
    hard: bool
    diagnostic: str = ""
    temporary: bool = False
    action: str = ""
    attempted: str = ""

    @property
    def final(self) -> bool:
        """Say whether nobody will try again: a report that says failed, whatever its status; or words without a 4xx."""
        return self.action == "failed" if self.action else not self.temporary


@dataclass(frozen=True, slots=True)
class Returned:
    """What a message that came back is; `recipients` may be empty for "other" and "auto-reply".

    `feedback`: the type of an abuse report (RFC 5965); `challenge`: it asks the sender to prove that it is a person.
    """

    kind: Kind
    recipients: tuple[Recipient, ...] = ()
    feedback: str = ""
    challenge: bool = False


READ: Final = 512 * 1024
"""Octets of a message that are read: what it says stands before the mail that it brings back."""
_OPENING = 4000
"""In so many characters a notice says that it is one."""


def classify(raw: bytes) -> Returned:
    """Return what a raw message is. Never raises: a message nobody can read is "other"."""
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(raw[:READ])
        return _classify(message, read(message))
    except (ValueError, LookupError, RecursionError, TypeError, AttributeError, AssertionError, MessageError):
        return Returned("other")


def _classify(message: Message, texts: Texts) -> Returned:
    if texts.feedback:
        return _feedback(texts)
    if texts.original and not texts.status and marks.COMPLAINT.match(texts.subject):
        return Returned("complaint", (Recipient(_complained(texts), "", "", "feedback", False),), "abuse")
    notified = from_json(texts.words)
    if notified is not None:
        kind, found = notified
        return _returned(kind, found, "")
    found = from_fields(texts.status)
    if found:
        return _settle(found, texts)
    asks = bool(marks.CHALLENGE.search(texts.subject + "\n" + texts.words[:_OPENING]))
    if _auto_reply(message, texts):
        return _automatic(message, asks)
    if _is_notice(message, texts):
        found = from_words(texts.words, texts.original, own={_address(message, "To"), _address(message, "From")})
        if found:
            return _settle(found, texts)
    if _header(message, "Auto-Submitted") not in {"", "no"}:
        return _automatic(message, asks)
    return Returned("other", challenge=asks)


def _automatic(message: Message, asks: bool) -> Returned:
    sender = _address(message, "From")
    recipients = (Recipient(sender, "", "", "vacation", False),) if sender else ()
    return Returned("auto-reply", recipients, challenge=asks)


def of_notification(data: Mapping[str, object]) -> Returned | None:
    """Return what a notification of Amazon SES says (its JSON object); None where it is none of these."""
    notified = from_object(data)
    return _returned(notified[0], notified[1], "") if notified else None


def of_words(kind: str, address: str, status: str, code: str, diagnostic: str) -> Returned:
    """Return what a relay says of one recipient: kind "bounce", "delay", "complaint" or "delivered", and the receiving
    server's words."""
    told = numbers(status, f"{code} {diagnostic}")
    action = {"delay": "delayed", "delivered": "delivered"}.get(kind, "failed")
    found = Found(address[:254].lower(), action, *told, diagnostic[:2000], structured=True)
    return _returned("bounce" if kind == "delay" else kind, [found], "")


def _settle(found: list[Found], texts: Texts) -> Returned:
    if all(one.action in {"delivered", "relayed", "expanded"} for one in found):
        return _returned("delivered", found, "")
    return _returned("bounce", [one for one in found if failing(one)], texts.words)


def _returned(kind: str, found: list[Found], words: str) -> Returned:
    recipients = []
    for one in found:
        if kind == "delivered":
            reason = "delivered"
        elif kind == "complaint":
            reason = "feedback"
        else:
            reason = _reason(one, words, alone=len(found) == 1)
        temporary = (
            one.action == "delayed" or one.status.startswith("4") or (not one.status and one.code.startswith("4"))
        )
        hard = kind == "bounce" and not temporary and is_hard(reason, one.status, one.code)
        recipients.append(
            Recipient(
                one.address,
                one.status,
                one.code,
                reason,
                hard,
                one.diagnostic,
                temporary,
                one.action if one.structured else "",
                one.attempted,
            )
        )
    checked: Kind = kind if kind in ("bounce", "complaint", "delivered") else "other"  # type: ignore[assignment]
    return Returned(checked, tuple(recipients))


def _reason(one: Found, words: str, *, alone: bool) -> str:
    """The diagnostic of the recipient decides; where it says nothing, the notice's words may."""
    reason = reason_of(one.diagnostic, one.status, one.code, words)
    if reason in {"undefined", "onhold"} and alone:
        told = reason_of(words, one.status, one.code, words)
        return told if told != "undefined" else reason
    return reason


def _complained(texts: Texts) -> str:
    """Whom the original went to, as it says itself."""
    field = re.search(
        r"^(?:x-\w*original-?recipient|to):[ \t]{0,8}(.{1,300})", texts.original, re.IGNORECASE | re.MULTILINE
    )
    found = re.search(r"[^\s<>\"',;:@]{1,128}@[^\s<>\"',;:]{1,255}", field.group(1)) if field else None
    return found.group().lower() if found else ""


def _feedback(texts: Texts) -> Returned:
    fields = texts.feedback
    kind = fields.get("feedback-type", "abuse").lower()
    address = fields.get("original-rcpt-to", "") or fields.get("removal-recipient", "")
    address = address.rpartition(";")[2].strip(" <>")
    if kind == "not-spam":
        return Returned("other", feedback=kind)
    return Returned("complaint", (Recipient(address, "", "", "feedback", False),), kind)


def _auto_reply(message: Message, texts: Texts) -> bool:
    """Say whether a program answered for a person (RFC 3834): by its headers, or by how such subjects begin."""
    if marks.NOTICE_SUBJECT.search(texts.subject) and _by_machine(message, texts):
        return False
    return any(
        (
            _header(message, "Auto-Submitted").startswith(("auto-replied", "auto-notified")),
            bool(message.get("X-Autoreply") or message.get("X-Autorespond") or message.get("X-Autogenerated")),
            _header(message, "X-Apple-Action") == "vacation",
            _header(message, "Precedence") in {"auto_reply", "auto-reply"},
            bool(marks.AUTO_SUBJECT.match(texts.subject)),
        )
    )


def _by_machine(message: Message, texts: Texts) -> bool:
    daemon = marks.DAEMON.search(_decoded(message, "From"))
    return bool(daemon) or _header(message, "Return-Path") == "<>" or bool(marks.OPENING.search(texts.words[:_OPENING]))


def _is_notice(message: Message, texts: Texts) -> bool:
    """Say whether words without fields are a mail system's notice: one that says so, and is nobody's answer.

    Who wrote it is not enough: challenges and receipts come from nobody, and postmasters are people too.
    """
    if message.get("X-Failed-Recipients"):
        return True
    opening = texts.words[:_OPENING]
    titled, opened = bool(marks.NOTICE_SUBJECT.search(texts.subject)), bool(marks.OPENING.search(opening))
    machine = bool(marks.DAEMON.search(_decoded(message, "From"))) or _header(message, "Return-Path") == "<>"
    if marks.CHALLENGE.search(texts.subject + "\n" + opening) and not opened:
        return False
    if not machine:
        answer = marks.ANSWER.match(texts.subject) or message.get("In-Reply-To")
        return not answer and ((titled and opened) or (opened and bool(marks.REPLY.search(opening))) or _bare(texts))
    return titled or opened or bool(marks.REPLY.search(opening))


def _bare(texts: Texts) -> bool:
    """A title that only notices bear, and a server's reply below it."""
    return bool(marks.TITLE.match(texts.subject.strip()) and (marks.REPLY.search(texts.words) or texts.original))


def _header(message: Message, name: str) -> str:
    return str(message.get(name, "")).strip().lower()


def _decoded(message: Message, name: str) -> str:
    return decoded_header(message, name)


def _address(message: Message, name: str) -> str:
    found = re.search(r"[^\s<>\"',;:@]{1,128}@[^\s<>\"',;:]{1,255}", str(message.get(name, ""))[:2000])
    return found.group().lower() if found else ""
