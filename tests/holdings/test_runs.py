"""Erasures of many: chosen, counted, confirmed, killed anywhere and finished, told of each person, and certified."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
from django.db import connections

from mandata.audience import services as audience
from mandata.holdings import catalogue, certificates, progress, replaying, runs, selectors, services
from mandata.holdings.catalogue.proof import KEYS
from mandata.holdings.errors import NoSuchRun, NotConfirmed, UnknownGround, WrongState
from mandata.holdings.models import Chosen, Erasure
from mandata.holdings.rules import Erased, Found, Key, Place, Subject
from mandata.infra import bulk, outside
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.record import certified
from mandata.record import selectors as record
from mandata.record.verification import verify
from mandata.tracking.models import Event
from mandata.vault.services import has_key, record_signer
from tests.holdings.cast import LATER, NAMESAKE, NOVAK, Shop, a_person, a_shop
from tests.holdings.test_erasure import OFFICER
from tests.world import World


def people(shop: Shop, count: int) -> list[UUID]:
    """People with something in every holding."""
    return [a_person(shop, f"reader{number}@many.example", number=number) for number in range(1, count + 1)]


def chosen(shop: Shop, references: Sequence[UUID] = ()) -> UUID:
    """A run over these people, or over the shop's list, counted and ready."""
    wanted = None if references else {"list_id": str(shop.list_id), "mail_domain": "many.example"}
    with scope(shop.id):
        run = runs.choose(wanted=wanted, references=references, ground="objection", actor=OFFICER, at=LATER)
    work(shop, run)
    return run


def work(shop: Shop, run: UUID) -> progress.RunRow:
    while runs.run_slice(controller_id=shop.id, run_id=run, now=lambda: LATER):
        pass
    return told(shop, run)


def told(shop: Shop, run: UUID) -> progress.RunRow:
    with scope(shop.id):
        return progress.run(run)


def confirmed(shop: Shop, run: UUID, count: int) -> progress.RunRow:
    with scope(shop.id):
        runs.confirm(run_id=run, people=count, actor=OFFICER, at=LATER)
    return work(shop, run)


@pytest.mark.req("RET-4", "SEC-5")
def test_a_list_is_chosen_counted_confirmed_and_erased(world: World, database: object) -> None:
    shop = a_shop(world)
    references = people(shop, 3)
    with scope(shop.id):
        one = dict(services.preview(subject=selectors.subject(references[0])).counts)
    run = chosen(shop)
    ready = told(shop, run)
    assert (ready.state, ready.people, ready.seen) == ("ready", 3, 3)
    counts = dict(ready.preview.counts)
    assert counts.pop("chosen") == Found(delete=3)
    assert counts == {key: Found(3 * found.delete, 3 * found.anonymise, 3 * found.keep) for key, found in one.items()}
    done = confirmed(shop, run, 3)
    assert (done.state, done.erased, done.earlier, done.failed) == ("done", 3, 0, 0)
    with scope(shop.id):
        assert not any(has_key(reference) for reference in references)
        assert Event.objects.filter(subscriber_id=None).count() == 6
        assert Erasure.objects.filter(run_id=run).count() == 3
        assert not Chosen.objects.exists()
        assert audience.is_suppressed(email="reader2@many.example", at=LATER) == "erasure"


def test_nobody_is_erased_before_the_number_of_people_is_confirmed(world: World) -> None:
    shop = a_shop(world)
    references = people(shop, 2)
    run = chosen(shop)
    with scope(shop.id):
        with pytest.raises(NotConfirmed):
            runs.confirm(run_id=run, people=1, actor=OFFICER, at=LATER)
        assert selectors.subject(references[0]).reference
        with pytest.raises(WrongState):
            runs.again(run_id=run, actor=OFFICER, at=LATER)
        with pytest.raises(UnknownGround):
            runs.choose(wanted={}, ground="because", actor=OFFICER, at=LATER)
    assert work(shop, run).state == "ready"


def test_references_are_chosen_and_those_of_nobody_are_left_out(world: World) -> None:
    shop, other = a_shop(world), a_shop(world, "Other Bakery")
    one, kept = people(shop, 2)
    theirs = a_person(other, NOVAK)
    run = chosen(shop, [one, new_id(), theirs])
    assert told(shop, run).people == 1
    assert confirmed(shop, run, 1).erased == 1
    with scope(shop.id):
        assert selectors.subject(kept).reference == kept
    with scope(other.id):
        assert selectors.subject(theirs).reference == theirs
        assert progress.runs() == []
        with pytest.raises(NoSuchRun):
            runs.confirm(run_id=run, people=1, actor=OFFICER, at=LATER)
    assert not runs.run_slice(controller_id=other.id, run_id=run)


@contextmanager
def lazy(*failing: UUID, error: Exception | None = None) -> Iterator[None]:
    """A holding that erases less than it counted, of some people; or that raises an error."""

    def find(subjects: Sequence[Subject]) -> dict[Key, Found]:
        return {one.key: Found(delete=1) for one in subjects if one.reference in failing}

    def erase(subjects: Sequence[Subject], at: object) -> dict[Key, Erased]:
        if error and any(one.reference in failing for one in subjects):
            raise error
        return {}

    keys = KEYS
    cannot = keys.rectifier
    description = replace(keys.description, key="lazy")
    catalogue.provide(Place(description, find, lambda _subject: (), cannot, keys.restrictor, erase))
    try:
        yield
    finally:
        catalogue.withdraw("lazy")


def test_who_fails_stays_whole_and_is_told_and_all_others_are_erased(world: World) -> None:
    shop = a_shop(world)
    references = people(shop, 5)
    failing = references[1]
    run = chosen(shop)
    with lazy(failing):
        done = confirmed(shop, run, 5)
    assert (done.state, done.erased, done.failed) == ("done", 4, 1)
    with scope(shop.id):
        assert [(one.subject, one.holdings) for one in progress.failures(run)] == [(failing, "lazy")]
        assert selectors.subject(failing).reference == failing
        assert not audience.is_suppressed(email="reader2@many.example", at=LATER)
        runs.again(run_id=run, actor=OFFICER, at=LATER)
    done = work(shop, run)
    assert (done.state, done.erased, done.failed) == ("done", 5, 0)


def test_an_error_in_one_holding_is_told_by_its_kind_and_place_only(world: World) -> None:
    shop = a_shop(world)
    references = people(shop, 3)
    run = chosen(shop)
    with lazy(references[2], error=ValueError(f"{NOVAK} cannot be erased")):
        done = confirmed(shop, run, 3)
    assert (done.erased, done.failed) == (2, 1)
    with scope(shop.id):
        (failure,) = progress.failures(run)
    assert (failure.subject, failure.holdings, failure.told) == (references[2], "lazy", "ValueError")


def test_somebody_whose_key_does_not_open_any_more_is_erased_like_everybody(world: World) -> None:
    shop = a_shop(world)
    references = people(shop, 3)
    with scope(shop.id):
        bulk.execute("update vault_subject_key set wrapped = %b where holder = %b", [bytes(60), references[2]])
        bulk.execute("delete from record_payload where holder = %b", [references[2]])
    run = chosen(shop)
    done = confirmed(shop, run, 3)
    assert (done.state, done.erased, done.failed) == ("done", 3, 0)
    with scope(shop.id):
        assert not has_key(references[2])


def test_two_runs_over_the_same_people_at_once_erase_each_person_once(world: World) -> None:
    shop = a_shop(world)
    references = people(shop, 6)
    first, second = chosen(shop), chosen(shop, references[::-1])
    with scope(shop.id):
        for run in (first, second):
            runs.confirm(run_id=run, people=6, actor=OFFICER, at=LATER)
    errors: list[BaseException] = []

    def act(run: UUID) -> None:
        try:
            work(shop, run)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=act, args=(run,)) for run in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    both = [told(shop, run) for run in (first, second)]
    assert [one.state for one in both] == ["done", "done"]
    assert sum(one.erased for one in both) == 6
    assert sum(one.earlier for one in both) == 6
    with scope(shop.id):
        assert Erasure.objects.count() == 6


def test_a_run_that_is_cancelled_erases_nobody_more(world: World) -> None:
    shop = a_shop(world)
    references = people(shop, 2)
    run = chosen(shop)
    with scope(shop.id):
        assert runs.cancel(run_id=run, actor=OFFICER, at=LATER)
        assert not runs.cancel(run_id=run, actor=OFFICER, at=LATER)
        assert selectors.subject(references[0]).reference
    assert work(shop, run).state == "cancelled"


def test_a_shut_gate_stops_a_run_which_goes_on_when_it_is_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = a_shop(world)
    people(shop, 2)
    run = chosen(shop)
    with scope(shop.id):
        runs.confirm(run_id=run, people=2, actor=OFFICER, at=LATER)
    monkeypatch.setattr(runs, "refusals", lambda verdicts: verdicts)
    stopped = work(shop, run)
    assert (stopped.state, stopped.error, stopped.erased) == ("stopped", "gate_shut", 0)
    monkeypatch.undo()
    with scope(shop.id):
        runs.again(run_id=run, actor=OFFICER, at=LATER)
    assert work(shop, run).erased == 2


@pytest.mark.req("RET-7")
def test_after_a_restore_a_run_goes_on_only_when_somebody_says_so(world: World) -> None:
    shop = a_shop(world)
    both = people(shop, 2)
    run = chosen(shop, both)
    work(shop, run)
    with scope(shop.id):
        runs.confirm(run_id=run, people=2, actor=OFFICER, at=LATER)
        assert (runs.stop_all(error="restored", at=LATER), runs.stop_all(error="restored", at=LATER)) == (1, 0)
    assert not runs.run_slice(controller_id=shop.id, run_id=run, now=lambda: LATER)
    stopped = told(shop, run)
    assert (stopped.state, stopped.error, stopped.erased) == ("stopped", "restored", 0)
    with scope(shop.id):
        runs.again(run_id=run, actor=OFFICER, at=LATER)
    assert work(shop, run).erased == 2


_KILLED = """
    import os, signal, sys
    from datetime import datetime
    from uuid import UUID
    import django
    django.setup()
    from django.db import transaction
    from mandata.holdings import catalogue, chosen, erasing, runs
    from mandata.infra import outside
    from mandata.vault import personal as vault

    def die(*given, **named):
        os.kill(os.getpid(), signal.SIGKILL)

    def after(place, name):
        act = getattr(place, name)
        def instead(*given, **named):
            done = act(*given, **named)
            die()
        setattr(place, name, instead)

    controller, run, at, step = UUID(sys.argv[1]), UUID(sys.argv[2]), datetime.fromisoformat(sys.argv[3]), sys.argv[4]
    erasing.BATCH = 2
    steps = {
        "locked": (erasing, "lock"), "found": (erasing, "find"), "suppressed": (erasing.suppression, "suppress_many"),
        "erased": (erasing, "erase_rows"), "kept": (erasing, "keep"), "entered": (erasing, "_enter"),
        "outside": (outside, "write"), "told": (chosen, "delete"),
    }
    if step == "second":
        calls = []
        act = erasing.keep
        def second(rows):
            calls.append(rows)
            act(rows)
            if len(calls) == 2:
                die()
        erasing.keep = second
    else:
        after(*steps[step])
    while runs.run_slice(controller_id=controller, run_id=run, now=lambda: at):
        pass
"""
STEPS = ("locked", "found", "suppressed", "erased", "kept", "entered", "outside", "told", "second")


@pytest.mark.req("RET-4")
@pytest.mark.parametrize("step", STEPS)
def test_killed_with_9_at_any_step_the_same_run_finishes_and_each_person_is_certified_once(
    world: World, step: str
) -> None:
    shop = a_shop(world)
    references = people(shop, 3)
    run = chosen(shop)
    with scope(shop.id):
        runs.confirm(run_id=run, people=3, actor=OFFICER, at=LATER)
    script = [sys.executable, "-c", textwrap.dedent(_KILLED), str(shop.id), str(run), LATER.isoformat(), step]
    killed = subprocess.run(script, env={**os.environ, "PYTHONPATH": "src"}, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    between = told(shop, run)
    with scope(shop.id):
        gone = [reference for reference in references if not has_key(reference)]
        assert between.state == "running"
        assert len(gone) == between.erased == Erasure.objects.count() <= (2 if step == "second" else 0)
    done = work(shop, run)
    assert (done.state, done.erased, done.failed) == ("done", 3, 0)
    with scope(shop.id):
        subjects = [one.subject for one in record.entries(kind="holdings.erased", limit=100)]
        assert sorted(subjects) == sorted(references)  # type: ignore[type-var]
        assert not Event.objects.exclude(subscriber_id=None).exists()


@pytest.mark.req("RET-5", "SEC-5")
def test_each_person_of_a_run_gets_a_certificate_that_is_verified_without_the_installation(
    world: World, tmp_path: Path
) -> None:
    shop = a_shop(world)
    references = people(shop, 3)
    run = chosen(shop)
    confirmed(shop, run, 3)
    world.sequence()
    with scope(shop.id):
        text = "".join(certificates.of_run(run))
        one = "".join(certificates.of_one(Erasure.objects.values_list("id", flat=True)[0]))
    path = tmp_path / "certificates.json"
    path.write_text(text)
    found = certified.verify(path)
    assert (found["holds"], found["certificates"]) == (True, 3)
    leaves = [json.loads(part["leaf"]) for part in json.loads(text)["certificates"]]
    assert {leaf["subject"] for leaf in leaves} == {str(reference) for reference in references}
    assert {leaf["body"]["run"] for leaf in leaves} == {str(run)}
    assert "many.example" not in text
    assert len(json.loads(one)["certificates"]) == 1
    path.write_text(text.replace('"ground\\":\\"objection', '"ground\\":\\"controller', 1))
    assert [part["what"] for part in certified.verify(path)["findings"]] == ["is not in the log of that head"]
    assert verify(shop.id, record_signer().public_key()).holds


def _suppression_ground() -> str:
    from django.utils import translation

    with translation.override("en"):
        return next(
            str(one.description.ground) for one in catalogue.catalogue() if one.description.key == "suppression"
        )


def test_a_certificate_is_printed_in_both_languages(world: World) -> None:
    from django.utils import translation

    shop = a_shop(world)
    run = chosen(shop, [a_person(shop, NOVAK)])
    confirmed(shop, run, 1)
    world.sequence()
    with scope(shop.id):
        own = Erasure.objects.values_list("id", flat=True)[0]
        for language in ("en", "cs"):
            with translation.override(language):
                assert certificates.paper(own).startswith(b"%PDF")
        with translation.override("cs"):
            told = selectors.certificate(own)
            told.erasure.kept.append({"holding": "suppression", "ground": _suppression_ground()})
            assert "bez něj by se osobě" in certificates._told(told)["kept"][-1]


@pytest.mark.req("RET-4")
def test_erasures_are_replayed_from_the_outside_log_over_an_older_database(world: World, database: object) -> None:
    shop = a_shop(world)
    references = people(shop, 2)
    with scope(shop.id):
        lines = _lines(shop, references)
        untouched = a_person(shop, NAMESAKE, number=9)
    assert replaying.replay(lines) == 2
    assert replaying.replay(lines) == 0
    with scope(shop.id):
        rows = Erasure.objects.order_by("subject")
        assert [str(row.id) for row in rows] == [line.body["erasure"] for line in lines]
        assert record.entries(kind="holdings.erased") == []
        assert not any(has_key(reference) for reference in references)
        assert audience.is_suppressed(email="reader1@many.example", at=LATER) == "erasure"
        assert has_key(untouched)
        assert selectors.certificate(rows[0].id).entry is None


def _lines(shop: Shop, references: list[UUID]) -> list[outside.Line]:
    """What an erasure wrote outside whose commit was lost with the newer database."""
    from django.db import transaction

    class Lost(Exception):
        pass

    with pytest.raises(Lost), transaction.atomic():
        services.erase_many(
            subjects=selectors.subjects(references), ground="objection", actor=OFFICER, at=LATER + timedelta(hours=1)
        )
        raise Lost
    lines = outside.read(env().outside_folder, kinds=("holdings.erased",))
    return [line for line in lines if line.controller == shop.id]


def test_two_who_blank_lines_of_one_waiting_file_never_put_back_what_the_other_blanked(world: World) -> None:
    from tests.holdings.cast import waiting_file

    shop = a_shop(world)
    addresses = [f"line{number}@file.example" for number in range(8)]
    waiting_file(shop, f"{NOVAK};x\n" + "\n".join(f"{one};x" for one in addresses))
    errors: list[BaseException] = []

    def act(part: Sequence[str]) -> None:
        try:
            for address in part:
                with scope(shop.id):
                    people_ = selectors.subjects_by_address([address])
                    services.erase_many(subjects=people_, ground="objection", actor=OFFICER, at=LATER)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=act, args=(addresses[start::2],)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with scope(shop.id):
        left = selectors.subjects_by_address(addresses)
        assert not any(found.touched for found in selectors.preview(*left).counts.values())
        assert selectors.preview(*selectors.subjects_by_address([NOVAK])).touched == 1
