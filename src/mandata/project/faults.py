"""What is answered when something fails that no view could know of."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from mandata.infra import outside


def server_error(_request: HttpRequest) -> HttpResponse:
    """Answer 503 while the database is away or the outside log cannot be kept, which passes, and 500 otherwise.

    Needs no session and no database. What is wrong and what to do stands in the log, for who runs the installation.
    """
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError | outside.NotKept)
    status = 503 if away else 500
    answer = HttpResponse(render_to_string(f"{status}.html"), status=status)
    if away:
        answer["Retry-After"] = "5"
    return answer
