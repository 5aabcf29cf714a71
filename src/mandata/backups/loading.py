"""Loading a dump into a database: all of it, in one transaction, or nothing. Needs no Django."""

import contextlib
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from mandata.foundation.errors import Fault

_CHUNK: Final = 1024 * 1024


def load(tool: Path, url: str, chunks: Iterable[bytes]) -> None:
    """Load a dump, in one transaction. What lies in the database's own schema goes first.

    pg_restore writes the statements and psql carries them out, since between two versions the settings at the top of
    the script may not be known: those of our own making are left out.
    """
    import psycopg

    if tables(url):
        with psycopg.connect(url) as connection:
            for statement in _drops(connection):
                connection.execute(statement)
    pipe = subprocess.PIPE
    script = [str(tool / "pg_restore"), "--no-owner", "--no-privileges", "--file=-"]
    # Terse: what it says of an error is without the row in which it was.
    run = [str(tool / "psql"), "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", "-o", os.devnull]
    run += [_without_password(url)]
    environment = os.environ | _password_of(url)
    with tempfile.TemporaryFile() as said:
        reading = subprocess.Popen(script, stdin=pipe, stdout=pipe, stderr=said)
        writing = subprocess.Popen(run, stdin=pipe, stdout=said, stderr=said, env=environment)
        try:
            good = _load_by(reading, writing, chunks)
        finally:  # killed before the end of its script, psql rolls back
            for process in (reading, writing):
                process.kill()
                process.wait()
        if not good:
            said.seek(0)
            why = said.read().decode(errors="replace").strip()[-600:]
            raise Fault(
                f"The dump cannot be loaded: {why}", remedy="See MANDATA_POSTGRES_PROGRAMS, and the server's log."
            )


def _load_by(reading: "subprocess.Popen[bytes]", writing: "subprocess.Popen[bytes]", chunks: Iterable[bytes]) -> bool:
    """Feed the one, copy its script to the other; that one is told the end, at which it commits, only once everything
    has gone well."""
    assert reading.stdin is not None
    assert writing.stdin is not None
    copying = threading.Thread(target=_copy, args=(reading.stdout, writing.stdin), daemon=True)
    copying.start()
    with contextlib.suppress(BrokenPipeError):  # it says why on its other channel
        for chunk in chunks:
            reading.stdin.write(chunk)
        reading.stdin.close()
    copying.join()
    if reading.wait() != 0:
        return False
    with contextlib.suppress(BrokenPipeError):
        writing.stdin.write(_SHUT)
        writing.stdin.close()
    return writing.wait() == 0


# Committed with the older rows: workers of other hosts must not find these for a moment without the sign.
_SHUT: Final = b"""
do $$ begin if to_regclass('public.infra_restoring') is not null then
    insert into public.infra_restoring (single, began_at) values (true, now()) on conflict do nothing;
end if; end $$;
"""
_UNKNOWN_BEFORE_17: Final = b"SET transaction_timeout = 0;\n"


def _copy(source: Any, sink: Any) -> None:
    with contextlib.suppress(BrokenPipeError):
        sink.write(source.read(_HEAD).replace(_UNKNOWN_BEFORE_17, b""))
        while chunk := source.read(_CHUNK):
            sink.write(chunk)


_HEAD: Final = 4096


_DROP: Final = """
select format('drop table if exists %I.%I cascade', n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
union all
select format('drop routine if exists %s cascade', p.oid::regprocedure)
from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public'
union all
select format('drop type if exists %I.%I cascade', n.nspname, t.typname)
from pg_type t join pg_namespace n on n.oid = t.typnamespace
where n.nspname = 'public' and (t.typtype in ('e', 'd') or t.typtype = 'c'
   and not exists (select from pg_class c where c.oid = t.typrelid and c.relkind <> 'c'))
"""


def _drops(connection: Any) -> list[bytes]:
    return [statement.encode() for (statement,) in connection.execute(_DROP).fetchall()]


def tables(url: str) -> int:
    """Return how many tables lie in the database's own schema. Raises Fault where it does not answer."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            found = connection.execute(
                "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " where n.nspname = 'public' and c.relkind in ('r', 'p')"
            ).fetchone()
            return int(found[0]) if found else 0
    except psycopg.Error as error:
        raise Fault("The database does not answer.", remedy="Look at OWNER_DATABASE_URL and the server.") from error


def _without_password(url: str) -> str:
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    return make_conninfo(**{name: str(one) for name, one in conninfo_to_dict(url).items() if name != "password"})


def _password_of(url: str) -> dict[str, str]:
    from psycopg.conninfo import conninfo_to_dict

    password = conninfo_to_dict(url).get("password")
    return {"PGPASSWORD": str(password)} if password else {}
