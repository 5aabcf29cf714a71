"""Making an archive takes as much memory for many people as for few."""

import tracemalloc

import pyrage
import pytest

from mandata.infra import age
from mandata.infra.clock import now
from mandata.retention.services import archive
from tests.delivery.mailing import Shop, shop

FEW, TIMES = 3_000, 3
"""Already more than any page or batch in which rows are read."""
pytestmark = pytest.mark.req("RET-3")


def _peak(made: Shop) -> tuple[int, int]:
    """Peak bytes of Python's memory above what was there before, and the archive's size."""
    recipients = age.recipients(str(pyrage.x25519.Identity.generate().to_public()))
    tracemalloc.start()
    try:
        size = sum(map(len, age.encrypt(archive.pieces(made.id, at=now()), recipients)))
        return tracemalloc.get_traced_memory()[1], size
    finally:
        tracemalloc.stop()


def test_three_times_as_many_people_take_no_more_memory(database: object) -> None:
    made = shop()
    made.people(100, address="first{}@inbox.example".format)
    _peak(made)  # what is loaded and kept once
    made.people(FEW - 100)
    few, small = _peak(made)
    made.people(FEW * (TIMES - 1), address="later{}@inbox.example".format)
    many, large = _peak(made)
    assert large > 2 * small, "it does hold the others, too"
    assert many < 1.5 * few, (few, many)
