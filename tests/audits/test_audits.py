"""The way of an audit through both hands, with its duties, its price, its report and what was found."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from mandata.agreements.selectors import obligations
from mandata.assistance.models import Index
from mandata.assistance.services import tables
from mandata.audits import selectors
from mandata.audits.errors import BadRequest, NoGround, NotReady, NotYours, WrongState
from mandata.audits.rules.checking import Outcome
from mandata.audits.services import agreeing, asking, attesting, holding
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from tests.agreements.deals import Deal, deal
from tests.audits.cast import ASKED, BEGIN, HELD, OPERATOR, agreed, ask, propose

STAFF = new_id()


@pytest.fixture
def house(database: object) -> Deal:
    return deal("acomware", at=BEGIN)


def duties(house: Deal, audit: UUID, at: datetime) -> dict[str, str]:
    with scope(house.id):
        return {one.duty: one.state for one in obligations.about(audit, at)}


def kinds(house: Deal) -> list[str]:
    with scope(house.id):
        return [one.kind for one in reversed(record.entries(kind="audit.", limit=50))]


def index(year: int, percent: str) -> None:
    tables.state_index(index="cz_cpi", year=year, percent=Decimal(percent), source="announcement", by=STAFF, at=ASKED)


@pytest.mark.req("AUD-1", "AUD-2")
def test_a_request_opens_the_duties_of_its_clauses_and_is_checked_at_once(house: Deal) -> None:
    audit = ask(house)
    with scope(house.id):
        found = selectors.audit(audit)
        owed = {one.duty: one for one in obligations.about(audit, ASKED)}
    assert found.state == "requested"
    assert {one.code for one in found.answers if one.outcome is Outcome.REFUSED} == set()
    assert {one.code for one in found.answers if one.outcome is Outcome.TO_DO} == {"audit.agreement", "audit.bound"}
    assert set(owed) == {"audit.agreement", "audit.answer"}
    assert str(owed["audit.agreement"].period) == "15 days"
    assert owed["audit.agreement"].strict.date() == date(2026, 3, 17)


@pytest.mark.req("AUD-1", "AUD-2", "AUD-4")
def test_an_audit_goes_from_request_to_closed_and_each_step_is_recorded(house: Deal) -> None:
    audit = ask(house)
    agreed(house, audit, costs=Decimal("820.00"), currency="CZK")
    assert duties(house, audit, ASKED) == {"audit.agreement": "met", "audit.answer": "met"}
    late = HELD + timedelta(days=2)
    with scope(house.id):
        with pytest.raises(NotReady) as refused:
            holding.hold(audit_id=audit, held_at=HELD, actor=OPERATOR, at=late)
        assert refused.value.clause == "audit.bound"
        asking.bind(
            audit_id=audit, name="nda.pdf", media_type="application/pdf", content=b"%PDF", actor=house.actor, at=HELD
        )
        holding.hold(audit_id=audit, held_at=HELD, actor=OPERATOR, at=late)
        holding.report(
            audit_id=audit, name="r.pdf", media_type="application/pdf", content=b"%PDF r", actor=house.actor, at=late
        )
        finding = holding.find(audit_id=audit, weight="major", words="No drill.", actor=house.actor, at=late)
        with pytest.raises(NotReady):
            holding.close(audit_id=audit, actor=house.actor, at=late)
        told: dict[str, Any] = {"corrective": "We drill.", "post": "Head of operations"}
        holding.correct(finding_id=finding, **told, due_on=date(2026, 5, 1), actor=OPERATOR, at=late)
        holding.done(finding_id=finding, proof="Drill 17.", actor=OPERATOR, at=late)
        holding.close(audit_id=audit, actor=house.actor, at=late)
        found = selectors.audit(audit)
    assert found.state == "closed"
    assert found.findings[0].proof == "Drill 17."
    assert found.agreed is not None
    assert found.agreed.price["net"] == "4820.00"  # 8 x CZK 500 and costs of 820
    assert [kind.removeprefix("audit.") for kind in kinds(house)] == [
        "requested", "accepted", "terms_proposed", "terms_agreed", "bound", "held", "reported", "found",
        "correction_stated", "corrected", "closed",
    ]  # fmt: skip
    assert {file.kind for file in found.files} == {"commitment", "report"}


@pytest.mark.req("AUD-1")
def test_a_refusal_needs_a_clause_and_tells_it(house: Deal) -> None:
    audit = ask(house)
    with scope(house.id):
        with pytest.raises(NoGround):
            asking.refuse(audit_id=audit, words="No time.", actor=OPERATOR, at=ASKED)
        grounds = asking.refuse(
            audit_id=audit, words="They sell mail.", actor=OPERATOR, at=ASKED, weighed={"competitor": True}
        )
        with pytest.raises(WrongState):
            asking.accept(audit_id=audit, words="", actor=OPERATOR, at=ASKED)
    assert [one.clause for one in grounds] == ["audit.refusal"]
    assert duties(house, audit, ASKED) == {"audit.agreement": "lapsed", "audit.answer": "met"}


@pytest.mark.req("AUD-1")
def test_a_second_request_within_the_year_is_refused_without_a_serious_reason(house: Deal) -> None:
    agreed(house, ask(house))
    second = ask(house, on=HELD + timedelta(days=90), at=ASKED + timedelta(days=30))
    with scope(house.id):
        codes = {one.code for one in selectors.audit(second).answers if one.outcome is Outcome.REFUSED}
    assert codes == {"audit.frequency"}


@pytest.mark.req("AUD-4")
def test_the_price_of_a_second_audit_after_indexation_is_the_one_reckoned_by_hand(database: object) -> None:
    house = deal("acomware", at=datetime(2023, 4, 3, 9, tzinfo=BEGIN.tzinfo))
    first = ask(house)
    with scope(house.id):
        asking.accept(audit_id=first, words="", actor=OPERATOR, at=ASKED)
        terms = propose(house, first, at=ASKED)
        if selectors.audit(first).terms[0].price["state"] == "waits":
            with pytest.raises(NotReady, match="2023"):
                agreeing.agree(audit_id=first, terms_id=terms, actor=house.actor, at=ASKED)
    index(2023, "10.7")
    index(2024, "2.4")
    with scope(house.id):
        terms = propose(house, first, at=ASKED)
        agreeing.agree(audit_id=first, terms_id=terms, actor=house.actor, at=ASKED)
    second = ask(house, on=HELD + timedelta(days=150), serious_reason=True, reason="A breach in May.")
    with scope(house.id):
        asking.accept(audit_id=second, words="", actor=OPERATOR, at=ASKED)
        days = {"begins_on": date(2026, 6, 15), "ends_on": date(2026, 6, 16)}
        propose(house, second, hours="2.5", at=ASKED, costs=Decimal("820.00"), **days)  # in the currency of the rates
        before, after = (selectors.audit(one).terms[-1].price for one in (first, second))
    assert (before["nth"], before["hour"]) == (1, "566.78")  # 500 x 1.107 x 1.024
    assert (after["nth"], after["hour"], after["work"], after["net"]) == (2, "1700.35", "4250.88", "5070.88")
    Index.objects.filter(year__in=(2023, 2024)).delete()
    assert after["readings"] == {"yearly_july": "CZK 1700.35", "once_july": "CZK 1660.50"}


@pytest.mark.req("AUD-2")
def test_terms_are_agreed_by_the_other_party_only_and_the_newest_ones_count(house: Deal) -> None:
    audit = ask(house)
    with scope(house.id):
        asking.accept(audit_id=audit, words="", actor=OPERATOR, at=ASKED)
        first = propose(house, audit, at=ASKED)
        with pytest.raises(NotYours):
            agreeing.agree(audit_id=audit, terms_id=first, actor=OPERATOR, at=ASKED)
        other = propose(house, audit, at=ASKED, actor=house.actor, on_site=True)
        with pytest.raises(BadRequest):
            agreeing.agree(audit_id=audit, terms_id=first, actor=house.actor, at=ASKED)
        agreeing.agree(audit_id=audit, terms_id=other, actor=OPERATOR, at=ASKED)
        terms = selectors.audit(audit).agreed
        assert agreeing.as_pdf(audit_id=audit, language="cs").startswith(b"%PDF")
    assert terms is not None
    assert set(terms.conduct) == {"bound", "secrets", "withheld", "site", "others"}


@pytest.mark.req("AUD-1")
def test_what_says_too_little_or_cannot_be_is_not_taken(house: Deal) -> None:
    bad: tuple[dict[str, Any], ...] = (
        {"scope": []}, {"scope": ["everything"]}, {"inspector": ""}, {"words": " "}, {"by": "friend"},
        {"serious_reason": True}, {"on": ASKED - timedelta(days=1)}, {"words": "x" * 10_001}, {"wizard": True},
    )  # fmt: skip
    for one in bad:
        with pytest.raises(BadRequest):
            ask(house, **one)
    assert kinds(house) == []


@pytest.mark.req("AUD-1")
def test_of_another_controller_nothing_is_seen(house: Deal) -> None:
    audit = ask(house)
    other = deal("ecomail", at=BEGIN)
    with scope(other.id):
        assert selectors.audits() == []
        with pytest.raises(Exception, match="no such audit"):
            asking.accept(audit_id=audit, words="", actor=OPERATOR, at=ASKED)


@pytest.mark.req("AUD-1")
def test_a_report_of_an_own_audit_meets_the_duty_and_opens_the_next(database: object) -> None:
    house = deal("icewarp", at=BEGIN)

    def owed() -> list[tuple[str, str]]:
        with scope(house.id):
            states = [*obligations.here(ASKED).rows, *obligations.here(ASKED, state="met").rows]
            return [(one.cause, one.state) for one in states if one.duty == "audit.own"]

    attesting.everywhere(at=ASKED)
    before = owed()
    assert len(before) == 1
    certificate = attesting.upload(
        kind="own_audit", title="Audit 2026", issuer="Auditors", issued_on=date(2026, 2, 20),
        media_type="application/pdf", content=b"%PDF own", by=STAFF, at=ASKED,
    )  # fmt: skip
    attesting.everywhere(at=ASKED)
    assert sorted(state for _cause, state in owed()) == ["met", "open"]
    attesting.withdraw(certificate_id=certificate, by=STAFF, at=ASKED)


def test_only_the_right_party_takes_each_step(house: Deal) -> None:
    audit = ask(house)
    with scope(house.id):
        with pytest.raises(NotYours):
            asking.accept(audit_id=audit, words="", actor=house.actor, at=ASKED)
        with pytest.raises(NotYours):
            asking.withdraw(audit_id=audit, actor=OPERATOR, at=ASKED)
        with pytest.raises(NotYours):
            asking.withdraw(audit_id=audit, actor=Actor("system"), at=ASKED)
        asking.withdraw(audit_id=audit, actor=house.actor, at=ASKED)
    assert duties(house, audit, ASKED) == {"audit.agreement": "lapsed", "audit.answer": "lapsed"}


def test_of_two_who_answer_in_the_same_moment_one_wins_and_the_other_is_told(house: Deal) -> None:
    audit, gate = ask(house), Barrier(2)

    def answer(_number: int) -> str:
        try:
            gate.wait(10)
            with scope(house.id):
                asking.accept(audit_id=audit, words="", actor=OPERATOR, at=ASKED)
        except WrongState as refused:
            return refused.code
        finally:
            connection.close()
        return "accepted"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(answer, range(2))) == ["accepted", "audits.wrong_state"]
    assert kinds(house).count("audit.accepted") == 1
