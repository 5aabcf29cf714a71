"""What the holder of a message meets, in a real browser: usable by keyboard, at 390 pixels, light and dark."""

import pytest

from mandata.foundation import tokens
from mandata.vault.services import token_keys
from tests.browser.driving import Visitor
from tests.tracking.cast import a_sent_campaign
from tests.world import World

pytestmark = pytest.mark.browser


@pytest.mark.req("DSR-9", "CAM-2")
def test_a_person_unsubscribes_undoes_it_and_chooses(world: World, visitor: Visitor) -> None:
    sent = a_sent_campaign(world)
    keys = token_keys()
    token = tokens.mint(keys, tokens.references(keys, [(sent.number, 1)])[0], tokens.LINK_UNSUBSCRIBE)
    visitor.open(f"/unsubscribe/{token}")
    visitor.look("holder_unsubscribe")
    visitor.page.get_by_role("button", name="Unsubscribe", exact=True).focus()
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_role("status").wait_for()
    visitor.look("holder_unsubscribed")
    visitor.press("That was a mistake, undo it")
    visitor.press("Choose what you get")
    visitor.look("holder_preferences")
    visitor.page.get_by_label("News 1").uncheck()
    visitor.press("Save")
    visitor.look("holder_saved")
    assert not visitor.page.get_by_label("News 1").is_checked()
    assert visitor.page.context.cookies() == []


def test_a_link_that_is_none_is_told_kindly(visitor: Visitor) -> None:
    visitor.open("/unsubscribe/cut-short")
    visitor.look("holder_stranger")
    assert visitor.page.get_by_role("heading", name="This link leads nowhere").is_visible()
