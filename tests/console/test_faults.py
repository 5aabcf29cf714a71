"""A database that is away is told as what it is, and passes."""

import pytest
from django.db import OperationalError
from django.test import RequestFactory

from mandata.infra.outside import NotKept
from mandata.project.faults import server_error


@pytest.mark.parametrize(
    ("fault", "status"), [(OperationalError("gone"), 503), (NotKept("gone"), 503), (KeyError("bug"), 500)]
)
def test_a_database_that_is_away_is_a_moment_and_a_bug_is_a_bug(fault: Exception, status: int) -> None:
    try:
        raise fault
    except Exception:  # what Django's handler does around it
        answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == status
    assert ("Retry-After" in answer) is (status == 503)
    assert "gone" not in answer.content.decode()
