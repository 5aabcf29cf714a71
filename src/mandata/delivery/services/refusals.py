"""What follows from permanent refusals, apart from the outcomes themselves: bounces kept, suppressions, thresholds.

An outcome must reach PostgreSQL whatever else goes wrong: it would be written again and again, by the engine and then
by whoever reads its journal, and every time fail at the same place. So what follows has a savepoint of its own. Where
it fails for a reason that nobody foresaw, a job tries again, and the queue shows it where that fails for good.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError, transaction

from mandata.delivery.models import Message
from mandata.delivery.rules.outcomes import Outcome, Stage
from mandata.delivery.services.returning import refused_at_the_door
from mandata.infra import outside
from mandata.infra.jobs import app
from mandata.infra.logs import log
from mandata.infra.tenancy import current_controller, scope

JOB: Final = "delivery.refusals"
AWAY: Final = (
    OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError, outside.NotKept
)  # fmt: skip
"""What passes by itself: then the outcomes wait, too."""

_log = log("delivery")


def follow(*, campaign_id: UUID, refusals: Sequence[tuple[int, Outcome]], at: datetime) -> None:
    """Draw the consequences of refusals, (message number, outcome) each, now or by a job. Inside the scope and the
    transaction that writes the outcomes."""
    try:
        with transaction.atomic():
            refused_at_the_door(campaign_id=campaign_id, refusals=refusals, at=at)
    except AWAY:
        raise
    except Exception as error:
        _log.error("refusals.put_off", error=type(error).__name__, campaign=str(campaign_id), messages=len(refusals))
        app.configure_task(JOB, queue="delivery").defer(
            controller_id=str(current_controller()),
            campaign_id=str(campaign_id),
            messages=[[number, outcome.stage] for number, outcome in refusals],
            at=at.isoformat(),
        )


def draw(*, controller_id: UUID, campaign_id: UUID, stages: dict[int, Stage], at: datetime) -> int:
    """Draw the consequences of refusals that stand with their messages by now; return how many are hard.

    `stages`: message number -> what the receiver was asked. Doing it again changes nothing.
    """
    with scope(controller_id):
        rows = Message.objects.filter(campaign_id=campaign_id, number__in=list(stages), state="failed")
        refusals = [
            (row.number, Outcome(row.number, "failed", row.code or 0, row.status, row.diagnostic, stages[row.number]))
            for row in rows.order_by("number")
        ]
        return refused_at_the_door(campaign_id=campaign_id, refusals=refusals, at=at) if refusals else 0
