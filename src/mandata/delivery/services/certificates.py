"""Certificates of tracking hosts, ordered from an ACME server (RFC 8555) and written for the proxy in front (SEC-2).

The server asks the door for the answer to its challenge (HTTP-01, section 8.3). The account's key and each host's key
are sealed in the vault. A certificate is renewed when a third of its life is left; a failure keeps the server's words,
is told to the operator, and is tried again in growing pauses. Every process that has MANDATA_CERTIFICATES writes the
files, so that several hosts in front are normal. A file holds the chain, the host's own certificate first, then the
key: what haproxy's `crt` folder takes.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import NameOID

from mandata.delivery.models import Account, Challenge, Claim, Host
from mandata.delivery.services import telling
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id, now
from mandata.infra.environment import env
from mandata.infra.logs import log
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append
from mandata.vault.services import Vault
from mandata.vault.services import begin as begin_vault

PLACE: Final = "delivery_host.private_key"
ACCOUNT: Final = "delivery_account.private_key"
PATIENCE: Final = timedelta(seconds=60)
_FIRST_PAUSE: Final = timedelta(minutes=5)
_LONGEST_PAUSE: Final = timedelta(hours=12)
_ANSWERED_FOR: Final = timedelta(hours=1)
_DOOR_LEARNS: Final = 1.5
"""Seconds until every door knows a new answer: one that was asked for a name it did not know looks again after one."""
_MOST_WORDS: Final = 500
_MARK: Final = b"# Written by Mandata, which takes it away with its host.\n"
"""By which the files of hosts that are gone are told from the operator's own; readers of PEM pass over it."""
_log = log("certificates")


class OrderFailed(Exception):
    """The ACME server gave no certificate; the message is its words."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate: the chain in PEM, its key (PKCS #8 in DER), from when to when it holds."""

    chain: str
    private_key: bytes
    begins_at: datetime
    expires_at: datetime


def renew(*, controller_id: UUID, host_id: UUID, at: datetime) -> bool:
    """Order a host's certificate where it has none or its time is near; return whether there is a new one.

    Opens the scopes itself; no transaction is open while the server is asked.
    """
    if not env().acme_directory:
        return False
    with scope(controller_id):
        row = Host.objects.filter(id=host_id, state="verified").first()
        if row is None or (row.renew_at is not None and row.renew_at > at):
            return False
        name, expires_at, known = row.name, row.expires_at, row.failures
    try:
        issued = order(name, at=at)
    except OrderFailed as failure:
        _failed(controller_id, host_id, str(failure), at)
        if known == 0:  # once for each trouble, not for each attempt
            with scope(INSTANCE):
                begin_vault(at=at)
                telling.certificate_failed(name, str(failure), expires_at, at=at)
        return False
    _keep(controller_id, host_id, issued, at)
    write_files(at=at)
    return True


def _keep(controller_id: UUID, host_id: UUID, issued: Issued, at: datetime) -> None:
    with scope(controller_id):
        row = Host.objects.select_for_update().filter(id=host_id).first()
        if row is None:
            return
        vault = Vault.open()
        vault.destroy([host_id])
        key = vault.create([host_id])[host_id]
        row.certificate, row.private_key = issued.chain, vault.seal(host_id, PLACE, issued.private_key, key=key)
        row.expires_at = issued.expires_at
        row.renew_at = issued.expires_at - (issued.expires_at - issued.begins_at) / 3
        row.failures, row.failure = 0, ""
        row.save()
        body: dict[str, object] = {"host": host_id, "until": issued.expires_at}
        append(kind="host.certified", body=body, actor=SYSTEM, at=at)
    _log.info("certificates.issued", host=str(host_id))


def _failed(controller_id: UUID, host_id: UUID, words: str, at: datetime) -> None:
    with scope(controller_id):
        row = Host.objects.select_for_update().filter(id=host_id).first()
        if row is None:
            return
        row.failures, row.failure = min(row.failures + 1, 100), words[:_MOST_WORDS]
        row.renew_at = at + min(_FIRST_PAUSE * 2 ** min(row.failures, 10), _LONGEST_PAUSE)
        row.save(update_fields=["failures", "failure", "renew_at"])
    _log.warning("certificates.failed", host=str(host_id), words=words[:_MOST_WORDS])


def order(name: str, *, at: datetime) -> Issued:
    """Order a certificate for one name and return it. Raises OrderFailed with the server's words."""
    from acme import errors, messages
    from requests.exceptions import RequestException

    try:
        return _order(name, at)
    except messages.Error as error:
        raise OrderFailed(f"{error.detail or error.typ}") from error
    except errors.ValidationError as error:
        raise OrderFailed("; ".join(_refused(error)) or str(error)) from error
    except (errors.Error, RequestException, ValueError) as error:
        raise OrderFailed(f"{type(error).__name__}: {error}") from error


def _refused(error: Any) -> Iterator[str]:
    for authorisation in error.failed_authzrs:
        for challenge in authorisation.body.challenges:
            if challenge.error is not None:
                yield str(challenge.error.detail or challenge.error.typ)


def _order(name: str, at: datetime) -> Issued:
    from acme import challenges, messages

    server, jwk = _client(at)
    private = ec.generate_private_key(ec.SECP256R1())
    asked = server.new_order(_request(name, private))
    tokens = []
    try:
        for authorisation in asked.authorizations:
            if authorisation.body.status == messages.STATUS_VALID:
                continue
            offered = [one for one in authorisation.body.challenges if isinstance(one.chall, challenges.HTTP01)]
            if not offered:
                raise OrderFailed("The server offers no challenge over HTTP for this name.")
            response, answer = offered[0].response_and_validation(jwk)
            tokens.append(offered[0].chall.encode("token"))
            Challenge.objects.create(token=tokens[-1], answer=answer, expires_at=at + _ANSWERED_FOR)
            time.sleep(_DOOR_LEARNS)
            server.answer_challenge(offered[0], response)
        deadline = now().astimezone().replace(tzinfo=None) + PATIENCE  # the library compares with local time
        done = server.poll_and_finalize(asked, deadline)
    finally:
        Challenge.objects.filter(token__in=tokens).delete()
        Challenge.objects.filter(expires_at__lt=at).delete()
    return _issued(str(done.fullchain_pem), private)


def _issued(chain: str, private: ec.EllipticCurvePrivateKey) -> Issued:
    own = x509.load_pem_x509_certificates(chain.encode())[0]
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return Issued(chain, der, own.not_valid_before_utc, own.not_valid_after_utc)


def _request(name: str, private: ec.EllipticCurvePrivateKey) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if len(name) <= 64 else [])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    named = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return named.sign(private, hashes.SHA256()).public_bytes(Encoding.PEM)


def _client(at: datetime) -> tuple[Any, Any]:
    """Return a client of the ACME server, logged in, and the account's key."""
    from acme import client, messages
    from josepy.jwa import ES256
    from josepy.jwk import JWKEC
    from josepy.util import ComparableECKey

    directory = env().acme_directory
    sealed_key, uri = _account(directory, at)
    jwk = JWKEC(key=ComparableECKey(load_der_private_key(sealed_key, None)))  # type: ignore[arg-type]
    trust = env().acme_trust
    net = client.ClientNetwork(
        jwk,
        alg=ES256,
        user_agent="mandata",
        verify_ssl=str(trust) if trust else True,  # type: ignore[arg-type]
    )
    server = client.ClientV2(client.ClientV2.get_directory(directory, net), net)
    if uri:
        net.account = messages.RegistrationResource(uri=uri, body=messages.Registration())
    else:
        made = server.new_account(messages.NewRegistration.from_data(terms_of_service_agreed=True))
        with scope(INSTANCE):
            Account.objects.filter(directory=directory).update(uri=made.uri)
    return server, jwk


def _account(directory: str, at: datetime) -> tuple[bytes, str]:
    """Return the account's key and address at a server; a key is made, and kept sealed, at the first need."""
    with scope(INSTANCE):
        begin_vault(at=at)
        vault, row = Vault.open(), Account.objects.filter(directory=directory).first()
        if row is not None:
            return vault.unseal(row.id, ACCOUNT, bytes(row.private_key)), row.uri
        account_id = new_id()
        private = ec.generate_private_key(ec.SECP256R1())
        plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        key = vault.create([account_id])[account_id]
        Account.objects.create(
            id=account_id,
            directory=directory,
            private_key=vault.seal(account_id, ACCOUNT, plain, key=key),
            created_at=at,
        )
        return plain, ""


def write_files(*, at: datetime) -> int:
    """Write the certificates that hold to MANDATA_CERTIFICATES, and take away those of hosts that are gone; return how
    many files changed. Files of others stay. Nothing where the setting is empty."""
    folder = env().certificates
    if folder is None:
        return 0
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    held, changed = set(), 0
    for claimed in Claim.objects.filter(kind="host").values("controller_id", "owner_id", "name").order_by("name"):
        file = folder / f"{claimed['name']}.pem"
        held.add(file.name)
        changed += _written(claimed["controller_id"], claimed["owner_id"], file, at)
    for file in folder.glob("*.pem"):
        if file.name not in held and file.read_bytes().endswith(_MARK):
            file.unlink(missing_ok=True)
            changed += 1
    return changed


def _written(controller_id: UUID, host_id: UUID, file: Path, at: datetime) -> bool:
    with scope(controller_id):
        row = Host.objects.filter(id=host_id, expires_at__gt=at).first()
        if row is None:
            return False
        with contextlib.suppress(FileNotFoundError):
            if file.read_text().startswith(row.certificate.strip()):
                return False
        plain = Vault.open().unseal(host_id, PLACE, bytes(row.private_key))
    key = load_der_private_key(plain, None).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(file, f"{row.certificate.strip()}\n{key.decode()}".encode() + _MARK)
    return True


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all: a proxy that reads meanwhile finds the former file."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(file)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
