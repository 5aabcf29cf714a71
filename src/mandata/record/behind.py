"""The check before anything opens: is this database as new as the outside log says?

Whoever puts an older database in place, by whatever means, also takes back erasures, objections and what was sent
already. The newest head of the installation's log tells: the sequencer wrote it to the outside log before its commit,
over entries that were committed before. So a database that lacks one of those entries, or the head before, is an older
one. A database that lacks the head alone was killed at that moment: the head is *adopted*, placed as the line has it.

It needs neither Django nor a scope, so that every door can ask it.
"""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg

from mandata.foundation.errors import Fault
from mandata.infra import outside
from mandata.infra.outside import Line
from mandata.record.errors import OlderDatabase

_PLACED: Final = "record.placed"  # as services.placing has it, which needs Django
_INSTANCE: Final = UUID(int=0)
_KNOWN: Final = """
select coalesce((select max(size) from record_head where controller_id = %(log)s), 0),
       (select count(*) from record_entry where controller_id = %(log)s and id = any(%(entries)s))
"""
_OLDER = "Run `mandata restore --replay`, which brings it up to date from the outside log before anything opens."
_EMPTY = (
    "It is empty: put the newest backup in its place with `mandata restore --over`; or put your own copy there, and "
    "then run `mandata restore --replay`."
)


def behind(url: str, *, folder: Path | None = None) -> Line | None:
    """Compare the database with the newest head in the outside log's folder (default: the settings').

    Returns the line of a head that is to be adopted, None where nothing is missing. Raises OlderDatabase, naming both
    sizes; Fault where the database does not answer.
    """
    line = outside.newest(_PLACED, _INSTANCE, folder)
    if line is None:
        return None
    start, entries = int(line.body["start"]), [UUID(one["id"]) for one in line.body["entries"]]
    told = start + len(entries)
    size, known = _ask(url, entries)
    if known < len(entries) or size < start:
        raise OlderDatabase(
            f"This database is older than what was published: the outside log tells of a head over {told} entries of "
            f"the installation's log, the database has one over {size}"
            + (f" and lacks {len(entries) - known} of the entries under the newest." if size >= told else "."),
            remedy=(_OLDER if size else _EMPTY)
            + " To begin anew instead, with nothing of what was, move the folder MANDATA_OUTSIDE away.",
        )
    return line if size < told else None


def _ask(url: str, entries: list[UUID]) -> tuple[int, int]:
    """Return the size of the newest head, and how many of the entries there are; zeros where there are no tables."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            connection.execute("select set_config('mandata.controller', %s, true)", [str(_INSTANCE)])
            row: tuple[Any, ...] | None = connection.execute(_KNOWN, {"log": _INSTANCE, "entries": entries}).fetchone()
            return (int(row[0]), int(row[1])) if row else (0, 0)
    except psycopg.errors.UndefinedTable:
        return 0, 0
    except psycopg.OperationalError as error:
        raise Fault(
            "The database does not answer, so it cannot be compared with the outside log.",
            remedy="Start it, or correct DATABASE_URL.",
        ) from error
