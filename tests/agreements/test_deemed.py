"""When a notice counts as delivered, by each clause that a seed has, and where none says anything."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from mandata.agreements import library
from mandata.agreements.rules.deemed import By, Course, Deemed, deemed
from mandata.agreements.rules.terms import Terms

SENT = datetime(2026, 3, 27, 21, 30, tzinfo=UTC)  # a Friday, 22:30 in Prague
LATER = SENT + timedelta(minutes=7)


def terms(name: str) -> Terms:
    return library.load(name)


@pytest.mark.req("AGR-7")
def test_an_invoice_counts_on_sending_even_if_it_comes_back() -> None:
    for returned in (False, True):
        found = deemed(terms("ecomail"), Course(invoice=True, sent_at=SENT, confirmed_at=LATER, returned=returned))
        assert found == Deemed(SENT, By.SENDING, "notices.deemed", "ECO 5.5")
    assert deemed(terms("ecomail"), Course(invoice=False, sent_at=SENT, returned=True)) is None


@pytest.mark.req("AGR-7")
def test_a_confirmation_counts_at_its_hour_and_minute_by_acomwares_clause() -> None:
    found = deemed(terms("acomware"), Course(sent_at=SENT, confirmed_at=LATER))
    assert found == Deemed(LATER, By.CONFIRMATION, "notices.deemed", "ACO 7.1")


@pytest.mark.req("AGR-7")
def test_a_registered_letter_counts_on_the_third_day_weekend_or_not() -> None:
    found = deemed(terms("acomware"), Course(posted_at=SENT))
    assert found is not None and (found.by, found.clause, found.source) == (By.POST, "notices.post", "ACO 7.1")
    # Monday the 30th, its last minute in Prague, where summer time began on the 29th
    assert found.at == datetime(2026, 3, 30, 21, 59, tzinfo=UTC)
    early = deemed(terms("acomware"), Course(posted_at=SENT, received_at=SENT + timedelta(days=1)))
    assert early is not None and early.by is By.RECEIPT, "who has signed for it has it"


@pytest.mark.req("AGR-7")
def test_a_letter_counts_by_its_receipt_alone_where_no_clause_speaks_of_post() -> None:
    assert deemed(terms("ecomail"), Course(posted_at=SENT)) is None
    assert deemed(None, Course(posted_at=SENT, received_at=LATER)) == Deemed(LATER, By.RECEIPT, "", "Mandata")


@pytest.mark.req("AGR-7")
@pytest.mark.parametrize("name", [None, "icewarp", "everymail", "imagicle", "gdpr-art28", "ccpa-7051"])
def test_where_nothing_is_stated_acceptance_by_the_server_counts_and_says_that_it_is_ours(name: str | None) -> None:
    held = terms(name) if name else None
    assert deemed(held, Course(sent_at=SENT)) == Deemed(SENT, By.ACCEPTANCE, "", "Mandata")
    assert deemed(held, Course(sent_at=SENT, returned=True)) is None
    assert deemed(held, Course()) is None


def courses() -> Iterator[Course]:
    for invoice, sent, confirmed, returned, posted, received in product(
        (False, True), (None, SENT), (None, LATER), (False, True), (None, SENT), (None, LATER)
    ):
        yield Course(invoice, sent, confirmed, returned, posted, received)


@pytest.mark.req("AGR-7")
@pytest.mark.parametrize("name", library.names())
def test_nothing_counts_before_it_was_sent_and_what_did_not_go_by_any_way_never_counts(name: str) -> None:
    for course in courses():
        found = deemed(terms(name), course)
        begun = [one for one in (course.sent_at, course.posted_at, course.received_at) if one]
        if not begun:
            assert found is None
        elif found is not None:
            assert found.at >= min(begun)
