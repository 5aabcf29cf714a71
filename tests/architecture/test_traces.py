"""A person's data leaves no trace where none belongs: not in jobs, the record, the cache, nor in anybody's log."""

import logging
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import structlog
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mandata.audience import selectors, services
from mandata.audience.rules.options import Options
from mandata.delivery.catcher.server import Catcher, Place
from mandata.infra import logs
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from tests.console.office import Office, office
from tests.delivery.mailing import engine
from tests.holdings.cast import rows_with

NAME = "Xaverius Zwonimir"
ADDRESS = "xaverius.zwonimir.7041@inbox.example"
OTHER = "zwonimira.7042@inbox.example"
TRACES = ("Xaverius", "Zwonimir", "zwonimir.7041", "zwonimira.7042")


@pytest.fixture
def told_all() -> Iterator[None]:
    """Everything that anybody would log, on standard error."""
    before = logging.root.handlers[:], logging.root.level
    logs.configure("debug")
    yield
    logging.root.handlers[:], logging.root.level = before
    structlog.reset_defaults()


@pytest.mark.req("SEC-7")
def test_a_day_with_a_person_leaves_them_in_no_job_no_record_no_cache_and_no_log(
    database: Urls, told_all: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made = office()
    client = made.browser("owner")
    person = _added(made, client)
    _imported(made, client)
    for path, data in (
        ("/audience/find/", {"person": ADDRESS, "q": ADDRESS, "text": NAME}),
        (f"/audience/people/{person}/identity/", {}),
        ("/sending/suppression/look-up/", {"email": ADDRESS}),
        ("/sending/suppression/look-up/", {"email": f"{ADDRESS}\0"}),
        (f"/audience/people/{person}/correct/", {"first_name": NAME, "birthday": NAME, "email": NAME}),
        (f"/audience/people/{person}/request/", {"kind": "access", "channel": "phone"}),
    ):
        assert client.post(path, data).status_code < 500, path
    rights = f"/rights/{made.shop.id}/"
    Client().post(rights, {"kind": "access", "email": OTHER, "name": NAME, "words": f"I am {NAME}"})
    _sent(made, tmp_path)
    said = "".join(capfd.readouterr())
    assert "campaign" in said, "what went on was logged"
    assert [trace for trace in TRACES if trace.lower() in said.lower()] == []
    assert rows_with(database.superuser, *TRACES) == []


def _added(made: Office, client: Client) -> UUID:
    form = {"email": ADDRESS, "first_name": "Xaverius", "last_name": "Zwonimir", "list": str(made.shop.list_id)}
    answer = client.post("/audience/add/", form | {"basis": "consent", "source": "counter", "words": "yes"})
    assert answer.status_code == 302, answer.content.decode()
    with scope(made.shop.id):
        found = selectors.find_by_email(ADDRESS)
    assert found is not None
    return found


def _imported(made: Office, client: Client) -> None:
    rows = f"email;first name;consent\n{ADDRESS};{NAME};yes\n{OTHER};{NAME};yes\n{OTHER};{NAME};yes\n{NAME};x;yes\n"
    file = SimpleUploadedFile("people.csv", rows.encode())
    assert client.post("/audience/imports/new/", {"list": str(made.shop.list_id), "file": file}).status_code == 302
    with scope(made.shop.id):
        one = selectors.imports(limit=1)[0]
        assert one.options is not None
        more = {"source": "e-shop", "warranted": True, "consent_at": now().isoformat()}
        chosen = Options.from_json({**one.options.as_json(), **more})
        services.choose(import_id=one.id, options=chosen, actor=made.shop.actor, at=now())
        services.start_import(import_id=one.id, dry_run=False, actor=made.shop.actor, at=now())
    while services.run_slice(controller_id=made.shop.id, import_id=one.id):
        pass
    with scope(made.shop.id):
        done = selectors.find_import(one.id)
    assert (done.state, done.rows, done.rejected) == ("done", 4, 2)


def _sent(made: Office, folder: Path) -> None:
    catcher = Catcher(Place(folder / "caught", smtp_port=0, http_port=0))
    catcher.start()
    try:
        campaign = made.shop.launched()
        process = engine(catcher.smtp_port, folder, made.shop, MANDATA_LOG_LEVEL="debug")
        assert process.wait(60) == 0
        assert made.shop.states(campaign) == {"sent": 2}
    finally:
        catcher.stop()
