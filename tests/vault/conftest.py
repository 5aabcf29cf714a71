"""Both providers for one test: files, and files under a token of Debian's SoftHSM."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mandata.infra.environment import env
from mandata.vault.pkcs11 import Pkcs11Keys
from mandata.vault.providers import FileKeys, provider

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")

Keys = Callable[[Path], FileKeys]


@pytest.fixture(params=["file", "pkcs11"])
def keys(request: pytest.FixtureRequest) -> Keys:
    """Makes a provider on a folder of keys."""
    if request.param == "file":
        return FileKeys
    softhsm, token = request.getfixturevalue("softhsm"), request.getfixturevalue("token")
    return lambda folder: Pkcs11Keys(folder, module=MODULE, token=token, pin_file=softhsm / "pin")


@pytest.fixture(params=["file", "pkcs11"])
def provided(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The installation's own provider, for this test and the processes that it starts; its name."""
    if request.param == "pkcs11":
        softhsm, token = request.getfixturevalue("softhsm"), request.getfixturevalue("token")
        monkeypatch.setenv("MANDATA_KEY_PROVIDER", "pkcs11")
        monkeypatch.setenv("MANDATA_PKCS11_MODULE", str(MODULE))
        monkeypatch.setenv("MANDATA_PKCS11_TOKEN", token)
        monkeypatch.setenv("MANDATA_PKCS11_PIN_FILE", str(softhsm / "pin"))
    _anew()
    yield str(request.param)
    monkeypatch.undo()
    _anew()


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, object], None]]:
    """Changes a setting for this test and the processes that it starts."""

    def change(name: str, value: object) -> None:
        monkeypatch.setenv(name, str(value))
        _anew()

    yield change
    monkeypatch.undo()
    _anew()


@pytest.fixture
def recipient(tmp_path: Path, setting: Callable[[str, object], None]) -> Path:
    """Recovery copies go to a folder, for an identity of age made for this test; the identity's file."""
    identity, store = tmp_path / "identity.txt", tmp_path / "store"
    store.mkdir()
    subprocess.run(["age-keygen", "-o", str(identity)], check=True, capture_output=True)
    public = next(line for line in identity.read_text().splitlines() if "public key:" in line).split()[-1]
    setting("MANDATA_RECOVERY_RECIPIENTS", public)
    setting("MANDATA_BACKUP_STORE", store)
    return identity


def _anew() -> None:
    env.cache_clear()
    provider.cache_clear()


def hand(*arguments: object) -> "subprocess.Popen[str]":
    """Start `tests.vault.hand`."""
    command = [sys.executable, "-m", "tests.vault.hand", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
