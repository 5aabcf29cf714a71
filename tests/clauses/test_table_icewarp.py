"""The IceWarp agreement answers every cell of its column of the first table of requirements, by the seed's section."""

import pytest

from mandata.agreements import library
from mandata.agreements.rules.acceptance import AcceptFacts, may_accept
from mandata.agreements.rules.terms import Mark
from tests.clauses.asking import before, decide, due, duties, says

ICE = "icewarp"
AT = "2026-03-27T22:30:00+01:00"


@pytest.mark.req("AGR-11")
@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"controller_in_eea": False, "processor_in_eea": False}, "refused"),
        ({"controller_in_eea": True, "processor_in_eea": False}, "allowed"),
        ({"controller_in_eea": False, "processor_in_eea": True}, "allowed"),
        ({"controller_in_eea": False, "processor_in_eea": False, "offers_into_eea": True}, "allowed"),
        ({"controller_in_eea": False, "processor_in_eea": False, "monitors_in_eea": True}, "allowed"),
    ],
)
def test_it_applies_unless_both_sides_are_outside_and_nothing_reaches_in(facts: dict[str, bool], verdict: str) -> None:
    says(decide("apply", ICE, **facts), verdict, "agreement.territory", "ICE I.5", law="gdpr")


@pytest.mark.req("AGR-11")
@pytest.mark.parametrize(
    ("calendar", "reach", "missing"), [("US", "no", ["apply.territory"]), ("US", "yes", []), ("CZ", "no", [])]
)
def test_whether_it_applies_is_asked_and_decided_before_acceptance(
    calendar: str, reach: str, missing: list[str]
) -> None:
    text = library.source(ICE).replace('calendar = "CZ"', f'calendar = "{calendar}"')
    terms = library.checked(text.replace('regime = "eu_1182"', 'regime = "plain"'), "mine.toml")
    facts = AcceptFacts("en", {"eea": "no", "reach": reach}, warranted=True, shown=b"x", text=b"x")
    assert [one.code for one in may_accept(terms, facts) if not one.allowed] == missing


@pytest.mark.req("AGR-2")
def test_you_are_the_controller_and_the_operator_is_the_processor() -> None:
    answer = decide("roles", ICE)
    says(answer, "allowed", "agreement.roles", "ICE I.1, II.1", customer="controller", operator="processor")
    says(decide("roles", ICE, upstream=True, authorised=True), "refused", "agreement.roles", "ICE I.1, II.1")


@pytest.mark.req("AGR-1", "AGR-3")
def test_what_the_seed_does_not_say_is_marked_so() -> None:
    terms = library.load(ICE)
    says(decide("prevail", ICE), "allowed", "agreement.precedence", "ICE (silent)", rule="protection_first")
    assert decide("accept", ICE, by="agree_button")["source"] == "ICE (silent)"
    marks = {key: terms.clause(key).mark for key in ("agreement.precedence", "agreement.acceptance", "change.notice")}
    assert marks == {
        "agreement.precedence": Mark.OPEN,
        "agreement.acceptance": Mark.OURS,
        "change.notice": Mark.OPEN,
    }
    assert all(terms.clause(key).note for key in marks)


@pytest.mark.req("INS-6", "AGR-2")
def test_data_serves_to_provide_the_services_and_nothing_else() -> None:
    says(
        decide("process", ICE, act="send", purpose="provide"),
        "allowed",
        "instruction.standing",
        "ICE VII.1.a, II.1",
        instruction="standing",
    )
    says(
        decide("process", ICE, act="send", purpose="own_marketing"),
        "refused",
        "processing.purposes",
        "ICE III.1, IV.2",
        agreed="provide",
    )


@pytest.mark.req("BRE-1")
def test_a_breach_is_told_without_undue_delay_on_reasonable_belief() -> None:
    listed = duties(ICE)["breach.notify"]
    assert (listed["source"], listed["mark"], listed["period"], listed["start"]) == ("ICE IX.3", "open", None, "belief")
    assert listed["target"] == "24 hours"
    told = due(ICE, "breach.notify", AT)
    assert (told["source"], told["strict"]) == ("ICE IX.3", "2026-03-28T21:30:00Z")
    assert "states no figure" in told["explanation"]
    potential = decide("breach", ICE, certain=False, aware_at=AT)
    says(potential, "allowed", "breach.notify", "ICE IX.3", strict="2026-03-28T21:30:00Z")


@pytest.mark.req("SPR-2")
def test_a_sub_processor_is_published_a_month_ahead() -> None:
    listed = duties(ICE)["subprocessor.notice"]
    assert (listed["period"], listed["mark"], listed["source"]) == ("1 month", "seed", "ICE VIII.1")
    assert library.load(ICE).clause("subprocessor.notice").value.channels == ("publication",)  # type: ignore[union-attr]
    facts = {"recipient": "New Ltd.", "told_at": "2026-03-02T09:00:00+01:00"}
    early = decide("engage", ICE, **facts, at="2026-04-02T23:59:59+02:00")
    says(early, "refused", "subprocessor.notice", "ICE VIII.1", until="2026-04-02T22:00:00Z")
    says(decide("engage", ICE, **facts, at="2026-04-03T00:00:00+02:00"), "allowed", "subprocessor.notice", "ICE VIII.1")
    assert before(ICE, "subprocessor.notice", "2026-06-01T00:00:00+02:00")["source"] == "ICE VIII.1"


@pytest.mark.req("SPR-3")
def test_there_is_an_opportunity_to_object_and_no_period() -> None:
    listed = duties(ICE)["subprocessor.objection"]
    assert (listed["period"], listed["mark"], listed["source"]) == (None, "open", "ICE VIII.1")
    late = decide("object", ICE, received_at="2026-03-02T09:00:00+01:00", at="2026-09-01T09:00:00+02:00")
    says(late, "allowed", "subprocessor.objection", "ICE VIII.1")
    open_one = decide(
        "engage",
        ICE,
        recipient="New Ltd.",
        told_at="2026-03-02T09:00:00+01:00",
        at="2026-06-01T00:00:00+02:00",
        objection="open",
    )
    says(open_one, "refused", "subprocessor.objection", "ICE VIII.1")


@pytest.mark.req("SPR-7")
def test_group_companies_and_the_published_list_are_authorised() -> None:
    for code in ("majority_owned", "group"):
        found = decide("disclose", ICE, recipient="Group Co.", at=AT, authorised="class", classes=[code])
        says(found, "allowed", "subprocessor.classes", "ICE VIII.1", classes=code)
    listed = decide("disclose", ICE, recipient="Listed Ltd.", at=AT, authorised="list")
    says(listed, "allowed", "subprocessor.notice", "ICE VIII.1", by="list")
    says(decide("disclose", ICE, recipient="Somebody", at=AT), "refused", "subprocessor.notice", "ICE VIII.1")


@pytest.mark.req("DSR-1")
def test_requests_and_complaints_are_passed_on() -> None:
    listed = duties(ICE)["rights.forward"]
    assert (listed["source"], listed["who"], listed["mark"]) == ("ICE VII.1.g", "processor", "open")
    told = due(ICE, "rights.forward", AT)
    assert (told["source"], told["statutory"]) == ("ICE VII.1.g", "2026-03-31T22:00:00Z")


@pytest.mark.req("AUD-1")
def test_an_independent_auditor_comes_every_two_calendar_years() -> None:
    listed = duties(ICE)["audit.own"]
    assert (listed["period"], listed["calendar_years"], listed["who"]) == ("2 years", True, "processor")
    assert library.load(ICE).clause("audit.own").value.by == "independent_auditor"  # type: ignore[union-attr]
    told = due(ICE, "audit.own", "2026-03-02T09:00:00+01:00")
    assert (told["source"], told["statutory"]) == ("ICE VII.1.i", "2028-12-31T23:00:00Z")


@pytest.mark.req("AUD-1", "AUD-2")
def test_a_further_audit_needs_scope_and_price_agreed() -> None:
    facts = {"told_at": "2026-03-02T09:00:00+01:00", "on": "2026-05-04T09:00:00+02:00", "by": "customer"}
    says(decide("audit", ICE, **facts, terms_agreed=False), "refused", "audit.extra", "ICE VII.1.i")
    says(decide("audit", ICE, **facts, terms_agreed=True), "allowed", "audit.extra", "ICE VII.1.i")
    says(decide("charge", ICE, work="audits"), "allowed", "audit.extra", "ICE VII.1.i")


@pytest.mark.req("AST-4")
@pytest.mark.parametrize("work", ["rights", "compliance", "breaches", "assessments", "forwarding"])
def test_help_is_paid_by_the_price_list_and_what_is_not_listed_on_request(work: str) -> None:
    says(decide("charge", ICE, work=work, costs=100), "allowed", "assistance.paid", "ICE VII.2", amount="100.00")
    assert decide("charge", ICE, work=work)["evidence"]["amount"] == "listed_or_quoted"


@pytest.mark.req("AST-4")
def test_other_help_is_not_paid() -> None:
    says(decide("charge", ICE, work="instructions", hours=3), "refused", "assistance.paid", "ICE VII.2")


@pytest.mark.req("RET-2", "RET-3")
def test_at_the_end_the_plan_decides_else_thirty_days_by_choice() -> None:
    ended = "2026-01-01T12:00:00+01:00"
    listed = duties(ICE)["end.choice"]
    assert (listed["period"], listed["source"], listed["start"]) == ("30 days", "ICE X.1", "contract_ended")
    told = due(ICE, "end.choice", ended)
    assert (told["source"], told["strict"]) == ("ICE X.1", "2026-01-31T23:00:00Z")
    for at, verdict in (("2026-01-31T23:59:59+01:00", "allowed"), ("2026-02-01T00:00:00+01:00", "refused")):
        says(decide("keep", ICE, kind="database", ended_at=ended, at=at), verdict, "end.choice", "ICE X.1")
    plan = {"kind": "database", "ended_at": ended, "plan_until": "2026-06-01T00:00:00+02:00"}
    says(decide("keep", ICE, **plan, at="2026-05-01T00:00:00+02:00"), "allowed", "end.plan", "ICE X.1")
    says(decide("keep", ICE, **plan, at="2026-06-01T00:00:00+02:00"), "refused", "end.plan", "ICE X.1")
    says(decide("keep", ICE, kind="database", at=AT, law="accounting law"), "allowed", "end.legal", "ICE X.1")


@pytest.mark.req("TRF-1")
def test_the_customer_chooses_where_its_data_lies() -> None:
    says(decide("relocate", ICE, country="DE", chosen=True, at=AT), "allowed", "location.choice", "ICE VIII.3")
    elsewhere = decide("transfer", ICE, country="FR", regions=["DE"], at=AT)
    says(elsewhere, "refused", "location.choice", "ICE VIII.3", regions="DE")


@pytest.mark.req("TRF-2")
def test_a_change_of_country_is_told_and_may_be_opposed() -> None:
    listed = duties(ICE)
    assert (listed["location.change"]["source"], listed["location.change"]["mark"]) == ("ICE VIII.3", "open")
    assert listed["location.opposition"]["source"] == "ICE VIII.3"
    says(decide("relocate", ICE, country="DE", at=AT), "refused", "location.change", "ICE VIII.3")
    facts = {"country": "DE", "told_at": "2026-03-02T09:00:00+01:00", "at": "2026-05-04T00:00:00+02:00"}
    assert decide("relocate", ICE, **facts)["verdict"] == "allowed"
    opposed = decide("relocate", ICE, **facts, opposed_at="2026-03-10T00:00:00+01:00")
    says(opposed, "refused", "location.change", "ICE VIII.3")


@pytest.mark.req("TRF-3")
def test_a_third_country_needs_adequacy_or_safeguards() -> None:
    facts = {"country": "US", "at": AT, "instructed": True}
    for kind in ("adequacy", "bcr", "scc"):
        found = decide("transfer", ICE, **facts, mechanisms=[{"kind": kind}])
        says(found, "allowed", "transfer.safeguards", "ICE VIII.3", mechanism=kind)
    says(decide("transfer", ICE, **facts), "refused", "transfer.safeguards", "ICE VIII.3", mechanism="none")
    shield = decide("transfer", ICE, **facts, mechanisms=[{"kind": "privacy_shield"}])
    says(shield, "refused", "transfer.safeguards", "ICE VIII.3")


@pytest.mark.req("AGR-8")
def test_liability_lies_within_the_main_agreements_total() -> None:
    found = decide("liability", ICE, claim=1000, fees=600)
    says(found, "allowed", "liability.main", "ICE X.4", owed="600.00", limit="600.00")


@pytest.mark.req("INS-1", "INS-2", "INS-4")
def test_instructions_are_written_and_the_law_is_told_first() -> None:
    says(decide("instruct", ICE, written=True, beyond=True), "refused", "instruction.beyond", "ICE VII.1.a")
    assert decide("instruct", ICE, written=True, beyond=True, agreed=True)["verdict"] == "allowed"
    says(decide("instruct", ICE, written=True, by_law=True), "refused", "instruction.legal", "ICE VII.1.h")
    told = decide("instruct", ICE, written=True, by_law=True, told_first=True)
    says(told, "allowed", "instruction.legal", "ICE VII.1.h")


@pytest.mark.req("AGR-9", "INS-5")
def test_the_controller_makes_good_what_its_breach_costs() -> None:
    for ground in ("breach", "subjects", "fines"):
        says(decide("indemnity", ICE, ground=ground), "allowed", "indemnity.grounds", "ICE X.2", ground=ground)
    told = decide("liability", ICE, claim=1000, fees=600, defect_told=True)
    says(told, "refused", "liability.instruction", "ICE X.3")


@pytest.mark.req("SEC-8", "AGR-6", "AGR-12")
def test_its_lists_are_complete() -> None:
    terms = library.load(ICE)
    assert len(terms.items("measures.technical")) == 12
    assert len(terms.items("warranty.controller")) == 6
    products = terms.clause("agreement.products").value
    assert len(products.items) == 6  # type: ignore[union-attr]
    unknown = decide("access", ICE, at=AT, reason="ticket 1", country="CZ", confidential=True, trained_at=AT)
    says(unknown, "refused", "agreement.products", "ICE I.1, III.1")
