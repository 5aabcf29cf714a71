"""Each test of rounds begins without results, and leaves none that others would stumble over."""

from collections.abc import Iterator

import psycopg
import pytest

from mandata.infra.postgres import Urls

_TABLES = (
    "measures_result, measures_run, measures_failure, measures_evidence, measures_outage, measures_pulse, "
    "agreements_measure"
)


def _empty(urls: Urls) -> None:
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute(f"truncate {_TABLES}")


@pytest.fixture
def clean(database: Urls) -> Iterator[None]:
    """Tables of measures without a row, before and after."""
    _empty(database)
    yield
    _empty(database)
