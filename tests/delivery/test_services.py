"""Launching, test sends, domains, and what comes back: the verbs of delivery on the real parts."""

import smtplib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from mandata.agreements.errors import GateRefused
from mandata.audience import services as audience
from mandata.campaigns.errors import AlreadyLaunched
from mandata.delivery import selectors, services
from mandata.delivery.catcher.server import Catcher, Place
from mandata.delivery.engine.worker import Worker
from mandata.delivery.errors import DomainTaken, NoSuchDomain, NotADomain, NothingToDecide, NotSent
from mandata.delivery.models import Domain, Key, Return
from mandata.delivery.nameserver import NameServer, Zone
from mandata.delivery.returns import Listener
from mandata.delivery.services import returning
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.smtp import SmtpTransport
from mandata.foundation.errors import Refused
from mandata.foundation.tokens import LINK_BOUNCE, mint, references
from mandata.infra.clock import new_id, now
from mandata.infra.environment import env
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.vault.services import token_keys
from tests.delivery.mailing import Shop, shop


@pytest.fixture
def bakery(database: Urls) -> Shop:
    return shop()


@pytest.fixture
def listener(database: Urls) -> Iterator[Listener]:
    listener = Listener("127.0.0.1", 0)
    listener.start()
    yield listener
    listener.stop()


@pytest.fixture
def catcher(tmp_path: Path, listener: Listener) -> Iterator[Catcher]:
    catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0, returns=f"127.0.0.1:{listener.port}"))
    catcher.start()
    yield catcher
    catcher.stop()


def sent(bakery: Shop, catcher: Catcher, folder: Path, address: str) -> UUID:
    """Send a campaign to one reader."""
    bakery.people(1, lambda _: address)
    campaign = bakery.launched()
    transport = SmtpTransport(SmtpSettings("127.0.0.1", catcher.smtp_port, connections=1, patience=1.0))
    Worker(
        transport=transport,
        keys=token_keys(),
        domain=env().return_domain,
        folder=folder,
        patience=0.2,
        only=frozenset({bakery.id}),
    ).run()
    return campaign


def wait_for_return(bakery: Shop, campaign: UUID, count: int = 1) -> list[Return]:
    limit = time.monotonic() + 60
    rows: list[Return] = []
    while len(rows) < count and time.monotonic() < limit:
        time.sleep(0.05)
        with scope(bakery.id):
            rows = list(Return.objects.filter(campaign_id=campaign).order_by("received_at"))
    return rows


@pytest.mark.req("DLV-5", "AUDI-4")
def test_a_delivery_report_comes_back_to_its_message_and_suppresses_a_dead_address(
    bakery: Shop, catcher: Catcher, tmp_path: Path
) -> None:
    campaign = sent(bakery, catcher, tmp_path / "j", "later5@inbox.example")
    (row,) = wait_for_return(bakery, campaign)
    assert (row.kind, row.reason, row.hard, row.status) == ("bounce", "userunknown", True, "5.1.1")
    assert "inbox.example" not in row.diagnostic
    with scope(bakery.id):
        assert audience.is_suppressed(email="later5@inbox.example", at=now()) == "hard_bounce"


def test_a_full_mailbox_is_kept_as_a_fact_and_suppresses_nobody(bakery: Shop, catcher: Catcher, tmp_path: Path) -> None:
    campaign = sent(bakery, catcher, tmp_path / "j", "laterfull@inbox.example")
    (row,) = wait_for_return(bakery, campaign)
    assert (row.kind, row.reason, row.hard) == ("bounce", "mailboxfull", False)
    with scope(bakery.id):
        assert audience.is_suppressed(email="laterfull@inbox.example", at=now()) == ""


@pytest.mark.req("DLV-3", "AUDI-4")
def test_a_complaint_suppresses_at_once(bakery: Shop, catcher: Catcher, tmp_path: Path) -> None:
    campaign = sent(bakery, catcher, tmp_path / "j", "complain@inbox.example")
    (row,) = wait_for_return(bakery, campaign)
    assert row.kind == "complaint"
    with scope(bakery.id):
        assert audience.is_suppressed(email="complain@inbox.example", at=now()) == "complaint"


def test_the_same_report_twice_counts_once(bakery: Shop, catcher: Catcher, tmp_path: Path) -> None:
    campaign = sent(bakery, catcher, tmp_path / "j", "reader@inbox.example")
    (message,) = catcher.store.page()
    raw = (
        b"From: MAILER-DAEMON@x.test\r\nSubject: Undelivered\r\n\r\n<reader@inbox.example>: 550 5.1.1 User unknown\r\n"
    )
    first = services.receive_return(recipient=message.sender, raw=raw, at=now())
    again = services.receive_return(recipient=message.sender, raw=raw, at=now())
    assert first is not None and again is not None
    assert (first.new, again.new) == (True, False)
    with scope(bakery.id):
        assert Return.objects.filter(campaign_id=campaign).count() == 1


def test_a_forged_or_foreign_token_is_refused_at_the_door(listener: Listener, bakery: Shop) -> None:
    keys = token_keys()
    mark = references(keys, [(2**40, 1)])[0]
    nowhere = mint(keys, mark, LINK_BOUNCE)
    link = mint(keys, mark, 1)
    with smtplib.SMTP("127.0.0.1", listener.port, timeout=60) as client:
        client.helo("test")
        client.mail("")
        for local in ("nobody", nowhere[:-1] + ("A" if nowhere[-1] != "A" else "B"), link, nowhere[:20]):
            assert client.rcpt(f"{local}@returns.localhost")[0] == 550
        assert client.rcpt(f"{nowhere}@returns.localhost")[0] == 250
    assert services.receive_return(recipient=f"{nowhere}@returns.localhost", raw=b"x", at=now()) is None


@pytest.mark.req("DLV-1", "CAM-2")
def test_a_launch_without_a_verified_domain_is_refused_with_clause_and_remedy(bakery: Shop) -> None:
    bakery.people(3)
    campaign = bakery.draft()
    with scope(bakery.id):
        Domain.objects.update(state="pending")
        with pytest.raises(GateRefused) as refused:
            services.launch(campaign_id=campaign, actor=bakery.actor, at=now())
        assert refused.value.clause and refused.value.remedy
        assert any(not verdict.allowed for verdict in services.checklist(campaign, at=now()))
    assert bakery.campaign_state(campaign) == "draft"


def test_of_two_members_who_launch_at_once_exactly_one_wins(bakery: Shop) -> None:
    bakery.people(20)
    campaign = bakery.draft()
    ends: list[str] = []
    start = threading.Barrier(2)

    def launch() -> None:
        start.wait()
        try:
            with scope(bakery.id):
                services.launch(campaign_id=campaign, actor=bakery.actor, at=now())
            ends.append("launched")
        except Refused as refused:
            ends.append(type(refused).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=launch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ends) == [AlreadyLaunched.__name__, "launched"]


def test_there_is_nothing_to_decide_about_without_unknown_messages(bakery: Shop) -> None:
    bakery.people(2)
    campaign = bakery.launched()
    with scope(bakery.id), pytest.raises(NothingToDecide):
        services.decide_unknown(campaign_id=campaign, resend=True, actor=bakery.actor, at=now())


def test_a_test_goes_to_the_member_and_counts_for_nobody(
    bakery: Shop, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = bakery.draft()
    monkeypatch.setenv("MANDATA_SMTP_URL", f"smtp://127.0.0.1:{catcher.smtp_port}")
    env.cache_clear()
    try:
        with scope(bakery.id):
            asked = {"campaign_id": campaign, "fields": {"first_name": "Zoe"}, "actor": bakery.actor, "at": now()}
            assert services.test_send(to=["member@shop.example"], **asked) == 1  # type: ignore[arg-type]
            with pytest.raises(NotSent, match="does not exist"):
                services.test_send(to=["bounce5@shop.example"], **asked)  # type: ignore[arg-type]
    finally:
        monkeypatch.undo()
        env.cache_clear()
    (message,) = catcher.store.page()
    assert message.recipient == "member@shop.example"
    assert b"Zoe" in catcher.store.content(message.id)
    token = returning.read_token(message.sender.partition("@")[0])
    assert token is not None and token.message_no == 0
    assert bakery.states(campaign) == {}


@pytest.mark.req("DLV-1")
def test_a_domain_is_verified_once_dns_holds_what_is_shown(bakery: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    server = NameServer(Zone())
    server.start()
    monkeypatch.setenv("MANDATA_DNS", f"127.0.0.1:{server.port}")
    env.cache_clear()
    try:
        with scope(bakery.id):
            domain = services.add_domain(name="News.Bakery.example", actor=bakery.actor, at=now())
            services.verify_domain(domain_id=domain, actor=bakery.actor, at=now())
            assert not selectors.is_verified("news.bakery.example")
            shown = next(one for one in selectors.domains() if one.id == domain)
            server.zone.publish(shown.records)
            checks = services.verify_domain(domain_id=domain, actor=bakery.actor, at=now())
            assert {check.result for check in checks if check.expected} == {"ok"}
            assert selectors.is_verified("news.bakery.example")
            server.zone.put(f"{shown.keys[0].selector}._domainkey.news.bakery.example", "TXT")
            services.verify_domain(domain_id=domain, actor=bakery.actor, at=now())
            assert next(one.state for one in selectors.domains() if one.id == domain) == "failing"
    finally:
        monkeypatch.undo()
        env.cache_clear()
        server.stop()


def test_domains_are_checked_taken_once_and_removed_with_their_key(bakery: Shop) -> None:
    with scope(bakery.id):
        with pytest.raises(NotADomain):
            services.add_domain(name="no domain", actor=bakery.actor, at=now())
        domain = services.add_domain(name="second.example", actor=bakery.actor, at=now())
        with pytest.raises(DomainTaken):
            services.add_domain(name="SECOND.example", actor=bakery.actor, at=now())
        sealed = [bytes(row.private_key) for row in Key.objects.filter(domain_id=domain)]
        assert len(sealed) == 2 and not any(b"PRIVATE" in one for one in sealed)
        services.remove_domain(domain_id=domain, actor=bakery.actor, at=now())
        with pytest.raises(NoSuchDomain):
            services.verify_domain(domain_id=new_id(), actor=bakery.actor, at=now())
