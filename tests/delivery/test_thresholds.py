"""Complaints above the agreed share, and imports with too many dead addresses: warned, then stopped, once, told, "
"lifted."""

import re
import threading
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from django.db import connection, connections

from mandata.agreements import library
from mandata.agreements.errors import GateRefused
from mandata.agreements.models import Obligation, Served
from mandata.agreements.rules.gates.thresholds import THRESHOLDS, counting, weigh
from mandata.agreements.rules.values import Threshold
from mandata.audience.models import Import
from mandata.delivery import returned, services
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
FORMER = (Path(__file__).parents[1] / "agreements" / "former-ecomail.toml").read_text(encoding="utf-8")
"""It has the shares, and says nothing of how they are counted."""


def silent() -> str:
    """The exact text of an agreement that speaks neither of complaints nor of contacts that do not exist."""
    blocks = re.split(r"(?m)^(?=\[)", library.source("gdpr-art28"))
    return "".join(one for one in blocks if not re.match(r"\[(sending\.complaints|import\.nonexistent)", one))


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


@pytest.mark.req("DLV-3", "AUDI-3")
@pytest.mark.parametrize("name", library.names())
@pytest.mark.parametrize("kind", THRESHOLDS)
def test_every_agreement_of_the_library_has_the_shares_and_how_they_are_counted(name: str, kind: str) -> None:
    terms, measured = library.load(name), THRESHOLDS[kind]
    assert terms.find(measured.check.clause, Threshold) == Threshold(measured.share)
    assert counting(terms, kind) == measured.counted
    assert measured.answer in terms.clauses
    ours = terms.clauses[measured.check.clause].mark.value == "ours"
    assert ours is (name != "ecomail"), "where no seed says it, it is ours"


@pytest.mark.req("DLV-3", "AUDI-3")
@pytest.mark.parametrize(
    ("kind", "part", "whole", "level"),
    [
        ("complaints", 10, 20_000, ""), ("complaints", 9, 100, "warned"), ("complaints", 10, 19_999, "stopped"),
        ("nonexistent", 5, 100, ""), ("nonexistent", 19, 100, "warned"), ("nonexistent", 20, 399, "stopped"),
    ],
)  # fmt: skip
def test_of_what_an_agreement_is_silent_the_houses_rule_holds(kind: str, part: int, whole: int, level: str) -> None:
    found, verdict = weigh(library.checked(silent(), "silent.toml"), kind, part, whole)
    assert found == level
    assert (verdict.clause, verdict.source.endswith("(ours)")) == ("", True)
    assert "breach" not in verdict.said()[1], "nobody agreed that it is one"
    found, verdict = weigh(library.checked(FORMER, "ecomail.toml"), kind, part, whole)
    assert (found, verdict.clause) == (level, THRESHOLDS[kind].check.clause)


@pytest.mark.req("DLV-3")
@pytest.mark.parametrize(
    ("agreed", "clause"), [(FORMER, "sending.complaints"), (silent(), "")], ids=["uncounted", "silent"]
)
def test_an_agreement_that_is_silent_stops_by_the_houses_rule_and_owes_no_answer(
    world: World, agreed: str, clause: str
) -> None:
    bakery = shop(agreed=agreed)
    campaign, tokens = sent(bakery, 12)
    complain(tokens, 0, 1)
    assert alarms(bakery) == [("complaints", "warned", 1, 12)]
    complain(tokens, 1, 10)
    assert alarms(bakery) == [("complaints", "stopped", 10, 12)]
    assert bakery.campaign_state(campaign) == "held"
    assert (told(bakery, "threshold.warned"), told(bakery, "threshold.stopped")) == (1, 1)
    assert owed(bakery, "sending.complaints_answer") == 0
    with scope(bakery.id):
        assert not gate.is_open(campaign, at=now())
        alarm, (shown, *_others) = Alarm.objects.get(), returned.alarms(at=now())
        assert (alarm.clause, shown.clause, shown.source.endswith("(ours)")) == (clause, clause, not clause)
        with pytest.raises(GateRefused) as refused:
            services.launch(campaign_id=bakery.draft(), actor=bakery.actor, at=now())
        assert refused.value.clause.partition(" ")[0] == clause
        thresholds.lift(alarm_id=alarm.id, reason="They asked for it.", actor=bakery.actor, at=now())
        assert gate.is_open(campaign, at=now())


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
