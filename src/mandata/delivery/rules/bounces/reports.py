"""Recipients of a report: from the fields of RFC 3464, or from the words of a notice that has none."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

_FIELD = re.compile(r"^[ \t]{0,4}([A-Za-z][A-Za-z-]{0,60})[ \t]{0,8}:[ \t]*+(.*+(?:\n[ \t]++\S.*+)*+)", re.MULTILINE)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.#/-])(?<!\d:)([245][0-5]\d)(?![\d.]|-[a-z0-9]{4})")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]@]{1,128}@[A-Za-z0-9_\u00a1-\uffff.-]{1,255}")
_OWN = re.compile(r"(?<![\d.])[45]\d\d[ -]['\"]?([45]\.\d{1,2}\.\d{1,2})(?![\d.])")
"""A reply with its status: the receiver's own words, whatever a relay wrote before them."""
_MOST, _RECIPIENTS = 256 * 1024, 100
"""Characters of status fields and recipients that are read of one report: hostile ones have no end."""
_GENERIC = re.compile(r"^[245]\.0\.0$")


@dataclass(frozen=True, slots=True)
class Found:
    """One recipient as a report tells it. `structured` where fields told it, not words."""

    address: str
    action: str
    status: str
    code: str
    diagnostic: str
    structured: bool = False
    attempted: str = ""


def stated_instant(text: str) -> datetime | None:
    """Return the instant of a date as mail states it (RFC 5322); None where it is none, or names no zone."""
    try:
        stated = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return stated if stated.tzinfo is not None else None


def failing(found: Found) -> bool:
    """Return whether the report tells of a failure or delay."""
    return found.action not in {"delivered", "relayed", "expanded"}


def from_fields(text: str) -> list[Found]:
    """Return the recipients of status fields (RFC 3464 section 2.3), one block each."""
    found: list[Found] = []
    for block in re.split(r"\n[ \t]{0,8}\n", text[:_MOST].replace("\r\n", "\n")):
        if len(found) >= _RECIPIENTS:
            break
        fields: dict[str, str] = {}
        for name, value in _FIELD.findall(block):
            fields.setdefault(name.lower(), " ".join(value.split()))
        one = _from_block(fields)
        if one is not None and all(one.address != other.address for other in found):
            found.append(one)
    return found


def _from_block(fields: dict[str, str]) -> Found | None:
    named = [fields.get(name, "") for name in ("final-recipient", "original-recipient", "x-actual-recipient")]
    if not any(named) or not ("action" in fields or "status" in fields or "diagnostic-code" in fields):
        return None
    address = next((match.group().lower() for text in named if (match := _ADDRESS.search(text.rpartition(";")[2]))), "")
    address = address or named[0].rpartition(";")[2].strip(" <>").lower()
    diagnostic = fields.get("diagnostic-code", "")
    comment = fields.get("status", "").partition(" ")[2]
    status, code = numbers(fields.get("status", ""), diagnostic)
    action = fields.get("action", "failed").split(" ")[0].strip(";").lower()
    attempted = fields.get("last-attempt-date", "")
    return Found(address, action, status, code, _stripped(diagnostic) or comment, structured=True, attempted=attempted)


def numbers(status_field: str, diagnostic: str) -> tuple[str, str]:
    """Return enhanced status and SMTP code; the diagnostic's own status outweighs a generic one of the report."""
    told = _STATUS.search(status_field)
    said = _STATUS.search(diagnostic)
    status = told.group(1) if told else ""
    own = _OWN.search(diagnostic)
    if own and (not status or status[2:] in {"0.0", "1.0"} or status[2] == "0"):
        status = own.group(1)
    elif said and (not status or _GENERIC.match(status) or status[2] == "0"):
        status = said.group(1)
    code = _CODE.search(_STATUS.sub(" ", diagnostic))
    number = code.group(1) if code else ""
    if not status and number:
        status = f"{number[0]}.0.0"
    return status, number


def _stripped(diagnostic: str) -> str:
    """Leave out the kind of diagnostic, and what a gateway puts before the receiver's own reply."""
    text = re.sub(r"^(?:smtp|x-\w+|lmtp|dns|unix)\s*;\s*", "", diagnostic, flags=re.IGNORECASE)
    return re.sub(r"^[45]\.\d\.\d - [A-Za-z ]{1,60}(?=[45]\d\d[ -])", "", text)


def from_words(words: str, original: str, own: Iterable[str]) -> list[Found]:
    """Return the recipients that a notice in plain words names; those of the original message where it names none.

    `own` are addresses that are not recipients: the notice's own sender and addressee.
    """
    # A notice to oneself is possible: the addressee counts only when nobody else is named.
    text = words.replace("\r\n", "\n").replace("=\n", "")
    skip = {address for address in own if address}
    named = _named(text, skip) or _original_to(original, skip) or _named(text, set())
    if not named:
        return []
    found = []
    for address in named[:20]:
        passage = _passage(text, address, named) if len(named) > 1 else text
        status, code = numbers("", passage)
        found.append(Found(address, "failed", status, code, " ".join(passage.split())[:2000]))
    return found


def _named(text: str, skip: set[str]) -> list[str]:
    named: list[str] = []
    for match in _ADDRESS.finditer(text):
        address = match.group().strip(".").lower()
        local = address.partition("@")[0]
        if (
            address in skip
            or address in named
            or local in {"postmaster", "mailer-daemon", "abuse", "support", "helpdesk"}
        ):
            continue
        if len(named) >= _RECIPIENTS:
            break
        before = text[max(0, match.start() - 60) : match.start()].rpartition("\n")[2].lower()
        if (
            re.search(
                r"(?:message-id|from|sender|contact|e-?mail to|mailto|mail us|forward|http|reply-to|to reach us)\W*$",
                before,
            )
            or "@" not in address
        ):
            continue
        named.append(address)
    return named


def _original_to(original: str, skip: set[str]) -> list[str]:
    for name in ("x-envelope-to", "envelope-to", "delivered-to", "to"):
        found = re.search(rf"^{name}:[ \t]*+(.*+(?:\n[ \t].*+)*+)", original, re.IGNORECASE | re.MULTILINE)
        if found:
            addresses = [match.group().lower() for match in _ADDRESS.finditer(found.group(1))]
            if addresses:
                return [address for address in addresses if address not in skip] or addresses[:1]
    return []


def _passage(text: str, address: str, named: list[str]) -> str:
    """Return the words that stand behind an address, up to the next recipient."""
    at = text.lower().find(address)
    behind = text[at + len(address) :]
    ends = [found for other in named if other != address and (found := behind.lower().find(other)) > 0]
    return behind[: min(ends, default=600)]
