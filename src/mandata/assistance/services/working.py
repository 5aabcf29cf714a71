"""Time sheets: what the operator's staff spent on a duty or a matter of a controller's (AST-4). In the scope.

A line can be cancelled until it stands in a statement; then a correction is a line of its own with other costs.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements.rules.values import CURRENCIES
from mandata.agreements.selectors import obligations as obliged
from mandata.assistance.errors import BadWork, NoSuch, WrongState
from mandata.assistance.models import Work
from mandata.assistance.rules import codes
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.record.services import append

CLAUSE = "assistance.paid"
_MOST = Decimal(10) ** 9


def book(
    *,
    kind: str,
    about: tuple[str, UUID],
    day: date,
    minutes: int,
    by: UUID,
    at: datetime,
    beyond_usual: bool = False,
    currency: str = "",
    hour: Decimal | None = None,
    costs: Decimal = Decimal(0),
    audit_of_year: int = 1,
) -> UUID:
    """Enter time spent and return the line's id.

    `kind`: a code of `codes.WORK`, on which it depends whether anything is paid; `about`: ("obligation", id), or the
    kind and id of a matter such as ("audit", id); `hour` and `costs` in `currency`, `hour` empty for the price list's
    or the clause's. Raises BadWork, NoSuchObligation.
    """
    _possible(kind, day, minutes, currency, hour, costs, audit_of_year, at)
    if about[0] == "obligation":
        obliged.obligation(about[1], at)
    own = new_id()
    Work.objects.create(
        id=own,
        kind=kind,
        about_kind=about[0],
        about=about[1],
        day=day,
        minutes=minutes,
        beyond_usual=beyond_usual,
        currency=currency,
        hour=hour,
        costs=costs,
        audit_of_year=audit_of_year,
        by=by,
        at=at,
    )
    body: dict[str, object] = {
        "work": own, "kind": kind, "about": {"kind": about[0], "id": about[1]}, "day": day.isoformat(),
        "minutes": minutes, "beyond_usual": beyond_usual, "hour": str(hour or ""), "costs": str(costs),
        "currency": currency,
    }  # fmt: skip
    append(kind="assistance.booked", body=body, actor=Actor("operator", by), at=at, clause=CLAUSE)
    return own


def _possible(
    kind: str,
    day: date,
    minutes: int,
    currency: str,
    hour: Decimal | None,
    costs: Decimal,
    audit_of_year: int,
    at: datetime,
) -> None:
    if kind not in codes.WORK:
        raise BadWork(_("No agreement knows work of this kind."), clause=CLAUSE, remedy=_("Choose a kind."))
    if not 0 <= minutes <= codes.MAX_MINUTES or (minutes == 0 and not costs):
        raise BadWork(_("A line holds from 1 minute to a day, or costs."), clause=CLAUSE)
    if day > at.date():
        raise BadWork(_("Work cannot have been done on a day to come."), clause=CLAUSE)
    if currency and currency not in CURRENCIES:
        raise BadWork(_("This is no currency that is known here."), clause=CLAUSE)
    if (hour is not None or costs) and not currency:
        raise BadWork(_("A sum needs its currency."), clause=CLAUSE)
    sums = [one for one in (hour, costs) if one is not None]
    if any(not one.is_finite() or not 0 <= one < _MOST or one != round(one, 2) for one in sums) or audit_of_year < 1:
        raise BadWork(_("A sum is not below 0 and has two decimals at most."), clause=CLAUSE)


def cancel(*, work_id: UUID, by: UUID, at: datetime) -> None:
    """Take a line out of the time sheet that stands in no statement yet. Raises NoSuch, WrongState."""
    row: Work | None = Work.objects.select_for_update().filter(id=work_id, cancelled_at=None).first()
    if row is None:
        raise NoSuch(_("There is no such line."))
    if row.statement is not None:
        raise WrongState(_("This line stands in a statement."), clause=CLAUSE, remedy=_("Correct it by another line."))
    row.cancelled_at = at
    row.save()
    append(kind="assistance.cancelled", body={"work": row.id}, actor=Actor("operator", by), at=at, clause=CLAUSE)
