"""A data subject asks, confirms, follows and fetches: no account, no cookie, no script, at every size and theme."""

import io
import json
import re
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from email.message import Message
from typing import Any

import pytest
from playwright.sync_api import Browser

from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.rights import letters, rules, selectors, services
from tests.browser.driving import Visitor
from tests.holdings.cast import NOVAK, Shop, a_person, a_shop
from tests.world import World

pytestmark = pytest.mark.browser


def mail(shop: Shop, kind: str) -> dict[str, Any]:
    with scope(shop.id):
        row = next(row for row in accounts.notices(100) if row["kind"] == kind)
        return notices.contents(row["id"])


def link_in(said: dict[str, Any]) -> str:
    found = re.search(r"https?://\S+", said["text"])
    assert found, said["text"]
    return found.group()


def answered(shop: Shop) -> None:
    with scope(shop.id):
        (case,) = selectors.waiting(at=now())
        services.answer(case_id=case.id, actor=shop.member, at=now())


@pytest.mark.req("DSR-1", "DSR-2", "DSR-4..8", "DSR-10")
def test_a_person_asks_confirms_follows_and_fetches_a_copy_without_script_or_cookie(
    world: World, chromium: Browser, site: str
) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    context = chromium.new_context(locale="en-GB")
    try:
        visitor = Visitor(context.new_page(), site)
        visitor.open(f"/rights/{shop.id}/")
        visitor.look("rights_request")
        visitor.press("Send the request")
        visitor.look("rights_request_errors")
        visitor.page.locator("#email").fill(NOVAK)
        visitor.page.locator("#name").fill("Jana Nováková")
        visitor.press("Send the request")
        visitor.look("rights_asked")
        visitor.open(link_in(mail(shop, "rights.confirm")))
        visitor.look("rights_confirm")
        visitor.press("Yes, it is mine")
        visitor.look("rights_progress")
        assert "at the latest" in visitor.page.inner_text("main")
        answered(shop)
        visitor.page.reload()
        visitor.look("rights_answered")
        visitor.open(link_in(mail(shop, "rights.answered")))
        visitor.look("rights_answer")
        with visitor.page.expect_download() as download:
            visitor.page.get_by_role("button", name="Download").click()
        files = zipfile.ZipFile(download.value.path())
        assert any(one["key"] == "subscribers" for one in json.loads(files.read("data.json"))["holdings"])
        assert context.cookies() == []
    finally:
        context.close()


def test_the_pages_do_their_work_without_script(world: World, chromium: Browser, site: str) -> None:
    shop = a_shop(world)
    context = chromium.new_context(java_script_enabled=False, locale="cs-CZ")
    try:
        page = context.new_page()
        page.goto(f"{site}/rights/{shop.id}/")
        page.get_by_label("Výmaz mých údajů").check()
        page.locator("#email").fill("petr@seznam.example")
        page.get_by_role("button", name="Odeslat žádost").click()
        assert "Podívejte se do pošty" in page.inner_text("main")
        said = mail(shop, "rights.confirm")
        assert said["subject"] == "Potvrďte prosím svou žádost"
        page.goto(site + re.sub(r"^https?://[^/]+", "", link_in(said)))
        page.get_by_role("button", name="Ano, je moje").click()
        assert "Odpověď nejpozději" in page.inner_text("main")
        assert page.get_attribute("html", "lang") == "cs"
    finally:
        context.close()


def _answer(site: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, dict[str, str]]:
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    try:
        with urllib.request.urlopen(urllib.request.Request(site + path, data=data)) as response:
            return response.status, response.read().decode(), _lowered(response.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), _lowered(error.headers)


def _lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def test_known_and_unknown_addresses_meet_the_same_page(world: World, site: str) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    told = [
        _answer(site, f"/rights/{shop.id}/", {"kind": "access", "email": address})[:2]
        for address in (NOVAK, "stranger@nowhere.example")
    ]
    assert told[0] == told[1]
    assert told[0][0] == 200


def test_a_get_confirms_and_fetches_nothing(world: World, site: str) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    _answer(site, f"/rights/{shop.id}/", {"kind": "access", "email": NOVAK})
    path = re.sub(r"^https?://[^/]+", "", link_in(mail(shop, "rights.confirm")))
    status, _, headers = _answer(site, path)
    assert status == 200
    assert headers["cache-control"] == "no-store, private"
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers
    with scope(shop.id):
        assert selectors.counts()["confirmed"] == 0
    _answer(site, path, {})
    answered(shop)
    path = re.sub(r"^https?://[^/]+", "", link_in(mail(shop, "rights.answered")))
    _answer(site, path)
    with scope(shop.id):
        (row,) = selectors.cases(state="answered", at=now())
        assert selectors.case(row.id, at=now()).answer_fetched_at is None


def test_a_forged_link_and_an_unknown_controller_are_told_plainly(world: World, visitor: Visitor, site: str) -> None:
    for path in (f"/rights/{new_id()}/", f"/rights/confirm/{'x' * 43}/", f"/rights/answer/{'x' * 43}/"):
        status, text, _ = _answer(site, path)
        assert status == 404, path
        assert "Traceback" not in text
    visitor.open(f"/rights/progress/{'x' * 43}/")
    visitor.look("rights_bad_link")


def test_mails_name_the_pages_that_there_are() -> None:
    from django.urls import resolve, reverse

    for purpose, name in {
        "request": "request",
        "confirm": "confirm",
        "progress": "progress",
        "download": "answer",
        "proof": "proof",
    }.items():
        value = str(new_id()) if purpose == "request" else "t" * 43
        assert reverse(f"public_rights:{name}", args=[value]) == rules.PATHS[purpose].format(value)
        assert letters.link(purpose, value).endswith(rules.PATHS[purpose].format(value))
        assert resolve(rules.PATHS[purpose].format(value)).view_name == f"public_rights:{name}"


def test_the_downloaded_file_is_a_whole_archive(world: World, site: str) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    with scope(shop.id):
        case = services.receive(
            kind="access", address=NOVAK, channel="email", language="cs", actor=shop.member, at=now()
        )
        services.confirm_by_hand(case_id=case.case_id, actor=shop.member, at=now())
    answered(shop)
    path = re.sub(r"^https?://[^/]+", "", link_in(mail(shop, "rights.answered")))
    with urllib.request.urlopen(urllib.request.Request(site + path, data=b"")) as response:
        assert response.headers["Content-Type"] == "application/zip"
        assert zipfile.ZipFile(io.BytesIO(response.read())).testzip() is None
