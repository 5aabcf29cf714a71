"""What comes back for a notice, over the real door and from a real Postfix; and what hostile people send there."""

import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from mandata.accounts import services as account
from mandata.accounts.services.notices import Outcome
from mandata.agreements.models import Obligation, Served
from mandata.agreements.services import notices
from mandata.delivery.catcher.reports import complaint, delivery_report
from mandata.delivery.returns import Listener
from mandata.delivery.services.returning import is_ours, receive_notice
from mandata.foundation import returnpaths
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id, now
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from mandata.vault.services import return_key
from tests.accounts.mail import Postbox, postbox, settings
from tests.delivery.postfix import Postfix, postfix
from tests.world import World
from tests.world.people import House, registered

OFFICE, SECOND, HOME = "office@bakery.example", "lawyer@bakery.example", "olga@home.example"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
RETURNS = "returns.localhost"


def household(first: str = OFFICE, second: str = SECOND) -> House:
    home = registered()
    with scope(home.id):
        account.controllers.correct(actor=SYSTEM, at=now(), contact=first, privacy_contact=second)
    return home


@pytest.fixture
def house(world: World) -> House:
    return household()


@pytest.fixture
def door() -> Iterator[int]:
    """The real listener."""
    listener = Listener("127.0.0.1", 0)
    listener.start()
    yield listener.port
    listener.stop()


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    with postbox(monkeypatch) as opened:
        yield opened


@pytest.fixture
def mta(door: int, box: Postbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postfix]:
    """A Postfix between us and everybody: the bakery's server is the postbox, what comes back goes to the door."""
    with postfix({"bakery.example": box.port, RETURNS: door}, mailboxes=(HOME,)) as running:
        settings(monkeypatch, MANDATA_NOTICE_SMTP_URL=f"smtp://127.0.0.1:{running.port}")
        yield running
        env.cache_clear()


def serve(house: House, **more: Any) -> Served:
    asked = {"kind": "change", "party": "controller", "subject": "Notice", "text": "Dear customer\n", "at": now()}
    with scope(house.id):
        found: Served = Served.objects.get(id=notices.serve(**{**asked, **more}))
        return found


def deliver(house: House, served: Served) -> Outcome:
    assert served.notice
    return account.notices.deliver(controller_id=house.id, notice_id=served.notice, at=now())


def again(house: House, served: Served) -> Served:
    with scope(house.id):
        found: Served = Served.objects.get(id=served.id)
        return found


def second_of(house: House, served: Served) -> Served | None:
    with scope(house.id):
        return Served.objects.filter(second_of=served.id).first()


def obligations(house: House) -> int:
    with scope(house.id):
        return int(Obligation.objects.filter(duty=notices.UNDELIVERED).count())


def eventually(done: Callable[[], object], running: Postfix) -> None:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        if done():
            return
        time.sleep(0.05)
    raise AssertionError(running.log())


def path_of(house: House, served: Served) -> str:
    assert served.notice
    return f"{returnpaths.mint(return_key(), house.id, served.notice)}@{RETURNS}"


def report(reply: str, *, action: str = "") -> bytes:
    raw = delivery_report(
        host="mx.test", sender=f"v@{RETURNS}", recipient=OFFICE, reply=reply, content=b"Subject: x\r\n\r\n", at=AT
    )
    return raw.replace(b"Action: failed", b"Action: " + action.encode()) if action else raw


# ------------------------------------------------------------------------------------------------- a genuine Postfix


@pytest.mark.req("AGR-7")
def test_a_bounce_of_postfix_brings_the_notice_to_the_second_address_and_an_obligation(
    house: House, box: Postbox, mta: Postfix
) -> None:
    box.refuses[OFFICE] = "550 5.1.1 No such mailbox here"
    served = serve(house)
    assert deliver(house, served) is Outcome.SENT, "the server between took it; the bakery's own says no later"
    eventually(lambda: again(house, served).returned_at, mta)
    assert again(house, served).returned_status == "5.1.1"
    assert again(house, served).deemed_at is None
    second = second_of(house, served)
    assert second is not None
    assert deliver(house, second) is Outcome.SENT
    eventually(lambda: box.letters, mta)
    assert box.to() == [SECOND]
    assert box.letters[0].sender == path_of(house, second)
    assert obligations(house) == 1


@pytest.mark.req("AGR-7")
def test_the_confirmation_of_postfix_counts_and_that_it_was_relayed_does_not(
    world: World, box: Postbox, mta: Postfix
) -> None:
    at_home, at_work = household(HOME), household(OFFICE)
    delivered, relayed = serve(at_home), serve(at_work)
    before = now().replace(microsecond=0)
    for house, served in ((at_work, relayed), (at_home, delivered)):
        assert deliver(house, served) is Outcome.SENT
    eventually(lambda: again(at_home, delivered).confirmed_at, mta)
    kept = again(at_home, delivered)
    assert kept.deemed_by == "confirmation" and kept.deemed_at and before <= kept.deemed_at <= now()
    eventually(lambda: mta.log().count("status=sent") >= 4, mta)  # both mails, both reports
    assert again(at_work, relayed).deemed_by == "acceptance"
    with scope(at_home.id):
        assert Entry.objects.filter(kind="notice.confirmed").count() == 1


@pytest.mark.req("AGR-7")
def test_a_delay_is_not_final_but_the_end_of_the_queues_patience_is(
    house: House, box: Postbox, door: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.refuses[OFFICE] = "451 4.3.0 Not now"
    with postfix({"bakery.example": box.port, RETURNS: door}, lifetime="2s") as running:
        settings(monkeypatch, MANDATA_NOTICE_SMTP_URL=f"smtp://127.0.0.1:{running.port}")
        served = serve(house)
        deliver(house, served)
        eventually(lambda: again(house, served).returned_at, running)
    assert again(house, served).returned_status.startswith("4."), (
        "a report that says failed is final, whatever its status"
    )
    assert second_of(house, served) is not None


# ----------------------------------------------------------------------------------------- what else may be told there


@pytest.mark.req("AGR-7")
@pytest.mark.parametrize(
    "raw",
    [
        report("450 4.1.1 Try later"),
        report("550 5.1.1 Gone", action="delayed"),
        report("550 5.1.1 Gone", action="relayed"),
        report("550 5.1.1 Gone", action="expanded"),
        complaint(host="fbl.test", sender="v@x.test", recipient=OFFICE, content=b"Subject: x\r\n\r\n", at=AT),
        b"From: Olga <olga@bakery.example>\r\nSubject: Re: Notice\r\n\r\nI do not agree. User unknown!\r\n",
        b"From: o@bakery.example\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nOn leave.\r\n",
        b"",
        b"\xff\x00" * 1000,
    ],
    ids=["4xx", "delayed", "relayed", "expanded", "complaint", "reply", "vacation", "nothing", "noise"],
)
def test_what_is_no_final_failure_changes_nothing(house: House, raw: bytes) -> None:
    served = serve(house)
    taken = receive_notice(recipient=path_of(house, served), raw=raw, at=now())
    assert taken is not None and (taken.kind, taken.new) == ("other", False)
    assert again(house, served).returned_at is None and obligations(house) == 0


@pytest.mark.req("AGR-7")
def test_the_same_report_ten_times_and_in_capitals_is_one_return(house: House) -> None:
    served = serve(house)
    path = path_of(house, served)
    for recipient in (path, path.upper(), *([path] * 8)):
        taken = receive_notice(recipient=recipient, raw=report("550 5.1.1 Gone"), at=now())
        assert taken is not None and taken.kind == "returned"
    with scope(house.id):
        assert Served.objects.filter(second_of=served.id).count() == 1
        assert Entry.objects.filter(kind="notice.returned").count() == 1
    assert obligations(house) == 1


@pytest.mark.req("AGR-7")
def test_reports_at_once_repeat_the_notice_once(house: House) -> None:
    served = serve(house)
    path, ready, ends = path_of(house, served), threading.Barrier(6), []

    def one(number: int) -> None:
        try:
            ready.wait()
            taken = receive_notice(recipient=path, raw=report(f"550 5.1.1 Gone {number}"), at=now())
            ends.append(taken is not None and taken.new)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == [False] * 5 + [True]
    with scope(house.id):
        assert Served.objects.filter(second_of=served.id).count() == 1
    assert obligations(house) == 1


@pytest.mark.req("AGR-7")
def test_a_forged_address_or_anothers_notice_is_refused_at_the_door(house: House, world: World, door: int) -> None:
    other, served = household(), serve(house)
    assert served.notice
    genuine = path_of(house, served)
    forged = [
        f"{returnpaths.mint(bytes(32), house.id, served.notice)}@{RETURNS}",  # another installation's key
        f"{path_of(other, served)[:26]}{genuine[26:64]}@{RETURNS}",  # another controller, this notice's tag
        f"{'a' * 64}@{RETURNS}",
        f"{genuine[:63]}@{RETURNS}",
        f"postmaster@{RETURNS}",
    ]
    with smtplib.SMTP("127.0.0.1", door) as client:
        client.ehlo()
        for address in forged:
            assert not is_ours(address.partition("@")[0])
            client.mail("")
            assert client.rcpt(address)[0] == 550
            client.rset()
        client.mail("")
        assert client.rcpt(genuine.upper())[0] == 250


@pytest.mark.req("AGR-7")
def test_a_notice_named_under_another_controller_is_nobodys(house: House, world: World) -> None:
    """Should a genuine path ever name a notice that its controller does not have, nothing happens."""
    other, served = household(), serve(house)
    taken = receive_notice(recipient=path_of(other, served), raw=report("550 5.1.1 Gone"), at=now())
    assert taken is not None and not taken.new
    assert again(house, served).returned_at is None and obligations(other) == obligations(house) == 0


@pytest.mark.req("AGR-7")
def test_a_report_that_carries_megabytes_back_is_read_and_one_that_never_ends_is_refused(
    house: House, door: int
) -> None:
    served = serve(house)
    carried = report("550 5.1.1 Gone").replace(b"Subject: x\r\n\r\n", b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n", 1)
    carried += (b"z" * 76 + b"\r\n") * 40_000
    with smtplib.SMTP("127.0.0.1", door) as client:
        client.sendmail("", [path_of(house, served)], carried)
    assert again(house, served).returned_at is not None
    with smtplib.SMTP("127.0.0.1", door) as client, pytest.raises(smtplib.SMTPException):
        client.sendmail("", [path_of(house, served)], carried * 4)


@pytest.mark.req("AGR-7")
def test_a_bounce_of_the_second_notice_ends_there(house: House, box: Postbox) -> None:
    served = serve(house)
    receive_notice(recipient=path_of(house, served), raw=report("550 5.1.1 Gone"), at=now())
    second = second_of(house, served)
    assert second is not None
    receive_notice(recipient=path_of(house, second), raw=report("550 5.1.1 Gone"), at=now())
    with scope(house.id):
        assert Served.objects.count() == 2
    assert second_of(house, second) is None


@pytest.mark.req("AGR-7")
def test_a_mail_that_is_no_legal_notice_is_marked_and_nothing_more(house: House) -> None:
    with scope(house.id):
        notice = account.notices.send_notice(to=OFFICE, subject="s", text="t", kind="invitation", at=now())
    path = f"{returnpaths.mint(return_key(), house.id, notice)}@{RETURNS}"
    for new in (True, False):
        taken = receive_notice(recipient=path, raw=report("550 5.1.1 Gone"), at=now())
        assert taken is not None and taken.new is new
    with scope(house.id):
        from mandata.accounts import selectors

        found = selectors.notice(notice)
        assert found is not None and found.returned_status == "5.1.1"
    assert obligations(house) == 0


def test_an_address_of_nobody_is_none(house: House) -> None:
    assert receive_notice(recipient=f"x@{RETURNS}", raw=b"", at=now()) is None
    nowhere = f"{returnpaths.mint(return_key(), new_id(), UUID(int=1))}@{RETURNS}"
    taken = receive_notice(recipient=nowhere, raw=report("550 5.1.1 Gone"), at=now() + timedelta(days=1))
    assert taken is not None and not taken.new
