"""A server of their own for the storms that kill it, and a receiver that counts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.delivery.storm.ground import Ground, ground
from tests.delivery.storm.sink import Sink


@pytest.fixture(scope="module")
def apart(django_db_blocker: DjangoDbBlocker) -> Iterator[Ground]:
    """The server; this process and its children speak to it and to no other while a module runs."""
    with django_db_blocker.unblock(), ground() as opened:
        yield opened


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    """The receiver."""
    started = Sink(tmp_path / "counted")
    yield started
    started.stop()
