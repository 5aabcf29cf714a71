"""To whom and to where an archive goes: a key or passphrase that opens it, a store that the controller names.

A passphrase is not kept: a key pair is made for the one archive, whose secret half is encrypted with the passphrase;
that
small file goes with the archive (`age -d -i identity.age`), as people who use age are used to.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import pyrage
from django.utils.translation import gettext as _

from mandata.foundation.errors import Fault
from mandata.infra import age, outward
from mandata.infra.environment import env
from mandata.infra.stores import Access, Away, S3Store, Store
from mandata.retention.errors import BadReceiver

SHORTEST: Final = 12
"""Letters of a passphrase at least; one archive can be tried at by whoever has it, for as long as they like."""
_BUCKET: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
_REGION: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


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


def store(*, url: str, access: Access) -> None:
    """Refuse a store that we would not or must not write to: no bucket, no secure way, a place inside our own network.

    What is checked here is checked once more for each connection that is made (`reached`). Raises BadReceiver.
    """
    parts = urlsplit(url)
    if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or parts.query or parts.fragment:
        raise BadReceiver(_("This is no bucket."), clause="end.return", remedy=_("Write it as s3://bucket/prefix."))
    if not access.key_id or not access.secret:
        raise BadReceiver(_("A store needs the key that lets us write to it."), clause="end.return")
    if not _REGION.fullmatch(access.region):
        raise BadReceiver(
            _("This is no region of a store."), clause="end.return", remedy=_("Write it as eu-central-1.")
        )
    if access.endpoint:
        _outside(*_place(access.endpoint))


def _place(endpoint: str) -> tuple[str, int]:
    """Return host and port of a store's address. Raises BadReceiver."""
    try:
        there = urlsplit(endpoint)
        port = there.port or 443
    except ValueError:
        there, port = urlsplit(""), 443
    bare = not (there.username or there.password or there.query or there.fragment)
    if there.scheme != "https" or not there.hostname or not bare:
        raise BadReceiver(
            _("Data leaves us encrypted on the wire only."),
            clause="Art. 32 GDPR",
            remedy=_("Give an https:// address."),
        )
    return there.hostname, port


def _outside(host: str, port: int) -> None:
    try:
        outward.address(host, port, loopback=env().transmit_loopback)
    except outward.Inside as error:
        raise _inside() from error
    except (OSError, UnicodeError) as error:
        raise BadReceiver(_("No server of this name is found."), remedy=_("Check the address.")) from error


def _inside() -> BadReceiver:
    return BadReceiver(
        _("This address lies inside a private network."), remedy=_("Name a server that the internet reaches.")
    )


@contextmanager
def reached(*, url: str, access: Access) -> Iterator[Store]:
    """Open a store that a controller named, for a block: every connection goes to an address that was checked when it
    was made, whatever the name led to when the archive was asked for. Raises BadReceiver, Away."""
    store(url=url, access=access)
    with outward.Gate(loopback=env().transmit_loopback) as gate:
        try:
            yield S3Store(url, access, way=gate.url)
        except Away as error:
            if gate.inside:
                raise _inside() from error
            raise
