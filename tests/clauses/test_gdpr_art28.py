"""The house default holds what Article 28 GDPR and Decision (EU) 2021/915 demand, and marks what we filled in."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mandata.agreements import library
from mandata.agreements.rules import text
from mandata.agreements.rules.terms import Mark
from mandata.agreements.rules.text import Parties, Party
from mandata.agreements.rules.words import ENGLISH
from mandata.cli.main import app
from tests.clauses.asking import decide, due, says

NAME = "gdpr-art28"
TERMS = library.load(NAME)
AT = "2026-03-27T22:30:00+01:00"
TOLD = "2026-03-02T09:00:00+01:00"


@pytest.mark.parametrize(
    ("letter", "clauses"),
    [
        ("(3), head", ["processing.subjects", "processing.duration", "processing.nature", "processing.purposes"]),
        ("(3)(a)", ["instruction.standing", "instruction.legal", "transfer.ground"]),
        ("(3)(b)", ["people.confidentiality"]),
        ("(3)(c)", ["measures.technical", "measures.organisational"]),
        ("(3)(d)", ["subprocessor.authorisation", "subprocessor.notice", "subprocessor.objection"]),
        ("(3)(e)", ["rights.forward", "assistance.matters"]),
        ("(3)(f)", ["assistance.matters", "breach.notify", "breach.content"]),
        ("(3)(g)", ["end.deletion", "end.choice", "end.certificate"]),
        ("(3)(h)", ["audit.notice", "assistance.documents"]),
        ("(3), last", ["instruction.unlawful"]),
        ("(4)", ["subprocessor.duties", "subprocessor.copy"]),
    ],
)
@pytest.mark.req("AGR-2")
def test_each_letter_of_article_28_has_its_clauses(letter: str, clauses: list[str]) -> None:
    assert set(clauses) <= set(TERMS.clauses), letter


def test_each_clause_comes_from_the_law_the_decision_or_us() -> None:
    for key, clause in TERMS.clauses.items():
        known = re.match(r"Article|Articles|Decision|EDPB|[A-Z]{3,4}-[0-9]", clause.source)
        assert known, (key, clause.source)
        if clause.mark is Mark.SEED:
            assert clause.source.startswith(("Article", "Decision")), (key, clause.source)


def test_every_figure_that_the_decision_leaves_to_the_parties_is_marked_as_ours() -> None:
    for key in ("subprocessor.notice", "subprocessor.objection", "end.choice", "audit.notice", "change.notice"):
        assert TERMS.clause(key).mark is Mark.OURS, key
    assert TERMS.clause("suspension.cure").mark is Mark.SEED
    assert TERMS.clause("breach.notify").mark is Mark.OPEN


@pytest.mark.req("AGR-11")
def test_it_applies_wherever_the_parties_are() -> None:
    says(
        decide("apply", NAME, controller_in_eea=False, processor_in_eea=False),
        "allowed",
        "agreement.territory",
        "AGR-11",
    )


@pytest.mark.req("SPR-2")
def test_under_the_general_option_silence_agrees_and_under_the_specific_one_it_refuses(tmp_path: Path) -> None:
    facts = {"recipient": "New Ltd.", "authorised": "notice", "told_at": TOLD, "at": "2026-05-04T00:00:00+02:00"}
    assert decide("disclose", NAME, **facts)["verdict"] == "allowed"
    file = tmp_path / "specific.toml"
    general = 'mark = "ours"\nvalue = "general"'
    assert general in library.source(NAME)
    file.write_text(library.source(NAME).replace(general, 'mark = "ours"\nvalue = "specific"'), encoding="utf-8")
    for stated, verdict in ((facts, "refused"), ({**facts, "authorised": "written"}, "allowed")):
        ran = CliRunner().invoke(
            app, ["decide", "disclose", "--file", str(file), "--facts", "-", "--json"], input=json.dumps(stated)
        )
        assert ran.exit_code == 0, ran.output
        assert json.loads(ran.stdout)["verdict"] == verdict


@pytest.mark.req("AGR-4")
def test_a_month_after_the_stop_the_controller_may_end() -> None:
    told = due(NAME, "suspension.cure", "2026-01-31T09:00:00+01:00")
    assert (told["source"], told["statutory"]) == ("Decision, clause 10(b)(1)", "2026-03-02T23:00:00Z")


@pytest.mark.req("BRE-1", "BRE-3")
def test_any_breach_is_told_in_time_for_the_controllers_72_hours() -> None:
    says(decide("breach", NAME, aware_at=AT), "allowed", "breach.notify", "Article 33(2) GDPR; Decision, clause 9.2")
    assert due(NAME, "breach.notify", AT)["statutory"] < due(NAME, "breach.authority", AT)["strict"]


@pytest.mark.req("RET-2", "RET-4")
def test_data_goes_after_thirty_days_and_backups_after_ninety() -> None:
    ended = "2026-01-01T12:00:00+01:00"
    for kind, last, gone in (
        ("database", "2026-01-31T23:59:59+01:00", "2026-02-01T00:00:00+01:00"),
        ("backup", "2026-04-01T23:59:59+02:00", "2026-04-02T00:00:00+02:00"),
    ):
        assert decide("keep", NAME, kind=kind, ended_at=ended, at=last)["verdict"] == "allowed"
        assert decide("keep", NAME, kind=kind, ended_at=ended, at=gone)["verdict"] == "refused"


def test_annexes_one_to_three_are_its_own_and_the_fourth_comes_from_the_register() -> None:
    document = text.render(TERMS, Parties(Party("Operator"), Party("Controller")), "en", ENGLISH)
    titles = [chapter.title for chapter in document.chapters if chapter.title.startswith("Annex")]
    assert [title.split(":")[0] for title in titles[:3]] == ["Annex I", "Annex II", "Annex III"]
    assert "subprocessor.named" not in TERMS.clauses
