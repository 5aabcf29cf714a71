"""Sending domains: added with a fresh DKIM key, checked against DNS, removed (DLV-1). Inside the controller's scope."""

import base64
import secrets
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mandata.delivery import selectors
from mandata.delivery.errors import DomainTaken, NoSuchDomain, NotADomain
from mandata.delivery.models import Domain
from mandata.delivery.resolver import look_up, resolver
from mandata.delivery.rules import domains as rules
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.record.services import append
from mandata.vault.services import Vault

PLACE = "delivery_domain.private_key"
_BITS = 2048


def add_domain(*, name: str, actor: Actor, at: datetime) -> UUID:
    """Add a sending domain with a new RSA-2048 key (RFC 8301), sealed under the domain's own key; return its id.

    Raises NotADomain, DomainTaken.
    """
    try:
        domain = rules.domain_name(name)
    except ValueError:
        raise NotADomain(
            _("This is no domain name."), remedy=_("Write it like news.example.com, without http:// and without @.")
        ) from None
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    domain_id, vault = new_id(), Vault.open()
    keys = vault.create([domain_id])
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    row = Domain(
        id=domain_id,
        name=domain,
        selector=f"m{at:%Y%m}",
        private_key=vault.seal(domain_id, PLACE, private, key=keys[domain_id]),
        public_key=base64.b64encode(public).decode("ascii"),
        proof=secrets.token_hex(16),
        created_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise DomainTaken(_("This domain is there already."), remedy=_("Open it in the list.")) from None
    append(kind="domain.added", body={"domain": domain_id, "name": domain}, actor=actor, at=at)
    return domain_id


def verify_domain(*, domain_id: UUID, actor: Actor, at: datetime) -> tuple[rules.Check, ...]:
    """Ask DNS and keep what it says. A verified domain whose required records are gone becomes failing.

    Raises NoSuchDomain; Fault when DNS does not answer.
    """
    row = _row(domain_id)
    wanted = selectors.records(row)
    checks = rules.evaluate(wanted, look_up(wanted, resolver(env().dns)))
    before = row.state
    if rules.verified(checks):
        row.state = "verified"
        row.verified_at = row.verified_at or at
    elif row.verified_at is not None:
        row.state = "failing"
    row.checks = [asdict(check) for check in checks]
    row.checked_at = at
    row.save(update_fields=["state", "checks", "checked_at", "verified_at"])
    if row.state != before:
        body: dict[str, object] = {"domain": domain_id, "state": row.state}
        append(kind="domain.checked", body=body, actor=actor, at=at)
    return checks


def remove_domain(*, domain_id: UUID, actor: Actor, at: datetime) -> None:
    """Remove a domain and destroy its key. Raises NoSuchDomain."""
    row = _row(domain_id)
    row.delete()
    Vault.open().destroy([domain_id])
    append(kind="domain.removed", body={"domain": domain_id}, actor=actor, at=at)


def private_key(row: Domain) -> bytes:
    """Return the domain's DKIM key, opened: PKCS #8 in DER."""
    return Vault.open().unseal(row.id, PLACE, bytes(row.private_key))


def _row(domain_id: UUID) -> Domain:
    row: Domain | None = Domain.objects.filter(id=domain_id).first()
    if row is None:
        raise NoSuchDomain(_("There is no such sending domain."))
    return row
