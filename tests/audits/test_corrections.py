"""What is done about a finding of an audit is owed like everything else: by a post, by a day."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mandata.agreements import calendars
from mandata.agreements.errors import BadDay
from mandata.agreements.selectors import obligations
from mandata.agreements.services import clocks
from mandata.audits import selectors
from mandata.audits.errors import BadRequest, NotReady
from mandata.audits.services import asking, evidence, holding
from mandata.foundation.words import ENGLISH
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from tests.agreements.deals import Deal, deal
from tests.audits.cast import BEGIN, HELD, OPERATOR, agreed, ask

LATE = HELD + timedelta(days=2)
DAY = date(2026, 5, 1)
"""A Friday on which Czech offices are closed: a day that somebody named is not moved."""


@pytest.fixture
def house(database: object) -> Deal:
    return deal("acomware", at=BEGIN)


def found(house: Deal, weight: str = "major") -> tuple[UUID, UUID]:
    """An audit that was held and reported, and one finding of it."""
    audit = ask(house)
    agreed(house, audit)
    file: dict[str, Any] = {"media_type": "application/pdf", "content": b"%PDF", "actor": house.actor}
    with scope(house.id):
        asking.bind(audit_id=audit, name="nda.pdf", at=HELD, **file)
        holding.hold(audit_id=audit, held_at=HELD, actor=OPERATOR, at=LATE)
        holding.report(audit_id=audit, name="r.pdf", at=LATE, **file)
        return audit, holding.find(audit_id=audit, weight=weight, words="No drill.", actor=house.actor, at=LATE)


def state(house: Deal, finding: UUID, *, on: date = DAY, post: str = "Head of operations", at: datetime = LATE) -> None:
    with scope(house.id):
        holding.correct(finding_id=finding, corrective="We drill.", post=post, due_on=on, actor=OPERATOR, at=at)


@pytest.mark.req("AUD-2")
def test_a_corrective_measure_is_owed_by_its_post_until_the_end_of_its_day(house: Deal) -> None:
    audit, finding = found(house)
    state(house, finding)
    with scope(house.id):
        (owed,) = obligations.corrections(finding, LATE)
        assert (owed.duty, owed.state, owed.owed_by, owed.post) == (
            "correction.due", "open", "processor", "Head of operations",
        )  # fmt: skip
        assert (owed.about_kind, owed.about) == ("audit", audit) and owed.timed
        assert owed.strict == owed.statutory == datetime.fromisoformat("2026-05-02T00:00:00+02:00")
        assert not clocks.recompute(obligation_id=owed.id, actor=OPERATOR, at=LATE), "nothing was counted"
        assert "Friday 1 May 2026" in obligations.obligation(owed.id, LATE).explanation
        told = calendars.calendar([owed], host="mandata.example", words=ENGLISH).decode().replace("\r\n ", "")
        assert "carry it out" in told and "Head of operations" in told and "20260501T220000Z" in told
        late = datetime.fromisoformat("2026-05-02T00:00:00+02:00")
        assert obligations.corrections(finding, late)[0].late
        holding.done(finding_id=finding, proof="Drill 17.", actor=OPERATOR, at=late)
        (owed,) = obligations.corrections(finding, late)
        assert (owed.state, owed.late) == ("met", True)
        (entry,) = record.entries(kind="audit.corrected", limit=5)
        assert entry.body["late"] is True
        holding.close(audit_id=audit, actor=house.actor, at=late)


def test_another_day_replaces_the_obligation_and_the_same_one_twice_is_once(house: Deal) -> None:
    _audit, finding = found(house)
    state(house, finding)
    state(house, finding)
    state(house, finding, on=DAY + timedelta(days=7))
    state(house, finding)
    with scope(house.id):
        states = [(one.state, one.period) for one in obligations.corrections(finding, LATE)]
    assert states == [("lapsed", "until 2026-05-01"), ("lapsed", "until 2026-05-08"), ("open", "until 2026-05-01")]


def test_a_day_that_has_passed_and_a_measure_without_a_post_are_refused_and_leave_nothing(house: Deal) -> None:
    _audit, finding = found(house)
    with pytest.raises(BadDay):
        state(house, finding, on=LATE.date() - timedelta(days=1))
    for post in (" ", "x" * 121):
        with pytest.raises(BadRequest):
            state(house, finding, post=post)
    with scope(house.id):
        assert obligations.corrections(finding, LATE) == []
        assert selectors.audits()[0].findings[0].corrective == ""


def test_a_remark_to_which_something_was_promised_keeps_an_audit_open(house: Deal) -> None:
    audit, finding = found(house, weight="remark")
    state(house, finding)
    with scope(house.id):
        with pytest.raises(NotReady):
            holding.close(audit_id=audit, actor=house.actor, at=LATE)
        holding.done(finding_id=finding, proof="Drill 17.", actor=OPERATOR, at=LATE)
        holding.close(audit_id=audit, actor=house.actor, at=LATE)


@pytest.mark.req("AUD-3")
def test_a_pack_holds_the_obligation_with_its_post(house: Deal) -> None:
    _audit, finding = found(house)
    state(house, finding)
    with scope(house.id):
        rows = [one for one in evidence._obligations(0, 10_000, LATE) if one["duty"] == "correction.due"]
    assert [(one["post"], one["state"], one["late"]) for one in rows] == [("Head of operations", "open", False)]
