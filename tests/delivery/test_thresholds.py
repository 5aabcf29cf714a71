"""Complaints above the agreed share, and imports with too many dead addresses: warned, then stopped, once, told, "
"lifted."""

import threading
from datetime import timedelta
from uuid import UUID

import orjson
import pytest
from django.db import connection, connections

from mandata.agreements import library
from mandata.agreements.errors import GateRefused
from mandata.agreements.models import Obligation, Served
from mandata.agreements.rules.gates.thresholds import weigh
from mandata.audience.models import Import
from mandata.delivery import services
from mandata.delivery.catcher.reports import complaint, delivery_report
from mandata.delivery.errors import NoReason, NoSuchAlarm
from mandata.delivery.models import Alarm
from mandata.delivery.services import gate, thresholds
from mandata.delivery.services.returning import receive_return
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from tests.delivery.mailing import Shop, shop
from tests.delivery.test_returning import ORIGINAL, sent
from tests.world import World

TERMS = library.load("ecomail")


@pytest.fixture
def bakery(world: World) -> Shop:
    return shop()


def complain(tokens: list[str], first: int, last: int) -> None:
    for number in range(first, last):
        who = f"reader{number}@inbox.example"
        raw = complaint(host="fbl.test", sender="v@x.test", recipient=who, content=ORIGINAL, at=now())
        receive_return(recipient=f"{tokens[number]}@x", raw=raw, at=now())


def alarms(bakery: Shop) -> list[tuple[str, str, int, int]]:
    with scope(bakery.id):
        return list(Alarm.objects.filter(lifted_at=None).values_list("kind", "level", "part", "whole"))


def count(bakery: Shop, entry: str) -> int:
    with scope(bakery.id):
        return int(Entry.objects.filter(kind=entry).count())


def owed(bakery: Shop, duty: str, state: str = "open") -> int:
    with scope(bakery.id):
        return int(Obligation.objects.filter(duty=duty, state=state).count())


def told(bakery: Shop, kind: str) -> int:
    with scope(bakery.id):
        return int(Served.objects.filter(kind=kind).count())


@pytest.mark.req("DLV-3")
@pytest.mark.parametrize(
    ("part", "whole", "level"),
    [(0, 0, ""), (1, 2000, ""), (1, 1999, "warned"), (9, 100, "warned"), (10, 20_000, ""), (10, 19_999, "stopped")],
)
def test_a_share_is_weighed_by_the_agreements_terms(part: int, whole: int, level: str) -> None:
    assert weigh(TERMS, "complaints", part, whole)[0] == level


@pytest.mark.req("DLV-3")
def test_complaints_warn_first_and_stop_everything_at_the_minimum(bakery: Shop) -> None:
    campaign, tokens = sent(bakery, 40)
    complain(tokens, 0, 1)
    assert alarms(bakery) == [("complaints", "warned", 1, 40)]
    assert owed(bakery, "sending.complaints_answer") == 1
    assert told(bakery, "threshold.warned") == 1
    complain(tokens, 1, 9)
    assert alarms(bakery) == [("complaints", "warned", 9, 40)]
    assert told(bakery, "threshold.warned") == 1, "once, however many more complain"
    assert bakery.campaign_state(campaign) == "sending"
    with scope(bakery.id):
        assert gate.is_open(campaign, at=now())
    complain(tokens, 9, 12)
    assert alarms(bakery)[0][:3] == ("complaints", "stopped", 10)
    assert bakery.campaign_state(campaign) == "held"
    assert told(bakery, "threshold.stopped") == 1
    assert (count(bakery, "delivery.threshold_warned"), count(bakery, "delivery.threshold_stopped")) == (1, 1)
    assert owed(bakery, "sending.complaints_answer") == 1, "one answer is owed, not two"


@pytest.mark.req("DLV-3")
def test_while_it_stands_nothing_goes_out_and_lifting_needs_reasons(bakery: Shop) -> None:
    campaign, tokens = sent(bakery, 12)
    complain(tokens, 0, 10)
    other = bakery.draft()
    with scope(bakery.id):
        assert not gate.is_open(campaign, at=now())
        with pytest.raises(GateRefused) as refused:
            services.launch(campaign_id=other, actor=bakery.actor, at=now())
        assert refused.value.clause.startswith("sending.complaints")
        assert "10" in refused.value.message
        alarm = Alarm.objects.get()
        with pytest.raises(NoReason):
            thresholds.lift(alarm_id=alarm.id, reason="  ", actor=bakery.actor, at=now())
        thresholds.lift(alarm_id=alarm.id, reason="A bought list; deleted.", actor=bakery.actor, at=now())
        with pytest.raises(NoSuchAlarm):
            thresholds.lift(alarm_id=alarm.id, reason="again", actor=bakery.actor, at=now())
        assert gate.is_open(campaign, at=now())
        assert b"bought" not in bytes(Alarm.objects.get().reason)
    assert count(bakery, "delivery.threshold_lifted") == 1
    assert owed(bakery, "sending.complaints_answer", "met") == 1
    complain(tokens, 10, 11)
    assert alarms(bakery) == [], "campaigns from before are not held against anybody again"


@pytest.mark.req("DLV-3")
def test_workers_that_see_it_at_once_stop_it_once(bakery: Shop) -> None:
    _campaign, tokens = sent(bakery, 24)

    def work(first: int) -> None:
        try:
            complain(tokens, first, first + 6)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 6, 12, 18)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one[:2] for one in alarms(bakery)] == [("complaints", "stopped")]
    assert told(bakery, "threshold.stopped") == 1
    assert (count(bakery, "delivery.threshold_warned"), count(bakery, "delivery.threshold_stopped")) == (1, 1)
    assert owed(bakery, "sending.complaints_answer") == 1


@pytest.mark.req("AUDI-3")
def test_an_import_with_too_many_dead_addresses_is_stopped_likewise(bakery: Shop) -> None:
    campaign, tokens = sent(bakery, 100)
    made = imported(bakery, accepted=300)
    for number in range(20):
        raw = delivery_report(
            host="mx.test", sender="v@x.test", recipient=f"reader{number}@inbox.example",
            reply=f"550 5.1.1 User unknown {number}", content=ORIGINAL, at=now(),
        )  # fmt: skip
        receive_return(recipient=f"{tokens[number]}@x", raw=raw, at=now())
        if number == 15:
            assert alarms(bakery) == [("nonexistent", "warned", 16, 300)], "15 of 300 is 5 %, not more"
    assert alarms(bakery) == [("nonexistent", "stopped", 20, 300)]
    assert bakery.campaign_state(campaign) == "held"
    assert owed(bakery, "import.nonexistent_answer") == 1
    with scope(bakery.id):
        assert Alarm.objects.get().about == made


def imported(bakery: Shop, accepted: int) -> UUID:
    """Everybody of the shop came by one import of yesterday."""
    with scope(bakery.id):
        one = Import.objects.create(
            id=new_id(), number=1, list_id=bakery.list_id, file_name="a.csv", state="done", started_by=new_id(),
            counts={"accepted": accepted}, created_at=now(), finished_at=now() - timedelta(days=1),
        )  # fmt: skip
        with connection.cursor() as cursor:
            evidence = orjson.dumps({"import": str(one.id)}).decode()
            cursor.execute("update audience_subscription set evidence = evidence || %s::jsonb", [evidence])
    return UUID(str(one.id))
