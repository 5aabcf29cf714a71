"""Where the keys lie that must not lie in the database: the port, and its provider by files.

    keys/                               0700
      installation.key                  32 random bytes: wraps every epoch key
      service/<name>.key                random bytes of the installation's services (tokens, the record's signature)
      controllers/<controller>/<epoch>.key   an epoch key, wrapped under the installation key

Each file is one line of text: the format's name, then hexadecimal. All are 0600 and appear whole or not at all.
Imports no Django, because the tracking door reads its token keys here too.
"""

import contextlib
import os
import secrets
from functools import cache
from pathlib import Path
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mandata.infra.environment import env
from mandata.vault import rules
from mandata.vault.errors import KeysMissing


class KeyProvider(Protocol):
    """Keeps epoch keys and service keys outside the database."""

    def create_epoch_key(self, controller_id: UUID, epoch: int) -> None:
        """Make a random epoch key, durable before this returns; one that is there stays as it is."""

    def epoch_key(self, controller_id: UUID, epoch: int) -> bytes:
        """Return an epoch key. Raises KeysMissing."""

    def destroy_epoch_key(self, controller_id: UUID, epoch: int) -> None:
        """Destroy an epoch key for good."""

    def service_key(self, name: str, length: int) -> bytes:
        """Return the installation's key for a service, made on first use."""

    def complete(self) -> bool:
        """Say whether the key is there without which no other opens."""


class FileKeys:
    """Keys in a folder of the installation's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create_epoch_key(self, controller_id: UUID, epoch: int) -> None:
        path = self._epoch_path(controller_id, epoch)
        wrapped = rules.wrap(
            self._installation(),
            controller_id,
            _epoch_owner(epoch),
            secrets.token_bytes(rules.KEY_BYTES),
            os.urandom(12),
        )
        _write_once(path, "mandata-epoch-key-1", wrapped)

    def epoch_key(self, controller_id: UUID, epoch: int) -> bytes:
        wrapped = _read(self._epoch_path(controller_id, epoch), "mandata-epoch-key-1")
        return rules.unwrap(self._installation(), controller_id, _epoch_owner(epoch), wrapped)

    def destroy_epoch_key(self, controller_id: UUID, epoch: int) -> None:
        path = self._epoch_path(controller_id, epoch)
        with contextlib.suppress(FileNotFoundError):
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
                os.fsync(file.fileno())
            path.unlink()
            _sync_folder(path.parent)

    def service_key(self, name: str, length: int) -> bytes:
        path = self._folder / "service" / f"{name}.key"
        if not _there(path):
            _write_once(path, "mandata-service-key-1", secrets.token_bytes(length))
        return _read(path, "mandata-service-key-1")

    def complete(self) -> bool:
        """Say whether the installation's own key is there. Raises KeysMissing where the folder cannot be read."""
        return _there(self._folder / "installation.key")

    def _installation(self) -> AESGCM:
        path = self._folder / "installation.key"
        if not _there(path):
            _write_once(path, "mandata-installation-key-1", secrets.token_bytes(rules.KEY_BYTES))
        return AESGCM(_read(path, "mandata-installation-key-1"))

    def _epoch_path(self, controller_id: UUID, epoch: int) -> Path:
        return self._folder / "controllers" / str(controller_id) / f"{epoch}.key"


def _epoch_owner(epoch: int) -> bytes:
    return b"epoch %d" % epoch


def _write_once(path: Path, form: str, key: bytes) -> None:
    """Let the file appear whole and durable; when two make it at once, the first one stays."""
    for folder in (*reversed(path.parent.parents), path.parent):
        if not folder.exists():  # mkdir(parents=True) would make the parents with open modes
            folder.mkdir(mode=0o700, exist_ok=True)
    fresh = path.parent / f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{form} {key.hex()}\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
    _sync_folder(path.parent)


def _there(path: Path) -> bool:
    """Whether a key is there. A folder that cannot be read is told: a new key beside the old would open nothing."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unreadable(path, error) from error
    return True


def _unreadable(path: Path, error: OSError) -> KeysMissing:
    return KeysMissing(
        f"The key {path.name} in {path.parent} cannot be read: {error.strerror}.",
        remedy="Give the keys folder to the user who runs mandata, with mode 0700, or name it with MANDATA_KEYS.",
    )


def _read(path: Path, form: str) -> bytes:
    try:
        found, _, value = path.read_text().strip().partition(" ")
    except FileNotFoundError:
        raise KeysMissing(
            f"The key {path.name} is not in the keys folder.", remedy="Restore the keys folder."
        ) from None
    except OSError as error:
        raise _unreadable(path, error) from error
    if found != form:
        raise KeysMissing(f"The key {path.name} is not of the form {form}.", remedy="Restore the keys folder.")
    return bytes.fromhex(value)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@cache
def provider() -> KeyProvider:
    """Return the installation's key provider."""
    return FileKeys(env().keys_folder)
