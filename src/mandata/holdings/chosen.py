"""Who was chosen to be erased with many others, by the random reference: written and read by runs, and a holding."""

from collections.abc import Mapping, Sequence
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


def add(run: UUID, references: Sequence[UUID]) -> int:
    """Put people into a run's selection; return how many are new in it."""
    columns = {"run_id": "uuid", "subject": "uuid", "holdings": "text", "told": "text"}
    rows = [(run, one, "", "") for one in references]
    return len(bulk.insert("holdings_chosen", columns, rows, conflict="do nothing", returning="1"))


def page(run: UUID, after: UUID | None, limit: int) -> list[UUID]:
    """Return who still stands in a run's selection and has not failed, in order, those after one."""
    rows = bulk.execute(
        "select subject from holdings_chosen where run_id = %b and subject > %b and told = ''"
        " order by subject limit %b",
        [run, after or UUID(int=0), limit],
        binary=True,
    )
    return [row[0] for row in rows]


def tell(run: UUID, failures: Mapping[UUID, tuple[Sequence[str], str]]) -> None:
    """Write down of whom it failed: in which holdings, how. Never what would name somebody."""
    for reference, (holdings, words) in failures.items():
        rows = Chosen.objects.filter(run_id=run, subject=reference)
        rows.update(holdings=", ".join(holdings)[:400], told=words[:400])


def untell(run: UUID) -> None:
    """Forget of whom it failed, so that these are tried again."""
    Chosen.objects.filter(run_id=run).exclude(told="").update(holdings="", told="")


def count_of(run: UUID) -> int:
    """Return how many people still stand in a run's selection."""
    return Chosen.objects.filter(run_id=run).count()


def failed(run: UUID) -> int:
    """Return of how many it failed."""
    return Chosen.objects.filter(run_id=run).exclude(told="").count()


def left(run: UUID) -> bool:
    """Say whether somebody is neither erased nor failed."""
    return bool(Chosen.objects.filter(run_id=run, told="").exists())


def failures(run: UUID, limit: int) -> list[tuple[UUID, str, str]]:
    """Return of whom it failed: reference, holdings, how."""
    rows = Chosen.objects.filter(run_id=run).exclude(told="").order_by("subject")
    return list(rows.values_list("subject", "holdings", "told")[:limit])


def clear(run: UUID) -> None:
    """Empty a run's selection."""
    bulk.execute("delete from holdings_chosen where run_id = %b", [run])
