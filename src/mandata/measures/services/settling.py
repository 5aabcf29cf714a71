"""What follows from results: a failure begins once and ends once; each controller whose agreement names a measure that
it concerns is owed the mending, under an obligation that is met when the check holds again (SEC-4).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from mandata.agreements import selectors as agreements
from mandata.agreements.services import obligations
from mandata.agreements.services.everybody import Untold, each_controller
from mandata.foundation.actors import SYSTEM
from mandata.infra.logs import log
from mandata.measures.models import Evidence, Failure
from mandata.measures.rules.headings import OWNED, measures_of

DUTY: Final = "measures.mend"
CLAUSES: Final = ("measures.technical", "measures.organisational")

_log = log("measures")


def settle(bad: Mapping[str, str], *, at: datetime, looked: Iterable[str]) -> None:
    """Begin and end failures by what checks found (check -> reason of those that failed; those looked at), and what
    owners are late with; open and meet the obligations. Open no scope around it. Safe to call again after a crash."""
    late = _late(at)
    _begin({**bad, **late}, at)
    _over({*looked, *(f"owner:{code}" for code in OWNED)} - {*bad, *late}, at)
    tell(at=at)


def _late(at: datetime) -> dict[str, str]:
    """Measures whose owner has shown something before and is past the date of the next."""
    last: dict[str, Evidence] = {}
    for row in Evidence.objects.filter(measure__in=OWNED).order_by("on", "at").defer("content"):
        last[row.measure] = row
    stated = {row.code: row for row in agreements.measures() if row.description and row.next_on}
    found = {f"owner:{code}": "evidence_due" for code, row in last.items() if row.next_on < at.date()}
    for code, one in stated.items():
        if code in OWNED and code not in last and one.next_on is not None and one.next_on < at.date():
            found[f"owner:{code}"] = "evidence_due"
    return found


def _begin(bad: Mapping[str, str], at: datetime) -> None:
    with transaction.atomic():
        known = set(Failure.objects.filter(over_at=None).values_list("check_code", flat=True))
        for code, reason in bad.items():
            if code in known:
                Failure.objects.filter(check_code=code, over_at=None).update(reason=reason)
                continue
            Failure.objects.create(check_code=code, reason=reason, began_at=at)
            _log.warning("measure.fails", check=code, reason=reason)


def _over(good: set[str], at: datetime) -> None:
    with transaction.atomic():
        for row in Failure.objects.select_for_update().filter(over_at=None, check_code__in=good):
            row.over_at, row.told_at = at, None
            row.save(update_fields=["over_at", "told_at"])
            _log.info("measure.holds_again", check=row.check_code)


def tell(*, at: datetime) -> None:
    """Open what is owed for failures that hold, for controllers that came since, too; meet what is mended. A
    controller's trouble keeps neither the others nor the round: the next round tries it again."""
    for row in Failure.objects.filter(over_at=None).order_by("began_at"):
        names, since = measures_of(row.check_code), row.began_at
        if _everywhere(lambda f=row.id, n=names, s=since: _owe(f, n, s, at)):  # type: ignore[misc]
            Failure.objects.filter(id=row.id, told_at=None).update(told_at=at)
    for row in Failure.objects.filter(over_at__isnull=False, told_at=None).order_by("over_at"):
        if _everywhere(lambda f=row.id: _mended(f, at)):  # type: ignore[misc]
            Failure.objects.filter(id=row.id).update(told_at=at)


def _everywhere(tell: Callable[[], bool]) -> bool:
    """Whether every controller was gone through; which one was not stands in the log (`controller.not_told`)."""
    try:
        each_controller(tell)
    except Untold:
        return False
    return True


def _owe(failure: UUID, names: tuple[str, ...], since: datetime, at: datetime) -> bool:
    """Open the obligation where the agreement in force names one of the measures. Once for each failure."""
    ground = agreements.ground(at)
    if ground.terms is None or ground.standing.ended:
        return False
    promised = {one for clause in CLAUSES for one in ground.terms.items(clause)}
    if not promised & set(names):
        return False
    obligations.open_duty(
        duty=DUTY, since=since, cause=f"measure:{failure}", at=at, about=("measure", failure), owed_by="processor",
        owed_to="controller",
    )  # fmt: skip
    return True


def _mended(failure: UUID, at: datetime) -> bool:
    evidence: dict[str, object] = {"failure": failure}
    return obligations.meet_about(about=failure, duties=[DUTY], evidence=evidence, actor=SYSTEM, at=at) > 0
