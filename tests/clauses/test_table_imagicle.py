"""The Imagicle agreement answers every cell of its column of the first table of requirements, by the seed's section."""

from typing import Any

import pytest

from mandata.agreements import library
from mandata.agreements.rules.terms import Mark
from mandata.agreements.rules.values import Listing, Scopes, Window
from tests.clauses.asking import before, decide, due, duties, says

IMA = "imagicle"
AT = "2026-03-27T22:30:00+01:00"
TOLD = "2026-03-02T09:00:00+01:00"
ENDED = "2026-01-01T12:00:00+01:00"


@pytest.mark.req("AGR-2")
def test_it_follows_the_gdpr() -> None:
    says(decide("apply", IMA, controller_in_eea=True), "allowed", "agreement.law", "IMA 2", law="gdpr")


@pytest.mark.req("AGR-5")
def test_the_customer_is_controller_or_processor_of_an_upstream_controller() -> None:
    says(decide("roles", IMA), "allowed", "agreement.roles", "IMA 1, 2", customer="controller", operator="processor")
    chain = decide("roles", IMA, upstream=True, authorised=True)
    says(chain, "allowed", "agreement.roles", "IMA 1, 2", customer="processor", operator="sub-processor")
    assert decide("roles", IMA, upstream=True)["verdict"] == "refused"
    assert library.load(IMA).source("agreement.upstream") == "IMA 2"
    assert library.load(IMA).items("warranty.controller") == ("upstream_authorised",)


@pytest.mark.req("AGR-3")
def test_it_prevails_on_data_protection() -> None:
    says(decide("prevail", IMA), "allowed", "agreement.precedence", "IMA 2", rule="protection_first")
    says(decide("prevail", IMA, matter="other"), "refused", "agreement.precedence", "IMA 2")


@pytest.mark.req("AGR-1")
def test_signing_the_order_form_concludes_it() -> None:
    says(decide("accept", IMA, by="order_form"), "allowed", "agreement.acceptance", "IMA 3(d), 1")
    refused = decide("accept", IMA, by="registration")
    says(refused, "refused", "agreement.acceptance", "IMA 3(d), 1", agreed="order_form")


@pytest.mark.req("INS-6", "PPL-7")
@pytest.mark.parametrize("purpose", ["support_access", "case_statistics", "operate"])
def test_three_documented_purposes_and_no_other(purpose: str) -> None:
    says(decide("process", IMA, act="export", purpose=purpose), "allowed", "instruction.standing", "IMA 3(a), 4")
    assert library.load(IMA).items("processing.purposes") == ("support_access", "case_statistics", "operate")
    says(decide("process", IMA, act="export", purpose="advertising"), "refused", "processing.purposes", "IMA 4")
    says(decide("process", IMA, act="export", purpose="rent"), "refused", "restriction.sell", "IMA 6")


@pytest.mark.req("BRE-1")
def test_a_breach_is_told_within_48_hours_of_awareness() -> None:
    told = due(IMA, "breach.notify", AT)
    assert (told["source"], told["regime"], told["calendar"], told["zone"]) == (
        "IMA 3(f)",
        "eu_1182",
        "IT",
        "Europe/Rome",
    )
    assert (told["strict"], told["statutory"]) == ("2026-03-29T21:30:00Z", "2026-03-29T22:00:00Z")
    says(decide("breach", IMA, aware_at=AT), "allowed", "breach.notify", "IMA 3(f)", strict="2026-03-29T21:30:00Z")
    says(decide("breach", IMA, by="controller", aware_at=AT), "refused", "breach.notify", "IMA 3(f)")


@pytest.mark.req("BRE-2", "BRE-3")
def test_the_notice_serves_the_controllers_72_hours_and_states_article_33_3() -> None:
    told = due(IMA, "breach.authority", AT)
    assert (told["source"], told["strict"]) == ("IMA 3(f)", "2026-03-30T21:30:00Z")
    assert duties(IMA)["breach.authority"]["who"] == "controller"
    terms = library.load(IMA)
    assert terms.source("breach.content") == "IMA 3(f)"
    assert terms.items("breach.content") == ("nature", "contact", "consequences", "measures")


@pytest.mark.req("SPR-2")
def test_a_sub_processor_starts_thirty_clear_days_after_the_notice() -> None:
    facts: dict[str, Any] = {"recipient": "New Ltd.", "told_at": TOLD}
    early = decide("engage", IMA, **facts, at="2026-04-01T23:59:59+02:00")
    says(early, "refused", "subprocessor.notice", "IMA 3(d)", until="2026-04-01T22:00:00Z")
    says(decide("engage", IMA, **facts, at="2026-04-02T00:00:00+02:00"), "allowed", "subprocessor.notice", "IMA 3(d)")
    told = before(IMA, "subprocessor.notice", "2026-04-02T00:00:00+02:00")
    assert (told["source"], told["strict"]) == ("IMA 3(d)", "2026-03-02T23:00:00Z")


@pytest.mark.req("SPR-3")
def test_an_objection_is_written_and_made_within_14_days_of_receipt() -> None:
    window = library.load(IMA).find("subprocessor.objection", Window)
    assert window is not None
    assert (str(window.period), window.form) == ("14 days", "writing")
    facts = {"received_at": TOLD}
    in_time = decide("object", IMA, **facts, at="2026-03-16T23:59:59+01:00")
    says(in_time, "allowed", "subprocessor.objection", "IMA 3(d)", until="2026-03-16T23:00:00Z")
    says(
        decide("object", IMA, **facts, at="2026-03-17T00:00:00+01:00"), "refused", "subprocessor.objection", "IMA 3(d)"
    )
    oral = decide("object", IMA, **facts, at="2026-03-10T00:00:00+01:00", written=False)
    says(oral, "refused", "subprocessor.objection", "IMA 3(d)")


@pytest.mark.req("SPR-3")
def test_unresolved_for_30_days_the_affected_service_may_be_ended_in_writing() -> None:
    facts: dict[str, Any] = {"cause": "objection", "since": TOLD}
    assert due(IMA, "subprocessor.resolve", TOLD)["source"] == "IMA 3(d)"
    says(decide("end", IMA, **facts, at="2026-04-01T12:00:00+02:00"), "refused", "subprocessor.unresolved", "IMA 3(d)")
    at = "2026-04-02T00:00:00+02:00"
    says(decide("end", IMA, **facts, at=at), "allowed", "subprocessor.unresolved", "IMA 3(d)")
    assert decide("end", IMA, **facts, at=at, written=False)["verdict"] == "refused"
    assert decide("end", IMA, **facts, at=at, resolved=True)["verdict"] == "refused"


@pytest.mark.req("SPR-1", "SPR-4", "SPR-7")
def test_the_list_at_signing_is_authorised_and_bound_to_the_same_duties() -> None:
    listed = decide("disclose", IMA, recipient="Listed Ltd.", at=AT, authorised="list")
    says(listed, "allowed", "subprocessor.notice", "IMA 3(d)", by="list")
    unbound = decide("disclose", IMA, recipient="Listed Ltd.", at=AT, authorised="list", contract=False)
    assert unbound["verdict"] == "refused"
    terms = library.load(IMA)
    assert (terms.source("subprocessor.published"), terms.source("subprocessor.duties")) == ("IMA 3(d), 6", "IMA 3(d)")


@pytest.mark.req("DSR-1", "DSR-2")
def test_requests_are_acknowledged_and_verified_with_the_least() -> None:
    listed = duties(IMA)["rights.acknowledge"]
    assert (listed["source"], listed["mark"], listed["who"]) == ("IMA 9", "open", "processor")
    assert due(IMA, "rights.acknowledge", AT)["source"] == "IMA 9"
    facts = {"kind": "access", "confirmed": True}
    says(decide("rights", IMA, **facts, documents="least"), "allowed", "rights.verify", "IMA 9")
    says(decide("rights", IMA, **facts, documents="more"), "refused", "rights.verify", "IMA 9")


@pytest.mark.req("DSR-3", "DSR-10")
def test_an_answer_takes_a_month_and_two_more_with_notice_inside_the_first() -> None:
    came = "2026-01-31T09:00:00+01:00"
    answer, extended, told = (
        due(IMA, key, came) for key in ("rights.answer", "rights.extension", "rights.extension.told")
    )
    assert {answer["source"], extended["source"], told["source"]} == {"IMA 9"}
    assert (answer["strict"], answer["statutory"]) == ("2026-02-28T23:00:00Z", "2026-03-02T23:00:00Z")
    assert extended["strict"] == "2026-04-30T22:00:00Z"
    facts = {"received_at": came}
    says(decide("extend", IMA, **facts, told_at="2026-02-20T09:00:00+01:00"), "allowed", "rights.extension", "IMA 9")
    says(decide("extend", IMA, **facts, told_at="2026-03-05T09:00:00+01:00"), "refused", "rights.extension", "IMA 9")
    assert library.load(IMA).items("rights.outcome") == ("same_means", "reasons")


@pytest.mark.req("AUD-1", "AUD-2")
def test_an_audit_is_announced_in_writing_thirty_days_before() -> None:
    facts: dict[str, Any] = {"told_at": TOLD, "by": "customer"}
    soon = decide("audit", IMA, **facts, on="2026-04-01T09:00:00+02:00")
    says(soon, "refused", "audit.notice", "IMA 3(h)", since="2026-04-01T22:00:00Z")
    on = "2026-04-02T09:00:00+02:00"
    says(decide("audit", IMA, **facts, on=on), "allowed", "audit.notice", "IMA 3(h)")
    says(decide("audit", IMA, **facts, on=on, written=False), "refused", "audit.notice", "IMA 3(h)")
    says(decide("audit", IMA, **facts, on=on, disturbs=True), "refused", "audit.disturbance", "IMA 3(h)")


@pytest.mark.req("AUD-1", "AST-4")
def test_the_customer_pays_for_its_audit_and_certificates_serve_in_part() -> None:
    says(decide("charge", IMA, work="audits", costs=100), "allowed", "audit.costs", "IMA 3(h)", amount="100.00")
    found = decide("audit", IMA, told_at=TOLD, on="2026-04-02T09:00:00+02:00", by="customer", certificates=True)
    check = next(one for one in found["checks"] if one["clause"] == "audit.certificates")
    assert (check["verdict"], check["source"]) == ("allowed", "IMA 3(h)")


@pytest.mark.req("RET-2")
def test_access_ends_after_30_days() -> None:
    assert due(IMA, "end.access", ENDED)["source"] == "IMA 8"
    for at, verdict in (("2026-01-31T23:59:59+01:00", "allowed"), ("2026-02-03T00:00:00+01:00", "refused")):
        says(decide("keep", IMA, kind="accessible", ended_at=ENDED, at=at), verdict, "end.access", "IMA 8")


@pytest.mark.req("RET-2", "RET-4")
def test_backups_are_kept_for_90_days_by_the_earlier_reading() -> None:
    told = due(IMA, "end.grace", ENDED)
    assert (told["source"], told["strict"]) == ("IMA 8", "2026-04-01T22:00:00Z")
    clause = library.load(IMA).clause("end.grace")
    assert clause.mark is Mark.UNCLEAR
    assert "120 days" in clause.note
    assert "read in two ways" in told["explanation"]
    for at, verdict in (("2026-04-01T23:59:59+02:00", "allowed"), ("2026-04-02T00:00:00+02:00", "refused")):
        says(decide("keep", IMA, kind="backup", ended_at=ENDED, at=at), verdict, "end.grace", "IMA 8")


@pytest.mark.req("RET-3")
def test_an_export_is_asked_for_in_that_time_by_customer_or_reseller() -> None:
    assert due(IMA, "end.request", ENDED)["source"] == "IMA 8"
    ended = {"standing": {"accepted": True, "ended": True}}
    for means in ("download_link", "own_format"):
        says(decide("export", IMA, means=means, **ended), "allowed", "end.export", "IMA 8", means=means)
    says(decide("export", IMA, asked_by="reseller", **ended), "allowed", "end.export", "IMA 8")
    says(decide("export", IMA, asked_by="other", **ended), "refused", "end.export", "IMA 8")


@pytest.mark.req("RET-1", "OPS-5")
def test_support_data_goes_three_years_after_the_service() -> None:
    told = due(IMA, "end.support", ENDED)
    assert (told["source"], told["strict"]) == ("IMA 8", "2029-01-01T23:00:00Z")
    for at, verdict in (("2029-01-01T23:59:59+01:00", "allowed"), ("2029-01-02T00:00:00+01:00", "refused")):
        says(decide("keep", IMA, kind="support", ended_at=ENDED, at=at), verdict, "end.support", "IMA 8")


@pytest.mark.req("RET-4")
def test_what_the_law_keeps_is_told() -> None:
    says(
        decide("keep", IMA, kind="backup", ended_at=ENDED, at=AT, law="tax law"), "allowed", "end.legal", "IMA 8, 3(g)"
    )
    assert library.load(IMA).chosen("end.legal") == "told"


@pytest.mark.req("RET-1")
def test_content_is_kept_by_the_customers_own_settings() -> None:
    says(decide("keep", IMA, kind="content", at=AT), "allowed", "content.settings", "IMA 8")
    gone = decide("keep", IMA, kind="content", at=AT, set_until="2026-03-01T00:00:00+01:00")
    says(gone, "refused", "content.settings", "IMA 8", until="2026-02-28T23:00:00Z")


@pytest.mark.req("TRF-1")
def test_the_customer_chooses_among_the_data_centres_offered() -> None:
    says(decide("relocate", IMA, country="DE", chosen=True, at=AT), "allowed", "location.choice", "IMA 7")
    says(decide("relocate", IMA, country="DE", at=AT), "refused", "location.choice", "IMA 7")
    says(decide("transfer", IMA, country="FR", regions=["DE"], at=AT), "refused", "location.choice", "IMA 7")


@pytest.mark.req("TRF-4", "PPL-7")
def test_staff_of_affiliates_works_from_five_countries_at_activated_products_only() -> None:
    facts: dict[str, Any] = {"at": AT, "reason": "ticket 17", "ticket": "17", "confidential": True, "trained_at": ENDED}
    facts |= {"product": "call_recording", "products": ["call_recording"], "mechanisms": [{"kind": "scc"}]}
    for country in ("US", "FR", "GB", "AE", "SA"):
        found = decide("access", IMA, **facts, country=country)
        assert found["verdict"] == "allowed", found
        assert ("location.access", "IMA 5, 7") in {(one["clause"], one["source"]) for one in found["checks"]}
    says(decide("access", IMA, **facts, country="IN"), "refused", "location.access", "IMA 5, 7")
    other = decide("access", IMA, **{**facts, "product": "digital_fax"}, country="FR")
    says(other, "refused", "agreement.products", "IMA 4", product="digital_fax")
    says(decide("access", IMA, **{**facts, "ticket": ""}, country="FR"), "refused", "people.support", "IMA 4")


@pytest.mark.req("TRF-3")
def test_transfers_are_instructed_and_third_parties_may_be_outside() -> None:
    scc = [{"kind": "scc"}]
    says(decide("transfer", IMA, country="US", at=AT, mechanisms=scc), "refused", "transfer.ground", "IMA 3(a)")
    assert decide("transfer", IMA, country="US", at=AT, mechanisms=scc, instructed=True)["verdict"] == "allowed"
    found = decide("disclose", IMA, recipient="Listed", authorised="list", country="US", mechanisms=scc, at=AT)
    assert found["verdict"] == "allowed"
    assert ("transfer.outside", "IMA 7") in {(one["clause"], one["source"]) for one in found["checks"]}


@pytest.mark.req("INS-4")
def test_what_the_law_compels_is_told_first() -> None:
    says(decide("instruct", IMA, written=True, by_law=True), "refused", "instruction.legal", "IMA 3(a)")
    forbidden = decide("instruct", IMA, written=True, by_law=True, telling_forbidden=True)
    says(forbidden, "allowed", "instruction.legal", "IMA 3(a)")


@pytest.mark.req("CAT-7", "AGR-12")
def test_thirteen_products_stand_there_with_empty_categories() -> None:
    terms = library.load(IMA)
    products = terms.find("agreement.products", Scopes)
    assert products is not None
    assert terms.source("agreement.products") == "IMA 4"
    assert len(products.items) == 13
    assert all(not products.categories(code) for code in products.items)
    assert "the operator fills them in" in terms.clause("agreement.products").note


@pytest.mark.req("RET-7")
def test_paper_and_media_are_listed() -> None:
    media = library.load(IMA).find("processing.media", Listing)
    assert media is not None
    assert {"paper", "removable"} <= set(media.items)


@pytest.mark.req("AGR-4")
def test_what_the_seed_does_not_say_is_marked_so() -> None:
    terms = library.load(IMA)
    silent = {key for key, clause in terms.clauses.items() if clause.source.endswith("(silent)")}
    assert silent == {"agreement.effective", "agreement.language", "change.notice", "change.silence"}
    assert not any(terms.clause(key).mark is Mark.SEED for key in silent)
    assert "liability.cap" not in terms.clauses
