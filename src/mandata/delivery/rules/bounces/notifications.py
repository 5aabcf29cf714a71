"""Notifications that some sending services post or mail as JSON instead of a report."""

import json
from collections.abc import Mapping

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
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    kind = str(data.get("notificationType") or data.get("eventType") or "").lower()
    body = data.get(kind)
    if not isinstance(body, Mapping):
        return None
    if kind == "bounce":
        return "bounce", [_bounced(one) for one in body.get("bouncedRecipients", [])]
    if kind == "complaint":
        return "complaint", [_plain(one) for one in body.get("complainedRecipients", [])]
    if kind == "delivery":
        answer = str(body.get("smtpResponse", ""))
        status, code = numbers("", answer)
        return "delivered", [
            Found(str(one).lower(), "delivered", status, code, answer) for one in body.get("recipients", [])
        ]
    return None


def _bounced(one: Mapping[str, object]) -> Found:
    diagnostic = str(one.get("diagnosticCode", ""))
    status, code = numbers(str(one.get("status", "")), diagnostic)
    return Found(str(one.get("emailAddress", "")).lower(), str(one.get("action") or "failed"), status, code, diagnostic)


def _plain(one: Mapping[str, object]) -> Found:
    return Found(str(one.get("emailAddress", "")).lower(), "failed", "", "", "")
