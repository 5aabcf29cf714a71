"""The outbox of notices: sealed, sent over real SMTP, retried, its fate kept and its contents not."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller as SmtpServer
from django.db import connection
from procrastinate import PsycopgConnector
from procrastinate.contrib.django.utils import connector_params

from mandata.accounts import postman, selectors, services
from mandata.accounts.services.notices import Attachment, Outcome
from mandata.cli.worker import _with_fresh_connections
from mandata.infra import environment
from mandata.infra.clock import now
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.models import Entry
from tests.accounts.people import Household, household
from tests.ports import free_port
from tests.world import NOON, World


@dataclass
class Postbox:
    """A server that takes mail, or says what it is told to say."""

    says: str = ""
    mails: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        """Keep the mail."""
        if self.says:
            return self.says
        self.mails.append(envelope.content)
        return "250 2.0.0 Ok: queued as 4711 for <mark@bakery.example>"


@pytest.fixture
def postbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    """A real SMTP server on this machine, which the settings name."""
    box = Postbox()
    server = SmtpServer(box, hostname="127.0.0.1", port=free_port())
    server.start()
    monkeypatch.setenv("MANDATA_NOTICE_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
    environment.env.cache_clear()
    yield box
    server.stop()
    environment.env.cache_clear()


@pytest.fixture
def home(world: World) -> Household:
    return household()


def _notice(home: Household, **more: Any) -> Any:
    with scope(home.controller_id):
        return services.notices.send_notice(
            to="mark@bakery.example", to_name="Mark", subject="Hello", text="Dear Mark\n", kind="test", at=NOON, **more
        )


def _deliver(home: Household, notice: Any, *, last: bool = False) -> Outcome:
    return services.notices.deliver(controller_id=home.controller_id, notice_id=notice, at=now(), last=last)


def _fate(home: Household, notice: Any) -> dict[str, Any]:
    with scope(home.controller_id):
        return next(one for one in selectors.notices() if one["id"] == notice)


def test_a_notice_is_handed_over_and_its_reply_and_digest_are_kept(home: Household, postbox: Postbox) -> None:
    notice = _notice(home)
    assert _deliver(home, notice) is Outcome.SENT
    fate = _fate(home, notice)
    assert (fate["state"], fate["attempts"], fate["host"]) == ("sent", 1, "127.0.0.1")
    assert fate["reply"] == "250 2.0.0 Ok: queued as 4711 for <address>", "addresses are cut from what servers say"
    mail = message_from_bytes(postbox.mails[0], policy=policy.default)
    assert mail["To"] == "Mark <mark@bakery.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    with scope(home.controller_id):
        assert Entry.objects.filter(kind="notice.sent").count() == 1


def test_a_notice_that_was_sent_is_never_sent_again(home: Household, postbox: Postbox) -> None:
    notice = _notice(home)
    _deliver(home, notice)
    assert _deliver(home, notice) is Outcome.SENT
    assert len(postbox.mails) == 1


def test_a_temporary_no_is_tried_again_until_the_last_attempt(home: Household, postbox: Postbox) -> None:
    postbox.says = "451 4.7.1 Greylisted"
    notice = _notice(home)
    assert _deliver(home, notice) is Outcome.LATER
    assert _fate(home, notice)["reply"] == "451 4.7.1 Greylisted"
    assert _deliver(home, notice, last=True) is Outcome.FAILED
    assert _fate(home, notice)["attempts"] == 2


def test_a_final_no_is_final(home: Household, postbox: Postbox) -> None:
    postbox.says = "550 5.1.1 No such person"
    assert _deliver(home, _notice(home)) is Outcome.FAILED


def test_a_server_that_is_not_there_is_tried_again(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDATA_NOTICE_SMTP_URL", "smtp://127.0.0.1:1")
    environment.env.cache_clear()
    notice = _notice(home)
    assert _deliver(home, notice) is Outcome.LATER
    assert "ConnectionRefusedError" in _fate(home, notice)["reply"]
    environment.env.cache_clear()


@pytest.mark.req("PPL-2")
def test_neither_address_nor_words_stand_in_the_database_or_the_job(home: Household) -> None:
    notice = _notice(home)
    with scope(home.controller_id), connection.cursor() as cursor:
        cursor.execute("select row_to_json(n)::text from accounts_notice n where id = %s", [notice])
        row = cursor.fetchone()[0]
        cursor.execute("select args::text from procrastinate_jobs where args->>'notice_id' = %s", [str(notice)])
        job = cursor.fetchone()[0]
    assert "mark" not in (row + job).lower()
    assert "dear" not in (row + job).lower()


@pytest.mark.req("DLV-3")
def test_a_notice_goes_before_what_waits_longer(home: Household) -> None:
    """Somebody waits for a code, an answer, a confirmation: the worker's own query gives it out first."""
    with pytest.raises(InterruptedError), scope(home.controller_id), connection.cursor() as cursor:
        other = app.configure_task("delivery.refusals", queue="notices", allow_unknown=True).defer()
        notice = _notice(home)
        cursor.execute("select id from procrastinate_jobs where args->>'notice_id' = %s", [str(notice)])
        (job,) = cursor.fetchone()
        taken = []
        while job not in taken:
            cursor.execute("select id from procrastinate_fetch_job_v2(array['notices'], null)")
            taken.append(cursor.fetchone()[0])
        assert other < job and other not in taken
        raise InterruptedError("and nothing of it was done")


def test_a_notice_that_was_rolled_back_leaves_no_job(home: Household) -> None:
    with pytest.raises(ZeroDivisionError), scope(home.controller_id):
        services.notices.send_notice(to="a@b.example", subject="x", text="x", kind="test", at=NOON)
        raise ZeroDivisionError
    with scope(home.controller_id):
        assert "test" not in [one["kind"] for one in selectors.notices()]


def test_outside_a_controller_the_installations_own_outbox_takes_it(world: World, postbox: Postbox) -> None:
    with scope(INSTANCE):
        notice = services.notices.send_notice(to="a@b.example", subject="x", text="x", kind="test", at=NOON)
    assert services.notices.deliver(controller_id=INSTANCE, notice_id=notice, at=now(), last=False) is Outcome.SENT


def test_the_same_notice_is_the_same_bytes_with_attachments_too(home: Household) -> None:
    notice = _notice(home, html="<p>Dear Mark</p>", attachments=[Attachment("answer.json", "application/json", b"{}")])
    with scope(home.controller_id):
        said = services.notices.contents(notice)
    one = postman.compose(said, notice_id=notice, at=NOON, sender="mandata@processor.example")
    assert one == postman.compose(said, notice_id=notice, at=NOON, sender="mandata@processor.example")
    parts = [part.get_content_type() for part in message_from_bytes(one, policy=policy.default).walk()]
    assert parts == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/json"]


@pytest.mark.parametrize("field", ["subject", "to_name", "sender_name"])
def test_a_line_end_in_a_name_or_subject_makes_no_header(home: Household, field: str) -> None:
    said = {"to": "a@b.example", "subject": "s", "text": "t", field: "Eve\r\nBcc: everybody@b.example"}
    data = postman.compose(said, notice_id=home.controller_id, at=NOON, sender="mandata@processor.example")
    assert message_from_bytes(data, policy=policy.default)["Bcc"] is None


def test_the_worker_hands_a_queued_notice_over(home: Household, postbox: Postbox) -> None:
    notice = _notice(home)
    asyncio.run(_work_off())
    assert _fate(home, notice)["state"] == "sent"


async def _work_off() -> None:
    with app.replace_connector(PsycopgConnector(kwargs=connector_params())) as jobs:
        async with jobs.open_async():
            await jobs.run_worker_async(
                queues=["notices"], wait=False, install_signal_handlers=False, task_middleware=[_with_fresh_connections]
            )
