"""People: what the staff has signed and learned; whether accesses are logged for good and judged."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from mandata.accounts import selectors as accounts
from mandata.accounts.rules import unusual
from mandata.infra.tenancy import INSTANCE, scope
from mandata.measures.rules import verdicts
from mandata.measures.rules.verdicts import Verdict

LATE: Final = timedelta(minutes=30)


def confidentiality(_at: datetime) -> Verdict:
    """Everybody who can log in as the operator's has signed."""
    with scope(INSTANCE):
        people = accounts.staff()
    without = sum(one.fitness.confidential_on is None for one in people)
    return verdicts.people(staff=len(people), without=without, reason="not_signed")


def training(at: datetime) -> Verdict:
    """Everybody of them is trained, and the training has not lapsed."""
    with scope(INSTANCE):
        people = accounts.staff()
    lapsed = [one for one in people if one.fitness.trained_until is None or one.fitness.trained_until < at.date()]
    return verdicts.people(staff=len(people), without=len(lapsed), reason="training_lapsed")


def access_log(at: datetime) -> Verdict:
    """Try to change the log of accesses; put a planted history before the rules; count what waits to be judged."""
    rings = {one.rule for one in unusual.judge(*unusual.planted(at))}
    return verdicts.access_log(
        changeable=changeable(), rules_ring={"device", "export"} <= rings, waiting=accounts.unjudged(at - LATE)
    )


def changeable() -> bool:
    """Whether the application's role could change what the log says: tried on a row of the installation's own scope,
    put in for it, of which nothing stays. Raises DatabaseError where no row can be put in: then nothing was tried."""
    with scope(INSTANCE), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "insert into accounts_accesslog (controller_id, id, at, user_id, who, kind, page, people, network,"
            " country, device) values (%s, gen_random_uuid(), now(), %s, 'operator', 'looked', 'probe', 0,"
            " '', '', '') returning id",
            [INSTANCE, INSTANCE],
        )
        found = _goes("update accounts_accesslog set page = 'other' where id = %s", cursor.fetchone()[0])
        transaction.set_rollback(True)
    return found


def _goes(statement: str, own: UUID) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [own])
            return int(cursor.rowcount) > 0
    except DatabaseError:
        return False
