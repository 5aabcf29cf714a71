"""Each test has a desk of its own: it is the installation's, and all tests share one."""

from collections.abc import Iterator

import pytest

from mandata.agreements.models import Agenda, Obligation
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from tests.incidents.cast import forgotten


@pytest.fixture(autouse=True)
def _own_desk(database: Urls) -> Iterator[None]:
    yield
    forgotten()
    with scope(INSTANCE):
        mine = list(
            Obligation.objects.filter(duty__in=("breach.handling", "correction.due")).values_list("id", flat=True)
        )
        Agenda.objects.filter(obligation__in=mine).delete()
        Obligation.objects.filter(id__in=mine).delete()
