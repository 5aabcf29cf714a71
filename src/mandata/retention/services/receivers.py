"""To whom and to where an archive goes: a key or passphrase that opens it, a store that the controller names.

A passphrase is not kept: a key pair is made for the one archive, whose secret half is encrypted with the passphrase;
that
small file goes with the archive (`age -d -i identity.age`), as people who use age are used to.
"""

import ipaddress
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import pyrage
from django.utils.translation import gettext as _

from mandata.foundation.errors import Fault
from mandata.infra import age
from mandata.infra.stores import Access
from mandata.retention.errors import BadReceiver

SHORTEST: Final = 12
"""Letters of a passphrase at least; one archive can be tried at by whoever has it, for as long as they like."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """The public key that an archive is encrypted to; `identity`: its secret half under a passphrase, empty where the
    controller holds it."""

    recipient: str
    identity: bytes = b""


def receiver(*, recipient: str = "", passphrase: str = "") -> Receiver:
    """Return who opens an archive: a public key of age or SSH, or somebody with a passphrase. Raises BadReceiver."""
    if recipient.strip():
        try:
            known = age.recipients(recipient)
        except Fault as fault:
            raise BadReceiver(fault.message, remedy=fault.remedy) from fault
        if known:
            return Receiver(recipient.strip())
    if len(passphrase) < SHORTEST:
        raise BadReceiver(
            _("An archive needs a public key, or a passphrase of at least %(count)d letters.") % {"count": SHORTEST},
            clause="Art. 32 GDPR",
            remedy=_("Give a public key as age-keygen prints it (age1…), or a longer passphrase."),
        )
    made = pyrage.x25519.Identity.generate()
    return Receiver(str(made.to_public()), pyrage.passphrase.encrypt(f"{made}\n".encode(), passphrase))


def store(*, url: str, access: Access, inside: bool = False) -> None:
    """Refuse a store that we would not or must not write to: no bucket, no secure way, a place inside our own network
    (unless `inside`). Raises BadReceiver."""
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc:
        raise BadReceiver(_("This is no bucket."), clause="end.return", remedy=_("Write it as s3://bucket/prefix."))
    if not access.key_id or not access.secret:
        raise BadReceiver(_("A store needs the key that lets us write to it."), clause="end.return")
    if not access.endpoint or inside:
        return
    there = urlsplit(access.endpoint)
    if there.scheme != "https" or not there.hostname:
        raise BadReceiver(
            _("Data leaves us encrypted on the wire only."),
            clause="Art. 32 GDPR",
            remedy=_("Give an https:// address."),
        )
    _outside(there.hostname, there.port or 443)


def _outside(host: str, port: int) -> None:
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise BadReceiver(_("No server of this name is found."), remedy=_("Check the address.")) from error
    if any(not ipaddress.ip_address(one.partition("%")[0]).is_global for one in found):
        raise BadReceiver(
            _("This address lies inside a private network."), remedy=_("Name a server that the internet reaches.")
        )
