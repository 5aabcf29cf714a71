"""How reactions are measured: members see it, writers choose it, the report says which it is."""

import pytest

from mandata.infra import bulk
from mandata.infra.tenancy import scope
from mandata.tracking import selectors
from mandata.tracking.rules import ANY_LINK, Signal
from tests.console.office import Office, office
from tests.console.test_reports import _COUNTER, lived
from tests.world import World


@pytest.fixture
def desk(world: World) -> Office:
    """A shop with an owner and readers on its list."""
    made = office()
    made.shop.people(4)
    return made


@pytest.mark.req("TRK-1")
def test_writers_choose_counts_and_the_report_says_so(desk: Office) -> None:
    campaign = lived(desk)
    marketer, reader = desk.browser("marketer"), desk.browser("reader")
    assert b"Kept by person." in reader.get(f"/campaigns/{campaign}/report/").content
    page = f"/reports/{campaign}/measuring/"
    assert b"Keep counts only" not in reader.get(page).content
    assert reader.post(page, {"individual": "no"}).status_code == 403
    assert marketer.post(page, {"individual": "no"}).status_code == 302
    assert b"Counts only." in reader.get(page).content
    told = reader.get(f"/campaigns/{campaign}/report/").content
    assert b"Counts only: nothing is kept of who opened and clicked." in told
    assert marketer.post("/reports/measuring/", {"individual": "no"}).status_code == 302
    with scope(desk.shop.id):
        assert selectors.measuring().individual is False


@pytest.mark.req("TRK-2")
def test_the_line_for_the_site_is_shown_once_visits_are_wanted(desk: Office) -> None:
    marketer = desk.browser("marketer")
    assert b"visit.js" not in marketer.get("/reports/measuring/").content
    assert marketer.post("/reports/measuring/", {"web": "yes"}).status_code == 302
    assert b"/visit.js&quot; async&gt;" in marketer.get("/reports/measuring/").content
    marketer.post("/reports/measuring/", {"web": "no"})
    assert b"visit.js" not in marketer.get("/reports/measuring/").content


@pytest.mark.req("TRK-1", "TRK-3")
def test_the_report_says_how_each_machine_was_told_apart(desk: Office) -> None:
    campaign = lived(desk)
    columns = {"campaign_id": "uuid", "kind": "text", "actor_class": "text", "signals": "int2", "count": "int8"}
    with scope(desk.shop.id):
        with_hour = bulk.execute("select hour from tracking_counter where campaign_id = %b limit 1", [campaign])
        bulk.insert("tracking_counter", _COUNTER, [
            (campaign, with_hour[0][0], "click", "scanner", ANY_LINK, "Gmail", 7, 0)
        ])  # fmt: skip
        signals = Signal.TRAP | Signal.AT_ONCE
        bulk.insert("tracking_reason", columns, [(campaign, "click", "scanner", int(signals), 7)])
    page = desk.browser("reader").get(f"/campaigns/{campaign}/report/").content.decode()
    machines = page.split('class="card m-machines"')[1]
    assert "it followed the link that no person sees; several links at once" in machines
    assert "fetched by the mail program before anybody looked" in machines
