"""A base backup becomes the embedded server's cluster: combined, recovered by the write-ahead log, and only then put in
place.

    root/restore/                   the caller's, gone at the end
      fetched/<n>/                  the base backups as they were unpacked, the full one first
      combining-<random>/           what pg_combinebackup writes
      recovering/                   a whole cluster that still replays the write-ahead log
      asked/, given/                names that the server asks for; the files it gets
    root/data/                      comes into being by a rename, when nothing is left to be replayed

PostgreSQL asks for each file of the write-ahead log by a program that knows neither stores nor keys: it leaves the name
in `asked` and takes the file from `given`. Who restores answers there. When that process is killed, the program sees
it, and the server ends instead of waiting; the next run starts it again where it was.
"""

import contextlib
import os
import re
import secrets
import shlex
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from mandata.foundation.errors import Fault
from mandata.infra.postgres import place, process
from mandata.infra.postgres.place import Place
from mandata.infra.postgres.urls import OWNER, ROLES, SUPERUSER

Serve = Callable[[str], Iterable[bytes] | None]
"""Gives the bytes of a file of the write-ahead log by its name, or None where there is no such file."""

_NAME = re.compile(r"[0-9A-F]{24}|[0-9A-F]{8}\.history")
_DAY = 86_400.0
_KEPT = 4
_SHORT = "recovery ended before configured recovery target was reached"
_SOCKET_PORT = 5432  # names the socket only: nothing listens on TCP while recovering

_PROGRAM = """\
#!/bin/sh
# Written by mandata for one restore: asks for the file $1 of the write-ahead log and copies it to $2.
set -u
while :; do
    # Again and again: an answer may be let go between two questions for the same file.
    : >{asked}/"$1" || exit 255
    if [ -e {given}/"$1".absent ]; then exit 1; fi
    if [ -e {given}/"$1".failed ]; then exit 255; fi
    if [ -e {given}/"$1" ]; then cp {given}/"$1" "$2" && exit 0 || exit 255; fi
    [ -d /proc/{pid} ] || exit 255
    sleep 0.02
done
"""

_CONFIGURATION = """\
# Written by mandata for one restore. Nobody but the restore reaches this server.
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
hba_file = '{hba}'
max_connections = 100
shared_buffers = '{shared_buffers}'
max_wal_size = '2GB'
hot_standby = off
wal_level = replica
archive_mode = off
timezone = 'UTC'
log_timezone = 'UTC'
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
restore_command = '{command}'
recovery_target_timeline = 'latest'
{target}
"""


class Recovery:
    """One restore of the embedded server whose folder is `folder`. Its steps may each be repeated."""

    def __init__(self, folder: Path, *, shared_buffers: str = "128MB") -> None:
        self.place: Place = place.make(folder)
        self.folder = self.place.root / "restore"
        self._shared_buffers = shared_buffers
        self.folder.mkdir(mode=0o711, exist_ok=True)
        self.folder.chmod(0o711)

    @property
    def done(self) -> bool:
        """Whether the cluster is in its place."""
        return self.place.initialised

    def fetched(self, number: int) -> Path:
        """Return the folder of the base backup with this number, whole once it is there."""
        return self.folder / "fetched" / str(number)

    def unpack(self, number: int, fill: Callable[[Path], None]) -> None:
        """Let `fill` write a base backup into an empty folder, and keep it; one that is whole already stays."""
        target = self.fetched(number)
        if target.exists():
            return
        target.parent.mkdir(mode=0o711, exist_ok=True)
        draft = self.folder / "unpacking"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        fill(draft)
        _require_version(draft, self._major())
        _hand_over(draft, self.place)
        os.sync()
        draft.rename(target)

    def combine(self, count: int) -> None:
        """Make one cluster of a full base backup and the incremental ones behind it; what they were goes."""
        target = self.folder / "recovering"
        if target.exists() or self.done:
            return
        inputs = [self.fetched(number) for number in range(count)]
        if count == 1:
            inputs[0].rename(target)
            return
        for left in self.folder.glob("combining*"):
            shutil.rmtree(left, ignore_errors=True)
        # A name of its own: the program that a killed restore has started may still be writing.
        draft = self.folder / f"combining-{secrets.token_hex(4)}"
        place.prepare(draft, self.place.account)
        program = str(place.binaries(self.place.account) / "pg_combinebackup")
        run = self.place.account.run([program, "-o", str(draft), *map(str, inputs)], timeout=_DAY)
        if run.returncode != 0:
            raise Fault(
                f"The base backups do not fit together: {run.stdout.strip()[-600:]}",
                remedy="Restore an earlier backup with --backup, or a later full one.",
            )
        draft.rename(target)
        shutil.rmtree(self.folder / "fetched")

    def recover(self, serve: Serve, *, until: datetime | None = None) -> None:
        """Replay the write-ahead log to its end, or up to an instant; give the roles this installation's passwords;
        put the cluster in its place. Raises Fault with the log's last lines."""
        if self.done:
            return
        data = self.folder / "recovering"
        with self._sockets() as sockets, _Answering(self.folder, self.place, serve) as answering:
            self._stop(data)
            self._write(data, sockets, until)
            self._start(data, sockets, answering)
            self._set_passwords(sockets)
            self._stop(data)
        for name in ("recovery.signal", "backup_label.old", "tablespace_map.old"):
            (data / name).unlink(missing_ok=True)
        data.rename(self.place.data)
        shutil.rmtree(self.folder)

    def abandon(self) -> None:
        """Stop what recovers and forget everything that is not in its place yet."""
        self._stop(self.folder / "recovering")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _major(self) -> int:
        run = self.place.account.run([str(place.binaries(self.place.account) / "postgres"), "--version"])
        return int(re.search(r"(\d+)", run.stdout)[1])  # type: ignore[index]

    @contextlib.contextmanager
    def _sockets(self) -> Iterator[Path]:
        # In /tmp, because a socket's path has 107 bytes at most; entered by the server's account and root alone.
        folder = Path(tempfile.mkdtemp(prefix="mandata-", dir="/tmp"))
        try:
            if self.place.account.other:
                os.chown(folder, self.place.account.uid, self.place.account.gid)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _write(self, data: Path, sockets: Path, until: datetime | None) -> None:
        asked, given = (self.folder / name for name in ("asked", "given"))
        program, hba = self.folder / "wal", self.folder / "pg_hba.conf"
        quoted = {"asked": shlex.quote(str(asked)), "given": shlex.quote(str(given)), "pid": os.getpid()}
        program.write_text(_PROGRAM.format(**quoted))
        program.chmod(0o755)
        hba.write_text("local all all trust\n")
        hba.chmod(0o644)
        target = ""
        if until is not None:
            instant = f"{until.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00"
            target = f"recovery_target_time = '{instant}'\nrecovery_target_action = promote"
        command = shlex.quote(str(program)).replace("%", "%%") + ' "%f" "%p"'
        text = _CONFIGURATION.format(
            port=_SOCKET_PORT,
            sockets=_quoted(sockets),
            hba=_quoted(hba),
            shared_buffers=self._shared_buffers,
            command=_quoted(command),
            target=target,
        )
        file = self.folder / "postgresql.conf"
        file.write_text(text)
        file.chmod(0o644)
        # What ALTER SYSTEM wrote would stand above the file below: other programs, other addresses to listen on.
        for name in ("postgresql.auto.conf", "standby.signal"):
            (data / name).unlink(missing_ok=True)
        if (data / "backup_label").exists():  # not begun yet: later, a checkpoint in pg_control says where to go on
            _touch(data / "recovery.signal", self.place)

    def _start(self, data: Path, sockets: Path, answering: "_Answering") -> None:
        """Start the server and wait until it has replayed everything and takes connections."""
        log = self.place.run / "restore.log"
        options = f"-c config_file={shlex.quote(str(self.folder / 'postgresql.conf'))}"
        program = str(place.binaries(self.place.account) / "pg_ctl")
        began = log.stat().st_size if log.exists() else 0
        process.disarm(data, self.place.run)
        arguments = [program, "-D", str(data), "-l", str(log), "-o", options, "-w", "-t", str(int(_DAY)), "start"]
        run = self.place.account.run(arguments, timeout=_DAY)
        if run.returncode == 0 and self._answers(data, sockets):
            return
        if answering.error is not None:
            raise answering.error
        said = _tail(log, began)
        if _SHORT in said:
            raise Fault(
                "The write-ahead log in the store ends before the time that was asked for.",
                remedy="Run it with --anew and without --at, which goes as far as there is, or with an earlier time.",
            )
        raise Fault(f"The backup does not recover:\n{said or run.stdout.strip()}", remedy=f"The whole log is {log}.")

    def _answers(self, data: Path, sockets: Path) -> bool:
        """Wait until the server answers: `pg_ctl` already calls one started that still replays. False when it ends."""
        import psycopg

        while process.postmaster(data) is not None:
            try:
                with psycopg.connect(host=str(sockets), port=_SOCKET_PORT, user=SUPERUSER, dbname="postgres"):
                    return True
            except psycopg.OperationalError:
                time.sleep(0.05)
        return False

    def _stop(self, data: Path) -> None:
        if process.postmaster(data) is None:
            return
        program = str(place.binaries(self.place.account) / "pg_ctl")
        self.place.account.run([program, "-D", str(data), "-m", "fast", "-w", "-t", "120", "stop"])
        if process.postmaster(data) is not None:
            self.place.account.run([program, "-D", str(data), "-m", "immediate", "-w", "-t", "60", "stop"])

    def _set_passwords(self, sockets: Path) -> None:
        import psycopg
        from psycopg import sql

        with psycopg.connect(
            host=str(sockets), port=_SOCKET_PORT, user=SUPERUSER, dbname="postgres", autocommit=True
        ) as connection:
            for role in ROLES:
                # Hashed here, so that the password itself cannot appear in any log.
                password = _password(self.place, role).encode()
                verifier = connection.pgconn.encrypt_password(password, role.encode(), b"scram-sha-256").decode()
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
                if known is None and role in (SUPERUSER, OWNER):
                    raise Fault(f"The backup's database has no role {role}.", remedy="It is not one of mandata's own.")
                if known is not None:
                    statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
                    connection.execute(statement.format(sql.Identifier(role), sql.Literal(verifier)))
            connection.execute("CHECKPOINT")


class _Answering:
    """Answers the names in `asked`, in a thread, while the block lasts; `error` is what an answer failed of."""

    def __init__(self, folder: Path, where: Place, serve: Serve) -> None:
        self._asked, self._given = folder / "asked", folder / "given"
        self._where, self._serve = where, serve
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wal", daemon=True)
        self.error: BaseException | None = None

    def __enter__(self) -> "_Answering":
        for path in (self._asked, self._given):
            shutil.rmtree(path, ignore_errors=True)
        place.prepare(self._asked, self._where.account)
        self._given.mkdir(mode=0o711)
        self._given.chmod(0o711)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        for path in (self._asked, self._given):
            shutil.rmtree(path, ignore_errors=True)

    def _run(self) -> None:
        known: list[str] = []
        while not self._ending.is_set():
            for name in sorted(path.name for path in self._asked.iterdir()):
                if name not in known or not self._there(name):
                    self._forget(known)
                    self._give(name)
                    known.append(name)
                (self._asked / name).unlink(missing_ok=True)
            time.sleep(0.01)

    def _there(self, name: str) -> bool:
        return (self._given / name).exists() or (self._given / f"{name}.absent").exists()

    def _forget(self, known: list[str]) -> None:
        """Let go of files that the server has copied, but for the last few, for which it may ask once more."""
        for name in known[:-_KEPT]:
            (self._given / name).unlink(missing_ok=True)
        del known[:-_KEPT]

    def _give(self, name: str) -> None:
        try:
            chunks = self._serve(name) if _NAME.fullmatch(name) else None
            if chunks is None:
                (self._given / f"{name}.absent").touch()
                return
            draft = self._given / ".part"
            draft.unlink(missing_ok=True)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
            if self._where.account.other:
                os.chown(draft, self._where.account.uid, self._where.account.gid)
            draft.rename(self._given / name)
        except Exception as error:
            self.error = error
            (self._given / f"{name}.failed").touch()  # the server ends: taken for absent, the rest would be lost


def _require_version(data: Path, major: int) -> None:
    file = data / "PG_VERSION"
    found = file.read_text().strip() if file.is_file() else ""
    if found != str(major):
        raise Fault(
            f"The backup is of PostgreSQL {found or 'unknown'}, and the embedded server is {major}.",
            remedy="Restore it with --into FOLDER for a server of that version, or restore a dump.",
        )


def _hand_over(folder: Path, where: Place) -> None:
    if where.account.other:
        for base, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(Path(base, name), where.account.uid, where.account.gid, follow_symlinks=False)
        os.chown(folder, where.account.uid, where.account.gid)


def _password(where: Place, role: str) -> str:
    """Return the role's password in this installation, made where it is missing."""
    file = where.root / "passwords" / role
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_urlsafe(32) + "\n")
    return where.password(role)


def _quoted(path: Path | str) -> str:
    return str(path).replace("'", "''")


def _touch(path: Path, where: Place) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if where.account.other:
        os.fchown(handle, where.account.uid, where.account.gid)
    os.close(handle)


def _tail(log: Path, began: int) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(began)
            return "\n".join(stream.read().decode(errors="replace").splitlines()[-15:])
    except OSError:
        return ""
