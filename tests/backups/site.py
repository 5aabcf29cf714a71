"""An installation that may lose its machine: everything lies apart, as its documentation says."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from mandata.infra.postgres import Server
from tests.backups.house import ROOT, House, keygen


class Site(House):
    """A house whose server is durable and its own: each command starts and stops it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.recovery = folder / "recovery.key"
        self.outside = folder / "outside"
        self.server = Server(self.var / "postgres", archive=100)
        self.settings |= {
            "MANDATA_RECOVERY_RECIPIENTS": keygen(self.recovery),
            "MANDATA_OUTSIDE": str(self.outside),
            "MANDATA_SMTP_URL": "smtp://127.0.0.1:9",
        }
        self.told_of: dict[str, Any] = {}
        # What happened, for the tests to compare with.
        self.full: dict[str, Any] = {}
        self.incremental: dict[str, Any] = {}
        self.before: dict[str, Any] = {}
        self.gone = self.admin = ""
        self.upload = self.campaign = self.unfrozen = ""
        self.sent: list[int] = []
        self.sent_later: list[int] = []
        self.new_people: list[str] = []

    @classmethod
    def elsewhere(cls, other: "Site", folder: Path) -> "Site":
        """An empty machine that has nothing of another's but its store and its identities."""
        made = cls.__new__(cls)
        made.__dict__.update(other.__dict__)
        made.folder, made.var, made.outside = folder, folder / "var", folder / "outside"
        made.server = Server(made.var / "postgres", archive=100)
        made.settings = other.settings | {"MANDATA_VAR": str(made.var), "MANDATA_OUTSIDE": str(made.outside)}
        # It must not write into the store that the tests share.
        made.settings["MANDATA_BACKUP_STORE"] = ""
        return made

    def do(self, verb: str, *, within: "dict[str, str] | None" = None, **arguments: Any) -> Any:
        """Carry out a verb of `deeds` in a process of this installation; return its answer."""
        if verb != "found":
            arguments = {"told": self.told_of, **arguments}
        command = [sys.executable, "-m", "tests.backups.deeds", verb, json.dumps(arguments, default=str)]
        environment = self.environment(**(within or {})) | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
        done = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0, (verb, done.returncode, done.stdout, done.stderr[-3000:])
        return json.loads(done.stdout.splitlines()[-1])

    def run(self, *arguments: str, code: int = 0, step: str = "", **settings: str) -> str:
        """Run a command as a process of its own: its database may be another each time."""
        assert not step
        process = self.start(*arguments, **settings)
        out, err = process.communicate(timeout=400)
        assert process.returncode == code, (arguments, process.returncode, out, err[-3000:])
        return out if code == 0 else out + err

    def found(self, people: int = 6) -> None:
        """Make the tables, a shop and its people."""
        self.run("migrate")
        self.told_of = self.do("found", people=people)

    def settle(self) -> None:
        """What the worker's loops do all the time: places for entries, everything shipped, a fresh recovery copy."""
        self.do("settle_all")

    def lose(self, *, outside: bool = False, keys: bool = True) -> None:
        """The machine burns: its folder is gone, with the outside log and the keys where they lay there, too."""
        Server(self.var / "postgres").destroy()
        kept = self.folder / "kept-keys"
        if not keys:
            shutil.move(self.var / "keys", kept)
        shutil.rmtree(self.var)
        if outside:
            shutil.rmtree(self.outside)
        if not keys:
            self.var.mkdir()
            shutil.move(kept, self.var / "keys")

    def restore(self, *options: str, code: int = 0, **settings: str) -> dict[str, Any]:
        """Restore with both identities; return the report."""
        identities = ["--identity", str(self.identity), "--keys-identity", str(self.recovery)]
        said = self.told("restore", "--from", str(self.store), *identities, *options, code=code, **settings)
        return said[-1] if said else {}

    def look(self) -> dict[str, Any]:
        """What the installation says of itself."""
        said: dict[str, Any] = self.do("look")
        return said
