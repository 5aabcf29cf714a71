"""What a controller keeps of its record, calendars of obligations, and the operator's own log."""

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from mandata.agreements.services.obligations import open_duty
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import checking, selectors, verifier
from mandata.record.services import sequence, sequence_due
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, registered, staffed

pytestmark = pytest.mark.browser


@pytest.fixture
def house(world: World) -> House:
    made, at = registered(), now()
    with scope(made.id):
        open_duty(duty="breach.notify", since=at, cause="test:breach", about=("case", new_id()), at=at)
    sequence(made.id, at=now())
    return made


def download(visitor: Visitor, button: str, folder: Path) -> Path:
    """Press what gives a file, and keep the file."""
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_text(button, exact=True).first.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


@pytest.mark.req("PRF-1", "PRF-3")
def test_a_head_is_taken_along_the_record_leads_to_it_and_a_pack_holds_offline(
    house: House, visitor: Visitor, tmp_path: Path
) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/record/")
    visitor.look("record")
    note = download(visitor, "Take the head along", tmp_path)
    with scope(house.id):
        (handed,) = selectors.handed_heads()
        assert note.read_text() == handed.note
        assert [(one.how, one.to) for one in handed.handed] == [("page", house.owner.actor.id)]
    sequence(house.id, at=now())  # the receipt is an entry, so there is a newer head
    visitor.open("/privacy/record/")
    visitor.look("record_handed")
    told = json.loads(download(visitor, "Proof of consistency", tmp_path).read_text())
    assert told["holds"] and told["old"]["size"] == handed.size < told["new"]["size"]
    pack = download(visitor, "Download the pack", tmp_path)
    found = verifier.verify(str(pack), [note.read_bytes()], None)
    assert found["holds"], found
    with scope(house.id):
        assert selectors.entries(kind="record.packed", limit=1)


@pytest.mark.req("BRE-1")
def test_a_calendar_address_is_shown_once_read_without_a_cookie_and_revoked(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/privacy/obligations/")
    visitor.press("Make a calendar address")
    visitor.look("calendar_address")
    address = visitor.page.locator(".m-copy code").inner_text()
    with urllib.request.urlopen(address) as answer:
        exact = answer.read().decode()
        assert answer.headers["Content-Type"].startswith("text/calendar")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Set-Cookie"] is None
    assert exact.startswith("BEGIN:VCALENDAR") and "Notice of a breach" in re.sub(r"\r\n ", "", exact)
    visitor.press("I have copied it")
    visitor.look("obligations_calendar")
    visitor.page.get_by_role("button", name="Revoke").click()
    visitor.page.get_by_text("Revoked; the address opens nothing any more.").wait_for()
    for gone in (address, address.replace(".ics", "x.ics")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(gone)
        assert refused.value.code == 404


@pytest.mark.req("PRF-2")
def test_the_operator_sees_the_log_its_stamps_and_what_the_last_verification_found(
    house: House, visitor: Visitor
) -> None:
    otto = staffed(house)
    sequence_due(at=now())
    visitor.log_in(otto.email, PASSWORD)
    visitor.open("/operator/record/")
    visitor.press("Verify everything")
    visitor.page.get_by_text("A worker verifies it").wait_for()
    visitor.press("Stamp now")
    visitor.page.get_by_text("No time-stamping authority is set").first.wait_for()
    holds = checking.verify_and_enter(str(otto.user_id), at=now())  # whatever other tests have left behind
    visitor.open("/operator/record/")
    visitor.look("operator_record")
    visitor.page.get_by_text("holds" if holds else "does not hold", exact=True).first.wait_for()
    with scope(INSTANCE):
        assert (selectors.entries(kind=checking.KIND, limit=1)[0].body["findings"] == 0) is holds
    visitor.open("/operator/")
    visitor.look("operator_overview")
    visitor.open("/operator/obligations/")
    visitor.press("Make a calendar address")
    visitor.look("operator_calendar_address")
    with urllib.request.urlopen(visitor.page.locator(".m-copy code").inner_text()) as answer:
        assert b"/operator/obligations/" in answer.read()
