"""Keys of the API: made, shown once, used, revoked."""

import pytest

from mandata.accounts import selectors as accounts
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, registered

pytestmark = pytest.mark.browser


@pytest.fixture
def house(world: World) -> House:
    return registered()


@pytest.mark.req("PPL-6")
def test_an_owner_makes_a_key_sees_it_once_and_revokes_it(house: House, visitor: Visitor) -> None:
    visitor.log_in(house.owner.email, PASSWORD)
    visitor.open("/account/keys/")
    visitor.look("api_keys_none")
    visitor.press("Make the key")
    visitor.look("api_keys_incomplete")
    visitor.page.locator("#id_name").fill("Web shop")
    visitor.page.get_by_label("Hand in requests of data subjects").check()
    visitor.press("Make the key")
    visitor.page.get_by_text("It cannot be shown again.").wait_for()
    visitor.look("api_keys_made")
    key = visitor.page.locator(".m-copy code").inner_text()
    wish = {"kind": "access", "email": "jana@inbox.example", "language": "en"}
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "one"}
    url = f"{visitor.base}/api/v1/cases/"
    assert visitor.page.request.post(url, data=wish, headers=headers).status == 201
    visitor.open("/account/keys/")
    assert key not in visitor.page.content()
    visitor.page.locator("[data-dialog-open]").get_by_text("Revoke").click()
    visitor.page.locator("dialog[open]").get_by_role("button", name="Revoke").click()
    visitor.page.get_by_text("The key is revoked; the next request by it is refused.").wait_for()
    visitor.look("api_keys_revoked")
    assert visitor.page.request.post(url, data=wish, headers=headers).status == 401
    with scope(house.id):
        assert [one.state for one in accounts.api_keys(at=now())] == ["revoked"]
