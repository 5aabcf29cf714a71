"""A database divided among accounts, as the operator counts it."""

import pytest

from mandata.audience import services as audience
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD, House, registered, staffed

pytestmark = pytest.mark.browser


def peopled(name: str, *emails: str) -> House:
    """A registered controller with people on a list."""
    house = registered(name)
    with scope(house.id):
        made = audience.create_list(name="News", actor=house.owner.actor, at=now())
        for email in emails:
            audience.subscribe(list_id=made, email=email, source="shop", actor=house.owner.actor, at=now())
    return house


@pytest.mark.req("BIL-12")
def test_the_operator_counts_what_two_accounts_of_one_customer_share_and_sees_counts_only(
    world: World, visitor: Visitor
) -> None:
    name = f"Split Bakery {new_id().hex[-8:]}"
    first = peopled(name, "ann@mail.example", "bob@mail.example")
    second = peopled(name, "BOB@mail.example", "cec@mail.example", "dan@mail.example")
    visitor.log_in(staffed().email, PASSWORD)
    visitor.open("/operator/splitting/?look")
    visitor.look("operator_splitting")
    form = visitor.page.locator("form.card", has=visitor.page.locator(f"#c-{first.id}"))
    assert form.locator(f"#c-{second.id}").is_checked()
    form.get_by_role("button", name="Count them").click()
    visitor.page.get_by_text("Counted just now").wait_for()
    visitor.look("operator_splitting_counted")
    figures = visitor.page.locator(".m-figure-value").all_inner_texts()
    assert figures == ["4", "5", "1"]
    assert "mail.example" not in visitor.page.content()
