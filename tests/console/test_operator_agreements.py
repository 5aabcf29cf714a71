"""The operator's pages of agreements: on offer, compared, written in a form, announced."""

import tomllib
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mandata.accounts.models import User
from mandata.accounts.services import users
from mandata.agreements import library, shelf
from mandata.infra.clock import new_id
from tests.world import World


class _Form(HTMLParser):
    """What a browser would post from the page's form."""

    def __init__(self) -> None:
        super().__init__()
        self.given: dict[str, list[str]] = {}
        self._select = self._area = ""
        self._typed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "input" and found.get("type") not in ("checkbox", "file", "submit"):
            self._give(name, found.get("value") or "")
        elif tag == "input" and found.get("type") == "checkbox" and "checked" in found:
            self._give(name, found.get("value") or "on")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in found:
            self._give(self._select, found.get("value") or "")
        elif tag == "textarea":
            self._area, self._typed = name, []

    def handle_data(self, data: str) -> None:
        if self._area:
            self._typed.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._give(self._area, "".join(self._typed))
            self._area = ""

    def _give(self, name: str, value: str) -> None:
        if name and name != "csrfmiddlewaretoken":
            self.given.setdefault(name, []).append(value)


def filled(page: bytes) -> dict[str, list[str]]:
    form = _Form()
    form.feed(page.decode())
    # Options without a value attribute post their text; the head's are those.
    return form.given


@pytest.fixture
def browser(world: World) -> Client:
    email = f"ops-{new_id().hex[-10:]}@example.com"
    user_id = users.create(email=email, name="Ops", password="a loaf of rye bread", is_operator=True, verified=True)
    client = Client()
    client.force_login(User.objects.get(id=user_id), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def begun(browser: Client, base: str = "ecomail") -> dict[str, Any]:
    page = browser.get("/operator/agreements/write/", {"from": base})
    assert page.status_code == 200
    given: dict[str, Any] = filled(page.content)
    head = library.load(base).head
    return given | {
        "terms:regime": head.regime.value,
        "terms:calendar": head.calendar,
        "terms:name": f"own-{new_id().hex[-8:]}",
        "terms:version": "1",
    }


def test_every_agreement_on_offer_can_be_read_and_compared(browser: Client) -> None:
    page = browser.get("/operator/agreements/").content.decode()
    for name in library.names():
        assert f"/operator/agreements/{name}/" in page
        assert browser.get(f"/operator/agreements/{name}/").status_code == 200
    difference = browser.get("/operator/agreements/imagicle/difference/", {"from": "ecomail"}).content.decode()
    assert "was" in difference or "Before" in difference
    assert browser.get("/operator/agreements/nothing/").status_code == 404


@pytest.mark.parametrize("base", library.names())
def test_a_copy_of_each_agreement_goes_through_the_form_unchanged(browser: Client, base: str) -> None:
    given = begun(browser, base)
    answer = browser.post("/operator/agreements/write/", given | {"offer": "yes"})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    name = given["terms:name"]
    assert shelf.load(name).clauses == library.load(base).clauses
    assert browser.get(f"/operator/agreements/{name}.toml").content.decode() == shelf.source(name)


def test_a_mistake_is_named_at_its_clause_and_nothing_typed_is_lost(browser: Client) -> None:
    given = begun(browser) | {"breach.notify:period": "soon", "breach.notify:note": "typed by hand"}
    answer = browser.post("/operator/agreements/write/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#c-breachnotify"' in page and "to be mended" in page
    assert 'value="soon"' in page and "typed by hand" in page
    assert given["terms:name"] not in shelf.names()


def test_a_clause_can_be_added_and_another_left_out(browser: Client) -> None:
    given = begun(browser)
    given["kept"] = [key for key in given["kept"] if key != "fee.refund"]
    page = browser.post("/operator/agreements/write/", given | {"add": "liability.main"}).content
    again = filled(page) | {name: given[name] for name in ("terms:regime", "terms:calendar")}
    assert "fee.refund" not in again["kept"] and "liability.main" in again["kept"]


def test_a_good_draft_is_shown_with_what_it_changes_before_it_is_put_on_offer(browser: Client) -> None:
    given = begun(browser) | {"terms:name": "ecomail", "breach.notify:period": "36 hours"}
    page = browser.post("/operator/agreements/write/", given | {"check": "yes"}).content.decode()
    assert "36 hours, was 48 hours" in page
    assert shelf.load("ecomail").version == library.load("ecomail").version


def test_a_file_takes_the_place_of_the_form_and_a_broken_one_is_refused_with_its_line(browser: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    name = f"own-{new_id().hex[-8:]}"
    source = library.source("imagicle").replace('name = "imagicle"', f'name = "{name}"', 1)
    file = SimpleUploadedFile("mine.toml", source.encode())
    answer = browser.post("/operator/agreements/write/", begun(browser) | {"file": file, "offer": "yes"})
    assert answer.status_code == 302 and name in shelf.names()
    assert tomllib.loads(shelf.source(name)) == tomllib.loads(source)
    broken = SimpleUploadedFile("bad.toml", source.replace('who = "processor"', 'who = "me"', 1).encode())
    page = browser.post("/operator/agreements/write/", begun(browser) | {"file": broken}, follow=True).content.decode()
    assert "bad.toml:" in page


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe", "This is not UTF-8 text."), ("# \U0001f4dc".encode() * 200_000, "an agreement has at most")],
)
def test_a_file_that_is_no_text_or_too_large_is_told_in_words_and_never_cut_off(
    browser: Client, content: bytes, said: str
) -> None:
    file = SimpleUploadedFile("mine.toml", content)
    page = browser.post("/operator/agreements/write/", begun(browser) | {"file": file}, follow=True)
    assert said in page.content.decode()


def test_announcing_queues_one_job_however_often_it_is_pressed(browser: Client, world: World) -> None:
    before = _queued()
    assert browser.post("/operator/agreements/icewarp/announce/").status_code == 302
    assert browser.post("/operator/agreements/icewarp/announce/").status_code == 302
    assert _queued() == before + 1


def _queued() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procrastinate_jobs where task_name = 'agreements.announce_version'")
        return int(cursor.fetchone()[0])


def test_a_customer_has_no_business_here(world: World) -> None:
    assert Client().get("/operator/agreements/").status_code in (302, 403)
