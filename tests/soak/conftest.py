"""How long the long form is, and where its figures go."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

Tell = Callable[..., None]


@dataclass(frozen=True)
class Scale:
    """Rows, recipients, entries or events; and how many processes are killed."""

    rows: int
    kills: int


@pytest.fixture(scope="session")
def scale() -> Scale:
    """What the environment asks for."""
    return Scale(int(os.environ.get("SOAK_ROWS", "1000000")), int(os.environ.get("SOAK_KILLS", "1000")))


@pytest.fixture
def tell(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Print figures as a JSON line; they are reported and not judged."""

    def print_it(**figures: object) -> None:
        with capsys.disabled():
            print("\n" + json.dumps({"soak": request.node.name, **figures}), flush=True)

    return print_it
