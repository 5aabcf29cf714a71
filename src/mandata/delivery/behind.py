"""The check before anything opens: does this database know of the messages whose outcome the outside log tells?

While a campaign is sent, the record does not grow, so its heads do not tell a database of an hour ago from that of now;
and from the older one everybody of that hour would get a second message. But an outcome is only written after the
claim of its message was committed. So a message of the newest outcomes that stands with fewer attempts says that the
database is older. It needs neither Django nor a scope.
"""

from pathlib import Path
from typing import Final

import psycopg

from mandata.foundation.errors import Fault
from mandata.infra import outside
from mandata.record.errors import OlderDatabase

_SETTLED: Final = "delivery.settled"  # as services.replaying has it, which needs Django
# Rows that are gone say nothing: the person may be erased.
_FORGOTTEN: Final = """
select count(*) from unnest(%(numbers)s::bigint[], %(attempts)s::int[]) t (number, attempts)
join delivery_message m on m.controller_id = %(controller)s and m.campaign_id = %(campaign)s and m.number = t.number
where m.attempts < t.attempts
"""


def require_claims(url: str, *, folder: Path | None = None) -> None:
    """Raise OlderDatabase where the database has not claimed what was sent (`folder`: the outside log's, by default the
    settings'). Raises Fault where it does not answer."""
    line = outside.newest(_SETTLED, folder=folder)
    if line is None:
        return
    outcomes = line.body["outcomes"]
    values = {
        "controller": line.controller,
        "campaign": line.body["campaign"],
        "numbers": [outcome[0] for outcome in outcomes],
        "attempts": [outcome[4] for outcome in outcomes],
    }
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            connection.execute("select set_config('mandata.controller', %s, true)", [str(line.controller)])
            row = connection.execute(_FORGOTTEN, values).fetchone()
    except psycopg.errors.UndefinedTable:
        return  # then the record has no head either, which is looked at first
    except psycopg.OperationalError as error:
        raise Fault(
            "The database does not answer, so it cannot be compared with the outside log.",
            remedy="Start it, or correct DATABASE_URL.",
        ) from error
    if row and row[0]:
        raise OlderDatabase(
            f"This database is older than what was sent: the outside log tells of {len(outcomes)} outcomes of campaign "
            f"{line.body['campaign']}, and the database has not even claimed {row[0]} of these messages.",
            remedy="Run `mandata restore --replay`, which brings it up to date from the outside log before anything "
            "opens, so that nobody gets a second message.",
        )
