"""Obligations on the real database: opened, met, waived, lapsed, extended, stayed, counted again."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import translation

from mandata.agreements import library, services
from mandata.agreements.errors import (
    MayNotExtend,
    MayNotStay,
    NoSuchDuty,
    NoSuchObligation,
    NotYours,
    ObligationClosed,
)
from mandata.agreements.models import Agenda
from mandata.agreements.rules import duties
from mandata.agreements.rules import obligations as rules
from mandata.agreements.selectors import obligations as selectors
from mandata.agreements.services import clocks, obligations
from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from tests.agreements.deals import OPERATOR, Deal, deal
from tests.world import NOON, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def opened(one: Deal, duty: str = "breach.notify", *, since: datetime = NOON, **given: object) -> UUID:
    asked = {"duty": duty, "since": since, "cause": f"breach:{new_id()}", "at": since, **given}
    with scope(one.id):
        return obligations.open_duty(**asked)  # type: ignore[arg-type]


def seen(one: Deal, obligation: UUID, at: datetime = NOON) -> selectors.Explained:
    with scope(one.id):
        return selectors.obligation(obligation, at)


@pytest.mark.req("BRE-1", "AGR-2")
def test_an_event_opens_a_duty_with_both_readings_and_its_explanation(world: World) -> None:
    one, breach = deal("imagicle"), new_id()
    since = datetime(2026, 3, 27, 21, 30, tzinfo=UTC)
    found = seen(one, opened(one, since=since, about=("breach", breach), cause="breach:1"))
    owed = found.obliged
    assert (owed.duty, owed.source, owed.owed_by, owed.owed_to) == (
        "breach.notify",
        "IMA 3(f)",
        "processor",
        "controller",
    )
    assert owed.strict == since + 48 * HOUR
    assert owed.statutory == datetime(2026, 3, 29, 22, 0, tzinfo=UTC)
    assert (owed.period, owed.zone, owed.state, owed.late, owed.number) == ("48 hours", "Europe/Rome", "open", False, 1)
    assert "48 hours" in found.explanation
    (entry,) = one.entries("obligation.opened")
    assert entry["body"]["strict"] == canonical.instant(owed.strict)
    assert entry["body"]["about"] == {"id": str(breach), "kind": "breach"}


def test_the_explanation_is_told_in_czech(world: World) -> None:
    one = deal("ecomail")
    obligation = opened(one, "defect.answer")
    with translation.override("cs"):
        found = seen(one, obligation)
    assert "nařízení" in found.explanation.lower()
    assert "Counted" not in found.explanation


def test_the_same_cause_opens_a_duty_once_also_twice_at_once(world: World) -> None:
    one, found = deal(), []
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        found.append(opened(one, cause="breach:one"))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert len(one.entries("obligation.opened")) == 1
    assert Agenda.objects.filter(controller_id=one.id).count() == 1
    other = opened(one, cause="breach:two")
    assert seen(one, other).obliged.number == 2


@pytest.mark.req("RET-2")
def test_the_end_of_a_contract_opens_its_timetable(world: World) -> None:
    one, last = deal("imagicle"), NOON + 30 * DAY
    with scope(one.id):
        ended = services.end(actor=one.actor, at=NOON, by="notice", effective=last)
        found = {owed.duty: owed for owed in selectors.about(ended.id, NOON)}
    assert set(found) == {"end.access", "end.grace", "end.request", "end.support"}
    assert {owed.since for owed in found.values()} == {last}
    assert (found["end.request"].kind, found["end.request"].owed_by) == ("window", "controller")
    assert found["end.access"].kind == "after"


def test_an_event_opens_every_duty_that_starts_with_it_and_the_laws_beside_them(world: World) -> None:
    one, icewarp = deal("acomware"), deal("icewarp")
    with scope(one.id):
        found = obligations.open_for(
            event="person_request_received", since=NOON, cause="case:1", at=NOON, about=("case", new_id())
        )
        # the operator's own answer (ACO-Att) is not owed for a customer's people: the law speaks
        assert set(found) == {"rights.forward", "rights.answer"}
        assert selectors.obligation(found["rights.answer"], NOON).obliged.source == "Article 12(3) GDPR"
        assert obligations.open_for(event="no_such_event", since=NOON, cause="x", at=NOON) == {}
        only = obligations.open_for(
            event="request_received",
            since=NOON,
            cause="audit:1",
            at=NOON,
            only=("audit.agreement",),
            owed_by="controller",
        )
        assert set(only) == {"audit.agreement"}
        assert selectors.obligation(only["audit.agreement"], NOON).obliged.owed_by == "controller"
    assert seen(icewarp, opened(icewarp, since=NOON)).obliged.source.startswith("ICE IX")


@pytest.mark.parametrize("name", library.names())
def test_every_duty_of_every_agreement_opens_and_explains_itself_in_both_languages(world: World, name: str) -> None:
    one, terms = deal(name), library.load(name)
    kinds = ("within", "window", "ahead", "before", "after", "recurring")
    wanted = [found.key for found in duties.duties(terms) if found.kind in kinds and found.who != "operator"]
    with scope(one.id):
        for key in wanted:
            made = obligations.open_duty(duty=key, since=NOON, cause="x:1", at=NOON)
            english = selectors.obligation(made, NOON)
            with translation.override("cs"):
                czech = selectors.obligation(made, NOON)
            assert english.obliged.strict <= english.obliged.statutory
            assert english.obliged.owed_by in ("processor", "controller")
            assert english.explanation and czech.explanation
            assert english.explanation != czech.explanation
            times = rules.Times(
                rules.Kind(english.obliged.kind), NOON, english.obliged.strict, english.obliged.statutory,
                timed=english.obliged.timed,
            )  # fmt: skip
            instants = [at for _stage, at in rules.reminders(times)]
            assert instants == sorted(instants)
        assert selectors.counts_here(NOON).open == len(wanted)


def test_a_duty_that_nobody_knows_is_refused_with_a_remedy(world: World) -> None:
    one = deal()
    for name in ("no.duty", "liability.cap", "fee.term_yearly", "processing.nature"):
        with pytest.raises(NoSuchDuty, match=name) as refused:
            opened(one, name)
        assert refused.value.remedy


def test_without_an_agreement_the_law_is_counted_where_the_controller_is(world: World) -> None:
    customer = world.controller()
    with scope(customer.id):
        made = obligations.open_duty(duty="rights.answer", since=NOON, cause="case:1", at=NOON)
        found = selectors.obligation(made, NOON)
    assert found.obliged.strict == datetime(2026, 4, 2, 22, 0, tzinfo=UTC)
    assert (found.obliged.zone, found.regime) == ("Europe/Prague", "eu_1182")
    with scope(customer.id), pytest.raises(NoSuchDuty):
        obligations.open_duty(duty="audit.agreement", since=NOON, cause="x", at=NOON)


@pytest.mark.req("BRE-1")
def test_what_is_met_is_closed_with_evidence_and_late_is_shown_as_late(world: World) -> None:
    one = deal("imagicle")
    timely, late = opened(one), opened(one)
    with scope(one.id):
        obligations.meet(obligation_id=timely, evidence={"notice": new_id()}, actor=OPERATOR, at=NOON + HOUR)
        obligations.meet(obligation_id=late, evidence={"notice": new_id()}, actor=OPERATOR, at=NOON + 49 * HOUR)
        with pytest.raises(ObligationClosed) as refused:
            obligations.meet(obligation_id=timely, evidence={}, actor=OPERATOR, at=NOON)
        with pytest.raises(NoSuchObligation):
            obligations.meet(obligation_id=new_id(), evidence={}, actor=OPERATOR, at=NOON)
    assert refused.value.evidence == {"state": "met"}
    first, second = seen(one, timely), seen(one, late)
    assert (first.obliged.state, first.obliged.late, second.obliged.late) == ("met", False, True)
    assert set(first.evidence) == {"notice"}
    assert [entry.kind for entry in first.entries] == ["obligation.opened", "obligation.met"]
    assert [entry["body"]["late"] for entry in one.entries("obligation.met")] == [False, True]
    assert not Agenda.objects.filter(controller_id=one.id).exists()


def test_only_the_party_to_which_something_is_owed_waives_it(world: World) -> None:
    one = deal()
    ours, theirs = opened(one), opened(one, owed_by="controller")
    with scope(one.id):
        for who, what in ((OPERATOR, ours), (one.actor, theirs), (SYSTEM, ours)):
            with pytest.raises(NotYours):
                obligations.waive(obligation_id=what, reason="no", actor=who, at=NOON)
        obligations.waive(obligation_id=ours, reason="Jana Novak told us by telephone", actor=one.actor, at=NOON)
        obligations.waive(obligation_id=theirs, reason="settled", actor=OPERATOR, at=NOON)
    assert seen(one, ours).reason == "Jana Novak told us by telephone"
    waived = one.entries("obligation.waived")
    assert len(waived) == 2
    assert "Jana" not in canonical.dumps(waived).decode()
    assert waived[0]["commitment"]


@pytest.mark.req("DSR-3")
def test_an_answer_is_extended_once_inside_the_first_month_from_the_same_receipt(world: World) -> None:
    one = deal("imagicle")
    since = datetime(2026, 1, 31, 12, tzinfo=UTC)
    case = opened(one, "rights.answer", since=since)
    first = seen(one, case).obliged
    assert first.strict == datetime(2026, 2, 28, 23, tzinfo=UTC)
    with scope(one.id):
        with pytest.raises(MayNotExtend, match="reasons"):
            obligations.extend(obligation_id=case, reason=" ", actor=OPERATOR, at=since + DAY)
        obligations.extend(obligation_id=case, reason="many requests", actor=OPERATOR, at=since + 20 * DAY)
        with pytest.raises(MayNotExtend, match="already"):
            obligations.extend(obligation_id=case, reason="again", actor=OPERATOR, at=since + 20 * DAY)
    found = seen(one, case)
    assert found.obliged.strict == datetime(2026, 4, 30, 22, tzinfo=UTC)  # three months from receipt, not one and two
    assert found.obliged.period == "3 months"
    assert found.explanation.startswith("Extended on Friday 20 February 2026, 13:00: 3 months in all")
    assert len(one.entries("obligation.extended")) == 1


def test_an_extension_comes_too_late_after_the_first_month_and_not_at_all_where_none_is_known(world: World) -> None:
    one, law = deal("imagicle"), deal("acomware")
    case = opened(one, "rights.answer")
    with scope(one.id):
        until = selectors.obligation(case, NOON).obliged.statutory
        with pytest.raises(MayNotExtend, match="has passed"):
            obligations.extend(obligation_id=case, reason="late", actor=OPERATOR, at=until)
        with pytest.raises(MayNotExtend, match="Neither"):
            obligations.extend(obligation_id=opened(one), reason="late", actor=OPERATOR, at=NOON)
    by_law = opened(law, "rights.answer")
    with scope(law.id):
        obligations.extend(obligation_id=by_law, reason="many", actor=law.actor, at=NOON)
        assert selectors.obligation(by_law, NOON).obliged.period == "3 months"


@pytest.mark.req("AGR-13")
def test_a_clock_stands_still_for_missing_cooperation_and_both_readings_move(world: World) -> None:
    one = deal("acomware")
    claim = opened(one, "complaint.decision")
    before = seen(one, claim).obliged
    with scope(one.id):
        clocks.stay(
            obligation_id=claim,
            ground="cooperation",
            evidence="Mail of 3 March without an answer",
            begins=NOON + DAY,
            actor=OPERATOR,
            at=NOON + 2 * DAY,
        )
        with pytest.raises(MayNotStay, match="already"):
            clocks.stay(
                obligation_id=claim, ground="cooperation", evidence="x", begins=NOON, actor=OPERATOR, at=NOON + 2 * DAY
            )
        standing = selectors.obligation(claim, before.statutory + 90 * DAY)
        assert (standing.obliged.standing, standing.obliged.late) == (True, False)
        assert selectors.counts_here(NOON + 400 * DAY).standing == 1
        clocks.resume(obligation_id=claim, ends=NOON + 6 * DAY, actor=OPERATOR, at=NOON + 7 * DAY)
        with pytest.raises(MayNotStay, match="runs"):
            clocks.resume(obligation_id=claim, actor=OPERATOR, at=NOON + 7 * DAY)
    after = seen(one, claim)
    assert after.obliged.strict == before.strict + 5 * DAY
    assert after.obliged.statutory == before.statutory + 5 * DAY
    assert "The clock stood still from Tuesday 3 March 2026, 13:00 to Sunday 8 March 2026, 13:00" in after.explanation
    assert [stop.evidence for stop in after.stops] == ["Mail of 3 March without an answer"]
    stayed, resumed = one.entries("obligation.stayed"), one.entries("obligation.resumed")
    assert (len(stayed), resumed[0]["body"]["seconds"]) == (1, 5 * 86400)
    assert "Mail" not in canonical.dumps(stayed).decode()


@pytest.mark.parametrize(
    ("agreement", "duty", "ground", "begins", "why"),
    [
        ("imagicle", "breach.notify", "majeure", NOON, "clause"),  # it has no such clause
        ("ecomail", "defect.answer", "cooperation", NOON, "clause"),
        ("ecomail", "defect.answer", "weather", NOON, "ground"),
        ("ecomail", "defect.answer", "majeure", NOON + 60 * DAY, "order"),  # not begun yet
        ("ecomail", "breach.notify", "majeure", NOON + 3 * DAY, "default"),  # arose when it was late already
        ("ecomail", "rights.answer", "majeure", NOON, "law"),  # owed to a person
        ("ecomail", "end.backup", "majeure", NOON, "kind"),  # a right
        ("acomware", "fee.due", "cooperation", NOON, "party"),  # its own duty
    ],
)
@pytest.mark.req("AGR-13")
def test_a_clock_does_not_stand_still_without_its_clause_nor_in_default(
    world: World, agreement: str, duty: str, ground: str, begins: datetime, why: str
) -> None:
    one = deal(agreement)
    obligation = opened(one, duty)
    with scope(one.id), pytest.raises(MayNotStay) as refused:
        clocks.stay(
            obligation_id=obligation,
            ground=ground,
            evidence="a flood",
            begins=begins,
            actor=OPERATOR,
            at=NOON + 5 * DAY,
        )
    assert refused.value.evidence == {"why": why}
    assert refused.value.remedy
    assert one.entries("obligation.stayed") == []


@pytest.mark.req("AGR-13")
def test_force_majeure_stops_a_clock_only_while_it_lasts_and_needs_evidence(world: World) -> None:
    one = deal("ecomail")
    answer = opened(one, "defect.answer")
    with scope(one.id):
        with pytest.raises(MayNotStay, match="evidence"):
            clocks.stay(obligation_id=answer, ground="majeure", evidence=" ", begins=NOON, actor=OPERATOR, at=NOON)
        clocks.stay(obligation_id=answer, ground="majeure", evidence="a flood", begins=NOON, actor=OPERATOR, at=NOON)
        with pytest.raises(MayNotStay, match="future"):
            clocks.resume(obligation_id=answer, ends=NOON + 3 * DAY, actor=OPERATOR, at=NOON + 2 * DAY)
        clocks.resume(obligation_id=answer, ends=NOON + DAY, actor=OPERATOR, at=NOON + 2 * DAY)
        with pytest.raises(MayNotStay) as refused:  # two stops do not overlap
            clocks.stay(
                obligation_id=answer, ground="majeure", evidence="x", begins=NOON, actor=OPERATOR, at=NOON + 2 * DAY
            )
        assert refused.value.evidence == {"why": "order"}
        # what began before the event does not count
        late = obligations.open_duty(duty="defect.answer", since=NOON + 5 * DAY, cause="c:2", at=NOON + 5 * DAY)
        before = selectors.obligation(late, NOON).obliged.strict
        clocks.stay(obligation_id=late, ground="majeure", evidence="x", begins=NOON, actor=OPERATOR, at=NOON + 5 * DAY)
        clocks.resume(obligation_id=late, ends=NOON + 6 * DAY, actor=OPERATOR, at=NOON + 6 * DAY)
        assert selectors.obligation(late, NOON).obliged.strict == before + DAY


def test_a_new_calendar_moves_nothing_silently(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from mandata.foundation.periods import Calendar, reckoning

    one = deal("ecomail")
    help_us = opened(one, "assistance.documents")
    before = seen(one, help_us).obliged
    with scope(one.id):
        assert not clocks.recompute(obligation_id=help_us, actor=OPERATOR, at=NOON + DAY)
    newer = Calendar.of("CZ", [(NOON + DAY).date()], "CZ 2027.1")
    monkeypatch.setattr(reckoning, "calendar", lambda code: newer)
    assert seen(one, help_us).obliged.strict == before.strict
    with scope(one.id):
        assert clocks.recompute(obligation_id=help_us, actor=OPERATOR, at=NOON + DAY)
    after = seen(one, help_us)
    assert after.obliged.strict == before.strict + DAY
    assert "Counted again on Tuesday 3 March 2026" in after.explanation
    (entry,) = one.entries("obligation.recomputed")
    assert entry["body"]["before"]["calendar"] == "CZ 2026.1"
    assert entry["body"]["calendar"] == "CZ 2027.1"


def test_the_operators_inbox_spans_controllers_late_first_in_pages(world: World) -> None:
    one, other = deal("imagicle"), deal("ecomail")
    early, urgent = opened(one), opened(other, since=NOON + HOUR)
    waits = opened(one, "end.support", since=NOON - 4 * 365 * DAY)  # a wait is never late
    at = NOON + 50 * HOUR
    mine = {early, urgent, waits}
    rows = [row for row in selectors.inbox(at, count=100_000).rows if row.id in mine]
    assert [(row.id, row.late) for row in rows] == [(early, True), (urgent, True), (waits, False)]
    assert rows[0].controller_name == "Demo Bakery"
    with scope(one.id):
        assert [row.id for row in selectors.here(at).rows] == [early, waits]
        assert [row.id for row in selectors.here(at, owed_by="controller").rows] == []
        counted = selectors.counts_here(at)
        assert (counted.open, counted.late, counted.soon) == (2, 1, 0)
        assert selectors.counts_here(NOON + 30 * HOUR).soon == 1
    total = selectors.inbox(at).total
    pages = [selectors.inbox(at, start=start, count=7).rows for start in range(0, total, 7)]
    ids = [row.id for page in pages for row in page]
    assert len(ids) == len(set(ids)) == total
    assert selectors.counts(at).open == total


def test_nothing_of_another_controller_is_seen(world: World) -> None:
    one, other = deal(), deal()
    mine = opened(one)
    with scope(other.id):
        assert selectors.here(NOON).rows == ()
        with pytest.raises(NoSuchObligation):
            selectors.obligation(mine, NOON)


def test_evidence_that_somebody_wrote_freely_enters_the_record_as_a_commitment(world: World) -> None:
    one = deal()
    breach, notice = opened(one), new_id()
    with scope(one.id):
        evidence = {"notice": notice, "reference": "told to Jana Novak", "mail": "jana@example.com"}
        obligations.meet(obligation_id=breach, evidence=evidence, actor=OPERATOR, at=NOON)
    (entry,) = one.entries("obligation.met")
    assert entry["body"]["evidence"] == {"notice": str(notice)}
    assert entry["commitment"]
    assert "ana" not in canonical.dumps(entry["body"]["evidence"]).decode()
    assert seen(one, breach).evidence["reference"] == "told to Jana Novak"


@pytest.mark.req("AGR-13")
def test_what_is_met_while_the_clock_stands_still_is_not_late(world: World) -> None:
    one = deal("ecomail")
    answer = opened(one, "defect.answer")
    with scope(one.id):
        clocks.stay(
            obligation_id=answer, ground="majeure", evidence="flood", begins=NOON + DAY, actor=OPERATOR, at=NOON + DAY
        )
        obligations.meet(obligation_id=answer, evidence={}, actor=OPERATOR, at=NOON + 90 * DAY)
        found = selectors.obligation(answer, NOON + 90 * DAY)
    assert (found.obliged.state, found.obliged.late, found.obliged.standing) == ("met", False, False)
    assert found.stops[0].ends == NOON + 90 * DAY
    assert [entry.kind for entry in found.entries][-2:] == ["obligation.resumed", "obligation.met"]
