"""What the tests of the console share."""

from collections.abc import Iterator

import pytest
from django.utils import timezone, translation


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """Each test leaves the language and the zone as it found them: a request activates those of its person."""
    before = translation.get_language()
    yield
    translation.activate(before) if before else translation.deactivate_all()
    timezone.deactivate()
