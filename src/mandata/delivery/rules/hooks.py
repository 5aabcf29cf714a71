"""Reports that relays post to us: notifications of Amazon SNS about SES, and a plain signed format for all others.

SNS (docs.aws.amazon.com/sns, "Verifying the signatures"): the signature stands over the fields below, each
as its name, a line feed, its value and a line feed, in this order; absent ones are left out. The certificate comes from
a host of SNS, over TLS, and from nowhere else.

The plain format is a JSON object {"events": [event, ...]}, each event an object with

    id          the relay's own name of the event: the same one of the same relay is taken once
    message     the local part of the envelope sender under which the message was handed over
    kind        bounce, delay, complaint or delivered
    recipient, status, code, diagnostic     optional; what the receiving server said

signed in the header `Mandata-Signature: t=<Unix seconds>,v1=<hex>`: HMAC-SHA256 with the relay's own secret over the
digits of t, a full stop, and the body. A time more than five minutes away is refused, so that nothing is played again.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from mandata.delivery.rules.bounces import Returned, of_notification, of_words

LARGEST: Final = 256 * 1024
MOST: Final = 1000
_HOST: Final = re.compile(r"sns\.[a-z]{2}(?:-[a-z]{1,12}){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?")
_CERTIFICATE: Final = re.compile(r"SimpleNotificationService-[0-9A-Za-z]{1,80}\.pem")
_SIGNED: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_STAMP: Final = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_TOLERANCE: Final = 300
_KINDS: Final = frozenset({"bounce", "delay", "complaint", "delivered"})


class BadReport(ValueError):
    """A report that cannot be read, or is not signed by whom it should be."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported of one message. `token`: the local part of its envelope sender; `key` names the report."""

    token: str
    key: str
    found: Returned


def parse(body: bytes) -> dict[str, Any]:
    """Return a body's JSON object. Raises BadReport."""
    if len(body) > LARGEST:
        raise BadReport("too large")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadReport("no JSON") from error
    if not isinstance(data, dict):
        raise BadReport("no object")
    return data


def signed_text(message: Mapping[str, Any]) -> bytes:
    """Return what an SNS message's signature stands over. Raises BadReport for a type that is not signed."""
    names = _SIGNED.get(str(message.get("Type")))
    if names is None:
        raise BadReport("unknown type")
    return "".join(f"{name}\n{message[name]}\n" for name in names if isinstance(message.get(name), str)).encode()


def unpacked(signature: str) -> bytes:
    """Return a signature's octets. Raises BadReport for what is no base64 (RFC 4648)."""
    try:
        return base64.b64decode(signature[:4000], validate=True)
    except ValueError as error:
        raise BadReport("wrong signature") from error


def is_certificate(url: object) -> bool:
    """Return whether an address is that of a certificate of SNS's own. Its host alone proves nothing: there the API
    answers as well, and whoever has an account can make it say what he likes."""
    return isinstance(url, str) and is_sns(url) and bool(_CERTIFICATE.fullmatch(url.split("/", 3)[-1]))


def is_sns(url: object) -> bool:
    """Return whether an address is one of SNS itself: https, its host, no port, nobody's name in front."""
    if not isinstance(url, str) or len(url) > 2000:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(_HOST.fullmatch(parts.netloc))
    except ValueError:
        return False


def of_ses(message: Mapping[str, Any]) -> Iterator[Report]:
    """Give the reports of an SES notification, one for each recipient it names. Raises BadReport."""
    inner = parse(str(message.get("Message", "")).encode())
    found = of_notification(inner)
    mail = inner.get("mail")
    if found is None or not isinstance(mail, dict):
        return
    token = _token(mail)
    for number, one in enumerate(found.recipients[:MOST]):
        alone = Returned(found.kind, (one,), found.feedback)
        yield Report(token, f"sns:{message.get('MessageId')}:{number}", alone)


def _token(mail: Mapping[str, Any]) -> str:
    """The tag that we gave the message, else its envelope sender."""
    tags = mail.get("tags")
    named = tags.get("mandata") if isinstance(tags, dict) else None
    if isinstance(named, list) and named and isinstance(named[0], str):
        return named[0][:120]
    return str(mail.get("source", "")).rpartition("@")[0].strip(" <")[:120]


def check_stamp(header: str, body: bytes, secret: str, *, at: datetime) -> None:
    """Check the signature of a plain report. Raises BadReport."""
    stamp = _STAMP.fullmatch(header.strip())
    if stamp is None or len(secret) < 32:
        raise BadReport("not signed")
    wanted = hmac.new(secret.encode(), stamp.group(1).encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, stamp.group(2)):
        raise BadReport("wrong signature")
    if abs(at.timestamp() - int(stamp.group(1))) > _TOLERANCE:
        raise BadReport("too old")


def of_events(data: Mapping[str, Any], transport: int = 0) -> Iterator[Report]:
    """Give the reports of a plain body, its events' names being those of one relay. Raises BadReport where an event is
    not as the format has it."""
    events = data.get("events")
    if not isinstance(events, list) or len(events) > MOST:
        raise BadReport("no list of events")
    for event in events:
        if not isinstance(event, dict) or event.get("kind") not in _KINDS:
            raise BadReport("no event")
        texts = {name: event.get(name, "") for name in ("id", "message", "recipient", "status", "code", "diagnostic")}
        if not all(isinstance(text, str) for text in texts.values()) or not texts["id"]:
            raise BadReport("no event")
        found = of_words(event["kind"], texts["recipient"], texts["status"], texts["code"], texts["diagnostic"])
        yield Report(texts["message"][:120], f"relay:{transport}:{texts['id']}", found)
