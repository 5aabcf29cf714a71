"""A file on its way in: never under a name, never from strangers, and a full disk is told in words."""

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client, RequestFactory

from mandata.audience import selectors
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.project.uploads import UnnamedFiles
from tests.console.office import office

MARK = b"unmistakable.person@inbox.example"
ROWS = b"email;consent\n" + b"".join(b"%s;yes\n" % MARK for _ in range(60_000))


def _request(who: object) -> HttpRequest:
    request = RequestFactory().post("/audience/imports/new/")
    request.user = who  # type: ignore[assignment]
    return request


def _files() -> Iterator[Path]:
    for folder in (env().var, Path(tempfile.gettempdir())):
        yield from (path for path in folder.glob("*") if path.is_file())


def test_what_is_uploaded_never_has_a_name_that_a_killed_process_could_leave_behind(database: object) -> None:
    assert settings.FILE_UPLOAD_HANDLERS == ["mandata.project.uploads.UnnamedFiles"]
    handler = UnnamedFiles(_request(office().people["owner"]))
    handler.new_file("file", "people.csv", "text/csv", len(ROWS))
    for at in range(0, len(ROWS), 65_536):
        handler.receive_data_chunk(ROWS[at : at + 65_536], at)
    assert not [path for path in _files() if path.stat().st_size >= 65_536 and MARK in path.read_bytes()]
    taken = handler.file_complete(len(ROWS))
    assert (b"".join(taken.chunks()), taken.size, taken.name) == (ROWS, len(ROWS), "people.csv")
    taken.close()


def test_nothing_is_kept_of_a_file_from_somebody_who_is_not_logged_in(database: object) -> None:
    answer = Client().post("/login/", {"login": "nobody", "file": SimpleUploadedFile("people.csv", ROWS)})
    assert answer.status_code == 200
    assert answer.wsgi_request.FILES == {}


def test_a_full_disk_is_told_and_nothing_of_the_file_is_kept(database: object) -> None:
    bakery = office()
    client = bakery.browser("owner")
    with _disk_of(1_000_000):
        form = {"list": str(bakery.shop.list_id), "file": SimpleUploadedFile("people.csv", ROWS)}
        answer = client.post("/audience/imports/new/", form)
    assert answer.status_code == 422
    assert "no room on the installation" in answer.content.decode()
    with scope(bakery.shop.id):
        assert selectors.imports(limit=5) == []


@contextmanager
def _disk_of(size: int) -> Iterator[None]:
    """No file of this process grows beyond `size` bytes, as on a disk that is full there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
