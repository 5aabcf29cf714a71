"""A request for an audit meets its clause: what refuses it, what is still to be done, what the law advises."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.agreements import library
from mandata.agreements.rules.facts.duties import AuditFacts
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.words import ENGLISH
from mandata.audits.rules import checking
from mandata.audits.rules.checking import Outcome

NAMES = ("icewarp", "everymail", "imagicle", "ecomail", "acomware")
TERMS: dict[str, Terms] = {name: library.load(name) for name in (*NAMES, "gdpr-art28", "ccpa-7051")}
TOLD = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FLAGS = ("independent", "competitor", "similar", "bound", "serious_reason", "terms_agreed", "on_site", "written")


def check(name: str, *, days: int = 60, by: str = "law_firm", model: str = "", **more: Any) -> dict[str, Outcome]:
    facts = AuditFacts(told_at=TOLD, on=TOLD + timedelta(days=days), **{"by": by, **more})
    found = checking.check(TERMS[name], facts, model=TERMS[model] if model else None)
    return {one.code: one.outcome for one in found}


@pytest.mark.req("AUD-1")
def test_notice_is_counted_by_each_agreements_own_period() -> None:
    assert check("ecomail", days=20)["audit.notice"] is Outcome.REFUSED, "a month"
    assert check("ecomail", days=40)["audit.notice"] is Outcome.WELL
    assert check("imagicle", days=29)["audit.notice"] is Outcome.REFUSED, "30 days"
    assert check("imagicle", days=33)["audit.notice"] is Outcome.WELL
    assert check("everymail", days=5)["audit.notice"] is Outcome.REFUSED, "10 working days, our own target"
    assert "audit.notice" not in check("acomware", days=1), "the seed names no notice"


@pytest.mark.req("AUD-1")
def test_a_second_audit_within_twelve_months_needs_a_serious_reason() -> None:
    earlier = (TOLD - timedelta(days=100),)
    assert check("acomware", earlier=earlier)["audit.frequency"] is Outcome.REFUSED
    assert check("acomware", earlier=earlier, serious_reason=True)["audit.frequency"] is Outcome.WELL
    assert check("acomware", earlier=(TOLD - timedelta(days=400),))["audit.frequency"] is Outcome.WELL


@pytest.mark.req("AUD-1")
def test_who_may_inspect_and_who_may_be_refused() -> None:
    assert check("acomware", by="designated")["audit.who"] is Outcome.REFUSED
    assert check("acomware")["audit.who"] is Outcome.WELL
    assert check("acomware", competitor=True)["audit.independent"] is Outcome.REFUSED
    assert check("acomware", independent=False)["audit.independent"] is Outcome.WELL, "not a ground of this agreement"
    assert check("ecomail", independent=False)["audit.independent"] is Outcome.REFUSED
    assert check("ecomail", similar=True)["audit.independent"] is Outcome.REFUSED
    assert check("everymail", by="law_firm")["audit.assessor"] is Outcome.REFUSED
    assert check("everymail", by="designated")["audit.assessor"] is Outcome.WELL


@pytest.mark.req("AUD-2")
def test_what_need_not_hold_yet_is_told_as_still_to_do() -> None:
    found = check("acomware", bound=False, terms_agreed=False)
    assert found["audit.bound"] is found["audit.agreement"] is Outcome.TO_DO
    assert check("icewarp", terms_agreed=False)["audit.extra"] is Outcome.TO_DO
    assert check("imagicle", written=False)["audit.form"] is Outcome.TO_DO
    facts = AuditFacts(told_at=TOLD, on=TOLD + timedelta(days=60), by="customer", bound=False)
    held = {one.code: one.outcome for one in checking.check(TERMS["acomware"], facts, holding=True)}
    assert held["audit.bound"] is Outcome.REFUSED


@pytest.mark.req("AUD-2")
def test_the_premises_are_entered_only_where_that_is_justified() -> None:
    assert check("acomware", on_site=True, site_justified=False)["audit.site"] is Outcome.REFUSED
    assert check("acomware", on_site=True, site_justified=True)["audit.site"] is Outcome.WELL


@pytest.mark.req("AUD-1")
def test_where_an_agreement_is_silent_the_laws_model_advises_and_refuses_nothing() -> None:
    facts = AuditFacts(told_at=TOLD, on=TOLD + timedelta(days=2), by="customer")
    found = checking.check(TERMS["icewarp"], facts, model=TERMS["gdpr-art28"])
    notice = next(one for one in found if one.code == "audit.notice")
    assert (notice.outcome, notice.ours) == (Outcome.ADVICE, True)
    assert checking.refusals(found) == ()


@given(
    name=st.sampled_from(NAMES),
    by=st.sampled_from(["customer", "law_firm", "protection_professional", "designated", "independent", "other"]),
    days=st.integers(1, 400),
    flags=st.fixed_dictionaries({name: st.booleans() for name in FLAGS}),
    ago=st.lists(st.integers(1, 900), max_size=4),
)
@pytest.mark.req("AUD-1")
def test_every_refusal_names_its_clause_and_what_would_mend_it(
    name: str, by: str, days: int, flags: dict[str, bool], ago: list[int]
) -> None:
    earlier = tuple(TOLD - timedelta(days=one) for one in ago)
    facts = AuditFacts(told_at=TOLD, on=TOLD + timedelta(days=days), by=by, earlier=earlier, **flags)  # type: ignore[arg-type]
    found = checking.check(TERMS[name], facts, model=TERMS["gdpr-art28"])
    for one in found:
        title, reason, remedy = one.said(ENGLISH)
        assert title
        assert reason
        assert one.clause.startswith(("audit.", "compliance."))
        assert one.source
        assert bool(remedy) == (one.outcome is not Outcome.WELL)
        assert "{" not in reason + remedy
    assert checking.thawed(checking.frozen(found)) == found
