"""`mandata agreement`, as its user types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mandata.agreements import library
from mandata.cli.main import app

RUN = CliRunner()


def test_the_list_names_every_agreement_that_ships() -> None:
    found = RUN.invoke(app, ["agreement", "list", "--json"])
    assert found.exit_code == 0
    assert [json.loads(line)["agreement"] for line in found.stdout.splitlines()] == list(library.names())


def test_a_good_file_is_told_good_and_a_bad_one_with_line_and_remedy(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    source = library.source("ecomail")
    good.write_text(source, encoding="utf-8")
    bad.write_text(source.replace('period = "48 hours"', 'perod = "48 hours"'), encoding="utf-8")
    found = RUN.invoke(app, ["agreement", "check", str(good), str(bad), "--json"])
    first, second = (json.loads(line) for line in found.stdout.splitlines())
    assert found.exit_code == 1
    assert first["holds"] and not second["holds"]
    assert bad.read_text(encoding="utf-8").splitlines()[second["line"] - 1].startswith("perod")
    assert "period" in second["remedy"]


def test_a_file_that_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "binary.toml"
    file.write_bytes(b"\xff\xfe\x00")
    found = RUN.invoke(app, ["agreement", "check", str(file)])
    assert found.exit_code == 1 and "UTF-8" in found.output


@pytest.mark.parametrize("name", library.names())
def test_every_agreement_is_shown_in_each_of_its_languages(name: str) -> None:
    for language in library.load(name).head.languages:
        found = RUN.invoke(app, ["agreement", "show", name, "--language", language])
        assert found.exit_code == 0
        assert library.load(name).titles[language] in found.stdout
        assert "{" not in found.stdout


def test_a_pdf_is_written(tmp_path: Path) -> None:
    file = tmp_path / "out.pdf"
    assert RUN.invoke(app, ["agreement", "show", "ecomail", "--pdf", str(file)]).exit_code == 0
    assert file.read_bytes().startswith(b"%PDF")


def test_a_difference_is_told_and_ends_with_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(library.source("ecomail").replace('period = "48 hours"', 'period = "24 hours"'), encoding="utf-8")
    found = RUN.invoke(app, ["agreement", "diff", "ecomail", str(file)])
    assert found.exit_code == 1 and "24 hours, was 48 hours" in found.stdout
    assert RUN.invoke(app, ["agreement", "diff", "ecomail", "ecomail"]).exit_code == 0


def test_an_unknown_name_is_told_with_what_to_do() -> None:
    found = RUN.invoke(app, ["agreement", "show", "nobody"])
    assert found.exit_code == 1 and "mandata agreement list" in found.output
