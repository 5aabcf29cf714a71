"""For how long copies may be kept, by what the live agreements promise. In no scope: it goes through all of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.agreements.rules import windows
from mandata.agreements.selectors import binding
from mandata.infra.tenancy import scope

_CLAUSES: Final = ("end.grace", "end.backup")  # how long backups are kept; until when data may be asked for from them


@dataclass(frozen=True, slots=True)
class Promise:
    """The shortest promise on backups: whose, by which clause, and how long that is from now."""

    controller: UUID
    clause: str
    length: timedelta


def shortest_promise(at: datetime) -> Promise | None:
    """Return the shortest period for which a live agreement lets backups be kept; None where none speaks of it."""
    found: list[Promise] = []
    for controller in accounts.ids():
        with scope(controller):
            agreement = binding.in_force(at)
        if agreement is None:
            continue
        for clause in _CLAUSES:
            length = windows.period(agreement.terms, clause)
            if length is not None:
                # Deleting is our duty: the earlier reading, and no part of a day more.
                until = windows.by(length, at, agreement.terms.reckoning)
                found.append(Promise(controller, clause, timedelta(days=(until - at).days)))
    return min(found, key=lambda promise: promise.length, default=None)
