"""One house for all tests; each has a store of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backups.house import House


@pytest.fixture(scope="session")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house")).opened() as house:
        yield house


@pytest.fixture
def house(_house: House, tmp_path: Path) -> Iterator[House]:
    """The house, with an empty store."""
    _house.store = tmp_path / "store"
    _house.store.mkdir()
    _house.settings["MANDATA_BACKUP_STORE"] = str(_house.store)
    shutil.rmtree(_house.var / "backups", ignore_errors=True)
    yield _house
