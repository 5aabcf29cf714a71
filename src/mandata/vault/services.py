"""The vault's verbs, always inside a controller's scope.

with scope(controller_id):
    vault = Vault.open()
    keys = vault.create([subject_id])
    envelope = vault.seal(subject_id, "audience_subscriber.identity", plaintext, key=keys[subject_id])
    vault.unseal_many("audience_subscriber.identity", {subject_id: envelope})
"""

import contextlib
import hashlib
import hmac
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mandata.foundation import canonical
from mandata.foundation.tokens import TokenKeys
from mandata.infra import bulk
from mandata.infra.tenancy import current_controller
from mandata.record.rules import Commitment
from mandata.vault import rules
from mandata.vault.errors import DoesNotOpen, KeyDestroyed, KeysMissing
from mandata.vault.models import Epoch, Secret, SubjectKey
from mandata.vault.providers import provider

INDEX_VERSION = 1
PAYLOAD = "record_payload.sealed"
_READS: Final = 3
_NEWEST: Final = (
    "select number from vault_epoch where controller_id = %s and left_at is null order by number desc limit 1"
)
_HOLD: Final = "select pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"
_KEYS: Final = "select holder, epoch, wrapped from vault_subject_key where holder = any(%b)"
_T = TypeVar("_T")

PURPOSES = ("email", "phone", "suppression", "number", "name")
"""What blind indexes are kept for, each under a secret of its own."""


def begin(*, at: datetime) -> None:
    """Give the scope's controller its first epoch and its secrets. Running it again changes nothing."""
    controller_id = current_controller()
    if Epoch.objects.filter(controller_id=controller_id).exists():
        return
    provider().create_epoch_key(controller_id, 1)
    Epoch.objects.create(controller_id=controller_id, number=1, began_at=at)
    vault = Vault(controller_id, 1, {})
    for purpose in PURPOSES:
        vault.add_secret(purpose)


class Vault:
    """An open vault: one controller's epoch keys and index secrets, held in memory while the object lives."""

    def __init__(self, controller_id: UUID, epoch: int, secrets: Mapping[str, bytes]) -> None:
        self.controller_id = controller_id
        self.epoch = epoch
        self._secrets = secrets
        self._epoch_keys: dict[int, AESGCM] = {}
        self._indexers: dict[str, Callable[[str], bytes]] = {}

    @classmethod
    def open(cls) -> "Vault":
        """Open the vault of the scope's controller."""
        vault = cls(current_controller(), 0, {})
        vault.epoch = vault._newest()
        vault._secrets = vault._patiently(vault._read_secrets)
        return vault

    def _newest(self) -> int:
        rows = bulk.execute(_NEWEST, [self.controller_id], prepare=True)
        if not rows:
            raise KeyDestroyed(
                "This controller has no keys.", remedy="A controller's keys are made when it is registered."
            )
        return int(rows[0][0])

    def _read_secrets(self) -> dict[str, bytes]:
        rows = Secret.objects.filter(version=INDEX_VERSION).values_list("purpose", "epoch", "wrapped")
        return {
            purpose: rules.unwrap(self._epoch_key(number), self.controller_id, secret_owner(purpose), bytes(wrapped))
            for purpose, number, wrapped in rows
        }

    def _patiently(self, read: Callable[[], _T]) -> _T:
        """Read wrapped keys, and again where their epoch's value went between the reading and the opening: what was
        left has been wrapped anew by then, and the next statement sees it."""
        for _ in range(_READS - 1):
            with contextlib.suppress(KeysMissing):
                return read()
        return read()

    def _epoch_key(self, epoch: int) -> AESGCM:
        if epoch not in self._epoch_keys:
            self._epoch_keys[epoch] = AESGCM(provider().epoch_key(self.controller_id, epoch))
        return self._epoch_keys[epoch]

    def _current(self) -> AESGCM:
        """Return the newest epoch's key, or the one of an epoch that this object has open still."""
        try:
            return self._epoch_key(self.epoch)
        except KeysMissing:  # left and destroyed since this object was made
            self.epoch = self._newest()
            return self._epoch_key(self.epoch)

    def hold_epoch(self) -> int:
        """Return the newest epoch's number, and keep it the newest until the caller's transaction ends.

        Whoever stores a wrapped key calls this first: a turn waits for those who hold the epoch before it leaves it, so
        that nothing is stored under an epoch that is being left.
        """
        bulk.execute(_HOLD, [_hold_name(self.controller_id)], prepare=True)
        newest = self._newest()  # a statement of its own: one that waited sees what was there before
        if newest != self.epoch:
            self._epoch_key(newest)
            self.epoch = newest
        return newest

    def add_secret(self, purpose: str) -> None:
        """Make the secret of a purpose where there is none yet, in the caller's transaction."""
        epoch, owner = self.hold_epoch(), secret_owner(purpose)
        wrapped = rules.wrap(self._epoch_key(epoch), self.controller_id, owner, os.urandom(32), os.urandom(12))
        columns = {"purpose": "text", "version": "int2", "epoch": "int4", "wrapped": "bytea"}
        bulk.insert("vault_secret", columns, [(purpose, INDEX_VERSION, epoch, wrapped)], conflict="do nothing")

    def create(self, holders: Sequence[UUID]) -> dict[UUID, bytes]:
        """Make a random key for each holder, keep them wrapped (one statement), and return them for sealing at once."""
        keys, wrapped = self.make(holders)
        self.keep(wrapped)
        return keys

    def make(self, holders: Sequence[UUID]) -> tuple[dict[UUID, bytes], list[tuple[UUID, int, bytes]]]:
        """Make a random key for each holder without keeping it; return the keys, and what `keep` takes: for whoever
        seals in one transaction's place and writes in another's."""
        noise = os.urandom(44 * len(holders))
        drawn = [(noise[at : at + 32], noise[at + 32 : at + 44]) for at in range(0, len(noise), 44)]
        epoch_key, controller_id, epoch = self._current(), self.controller_id, self.epoch
        wrapped = [
            (holder, epoch, rules.wrap(epoch_key, controller_id, holder.bytes, key, nonce))
            for holder, (key, nonce) in zip(holders, drawn, strict=True)
        ]
        return {holder: key for holder, (key, _) in zip(holders, drawn, strict=True)}, wrapped

    def keep(self, wrapped: Sequence[tuple[UUID, int, bytes]]) -> None:
        """Keep the wrapped keys that `make` returned, in the caller's transaction. What was wrapped under an epoch that
        has been left since is wrapped anew."""
        if not wrapped:
            return
        epoch = self.hold_epoch()
        rows = [row if row[1] == epoch else self._rewrapped(row, epoch) for row in wrapped]
        bulk.insert("vault_subject_key", {"holder": "uuid", "epoch": "int4", "wrapped": "bytea"}, rows)

    def _rewrapped(self, row: tuple[UUID, int, bytes], epoch: int) -> tuple[UUID, int, bytes]:
        holder, left, wrapped = row
        key = rules.unwrap(self._epoch_key(left), self.controller_id, holder.bytes, wrapped)
        fresh = rules.wrap(self._epoch_key(epoch), self.controller_id, holder.bytes, key, os.urandom(12))
        return holder, epoch, fresh

    def keys(self, holders: Iterable[UUID]) -> dict[UUID, bytes]:
        """Return the keys of those holders that still have one, in one query."""
        wanted, controller_id = list(holders), self.controller_id

        def read() -> dict[UUID, bytes]:
            rows = bulk.execute(_KEYS, [wanted], binary=True)
            return {
                holder: rules.unwrap(self._epoch_key(epoch), controller_id, holder.bytes, bytes(wrapped))
                for holder, epoch, wrapped in rows
            }

        return self._patiently(read)

    def key(self, holder: UUID) -> bytes:
        """Return a holder's key. Raises KeyDestroyed when it has none any more."""
        found = self.keys([holder])
        if holder not in found:
            raise KeyDestroyed(
                "The key of this holder is destroyed; what it sealed cannot be read.", clause="Art. 17 GDPR"
            )
        return found[holder]

    def seal(self, holder: UUID, place: str, plaintext: bytes, *, key: bytes | None = None) -> bytes:
        """Return the envelope of a plaintext for a place (`table.column`), under the holder's key."""
        return rules.seal(
            key or self.key(holder), rules.place_data(self.controller_id, place), holder, plaintext, os.urandom(12)
        )

    def seal_many(self, place: str, keys: Mapping[UUID, bytes], plaintexts: Mapping[UUID, bytes]) -> dict[UUID, bytes]:
        """Return the envelopes of many holders' plaintexts for one place."""
        data = rules.place_data(self.controller_id, place)
        nonces = os.urandom(12 * len(plaintexts))
        return {
            holder: rules.seal(keys[holder], data, holder, plaintext, nonces[12 * number : 12 * number + 12])
            for number, (holder, plaintext) in enumerate(plaintexts.items())
        }

    def unseal(self, holder: UUID, place: str, envelope: bytes) -> bytes:
        """Return the plaintext of one envelope. Raises KeyDestroyed or DoesNotOpen."""
        return rules.unseal(self.key(holder), rules.place_data(self.controller_id, place), holder, bytes(envelope))

    def unseal_with(self, holder: UUID, place: str, envelope: bytes, *, key: bytes) -> bytes:
        """Return the plaintext of one of many envelopes of the same holder, whose key the caller has. Raises
        DoesNotOpen."""
        return rules.unseal(key, rules.place_data(self.controller_id, place), holder, envelope)

    def unseal_many(self, place: str, envelopes: Mapping[UUID, bytes]) -> dict[UUID, bytes]:
        """Return the plaintexts of those holders that still have a key: one query for the keys, then memory."""
        data = rules.place_data(self.controller_id, place)
        return {
            holder: rules.unseal(key, data, holder, bytes(envelopes[holder]))
            for holder, key in self.keys(envelopes).items()
        }

    def index(self, purpose: str, normalised: str) -> bytes:
        """Return the blind index (16 bytes) of a normalised value for a purpose of `PURPOSES`."""
        indexer = self._indexers.get(purpose)
        if indexer is None:
            if purpose not in self._secrets and purpose in PURPOSES:  # a purpose that is younger than the controller
                self.add_secret(purpose)
                self._secrets = self._patiently(self._read_secrets)
            indexer = self._indexers[purpose] = rules.indexer(self._secrets[purpose])
        return indexer(normalised)

    def secret(self, purpose: str) -> bytes:
        """Return the secret of a purpose's blind indexes: for the return of everything to its controller only."""
        self.index(purpose, "")
        return self._secrets[purpose]

    def commit(self, holder: UUID, payload: object) -> Commitment:
        """Return a salted commitment to a personal payload, with the payload sealed under the holder's key, for the
        record."""
        salt = os.urandom(32)
        plain = canonical.dumps(payload)
        sealed = self.seal(holder, PAYLOAD, salt + plain)
        return Commitment(digest=hmac.digest(salt, plain, hashlib.sha256), holder=holder, sealed=sealed)

    def destroy(self, holders: Sequence[UUID]) -> dict[UUID, bytes]:
        """Delete the holders' keys and return the fingerprints of what died. Holders without a key are not in the
        answer."""
        prints = {holder: rules.fingerprint(key) for holder, key in self.keys(holders).items()}
        bulk.execute("delete from vault_subject_key where holder = any(%b)", [list(holders)])
        return prints


def keys_are_there() -> bool:
    """Say whether the installation's key is in the keys folder. Raises KeysMissing where that cannot be read."""
    return provider().complete()


def has_key(holder: UUID) -> bool:
    """Say whether a holder still has a key."""
    return SubjectKey.objects.filter(holder=holder).exists()


def open_payloads(sealed: Mapping[UUID, tuple[UUID, bytes]]) -> dict[UUID, bytes]:
    """Return entry -> salt and payload of those sealed payloads of the record (entry -> holder, envelope) that open.

    What has no key any more, and what does not open under it, is not in the answer.
    """
    opened = {}
    try:
        vault = Vault.open()
        keys = vault.keys({holder for holder, _ in sealed.values()})
    except (KeyDestroyed, DoesNotOpen):
        return {}
    for entry, (holder, envelope) in sealed.items():
        with contextlib.suppress(DoesNotOpen):
            if holder in keys:
                opened[entry] = vault.unseal_with(holder, PAYLOAD, envelope, key=keys[holder])
    return opened


def living(holders: Collection[UUID]) -> set[UUID]:
    """Return those holders that have a key."""
    return set(SubjectKey.objects.filter(holder__in=holders).values_list("holder", flat=True))


def token_keys() -> TokenKeys:
    """Return the installation's keys for message tokens."""
    key = provider().service_key("token-1", 64)
    return TokenKeys(key_id=1, cipher_key=key[:32], tag_key=key[32:])


def record_signer() -> Ed25519PrivateKey:
    """Return the installation's key that signs heads of the record."""
    return Ed25519PrivateKey.from_private_bytes(provider().service_key("record-1", 32))


def second_factor_key() -> bytes:
    """Return the installation's key (32 bytes) that encrypts members' second factors."""
    return provider().service_key("second-factor-1", 32)


def return_key() -> bytes:
    """Return the installation's key (32 bytes) for the envelope senders of notices (`foundation.returnpaths`)."""
    return provider().service_key("return-1", 32)


def webhook_key() -> bytes:
    """Return the installation's key (32 bytes) from which each relay's secret for its reports is made."""
    return provider().service_key("webhook-1", 32)


def secret_owner(purpose: str) -> bytes:
    """Return the owner's name under which a secret is wrapped."""
    return b"secret " + purpose.encode()


def _hold_name(controller_id: UUID) -> str:
    return f"vault:{controller_id}"


def await_holders(controller_id: UUID) -> None:
    """Wait until no transaction holds the controller's epoch, and let none hold it until the caller's one ends."""
    bulk.execute(_HOLD.replace("_shared", ""), [_hold_name(controller_id)])


__all__ = [
    "INDEX_VERSION",
    "PURPOSES",
    "Vault",
    "begin",
    "has_key",
    "keys_are_there",
    "living",
    "open_payloads",
    "record_signer",
    "return_key",
    "second_factor_key",
    "token_keys",
    "webhook_key",
]
