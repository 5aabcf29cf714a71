"""A preview as a real subscriber of the audience, whose identity is sealed."""

import pytest

from mandata.audience import services as audience
from mandata.audience.errors import NoSuchSubscriber
from mandata.campaigns import selectors
from mandata.infra.clock import new_id
from tests.campaigns.conftest import Baker
from tests.world import NOON
from tests.world.people import accept


@pytest.mark.req("CAM-1")
def test_a_message_is_previewed_as_any_subscriber(baker: Baker) -> None:
    accept(baker.actor, at=NOON)
    readers = audience.create_list(name="Readers", actor=baker.actor, at=NOON)
    eva = audience.subscribe(
        list_id=readers,
        email="Eva.Mala@Mail.example",
        values={"first_name": "Eva", "last_name": "Malá"},
        source="counter",
        actor=baker.actor,
        at=NOON,
    )
    shown = selectors.preview_as(baker.writes(list_id=readers), eva, at=NOON)
    assert shown.subject == "Bread for Eva"
    assert dict(shown.headers)["To"] == "Eva Malá <Eva.Mala@mail.example>"
    assert readers.hex in dict(shown.headers)["List-Id"]


def test_nobody_can_be_previewed(baker: Baker) -> None:
    with pytest.raises(NoSuchSubscriber):
        selectors.preview_as(baker.writes(), new_id(), at=NOON)
