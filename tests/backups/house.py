"""A house that is backed up: an embedded server of its own with the tables of mandata, and its commands."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from mandata.infra.postgres import Server, Urls

ROOT = Path(__file__).absolute().parents[2]


def keygen(path: Path) -> str:
    """Make an age identity with Debian's own program; return the public key."""
    path.unlink(missing_ok=True)
    subprocess.run(["age-keygen", "-o", str(path)], check=True, capture_output=True)
    return subprocess.run(["age-keygen", "-y", str(path)], check=True, capture_output=True, text=True).stdout.strip()


class House:
    """A folder with an installation, its server started by `opened`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.var = folder / "var"
        self.store = folder / "store"
        self.store.mkdir(exist_ok=True)
        self.identity = folder / "backup.key"
        self.server = Server(self.var / "postgres", durable=False, archive=100)
        self.urls = Urls("", "", "")
        self.settings = {
            "MANDATA_VAR": str(self.var),
            "MANDATA_BACKUP_STORE": str(self.store),
            "MANDATA_BACKUP_RECIPIENTS": keygen(self.identity),
            "MANDATA_RECOVERY_RECIPIENTS": keygen(folder / "recovery.key"),
            "MANDATA_BACKUP_SPOOL": "100",
            "MANDATA_LOG_LEVEL": "error",
        }

    @contextmanager
    def opened(self) -> Iterator["House"]:
        """Start the server, make the tables, and stop it at the end."""
        self.var.mkdir(parents=True, exist_ok=True)
        with self.server.use() as self.urls, self.lent(DATABASE_URL=self.urls.app):
            yield self
        self.server.destroy()

    @contextmanager
    def lent(self, **settings: str) -> Iterator["House"]:
        """Make the tables, and have somebody who runs commands; the server is there."""
        migrating = self.start("migrate")
        told = migrating.communicate()
        assert migrating.returncode == 0, told
        self._hand = self._begun(**settings)
        yield self
        self._hand.communicate()

    def _begun(self, **settings: str) -> "subprocess.Popen[str]":
        told = self.environment(**settings, DJANGO_SETTINGS_MODULE="mandata.project.settings")
        command = [sys.executable, "-m", "tests.backups.hand"]
        return subprocess.Popen(command, env=told, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def environment(self, **settings: str) -> dict[str, str]:
        """What a command of this house is told; an empty value takes a setting away."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MANDATA_", "AWS_")) and not name.endswith("DATABASE_URL")
        }
        told = {**kept, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **self.settings, **settings}
        return {name: value for name, value in told.items() if value}

    def start(self, *arguments: str, **settings: str) -> "subprocess.Popen[str]":
        """Start a command of `mandata`."""
        command = [sys.executable, "-m", "mandata.cli", *arguments]
        told = self.environment(**settings)
        return subprocess.Popen(command, env=told, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments: str, code: int = 0, step: str = "", **settings: str) -> str:
        """Run a command to its end; return what it printed: on success to its output, else what it said, too.

        `step`: it dies there by kill -9.
        """
        assert self._hand.stdin is not None
        assert self._hand.stdout is not None
        asked = {"arguments": arguments, "environment": self.environment(**settings), "step": step}
        self._hand.stdin.write(json.dumps(asked) + "\n")
        self._hand.stdin.flush()
        done = json.loads(self._hand.stdout.readline())
        assert done["code"] == code, (arguments, done["code"], done["out"], done["err"][-3000:])
        return str(done["out"] if code == 0 else done["out"] + done["err"])

    def told(self, *arguments: str, code: int = 0, **settings: str) -> list[dict[str, Any]]:
        """Run a command with --json; return its lines."""
        out = self.run(*arguments, "--json", code=code, **settings)
        return [json.loads(line) for line in out.splitlines() if line.startswith("{")]

    def backup(self, *options: str, **settings: str) -> dict[str, Any]:
        """Take a backup; return what was told."""
        (told,) = self.told("backup", *options, code=0, **settings)
        return told

    def sql(self, statement: str) -> Any:
        """Ask the house's database, as its superuser; return the first value."""
        with psycopg.connect(self.urls.superuser, autocommit=True) as connection:
            found = connection.execute(statement.encode())
            row = found.fetchone() if found.description else None
        return row[0] if row else None
