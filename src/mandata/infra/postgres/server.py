"""The launcher: one server for each folder, shared by all commands that use it."""

import contextlib
import fcntl
import hashlib
import os
import secrets
import shlex
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from mandata.foundation.errors import Fault
from mandata.infra.postgres import archiving, configuration, place, process
from mandata.infra.postgres.lifeline import Lifeline
from mandata.infra.postgres.place import Place
from mandata.infra.postgres.urls import APP, DATABASE, OWNER, ROLES, SUPERUSER, Urls, url

# Below Linux's range for outgoing connections (32768 and up), so that nobody is given our port by chance.
_PORTS = range(20_000, 32_000)
_PATIENCE = 15.0  # seconds until the orphaned sessions of a killed server have surely gone
_STALE = ("already exists", "still in use", "is another postmaster", "lock file")


class Server:
    """The embedded PostgreSQL of one folder.

    `port` 0 means a free one, remembered in the folder. `durable=False` makes a throw-away server for tests: no fsync,
    and when the process that started it ends, in whatever way, the server and its data go. `archive`: the write-ahead
    log is put into a spool of up to so many MB, for whoever ships it; 0: nobody wants it.
    Every method may be called by several commands at once; a file lock beside the folder puts them in order.
    """

    def __init__(
        self, folder: Path, *, port: int = 0, shared_buffers: str = "128MB", durable: bool = True, archive: int = 0
    ) -> None:
        self.folder = folder.absolute()
        self._port = port
        self._shared_buffers = shared_buffers
        self._durable = durable
        self._archive = archive
        self._lifeline: Lifeline | None = None

    def running(self) -> bool:
        """Tell whether the server lives and takes connections."""
        found = place.find(self.folder)
        return found is not None and process.ready(found.data)

    def start(self) -> None:
        """Start the server, or attach to the one that runs. Raises Fault with the reason and the log's last lines."""
        with self._locked("lock"):
            self._start()

    def stop(self) -> None:
        """Stop the server: sessions are ended, open transactions rolled back, everything committed is on the disk."""
        with self._locked("lock"):
            self._stop("fast")

    def destroy(self) -> None:
        """Stop the server and delete its data, wherever they are. For throw-away servers."""
        with self._locked("lock"):
            found = place.find(self.folder)
            if found is not None:
                self._stop("immediate")
                shutil.rmtree(found.root)
                if self.folder.is_symlink():
                    self.folder.unlink()
        for name in ("lock", "users"):
            self._beside(name).unlink(missing_ok=True)
        if self._lifeline is not None:
            self._lifeline.release()
            self._lifeline = None

    def urls(self, database: str = DATABASE) -> Urls:
        """Return the addresses of `database` for each role. Raises Fault where no server has been made yet."""
        found = self._found()
        port = process.port_of(found.data) or int((found.root / "port").read_text())
        superuser, owner, app = (url(role, found.password(role), port, database) for role in (SUPERUSER, OWNER, APP))
        return Urls(superuser, owner, app)

    def provision(self, database: str = DATABASE) -> Urls:
        """Make roles, database and privileges of the running server what they should be; return the addresses."""
        from mandata.infra.postgres import provisioning  # psycopg: only where it is needed, the supervisor stays light

        found = self._found()
        passwords = {role: found.password(role) for role in ROLES}
        there = self.urls(database)
        with self._locked("lock"):
            provisioning.provision(self.urls("postgres").superuser, there.superuser, passwords, database)
        return there

    @contextlib.contextmanager
    def use(self) -> Iterator[Urls]:
        """Start or attach, provision, and stop the server again if nobody else uses it.

        The use is a shared lock that the kernel drops with the process: a killed user never keeps a server alive.
        """
        with self._open("users") as users:
            with self._locked("lock"):
                fcntl.flock(users, fcntl.LOCK_SH)
                self._start()
            try:
                yield self._provisioned()
            finally:
                with self._locked("lock"):
                    self._stop_if_last(users)

    def _provisioned(self) -> Urls:
        marker = self._found().root / "provisioned"
        text = hashlib.sha256(Path(__file__).with_name("provisioning.py").read_bytes()).hexdigest()
        if marker.exists() and marker.read_text() == text:
            return self.urls()
        urls = self.provision()
        marker.write_text(text)
        return urls

    def _stop_if_last(self, users: int) -> None:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        self._stop("fast")

    def _start(self) -> None:
        where = place.make(self.folder)
        if process.ready(where.data):
            return
        programs = place.binaries(where.account)
        if not where.initialised:
            self._initialise(where, programs)
        self._write_configuration(where)
        options = f"-c config_file={shlex.quote(str(where.root / 'postgresql.conf'))}"
        command = [str(programs / "pg_ctl"), "-D", str(where.data), "-l", str(where.log), "-o", options]
        deadline = time.monotonic() + _PATIENCE
        while True:
            process.disarm(where.data, where.run)
            began = where.log.stat().st_size if where.log.exists() else 0
            done = where.account.run([*command, "-w", "-t", "570", "start"])
            if done.returncode == 0:
                process.wake(where.data)
                if not self._durable and self._lifeline is None:
                    self._lifeline = Lifeline(where, self.folder)
                return
            said = _tail(where.log, began) or done.stdout.strip()
            if not any(sign in said for sign in _STALE) or time.monotonic() > deadline:
                raise Fault(
                    f"PostgreSQL did not start in {where.root}:\n{said}", remedy=f"The whole log is {where.log}."
                )
            time.sleep(0.1)

    def _initialise(self, where: Place, programs: Path) -> None:
        for role in ROLES:
            _write_secret(where.root / "passwords" / role, secrets.token_urlsafe(32))
        password = where.root / "initial-password"
        _write_secret(password, where.password(SUPERUSER))
        # Made under another name and renamed when whole: a start killed half-way leaves nothing like a database.
        draft = where.root / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        place.prepare(draft, where.account)
        if where.account.other:
            os.chown(password, where.account.uid, where.account.gid)
        command = [str(programs / "initdb"), "-D", str(draft), "-U", SUPERUSER, "-A", "scram-sha-256"]
        command += [f"--pwfile={password}", "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        done = where.account.run(command if self._durable else [*command, "--no-sync"])
        password.unlink()
        if done.returncode != 0:
            raise Fault(
                f"A new database could not be made in {where.root}:\n{done.stdout.strip()}",
                remedy="Mend the reason and start again; nothing is left behind.",
            )
        draft.rename(where.data)

    def _write_configuration(self, where: Place) -> None:
        archive = archiving.command(archiving.prepare(where, self._archive)) if self._archive else ""
        if archive:
            archiving.mark_histories(where)
        chosen = configuration.Settings(self._choose_port(where), self._shared_buffers, self._durable, archive)
        if where.log.exists() and where.log.stat().st_size > 10_000_000:
            where.log.replace(where.run / "log.old")
        (where.root / "port").write_text(f"{chosen.port}\n")
        for name, text in (
            ("pg_hba.conf", configuration.ACCESS),
            ("postgresql.conf", configuration.text(chosen, root=where.root, sockets=where.run)),
        ):
            (where.root / name).write_text(text)
            (where.root / name).chmod(0o644)

    def _choose_port(self, where: Place) -> int:
        if self._port:
            if not _free(self._port):
                raise Fault(f"Port {self._port} is taken.", remedy="Stop what listens there, or choose another port.")
            return self._port
        file = where.root / "port"
        remembered = int(file.read_text()) if file.exists() else 0
        if remembered and _free(remembered):
            return remembered
        return next(port for port in iter(lambda: secrets.choice(_PORTS), 0) if _free(port))

    def _stop(self, mode: str) -> None:
        found = place.find(self.folder)
        if found is None or process.postmaster(found.data) is None:
            return
        pg_ctl = str(place.binaries(found.account) / "pg_ctl")
        for how in (mode, "immediate"):
            done = found.account.run([pg_ctl, "-D", str(found.data), "-m", how, "-w", "-t", "60", "stop"])
            if done.returncode == 0 or process.postmaster(found.data) is None:
                return
        raise Fault(f"PostgreSQL in {found.root} does not stop: {done.stdout.strip()}", remedy=f"See {found.log}.")

    def _found(self) -> Place:
        found = place.find(self.folder)
        if found is None or not found.initialised:
            raise Fault(f"No database has been made in {self.folder}.", remedy="Run `mandata up` or `mandata migrate`.")
        return found

    def _beside(self, name: str) -> Path:
        return self.folder.with_name(f".{self.folder.name}.{name}")

    @contextlib.contextmanager
    def _open(self, name: str) -> Iterator[int]:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._beside(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield handle
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with self._open(name) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _write_secret(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(text + "\n")


def _tail(log: Path, began: int) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(began)
            return "\n".join(stream.read().decode(errors="replace").splitlines()[-12:])
    except OSError:
        return ""
