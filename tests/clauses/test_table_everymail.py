"""Every cell that Everymail's agreement fills in the first table of the requirements, asked by the command line."""

from typing import Any

import pytest

from tests.clauses.asking import before, decide, due, duties, says

EVE = "everymail"
TOLD, ASKED = "2026-03-02T09:00:00-08:00", "2026-03-20T12:00:00-07:00"


@pytest.mark.req("AGR-11")
def test_it_follows_the_law_of_california_and_of_the_other_states() -> None:
    found = decide("apply", EVE, controller_in_eea=False, processor_in_eea=False)
    says(found, "allowed", "agreement.law", "EVE 1.b, 1.i", law="ccpa, us_states")


@pytest.mark.req("AGR-2")
def test_the_subscriber_is_the_business_and_the_operator_the_service_provider() -> None:
    found = decide("roles", EVE)
    says(
        found,
        "allowed",
        "agreement.roles",
        "EVE preamble, 2",
        customer="business, controller",
        operator="service provider",
    )


@pytest.mark.req("AGR-3")
@pytest.mark.parametrize("matter", ["data_protection", "other"])
def test_it_prevails_over_the_main_agreement_in_any_conflict(matter: str) -> None:
    says(
        decide("prevail", EVE, over="main_agreement", matter=matter), "allowed", "agreement.precedence", "EVE preamble"
    )


@pytest.mark.req("AGR-1")
def test_how_it_is_concluded_when_and_in_which_language_is_silent_and_ours() -> None:
    for found in (decide("accept", EVE, by="registration"), decide("accept", EVE, by="agree_button")):
        says(found, "allowed", "agreement.acceptance", "EVE (silent)")
    says(decide("read", EVE, language="en"), "allowed", "agreement.language", "EVE (silent)", decides="en")


@pytest.mark.req("INS-6")
def test_six_purposes_and_no_other() -> None:
    for purpose in ("run", "maintain", "develop", "provide", "optimise", "support"):
        checks = {one["check"]: one for one in decide("process", EVE, act="export", purpose=purpose)["checks"]}
        says(checks["process.purpose"], "allowed", "processing.purposes", "EVE 8", purpose=purpose)
    says(decide("process", EVE, act="export", purpose="own_analytics"), "refused", "processing.purposes", "EVE 8")


@pytest.mark.req("BRE-1")
def test_a_breach_is_told_within_five_business_days_whose_start_is_open() -> None:
    found = due(EVE, "breach.notify", "2026-11-24T10:00:00-08:00")  # Thanksgiving and the day after do not count
    assert (found["source"], found["strict"], found["statutory"]) == (
        "EVE 4.b.2",
        "2026-12-04T08:00:00Z",
        "2026-12-04T08:00:00Z",
    )
    listed = duties(EVE)["breach.notify"]
    assert (listed["period"], listed["start"], listed["mark"]) == ("5 working days", "awareness", "unclear")
    assert "names no start" in listed["note"]
    told = decide("notify", EVE, aware_at="2026-11-24T10:00:00-08:00")
    says(told, "allowed", "breach.notify", "EVE 4.b.2", strict="2026-12-04T08:00:00Z")


@pytest.mark.req("SPR-2")
def test_an_engagement_is_published_with_no_time_stated_and_a_target_of_ours() -> None:
    listed = duties(EVE)["subprocessor.notice"]
    assert (listed["period"], listed["target"], listed["mark"]) == (None, "10 working days", "open")
    facts: dict[str, Any] = {"recipient": "Example Mail Inc.", "told_at": TOLD, "at": ASKED}
    says(decide("engage", EVE, **facts, channel="publication"), "allowed", "subprocessor.notice", "EVE 4.g")
    says(
        decide("engage", EVE, **facts, channel="app"),
        "refused",
        "subprocessor.notice",
        "EVE 4.g",
        agreed="publication",
    )


@pytest.mark.req("SPR-1")
def test_whom_sub_processors_engage_is_published_too() -> None:
    facts: dict[str, Any] = {"recipient": "Example Mail Inc.", "at": ASKED, "lower_tier": True}
    says(decide("engage", EVE, **facts, told_at=TOLD), "allowed", "subprocessor.chain", "EVE 4.g")
    says(decide("engage", EVE, **facts, told_at=None), "refused", "subprocessor.chain", "EVE 4.g")


@pytest.mark.req("SPR-3")
def test_objections_are_open_for_ten_business_days() -> None:
    assert duties(EVE)["subprocessor.objection"]["period"] == "10 working days"
    last, over = "2026-03-16T23:59:59-07:00", "2026-03-17T00:00:00-07:00"
    says(decide("object", EVE, received_at=TOLD, at=last), "allowed", "subprocessor.objection", "EVE 4.g")
    says(
        decide("object", EVE, received_at=TOLD, at=over),
        "refused",
        "subprocessor.objection",
        "EVE 4.g",
        until="2026-03-17T07:00:00Z",
    )
    assert due(EVE, "subprocessor.objection", TOLD)["source"] == "EVE 4.g"


@pytest.mark.req("SPR-2")
def test_nobody_starts_before_the_window_has_run() -> None:
    facts: dict[str, Any] = {"recipient": "Example Mail Inc.", "told_at": TOLD}
    assert decide("engage", EVE, **facts, at="2026-03-16T23:59:59-07:00")["verdict"] == "refused"
    assert decide("engage", EVE, **facts, at="2026-03-17T00:00:00-07:00")["verdict"] == "allowed"


@pytest.mark.req("DSR-1")
def test_it_assists_with_consumers_requests() -> None:
    found = decide("rights", EVE, kind="access", confirmed=True)
    checks = {one["check"]: one for one in found["checks"]}
    says(checks["rights.confirmed"], "allowed", "assistance.matters", "EVE 4.b.1, 4.b.2, 4.b.3")
    assert duties(EVE)["rights.answer"]["source"].startswith("Cal. Code Regs. tit. 11 § 7021(b); EVE 4.b.1")


@pytest.mark.req("AUD-1")
def test_the_controller_its_assessor_or_an_independent_one_assesses() -> None:
    for by in ("customer", "designated", "independent"):
        checks = {one["check"]: one for one in decide("audit", EVE, told_at=TOLD, on=ASKED, by=by)["checks"]}
        says(checks["audit.assessor"], "allowed", "audit.assessors", "EVE 4.f", by=by)
    says(decide("audit", EVE, told_at=TOLD, on=ASKED, by="other"), "refused", "audit.assessors", "EVE 4.f")


@pytest.mark.req("CCP-2")
def test_the_report_of_an_independent_assessor_is_given_on_request() -> None:
    found = decide("audit", EVE, told_at=TOLD, on=ASKED, by="independent")
    checks = {one["check"]: one for one in found["checks"]}
    says(checks["audit.report"], "allowed", "audit.report", "EVE 4.f")


@pytest.mark.req("AUD-1")
def test_what_notice_of_an_assessment_is_reasonable_is_ours() -> None:
    listed = duties(EVE)["audit.notice"]
    assert (listed["source"], listed["period"], listed["target"]) == ("EVE 4.f", None, "10 working days")
    assert before(EVE, "audit.notice", ASKED)["source"] == "EVE 4.f"


@pytest.mark.req("AST-4")
@pytest.mark.parametrize("work", ["instructions", "assessments", "information", "audits"])
def test_four_kinds_of_help_are_paid_for_at_most_at_150_dollars_an_hour(work: str) -> None:
    says(
        decide("charge", EVE, work=work, hours=2, rate=100), "allowed", "assistance.paid", "EVE 5", amount="USD 200.00"
    )
    says(
        decide("charge", EVE, work=work, hours="1.5", rate=150),
        "allowed",
        "assistance.paid",
        "EVE 5",
        amount="USD 225.00",
    )
    says(
        decide("charge", EVE, work=work, hours=2, rate="150.01"),
        "refused",
        "assistance.rate",
        "EVE 5",
        limit="USD 150.00",
    )


@pytest.mark.req("AST-4")
@pytest.mark.parametrize("work", ["rights", "breaches"])
def test_help_with_rights_and_breaches_is_free(work: str) -> None:
    says(decide("charge", EVE, work=work, hours=2, rate=100), "refused", "assistance.free", "EVE 5", work=work)


@pytest.mark.req("RET-2")
def test_data_is_deleted_or_returned_by_a_function_in_the_service_during_it_or_before_its_end() -> None:
    says(decide("export", EVE, means="function"), "allowed", "end.deletion", "EVE 4.d", means="function")
    listed = duties(EVE)["end.choice"]
    assert (listed["source"], listed["start"], listed["period"]) == ("EVE 4.d", "return_requested", None)


@pytest.mark.req("RET-4")
def test_what_the_law_keeps_is_kept() -> None:
    says(
        decide("keep", EVE, kind="database", at=ASKED, ended_at="2025-01-20T12:00:00-08:00", law="tax law"),
        "allowed",
        "end.legal",
        "EVE 4.d",
        law="tax law",
    )
    assert decide("keep", EVE, kind="database", at=ASKED, ended_at="2025-01-20T12:00:00-08:00")["verdict"] == "refused"


@pytest.mark.req("AGR-8")
def test_damages_are_limited_to_the_fees_of_the_twelve_months_before_the_event() -> None:
    payments = [
        {"amount": 100, "payable_at": "2025-03-20T12:00:00-07:00"},  # the first day that counts; never paid
        {"amount": 50, "payable_at": "2025-03-19T12:00:00-07:00"},
        {"amount": 25, "payable_at": "2025-03-01T12:00:00-08:00", "paid_at": "2025-04-02T12:00:00-07:00"},
    ]
    found = decide("liability", EVE, claim=1000, event_at=ASKED, payments=payments)
    says(found, "allowed", "liability.cap", "EVE 7", limit="125.00", owed="125.00", base="fees_paid_or_payable")
    assert found["evidence"]["period"] == "12 months"
    says(decide("liability", EVE, claim=90, fees=125), "allowed", "liability.cap", "EVE 7", owed="90.00")


@pytest.mark.req("AGR-8")
@pytest.mark.parametrize(
    "facts",
    [
        {"fault": "gross_negligence"},
        {"fault": "wilful"},
        {"cause": "outside_instructions"},
        {"cause": "security_failure"},
        {"cause": "mandatory"},
    ],
    ids=lambda facts: str(*facts.values()),
)
def test_the_limit_does_not_cover_these(facts: dict[str, str]) -> None:
    cause = next(iter(facts.values()))
    found = decide("liability", EVE, claim=1000, fees=600, **facts)
    says(found, "allowed", "liability.except", "EVE 7", cause=cause, owed="1000.00")


@pytest.mark.req("AGR-4")
def test_cells_that_the_seed_leaves_empty_stay_empty() -> None:
    assert decide("change", EVE, told_at=TOLD, at=ASKED)["clause"] == ""
    kept = decide("keep", EVE, kind="content", at=ASKED, used_at="2020-01-01T00:00:00-08:00")
    assert (kept["verdict"], kept["clause"]) == ("allowed", "")
    silent = {"subprocessor.resolve", "end.inactivity", "content.available", "change.notice", "location.change"}
    assert not silent & set(duties(EVE))


@pytest.mark.req("CCP-3")
@pytest.mark.parametrize(
    ("act", "facts", "clause", "source"),
    [
        ("process", {"act": "export", "purpose": "sell"}, "restriction.sell", "EVE 4.h"),
        ("process", {"act": "export", "purpose": "share"}, "restriction.sell", "EVE 4.h"),
        (
            "disclose",
            {"recipient": "Shop", "kind": "other", "at": ASKED, "ground": "a contract of ours"},
            "restriction.relationship",
            "EVE 4.j",
        ),
        ("combine", {"source": "other_controller"}, "restriction.combine", "EVE 4.k"),
        ("combine", {"source": "processor"}, "restriction.combine", "EVE 4.k"),
        ("combine", {"source": "third_party"}, "restriction.combine", "EVE 4.k"),
    ],
)
def test_the_restrictions_of_a_service_provider_refuse(
    act: str, facts: dict[str, Any], clause: str, source: str
) -> None:
    says(decide(act, EVE, **facts), "refused", clause, source)


@pytest.mark.req("AGR-9")
def test_the_controller_answers_for_third_parties_claims_that_are_told_promptly() -> None:
    for ground in ("instructions", "noncompliance", "data", "third_party", "breach"):
        assert decide("indemnity", EVE, ground=ground)["source"] == "EVE 6.a, 6.b, 6.c, 6.d, 6.e"
    known = "2026-03-02T09:00:00-08:00"
    late = decide("indemnity", EVE, ground="data", known_at=known, told_at="2026-04-02T09:00:00-07:00")
    says(late, "refused", "indemnity.notice", "EVE 6.x")
    says(decide("indemnity", EVE, ground="data", told_in_writing=False), "refused", "indemnity.notice", "EVE 6.x")
    says(decide("indemnity", EVE, ground="data", own_breach=True), "refused", "indemnity.exclusion", "EVE 6")
    says(decide("indemnity", EVE, ground="data", cooperation=False), "refused", "indemnity.conduct", "EVE 6.y, 6.z")
    burden = decide("indemnity", EVE, ground="data", settled=True, settlement_burdens=True)
    says(burden, "refused", "indemnity.settlement", "EVE 6")
