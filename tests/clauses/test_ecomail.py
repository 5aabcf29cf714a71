"""The Ecomail terms hold every figure, window, choice and condition that the seed states, with its section."""

from typing import Any

import pytest

from mandata.agreements import library
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.terms import Mark
from mandata.agreements.rules.values import (
    After,
    Ahead,
    Allowance,
    Cap,
    Choice,
    Counted,
    Dated,
    Extension,
    Lasting,
    Listing,
    Names,
    Question,
    Threshold,
    Window,
    Within,
)

TERMS = library.load("ecomail")

FIGURES = [
    ("agreement.effective", "ECO-A 4.6", {"date": "2023-09-07"}),
    ("question.age", "ECO 1.4", {"minimum": "16", "refuse": "no"}),
    ("question.consumer", "ECO 1.5", {"advise": "yes"}),
    ("assistance.documents", "ECO-A 2.2", {"period": "10 working days", "who": "either", "start": "request_received"}),
    ("breach.notify", "ECO-A 2.3, 3.3.6", {"period": "48 hours", "who": "either", "start": "awareness"}),
    ("audit.notice", "ECO-A 3.3.5", {"period": "1 month", "who": "controller"}),
    ("subprocessor.objection", "ECO-A 3.8", {"period": "5 days", "who": "controller", "start": "notice_received"}),
    ("end.return", "ECO-A 3.10", {"period": "3 months", "start": "return_requested"}),
    ("end.backup", "ECO-A 3.11", {"period": "2 months", "start": "account_deleted"}),
    ("end.reminder", "ECO-A 3.10", {"period": "3 years", "start": "cooperation_ended"}),
    ("end.silence", "ECO-A 3.10", {"period": "1 month", "start": "reminder_sent"}),
    ("end.inactivity", "ECO 13.3", {"period": "2 years", "start": "last_login"}),
    ("sending.complaints", "ECO 13.5.5", {"share": "0.05 %"}),
    ("import.nonexistent", "ECO 13.5.3", {"share": "5 %"}),
    ("fee.change", "ECO 4.4", {"period": "15 days", "channels": "('app', 'website')", "all_channels": "True"}),
    ("fee.term_yearly", "ECO 5.3", {"period": "12 months"}),
    ("fee.term_monthly", "ECO 5.3", {"period": "3 months"}),
    ("fee.pause", "ECO 5.4", {"times": "1", "per": "1 year", "longest": "6 months"}),
    ("fee.transfer", "ECO 5.5, 5.6", {"period": "14 days", "start": "invoice_issued"}),
    ("fee.late", "ECO 5.8", {"period": "5 days", "start": "fee_due"}),
    ("maintenance.notice", "ECO 10.1, 10.2", {"period": "12 hours", "usually": "True"}),
    ("defect.complaint", "ECO 11.2, 11.3", {"period": "2 days", "start": "defect_noticed"}),
    ("defect.restored", "ECO 11.2", {"period": "24 hours", "start": "service_restored"}),
    ("defect.answer", "ECO 11.4", {"period": "30 days", "start": "complaint_received"}),
    ("suspension.notice", "ECO 12.1", {"period": "15 days", "usually": "True"}),
    ("closure.notice", "ECO 12.3", {"period": "30 days"}),
    ("liability.cap", "ECO 8.6", {"base": "fees_paid", "period": "6 months"}),
]


@pytest.mark.parametrize(("key", "source", "values"), FIGURES, ids=[case[0] for case in FIGURES])
@pytest.mark.req("AGR-2")
def test_a_figure_of_the_seed_stands_in_the_terms(key: str, source: str, values: dict[str, str]) -> None:
    clause = TERMS.clause(key)
    assert clause.source == source
    assert clause.mark is (Mark.UNCLEAR if key in {"end.backup", "end.reminder", "liability.cap"} else Mark.SEED)
    assert {name: str(getattr(clause.value, name)) for name in values} == values


CHOICES: list[tuple[str, str, Any]] = [
    ("agreement.acceptance", "ECO 15.7, 3.2; ECO-A 1.7", ("registration", "agree_button")),
    ("agreement.law", "ECO-A preamble, 4.1; ECO 15.3", ("gdpr", "cz")),
    ("processing.purposes", "ECO-A annex A, 1.2", ("service",)),
    ("processing.special", "ECO-A annex A; ECO definitions (Sensitive Data)", "refused"),
    ("sending.basis", "ECO definitions (Spam, Subscriber), 13.5.4", ("consent", "existing_customer")),
    ("sending.sender", "ECO definitions (Spam)", ("name", "reply_address")),
    ("sending.marking", "ECO definitions (Spam)", "newsletter"),
    ("sending.unsubscribe", "ECO definitions (Spam)", ("link", "one_click")),
    ("sending.domain", "ECO 6.2", "verified"),
    ("sending.domain_use", "ECO 7.1", "service_only"),
    ("audit.refusal", "ECO-A 3.3.5", ("not_independent", "competitor", "similar")),
    ("audit.secrecy", "ECO-A 3.6", "authority_only"),
    ("assistance.costs", "ECO-A 3.4", "reasonable"),
    ("transfer.ground", "ECO-A 3.3.2", "instruction_only"),
    ("change.silence", "ECO-A 4.5", "use_is_consent"),
    ("agreement.end", "ECO 13.2; ECO-A 1.7, 1.8", "billing_period"),
    ("agreement.survival", "ECO-A 1.8, 3.7", ("return", "deletion", "confidentiality")),
    ("subprocessor.classes", "ECO-A 3.9", ("specialists",)),
    ("subprocessor.unresolved", "ECO-A 3.8", "service_may_end"),
    ("suspension.exceptions", "ECO 12.2", ("legal_duty", "urgency", "repeated_breach")),
    ("fee.refund", "ECO 13.6", "none_after_breach"),
]


@pytest.mark.parametrize(("key", "source", "chosen"), CHOICES, ids=[case[0] for case in CHOICES])
@pytest.mark.req("AGR-2")
def test_a_choice_of_the_seed_stands_in_the_terms(key: str, source: str, chosen: object) -> None:
    assert TERMS.source(key) == source
    assert (TERMS.chosen(key) if isinstance(chosen, str) else TERMS.items(key)) == chosen


@pytest.mark.parametrize(
    ("key", "count"),
    [
        ("sending.content", 14),
        ("sending.goods", 7),
        ("breach.serious", 11),
        ("processing.contact", 10),
        ("processing.activity", 10),
        ("processing.subjects", 5),
        ("measures.technical", 7),
        ("measures.organisational", 5),
        ("warranty.controller", 7),
    ],
)
@pytest.mark.req("CAT-1", "CAT-2", "CAT-8", "CAM-3", "OPS-6", "SEC-8")
def test_a_list_of_the_seed_is_complete(key: str, count: int) -> None:
    assert len(TERMS.items(key)) == count


@pytest.mark.req("SPR-7")
def test_eight_sub_processors_are_authorised_by_name() -> None:
    found = TERMS.find("subprocessor.named", Names)
    assert found is not None
    assert len(found.names) == 8


def test_what_the_seed_leaves_open_says_so_and_names_our_target() -> None:
    opened = {key: clause for key, clause in TERMS.clauses.items() if clause.mark is Mark.OPEN}
    assert set(opened) == {
        "agreement.language",
        "agreement.precedence",
        "instruction.unlawful",
        "subprocessor.notice",
        "authority.inspection",
        "people.training",
        "rights.forward",
        "change.notice",
    }
    for clause in opened.values():
        assert isinstance(clause.value, Within | Ahead | Choice)
        assert clause.value.target is not None
        assert clause.note


def test_what_no_seed_demands_is_marked_as_ours() -> None:
    ours = {key for key, clause in TERMS.clauses.items() if clause.mark is Mark.OURS}
    assert ours == {
        "question.eea",
        "transfer.safeguards",
        "rights.answer",
        "rights.extension",
        "breach.authority",
        "end.certificate",
        "sending.evidence",
        "sending.postal",
        "sending.complaints_count",
        "sending.complaints_answer",
        "import.nonexistent_count",
        "import.nonexistent_answer",
    }
    assert all(TERMS.clause(key).note for key in ours)


def test_every_other_clause_names_a_section_of_the_seed() -> None:
    for clause in TERMS.clauses.values():
        if clause.mark is Mark.SEED:
            assert clause.source.startswith("ECO"), clause.key


def test_the_terms_name_no_operator_and_no_address() -> None:
    source = library.source("ecomail")
    assert not any(mark in source for mark in ("@", "://", "www."))
    assert "annex1" not in {CATALOGUE[key].chapter for key in TERMS.clauses}


def test_every_kind_of_value_that_the_seed_needs_is_put_to_use() -> None:
    kinds = {type(clause.value) for clause in TERMS.clauses.values()}
    assert kinds == {
        After,
        Ahead,
        Allowance,
        Cap,
        Choice,
        Counted,
        Dated,
        Extension,
        Lasting,
        Listing,
        Names,
        Question,
        Threshold,
        Window,
        Within,
    }
