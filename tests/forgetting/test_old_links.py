"""What still comes of somebody after the erasure redirects and counts, and brings nobody back; through real doors."""

from collections.abc import Callable

import pytest

from tests.forgetting.conftest import Forgotten
from tests.forgetting.installation import eventually
from tests.forgetting.lives import Lives
from tests.forgetting.scanner import scan
from tests.forgetting.web import Browser

pytestmark = pytest.mark.timeout(900)


def _nobody(lives: Lives) -> None:
    addresses = [person.email for person in lives.gone.people.values()]
    here = lives.installation
    assert here.story("known", controller=lives.controller, addresses=addresses) == []
    held = here.story("held", controller=lives.controller, addresses=addresses)
    assert all(not counts for counts in held.values()), held


def _counted(lives: Lives, what: str, act: Callable[[], None]) -> None:
    given = {name: lives.told[name] for name in ("controller", "campaign")}
    before = lives.installation.story("figures", **given)
    act()
    eventually(lambda: lives.installation.story("figures", **given)[what] > before[what], f"one more of {what}")


@pytest.mark.req("RET-4", "AUDI-4", "DSR-13")
def test_a_click_and_an_open_after_the_erasure_redirect_and_count_and_bring_nobody_back(forgotten: Forgotten) -> None:
    lives = forgotten.lives
    letter = lives.letters[lives.gone["complain"].email]

    def click() -> None:
        answer = lives.door().get(letter.links[0])
        assert (answer.status, answer.location) == (302, "https://bakery.example/rye")

    def look() -> None:
        assert lives.door().get(letter.opened).status == 200

    _counted(lives, "clicks", click)
    _counted(lives, "opens", look)
    _nobody(lives)


@pytest.mark.req("RET-4", "AUDI-4")
def test_leaving_and_choosing_after_the_erasure_are_answered_and_bring_nobody_back(forgotten: Forgotten) -> None:
    lives = forgotten.lives
    letter = lives.letters[lives.gone["reader"].email]
    assert lives.door().post(letter.leave, **{"List-Unsubscribe": "One-Click"}).status == 200
    assert lives.go(letter.leave).status == 200
    assert lives.go(letter.choose, "list", lives.told["list"]).status == 200
    gone = Browser(lives.base("track")).get(letter.view)
    assert gone.status == 410
    assert lives.gone.surname not in gone.text
    _nobody(lives)


@pytest.mark.req("RET-4", "DLV-5")
def test_a_bounce_and_a_complaint_after_the_erasure_count_and_bring_nobody_back(forgotten: Forgotten) -> None:
    lives = forgotten.lives
    here = lives.installation
    given = {name: lives.told[name] for name in ("controller", "campaign")}
    before = here.story("returned", **given)
    lives.late("leaver")
    eventually(lambda: here.story("returned", **given) >= before + 2, "the late report and the late complaint")
    _nobody(lives)


def test_after_all_that_nobody_of_them_is_in_any_byte(forgotten: Forgotten) -> None:
    here = forgotten.installation
    here.settle()
    assert [str(hit) for hit in scan(here.folders, forgotten.lives.gone.needles())] == []
