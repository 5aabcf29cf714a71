"""Decisions that limit, suspend or end the service: when they may bind, what is told, and that the gate asks them."""

from datetime import timedelta
from uuid import uuid4

import pytest

from mandata.accounts import selectors as accounts
from mandata.agreements import library
from mandata.agreements import selectors as agreements
from mandata.agreements.errors import NotAuthorised
from mandata.agreements.selectors import obligations as obliged
from mandata.delivery.models import Alarm
from mandata.foundation.actors import Actor
from mandata.infra.clock import now
from mandata.infra.tenancy import current_controller, scope
from mandata.retention.errors import Incomplete, NoSuchRow, NotSo, TooEarly
from mandata.retention.models import Ground, Limiting
from mandata.retention.rules import limiting as rules
from mandata.retention.selectors import ends
from mandata.retention.selectors import limiting as selectors
from mandata.retention.services import grounds, limiting
from tests.retention.ages import entered, house, inside, join

DAY = timedelta(days=1)
STAFF = Actor("operator", uuid4())
ECO, ACO = library.load("ecomail"), library.load("acomware")


def allowed(act: str) -> bool:
    return agreements.may_process(act, now=now()).allowed


@pytest.mark.req("OPS-2")
def test_from_when_a_decision_binds_is_the_clauses_word() -> None:
    at = now()
    usual = rules.timing(ECO, "suspend", "breach", at)
    assert (usual.clause, usual.usually, usual.at_once) == ("suspension.notice", True, False)
    assert 15 * DAY <= usual.earliest - at <= 16 * DAY
    for ground in ("legal_duty", "urgency", "repeated_breach"):
        assert rules.timing(ECO, "limit", ground, at).clause == "suspension.exceptions"
    for ground in ("content", "account_check", "serious_breach"):
        found = rules.timing(ECO, "suspend", ground, at)
        assert (found.clause, found.earliest, found.source) == ("suspension.immediate", at, "ECO 6.4, 7.3, 13.5")
    closed = rules.timing(ECO, "close", "serious_breach", at)
    assert closed.clause == "closure.notice" and 30 * DAY <= closed.earliest - at <= 31 * DAY
    assert rules.timing(ACO, "suspend", "breach", at).source == rules.LAW


@pytest.mark.req("OPS-2")
def test_a_partial_limit_stops_its_acts_at_the_gate_from_its_time_on_and_no_other(database: object) -> None:
    owner, other, at = house("ecomail"), house("ecomail"), now()
    with inside(owner):
        made = limiting.decide(kind="limit", ground_code="content", words="Spam.", acts=["import"], actor=STAFF, at=at)
        assert (allowed("import"), allowed("send")) == (False, True)
        refused = agreements.may_process("import", now=now())
        assert (refused.code, refused.clause) == ("agreement.not_limited", "suspension.immediate")
        limiting.lift(decision_id=made, words="Mended.", actor=STAFF, at=now())
        assert allowed("import")
        limiting.decide(
            kind="limit", ground_code="breach", words="Later.", acts=["send"], actor=STAFF, at=at,
            effective=at + 20 * DAY,
        )  # fmt: skip
        assert allowed("send")
        assert not agreements.may_process("send", now=at + 21 * DAY).allowed, "without any job the gate knows"
    with inside(other):
        assert allowed("import") and allowed("send")
        with pytest.raises(NoSuchRow):
            limiting.lift(decision_id=made, words="x", actor=STAFF, at=now())


@pytest.mark.req("OPS-2")
def test_notice_ahead_is_kept_or_reasoned_and_what_is_owed_is_met_by_the_notice(database: object) -> None:
    owner, at = house("ecomail"), now()
    with inside(owner):
        with pytest.raises(TooEarly):
            limiting.decide(kind="suspend", ground_code="breach", words="Late.", actor=STAFF, at=at, effective=at + DAY)
        with pytest.raises(Incomplete):
            limiting.decide(kind="suspend", ground_code="breach", words=" ", actor=STAFF, at=at)
        with pytest.raises(Incomplete):
            limiting.decide(kind="limit", ground_code="breach", words="x", actor=STAFF, at=at, acts=["rights"])
        made = limiting.decide(kind="suspend", ground_code="breach", words="Unpaid since May.", actor=STAFF, at=at)
        with pytest.raises(NotSo):
            limiting.decide(kind="suspend", ground_code="breach", words="Twice.", actor=STAFF, at=at)
        owed = obliged.about(made, at)[0]
        assert (owed.duty, owed.state, owed.late) == ("suspension.notice", "met", False)
        found = selectors.decision(made)
        assert found is not None and found.words["reasons"] == "Unpaid since May."
        assert accounts.state() == "active" and allowed("send")
        told = entered("limiting.decided")[0]
        assert told.clause == "suspension.notice" and "Unpaid" not in str(told.body)
        assert limiting.take_effect(at=found.effective_at) == 1
        assert limiting.take_effect(at=found.effective_at) == 0
        assert accounts.state() == "suspended" and not allowed("send")
        limiting.lift(decision_id=made, words="Paid.", actor=STAFF, at=now())
        assert accounts.state() == "active" and allowed("send")


@pytest.mark.req("OPS-2")
def test_shorter_notice_than_usual_needs_its_reason_and_is_shown_late(database: object) -> None:
    owner, at = house("ecomail"), now()
    with inside(owner):
        made = limiting.decide(
            kind="limit", ground_code="breach", words="Flood.", acts=["send"], actor=STAFF, at=at,
            effective=at + DAY, shorter="The flood grows hourly.",
        )  # fmt: skip
        assert obliged.about(made, at)[0].late
        assert entered("limiting.decided")[0].body["shorter"] is True


@pytest.mark.req("OPS-2")
def test_the_decision_goes_out_as_a_legal_notice_with_the_decision_as_a_file(database: object) -> None:
    owner, at = house("ecomail"), now()
    with inside(owner):
        made = limiting.decide(kind="limit", ground_code="serious_breach", words="Spam.", cap=500, actor=STAFF, at=at)
        served = entered("notice.served")[-1]
        assert served.body["about"] == {"kind": "limiting", "id": str(made)}
        assert served.clause == "suspension.immediate"
        assert limiting.document(made, source="ECO 13.5", at=at).startswith(b"%PDF")


@pytest.mark.req("OPS-2")
def test_a_definitive_end_is_told_with_reasons_thirty_days_ahead_and_data_stays_in_reach(database: object) -> None:
    owner, at = house("ecomail"), now()
    with inside(owner):
        with pytest.raises(TooEarly):
            limiting.decide(
                kind="close", ground_code="serious_breach", words="Spam.", actor=STAFF, at=at, effective=at + DAY
            )
        made = limiting.decide(kind="close", ground_code="serious_breach", words="Spam.", actor=STAFF, at=at)
        found, end = selectors.decision(made), ends.current()
        assert found is not None and end is not None
        assert (found.state, end.by, end.reason) == ("handed", "processor", "serious_breach")
        assert end.effective_at - at >= 30 * DAY
        assert allowed("send")


@pytest.mark.req("OPS-2")
def test_an_objection_is_filed_once_owed_an_answer_and_answered(database: object) -> None:
    owner, other, at = house("ecomail"), house("ecomail"), now()
    member, reader = owner.owner.actor.id, join(owner)
    assert member is not None
    with inside(owner):
        made = limiting.decide(kind="limit", ground_code="content", words="Spam.", acts=["send"], actor=STAFF, at=at)
        with pytest.raises(NotSo):
            limiting.answer(decision_id=made, outcome="upheld", words="x", actor=STAFF, at=at)
        with pytest.raises(NotAuthorised):
            limiting.object_to(decision_id=made, words="No.", member_id=reader, at=at)
        limiting.object_to(decision_id=made, words="It was no spam.", member_id=member, at=at)
        with pytest.raises(NotSo):
            limiting.object_to(decision_id=made, words="Again.", member_id=member, at=at)
        assert [one.duty for one in obliged.about(made, at) if one.state == "open"] == ["suspension.objection"]
        limiting.answer(decision_id=made, outcome="dismissed", words="It was.", actor=STAFF, at=at)
        assert not [one for one in obliged.about(made, at) if one.state == "open"]
        assert not allowed("send")
        second = limiting.decide(
            kind="limit", ground_code="content", words="More.", acts=["import"], actor=STAFF, at=at
        )
        limiting.object_to(decision_id=second, words="Wrong.", member_id=member, at=at)
        limiting.answer(decision_id=second, outcome="upheld", words="Right.", actor=STAFF, at=at)
        assert allowed("import")
        assert "no spam" not in str([one.body for one in entered("limiting.")])
    with inside(other), pytest.raises(NoSuchRow):
        limiting.answer(decision_id=made, outcome="upheld", words="x", actor=STAFF, at=at)


@pytest.mark.req("OPS-6")
def test_the_register_keeps_each_ground_with_its_evidence_sealed_and_what_followed(database: object) -> None:
    owner, at = house("ecomail"), now()
    with inside(owner):
        one = grounds.enter(
            code="credentials", words="Tried logins of Ms Nováková.", found_at=at - DAY, actor=STAFF, at=at,
            file_name="../../log.txt", file=b"line of a log",
        )  # fmt: skip
        row = Ground.objects.get(id=one)
        assert b"log" not in bytes(row.file) and "Nováková".encode() not in bytes(row.sealed)
        assert selectors.evidence(one) == ("log.txt", b"line of a log")
        made = limiting.decide(
            kind="suspend", ground_code="serious_breach", words="See there.", actor=STAFF, at=at, grounds=[one]
        )
        found = selectors.occurrence(one)
        assert found is not None and (found.consequence, found.decision) == ("suspended", made)
        assert accounts.state() == "suspended"
        assert b"Nov" not in selectors.as_csv(selectors.occurrences())
        for wrong in ({"code": "weather"}, {"words": ""}, {"found_at": at + DAY}, {"file": b"x" * 5_000_001}):
            said = {"code": "software", "words": "x", "found_at": at, "actor": STAFF, "at": at} | wrong
            with pytest.raises(Incomplete):
                grounds.enter(**said)  # type: ignore[arg-type]


@pytest.mark.req("OPS-6", "DLV-3")
def test_an_alarm_of_an_agreed_share_enters_the_register_by_itself_once(database: object) -> None:
    owner, at = house("ecomail"), now()
    with inside(owner):
        alarm = Alarm.objects.create(
            kind="complaints", about=current_controller(), level="stopped", part=12, whole=900,
            clause="sending.complaints", since=at, changed_at=at,
        )  # fmt: skip
        assert (grounds.from_alarms(at=at), grounds.from_alarms(at=at)) == (1, 0)
        found = selectors.occurrences()[0]
        assert (found.code, found.origin, found.figures) == ("complaints", "alarm", {"part": 12, "whole": 900})
        limiting.follow(ground_id=found.id, consequence="told", actor=STAFF, at=at)
        assert selectors.occurrences()[0].consequence == "told"
        alarm.delete()


def test_every_ground_of_the_clauses_can_be_chosen_and_every_decision_has_its_consequence() -> None:
    listed = {*ECO.items("suspension.exceptions"), *ECO.items("suspension.immediate")}
    assert listed <= set(rules.GROUNDS)
    assert set(rules.FOLLOWS.values()) <= set(rules.CONSEQUENCES)
    assert len(rules.serious(ECO)) == 11


def test_two_who_decide_at_once_suspend_once(database: object) -> None:
    owner, at = house("ecomail"), now()
    for _twice in range(2):
        with scope(owner.id):
            try:
                limiting.decide(kind="suspend", ground_code="content", words="x", actor=STAFF, at=at)
            except NotSo:
                continue
    with inside(owner):
        assert Limiting.objects.filter(kind="suspend").count() == 1
