"""Notifications that some sending services post or mail as JSON instead of a report."""

import json
from collections.abc import Mapping
from typing import Final

from mandata.delivery.rules.bounces.reports import Found, numbers


def from_json(text: str) -> tuple[str, list[Found]] | None:
    """Return kind and recipients of a JSON notification, or None when the text is none."""
    begin = text.find("{")
    if begin < 0 or '"' not in text or text[:begin].strip():
        return None
    try:
        # Mail folds long lines, even inside strings.
        data, _ = json.JSONDecoder(strict=False).raw_decode("".join(text[begin:].splitlines()))
        if isinstance(data, dict) and isinstance(data.get("Message"), str):
            data = json.loads(data["Message"])
    except (ValueError, RecursionError):
        return None
    return from_object(data) if isinstance(data, dict) else None


def from_object(data: Mapping[str, object]) -> tuple[str, list[Found]] | None:
    """Return kind and recipients of a notification's object, or None when it is none."""
    kind = str(data.get("notificationType") or data.get("eventType") or "").lower()
    body = data.get(kind)
    if not isinstance(body, Mapping):
        return None
    if kind == "bounce":
        return "bounce", [_bounced(one, body) for one in _objects(body.get("bouncedRecipients"))]
    if kind == "complaint":
        return "complaint", [_plain(one) for one in _objects(body.get("complainedRecipients"))]
    if kind == "delivery":
        answer = str(body.get("smtpResponse", ""))
        status, code = numbers("", answer)
        return "delivered", [
            Found(str(one).lower(), "delivered", status, code, answer) for one in _listed(body.get("recipients"))
        ]
    return None


_SUBTYPES: Final = {
    "noemail": ("5.1.1", "user unknown"),
    "mailboxfull": ("5.2.2", "mailbox full"),
    "messagetoolarge": ("5.3.4", "message too large"),
    "contentrejected": ("5.6.0", "message content rejected"),
    "attachmentrejected": ("5.7.1", "attachment not allowed"),
}
"""What a sending service calls it, where it passes no server's words on."""


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _objects(value: object) -> list[Mapping[str, object]]:
    return [one for one in _listed(value) if isinstance(one, Mapping)]


def _bounced(one: Mapping[str, object], body: Mapping[str, object]) -> Found:
    diagnostic = str(one.get("diagnosticCode", ""))
    stated = str(one.get("status", ""))
    if not diagnostic:
        status, diagnostic = _SUBTYPES.get(str(body.get("bounceSubType", "")).lower(), (stated, ""))
        stated = stated or status
    status, code = numbers(stated, diagnostic)
    action = "delayed" if str(body.get("bounceType", "")).lower() == "transient" and not code.startswith("5") else ""
    action = str(one.get("action") or action or "failed")
    return Found(str(one.get("emailAddress", "")).lower(), action, status, code, diagnostic)


def _plain(one: Mapping[str, object]) -> Found:
    return Found(str(one.get("emailAddress", "")).lower(), "failed", "", "", "")
