"""Where the keys lie that must not lie in the database: the port, and its provider by files.

    keys/                               0700
      installation.key                  32 random bytes: wraps every epoch key
      service/<name>.key                random bytes of the installation's services (tokens, the record's signature)
      controllers/<controller>/<epoch>.key   an epoch key, wrapped under the installation key

What a file looks like: `keyfiles`. The other provider, a token: `pkcs11`.
Imports no Django, because the tracking door reads its token keys here too.
"""

import os
import secrets
from functools import cache
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mandata.foundation.errors import Fault
from mandata.infra.environment import env
from mandata.vault import keyfiles, rules


class KeyProvider(Protocol):
    """Keeps epoch keys and service keys outside the database."""

    name: str

    def create_epoch_key(self, controller_id: UUID, epoch: int) -> None:
        """Make a random epoch key, durable before this returns; one that is there stays as it is."""

    def install_epoch_key(self, controller_id: UUID, epoch: int, key: bytes) -> None:
        """Keep an epoch key that a recovery copy has. Raises KeysMissing where another value is kept."""

    def epoch_key(self, controller_id: UUID, epoch: int) -> bytes:
        """Return an epoch key. Raises KeysMissing."""

    def destroy_epoch_key(self, controller_id: UUID, epoch: int) -> None:
        """Destroy an epoch key for good."""

    def epochs(self) -> list[tuple[UUID, int]]:
        """Return controller and number of every epoch key that is kept, those of epochs to come among them."""

    def service_key(self, name: str, length: int) -> bytes:
        """Return the installation's key for a service, made on first use."""

    def service_keys(self) -> dict[str, bytes]:
        """Return every service key that is kept."""

    def install_service_key(self, name: str, key: bytes, *, replace: bool) -> None:
        """Keep a service key that a recovery copy has. Raises KeysMissing where another value is kept, unless
        `replace`."""

    def adopt(self) -> int:
        """Put service keys that another provider wrote into this one's form; return how many those were."""

    def complete(self) -> bool:
        """Say whether the key is there without which no other opens."""


class FileKeys:
    """Keys in a folder of the installation's own."""

    name = "file"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create_epoch_key(self, controller_id: UUID, epoch: int) -> None:
        path = self._epoch_path(controller_id, epoch)
        if not keyfiles.there(path):
            keyfiles.write_once(path, *self._close_epoch(controller_id, epoch, secrets.token_bytes(rules.KEY_BYTES)))

    def install_epoch_key(self, controller_id: UUID, epoch: int, key: bytes) -> None:
        path = self._epoch_path(controller_id, epoch)
        if not keyfiles.there(path):
            keyfiles.write_once(path, *self._close_epoch(controller_id, epoch, key))
        if self.epoch_key(controller_id, epoch) != key:
            raise keyfiles.another(path)

    def epoch_key(self, controller_id: UUID, epoch: int) -> bytes:
        return self._open_epoch(controller_id, epoch, *keyfiles.read(self._epoch_path(controller_id, epoch)))

    def destroy_epoch_key(self, controller_id: UUID, epoch: int) -> None:
        keyfiles.destroy(self._epoch_path(controller_id, epoch))

    def epochs(self) -> list[tuple[UUID, int]]:
        paths = sorted((self._folder / "controllers").glob("*/*.key"))
        return [(UUID(path.parent.name), int(path.stem)) for path in paths if not path.name.startswith(".")]

    def service_key(self, name: str, length: int) -> bytes:
        path = self._service_path(name)
        if not keyfiles.there(path):
            keyfiles.write_once(path, *self._close_service(name, secrets.token_bytes(length)))
        return self._open_service(name, *keyfiles.read(path))

    def service_keys(self) -> dict[str, bytes]:
        paths = sorted((self._folder / "service").glob("*.key"))
        return {path.stem: self._open_service(path.stem, *keyfiles.read(path)) for path in paths if path.name[0] != "."}

    def install_service_key(self, name: str, key: bytes, *, replace: bool) -> None:
        path = self._service_path(name)
        if not keyfiles.there(path):
            keyfiles.write_once(path, *self._close_service(name, key))
        if self._open_service(name, *keyfiles.read(path)) == key:
            return
        if not replace:
            raise keyfiles.another(path)
        keyfiles.write_instead(path, *self._close_service(name, key))

    def adopt(self) -> int:
        return 0

    def complete(self) -> bool:
        """Say whether the installation's own key is there. Raises KeysMissing where the folder cannot be read."""
        return keyfiles.there(self._folder / "installation.key")

    def _close_epoch(self, controller_id: UUID, epoch: int, key: bytes) -> tuple[str, bytes]:
        """Return the form and the bytes in which an epoch key is written."""
        path = self._folder / "installation.key"
        if not keyfiles.there(path):
            keyfiles.write_once(path, "mandata-installation-key-1", secrets.token_bytes(rules.KEY_BYTES))
        wrapped = rules.wrap(self._installation(), controller_id, epoch_owner(epoch), key, os.urandom(12))
        return _EPOCH, wrapped

    def _open_epoch(self, controller_id: UUID, epoch: int, form: str, written: bytes) -> bytes:
        if form != _EPOCH:
            raise keyfiles.unknown_form(self._epoch_path(controller_id, epoch), form)
        return rules.unwrap(self._installation(), controller_id, epoch_owner(epoch), written)

    def _close_service(self, name: str, key: bytes) -> tuple[str, bytes]:  # noqa: ARG002 - a token binds it
        return _SERVICE, key

    def _open_service(self, name: str, form: str, written: bytes) -> bytes:
        if form != _SERVICE:
            raise keyfiles.unknown_form(self._service_path(name), form)
        return written

    def _installation(self) -> AESGCM:
        path = self._folder / "installation.key"
        form, key = keyfiles.read(path)
        if form != "mandata-installation-key-1":
            raise keyfiles.unknown_form(path, form)
        return AESGCM(key)

    def _epoch_path(self, controller_id: UUID, epoch: int) -> Path:
        return self._folder / "controllers" / str(controller_id) / f"{epoch}.key"

    def _service_path(self, name: str) -> Path:
        return self._folder / "service" / f"{name}.key"


_EPOCH: Final = "mandata-epoch-key-1"
_SERVICE: Final = "mandata-service-key-1"


def epoch_owner(epoch: int) -> bytes:
    """Return the owner's name under which an epoch key is wrapped."""
    return b"epoch %d" % epoch


@cache
def provider() -> KeyProvider:
    """Return the installation's key provider, as MANDATA_KEY_PROVIDER names it. Raises Fault for another word."""
    settings = env()
    if settings.key_provider == "file":
        return FileKeys(settings.keys_folder)
    if settings.key_provider == "pkcs11":
        from mandata.vault.pkcs11 import Pkcs11Keys

        return Pkcs11Keys(
            settings.keys_folder,
            module=settings.pkcs11_module,
            token=settings.pkcs11_token,
            pin_file=settings.pkcs11_pin_file,
        )
    raise Fault("MANDATA_KEY_PROVIDER is neither file nor pkcs11.", remedy="Set MANDATA_KEY_PROVIDER=file.")
