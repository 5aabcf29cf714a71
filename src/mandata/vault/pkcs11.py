"""Keys under a token (PKCS#11): a smart card, a hardware security module, or SoftHSM.

    keys/installation.token           which object of the token opens the service keys
    keys/service/<name>.key           a service key, encrypted by that object
    keys/controllers/<controller>/<epoch>.key   an epoch key, encrypted by an object of its own

Each epoch has its own AES-256 object in the token, sensitive and not extractable. Destroying it makes every copy of the
file useless, wherever backups have carried it. What `FileKeys` wrote before is read, too, until it turns.

    file, after its form: object's CKA_ID (16 bytes) || nonce (12) || AES-256-GCM ciphertext with its 16-byte tag
    associated data: "mandata token 1" || what it is for
"""

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import (
    DeviceError,
    FunctionFailed,
    GeneralError,
    NoSuchKey,
    NoSuchToken,
    PKCS11Error,
    SessionHandleInvalid,
    UserAlreadyLoggedIn,
)

from mandata.vault import keyfiles, providers
from mandata.vault.errors import KeysMissing
from mandata.vault.providers import FileKeys

_EPOCH: Final = "mandata-epoch-token-key-1"
_SERVICE: Final = "mandata-service-token-key-1"
_INSTALLATION: Final = "mandata-installation-token-1"
_TEMPLATE: Final = {
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.PRIVATE: True,
    Attribute.MODIFIABLE: False,
}
_PAUSES: Final = (0.02, 0.1, 0.3)
"""Seconds before a token that did not find something, or failed, is asked again."""
_PASSING: Final = (NoSuchKey, NoSuchToken, GeneralError, FunctionFailed, DeviceError)
"""What may be over the next moment. A wrong PIN is not: a token locks itself after a few."""
_T = TypeVar("_T")


class Pkcs11Keys(FileKeys):
    """Keys in files that only a token opens."""

    name = "pkcs11"

    def __init__(self, folder: Path, *, module: Path | None, token: str, pin_file: Path | None) -> None:
        super().__init__(folder)
        if not (module and token and pin_file):
            raise KeysMissing(
                "The token is not named.",
                remedy="Set MANDATA_PKCS11_MODULE, MANDATA_PKCS11_TOKEN and MANDATA_PKCS11_PIN_FILE.",
            )
        self._token = _Token(module, token, pin_file)

    def destroy_epoch_key(self, controller_id: UUID, epoch: int) -> None:
        # The object first: once it is gone, no copy of the file is worth anything. By its name, too, because a process
        # that was killed may have left an object to which no file leads.
        with contextlib.suppress(KeysMissing):
            form, written = keyfiles.read(self._epoch_path(controller_id, epoch))
            if form == _EPOCH:
                self._token.destroy(id=written[:16])
        if keyfiles.there(self._own()):
            self._token.destroy(label=self._label(controller_id, epoch))
        super().destroy_epoch_key(controller_id, epoch)

    def adopt(self) -> int:
        moved = 0
        for path in sorted((self._folder / "service").glob("[!.]*.key")):
            form, written = keyfiles.read(path)
            if form != _SERVICE:
                key = super()._open_service(path.stem, form, written)
                keyfiles.write_instead(path, *self._close_service(path.stem, key))
                moved += 1
        return moved

    def complete(self) -> bool:
        """Say whether the installation's object is in the token. Raises KeysMissing where the token does not answer."""
        return (keyfiles.there(self._own()) and self._token.has(self._installation_object())) or super().complete()

    def _close_epoch(self, controller_id: UUID, epoch: int, key: bytes) -> tuple[str, bytes]:
        made = secrets.token_bytes(16)
        self._token.make(made, self._label(controller_id, epoch))
        return _EPOCH, self._token.encrypt(made, _epoch_data(controller_id, epoch), key)

    def _open_epoch(self, controller_id: UUID, epoch: int, form: str, written: bytes) -> bytes:
        if form != _EPOCH:
            return super()._open_epoch(controller_id, epoch, form, written)
        return self._token.decrypt(written, _epoch_data(controller_id, epoch))

    def _close_service(self, name: str, key: bytes) -> tuple[str, bytes]:
        return _SERVICE, self._token.encrypt(self._installation_object(), _service_data(name), key)

    def _open_service(self, name: str, form: str, written: bytes) -> bytes:
        if form != _SERVICE:
            return super()._open_service(name, form, written)
        return self._token.decrypt(written, _service_data(name))

    def _installation_object(self) -> bytes:
        """Return the CKA_ID of the installation's own object, made on first use."""
        if not keyfiles.there(self._own()):
            made = secrets.token_bytes(16)
            self._token.make(made, f"mandata {made[:4].hex()}")
            keyfiles.write_once(self._own(), _INSTALLATION, made)
        form, written = keyfiles.read(self._own())
        if form != _INSTALLATION:
            raise keyfiles.unknown_form(self._own(), form)
        return written

    def _own(self) -> Path:
        return self._folder / "installation.token"

    def _label(self, controller_id: UUID, epoch: int) -> str:
        # With the installation's name, since several may share a token, and a drill knows the same controllers.
        return f"mandata {self._installation_object()[:4].hex()} {controller_id} {epoch}"


def _epoch_data(controller_id: UUID, epoch: int) -> bytes:
    return controller_id.bytes + providers.epoch_owner(epoch)


def _service_data(name: str) -> bytes:
    return b"service " + name.encode()


class _Token:
    """One session with a token for each process, opened when it is first needed, and anew after a fork or a loss."""

    def __init__(self, module: Path, label: str, pin_file: Path) -> None:
        self._module, self._label, self._pin_file = module, label, pin_file
        self._lock = threading.Lock()
        self._session: Any = None
        self._process = 0

    def make(self, name: bytes, label: str) -> None:
        """Make an AES-256 object in the token."""

        def work(session: Any) -> None:
            session.generate_key(
                KeyType.AES, 256, id=name, label=label, store=True, template=_TEMPLATE,
                capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
            )  # fmt: skip

        self._ask(work)

    def has(self, name: bytes) -> bool:
        """Say whether an object is there."""
        return self._ask(lambda session: any(True for _ in _objects(session, {Attribute.ID: name})))

    def destroy(self, *, id: bytes = b"", label: str = "") -> None:
        """Destroy every object of an id or a label."""
        sought: dict[Any, Any] = {Attribute.ID: id} if id else {Attribute.LABEL: label}

        def work(session: Any) -> None:
            for found in list(_objects(session, sought)):
                found.destroy()

        self._ask(work)

    def encrypt(self, name: bytes, data: bytes, plaintext: bytes) -> bytes:
        """Return the object's id, a nonce and the ciphertext."""
        nonce = os.urandom(12)
        sealed = self._ask(lambda session: _key(session, name).encrypt(plaintext, **_gcm(nonce, data)))
        return name + nonce + bytes(sealed)

    def decrypt(self, written: bytes, data: bytes) -> bytes:
        """Return what `encrypt` was given. Raises KeysMissing where the object is gone or the bytes were changed."""
        name, nonce, sealed = written[:16], written[16:28], written[28:]
        return bytes(self._ask(lambda session: _key(session, name).decrypt(sealed, **_gcm(nonce, data))))

    def _ask(self, work: Callable[[Any], _T]) -> _T:
        with self._lock:
            try:
                return self._patiently(work)
            except NoSuchKey as error:
                raise KeysMissing(
                    f"The token {self._label} does not hold the key's object any more.",
                    remedy="It was destroyed with its epoch, or the token was replaced: run `mandata keys recover`.",
                ) from error
            except PKCS11Error as error:
                self._session = None
                raise KeysMissing(
                    f"The token {self._label} does not do what it is asked: {type(error).__name__} {error}".strip(),
                    remedy="Look at MANDATA_PKCS11_MODULE, MANDATA_PKCS11_TOKEN and MANDATA_PKCS11_PIN_FILE.",
                ) from error

    def _patiently(self, work: Callable[[Any], _T]) -> _T:
        """Ask, and again: while others make objects, a token may overlook them, fail, or not know itself, until its
        library looks at everything anew (SoftHSM does)."""
        for pause in _PAUSES:
            try:
                return work(self._opened())
            except SessionHandleInvalid:
                self._session = None  # somebody else of this process had the library look anew
            except _PASSING:
                self._session = None
                time.sleep(pause)
                _library(self._module).reinitialize()
        return work(self._opened())

    def _opened(self) -> Any:
        if self._process != os.getpid():
            self._session = None
        if self._session is None:
            library = _library(self._module)
            if self._process and self._process != os.getpid():
                library.reinitialize()  # a child must not use what its parent initialised
            self._process = os.getpid()
            self._session = _open(library.get_token(token_label=self._label), self._pin())
        return self._session

    def _pin(self) -> str:
        try:
            return self._pin_file.read_text().strip()
        except OSError as error:
            raise KeysMissing(
                f"The token's PIN cannot be read from {self._pin_file}: {error.strerror}.",
                remedy="Name a file with the PIN and nothing else in MANDATA_PKCS11_PIN_FILE (0600).",
            ) from error


def _open(token: Any, pin: str) -> Any:
    try:
        return token.open(rw=True, user_pin=pin)
    except UserAlreadyLoggedIn:
        return token.open(rw=True)  # this process is logged in, and that is so for each of its sessions


def _library(module: Path) -> Any:
    try:
        return pkcs11.lib(str(module))
    except (RuntimeError, PKCS11Error) as error:
        raise KeysMissing(
            f"The module {module} cannot be loaded.", remedy="Name the token's library in MANDATA_PKCS11_MODULE."
        ) from error


def _key(session: Any, name: bytes) -> Any:
    return session.get_key(object_class=ObjectClass.SECRET_KEY, id=name)


def _objects(session: Any, sought: dict[Any, Any]) -> Iterator[Any]:
    yield from session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, **sought})


def _gcm(nonce: bytes, data: bytes) -> dict[str, Any]:
    return {
        "mechanism": Mechanism.AES_GCM,
        "mechanism_param": pkcs11.GCMParams(nonce, b"mandata token 1" + data, 128),
    }
