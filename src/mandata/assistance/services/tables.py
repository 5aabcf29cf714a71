"""The operator's tables: by how much statistics rose, and the price list of help. In the installation's scope.

A year's value is entered once and corrected in the open: each change is an entry of the installation's log with the
source. What stands in a statement already is not changed by it.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements.rules.values import CURRENCIES
from mandata.agreements.rules.vocabulary import SHARED
from mandata.assistance.errors import BadWork
from mandata.assistance.models import Index, Tariff
from mandata.assistance.rules import codes
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append
from mandata.vault.services import begin as begin_vault

INDICES: Final = SHARED["index"]
"""Statistics that an agreement can name, with their names as message ids."""


def state_index(*, index: str, year: int, percent: Decimal, source: str, by: UUID, at: datetime) -> None:
    """State by how many percent an index rose in a calendar year, and where that was announced. Raises BadWork."""
    if index not in INDICES:
        raise BadWork(_("No agreement names this index."), clause="audit.rates", remedy=_("Choose one of the list."))
    if not 1990 <= year < at.year:
        raise BadWork(
            _("The rise of a year is known when the year is over."), clause="audit.rates", remedy=_("Choose that year.")
        )
    if not percent.is_finite() or not -50 <= percent <= 1000 or percent != round(percent, 2):
        raise BadWork(_("A rise is a percentage with two decimals at most."), clause="audit.rates")
    if not source.strip():
        raise BadWork(_("Say where the office announced it."), clause="audit.rates")
    with scope(INSTANCE):
        begin_vault(at=at)
        before = Index.objects.filter(index=index, year=year).values_list("percent", flat=True).first()
        Index.objects.update_or_create(
            index=index,
            year=year,
            defaults={"percent": percent, "source": source.strip()[:300], "at": at, "by": by},
            create_defaults={
                "id": new_id(), "percent": percent, "source": source.strip()[:300], "at": at, "by": by,
            },
        )  # fmt: skip
        body: dict[str, object] = {
            "index": index, "year": year, "percent": str(percent), "before": "" if before is None else str(before),
            "source": source.strip()[:300],
        }  # fmt: skip
        append(kind="assistance.index_stated", body=body, actor=Actor("operator", by), at=at, clause="audit.rates")


def state_price(*, work: str, currency: str, hour: Decimal, since: date, by: UUID, at: datetime) -> None:
    """State what an hour of a kind of help costs from a day on, without VAT. Raises BadWork."""
    if work not in codes.WORK or currency not in CURRENCIES:
        raise BadWork(_("The price list knows no such kind of help, or currency."), clause="assistance.pricelist")
    if not hour.is_finite() or not 0 < hour < 10**9 or hour != round(hour, 2):
        raise BadWork(_("A price is above 0 and has two decimals at most."), clause="assistance.pricelist")
    with scope(INSTANCE):
        begin_vault(at=at)
        Tariff.objects.update_or_create(
            work=work,
            currency=currency,
            since=since,
            defaults={"hour": hour, "at": at, "by": by},
            create_defaults={"id": new_id(), "hour": hour, "at": at, "by": by},
        )
        body: dict[str, object] = {
            "work": work, "currency": currency, "hour": str(hour), "since": since.isoformat(),
        }  # fmt: skip
        actor = Actor("operator", by)
        append(kind="assistance.price_stated", body=body, actor=actor, at=at, clause="assistance.pricelist")
