"""Both providers for one test: files, and files under a token of Debian's SoftHSM."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from mandata.infra.environment import env
from mandata.vault.pkcs11 import Pkcs11Keys
from mandata.vault.providers import FileKeys, provider

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "4711"

Keys = Callable[[Path], FileKeys]


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for tokens and the file with their PIN. SoftHSM reads where its tokens are once in a process."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    (folder / "pin").write_text(f"{PIN}\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    yield folder
    if before is None:
        del os.environ["SOFTHSM2_CONF"]


@pytest.fixture(scope="session")
def token(softhsm: Path) -> str:
    """A token of its own; its label."""
    label = f"mandata-{uuid4().hex[:8]}"
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "0815", "--pin", PIN]
    subprocess.run(command, check=True, capture_output=True)
    return label


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
