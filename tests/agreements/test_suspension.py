"""The controller's own stop of all processing, with the real engine; and the chain of controllers above it."""

import threading
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from mandata.accounts.models import Member
from mandata.accounts.services import users
from mandata.agreements import selectors
from mandata.agreements.errors import AlreadySuspended, GateRefused, NotAuthorised
from mandata.agreements.rules.facts import ExportFacts, RightsFacts
from mandata.agreements.rules.verdicts import combine
from mandata.agreements.selectors import instructions as reads
from mandata.agreements.selectors import obligations
from mandata.agreements.services import suspension, upstream
from mandata.delivery import services as delivery
from mandata.delivery.engine.worker import Worker
from mandata.delivery.transports.settings import SmtpSettings
from mandata.delivery.transports.smtp import SmtpTransport
from mandata.foundation import canonical
from mandata.foundation.errors import NotFound, Refused
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.vault.services import token_keys
from tests.agreements.deals import deal
from tests.delivery.mailing import Shop, shop
from tests.delivery.scripted import Scripted, Talk
from tests.world import NOON, World
from tests.world.people import joined, registered

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.req("INS-6")
def test_a_suspension_holds_at_once_and_rights_and_returns_still_work(world: World) -> None:
    one = deal()
    with scope(one.id):
        made = suspension.suspend(member_id=one.owner, reason="Jana Novak complained", at=NOON)
        assert reads.halted()
        for act in ("send", "import", "track"):
            assert not selectors.may_process(act, now=NOON).allowed
        assert combine(selectors.check(ExportFacts(), now=NOON)).allowed
        assert combine(selectors.check(RightsFacts("access", confirmed=True), now=NOON)).allowed
        with pytest.raises(AlreadySuspended):
            suspension.suspend(member_id=one.owner, at=NOON)
        suspension.lift(member_id=one.owner, at=NOON + HOUR)
        with pytest.raises(AlreadySuspended):
            suspension.lift(member_id=one.owner, at=NOON + HOUR)
        assert selectors.may_process("send", now=NOON).allowed
        (found,) = reads.suspensions()
    assert (found.id, found.reason, found.lifted_by) == (made, "Jana Novak complained", one.owner)
    stopped, resumed = one.entries("processing.suspended"), one.entries("processing.resumed")
    assert (len(stopped), len(resumed)) == (1, 1)
    assert "Jana" not in canonical.dumps(stopped).decode()


def test_who_may_not_speak_for_the_controller_does_not_stop_it(world: World) -> None:
    house = registered()
    marketer, officer = joined(house, "marketer").actor.id, joined(house, "privacy_officer").actor.id
    assert marketer and officer
    with scope(house.id):
        with pytest.raises(NotAuthorised):
            suspension.suspend(member_id=marketer, at=NOON)
        suspension.suspend(member_id=officer, at=NOON)
        with pytest.raises(NotAuthorised):
            suspension.lift(member_id=marketer, at=NOON)


def test_what_starts_with_a_suspension_opens_and_lapses_when_it_is_lifted(world: World) -> None:
    one = deal("gdpr-art28")
    with scope(one.id):
        made = suspension.suspend(member_id=one.owner, at=NOON)
        found = obligations.about(made, NOON)
        assert found and {owed.state for owed in found} == {"open"}
        suspension.lift(member_id=one.owner, at=NOON + DAY)
        assert {owed.state for owed in obligations.about(made, NOON)} == {"lapsed"}


def owner_of(one: Shop) -> UUID:
    """A member of the shop who may speak for it."""
    user = users.create(
        email=f"{new_id().hex[-12:]}@bakery.example", name="Olga", password="plum-cake-and-caraway", verified=True
    )
    with scope(one.id):
        made: UUID = Member.objects.create(user_id=user, role="owner", joined_at=now()).id
    return made


def patient(talk: Talk) -> None:
    """A server that takes its time with each message."""

    def dot(_recipient: str) -> str:
        time.sleep(0.01)
        return "250 ok"

    talk.greet("PIPELINING")
    talk.serve(dot=dot)


def work(port: int, folder: Path, one: Shop) -> int:
    transport = SmtpTransport(SmtpSettings("127.0.0.1", port, connections=4, patience=1.0))
    only = frozenset({one.id})
    return Worker(
        transport=transport, keys=token_keys(), domain="returns.test", folder=folder, patience=0.3, only=only
    ).run()


@pytest.mark.req("INS-6")
def test_a_campaign_that_is_being_sent_stops_with_its_next_batch(database: object, tmp_path: Path) -> None:
    bakery, many = shop(), 600
    bakery.people(many)
    campaign, owner = bakery.launched(), owner_of(bakery)
    with Scripted(patient) as server:
        sending = threading.Thread(target=work, args=(server.port, tmp_path / "j", bakery))
        sending.start()
        while len(server.received) < 100:
            time.sleep(0.005)
        with scope(bakery.id):
            suspension.suspend(member_id=owner, reason="stop", at=now())
        seen = len(server.received)
        sending.join(60)
        states = bakery.states(campaign)
        assert set(states) == {"sent", "queued"}
        assert states["sent"] == len(server.received)
        assert states["sent"] - seen <= 8 * 50, "what was claimed is sent, and not a batch more"
        with scope(bakery.id):
            suspension.lift(member_id=owner, at=now())
        end = time.monotonic() + 30  # the engine looks again every few seconds
        while bakery.left(campaign) and time.monotonic() < end:
            work(server.port, tmp_path / "j", bakery)
            time.sleep(0.2)
        assert bakery.states(campaign) == {"sent": many}
        assert len({recipient for recipient, _body in server.received}) == len(server.received) == many


def test_a_campaign_is_not_launched_while_suspended_and_the_refusal_names_it(database: object) -> None:
    bakery = shop()
    bakery.people(3)
    campaign, owner = bakery.draft(), owner_of(bakery)
    with scope(bakery.id):
        suspension.suspend(member_id=owner, at=now())
    with pytest.raises(GateRefused) as refused, scope(bakery.id):
        delivery.launch(campaign_id=campaign, actor=bakery.actor, at=now())
    assert refused.value.remedy


@pytest.mark.req("AGR-5")
def test_the_chain_to_upstream_controllers_is_warranted_and_shown(world: World) -> None:
    one = deal("imagicle")
    asked = {"name": "Upstream plc", "contact": "dpo@upstream.example", "authorised_on": NOON.date(), "at": NOON}
    with scope(one.id):
        for changes, code in (
            ({"warranted": False}, "upstream.warranty"),
            ({"warranted": True, "name": " "}, "upstream.name"),
            ({"warranted": True, "authorised_on": NOON.date() + DAY}, "upstream.date"),
        ):
            with pytest.raises(Refused) as refused:
                upstream.add(**{**asked, **changes}, member_id=one.owner)  # type: ignore[arg-type]
            assert refused.value.code == code
        with pytest.raises(NotAuthorised):
            upstream.add(**asked, warranted=True, member_id=new_id())  # type: ignore[arg-type]
        made = upstream.add(**asked, warranted=True, member_id=one.owner)  # type: ignore[arg-type]
        assert [(link.role, link.name) for link in reads.chain()][:2] == [
            ("upstream", "Upstream plc"),
            ("controller", "Demo Bakery Ltd"),
        ]
        assert reads.chain()[-1].role == "processor"
        upstream.end(upstream_id=made, member_id=one.owner, at=NOON + DAY)
        with pytest.raises(NotFound):
            upstream.end(upstream_id=made, member_id=one.owner, at=NOON + DAY)
        assert reads.upstream() == []
        assert [above.ended_at for above in reads.upstream(ended=True)] == [NOON + DAY]
    (entry,) = one.entries("upstream.added")
    assert "Upstream plc" not in canonical.dumps(entry).decode()
