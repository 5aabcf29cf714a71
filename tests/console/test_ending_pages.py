"""The pages of an end: what each side sees and can do, what is refused, what is left after it, links that last."""

from datetime import timedelta

import pyrage
import pytest
from django.test import Client
from django.urls import reverse

from mandata.accounts import selectors as accounts
from mandata.accounts.models import AccessLog, User
from mandata.accounts.services import users
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.retention import letters
from mandata.retention.selectors import ends as selectors
from mandata.retention.selectors import returns as archives
from mandata.retention.services import ends, returns, telling
from tests.console.office import PASSWORD, Office, office
from tests.retention.house import OPERATOR, deleted, ended
from tests.world import World
from tests.world.people import staffed

pytestmark = [pytest.mark.req("RET-2"), pytest.mark.usefixtures("world")]
ENDING = "/privacy/ending/"
_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def operator() -> Client:
    """Somebody of the operator's, logged in."""
    email = f"otto-{new_id().hex[-12:]}@operator.example"
    user = users.create(email=email, name="Otto", password=PASSWORD, is_operator=True, verified=True)
    client = Client()
    client.force_login(User.objects.get(id=user), backend=_BACKEND)
    return client


def stands(made: Office) -> selectors.EndView | None:
    with scope(made.shop.id):
        return selectors.current()


def test_a_controller_ends_its_agreement_sees_the_timetable_and_withdraws() -> None:
    made = office()
    browser = made.browser()
    assert browser.get(ENDING).status_code == 200
    day = (now() + timedelta(days=20)).date().isoformat()
    answer = browser.post(f"{ENDING}notice/", {"effective": day, "reason": "notice", "words": "", "choice": "both"})
    assert answer.status_code == 302
    found = stands(made)
    assert found is not None
    assert (found.state, found.choice) == ("noticed", "both")
    page = browser.get(ENDING).content.decode()
    assert "m-timeline" in page
    assert "ECO-A 3.10" in page
    assert browser.post(f"{ENDING}withdraw/").status_code == 302
    assert stands(made) is None


def test_an_end_at_once_needs_the_name_typed() -> None:
    made = office()
    browser, given = made.browser(), {"effective": "", "reason": "notice", "words": "We move.", "choice": ""}
    refused = browser.post(f"{ENDING}notice/", {**given, "typed": "somebody else"})
    assert refused.status_code == 422 and "We move." in refused.content.decode()
    assert stands(made) is None
    with scope(made.shop.id):
        name = accounts.controller().name
    assert browser.post(f"{ENDING}notice/", {**given, "typed": name.upper()}).status_code == 302
    found = stands(made)
    assert found is not None and found.effective_at <= now()


def test_the_choice_is_recorded_and_nonsense_is_not() -> None:
    made = office()
    ended(made.shop.id, choice="")
    browser = made.browser("privacy_officer")
    browser.post(f"{ENDING}choice/", {"choice": "burn"})
    assert stands(made).choice == ""  # type: ignore[union-attr]
    browser.post(f"{ENDING}choice/", {"choice": "return"})
    assert stands(made).choice == "return"  # type: ignore[union-attr]


@pytest.mark.req("RET-3")
def test_an_archive_is_asked_for_watched_and_downloaded_by_a_member() -> None:
    made = office()
    browser, key = made.browser(), pyrage.x25519.Identity.generate()
    wrong = browser.post(f"{ENDING}archives/", {"how": "account", "recipient": "age1wrong"})
    assert wrong.status_code == 422
    assert 'role="alert"' in wrong.content.decode()
    made.shop.people(1)
    assert browser.post(f"{ENDING}archives/", {"how": "account", "recipient": str(key.to_public())}).status_code == 302
    with scope(made.shop.id):
        (row,) = archives.returns()
    assert f"{ENDING}archives/{row.id}/progress/" in browser.get(ENDING).content.decode()
    assert browser.get(f"{ENDING}archives/{row.id}/progress/").status_code == 200
    assert returns.make(controller_id=made.shop.id, return_id=row.id)
    assert browser.get(f"{ENDING}archives/{row.id}/progress/").headers["HX-Refresh"] == "true"
    answer = browser.post(f"{ENDING}archives/{row.id}/file/")
    assert pyrage.decrypt(b"".join(answer.streaming_content), [key])  # type: ignore[attr-defined]
    with scope(made.shop.id):
        (seen,) = AccessLog.objects.filter(page="privacy:return_file")
    assert (seen.kind, seen.people) == ("exported", 1), "who takes everything out is judged like any export"
    assert browser.get(f"{ENDING}archives/{row.id}/identity.age").status_code == 410
    assert made.browser("reader").post(f"{ENDING}archives/{row.id}/file/").status_code == 403
    assert office("Other Bakery").browser().post(f"{ENDING}archives/{row.id}/file/").status_code == 404


def test_after_the_end_data_is_read_and_taken_out_and_nothing_else() -> None:
    made = office()
    ended(made.shop.id, choice="")
    browser = made.browser()
    assert browser.get("/audience/").status_code == 200
    refused = browser.post("/audience/lists/new/", {"name": "Another"})
    assert refused.status_code == 403
    assert "read and taken out" in refused.content.decode()
    assert browser.get(ENDING).status_code == 200


def test_the_access_ends_at_the_ends_own_instant_and_not_when_a_job_comes_to_look() -> None:
    made = office()
    browser, at = made.browser(), now()
    with scope(made.shop.id):
        soon = at + timedelta(milliseconds=1)
        ends.give_notice(by="term", reason="term", effective=soon, actor=OPERATOR, at=at)
    found = stands(made)
    assert found is not None and found.state == "noticed", "no job has come yet"
    refused = browser.post("/audience/lists/new/", {"name": "Another"})
    assert refused.status_code == 403 and "read and taken out" in refused.content.decode()
    assert browser.get("/audience/").status_code == 200
    with scope(made.shop.id):
        ends.take_effect(at=now())
    assert browser.post("/audience/lists/new/", {"name": "Another"}).status_code == 403


def test_while_everything_is_deleted_nobody_of_the_controller_enters() -> None:
    made = office()
    browser = made.browser()
    deleted(made.shop.id, "Demo Bakery")
    assert browser.get(ENDING).status_code == 302
    assert browser.get("/audience/").status_code == 302


@pytest.mark.req("RET-4")
def test_the_desk_shows_the_preview_and_deletes_by_the_name() -> None:
    made, desk = office(), operator()
    address = reverse("operator:termination", args=[made.shop.id])
    assert desk.get(address).status_code == 200, "the form of our own notice"
    ended(made.shop.id, choice="")
    shut = desk.get(address).content.decode()
    assert "Why nothing may be deleted yet" in shut
    assert 'id="delete"' not in shut
    assert desk.post(f"{address}delete/", {"phrase": "Demo Bakery"}).status_code == 409
    desk.post(f"{address}choose/", {"choice": "delete"})
    page = desk.get(address).content.decode()
    assert "What would go, and what would stay" in page
    assert desk.post(f"{address}delete/", {"phrase": "Somebody else"}).status_code == 422
    assert desk.post(f"{address}delete/", {"phrase": "Demo Bakery"}).status_code == 302
    assert stands(made).state == "deleting"  # type: ignore[union-attr]
    assert desk.get(address).status_code == 200
    assert desk.get("/operator/terminations/").status_code == 200


@pytest.mark.req("OPS-2")
def test_the_desk_gives_notice_with_reasons_on_the_first_day_that_the_clause_allows() -> None:
    made, desk = office(), operator()
    address = reverse("operator:termination", args=[made.shop.id])
    early = {"reason": "serious_breach", "words": "Complaints.", "effective": now().date().isoformat()}
    assert desk.post(f"{address}notice/", early).status_code == 409
    assert stands(made) is None
    desk.post(f"{address}notice/", {"reason": "serious_breach", "words": "Complaints.", "effective": ""})
    found = stands(made)
    assert found is not None
    assert found.effective_at >= now() + timedelta(days=29)
    shut = desk.get(address).content.decode()
    assert "Complaints." not in shut and f"/access/?next={address.replace('/', '%2F')}" in shut
    with_access = Client()
    reader = staffed(made.shop)  # type: ignore[arg-type]  # what has an id
    with_access.force_login(User.objects.get(id=reader.user_id), backend=_BACKEND)
    assert "Complaints." in with_access.get(address).content.decode()
    desk.post(f"{address}withdraw/")
    assert stands(made) is None
    assert desk.post(f"{address}dance/").status_code == 404
    assert desk.get(reverse("operator:termination", args=[new_id()])).status_code == 404


def test_a_plan_is_entered_or_refused_by_the_clause() -> None:
    made, desk = office(), operator()
    ended(made.shop.id, choice="")
    address = reverse("operator:termination", args=[made.shop.id])
    assert desk.post(f"{address}plan/", {"until": "2031-01-01"}).status_code == 409
    assert desk.post(f"{address}plan/", {"until": "soon"}).status_code == 302


@pytest.mark.req("RET-5")
def test_the_links_of_archive_and_certificate_work_without_an_account(world: World) -> None:
    made, key = office(), pyrage.x25519.Identity.generate()
    with scope(made.shop.id):
        from mandata.retention.services import receivers

        return_id = returns.ask(
            receiver=receivers.receiver(recipient=str(key.to_public())),
            to=returns.Destination("link"),
            actor=OPERATOR,
            at=now(),
            queue=False,
        )
    assert returns.make(controller_id=made.shop.id, return_id=return_id)
    with scope(made.shop.id):
        token = telling.new_link("archive", return_id, expires_at=now() + timedelta(days=1))
    anybody = Client()
    assert letters.link("archive", token).endswith(reverse("public_ending:archive", args=[token]))
    page = anybody.get(f"/ending/archive/{token}/")
    assert page.status_code == 200
    with scope(made.shop.id):
        assert archives.one(return_id).fetched_at is None, "looking changes nothing"
    file = anybody.post(f"/ending/archive/{token}/")
    assert pyrage.decrypt(b"".join(file.streaming_content), [key])  # type: ignore[attr-defined]
    end = deleted(made.shop.id, "Demo Bakery")
    world.sequence()
    with scope(made.shop.id):
        token = telling.new_link("certificate", end, expires_at=None)
    assert letters.link("certificate", token).endswith(reverse("public_ending:certificate", args=[token]))
    assert anybody.get(f"/ending/certificate/{token}/").status_code == 200
    assert anybody.get(f"/ending/certificate/{token}/certificate.pdf").content.startswith(b"%PDF")
    assert anybody.get(f"/ending/certificate/{token}/certificate.json").json()["certificates"]
    assert anybody.get(f"/ending/certificate/{token}/certificate.exe").status_code == 404
    assert anybody.get(f"/ending/certificate/{'x' * 43}/").status_code == 410
    assert anybody.get(f"/ending/archive/{token}/").status_code == 410
