"""Facts that were once wrong or missing: what a seed says, and no more than it says."""

import pytest

from mandata.agreements import library
from mandata.agreements.language import words
from mandata.agreements.rules import text
from mandata.agreements.rules.text import Parties, Party
from mandata.agreements.rules.values import Choice, Window
from tests.clauses.asking import decide, due, says

ORDER = ("processing.subjects", "processing.contact", "processing.special", "processing.nature", "processing.purposes")
"""Annex II of Decision (EU) 2021/915: whose data, which, sensitive data, nature, purposes; then for how long."""


def chosen(name: str, key: str) -> tuple[str | None, str]:
    value = library.load(name).find(key, Choice)
    assert value is not None
    return value.value, library.load(name).source(key)


@pytest.mark.parametrize("name", library.names())
@pytest.mark.req("AGR-2")
def test_annex_two_stands_in_the_commissions_order(name: str) -> None:
    document = text.render(library.load(name), Parties(Party(""), Party("")), "en", words("en"))
    (annex,) = [one for one in document.chapters if one.title.startswith("Annex II:")]
    found = [one.key for one in annex.paragraphs]
    placed = [found.index(key) for key in (*ORDER, "processing.duration")]
    assert placed == sorted(placed) and placed[0] == 0


@pytest.mark.parametrize("name", library.names())
@pytest.mark.req("PPL-1")
def test_only_ecomail_promises_secrecy_beyond_the_commitment_of_its_people(name: str) -> None:
    value, _source = chosen(name, "people.confidentiality")
    assert value == ("bound_and_secret" if name == "ecomail" else "bound")


@pytest.mark.parametrize("name", library.names())
@pytest.mark.req("SPR-7")
def test_a_general_authorisation_says_nothing_of_silence(name: str) -> None:
    document = text.render(library.load(name), Parties(Party(""), Party("")), "en", words("en"))
    said = {one.key: one.text for chapter in document.chapters for one in chapter.paragraphs}
    assert "agrees" not in said["subprocessor.authorisation"]


@pytest.mark.parametrize("name", [one for one in library.names() if "indemnity.grounds" in library.load(one).clauses])
@pytest.mark.req("AGR-9")
def test_only_everymail_holds_more_harmless_than_the_processor(name: str) -> None:
    assert ("indemnity.persons" in library.load(name).clauses) == (name == "everymail")


@pytest.mark.parametrize(
    ("name", "key", "value", "source"),
    [
        ("ecomail", "agreement.amendment", "writing", "ECO 15.5"),
        ("ecomail", "agreement.incapacity", "ends", "ECO 13.4"),
        ("ecomail", "fee.paid", "credited", "ECO 5.7"),
        ("ecomail", "fee.documents", "pdf_in_account", "ECO 5.9"),
        ("ecomail", "content.backup", "controller_keeps", "ECO 8.2"),
        ("imagicle", "audit.information", "article_28_all", "IMA 3(h)"),
        ("acomware", "rights.verify", "on_doubt", "ACO-Att (rights)"),
    ],
)
def test_a_rule_of_the_seed_is_there_with_its_section(name: str, key: str, value: str, source: str) -> None:
    assert chosen(name, key) == (value, source)


@pytest.mark.req("OPS-4")
def test_a_complaint_runs_from_when_the_error_could_have_been_discovered() -> None:
    value = library.load("acomware").find("complaint.claim", Window)
    assert value and (value.start, str(value.period)) == ("defect_discoverable", "10 days")


@pytest.mark.req("CAM-3")
def test_acomware_names_minorities() -> None:
    items = library.load("acomware").items("sending.content")
    assert "harm_to_minorities" in items and "harm_to_minors" not in items


@pytest.mark.req("AGR-6")
def test_what_everymail_only_indemnifies_for_is_no_warranty_of_the_seed() -> None:
    assert library.load("everymail").clauses["warranty.controller"].mark.value == "ours"


@pytest.mark.req("RET-2")
def test_backups_are_held_as_long_as_an_export_may_be_asked_for() -> None:
    ended = "2026-01-05T12:00:00+01:00"  # 90 days later is Easter Sunday, and Monday is a holiday
    held = decide("keep", "imagicle", kind="backup", ended_at=ended, at="2026-04-07T12:00:00+02:00")
    says(held, "allowed", "end.grace", "IMA 8", until="2026-04-07T22:00:00Z")
    assert due("imagicle", "end.request", ended)["statutory"] == "2026-04-07T22:00:00Z"
    gone = decide("keep", "imagicle", kind="backup", ended_at=ended, at="2026-04-08T00:00:00+02:00")
    says(gone, "refused", "end.grace", "IMA 8")
