"""Each test has a register of its own: it is the installation's, and all tests share one."""

from collections.abc import Iterator

import pytest

from mandata.infra.postgres import Urls
from mandata.subprocessors.models import Change, Mechanism, SubProcessor


@pytest.fixture(autouse=True)
def _empty_register(database: Urls) -> Iterator[None]:
    yield
    Change.objects.all().delete()
    Mechanism.objects.all().delete()
    SubProcessor.objects.filter(parent__isnull=False).delete()
    SubProcessor.objects.all().delete()
