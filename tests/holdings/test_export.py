"""The copy of a person's data: every category the person has something in, and nothing of anybody else."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest

from mandata.audience import services as audience
from mandata.audience.rules.bases import Reason
from mandata.foundation.actors import Actor
from mandata.holdings import selectors, services
from mandata.holdings.rules import Verb
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from tests.holdings.cast import LATER, NAMESAKE, NOVAK, WORDS, Shop, a_person, a_shop
from tests.world import World


def export(shop: Shop, address: str = NOVAK, language: str = "en") -> zipfile.ZipFile:
    with scope(shop.id):
        subject = selectors.subject_by_address(address)
        assert subject is not None
        archive = services.export(subject=subject, language=language, at=LATER)
    return zipfile.ZipFile(io.BytesIO(archive.content))


def data(files: zipfile.ZipFile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files.read("data.json"))
    return found


def records(files: zipfile.ZipFile, holding: str) -> list[dict[str, Any]]:
    return next(one["records"] for one in data(files)["holdings"] if one["key"] == holding)


@pytest.mark.req("DSR-4..8")
def test_an_archive_holds_every_category_in_which_the_person_has_something(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    with scope(shop.id):
        audience.suppress(email=NOVAK, reason=Reason.OBJECTION, actor=shop.member, at=LATER)
        subject = selectors.subject_by_address(NOVAK)
        assert subject is not None
        told = {row.key for row in selectors.data_map() if Verb.EXPORT.value not in row.cannot}
        expected = set(services.preview(subject=subject).counts) & told
    files = export(shop)
    assert {one["key"] for one in data(files)["holdings"]} == expected
    assert expected >= {"subscribers", "subscriptions", "suppression", "messages", "events", "returns", "notices"}
    assert records(files, "subscribers")[0]["first_name"] == "Jana"
    assert records(files, "subscriptions")[0]["list"] == "Newsletter"
    assert records(files, "messages")[0]["campaign"] == "Bread of the week"
    assert {one.get("link") for one in records(files, "events")} == {None, "https://bakery.example/rye"}
    assert records(files, "record_payloads")[0]["content"] == {"consented_to": WORDS}
    assert records(files, "notices")[0]["to"] == NOVAK
    assert records(files, "uploads")[0]["line"].lower().startswith(NOVAK)
    assert NOVAK in records(files, "rejected_rows")[0]["row"]


def test_an_archive_holds_nothing_of_somebody_of_the_same_name(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    other = a_person(shop, NAMESAKE, number=2)
    files = export(shop)
    for name in files.namelist():
        text = files.read(name).decode()
        assert NAMESAKE not in text.lower(), name
        assert "+420602111222" not in text, name
        assert str(other) not in text, name
    assert len(records(files, "subscribers")) == len(records(files, "messages")) == 1


@pytest.mark.req("DSR-4..8", "DSR-14")
def test_the_information_of_article_15_comes_with_the_copy(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    information = {one["provision"]: one for one in data(export(shop))["information"]}
    assert set(information) == {
        "15(1)",
        "15(1)(a)",
        "15(1)(b)",
        "15(1)(c)",
        "15(1)(d)",
        "15(1)(e), (f)",
        "15(1)(g)",
        "15(1)(h)",
        "15(2)",
    }
    assert "Demo Bakery Ltd" in information["15(1)"]["items"]
    assert any("Amazon.com Inc." in one for one in information["15(1)(c)"]["items"])
    assert len(information["15(1)(a)"]["items"]) > len(data(export(shop))["holdings"])


def test_the_page_is_in_the_persons_language_and_needs_nothing_from_elsewhere(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    page = export(shop, language="cs").read("index.html").decode()
    assert '<html lang="cs">' in page
    assert "Vaše údaje" in page
    assert "Odběratelé" in page
    assert "<script" not in page
    assert "<link" not in page


def test_cells_that_a_spreadsheet_would_execute_are_defused(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK, first="=HYPERLINK(A1)")
    table = export(shop).read("csv/subscribers.csv").decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(table))
    assert not row["first_name"].startswith("=")
    assert "HYPERLINK" in row["first_name"]


def test_for_somebody_unknown_the_archive_says_that_nothing_is_held(world: World) -> None:
    shop = a_shop(world)
    files = export(shop, "nobody@known.example")
    assert data(files)["holdings"] == []
    assert "Nothing is held of you." in files.read("index.html").decode()


@pytest.mark.req("DSR-4..8")
def test_a_person_is_rectified_and_restricted_through_the_holdings(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    officer = Actor("member", new_id())
    with scope(shop.id):
        subject = selectors.subject_by_address(NOVAK)
        assert subject is not None
        changes = {"last_name": "Dvořáková"}
        assert services.rectify(subject=subject, changes=changes, actor=officer, at=LATER) == {"subscribers": 1}
        done = services.restrict(subject=subject, restricted=True, actor=officer, at=LATER)
        assert done == {"subscribers": 1}
    (record,) = records(export(shop), "subscribers")
    assert (record["last_name"], record["first_name"]) == ("Dvořáková", "Jana")
    assert record["restricted_at"].startswith(f"{LATER:%Y-%m-%d}")
