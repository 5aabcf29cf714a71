"""The scheduler of obligations: every stage once, whatever the clock does and whoever is killed."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices
from mandata.agreements import letters
from mandata.agreements.errors import ObligationClosed
from mandata.agreements.models import Agenda, Obligation
from mandata.agreements.rules.obligations import Kind, Stage, Times, passed, reminders
from mandata.agreements.selectors import obligations as selectors
from mandata.agreements.services import clocks, obligations, remind_due
from mandata.infra import bulk
from mandata.infra.clock import new_id, new_ids
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from tests.agreements.deals import OPERATOR, Deal, deal
from tests.world import NOON, World
from tests.world.processes import Watched, python

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _nothing_else_due(database: object) -> None:
    """What other tests left open is not this test's."""
    Agenda.objects.update(at=None)


def opened(one: Deal, duty: str, since: datetime = NOON, **given: Any) -> UUID:
    with scope(one.id):
        return obligations.open_duty(duty=duty, since=since, cause=f"x:{new_id()}", at=since, **given)


def stages(one: Deal, obligation: UUID) -> list[str]:
    """Of which stages somebody was reminded, in order, by the record."""
    wanted = str(obligation)
    return [row["body"]["stage"] for row in one.entries("obligation.reminded") if row["body"]["obligation"] == wanted]


def mails(one: Deal) -> list[dict[str, Any]]:
    """The reminders in the outbox, oldest first."""
    with scope(one.id):
        rows = [row for row in accounts.notices(1000) if row["kind"] == "obligation.reminder"]
        return [notices.contents(row["id"]) for row in reversed(rows)]


def test_the_stages_of_each_kind_stand_at_fractions_of_its_time() -> None:
    ours = Times(Kind.WITHIN, NOON, NOON + 10 * DAY, NOON + 12 * DAY)
    assert reminders(ours) == (
        (Stage.HALF, NOON + 5 * DAY),
        (Stage.TENTH, NOON + 9 * DAY),
        (Stage.STRICT, NOON + 10 * DAY),
        (Stage.LATE, NOON + 12 * DAY),
    )
    right = Times(Kind.WINDOW, NOON, NOON + 10 * DAY, NOON + 12 * DAY)
    assert reminders(right) == ((Stage.CLOSING, NOON + 9 * DAY), (Stage.LAPSED, NOON + 12 * DAY))
    assert reminders(Times(Kind.AFTER, NOON, NOON + DAY, NOON + 2 * DAY)) == ((Stage.COME, NOON + 2 * DAY),)
    assert reminders(Times(Kind.WITHIN, NOON, NOON, NOON, timed=False)) == ((Stage.NOW, NOON),)
    overdue = Times(Kind.AHEAD, NOON, NOON - DAY, NOON)
    assert [at for _stage, at in reminders(overdue)][-2:] == [NOON - DAY, NOON]
    assert passed(ours, NOON + 9 * DAY) == 2


@pytest.mark.req("BRE-1")
def test_each_stage_is_told_once_to_the_operator_and_lateness_recorded_once(world: World) -> None:
    one = deal("imagicle")
    breach = opened(one, "breach.notify")
    at = NOON
    while at < NOON + 60 * HOUR:
        remind_due(at=at)
        remind_due(at=at)
        at += HOUR
    assert stages(one, breach) == ["half", "tenth", "strict", "late"]
    assert len(one.entries("obligation.late")) == 1
    first = mails(one)[0]
    assert (first["to"], first["subject"]) == (env().operator_contact, "1 obligation is due")
    assert "No. 1, Notice of a breach: by 2026-03-04 13:00 Europe/Rome (half of its time has passed)" in first["text"]
    with scope(one.id):
        found = selectors.obligation(breach, at).obliged
    assert found.late
    assert found.late_at == NOON + 49 * HOUR


def test_what_the_controller_owes_goes_to_its_own_address_in_its_language(world: World) -> None:
    from mandata.accounts.models import Controller

    one = deal("ecomail")
    with scope(one.id):
        Controller.objects.update(language="cs", contact="kancelar@bakery.example")
    opened(one, "fee.transfer")
    assert remind_due(at=NOON + 8 * DAY) == 1
    (mail,) = mails(one)
    assert mail["to"] == "kancelar@bakery.example"
    assert mail["subject"] != "1 obligation is due"


@pytest.mark.req("SPR-3")
def test_a_right_that_nobody_used_lapses_and_what_has_no_figure_is_told_at_once(world: World) -> None:
    one = deal("imagicle")
    right = opened(one, "subprocessor.objection")
    vague = deal("icewarp")
    at_once = opened(vague, "instruction.unlawful")
    remind_due(at=NOON + 60 * DAY)
    remind_due(at=NOON + 60 * DAY)
    with scope(one.id):
        found = selectors.obligation(right, NOON).obliged
    assert (found.state, found.closed_at) == ("lapsed", found.statutory)
    assert len(one.entries("obligation.lapsed")) == 1
    assert stages(vague, at_once)[-1:] in (["now"], ["late"])


def test_after_a_week_of_outage_the_newest_stage_is_told_and_none_twice(world: World) -> None:
    one = deal("ecomail")
    made = [opened(one, "breach.notify", NOON + number * HOUR) for number in range(30)]
    long = opened(one, "defect.answer")
    for at in (NOON + 7 * DAY, NOON + 7 * DAY, NOON, NOON + 7 * DAY):  # a jump back and forth doubles nothing
        remind_due(at=at)
    assert all(stages(one, obligation) == ["late"] for obligation in made)
    assert stages(one, long) == []
    assert len(one.entries("obligation.late")) == 30
    assert [mail["subject"] for mail in mails(one)] == ["30 obligations are due"]
    remind_due(at=NOON + 31 * DAY)
    assert stages(one, long) == ["strict"] or stages(one, long) == ["late"]


def test_a_clock_that_stands_still_reminds_of_nothing_and_starts_again_at_its_new_times(world: World) -> None:
    one = deal("acomware")
    claim = opened(one, "complaint.decision")
    remind_due(at=NOON + 11 * DAY)
    assert stages(one, claim) == ["half"]
    with scope(one.id):
        clocks.stay(
            obligation_id=claim, ground="majeure", evidence="flood", begins=NOON + 11 * DAY, actor=OPERATOR,
            at=NOON + 11 * DAY,
        )  # fmt: skip
    assert remind_due(at=NOON + 90 * DAY) == 0
    with scope(one.id):
        clocks.resume(obligation_id=claim, ends=NOON + 90 * DAY, actor=OPERATOR, at=NOON + 90 * DAY)
        again = selectors.obligation(claim, NOON + 90 * DAY).obliged
    assert again.strict > NOON + 99 * DAY
    # half of the time that it now has, as a whole, is told of again only when it comes
    remind_due(at=again.statutory)
    assert stages(one, claim)[-1] == "late"
    assert Counter(stages(one, claim))["late"] == 1


def test_a_stop_entered_later_takes_lateness_back_until_it_comes_again(world: World) -> None:
    one = deal("ecomail")
    answer = opened(one, "defect.answer")
    remind_due(at=NOON + 40 * DAY)
    assert stages(one, answer) == ["late"]
    with scope(one.id):
        clocks.stay(
            obligation_id=answer, ground="majeure", evidence="flood", begins=NOON + DAY, actor=OPERATOR,
            at=NOON + 40 * DAY,
        )  # fmt: skip
        clocks.resume(obligation_id=answer, ends=NOON + 21 * DAY, actor=OPERATOR, at=NOON + 40 * DAY)
        assert selectors.obligation(answer, NOON + 40 * DAY).obliged.late_at is None
    remind_due(at=NOON + 60 * DAY)
    assert stages(one, answer) == ["late", "late"]
    assert len(one.entries("obligation.late")) == 2


def test_what_is_closed_or_gone_leaves_the_agenda(world: World) -> None:
    one = deal("imagicle")
    breach = opened(one, "breach.notify")
    with scope(one.id):
        obligations.meet(obligation_id=breach, evidence={}, actor=OPERATOR, at=NOON)
    stray = new_id()
    Agenda.objects.create(
        obligation=stray, controller_id=one.id, at=NOON, strict=NOON, statutory=NOON, owed_by="processor"
    )
    assert remind_due(at=NOON + DAY) == 1
    assert not Agenda.objects.filter(obligation__in=[stray, breach]).exists()
    assert stages(one, breach) == []


def test_one_bad_obligation_does_not_hold_up_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one = deal("imagicle")
    good, bad = opened(one, "breach.notify"), opened(one, "breach.notify")
    with scope(one.id):
        Obligation.objects.filter(id=bad).update(reckoning={})  # no zone to tell the time in
    assert remind_due(at=NOON + 30 * HOUR) == 2
    assert (stages(one, good), stages(one, bad)) == (["half"], [])
    assert Agenda.objects.get(obligation=bad).at == NOON + 30 * HOUR + timedelta(minutes=5)
    Agenda.objects.filter(obligation=bad).delete()  # no other test is to meet it


def test_many_workers_share_the_work_and_nobody_is_told_twice(world: World) -> None:
    one = deal("imagicle")
    made = [opened(one, "breach.notify", cause_of) for cause_of in [NOON] * 60]
    errors: list[BaseException] = []

    def work() -> None:
        try:
            while remind_due(at=NOON + 30 * HOUR):
                pass
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Counter(row["body"]["obligation"] for row in one.entries("obligation.reminded")) == {str(o): 1 for o in made}


def test_what_is_met_while_the_scheduler_works_is_met_once_and_never_waits_for_it_in_a_circle(world: World) -> None:
    one = deal("imagicle")
    made = [opened(one, "breach.notify") for _ in range(40)]
    errors: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    def meet() -> None:
        for obligation in made:
            with suppress(ObligationClosed), scope(one.id):
                obligations.meet(obligation_id=obligation, evidence={}, actor=OPERATOR, at=NOON + 30 * HOUR)

    def remind() -> None:
        for hour in range(20, 40):
            remind_due(at=NOON + hour * HOUR)

    threads = [threading.Thread(target=run, args=(work,)) for work in (meet, remind, meet, remind)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(one.entries("obligation.met")) == 40
    assert not Agenda.objects.filter(controller_id=one.id).exists()
    told = Counter((row["body"]["obligation"], row["body"]["stage"]) for row in one.entries("obligation.reminded"))
    assert set(told.values()) <= {1}


WORKER = """
import sys
from datetime import datetime
import django
django.setup()
from mandata.agreements.services import reminding
reminding.BATCH = int(sys.argv[2])
at = datetime.fromisoformat(sys.argv[1])
print("ready", flush=True)
while reminding.remind_due(at=at):
    print("some", flush=True)
print("done", flush=True)
"""


def many(one: Deal, count: int, at: datetime) -> None:
    """Put open obligations into the tables at once, all with a reminder due."""
    pattern = opened(one, "breach.notify", at)
    with scope(one.id):
        row = Obligation.objects.get(id=pattern)
        for start in range(0, count, 5_000):
            ids = new_ids(min(5_000, count - start))
            bulk.execute(
                """
                with made as (
                  insert into agreements_obligation
                  select (jsonb_populate_record(o, jsonb_build_object('id', u.id, 'number', u.number + 1,
                          'cause', 'many:' || u.number))).*
                  from agreements_obligation o, unnest(%(ids)s::uuid[], %(numbers)s::int[]) as u (id, number)
                  where o.controller_id = %(controller)s and o.id = %(pattern)s returning id, controller_id)
                insert into agreements_agenda
                  (obligation, controller_id, at, strict, statutory, owed_by, owed, standing)
                select id, controller_id, %(at)s, %(strict)s, %(statutory)s, 'processor', true, false from made
                """,
                {
                    "ids": ids,
                    "numbers": list(range(start + 1, start + 1 + len(ids))),
                    "controller": one.id,
                    "pattern": pattern,
                    "at": at,
                    "strict": row.strict,
                    "statutory": row.statutory,
                },
            )


def test_a_killed_scheduler_loses_none_and_doubles_none(world: World) -> None:
    one = deal("imagicle")
    many(one, 600, NOON)
    deadline, kills = (NOON + 30 * HOUR).isoformat(), 0
    while True:
        process = python(WORKER, deadline, "20", DJANGO_SETTINGS_MODULE="mandata.project.settings")
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            if kills < 8:
                time.sleep(0.05 + 0.04 * kills)
                process.kill()
                kills += 1
            else:
                assert process.stdout.read().endswith(b"done\n")
                break
        finally:
            process.kill()
            process.wait()
    told = Counter(row["body"]["obligation"] for row in one.entries("obligation.reminded"))
    assert len(told) == 601
    assert set(told.values()) == {1}
    numbers = sum(mail["text"].count("No. ") for mail in mails(one))
    assert numbers == 601


@pytest.mark.timeout(0)
@pytest.mark.parametrize("count", [3_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_memory_does_not_grow_with_the_number_of_obligations(world: World, count: int) -> None:
    one = deal("imagicle")
    many(one, count, NOON)
    process = python(WORKER, (NOON + 30 * HOUR).isoformat(), "100", DJANGO_SETTINGS_MODULE="mandata.project.settings")
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        with Watched(process.pid) as watched:
            _until_done(process.stdout, watched, count // 500 + 1)
    finally:
        process.kill()
        process.wait()
    assert not Agenda.objects.filter(controller_id=one.id, at__lte=NOON + 30 * HOUR).exists()
    assert watched.growth() < 20


def _until_done(lines: Any, watched: Watched, rounds: int) -> None:
    for number, line in enumerate(lines):
        if line == b"done\n":
            return
        watched.share = min(1.0, (number + 1) / rounds)


def test_a_reminder_names_nobody_but_the_controller() -> None:
    line = letters.Line(3, "breach.notify", NOON, "Europe/Rome", Stage.LATE)
    lines: Sequence[letters.Line] = [line, line]
    letter = letters.reminder(lines, controller="Demo Bakery", language="en")
    assert letter.subject == "2 obligations are due"
    assert letter.text.splitlines()[0] == "Of Demo Bakery, this is due:"
