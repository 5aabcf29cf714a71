"""The data map, the record of processing made of it, and the pages of manual holdings."""

import csv
import html
import io
import json
import os
import re
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client
from django.utils import translation

from mandata.holdings import datamap, manual, processing, runs, selectors, services, shelves
from mandata.holdings.catalogue import catalogue
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from tests.console.office import Office, office
from tests.holdings.test_manual import CARDS, OFFICER
from tests.world import World

GIVEN = {**CARDS, "kind": "paper", "keeper": "controller"}


@pytest.fixture
def made(world: World) -> Office:
    return office()


def a_cabinet(made: Office) -> UUID:
    with scope(made.shop.id):
        return manual.register(kind="paper", keeper="controller", said=CARDS, actor=OFFICER, at=now())


def a_task(made: Office, person: UUID) -> shelves.TaskView:
    """The task of an erasure."""
    with scope(made.shop.id):
        subject = selectors.subject(person)
        services.erase(subject=subject, ground="controller", actor=OFFICER, at=now())
        return shelves.tasks(at=now())[0]


def rows(answer: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.decode("utf-8-sig"))))


@pytest.mark.req("AST-5", "RET-7")
def test_the_data_map_shows_every_holding_with_its_amount_and_can_be_narrowed(made: Office) -> None:
    a_cabinet(made)
    made.shop.people(3)
    client = made.browser("reader")
    page = client.get("/privacy/data/")
    text = page.content.decode()
    with scope(made.shop.id):
        for row in selectors.data_map():
            assert f'id="holding-{row.key}"' in text
    assert "Loyalty cards" in text
    assert {row["held"].key: row["amount"].rows for row in page.context["rows"] if row["amount"]}["subscribers"] == 3
    narrow = client.get("/privacy/data/?group=requests")
    duties = {"assistance", "audits", "holdings", "incidents", "rights"}
    assert {row["held"].area for row in narrow.context["rows"]} == duties
    assert client.get("/privacy/data/?group=nonsense").context["group"] == ""


@pytest.mark.req("AST-5")
def test_no_page_names_a_table_or_a_module_and_czech_readers_meet_no_english(made: Office) -> None:
    client = made.browser("reader")
    with translation.override("cs"):
        reasons = {str(why) for why in selectors.without_personal_data().values()}
        text = html.unescape(client.get("/privacy/data/").content.decode())
    text = re.sub(r'\sid="[^"]*"', "", text)
    assert not [name for name in selectors.without_personal_data() if "_" in name and f"{name}<" in text]
    assert not [table for row in catalogue() for table in row.description.tables if re.search(rf"\b{table}\b", text)]
    assert "haše" in reasons and "hashes" not in reasons
    assert "checks that do not hold: codes, times" in text


def test_what_is_in_clear_is_said_in_its_category_and_nothing_else_is() -> None:
    with translation.override("en"):
        said = {one.description.key for one in catalogue() if "in clear" in str(one.description.category)}
    assert said | {"catcher"} == set(datamap.CLEAR)
    assert not [one for one in catalogue() if one.description.sealed and one.description.key in datamap.CLEAR]


def test_every_area_of_a_holding_belongs_to_a_group(made: Office) -> None:
    from mandata.console.privacy.holdings import GROUPS

    areas = {area for _label, group in GROUPS.values() for area in group}
    with scope(made.shop.id):
        assert {row.area for row in selectors.data_map()} <= areas


@pytest.mark.req("AST-5")
def test_the_record_of_processing_has_everything_that_article_30_2_asks_for(made: Office) -> None:
    a_cabinet(made)
    client = made.browser("privacy_officer")
    answer = client.get("/privacy/data/record.csv")
    assert answer["Content-Type"].startswith("text/csv")
    told = rows(answer.content)
    assert told[0] == ["Provision", "Part", "About", "Statement"]
    provisions = {row[0] for row in told[1:]}
    assert provisions == {f"GDPR {one}" for one in processing.PROVISIONS}
    lines = {(row[2], row[3]) for row in told[1:]}
    assert ("Processor", "Name: Mandata") in lines
    assert any(about == "Controller" and line.startswith("Contact: ") for about, line in lines)
    assert ("Processor", "Data protection officer: none is named") in lines
    assert any(about == "Purposes" for about, _line in lines)
    assert any(row[0] == "GDPR 30(2)(c)" for row in told)
    with scope(made.shop.id):
        for holding in selectors.data_map():
            assert (holding.name, f"Kept: {holding.retention}") in lines
    assert ("Loyalty cards", "Answered for by: head of the shop") in lines


@pytest.mark.req("AST-5")
def test_the_record_of_processing_is_printed_in_the_readers_language(made: Office) -> None:
    client = made.browser("owner")
    answer = client.get("/privacy/data/record.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    with scope(made.shop.id):
        english = processing.document(language="en", at=now())
        czech = processing.document(language="cs", at=now())
        printed = processing.as_pdf(language="cs", at=now())
        assert printed.startswith(b"%PDF-")
        if there := os.environ.get("SCREENSHOTS"):
            Path(there, "record-of-processing.pdf").write_bytes(printed)
    assert english.title == "Record of processing activities"
    assert czech.title == "Záznamy o činnostech zpracování"
    assert [len(one.paragraphs) for one in english.chapters] == [len(one.paragraphs) for one in czech.chapters]


def test_cells_of_the_record_that_a_spreadsheet_would_execute_are_defused(made: Office) -> None:
    with scope(made.shop.id):
        manual.register(kind="files", keeper="processor", said={**CARDS, "name": "=cmd()"}, actor=OFFICER, at=now())
        told = rows(processing.as_csv(language="en", at=now()))
    assert not [cell for row in told for cell in row if cell.startswith("=")]


@pytest.mark.req("RET-7")
def test_an_officer_registers_corrects_and_retires_a_manual_holding(made: Office) -> None:
    client = made.browser("privacy_officer")
    assert client.post("/privacy/manual/", GIVEN).status_code == 302
    with scope(made.shop.id):
        (seen,) = shelves.manuals()
    assert "Loyalty cards" in client.get("/privacy/manual/").content.decode()
    there = f"/privacy/manual/{seen.id}/"
    assert client.post(there, {**GIVEN, "name": "Cards of 2025"}).status_code == 302
    assert "Cards of 2025" in client.get(there).content.decode()
    assert client.post(f"{there}retire/").status_code == 302
    with scope(made.shop.id):
        assert shelves.manuals() == []


def test_what_is_not_taken_keeps_what_was_typed(made: Office) -> None:
    client = made.browser("owner")
    answer = client.post("/privacy/manual/", {**GIVEN, "post": "jana@bakery.example"})
    assert answer.status_code == 422
    assert "without naming anybody" in answer.content.decode()
    assert answer.content.decode().count("Nothing waits") == 1, "a refusal has no other's title"
    assert "Shop in Brno, cabinet 2" in answer.content.decode()


@pytest.mark.parametrize("role", ["reader", "marketer"])
def test_others_look_and_change_nothing(made: Office, role: str) -> None:
    cabinet = a_cabinet(made)
    client = made.browser(role)
    assert client.get("/privacy/manual/").status_code == 200
    assert client.post("/privacy/manual/", GIVEN).status_code == 403
    assert client.post(f"/privacy/manual/{cabinet}/retire/").status_code == 403


def _shown(client: Client, task: shelves.TaskView) -> str:
    return client.post(f"/privacy/manual/tasks/{task.id}/people/").content.decode()


@pytest.mark.req("RET-7")
def test_a_task_shows_whom_to_look_for_as_an_act_on_record_and_is_closed_with_its_proof(made: Office) -> None:
    address = "reader0@inbox.example"
    (person,) = made.shop.people(1)
    a_cabinet(made)
    task = a_task(made, person)
    client = made.browser("privacy_officer")
    page = client.get(f"/privacy/manual/tasks/{task.id}/").content.decode()
    assert "1 person, sealed until this is done" in page
    assert address not in page
    assert address in _shown(client, task)
    with scope(made.shop.id):
        assert record.entries(kind="holdings.sought_shown")
    there = f"/privacy/manual/tasks/{task.id}/"
    assert client.post(there, {"found": "2"}).status_code == 422
    assert client.post(there, {"found": "2", "evidence": "protocol 7"}).status_code == 302
    assert "protocol 7" in client.get(there).content.decode()
    assert address not in _shown(client, task)


def test_the_record_holds_no_names_of_manual_holdings(made: Office) -> None:
    a_cabinet(made)
    with scope(made.shop.id):
        (entry,) = record.entries(kind="holdings.manual_registered")
        assert "Loyalty" not in json.dumps(entry.body)


@pytest.mark.req("AST-5")
def test_nothing_of_our_own_in_the_czech_record_is_english(made: Office) -> None:
    a_cabinet(made)
    with scope(made.shop.id):
        english, czech = (processing.document(language=one, at=now()) for one in ("en", "cs"))
    same = {
        line
        for first, second in zip(english.chapters, czech.chapters, strict=True)
        for one, other in zip(first.paragraphs, second.paragraphs, strict=True)
        for line, told in zip((one.title, one.text, *one.items), (other.title, other.text, *other.items), strict=True)
        if line and line == told and not one.key.startswith("manual:")
    }
    assert same <= {"Index", "Data"}


@pytest.mark.req("RET-7", "RET-4")
def test_an_erasure_of_many_is_not_shown_as_whole_while_paper_waits(made: Office) -> None:
    people = made.shop.people(3)
    a_cabinet(made)
    with scope(made.shop.id):
        run = runs.choose(references=people, ground="controller", actor=OFFICER, at=now())
    while runs.run_slice(controller_id=made.shop.id, run_id=run):
        pass
    client = made.browser("owner")
    there = f"/audience/erasures/{run}/"
    assert client.post(f"{there}confirm/", {"phrase": "3"}).status_code == 302
    while runs.run_slice(controller_id=made.shop.id, run_id=run):
        pass
    page = client.get(there).content.decode()
    assert "Still to be erased by hand" in page
    assert "3 people" in page
    with scope(made.shop.id):
        (task,) = shelves.tasks_about(run, at=now())
        assert len(shelves.people(run)) == 3
        manual.complete(task_id=task.id, found=0, actor=OFFICER, at=now())
        assert shelves.people(run) == []
    assert "Erased by hand" in client.get(there).content.decode()
