"""The outbox under bad conditions: a server that is away for a day, a kill at the worst moment, two at once."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from mandata.accounts import fate, postman, rules, selectors, services
from mandata.accounts.services.notices import Outcome
from mandata.foundation import returnpaths
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.vault.services import Vault, return_key
from tests.accounts.mail import Postbox, postbox, settings
from tests.accounts.people import Household, household
from tests.accounts.test_notices import _work_off
from tests.ports import free_port
from tests.world import NOON, World
from tests.world.processes import python

DEAD = "smtp://127.0.0.1:1"


@pytest.fixture
def home(world: World) -> Household:
    return household()


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    with postbox(monkeypatch) as opened:
        yield opened


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[fate.Proof]:
    """What the outbox tells of legal notices; the agreements' own part is tested with them."""
    proofs: list[fate.Proof] = []
    monkeypatch.setattr(fate, "_tellers", [proofs.append])
    return proofs


def queued(home: Household, **more: Any) -> UUID:
    with scope(home.controller_id):
        asked = {"to": "mark@bakery.example", "subject": "Hello", "text": "Dear Mark\n", "kind": "test", "at": NOON}
        return services.notices.send_notice(**{**asked, **more})


def attempt(home: Household, notice: UUID, at: datetime, *, last: bool = False) -> services.notices.Tried:
    return services.notices.attempt(controller_id=home.controller_id, notice_id=notice, at=at, last=last)


def kept(home: Household, notice: UUID) -> selectors.Sent:
    with scope(home.controller_id):
        found = selectors.notice(notice)
        assert found is not None
        return found


@pytest.mark.req("AGR-7")
def test_a_legal_notice_outlives_a_server_that_is_away_for_a_day(
    home: Household, box: Postbox, told: list[fate.Proof], monkeypatch: pytest.MonkeyPatch
) -> None:
    notice, at = queued(home, legal=True), NOON
    settings(monkeypatch, MANDATA_NOTICE_SMTP_URL=DEAD)
    pauses = []
    while at < NOON + timedelta(hours=26):
        tried = attempt(home, notice, at)
        assert tried.outcome is Outcome.LATER and tried.next_at is not None
        pauses.append(tried.next_at - at)
        at = tried.next_at
        assert (kept(home, notice).state, kept(home, notice).next_at) == ("queued", at)
    assert pauses == sorted(pauses) and len(pauses) > 8
    assert "ConnectionRefusedError" in kept(home, notice).reply
    settings(monkeypatch, MANDATA_NOTICE_SMTP_URL=f"smtp://127.0.0.1:{box.port}")
    assert attempt(home, notice, at).outcome is Outcome.SENT
    assert [(proof.taken, proof.attempts) for proof in told] == [(True, len(pauses) + 1)]
    assert box.to() == ["mark@bakery.example"]


@pytest.mark.parametrize(("legal", "days"), [(False, 1), (True, 5)])
def test_patience_ends_and_then_it_is_told(
    home: Household, told: list[fate.Proof], monkeypatch: pytest.MonkeyPatch, legal: bool, days: int
) -> None:
    settings(monkeypatch, MANDATA_NOTICE_SMTP_URL=DEAD)
    notice, at = queued(home, legal=legal), NOON
    while (tried := attempt(home, notice, at)).next_at is not None:
        at = tried.next_at
    assert tried.outcome is Outcome.FAILED
    assert timedelta(days=days - 1, hours=20) < at - NOON < timedelta(days=days, hours=1)
    assert [proof.taken for proof in told] == ([False] if legal else [])


def test_while_no_worker_runs_no_patience_is_lost(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(monkeypatch, MANDATA_NOTICE_SMTP_URL=DEAD)
    assert attempt(home, queued(home), NOON + timedelta(days=30)).outcome is Outcome.LATER


def test_pauses_grow_and_every_attempt_has_its_number() -> None:
    for legal, limit in ((False, rules.ATTEMPTS), (True, rules.LEGAL_ATTEMPTS)):
        whens = [rules.next_try(number, legal=legal, at=NOON) for number in range(1, limit)]
        assert None not in whens and whens == sorted(whens)  # type: ignore[type-var]
        assert rules.next_try(limit, legal=legal, at=NOON) is None


def test_the_queue_calls_again_when_the_notice_says_so(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(monkeypatch, MANDATA_NOTICE_SMTP_URL=DEAD)
    notice = queued(home)
    asyncio.run(_work_off())
    with connection.cursor() as cursor:
        cursor.execute(
            "select status::text, scheduled_at from procrastinate_jobs where args->>'notice_id' = %s", [str(notice)]
        )
        status, scheduled = cursor.fetchone()
    assert (status, scheduled) == ("todo", kept(home, notice).next_at)


@pytest.mark.req("AGR-7")
def test_killed_after_the_servers_yes_it_goes_once_more_the_same_to_the_byte(home: Household, box: Postbox) -> None:
    notice = queued(home)
    script = """
        import os, signal, sys, django
        django.setup()
        from uuid import UUID
        from mandata.accounts.services import notices
        from mandata.infra.clock import now
        notices._settle = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
        notices.attempt(controller_id=UUID(sys.argv[1]), notice_id=UUID(sys.argv[2]), at=now())
    """
    victim = python(script, str(home.controller_id), str(notice))
    assert victim.wait(timeout=60) == -signal.SIGKILL
    assert (kept(home, notice).state, kept(home, notice).attempts, len(box.letters)) == ("queued", 1, 1)
    held = attempt(home, notice, now())
    assert held.outcome is Outcome.LATER and held.next_at is not None, "it may live yet, so it keeps its lease"
    assert len(box.letters) == 1
    assert attempt(home, notice, held.next_at).outcome is Outcome.SENT
    assert attempt(home, notice, held.next_at + rules.LEASE).outcome is Outcome.SENT
    one, other = box.letters
    assert one == other
    assert message_from_bytes(one.content)["Message-ID"] == f"<{notice.hex}@localhost>"


@pytest.mark.req("AGR-7")
def test_two_at_once_hand_it_over_once(home: Household, box: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    notice, ready, ends = queued(home), threading.Barrier(4), []
    real = postman.hand_over

    def slow(*arguments: Any, **named: Any) -> postman.Answer:
        time.sleep(0.3)
        return real(*arguments, **named)

    monkeypatch.setattr(postman, "hand_over", slow)

    def one() -> None:
        try:
            ready.wait()
            ends.append(attempt(home, notice, now()).outcome)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(ends) <= {"later", "sent"}
    assert "sent" in ends, "who comes after it finds it settled"
    assert (len(box.letters), kept(home, notice).attempts) == (1, 1)


def test_who_comes_back_after_the_lease_finds_it_settled(home: Household, box: Postbox) -> None:
    """A worker that hung longer than its lease changes nothing any more."""
    notice = queued(home)
    assert attempt(home, notice, now()).outcome is Outcome.SENT
    late = postman.Answer(taken=False, final=True, host="x", reply="550 5.1.1 No")
    with scope(home.controller_id):
        assert services.notices._settle(notice, late, b"", now(), False).outcome is Outcome.SENT
    assert kept(home, notice).reply.startswith("250")


@pytest.mark.req("AGR-7")
def test_a_no_to_ourselves_is_ours_to_mend_and_the_notice_waits(
    home: Household, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_you(*_arguments: Any) -> str:
        return "550 5.7.1 Sender refused"

    monkeypatch.setattr(Postbox, "handle_MAIL", not_you, raising=False)
    notice = queued(home)
    assert attempt(home, notice, NOON).outcome is Outcome.LATER
    monkeypatch.delattr(Postbox, "handle_MAIL")
    settings(monkeypatch, MANDATA_NOTICE_SMTP_URL=f"smtp://me:wrong@127.0.0.1:{box.port}")
    assert attempt(home, notice, NOON + rules.LEASE).outcome is Outcome.LATER


def test_a_permanent_code_with_a_temporary_status_is_temporary(home: Household, box: Postbox) -> None:
    box.says = "550 4.2.2 Mailbox full for now"
    assert attempt(home, queued(home), NOON).outcome is Outcome.LATER


@pytest.mark.req("AGR-7")
def test_each_notice_has_an_envelope_sender_of_its_own(home: Household, box: Postbox) -> None:
    one, other = queued(home), queued(home)
    for notice in (one, other):
        attempt(home, notice, NOON)
    named = [returnpaths.read(return_key(), letter.sender.partition("@")[0]) for letter in box.letters]
    assert named == [(home.controller_id, one), (home.controller_id, other)]
    assert {letter.sender.partition("@")[2] for letter in box.letters} == {env().return_domain}


def test_what_no_header_can_hold_and_what_was_erased_fail_at_once(home: Household, box: Postbox) -> None:
    assert attempt(home, queued(home, to="nobody at all"), NOON).outcome is Outcome.FAILED
    notice = queued(home)
    with scope(home.controller_id):
        Vault.open().destroy([notice])
    assert attempt(home, notice, NOON).outcome is Outcome.FAILED
    assert box.letters == []


def test_a_domain_in_its_own_letters_is_reached(home: Household, box: Postbox) -> None:
    assert attempt(home, queued(home, to="jan@žluťoučký.example"), NOON).outcome is Outcome.SENT
    assert box.to() == ["jan@" + "žluťoučký".encode("idna").decode() + ".example"]


def test_a_server_that_says_nothing_keeps_nobody_else_waiting(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postman, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", free_port())) as silent:
        settings(monkeypatch, MANDATA_NOTICE_SMTP_URL=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        tried = attempt(home, queued(home), NOON)
    assert tried.outcome is Outcome.LATER
    env.cache_clear()


@pytest.mark.req("AGR-7")
def test_what_goes_wrong_with_the_telling_sends_nothing_twice_and_is_told_later(
    home: Household, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[fate.Proof] = []
    monkeypatch.setattr(fate, "_tellers", [lambda _proof: 1 / 0])
    notice = queued(home, legal=True)
    for at in (NOON, NOON + rules.LEASE):
        tried = attempt(home, notice, at)
        assert (tried.outcome, tried.next_at) == (Outcome.SENT, at + rules.LEASE)
    monkeypatch.setattr(fate, "_tellers", [told.append])
    assert attempt(home, notice, NOON + 2 * rules.LEASE) == services.notices.Tried(Outcome.SENT)
    assert attempt(home, notice, NOON + 3 * rules.LEASE) == services.notices.Tried(Outcome.SENT)
    (proof,) = told
    assert (proof.taken, proof.at, proof.attempts, proof.host) == (True, NOON, 1, "127.0.0.1")
    assert proof.server and proof.digest == kept(home, notice).digest
    assert len(box.letters) == 1
