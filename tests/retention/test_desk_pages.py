"""The pages of limiting, of serious breaches and of the operator's own data."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mandata.accounts import selectors as accounts
from mandata.accounts.models import Notice, User
from mandata.accounts.services.notices import send_notice
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.retention.models import OwnCase
from mandata.retention.selectors import limiting as selectors
from mandata.retention.selectors import own
from mandata.retention.services import own as services
from tests.retention.ages import entered, house, inside
from tests.retention.test_retention_pages import browser
from tests.world.people import staffed

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def desk() -> Client:
    client = Client()
    client.force_login(User.objects.get(id=staffed().user_id), backend=_BACKEND)
    return client


@pytest.mark.req("OPS-2", "OPS-6", "SVC-4")
def test_the_desk_enters_a_breach_decides_and_answers_and_the_controller_objects(database: object) -> None:
    owner, client = house("ecomail"), desk()
    path = f"/operator/controllers/{owner.id}/limiting/"
    assert "at once" in client.get(path).content.decode()
    found = {"code": "software", "found": f"{now() - timedelta(hours=1):%Y-%m-%dT%H:%M}", "what": "A flood."}
    file = SimpleUploadedFile("log.txt", b"line")
    assert client.post(path + "grounds/", {**found, "file": file}).status_code == 302
    assert client.post(path + "grounds/", {**found, "what": ""}).status_code == 200
    with inside(owner):
        ground = selectors.occurrences()[0]
    evidence = path + f"grounds/{ground.id}/file/"
    shut = client.get(path).content.decode()
    assert "A flood." not in shut and "log.txt" not in shut and "Read what it says" in shut
    assert "/access/" in client.get(evidence).headers["Location"], "it shows people: nobody looks without a reason"
    client.force_login(User.objects.get(id=staffed(owner).user_id), backend=_BACKEND)
    assert client.get(evidence).content == b"line"
    said = {"kind": "limit", "ground": "content", "acts": ["send"], "reasons": "Spam.", "rests": str(ground.id)}
    assert client.post(path, {**said, "reasons": ""}).status_code == 200
    assert client.post(path, {**said, "ground": "breach", "effective": "2020-01-01T00:00"}).status_code == 409
    assert client.post(path, said).status_code == 302
    with inside(owner):
        decision = selectors.decisions()[0]
        assert selectors.occurrences()[0].consequence == "limited"
    member = browser(owner)
    page = member.get("/privacy/limits/").content.decode()
    assert "sending is stopped" in page and "Spam." in page and "Why you object" in page
    assert member.get(f"/privacy/limits/{decision.id}/decision.pdf").content.startswith(b"%PDF")
    assert member.post(f"/privacy/limits/{decision.id}/object/", {"words": "No."}).status_code == 302
    page = client.get(path).content.decode()
    assert "Answer the objection" in page and "Spam." in page and "A flood." in page
    shut = desk().get(path).content.decode()
    assert "Answer the objection" in shut and "Spam." not in shut and "A flood." not in shut
    answer = {"outcome": "upheld", "words": "Right."}
    assert client.post(path + f"{decision.id}/answer/", answer).status_code == 302
    assert client.post(path + f"{decision.id}/lift/", {"words": "again"}).status_code == 409
    listing = client.get("/operator/limiting/").content.decode()
    assert owner.owner.email not in listing and "Register of serious breaches" in listing
    assert str(owner.id) in client.get("/operator/limiting/serious-breaches.csv").content.decode()
    other = house("ecomail")
    assert browser(other).get(f"/privacy/limits/{decision.id}/decision.pdf").status_code == 404


@pytest.mark.req("SVC-4", "OPS-2")
def test_suspending_on_the_controllers_page_is_a_decision_like_any_other(database: object) -> None:
    owner, client = house("ecomail"), desk()
    path = f"/operator/controllers/{owner.id}/state/"
    assert client.post(path, {"state": "suspended", "reason": "Found by a check."}).status_code == 302
    with inside(owner):
        assert accounts.state() == "suspended"
        assert entered("limiting.decided")[0].clause == "suspension.immediate"
    assert client.post(path, {"state": "active", "reason": "Cleared."}).status_code == 302
    with inside(owner):
        assert accounts.state() == "active"
        assert selectors.decisions(live=True) == []


@pytest.mark.req("CTL-1")
def test_the_public_notice_tells_the_operators_own_purposes_in_english_and_czech(database: object) -> None:
    client = Client()
    page = client.get("/privacy-notice/").content.decode()
    assert "10 years after the end of the contract" in page and "Art. 6(1)(f) GDPR" in page
    czech = client.get("/privacy-notice/", headers={"Accept-Language": "cs"}).content.decode()
    assert "10 let po skončení smlouvy" in czech


@pytest.mark.req("CTL-1", "DSR-3")
def test_requests_about_own_data_have_the_laws_clock_are_sealed_and_forgotten(database: object) -> None:
    client, at = desk(), now()
    form = {"right": "access", "who": "Jan Partner", "words": "A copy.", "received": f"{at:%Y-%m-%dT%H:%M}"}
    assert client.post("/operator/own-data/", form).status_code == 302
    assert client.post("/operator/own-data/", {**form, "who": ""}).status_code == 200
    one = next(row for row in own.requests(now()) if row.words.get("who") == "Jan Partner")
    assert one.due is not None and timedelta(days=27) < one.due - at < timedelta(days=35)
    with scope(INSTANCE):
        assert b"Partner" not in bytes(OwnCase.objects.get(id=one.id).sealed)
    path = f"/operator/own-data/requests/{one.id}/"
    assert client.post(path, {"outcome": "answered", "words": "Here."}).status_code == 302
    assert client.post(path, {"outcome": "answered", "words": "Here."}).status_code == 409
    services.forget(at=at + timedelta(days=3 * 366 + 40))
    kept = next(row for row in own.requests(now()) if row.id == one.id)
    assert (kept.state, kept.words) == ("forgotten", {})
    with scope(INSTANCE):
        OwnCase.objects.filter(id=one.id).delete()


@pytest.mark.req("RET-1", "CTL-1")
def test_mails_to_the_operators_own_people_go_by_their_age_too(database: object) -> None:
    """They name members of controllers, and stand in no controller's scope."""
    at, alert = now(), new_id()
    mail: dict[str, Any] = {
        "to": "otto@operator.example",
        "subject": "Unusual",
        "text": "Jana Novakova looked.",
        "at": at,
    }
    with scope(INSTANCE):
        told = [send_notice(kind="access_unusual", about=alert, **mail), send_notice(kind="staff.told", **mail)]
        legal = send_notice(kind="end.notice", legal=True, **mail)
        Notice.objects.filter(id__in=[*told, legal]).update(state="sent", sent_at=at)
    services.forget(at=at + timedelta(days=700))
    with scope(INSTANCE):
        assert Notice.objects.filter(id__in=told).count() == 2
    services.forget(at=at + timedelta(days=740))
    with scope(INSTANCE):
        assert list(Notice.objects.filter(id__in=[*told, legal]).values_list("id", flat=True)) == [legal]
        Notice.objects.filter(id=legal).delete()
