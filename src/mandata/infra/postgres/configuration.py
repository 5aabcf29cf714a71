"""The server's settings, written anew at each start. `ALTER SYSTEM` is kept in the data folder and comes after them."""

from dataclasses import dataclass
from pathlib import Path

_SOCKET_PATH_LIMIT = 107  # bytes in sockaddr_un.sun_path, unix(7), without the closing zero

ACCESS = """\
# Written by mandata at each start. A password everywhere, also over the socket.
local  all          all                 scram-sha-256
host   all          all  127.0.0.1/32   scram-sha-256
local  replication  all                 scram-sha-256
host   replication  all  127.0.0.1/32   scram-sha-256
"""

_THROW_AWAY = """\
# A throw-away server: a power cut may take everything, a killed process still nothing.
fsync = off
full_page_writes = off
"""

# A minute is the most that can be lost of what is committed when the whole machine is.
_ARCHIVE = """
archive_mode = on
archive_command = '{command}'
archive_timeout = 60s
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between servers. `durable` is false for tests only."""

    port: int
    shared_buffers: str = "128MB"
    durable: bool = True
    archive: str = ""  # the command that takes the write-ahead log away; empty: nobody does


def text(settings: Settings, *, root: Path, sockets: Path) -> str:
    """Return the text of postgresql.conf."""
    socket = f"{sockets}/.s.PGSQL.{settings.port}"
    # A path too long for a socket is no reason not to start: everything of ours connects over TCP.
    folder = sockets if len(socket.encode()) <= _SOCKET_PATH_LIMIT else ""
    return f"""\
# Written by mandata at each start; for your own settings use ALTER SYSTEM as the superuser.
hba_file = '{_quoted(root / "pg_hba.conf")}'
listen_addresses = '127.0.0.1'
port = {settings.port}
unix_socket_directories = '{_quoted(folder)}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 100
timezone = 'UTC'

# Memory, for a machine shared with the rest of mandata.
shared_buffers = '{settings.shared_buffers}'
work_mem = '16MB'
maintenance_work_mem = '128MB'
effective_cache_size = '1GB'
jit = off

# Write-ahead log: enough for base backups, archiving and incremental backups. Its files are deleted, not used again,
# so that what an erased person left in one goes with the next checkpoints.
wal_level = replica
wal_recycle = off
summarize_wal = on
wal_compression = pglz
max_wal_size = '2GB'
random_page_cost = 1.1

# The log names faults but never a statement or a value: those hold personal data.
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u '
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
{_ARCHIVE.format(command=_quoted(settings.archive)) if settings.archive else ""}\
{"" if settings.durable else _THROW_AWAY}"""


def _quoted(path: Path | str) -> str:
    return str(path).replace("'", "''")
