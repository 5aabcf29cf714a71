"""Reports that relays post: checked, then taken once each (Amazon SNS for SES, and the plain signed format)."""

import functools
import hashlib
import hmac
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.utils.translation import gettext as _

from mandata.delivery.errors import NoReports, NoSuchTransport
from mandata.delivery.models import Transport
from mandata.delivery.rules import hooks
from mandata.delivery.rules.hooks import BadReport, Report
from mandata.delivery.services.returning import left_by, place_of, receive_event
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.vault.services import webhook_key

_PATIENCE: Final = 5.0
_CERTIFICATE: Final = 64 * 1024
_log = log("delivery")

Fetch = Callable[[str], bytes]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Whom SNS names is whom we ask, and nobody else."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


def fetch(url: str) -> bytes:
    """Return what an address of SNS answers. Raises BadReport for any other host, OSError."""
    if not hooks.is_sns(url):
        raise BadReport("not an address of SNS")
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(url, timeout=_PATIENCE) as answer:
        return bytes(answer.read(_CERTIFICATE))


@functools.lru_cache(maxsize=8)
def _known(url: str) -> bytes:
    return fetch(url)


def receive_sns(*, body: bytes, at: datetime, get: Fetch = _known, confirm: Fetch = fetch) -> int:
    """Take a message of Amazon SNS; return how many reports of it are new.

    A subscription of a topic that MANDATA_SNS_TOPICS names is confirmed. `get` gives a certificate, `confirm` asks an
    address; tests have their own. Raises BadReport for what SNS did not sign or another topic; OSError where SNS does
    not answer, and then it will be posted again.
    """
    message = hooks.parse(body)
    if message.get("TopicArn") not in env().sns_topics.split():
        raise BadReport("not a topic of ours")
    _verify(message, get)
    if message["Type"] == "SubscriptionConfirmation":
        if not hooks.is_sns(message.get("SubscribeURL")):
            raise BadReport("not an address of SNS")
        confirm(message["SubscribeURL"])
        _log.info("hook.confirmed")
        return 0
    return _receive(hooks.of_ses(message), at)


def _verify(message: Mapping[str, Any], get: Fetch) -> None:
    url = message.get("SigningCertURL")
    if not isinstance(url, str) or not hooks.is_certificate(url):
        raise BadReport("not a certificate of SNS")
    algorithm = {"1": hashes.SHA1, "2": hashes.SHA256}.get(str(message.get("SignatureVersion")))
    if algorithm is None:
        raise BadReport("unknown signature")
    try:
        key = x509.load_pem_x509_certificate(get(url)).public_key()
        if not isinstance(key, RSAPublicKey):
            raise BadReport("unknown key")
        signature = hooks.unpacked(str(message.get("Signature", "")))
        key.verify(signature, hooks.signed_text(message), PKCS1v15(), algorithm())
    except (InvalidSignature, ValueError) as error:
        raise BadReport("wrong signature") from error


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a transport's relay posts its reports (the path), and the secret (64 hex digits) it signs them with."""

    path: str
    secret: str


def hook_of(name: str) -> Hook:
    """Return where and how the relay behind a transport reports. Raises NoSuchTransport, NoReports.

    The secret is made from a key of the vault and kept nowhere; one relay's opens no other's.
    """
    row = Transport.objects.filter(name=name).first()
    if row is None:
        raise NoSuchTransport(
            _("There is no transport %(name)s.") % {"name": name}, remedy=_("`mandata transports list` shows them.")
        )
    if row.kind != "relay":
        raise NoReports(
            _("%(name)s is no relay, so nobody reports for it in the plain format.") % {"name": name},
            remedy=_("SES reports by SNS at /in/ses/; direct delivery has its answers from the receivers themselves."),
        )
    return Hook(f"/in/relay/{row.number}/", _secret(row.id))


def _secret(transport_id: UUID) -> str:
    return hmac.new(webhook_key(), f"relay {transport_id}".encode(), hashlib.sha256).hexdigest()


def receive_plain(*, body: bytes, signature: str, at: datetime, transport: int = 0) -> int:
    """Take a signed body of the plain format from the relay of one transport (its number; 0: the settings' own); return
    how many reports of it are new. What it reports of others' messages counts for nothing. Raises BadReport."""
    if len(body) > hooks.LARGEST:
        raise BadReport("too large")
    secret = env().webhook_secret
    if transport:
        row = Transport.objects.filter(number=transport, kind="relay").first()
        secret = _secret(row.id) if row else ""
    hooks.check_stamp(signature, body, secret, at=at)
    return _receive(hooks.of_events(hooks.parse(body), transport), at, transport)


def _receive(reports: Iterable[Report], at: datetime, by: int | None = None) -> int:
    new = 0
    for report in list(reports):  # all of it is read before any of it counts
        place = place_of(report.token)
        if place is not None and by is not None and not left_by(place, by):
            _log.warning("hook.foreign", transport=by)
        elif place is not None:
            digest = hashlib.sha256(report.key.encode("utf-8", "replace")).digest()
            taken = receive_event(place=place, found=report.found, digest=digest, at=at)
            new += taken.new
            _log.info("hook.taken", kind=taken.kind, reason=taken.reason, hard=taken.hard, new=taken.new)
    return new
