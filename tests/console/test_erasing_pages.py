"""Erasing many people in the console: chosen by a filter or by lines, confirmed by their number, certified."""

from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mandata.accounts.selectors import user
from mandata.audience import selectors, services
from mandata.holdings import progress, runs
from mandata.holdings.models import Erasure
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.record import certified
from tests.world import World
from tests.world.people import House, joined, registered


@pytest.fixture
def house(world: World) -> House:
    return registered()


@pytest.fixture
def owner(house: House) -> Client:
    return client(house.owner.user_id)


def client(user_id: UUID) -> Client:
    browser = Client()
    browser.force_login(user(user_id))
    return browser


@pytest.fixture
def list_id(house: House) -> UUID:
    with scope(house.id):
        made = services.create_list(name="Newsletter", actor=house.owner.actor, at=now())
        for name in ("eva", "petr", "jana"):
            services.subscribe(
                list_id=made, email=f"{name}@reader.example", source="paper", actor=house.owner.actor, at=now()
            )
        return made


def work(house: House) -> progress.RunRow:
    """What the worker does."""
    with scope(house.id):
        run = progress.runs()[0]
    while runs.run_slice(controller_id=house.id, run_id=run.id):
        pass
    with scope(house.id):
        return progress.run(run.id)


def left(house: House) -> int:
    with scope(house.id):
        return len(selectors.page(limit=100).rows)


@pytest.mark.req("RET-4")
def test_who_is_shown_by_a_filter_is_counted_confirmed_by_number_and_erased(
    house: House, owner: Client, list_id: UUID, tmp_path: object
) -> None:
    from pathlib import Path

    place = f"/audience/erasures/new/?list={list_id}"
    assert place in owner.get(f"/audience/?list={list_id}").content.decode().replace("&amp;", "&")
    assert place in owner.get(f"/audience/lists/{list_id}/").content.decode()
    assert "Newsletter" in owner.get(place).content.decode()
    answer = owner.post(place, {"ground": "consent_withdrawn"})
    assert answer.status_code == 302
    page = answer["Location"]
    assert "Counting" in owner.get(page).content.decode() or "Choosing" in owner.get(page).content.decode()
    ready = work(house)
    assert (ready.state, ready.people) == ("ready", 3)
    shown = owner.get(page).content.decode()
    assert "What goes, and what stays" in shown
    assert 'data-phrase="3"' in shown
    refused = owner.post(f"{page}confirm/", {"phrase": "2"})
    assert refused.status_code == 422
    assert left(house) == 3
    assert owner.post(f"{page}confirm/", {"phrase": "3"}).status_code == 302
    assert "Erasing" in owner.get(f"{page}progress/?state=running").content.decode()
    assert work(house).erased == 3
    assert left(house) == 0
    assert owner.get(f"{page}progress/?state=running")["HX-Refresh"] == "true"
    World().sequence()
    assert "Certificates" in owner.get(page).content.decode()
    path = Path(str(tmp_path)) / "certificates.json"
    path.write_bytes(b"".join(owner.get(f"{page}certificates.json")))
    found = certified.verify(path)
    assert (found["holds"], found["certificates"]) == (True, 3)
    assert "Erasure 1" in owner.get("/audience/erasures/").content.decode()
    with scope(house.id):
        own = Erasure.objects.values_list("id", flat=True)[0]
    assert owner.get(f"/audience/erased/{own}.pdf").content.startswith(b"%PDF")
    assert f"/audience/erased/{own}.pdf" in owner.get("/privacy/data/").content.decode()
    assert b"".join(owner.get(f"/audience/erased/{own}.json")).startswith(b"{")


def test_lines_name_people_by_reference_or_address_and_nobody_else_is_chosen(
    house: House, owner: Client, list_id: UUID
) -> None:
    with scope(house.id):
        eva = selectors.find_by_email("eva@reader.example")
    file = SimpleUploadedFile("who.csv", "\ufeffpetr@reader.example;Petr\nunknown@reader.example\n".encode())
    answer = owner.post(
        "/audience/erasures/new/", {"ground": "objection", "people": f"{eva}\n", "file": file}, follow=True
    )
    assert "1 line names nobody" in answer.content.decode()
    run = work(house)
    assert (run.source, run.people) == ("references", 2)
    owner.post(f"/audience/erasures/{run.id}/cancel/")
    assert left(house) == 3


def test_nobody_is_chosen_without_a_filter_or_a_line(house: House, owner: Client, list_id: UUID) -> None:
    for people in ("", "unknown@reader.example", "no address at all"):
        answer = owner.post("/audience/erasures/new/", {"ground": "objection", "people": people})
        assert answer.status_code == 422
    assert owner.post("/audience/erasures/new/", {"ground": "because", "people": "x"}).status_code == 422
    with scope(house.id):
        assert progress.runs() == []


def test_a_marketer_reads_erasures_and_begins_none(house: House, owner: Client, list_id: UUID) -> None:
    marketer = client(joined(house, "marketer").user_id)
    assert marketer.get("/audience/erasures/").status_code == 200
    assert marketer.get("/audience/erasures/new/").status_code == 403
    assert "Erase these people" not in marketer.get(f"/audience/?list={list_id}").content.decode()
    owner.post(f"/audience/erasures/new/?list={list_id}", {"ground": "objection"})
    run = work(house)
    page = f"/audience/erasures/{run.id}/"
    assert marketer.get(page).status_code == 200
    assert marketer.post(f"{page}confirm/", {"phrase": "3"}).status_code == 403
    assert left(house) == 3
