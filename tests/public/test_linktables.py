"""Link tables in memory: fetched once, served while the database is away, looked at again after a while."""

import psycopg
import pytest

from mandata.public import linktables
from mandata.public.linktables import LinksAway, LinkTables, Table


class Source:
    """Tables that can be away."""

    def __init__(self) -> None:
        self.tables = {1: Table({0: "https://bakery.example/rye"})}
        self.away, self.asked = False, 0

    def __call__(self, campaign_no: int) -> Table:
        self.asked += 1
        if self.away:
            raise psycopg.OperationalError("away")
        return self.tables.get(campaign_no, Table())


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.mark.req("TRK-1")
def test_a_table_is_fetched_once_and_serves_while_the_database_is_away(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = LinkTables(source)
    assert tables.table(1, 0).links[0] == tables.table(1, 0).links[0] == "https://bakery.example/rye"
    assert source.asked == 1
    source.away = True
    monkeypatch.setattr(linktables, "FRESH_SECONDS", -1.0)
    for _ in range(50):
        assert tables.table(1, 0).links[0] == "https://bakery.example/rye"
        assert tables.glance(1) is not None
    assert source.asked == 2, "the database is left alone for a moment after it did not answer"
    with pytest.raises(LinksAway):
        tables.table(2)
    assert tables.glance(2) is None


@pytest.mark.req("TRK-1")
def test_what_was_chosen_meanwhile_is_known_after_a_while(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = LinkTables(source)
    assert tables.table(1).individual
    source.tables[1] = Table(individual=False)
    assert tables.table(1).individual
    monkeypatch.setattr(linktables, "FRESH_SECONDS", -1.0)
    found = tables.glance(1)
    assert found is not None and not found.individual


def test_only_so_many_tables_are_kept(source: Source) -> None:
    tables = LinkTables(source, capacity=3)
    for number in (1, 2, 3, 4, 1):
        tables.table(number)
    assert source.asked == 5
    tables.table(4)
    assert source.asked == 5
