"""Under which account the server runs.

PostgreSQL refuses root. As root we run it under a service account of its own; everybody else runs it as themselves.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mandata.foundation.errors import Fault

SERVICE_ACCOUNT = "mandata"
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Account:
    """The user that the server runs as. `other` is true where that is not the caller."""

    name: str
    uid: int
    gid: int
    other: bool

    def run(self, arguments: list[str], *, timeout: float = 600) -> "subprocess.CompletedProcess[str]":
        """Run a program as this account, with a clean environment, away from the caller's folder and terminal."""
        return subprocess.run(
            arguments,
            cwd="/",
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            umask=0o077,
            user=self.uid if self.other else None,
            group=self.gid if self.other else None,
            extra_groups=[] if self.other else None,
        )

    def can_enter(self, folder: Path) -> bool:
        """Tell whether this account reaches `folder`: asked of the kernel, because modes and ACLs both count."""
        return self._test("-x", folder)

    def can_read(self, file: Path) -> bool:
        """Tell whether this account can read `file`."""
        return self._test("-r", file)

    def _test(self, flag: str, path: Path) -> bool:
        return self.run(["/bin/sh", "-c", 'test "$1" "$2"', "sh", flag, str(path)]).returncode == 0


def account() -> Account:
    """Return the account that the server runs under; as root, make the service account when it is missing."""
    if os.geteuid() != 0:
        return Account(_own_name(), os.geteuid(), os.getegid(), other=False)
    entry = _look_up() or _create()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, other=True)


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container may run as a number without a name
        return str(os.geteuid())


def _look_up() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(SERVICE_ACCOUNT)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path=_ENVIRONMENT["PATH"])
    if useradd is None:
        raise Fault(
            f"PostgreSQL does not run as root, there is no user {SERVICE_ACCOUNT}, and useradd is missing.",
            remedy=f"Create a system user {SERVICE_ACCOUNT}, or start mandata as an ordinary user.",
        )
    command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", "--comment", "Mandata's PostgreSQL", SERVICE_ACCOUNT]
    made = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    entry = _look_up()  # another command may have made it in the meantime: what counts is that it exists
    if entry is None:
        raise Fault(
            f"The system user {SERVICE_ACCOUNT} could not be created: {made.stderr.strip()}",
            remedy=f"Create it (useradd --system {SERVICE_ACCOUNT}), or start mandata as an ordinary user.",
        )
    return entry
