"""Imports on the real database."""

from pathlib import Path

import pytest

from mandata.audience import selectors
from mandata.infra.tenancy import scope
from tests.audience.conftest import Bakery

EXAMPLE = Path(__file__).parents[2] / "examples" / "subscribers.csv"


@pytest.mark.req("AUDI-1")
def test_the_example_file_is_taken_in_and_every_row_is_accounted_for(bakery: Bakery) -> None:
    done = bakery.take_in(EXAMPLE.read_bytes())
    assert done.state == "done", done
    print(done)
    taken = {name: count for name, count in done.counts.items() if not name.startswith("remark.")}
    assert sum(taken.values()) == done.rows == 20_000
    with scope(bakery.id):
        assert selectors.find_list(bakery.list_id).subscribed == done.counts["accepted"]
