"""Jobs of the delivery."""

from datetime import datetime
from typing import Any
from uuid import UUID

from procrastinate import RetryStrategy

from mandata.delivery.services import refusals
from mandata.infra.jobs import app


@app.task(name=refusals.JOB, queue="delivery", retry=RetryStrategy(max_attempts=10, exponential_wait=3))
def draw_refusals(controller_id: str, campaign_id: str, messages: list[list[Any]], at: str) -> None:
    """Draw the consequences of refusals that could not be drawn when their outcomes were written."""
    refusals.draw(
        controller_id=UUID(controller_id),
        campaign_id=UUID(campaign_id),
        stages={int(number): stage for number, stage in messages},
        at=datetime.fromisoformat(at),
    )
