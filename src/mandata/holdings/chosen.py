"""Who was chosen to be erased with many others, by the random reference: written and read by runs, and a holding."""

from collections.abc import Sequence
from uuid import UUID

from mandata.holdings.models import Chosen, Run
from mandata.infra import bulk


def count(references: Sequence[UUID]) -> dict[UUID, int]:
    """Return for each person in how many selections the person stands."""
    return bulk.tally("select subject, count(*) from holdings_chosen where subject = any(%b) group by 1", references)


def told(reference: UUID) -> list[dict[str, object]]:
    """Return the selections in which the person stands."""
    runs = list(Chosen.objects.filter(subject=reference).values_list("run_id", flat=True))
    rows = Run.objects.filter(id__in=runs).order_by("number")
    return [{"number": row.number, "at": row.asked_at, "ground": row.ground, "state": row.state} for row in rows]


def delete(references: Sequence[UUID]) -> dict[UUID, int]:
    """Take the persons out of every selection; return out of how many each."""
    return bulk.tally(
        "with gone as (delete from holdings_chosen where subject = any(%b) returning subject)"
        " select subject, count(*) from gone group by 1",
        references,
    )
