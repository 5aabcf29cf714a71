"""Every cell that Acomware's terms fill in the first table of the requirements, asked by the command line."""

from typing import Any

import pytest

from tests.clauses.asking import before, decide, due, duties, says

ACO, ATT = "acomware", "ACO-Att (rights)"
TOLD, ASKED = "2026-03-02T09:00:00+01:00", "2026-03-27T22:30:00+01:00"


def check(answer: dict[str, Any], code: str) -> dict[str, Any]:
    """One of the checks that an answer made."""
    found: dict[str, Any] = {one["check"]: one for one in answer["checks"]}[code]
    return found


@pytest.mark.req("AGR-11")
def test_it_follows_the_gdpr_and_czech_law() -> None:
    says(decide("apply", ACO, controller_in_eea=True), "allowed", "agreement.law", "ACO 6, 7.2", law="gdpr, cz")


@pytest.mark.req("AGR-2")
def test_the_customer_is_the_controller_and_the_contractor_the_processor() -> None:
    says(decide("roles", ACO), "allowed", "agreement.roles", "ACO 6", customer="controller", operator="processor")


@pytest.mark.req("AGR-3")
def test_the_contract_prevails_over_the_terms() -> None:
    found = decide("prevail", ACO, over="individual_contract")
    says(found, "refused", "agreement.precedence", "ACO 7.4", rule="contract_first")


@pytest.mark.req("AGR-1")
def test_an_order_or_advance_payment_binds_once_confirmed_or_begun() -> None:
    says(decide("accept", ACO, by="order_confirmed", at=ASKED), "allowed", "agreement.acceptance", "ACO 2")
    says(decide("accept", ACO, by="registration", at=ASKED), "refused", "agreement.acceptance", "ACO 2")


@pytest.mark.req("AGR-2")
def test_it_takes_effect_on_25_may_2018_and_the_czech_version_decides() -> None:
    early = decide("accept", ACO, by="order_confirmed", at="2018-05-24T23:59:59+02:00")
    says(early, "refused", "agreement.effective", "ACO 7.11", date="2018-05-25")
    assert decide("accept", ACO, by="order_confirmed", at="2018-05-25T00:00:00+02:00")["verdict"] == "allowed"
    says(decide("read", ACO, language="cs"), "allowed", "agreement.language", "ACO 7.2")
    says(decide("read", ACO, language="en"), "refused", "agreement.language", "ACO 7.2", decides="cs")


@pytest.mark.req("INS-6")
def test_data_serves_the_contract_related_rights_and_legal_duties_only() -> None:
    for purpose in ("contract", "marketing", "rights", "legal_duties"):
        found = check(decide("process", ACO, act="send", purpose=purpose), "process.purpose")
        says(found, "allowed", "processing.purposes", "ACO 6, 6.u.b", purpose=purpose)
    other = decide("process", ACO, act="send", purpose="own_offers")
    says(other, "refused", "processing.purposes", "ACO 6, 6.u.b")


@pytest.mark.req("BRE-1")
def test_a_breach_is_told_where_notifiable_and_a_significant_risk_unless_law_forbids() -> None:
    facts: dict[str, Any] = {"aware_at": ASKED, "significant_risk": True}
    says(decide("notify", ACO, **facts), "allowed", "breach.notify", "ACO 6.u.e", strict="2026-03-28T21:30:00Z")
    says(decide("notify", ACO, **facts, notifiable=False), "refused", "breach.threshold", "ACO 6.u.e")
    says(decide("notify", ACO, aware_at=ASKED), "refused", "breach.threshold", "ACO 6.u.e")
    says(decide("notify", ACO, **facts, telling_forbidden=True), "refused", "breach.exception", "ACO 6.u.e")


@pytest.mark.req("BRE-1")
def test_without_undue_delay_stays_open_with_a_target_of_ours() -> None:
    listed = duties(ACO)["breach.notify"]
    assert (listed["period"], listed["target"], listed["mark"]) == (None, "24 hours", "open")
    found = due(ACO, "breach.notify", ASKED)
    assert (found["source"], found["strict"]) == ("ACO 6.u.e", "2026-03-28T21:30:00Z")
    assert "our own target" in found["explanation"]


@pytest.mark.req("SPR-2")
def test_sub_processors_are_told_by_e_mail_or_newsletter_under_a_general_permission() -> None:
    facts: dict[str, Any] = {"recipient": "Example s.r.o.", "told_at": TOLD, "at": ASKED}
    for channel in ("email", "newsletter"):
        found = decide("engage", ACO, **facts, channel=channel)
        says(found, "allowed", "subprocessor.notice", "ACO 6.u.a", channel=channel)
    says(decide("engage", ACO, **facts, channel="app"), "refused", "subprocessor.notice", "ACO 6.u.a")
    never = decide("engage", ACO, recipient="Example s.r.o.", told_at=None, at=ASKED)
    says(never, "refused", "subprocessor.notice", "ACO 6.u.a")
    assert duties(ACO)["subprocessor.notice"]["period"] is None


@pytest.mark.req("SPR-3")
def test_the_opportunity_to_object_has_no_end() -> None:
    found = decide("object", ACO, received_at=TOLD, at="2027-03-02T09:00:00+01:00")
    says(found, "allowed", "subprocessor.objection", "ACO 6.u.a", until="–")
    listed = duties(ACO)["subprocessor.objection"]
    assert (listed["period"], listed["target"]) == (None, "14 days")


@pytest.mark.req("SPR-6")
def test_whom_the_customer_chose_is_no_sub_processor() -> None:
    found = decide("disclose", ACO, recipient="Google Analytics", at=ASKED, authorised="chosen")
    says(found, "allowed", "subprocessor.chosen", "ACO 6.u.a", recipient="Google Analytics")
    blame = decide("liability", ACO, claim=100, fault="wilful", cause="chosen")
    says(blame, "refused", "subprocessor.chosen", "ACO 6.u.a")


@pytest.mark.req("SPR-4")
def test_the_contractor_stays_fully_liable_for_its_sub_processors() -> None:
    found = decide("liability", ACO, claim=100, fault="gross_negligence", cause="subprocessor")
    says(found, "allowed", "subprocessor.duties", "ACO 6.u.a")


@pytest.mark.req("DSR-1")
def test_it_cooperates_in_data_subjects_requests() -> None:
    found = check(decide("rights", ACO, kind="access", confirmed=True), "rights.confirmed")
    says(found, "allowed", "assistance.matters", "ACO 6.u.c")
    assert duties(ACO)["assistance.documents"]["source"] == "ACO 6.u.c"


@pytest.mark.req("DSR-3")
def test_as_a_controller_it_answers_in_one_month_and_two_more() -> None:
    answer = due(ACO, "rights.answer", "2026-01-31T09:00:00+01:00")
    assert answer["source"] == ATT
    assert answer["strict"] == "2026-02-28T23:00:00Z"
    assert answer["statutory"] == "2026-03-02T23:00:00Z"  # 28 February is a Saturday
    assert duties(ACO)["rights.answer"]["who"] == "operator"
    assert duties(ACO)["rights.extension"]["period"] == "3 months"
    says(decide("extend", ACO, received_at=TOLD, told_at=ASKED), "allowed", "rights.extension", ATT)
    says(
        decide("extend", ACO, received_at=TOLD, told_at="2026-04-03T00:00:00+02:00"),
        "refused",
        "rights.extension",
        ATT,
        told="2026-04-02T22:00:00Z",
    )


@pytest.mark.req("DSR-11")
def test_an_excessive_request_brings_a_fee_or_a_refusal() -> None:
    found = decide("rights", ACO, kind="access", confirmed=True, excessive=True)
    says(found, "refused", "rights.refusal", ATT, ways="fee, refuse")


@pytest.mark.req("DSR-12")
def test_requests_are_archived_for_three_years_the_shorter_reading() -> None:
    listed = duties(ACO)["rights.archive"]
    assert (listed["source"], listed["period"]) == (ATT, "3 years")
    assert "3 to 4 years" in listed["note"]
    assert due(ACO, "rights.archive", "2026-03-02T09:00:00+01:00")["strict"] == "2029-03-02T23:00:00Z"


AUDIT: dict[str, Any] = {"told_at": TOLD, "on": ASKED, "by": "customer"}


@pytest.mark.req("AUD-1")
@pytest.mark.parametrize(
    ("facts", "clause"),
    [
        ({"earlier": ["2025-06-01T09:00:00+02:00"]}, "audit.frequency"),
        ({"by": "other"}, "audit.inspector"),
        ({"by": "designated"}, "audit.inspector"),
        ({"competitor": True}, "audit.refusal"),
        ({"bound": False}, "audit.bound"),
        ({"terms_agreed": False}, "audit.agreement"),
        ({"on_site": True}, "audit.site"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_audit_may_be_refused(facts: dict[str, Any], clause: str) -> None:
    says(decide("audit", ACO, **{**AUDIT, **facts}), "refused", clause, "ACO 6.u.g")


@pytest.mark.req("AUD-1")
@pytest.mark.parametrize(
    "facts",
    [
        {"by": "customer"},
        {"by": "law_firm"},
        {"by": "protection_professional"},
        {"earlier": ["2025-06-01T09:00:00+02:00"], "serious_reason": True},
        {"earlier": ["2025-03-01T09:00:00+01:00"]},
        {"on_site": True, "site_justified": True},
    ],
    ids=str,
)
def test_an_audit_may_take_place(facts: dict[str, Any]) -> None:
    found = decide("audit", ACO, **{**AUDIT, **facts})
    says(found, "allowed", "audit.inspector", "ACO 6.u.g")
    assert {one["source"] for one in found["checks"]} == {"ACO 6.u.g"}


@pytest.mark.req("AUD-2")
def test_the_written_agreement_on_an_audit_is_due_within_fifteen_days() -> None:
    found = due(ACO, "audit.agreement", TOLD)
    assert (found["source"], found["strict"]) == ("ACO 6.u.g", "2026-03-17T23:00:00Z")
    assert duties(ACO)["audit.frequency"]["period"] == "12 months"


@pytest.mark.req("AUD-4")
@pytest.mark.parametrize(
    ("facts", "rate", "amount"),
    [
        ({"hours": 10}, "CZK 500.00", "CZK 5000.00"),
        ({"hours": "2.5", "audit_of_year": 2, "costs": "249.50"}, "CZK 1500.00", "CZK 3999.50"),
        ({"hours": 1, "contract_year": 2025, "at": "2026-06-30T12:00:00+02:00"}, "CZK 500.00", "CZK 500.00"),
        (
            {"hours": 1, "contract_year": 2025, "at": "2026-07-01T12:00:00+02:00", "indexation": [2.4]},
            "CZK 512.00",
            "CZK 512.00",
        ),
        (
            {"hours": 1, "audit_of_year": 3, "contract_year": 2023, "at": ASKED, "indexation": [10.7, 2.4]},
            "CZK 1700.35",  # 1500 x 1.107 x 1.024, each year again
            "CZK 1700.35",
        ),
    ],
)
def test_audits_are_priced_by_the_man_hour_and_rise_each_july(facts: dict[str, Any], rate: str, amount: str) -> None:
    found = decide("charge", ACO, work="audits", **facts)
    says(found, "allowed", "audit.rates", "ACO 6.u.g", rate=rate, amount=amount)
    assert "without VAT" in found["reason"]


@pytest.mark.req("AUD-4")
def test_a_price_whose_index_is_unknown_is_not_guessed() -> None:
    found = decide("charge", ACO, work="audits", hours=1, contract_year=2023, at=ASKED, indexation=[10.7])
    says(found, "refused", "audit.rates", "ACO 6.u.g", year=2024)


@pytest.mark.req("AST-4")
def test_help_beyond_the_usual_technical_measures_goes_by_the_price_list() -> None:
    listed = decide("charge", ACO, work="beyond_usual", hours=1)
    says(listed, "allowed", "assistance.paid", "ACO 6.u.c, 6.u.g", amount="listed")
    usual = decide("charge", ACO, work="usual_measures", hours=1)
    says(usual, "refused", "assistance.free", "ACO 6.u.c")


@pytest.mark.req("RET-2")
def test_data_is_deleted_at_the_end_save_what_claims_law_or_the_contract_need() -> None:
    facts: dict[str, Any] = {"kind": "database", "at": ASKED, "ended_at": TOLD}
    says(decide("keep", ACO, **facts), "refused", "end.deletion", "ACO 6")
    says(decide("keep", ACO, **facts, needed="claims"), "allowed", "end.deletion", "ACO 6", needed="claims")
    says(decide("keep", ACO, **facts, law="accounting"), "allowed", "end.legal", "ACO 6")


@pytest.mark.req("RET-2")
def test_content_on_the_engine_is_destroyed_at_once() -> None:
    found = decide("keep", ACO, kind="engine", at=TOLD, ended_at=TOLD)
    says(found, "refused", "end.engine", "ACO 4.7", until="2026-03-02T08:00:00Z")


@pytest.mark.req("CAM-4")
@pytest.mark.parametrize(("kind", "clause"), [("content", "content.available"), ("template", "content.templates")])
def test_content_and_templates_are_available_for_180_days(kind: str, clause: str) -> None:
    within = decide("keep", ACO, kind=kind, at=ASKED, used_at="2025-09-28T10:00:00+02:00")
    says(within, "allowed", clause, "ACO 4.7", until="2026-03-27T23:00:00Z")
    after = decide("keep", ACO, kind=kind, at=ASKED, used_at="2025-09-26T10:00:00+02:00")
    says(after, "refused", clause, "ACO 4.7")
    says(check(after, "keep.own_copies"), "allowed", "content.backup", "ACO 4.7")
    assert duties(ACO)[clause]["period"] == "180 days"


@pytest.mark.req("TRF-3")
def test_data_may_leave_the_union_where_the_laws_conditions_are_met() -> None:
    facts: dict[str, Any] = {"country": "US", "at": ASKED}
    says(decide("transfer", ACO, **facts, mechanisms=[{"kind": "scc"}]), "allowed", "transfer.safeguards", "ACO 6")
    says(decide("transfer", ACO, **facts), "refused", "transfer.safeguards", "ACO 6")
    ground = check(decide("transfer", ACO, **facts), "transfer.instructed")
    says(ground, "allowed", "transfer.ground", "ACO 6")


@pytest.mark.req("TRF-3")
def test_the_privacy_shield_lapsed_on_16_july_2020() -> None:
    shield: dict[str, Any] = {"country": "US", "mechanisms": [{"kind": "privacy_shield"}]}
    then = decide("transfer", ACO, **shield, at="2020-07-15T23:59:59+02:00")
    says(then, "allowed", "transfer.safeguards", "ACO 6", mechanism="privacy_shield")
    since = decide("transfer", ACO, **shield, at="2020-07-16T00:00:00+02:00")
    says(since, "refused", "transfer.safeguards", "ACO 6", mechanism="privacy_shield")


@pytest.mark.req("AGR-4")
def test_a_change_applies_after_the_period_set_usually_a_month_and_at_least_25_days() -> None:
    usual = decide("change", ACO, told_at=TOLD, at=ASKED)
    says(usual, "refused", "change.notice", "ACO 7.5", since="2026-04-02T22:00:00Z")
    least: dict[str, Any] = {"told_at": TOLD, "set_period_ends": "2026-03-28T00:00:00+01:00"}
    says(decide("change", ACO, **least, at="2026-03-28T00:00:00+01:00"), "allowed", "change.notice", "ACO 7.5")
    short: dict[str, Any] = {"told_at": TOLD, "set_period_ends": "2026-03-12T00:00:00+01:00"}
    found = decide("change", ACO, **short, at="2026-03-27T23:59:59+01:00")
    says(found, "refused", "change.notice", "ACO 7.5", since="2026-03-27T23:00:00Z")
    assert before(ACO, "change.notice", "2026-06-01T00:00:00+02:00")["source"] == "ACO 7.5"
    assert duties(ACO)["change.window"]["period"] == "1 month"


@pytest.mark.req("AGR-4")
def test_a_change_needs_its_full_text_and_a_known_reason() -> None:
    late: dict[str, Any] = {"told_at": TOLD, "at": "2026-04-10T00:00:00+02:00"}
    says(decide("change", ACO, **late, full_text=False), "refused", "change.text", "ACO 7.5")
    says(decide("change", ACO, **late, reason="whim"), "refused", "change.reasons", "ACO 7.5")
    assert decide("change", ACO, **late, reason="supplier_terms")["verdict"] == "allowed"


@pytest.mark.req("AGR-4")
def test_who_disagrees_ends_within_the_period_with_thirty_days_notice() -> None:
    found = decide("end", ACO, cause="change", since=TOLD, at=ASKED)
    says(found, "allowed", "change.end", "ACO 7.5", until="2026-04-02T22:00:00Z", ends="2026-04-27T22:00:00Z")
    late = decide("end", ACO, cause="change", since=TOLD, at="2026-04-03T00:00:00+02:00")
    says(late, "refused", "change.end", "ACO 7.5")
    assert duties(ACO)["change.end"]["period"] == "30 days"


@pytest.mark.req("AGR-4")
def test_suppliers_changes_come_at_their_date_and_instructions_any_time() -> None:
    supplier = decide("change", ACO, told_at=TOLD, at=ASKED, kind="supplier", effective_at="2026-03-05T00:00:00+01:00")
    says(supplier, "allowed", "change.suppliers", "ACO 7.5", since="2026-03-04T23:00:00Z")
    early = decide("change", ACO, told_at=TOLD, at=ASKED, kind="supplier", effective_at="2026-05-05T00:00:00+02:00")
    says(early, "refused", "change.suppliers", "ACO 7.5")
    says(decide("change", ACO, told_at=TOLD, at=TOLD, kind="instructions"), "allowed", "change.instructions", "ACO 7.5")


@pytest.mark.req("AGR-8")
def test_it_answers_only_for_intent_and_gross_negligence() -> None:
    for fault in ("wilful", "gross_negligence"):
        found = decide("liability", ACO, claim=100, fault=fault)
        says(found, "allowed", "liability.fault", "ACO 7.3", fault=fault)
    for fault in ("none", "negligence"):
        says(decide("liability", ACO, claim=100, fault=fault), "refused", "liability.fault", "ACO 7.3", fault=fault)
    majeure = decide("liability", ACO, claim=100, fault="wilful", majeure=True)
    says(majeure, "refused", "liability.majeure", "ACO 7.3")
    says(decide("liability", ACO, claim=100, fault="wilful", claimant="other"), "refused", "liability.whom", "ACO 7.3")


@pytest.mark.req("AGR-4")
def test_cells_that_the_seed_leaves_empty_stay_empty() -> None:
    end = decide("end", ACO, cause="objection", since=TOLD, at=ASKED)
    assert (end["verdict"], end["source"]) == ("refused", "ACO (silent)")
    account = decide("keep", ACO, kind="account", at=ASKED, used_at="2019-03-02T09:00:00+01:00")
    assert (account["verdict"], account["evidence"]["until"]) == ("allowed", "–")
    assert not {"end.inactivity", "subprocessor.resolve", "end.choice", "location.change"} & set(duties(ACO))


@pytest.mark.req("AGR-10")
def test_the_contract_is_published_within_fifteen_days_in_doubt_and_above_50_000_crowns() -> None:
    facts: dict[str, Any] = {"obliged": True, "concluded_at": TOLD}
    found = decide("publish", ACO, **facts, doubtful=True, at=TOLD)
    says(found, "allowed", "publication.register", "ACO 7.7", until="2026-03-17T23:00:00Z", by="controller")
    assert decide("publish", ACO, **facts, value=60000, at=ASKED)["evidence"]["by"] == "processor"
    says(decide("publish", ACO, **facts, value=50000), "refused", "publication.register", "ACO 7.7")
    assert due(ACO, "publication.register", TOLD)["strict"] == "2026-03-17T23:00:00Z"


@pytest.mark.req("INS-4")
def test_what_the_law_compels_is_told_first() -> None:
    says(decide("instruct", ACO, written=True, by_law=True), "refused", "instruction.legal", "ACO 6")
    says(decide("instruct", ACO, written=True, by_law=True, told_first=True), "allowed", "instruction.legal", "ACO 6")


@pytest.mark.req("BIL-8")
@pytest.mark.parametrize(
    ("duty", "period", "source"),
    [
        ("fee.advance", "2 working days", "ACO 3.2"),
        ("fee.invoice", "15 days", "ACO 3.2"),
        ("fee.due", "14 days", "ACO 3.2"),
        ("fee.discount", "15 days", "ACO 4.2"),
        ("fee.objection", "10 days", "ACO 5.6"),
        ("complaint.claim", "10 days", "ACO 5.4"),
        ("complaint.latest", "10 days", "ACO 5.4"),
        ("complaint.decision", "21 days", "ACO 5.4"),
        ("notices.post", "3 days", "ACO 7.1"),
        ("own.retention", "10 years", "ACO-Att (time of processing)"),
    ],
)
def test_the_other_periods_of_the_terms_are_listed(duty: str, period: str, source: str) -> None:
    assert (duties(ACO)[duty]["period"], duties(ACO)[duty]["source"]) == (period, source)
