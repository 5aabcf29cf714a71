"""Both providers for one test: files, and files under a token of Debian's SoftHSM."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from mandata.vault.pkcs11 import Pkcs11Keys
from mandata.vault.providers import FileKeys, provider
from mandata.vault.services import begin

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


TABLES = ("vault_epoch", "vault_secret", "vault_subject_key")


@pytest.fixture
def as_it_was(database: Urls) -> Iterator[None]:
    """At first only the installation itself has keys; behind the test everybody has those that were there before.

    Controllers that it made are not in the directory any more: the keys of some lay in a folder of the test's own.
    """
    folder = env().keys_folder
    kept = folder.with_name(f"{folder.name}.kept")
    subprocess.run(["cp", "-a", folder, kept], check=folder.exists(), capture_output=True)
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"drop table if exists kept_{table}".encode())
            connection.execute(f"create table kept_{table} as table {table}".encode())
            connection.execute(f"delete from {table}".encode())
        before = [row[0] for row in connection.execute("select controller_id from accounts_directory").fetchall()]
    with scope(INSTANCE):
        begin(at=now())
    yield
    subprocess.run(["rm", "-rf", folder], check=True)
    if kept.exists():
        kept.rename(folder)
    with psycopg.connect(database.superuser) as connection:
        for table in TABLES:
            connection.execute(f"delete from {table}".encode())
            connection.execute(f"insert into {table} table kept_{table}".encode())
            connection.execute(f"drop table kept_{table}".encode())
        connection.execute("delete from accounts_directory where controller_id <> all(%s)", [before])


def _anew() -> None:
    env.cache_clear()
    provider.cache_clear()


def hand(*arguments: object) -> "subprocess.Popen[str]":
    """Start `tests.vault.hand`."""
    command = [sys.executable, "-m", "tests.vault.hand", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
