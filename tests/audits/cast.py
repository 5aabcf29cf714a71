"""A controller under one of the agreements, and an audit that goes the whole way."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from mandata.audits.services import agreeing, asking
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from tests.agreements.deals import Deal

OPERATOR = Actor("operator", new_id())
BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""A Monday: the agreement is accepted."""
ASKED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HELD = datetime(2026, 4, 20, 9, 0, tzinfo=UTC)


def ask(house: Deal, *, at: datetime = ASKED, on: datetime = HELD, **more: Any) -> UUID:
    """The controller asks for an audit by a law firm."""
    told: dict[str, Any] = {
        "by": "law_firm", "inspector": "Kovář & Partners", "scope": ["measures", "people"],
        "words": "Our yearly look at your measures.", "independent": True, "written": True, "site_justified": True,
    }  # fmt: skip
    with scope(house.id):
        return asking.request(wished_at=on, actor=house.actor, at=at, **{**told, **more})


def agreed(
    house: Deal, audit: UUID, *, hours: str = "8", at: datetime = ASKED + timedelta(days=3), **more: Any
) -> UUID:
    """The processor accepts and proposes, the controller agrees."""
    with scope(house.id):
        asking.accept(audit_id=audit, words="", actor=OPERATOR, at=at)
        terms = propose(house, audit, hours=hours, at=at, **more)
        agreeing.agree(audit_id=audit, terms_id=terms, actor=house.actor, at=at + timedelta(hours=1))
        return terms


def propose(house: Deal, audit: UUID, *, hours: str = "8", at: datetime, **more: Any) -> UUID:
    """The processor proposes terms."""
    told: dict[str, Any] = {"begins_on": date(2026, 4, 20), "ends_on": date(2026, 4, 21), "scope": ["measures"]}
    with scope(house.id):
        return agreeing.propose(
            audit_id=audit, hours=Decimal(hours), actor=more.pop("actor", OPERATOR), at=at, **{**told, **more}
        )
