"""The Ecomail agreement answers every cell of its column of the first table of requirements, by the seed's section."""

from typing import Any

import pytest

from mandata.agreements import library
from mandata.agreements.rules.terms import Mark
from tests.clauses.asking import before, decide, due, duties, says

ECO = "ecomail"
AT = "2026-03-27T22:30:00+01:00"
TOLD = "2026-03-02T09:00:00+01:00"
ENDED = "2026-01-01T12:00:00+01:00"


@pytest.mark.req("AGR-2")
def test_it_follows_the_gdpr_and_czech_law() -> None:
    applied = decide("apply", ECO, controller_in_eea=False)
    says(applied, "allowed", "agreement.law", "ECO-A preamble, 4.1; ECO 15.3", law="gdpr, cz")


@pytest.mark.req("AGR-2")
def test_the_user_is_the_controller() -> None:
    says(decide("roles", ECO), "allowed", "agreement.roles", "ECO-A 1.3", customer="controller", operator="processor")


@pytest.mark.req("AGR-3")
def test_precedence_is_not_said() -> None:
    says(decide("prevail", ECO), "allowed", "agreement.precedence", "ECO (silent)")
    assert library.load(ECO).clause("agreement.precedence").mark is Mark.OPEN


@pytest.mark.req("AGR-1")
def test_finishing_registration_concludes_it_since_7_september_2023() -> None:
    source = "ECO 15.7, 3.2; ECO-A 1.7"
    says(decide("accept", ECO, by="registration"), "allowed", "agreement.acceptance", source)
    says(decide("accept", ECO, by="order_form"), "refused", "agreement.acceptance", source)
    before_it = decide("accept", ECO, by="registration", at="2023-09-06T23:59:59+02:00")
    says(before_it, "refused", "agreement.effective", "ECO-A 4.6", date="2023-09-07")
    assert decide("accept", ECO, by="registration", at="2023-09-07T00:00:00+02:00")["verdict"] == "allowed"


@pytest.mark.req("INS-6")
def test_data_serves_the_use_of_the_service() -> None:
    says(decide("process", ECO, act="send"), "allowed", "instruction.standing", "ECO-A 3.3.2, 1.2, 1.3")
    other = decide("process", ECO, act="send", purpose="advertising")
    says(other, "refused", "processing.purposes", "ECO-A annex A, 1.2", agreed="service")


@pytest.mark.req("BRE-1", "BRE-7")
@pytest.mark.parametrize("side", ["processor", "controller"])
def test_either_party_tells_of_a_breach_within_48_hours(side: str) -> None:
    told = due(ECO, "breach.notify", AT)
    assert (told["source"], told["strict"]) == ("ECO-A 2.3, 3.3.6", "2026-03-29T21:30:00Z")
    assert duties(ECO)["breach.notify"]["who"] == "either"
    says(decide("breach", ECO, by=side, aware_at=AT), "allowed", "breach.notify", "ECO-A 2.3, 3.3.6")
    assert library.load(ECO).items("breach.content") == ("nature", "contact", "consequences", "measures")


@pytest.mark.req("SPR-2")
def test_a_sub_processor_is_told_before_the_change() -> None:
    listed = duties(ECO)["subprocessor.notice"]
    assert (listed["source"], listed["mark"], listed["period"], listed["target"]) == (
        "ECO-A 3.8",
        "open",
        None,
        "5 days",
    )
    assert library.load(ECO).clause("subprocessor.notice").value.channels == ("email", "app")  # type: ignore[union-attr]
    early = decide("engage", ECO, recipient="New Ltd.", told_at=TOLD, at="2026-03-05T00:00:00+01:00")
    says(early, "refused", "subprocessor.notice", "ECO-A 3.8")


@pytest.mark.req("SPR-3")
def test_an_objection_is_made_within_5_days_of_receipt() -> None:
    # Received on Monday 2 March 2026: the fifth day is Saturday 7, so the right lasts until the end of Monday 9.
    in_time = decide("object", ECO, received_at=TOLD, at="2026-03-09T23:59:59+01:00")
    says(in_time, "allowed", "subprocessor.objection", "ECO-A 3.8", until="2026-03-09T23:00:00Z")
    late = decide("object", ECO, received_at=TOLD, at="2026-03-10T00:00:00+01:00")
    says(late, "refused", "subprocessor.objection", "ECO-A 3.8")
    started = decide("engage", ECO, recipient="New Ltd.", told_at=TOLD, at="2026-03-10T00:00:00+01:00")
    says(started, "allowed", "subprocessor.notice", "ECO-A 3.8")


@pytest.mark.req("SPR-3")
def test_unresolved_the_service_may_become_impossible() -> None:
    found = decide("end", ECO, cause="objection", since=TOLD, at=AT)
    says(found, "refused", "subprocessor.unresolved", "ECO-A 3.8")
    assert library.load(ECO).chosen("subprocessor.unresolved") == "service_may_end"
    stands = decide("engage", ECO, recipient="New Ltd.", told_at=TOLD, at=AT, objection="open")
    says(stands, "refused", "subprocessor.objection", "ECO-A 3.8")


@pytest.mark.req("SPR-7")
def test_eight_are_named_and_programmers_and_specialists_are_authorised() -> None:
    names = library.load(ECO).clause("subprocessor.named").value.names  # type: ignore[union-attr]
    assert len(names) == 8
    for name in names:
        says(decide("disclose", ECO, recipient=name, at=AT), "allowed", "subprocessor.named", "ECO-A 3.8")
    expert = decide("disclose", ECO, recipient="A programmer", at=AT, authorised="class", classes=["specialists"])
    says(expert, "allowed", "subprocessor.classes", "ECO-A 3.9")
    says(decide("disclose", ECO, recipient="Somebody", at=AT), "refused", "subprocessor.notice", "ECO-A 3.8")


@pytest.mark.req("AST-3", "DSR-1")
def test_help_comes_within_10_working_days_of_the_request() -> None:
    # Requested on 27 March 2026; Good Friday is 3 April and Easter Monday 6 April.
    told = due(ECO, "assistance.documents", AT)
    assert (told["source"], told["strict"], told["statutory"]) == (
        "ECO-A 2.2",
        "2026-04-14T22:00:00Z",
        "2026-04-14T22:00:00Z",
    )
    assert duties(ECO)["assistance.documents"]["who"] == "either"
    matters = set(library.load(ECO).items("assistance.matters"))
    assert {"rights", "incidents", "impact", "authorities"} <= matters


@pytest.mark.req("AST-2")
def test_an_inspection_is_told_without_undue_delay() -> None:
    listed = duties(ECO)["authority.inspection"]
    assert (listed["source"], listed["mark"], listed["target"]) == ("ECO-A 3.3.3", "open", "2 working days")


@pytest.mark.req("AUD-1")
def test_an_audit_is_announced_a_month_before() -> None:
    facts: dict[str, Any] = {"told_at": TOLD, "by": "other"}
    soon = decide("audit", ECO, **facts, on="2026-04-02T23:59:59+02:00")
    says(soon, "refused", "audit.notice", "ECO-A 3.3.5", since="2026-04-02T22:00:00Z")
    says(decide("audit", ECO, **facts, on="2026-04-03T00:00:00+02:00"), "allowed", "audit.notice", "ECO-A 3.3.5")
    assert before(ECO, "audit.notice", "2026-06-01T00:00:00+02:00")["source"] == "ECO-A 3.3.5"


@pytest.mark.req("AUD-1")
@pytest.mark.parametrize(
    ("facts", "ground"),
    [({"independent": False}, "not_independent"), ({"competitor": True}, "competitor"), ({"similar": True}, "similar")],
)
def test_an_auditor_may_be_refused_and_another_is_named(facts: dict[str, bool], ground: str) -> None:
    found = decide("audit", ECO, told_at=TOLD, on="2026-05-04T09:00:00+02:00", by="other", **facts)
    says(found, "refused", "audit.refusal", "ECO-A 3.3.5", ground=ground)


@pytest.mark.req("AUD-2")
@pytest.mark.parametrize(("to", "verdict"), [("authority", "allowed"), ("other", "refused")])
def test_what_an_audit_shows_goes_to_an_authorised_authority_only(to: str, verdict: str) -> None:
    found = decide("audit", ECO, told_at=TOLD, on="2026-05-04T09:00:00+02:00", by="customer", shown_to=to)
    check = next(one for one in found["checks"] if one["clause"] == "audit.secrecy")
    assert (check["verdict"], check["source"], found["verdict"]) == (verdict, "ECO-A 3.6", verdict)


@pytest.mark.req("AST-4")
def test_reasonable_costs_of_help_are_paid() -> None:
    says(decide("charge", ECO, work="rights", costs=250), "allowed", "assistance.costs", "ECO-A 3.4", amount="250.00")


@pytest.mark.req("RET-2", "RET-3")
def test_data_is_returned_within_3_months_to_a_store_that_the_controller_names() -> None:
    told = due(ECO, "end.return", "2025-11-30T09:00:00+01:00")
    assert (told["source"], told["strict"], told["statutory"]) == (
        "ECO-A 3.10",
        "2026-02-28T23:00:00Z",
        "2026-03-02T23:00:00Z",
    )
    ended = {"standing": {"accepted": True, "ended": True}}
    says(decide("export", ECO, means="named_store", **ended), "allowed", "end.return", "ECO-A 3.10")
    gone = decide("export", ECO, deleted=True, **ended)
    assert (gone["verdict"], gone["source"]) == ("refused", "ECO-A 3.10")


@pytest.mark.req("RET-2")
def test_backed_up_data_is_to_be_had_for_2_months_and_then_gone() -> None:
    told = due(ECO, "end.backup", ENDED)
    assert (told["source"], told["strict"]) == ("ECO-A 3.11", "2026-03-01T23:00:00Z")
    facts = {"kind": "backup", "deleted_at": ENDED}
    for at, verdict in (("2026-03-01T23:59:59+01:00", "allowed"), ("2026-03-03T00:00:00+01:00", "refused")):
        says(decide("keep", ECO, **facts, at=at), verdict, "end.backup", "ECO-A 3.11")
    assert "Overlaps with ECO-A 3.10" in library.load(ECO).clause("end.backup").note


@pytest.mark.req("RET-2")
def test_after_3_years_of_silence_it_is_told_and_a_month_later_deleted() -> None:
    told, silence = due(ECO, "end.reminder", ENDED), due(ECO, "end.silence", "2029-01-02T09:00:00+01:00")
    assert (told["source"], told["strict"]) == ("ECO-A 3.10", "2029-01-01T23:00:00Z")
    assert (silence["source"], silence["strict"]) == ("ECO-A 3.10", "2029-02-02T23:00:00Z")
    waiting = decide("keep", ECO, kind="database", ended_at=ENDED, at="2027-01-01T00:00:00+01:00")
    says(waiting, "allowed", "end.silence", "ECO-A 3.10")
    reminded = {"kind": "database", "ended_at": ENDED, "reminded_at": "2029-01-02T09:00:00+01:00"}
    late = decide("keep", ECO, **reminded, at="2029-02-03T00:00:00+01:00")
    says(late, "refused", "end.silence", "ECO-A 3.10", until="2029-02-02T23:00:00Z")


@pytest.mark.req("RET-6")
def test_two_years_without_a_log_in_end_the_contract() -> None:
    told = due(ECO, "end.inactivity", "2024-02-29T09:00:00+01:00")
    assert (told["source"], told["strict"]) == ("ECO 13.3", "2026-02-28T23:00:00Z")
    facts = {"kind": "account", "used_at": "2024-01-01T12:00:00+01:00"}
    says(decide("keep", ECO, **facts, at="2026-01-01T12:00:00+01:00"), "allowed", "end.inactivity", "ECO 13.3")
    says(decide("keep", ECO, **facts, at="2026-01-03T00:00:00+01:00"), "refused", "end.inactivity", "ECO 13.3")


@pytest.mark.req("TRF-3")
def test_a_transfer_is_made_on_instruction_only() -> None:
    facts = {"country": "US", "at": AT, "mechanisms": [{"kind": "scc"}]}
    says(decide("transfer", ECO, **facts), "refused", "transfer.ground", "ECO-A 3.3.2")
    instructed = decide("transfer", ECO, **facts, instructed=True)
    assert instructed["verdict"] == "allowed"
    assert ("transfer.ground", "ECO-A 3.3.2") in {(one["clause"], one["source"]) for one in instructed["checks"]}


@pytest.mark.req("AGR-4")
def test_a_change_of_the_processing_agreement_is_told_by_e_mail_in_good_time() -> None:
    listed = duties(ECO)["change.notice"]
    assert (listed["source"], listed["mark"], listed["target"]) == ("ECO-A 4.5", "open", "15 days")
    assert library.load(ECO).clause("change.notice").value.channels == ("email",)  # type: ignore[union-attr]
    says(decide("change", ECO, told_at=TOLD, at="2026-03-17T23:59:59+01:00"), "refused", "change.notice", "ECO-A 4.5")
    says(decide("change", ECO, told_at=TOLD, at="2026-03-18T00:00:00+01:00"), "allowed", "change.notice", "ECO-A 4.5")


@pytest.mark.req("BIL-2")
def test_a_price_list_is_told_15_days_ahead_in_the_account_and_on_the_website() -> None:
    value = library.load(ECO).clause("fee.change").value
    assert (value.channels, value.all_channels) == (("app", "website"), True)  # type: ignore[union-attr]
    facts = {"kind": "price_list", "told_at": TOLD}
    early = decide("change", ECO, **facts, at="2026-03-17T23:59:59+01:00")
    says(early, "refused", "fee.change", "ECO 4.4", since="2026-03-17T23:00:00Z")
    says(decide("change", ECO, **facts, at="2026-03-18T00:00:00+01:00"), "allowed", "fee.change", "ECO 4.4")
    withdrawn = decide("end", ECO, cause="price_list", since=TOLD, at="2026-03-10T09:00:00+01:00")
    says(withdrawn, "allowed", "fee.change", "ECO 4.4", until="2026-03-17T23:00:00Z")
    assert before(ECO, "fee.change", "2026-04-02T00:00:00+02:00")["strict"] == "2026-03-17T23:00:00Z"


@pytest.mark.req("AGR-8")
def test_liability_ends_at_the_fees_of_six_months() -> None:
    found = decide("liability", ECO, claim=1000, fees=600)
    says(found, "allowed", "liability.cap", "ECO 8.6", owed="600.00", limit="600.00", period="6 months")
    says(decide("liability", ECO, claim=100, fees=600), "allowed", "liability.cap", "ECO 8.6", owed="100.00")


@pytest.mark.req("AGR-13")
def test_force_majeure_frees_while_it_lasts_unless_in_default() -> None:
    source = "ECO 9.1; ECO-A 4.2"
    says(decide("liability", ECO, claim=1000, fees=600, majeure=True), "refused", "liability.majeure", source)
    assert decide("liability", ECO, claim=1000, fees=600, majeure=True, in_default=True)["verdict"] == "allowed"


@pytest.mark.req("AGR-9")
def test_the_user_makes_good_claims_and_complaints() -> None:
    for ground in ("third_party", "complaints", "breach"):
        says(decide("indemnity", ECO, ground=ground), "allowed", "indemnity.grounds", "ECO 6.5, 6.6")
