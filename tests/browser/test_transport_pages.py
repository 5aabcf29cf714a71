"""The operator's page of transports, in a browser."""

from collections.abc import Iterator

import pytest

from mandata.accounts import services
from mandata.delivery.models import Source, Transport
from mandata.infra.clock import new_id, now
from tests.browser.driving import Visitor
from tests.world import World
from tests.world.people import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _none_left() -> Iterator[None]:
    yield
    Transport.objects.all().delete()


@pytest.mark.req("DLV-2")
def test_transports_are_set_up_and_seen_by_light_and_by_dark_and_on_a_phone(world: World, visitor: Visitor) -> None:
    email = f"otto-{new_id().hex[-10:]}@operator.example"
    services.users.create(email=email, name="Otto Operator", password=PASSWORD, is_operator=True, verified=True)
    visitor.log_in(email, PASSWORD)
    visitor.open("/operator/transports/")
    visitor.page.get_by_text("No transport is set up").wait_for()
    visitor.look("operator_transports_empty")
    visitor.press("Set up a transport")
    visitor.look("operator_transports_new")
    visitor.page.locator("#id_name").fill("own addresses")
    visitor.page.locator("#id_kind").select_option("direct")
    visitor.page.locator("#id_sources").fill("192.0.2.1 out1.example.com\n192.0.2.2 out2.example.com vip")
    visitor.press("Set it up")
    visitor.page.get_by_text("Set up, and recorded.").wait_for()
    made = Transport.objects.get()
    assert (made.name, made.kind, made.sources.count()) == ("own addresses", "direct", 2)
    Source.objects.filter(address="192.0.2.1").update(checked_at=now(), listed=["block.example"])
    Source.objects.filter(address="192.0.2.2").update(checked_at=now(), fault="ptr")
    Transport.objects.update(terms="2026-01", windows=[{"from": now().isoformat(), "until": now().isoformat()}])
    visitor.open("/operator/transports/")
    visitor.look("operator_transports")
    visitor.press("Accept the terms 2026-01")
    visitor.page.get_by_text("Done, and recorded.").wait_for()
    assert Transport.objects.get().accepted == "2026-01"
