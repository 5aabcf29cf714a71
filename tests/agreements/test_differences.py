"""What differs between two versions, and when the newer one binds."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.agreements import library
from mandata.agreements.language import words
from mandata.agreements.rules import changes, publication, text
from mandata.agreements.rules.differences import Change, differences
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.text import Parties, Party
from mandata.agreements.rules.write import toml

ECOMAIL = library.source("ecomail")
TERMS = library.load("ecomail")
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _changed(*pairs: tuple[str, str]) -> Terms:
    source = ECOMAIL
    for before, after in pairs:
        assert before in source
        source = source.replace(before, after, 1)
    return library.checked(source, "changed.toml")


def _without(key: str) -> Terms:
    document = tomllib.loads(ECOMAIL)
    area, _, name = key.partition(".")
    del document[area][name]
    return library.checked(toml(document), "without.toml")


@pytest.mark.req("AGR-4")
def test_a_changed_period_is_told_as_now_and_before() -> None:
    newer = _changed(('period = "48 hours"', 'period = "72 hours"'))
    (found,) = differences(TERMS, newer, "en", words("en"))
    assert (found.key, found.change) == ("breach.notify", Change.CHANGED)
    assert found.summary == f"{found.title}: 72 hours, was 48 hours"
    assert "72 hours" in found.now[0] and "48 hours" in found.was[0]


@pytest.mark.req("AGR-4")
def test_the_difference_speaks_czech() -> None:
    newer = _changed(('period = "48 hours"', 'period = "72 hours"'))
    (found,) = differences(TERMS, newer, "cs", words("cs"))
    assert "72 hodin" in found.summary and "48 hodin" in found.summary and "was" not in found.summary


def test_a_changed_share_is_told_with_its_sign() -> None:
    (found,) = differences(TERMS, _changed(('share = "5 %"', 'share = "2.5 %"')), "en", words("en"))
    assert found.summary.endswith("2.5\N{NO-BREAK SPACE}%, was 5\N{NO-BREAK SPACE}%")


@pytest.mark.req("AGR-4")
def test_each_part_that_changed_is_told_the_figure_first() -> None:
    said = {one.key: one.summary for one in differences(TERMS, library.load("imagicle"), "en", words("en"))}
    assert said["subprocessor.objection"] == "Objection: 14 days, was 5 days; in writing, was in any form"
    assert said["breach.notify"] == "Notice of a breach: the processor, was either party"
    assert said["subprocessor.notice"].startswith("Notice of another sub-processor: 30 days, was no figure")
    assert said["change.notice"].endswith("our own target 30 days, was 15 days")
    assert said["agreement.survival"].endswith("no longer: to keep it confidential")
    assert "processing.special" not in said and "breach.content" not in said


@pytest.mark.req("AGR-4")
def test_another_way_of_counting_is_a_difference_and_stands_first() -> None:
    (first, *rest) = differences(TERMS, library.load("imagicle"), "cs", words("cs"))
    assert first.key == "terms.regime" and "IT" in first.now[0] and "CZ" in first.was[0]
    assert not any(one.key == "terms.regime" for one in rest)


def test_a_clause_that_goes_and_one_that_comes_are_both_told() -> None:
    shorter = _without("fee.refund")
    (gone,) = differences(TERMS, shorter, "en", words("en"))
    (come,) = differences(shorter, TERMS, "en", words("en"))
    assert (gone.change, come.change) == (Change.REMOVED, Change.ADDED)
    assert gone.now == come.was == () and gone.was == come.now != ()


def test_a_changed_list_shows_both_lists() -> None:
    newer = _changed(('items = ["consent", "existing_customer"]', 'items = ["consent"]'))
    (found,) = differences(TERMS, newer, "en", words("en"))
    assert len(found.was) == len(found.now) + 1


def test_notes_and_sources_are_no_difference() -> None:
    assert differences(TERMS, _changed(('note = "Overlaps', 'note = "It overlaps')), "en", words("en")) == ()


def test_the_same_terms_do_not_differ() -> None:
    assert differences(TERMS, TERMS, "en", words("en")) == ()


@pytest.mark.parametrize("name", library.names())
def test_what_is_written_is_what_was_read(name: str) -> None:
    document = tomllib.loads(library.source(name))
    written = toml(document)
    assert tomllib.loads(written) == document
    again = library.checked(written, "written.toml")
    assert (again.head, again.titles, again.clauses) == (
        library.load(name).head,
        library.load(name).titles,
        library.load(name).clauses,
    )


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_survives_being_written(said: str) -> None:
    document = {"terms": {"name": said, "n": 3, "yes": True, "list": [said, "b"]}, "a": {"b": {"c": {"d e": said}}}}
    assert tomllib.loads(toml(document)) == document


def test_a_version_is_not_effective_before_its_notice_has_run_and_silence_consents_then() -> None:
    plan = changes.timetable(TERMS, AT)
    assert plan.earliest > AT + timedelta(days=15)
    assert plan.silence_until == plan.earliest
    later = changes.timetable(TERMS, AT, AT + timedelta(days=90))
    assert (later.earliest, later.silence_until) == (plan.earliest, AT + timedelta(days=90))


def test_without_a_clause_on_silence_only_consent_binds() -> None:
    assert changes.timetable(_without("change.silence"), AT).silence_until is None


def test_who_refuses_without_a_period_of_notice_leaves_as_the_version_begins() -> None:
    effective = AT + timedelta(days=30)
    assert changes.ends(TERMS, AT, effective) == effective


@pytest.mark.req("AGR-10")
def test_a_copy_for_publication_withholds_what_it_says_it_withholds() -> None:
    party = Party("Example s.r.o.", "Praha", "12345678", "info@example.com")
    document = text.render(TERMS, Parties(party, party), "en", words("en"))
    copy = publication.redacted(document, {"party.controller": "personal", "fee.pause": "prices"}, words("en"))
    shown = {item.key: item for chapter in copy.chapters for item in chapter.paragraphs}
    assert shown["party.controller"].text == "Withheld: personal data."
    assert "prices" in shown["fee.pause"].text and shown["fee.pause"].items == ()
    assert shown["fee.pause"].title and "publication" in copy.subtitle
    assert {key: item for key, item in shown.items() if key not in ("party.controller", "fee.pause")} == {
        item.key: item
        for chapter in document.chapters
        for item in chapter.paragraphs
        if item.key not in ("party.controller", "fee.pause")
    }
    assert replace(copy, subtitle=document.subtitle) != document


def test_a_copy_refuses_to_withhold_what_is_not_there() -> None:
    document = text.render(TERMS, Parties(Party("A"), Party("B")), "en", words("en"))
    with pytest.raises(ValueError, match="breach\\.nothing"):
        publication.redacted(document, {"breach.nothing": "personal"}, words("en"))
