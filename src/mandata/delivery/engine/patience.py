"""What the supply thread waits for instead of failing: a database that is away, an outside log without room."""

from collections.abc import Callable
from typing import Final

import psycopg
from django.db import InterfaceError, OperationalError, connection

from mandata.infra import outside
from mandata.infra.logs import log

_AWAY: Final = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
"""How a database that went away shows: through Django, and from the statements that go around its wrapping."""

_log = log("delivery")


def patiently(act: Callable[[], bool], unsettled: Callable[[], int]) -> bool | None:
    """Do one step and return what it says; None where it has to be tried again. `unsettled` is for the log."""
    try:
        return act()
    except outside.NotKept as fault:
        _log.error("outside.not_kept", reason=str(fault), unsettled=unsettled())
    except _AWAY as error:
        _log.warning("database.away", error=type(error).__name__, unsettled=unsettled())
        connection.close()
    return None
