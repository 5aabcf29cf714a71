"""What the record's tests share: a time-stamping authority for the session."""

from collections.abc import Iterator

import pytest

from tests.record.authority import Authority, serving


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """A real authority on the loopback."""
    with serving(Authority(tmp_path_factory.mktemp("authority"))) as started:
        yield started
