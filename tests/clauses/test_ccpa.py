"""What the law of California demands of a contract with a service provider, and its clocks, asked by the command line.

Cal. Code Regs. tit. 11 §§ 7021, 7022, 7050, 7051, 7101; computed by Gov. Code § 6800.
"""

from typing import Any

import pytest

from mandata.agreements import library
from mandata.agreements.rules.terms import Mark
from tests.clauses.asking import decide, due, duties, says

CCPA, LAW = "ccpa-7051", "Cal. Code Regs. tit. 11 §"
CAME, LATER = "2026-03-02T09:00:00-08:00", "2026-03-27T12:00:00-07:00"
TERMS = library.load(CCPA)


@pytest.mark.req("CCP-3")
@pytest.mark.parametrize(
    ("clause", "item"),
    [
        ("restriction.sell", "(1)"),
        ("processing.purposes", "(2)"),
        ("restriction.purpose", "(3)"),
        ("restriction.commercial", "(4)"),
        ("restriction.relationship", "(5)"),
        ("restriction.combine", "(5)"),
        ("compliance.level", "(6)"),
        ("compliance.steps", "(7)"),
        ("compliance.assessments", "(7)"),
        ("compliance.unable", "(8)"),
        ("compliance.stop", "(9)"),
        ("compliance.requests", "(10)"),
    ],
)
def test_each_item_of_the_regulation_is_a_clause(clause: str, item: str) -> None:
    assert TERMS.source(clause) == f"{LAW} 7051(a){item}"


@pytest.mark.req("CCP-2")
def test_subcontractors_are_bound_and_diligence_counts() -> None:
    assert TERMS.source("subprocessor.duties").startswith(f"{LAW} 7051(b)")
    assert TERMS.source("compliance.diligence") == f"{LAW} 7051(c)"
    facts: dict[str, Any] = {"recipient": "Example Mail Inc.", "at": LATER, "told_at": CAME}
    assert decide("disclose", CCPA, **facts)["verdict"] == "allowed"
    assert decide("disclose", CCPA, **facts, contract=False)["verdict"] == "refused"


@pytest.mark.req("CCP-1")
@pytest.mark.parametrize(
    ("duty", "source", "strict", "statutory"),
    [
        # 10 business days after 2 March: the 16th; 15: the 23rd.
        ("rights.confirm", f"{LAW} 7021(a)", "2026-03-17T07:00:00Z", "2026-03-17T07:00:00Z"),
        ("rights.optout", f"{LAW}§ 7026(f), 7027(g)", "2026-03-24T07:00:00Z", "2026-03-24T07:00:00Z"),
        # 45 days: the 15th of April where the day of receipt counts, the 16th where it does not; no weekend moves them.
        ("rights.answer", f"{LAW} 7021(b)", "2026-04-16T07:00:00Z", "2026-04-17T07:00:00Z"),
        ("rights.extension.told", f"{LAW} 7021(b)", "2026-04-16T07:00:00Z", "2026-04-17T07:00:00Z"),
        # 90 days in all from receipt: Sunday 31 May stays.
        ("rights.extension", f"{LAW} 7021(b)", "2026-05-31T07:00:00Z", "2026-06-01T07:00:00Z"),
        ("rights.archive", f"{LAW} 7101", "2028-03-03T08:00:00Z", "2028-03-03T08:00:00Z"),
        ("rights.optin", "Cal. Civ. Code § 1798.135(c)(4)", "2027-03-03T08:00:00Z", "2027-03-03T08:00:00Z"),
    ],
)
def test_the_clocks_of_consumers_requests(duty: str, source: str, strict: str, statutory: str) -> None:
    found = due(CCPA, duty, CAME)
    assert (found["source"], found["strict"], found["statutory"]) == (source, strict, statutory)
    assert (found["regime"], found["calendar"], found["zone"]) == ("ca_gov_6800", "US-CA", "America/Los_Angeles")


@pytest.mark.req("CCP-1")
def test_more_time_is_told_inside_the_first_forty_five_days() -> None:
    says(decide("extend", CCPA, received_at=CAME, told_at=LATER), "allowed", "rights.extension", f"{LAW} 7021(b)")
    late = decide("extend", CCPA, received_at=CAME, told_at="2026-04-17T09:00:00-07:00")
    says(late, "refused", "rights.extension", f"{LAW} 7021(b)")


@pytest.mark.req("CCP-2")
def test_five_business_days_to_say_that_duties_cannot_be_met_are_unconfirmed() -> None:
    clause, listed = TERMS.clause("compliance.unable"), duties(CCPA)["compliance.unable"]
    assert clause.mark is Mark.OPEN and clause.note.startswith("Unconfirmed")
    assert (listed["period"], listed["target"]) == (None, "5 working days")
    found = due(CCPA, "compliance.unable", "2026-11-24T10:00:00-08:00")
    assert found["strict"] == "2026-12-04T08:00:00Z"
    assert "our own target" in found["explanation"]


@pytest.mark.req("CCP-3")
def test_nothing_crosses_from_one_business_to_another() -> None:
    other = decide("combine", CCPA, source="other_controller")
    says(other, "refused", "restriction.lists", f"{LAW} 7050(a)(3)(A)", origin="other_controller")
    counts = decide("combine", CCPA, source="other_controller", same_customer=True, result="counts")
    says(counts, "allowed", "restriction.lists", f"{LAW} 7050(a)(3)(A)")
    for source in ("processor", "third_party"):
        says(decide("combine", CCPA, source=source), "refused", "restriction.combine", f"{LAW} 7051(a)(5)")


@pytest.mark.req("CCP-3")
def test_nothing_is_sold_shared_or_used_for_another_purpose() -> None:
    for purpose in ("sell", "share"):
        says(decide("process", CCPA, act="send", purpose=purpose), "refused", "restriction.sell", f"{LAW} 7051(a)(1)")
    found = decide("process", CCPA, act="send", purpose="own_research")
    says(found, "refused", "processing.purposes", f"{LAW} 7051(a)(2)")
    refused = {one["check"]: one["source"] for one in found["checks"] if one["verdict"] == "refused"}
    assert refused["process.specified"] == f"{LAW} 7051(a)(3)"
    assert refused["process.commercial"] == f"{LAW} 7051(a)(4)"


@pytest.mark.req("CCP-3")
def test_nothing_leaves_the_direct_relationship_save_by_law() -> None:
    shop: dict[str, Any] = {"recipient": "Shop", "kind": "other", "at": LATER, "ground": "a contract of ours"}
    says(decide("disclose", CCPA, **shop), "refused", "restriction.relationship", f"{LAW} 7051(a)(5)")
    court = decide("disclose", CCPA, recipient="Superior Court", kind="authority", at=LATER, ground="subpoena")
    assert court["verdict"] == "allowed"


@pytest.mark.req("CCP-2")
def test_an_assessment_is_allowed_at_least_every_twelve_months() -> None:
    earlier = ["2026-02-02T09:00:00-08:00"]
    found = decide("audit", CCPA, told_at=CAME, on=LATER, by="designated", earlier=earlier)
    assert found["verdict"] == "allowed"
    checks = {one["check"]: one for one in found["checks"]}
    says(checks["audit.regular"], "allowed", "compliance.assessments", f"{LAW} 7051(a)(7)", times=1, per="12 months")


@pytest.mark.req("CCP-1")
def test_households_downstream_deletion_and_backups_are_terms() -> None:
    assert TERMS.chosen("processing.household") == "covered"
    assert TERMS.source("rights.downstream") == f"{LAW} 7022(c)"
    assert TERMS.source("rights.backups") == f"{LAW} 7022(d)"
