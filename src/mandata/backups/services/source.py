"""The server that is backed up: one session that keeps everybody else out, and PostgreSQL's own programs as streams."""

import contextlib
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mandata.backups.errors import Busy
from mandata.foundation.errors import Fault

_CHUNK: Final = 256 * 1024
_LOCK: Final = "hashtextextended('mandata.backups', 0)"
_SLOT: Final = "mandata_backup_"
INCREMENTAL_SINCE: Final = 17

_FACTS: Final = """
select current_setting('server_version_num')::int, split_part(current_setting('server_version'), ' ', 1),
       (select system_identifier from pg_control_system())::text,
       (select setting::bigint from pg_settings where name = 'wal_segment_size'),
       current_database(),
       (select sum(pg_database_size(oid)) from pg_database where datallowconn),
       coalesce(current_setting('summarize_wal', true), 'off') = 'on',
       rolsuper or rolreplication, rolsuper or rolbypassrls
from pg_roles where rolname = current_user
"""


@dataclass(frozen=True, slots=True)
class Source:
    """What to back up: the server at `url` (with a password: never print it), by the programs in a folder."""

    url: str
    embedded: bool
    programs: Path

    def __repr__(self) -> str:
        return f"Source(url=…, embedded={self.embedded})"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server says of itself and of the role that asks."""

    number: int
    postgres: str
    system: str
    segment_size: int
    database: str
    size: int
    summarizes: bool
    replicates: bool
    bypasses: bool

    @property
    def incremental(self) -> bool:
        """Tell whether this server can give an incremental backup to this role."""
        return self.number // 10_000 >= INCREMENTAL_SINCE and self.summarizes and self.replicates


class Session:
    """A connection that holds the lock of all that writes or deletes backups, until it is closed."""

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._connection = connection
        self._keeps = False

    def facts(self) -> Facts:
        """Ask the server what it is."""
        row = self._connection.execute(_FACTS.encode()).fetchone()
        assert row is not None
        number, postgres, system, segment, database, size, summarizes, replicates, bypasses = row
        return Facts(
            int(str(number)), str(postgres), str(system), int(str(segment)), str(database), int(str(size or 0)),
            bool(summarizes), bool(replicates), bool(bypasses),
        )  # fmt: skip

    def keep_wal(self) -> None:
        """Keep the write-ahead log from here on for as long as this session lasts: the base backup fetches it last."""
        if self._keeps:
            return
        self._keeps = True
        self._connection.execute(
            "select pg_create_physical_replication_slot(%s || pg_backend_pid(), true, true)", [_SLOT]
        )


@contextlib.contextmanager
def session(source: Source, *, wait: bool = False) -> Iterator[Session]:
    """Have the lock for as long as the block lasts. Raises Busy where somebody else has it, unless `wait`."""
    try:
        connection = psycopg.connect(source.url, autocommit=True, connect_timeout=10, prepare_threshold=None)
    except psycopg.Error as error:
        raise Fault(
            f"The server cannot be reached for a backup: {_first_line(error)}",
            remedy="Check MANDATA_BACKUP_DATABASE_URL." if not source.embedded else "Is `mandata up` running?",
        ) from error
    with connection:
        _lock(connection, wait=wait)
        yield Session(connection)


def _lock(connection: "psycopg.Connection[tuple[object, ...]]", *, wait: bool) -> None:
    if wait:
        connection.execute(f"select pg_advisory_lock({_LOCK})".encode())
        return
    row = connection.execute(f"select pg_try_advisory_lock({_LOCK})".encode()).fetchone()
    if row is None or not row[0]:
        raise Busy(
            "Another backup, or a pruning of backups, is under way.",
            remedy="Let it end, or give --wait to begin after it.",
        )


class Program:
    """One of PostgreSQL's programs; iterating gives what it writes. Raises Fault where it does not end well."""

    def __init__(self, source: Source, name: str, *arguments: str) -> None:
        parts = conninfo_to_dict(source.url)
        password = str(parts.pop("password", "") or "")
        path = source.programs / name
        if not path.exists():
            raise Fault(f"There is no {path}.", remedy="Set MANDATA_POSTGRES_PROGRAMS to the folder that has it.")
        self.name = name
        self.began = False  # whether a byte has come
        self._said: deque[str] = deque(maxlen=20)
        self._process = subprocess.Popen(
            [str(path), "--dbname", make_conninfo("", **parts), "--no-password", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # The password is in nobody's list of processes, and messages are in English.
            env={"PGPASSWORD": password, "LC_ALL": "C", "PATH": "/usr/bin:/bin", "PGAPPNAME": "mandata backup"},
        )
        self._listening = threading.Thread(target=self._listen, name=name, daemon=True)
        self._listening.start()

    def __iter__(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        while chunk := self._process.stdout.read(_CHUNK):
            self.began = True
            yield chunk
        code = self._process.wait()
        self._listening.join()
        if code != 0:
            raise Fault(f"{self.name} failed: {self.said}", remedy=_remedy(self.said))

    @property
    def said(self) -> str:
        """Return the last thing that the program said."""
        lines = [line for line in self._said if "error" in line.lower() or "detail" in line.lower()]
        return " ".join(lines or list(self._said)[-1:]) or "it said nothing"

    def stop(self) -> None:
        """End it, however far it is."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._listening.join()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        with contextlib.suppress(ValueError):  # closed by `stop`
            for line in self._process.stderr:
                self._said.append(line.decode(errors="replace").strip()[:500])


def base_backup(source: Source, *, before: Path | None = None) -> Program:
    """Start a base backup as one tar, with the write-ahead log that it needs and its manifest inside.

    `before`: PostgreSQL's manifest of the backup that an incremental one continues.
    """
    arguments = ["--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast", "--label=mandata"]
    return Program(source, "pg_basebackup", *arguments, *([f"--incremental={before}"] if before else []))


def dump(source: Source) -> Program:
    """Start a dump of the database in PostgreSQL's own format, uncompressed: compressing is done once, here."""
    return Program(source, "pg_dump", "--format=custom", "--compress=0")


def _remedy(said: str) -> str:
    if "single tablespace" in said:
        return "A server with tablespaces is backed up by --dump, with a role that has BYPASSRLS."
    if "row-level security" in said:
        return "Give MANDATA_BACKUP_DATABASE_URL a role with BYPASSRLS."
    if "permission denied" in said:
        return "Give MANDATA_BACKUP_DATABASE_URL a role with REPLICATION, or BYPASSRLS and pg_read_all_data."
    if "pg_hba.conf" in said:
        return "Let the role in by a line `host replication …` of pg_hba.conf."
    return "Mend what it says and run the same command again; nothing half is left."


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "no reason given")
