"""The page about holdings says what the catalogue, the rules and the settings say."""

import re
from pathlib import Path

import pytest

from mandata.foundation import cutting, networks
from mandata.holdings import acts, processing
from mandata.holdings.catalogue import catalogue
from mandata.holdings.rules import Verb
from mandata.infra.environment import Environment

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "holdings.md").read_text(encoding="utf-8")


@pytest.mark.req("RET-7", "AST-5")
def test_every_holding_of_the_catalogue_is_on_the_page_and_no_other() -> None:
    table = PAGE.partition("## The catalogue")[2].partition("\n## ")[0]
    named = {key for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}
    assert named == {one.description.key for one in catalogue()}


def test_every_verb_is_on_the_page() -> None:
    table = PAGE.partition("## The verbs")[2].partition("\n## ")[0]
    assert re.findall(r"^\| (\w+) \|", table, re.MULTILINE)[1:] == [verb.value for verb in Verb]


def test_the_figures_of_the_page_are_those_of_the_code() -> None:
    assert f"within {acts.LASTS.days} days" in PAGE
    assert networks.reduced("203.0.113.77").endswith("/24")
    assert networks.reduced("2001:db8:1:2::3").endswith("/48")
    assert Path(cutting.__file__).name in PAGE


def test_every_chapter_of_the_record_of_processing_is_on_the_page() -> None:
    table = PAGE.partition("## The record of processing")[2].partition("\n## ")[0]
    for provision in processing.PROVISIONS[:-1]:
        assert f"| {provision} |" in table


def test_every_setting_that_the_page_names_is_one() -> None:
    known = {one.metadata["name"] for one in Environment.__dataclass_fields__.values()}
    assert set(re.findall(r"MANDATA_[A-Z_]+", PAGE)) <= known
