"""Rounds: results kept, a killed round taken up, a failure owed once to each controller that was promised it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from mandata.agreements import selectors as agreements
from mandata.agreements.models import Measure, Obligation
from mandata.agreements.selectors.notices import legal_notices as served_notices
from mandata.agreements.services.everybody import Untold
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, current_controller, scope
from mandata.measures import selectors
from mandata.measures.errors import BadEvidence, BadOutage
from mandata.measures.models import Evidence, Failure, Outage, Pulse, Result, Run
from mandata.measures.rules.headings import CHECKS
from mandata.measures.rules.verdicts import failed, held
from mandata.measures.services import checking, outages, owning, settling
from mandata.record import selectors as record
from mandata.vault import ending as vault
from mandata.vault import selectors as vault_keys
from mandata.watching import letters
from mandata.watching import selectors as watching
from tests.measures.cleaning import clean
from tests.world import World
from tests.world.people import House, accept, registered

__all__ = ["clean"]
pytestmark = pytest.mark.usefixtures("clean")


@pytest.fixture
def house(world: World) -> House:
    return registered()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Checks whose verdicts the test decides; every one holds at first."""
    bad: dict[str, object] = {}
    monkeypatch.setattr(checking, "CHECKS", {code: lambda _at, c=code: bad.get(c) or held() for code in CHECKS})
    return bad


def owed(house: House, state: str = "open") -> list[Obligation]:
    with scope(house.id):
        return list(Obligation.objects.filter(duty="measures.mend", state=state))


def told(outage_id: UUID) -> int:
    """Tell everybody of an outage; return how many were told now. One whom another test left without keys is not."""
    try:
        return outages.tell(outage_id=outage_id, at=now())
    except Untold as untold:
        return untold.told


def round_now() -> bool:
    return checking.run(run_id=checking.take(by=None, at=now()), at=now())


@pytest.mark.req("SEC-4")
def test_a_round_keeps_a_result_of_every_check_plans_the_next_and_is_recorded(house: House, quick: object) -> None:
    assert round_now()
    last = selectors.latest()
    assert set(last) == set(CHECKS)
    assert {one.outcome for one in last.values()} == {"held"}
    planned = selectors.under_way()
    assert planned is not None and planned.state == "planned"
    assert timedelta(hours=23) < planned.due_at - now() <= timedelta(days=1)
    with scope(INSTANCE):
        entry = record.entries(kind="measure.looked", limit=1)[0]
    assert entry.body["run"] == str(last["walls"].run) and "backup" in entry.body["held"]
    assert [one.check for one in selectors.results(last["walls"].at - timedelta(minutes=5), now())] == list(CHECKS)


@pytest.mark.req("SEC-4")
def test_results_are_never_changed(house: House, quick: object) -> None:
    round_now()
    with pytest.raises(DatabaseError), transaction.atomic():
        Result.objects.filter(check_code="walls").update(outcome="failed")
    with pytest.raises(DatabaseError), transaction.atomic():
        Result.objects.filter(check_code="walls").delete()


@pytest.mark.req("SEC-4")
def test_a_killed_round_is_taken_up_and_looks_only_at_what_is_missing(
    house: House, quick: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, looked = checking.take(by=None, at=now()), []

    def dying(code: str, at: object) -> object:
        looked.append(code)
        if len(looked) == 5:
            raise KeyboardInterrupt
        return held()

    monkeypatch.setattr(checking, "look", dying)
    with pytest.raises(KeyboardInterrupt):
        checking.run(run_id=run_id, at=now())
    half = selectors.under_way()
    assert half is not None and (half.state, half.done) == ("running", 4)
    assert checking.check_due(at=now() + timedelta(minutes=1)) == 0
    assert checking.run(run_id=run_id, at=now())
    assert looked == [*list(CHECKS)[:5], *list(CHECKS)[4:]]
    assert Result.objects.filter(run=run_id).count() == len(CHECKS)
    assert checking.run(run_id=run_id, at=now()), "an ended round stays as it is"
    assert len(looked) == len(CHECKS) + 1


@pytest.mark.req("SEC-4", "SEC-8")
def test_a_failure_is_one_alarm_and_one_obligation_until_the_check_holds_again(
    house: House, quick: dict[str, object]
) -> None:
    quick["backups"] = failed("backup_old", hours=50)
    assert not round_now()
    assert not round_now()
    assert len(owed(house)) == 1
    (found,) = [one for one in selectors.failing() if one.check == "backups"]
    row = owed(house)[0]
    assert (row.about, row.owed_by, row.owed_to) == (found.id, "processor", "controller")
    assert ("backups", "backup_old") in watching.readings(now()).measures
    words = letters.words("measure.failing", "backups", {"reason": "backup_old"})
    assert "backup" in words.title and "log" in words.remedy
    later = registered("Later Bakery")
    round_now()
    assert len(owed(later)) == 1, "who came while it failed is owed it, too"
    quick.clear()
    assert round_now()
    assert owed(house) == [] and owed(later) == []
    assert owed(house, "met")[0].evidence == {"failure": str(found.id)}
    assert "backups" not in {one.check for one in selectors.failing()}
    quick["backups"] = failed("backup_old", hours=51)
    round_now()
    assert len(owed(house)) == 1, "a new failure is a new obligation"
    quick.clear()
    round_now()


@pytest.mark.req("SEC-8")
def test_nobody_is_owed_what_the_agreement_does_not_name(house: House, quick: dict[str, object]) -> None:
    with scope(house.id):
        terms = agreements.ground(now()).terms
        assert terms is not None and "testing" not in terms.items("measures.technical")
    quick["rounds"] = failed("rounds_missing")
    round_now()
    assert owed(house) == []
    quick.clear()
    round_now()


@pytest.mark.req("SEC-4")
def test_a_crash_between_the_result_and_what_is_owed_is_made_good(
    house: House, quick: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick["keys"] = failed("key_old")
    monkeypatch.setattr(settling, "tell", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
    run_id = checking.take(by=None, at=now())
    with pytest.raises(KeyboardInterrupt):
        checking.run(run_id=run_id, at=now())
    monkeypatch.undo()
    monkeypatch.setattr(checking, "CHECKS", {code: lambda _at, c=code: quick.get(c) or held() for code in CHECKS})
    assert owed(house) == []
    assert not checking.run(run_id=run_id, at=now())
    assert len(owed(house)) == 1
    quick.clear()
    round_now()


@pytest.mark.req("SEC-8")
def test_results_stand_in_annex_iii_with_their_day(house: House, quick: dict[str, object]) -> None:
    quick["web_tls"] = failed("no_tls")
    round_now()
    with scope(house.id):
        agreement = agreements.in_force(now())
        assert agreement is not None
        chapters = agreements.live_annexes(agreement)
    lines = [
        item for one in chapters for part in one.paragraphs if part.key == "register.measures" for item in part.items
    ]
    backup = next(line for line in lines if line.startswith("data is backed up"))
    assert f"{now().day}" in backup and "held" in backup
    assert any("did not hold" in line and "TLS" in line for line in lines)
    quick.clear()
    round_now()


@pytest.mark.req("SEC-8")
def test_an_owners_measure_is_owed_once_its_date_is_past_and_met_by_new_evidence(world: World) -> None:
    house = registered(agreed=False)
    with scope(house.id):
        accept(house.owner.actor, name="acomware")
    at = now()
    shown: dict[str, Any] = {
        "code": "cameras",
        "description": "Two cameras at the door.",
        "owner": "Caretaker",
        "by": new_id(),
    }
    owning.show(
        **shown, on=(at - timedelta(days=400)).date(), next_on=(at - timedelta(days=1)).date(), remark="folder 9", at=at
    )
    assert [one.check for one in selectors.failing()] == ["owner:cameras"]
    assert len(owed(house)) == 1
    (view,) = selectors.register(at, {"cameras"})
    assert (view.standing.state, view.standing.by_owner) == ("overdue", True)
    made = owning.show(
        **shown, on=at.date(), next_on=(at + timedelta(days=365)).date(), content=b"%PDF-1.7 a photograph", at=at
    )
    assert selectors.failing() == [] and owed(house) == []
    assert selectors.evidence_file(made) == ("application/pdf", b"%PDF-1.7 a photograph")
    assert selectors.register(at, {"cameras"})[0].standing.state == "held"


@pytest.mark.req("SEC-8")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"code": "backup"}, "measures.checked"),
        ({"next_on": timedelta(0)}, "measures.days"),
        ({"on": timedelta(days=1)}, "measures.days"),
        ({"remark": " "}, "measures.no_evidence"),
        ({"content": b"MZ\x90"}, "measures.form"),
        ({"content": b"%PDF-" + bytes(5 * 2**20)}, "measures.large"),
    ],
)
def test_evidence_that_cannot_be_is_refused(world: World, wrong: dict[str, object], code: str) -> None:
    today = now().date()
    given: dict[str, object] = {
        "code": "cameras", "description": "Cameras.", "owner": "Caretaker", "on": today, "remark": "folder 9",
        "next_on": today + timedelta(days=30), "by": new_id(), "at": now(),
    }  # fmt: skip
    given |= {name: today + value if isinstance(value, timedelta) else value for name, value in wrong.items()}
    with pytest.raises(BadEvidence) as refused:
        owning.show(**given)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert not Evidence.objects.exists()


@pytest.mark.req("SEC-9")
def test_a_part_that_is_gone_twice_is_out_until_it_answers_attributed_and_announced_once(house: House) -> None:
    at = now() - timedelta(hours=2)
    assert [outages.note("door", good, at=at + n * timedelta(seconds=30)) for n, good in enumerate([True, False])] == [
        0,
        0,
    ]
    with transaction.atomic():
        assert outages.note("door", False, at=at + timedelta(minutes=1)) == 1
        assert outages.note("door", False, at=at + timedelta(minutes=2)) == 0
        assert outages.note("door", True, at=at + timedelta(minutes=31)) == 1
    (row,) = selectors.outages()
    assert (row.began_at, row.restored_at) == (at, at + timedelta(minutes=31))
    by = new_id()
    with pytest.raises(BadOutage):
        outages.announce(outage_id=row.id, by=by, at=now())
    with pytest.raises(BadOutage):
        outages.attribute(outage_id=row.id, cause="supplier", words="ask max@inbox.example", by=by, at=now())
    outages.attribute(outage_id=row.id, cause="supplier", words="The data centre lost its line.", by=by, at=now())
    outages.announce(outage_id=row.id, by=by, at=now())
    assert told(row.id) >= 1
    assert told(row.id) == 0
    with scope(house.id):
        (served,) = [one for one in served_notices(count=50)[1] if one.kind == "service.outage"]
        assert served.about == row.id
    with scope(INSTANCE):
        kinds = [one.kind for one in record.entries(kind="outage.", limit=4)]
    assert kinds == ["outage.announced", "outage.attributed", "outage.restored", "outage.found"]
    (door,) = [one for one in selectors.availability(now()) if one.part == "door"]
    assert min(month.percent for month in door.months) < 100


@pytest.fixture
def keyless(world: World) -> House:
    """A controller whose keys were destroyed with its data, and whose rows are there still."""
    gone = registered("Gone Bakery")
    with scope(gone.id):
        vault.destroy_all(gone.id, at=now())
    return gone


@pytest.mark.req("SEC-4", "SEC-9")
def test_a_controller_whose_keys_are_destroyed_keeps_no_round_and_no_news_from_the_others(
    keyless: House, house: House, quick: dict[str, object]
) -> None:
    quick["backups"] = failed("no_backup")
    assert not round_now()
    assert selectors.runs(1)[0].failed == 1, "the round has ended"
    assert len(owed(house)) == 1
    del quick["backups"]
    assert round_now()
    assert owed(house) == [] and len(owed(house, "met")) == 1
    found = outages.report(part="door", began_at=now() - timedelta(hours=1), by=house.owner.user_id, at=now())
    outages.attribute(outage_id=found, cause="power", words="", by=house.owner.user_id, at=now(), ended=True)
    outages.announce(outage_id=found, by=house.owner.user_id, at=now())
    assert told(found) >= 1
    assert told(found) == 0
    with scope(house.id):
        assert [one.about for one in served_notices(count=50)[1] if one.kind == outages.KIND] == [found]
    assert not [one for one in vault_keys.standings() if one.controller_id == keyless.id and not one.opens]


@pytest.mark.req("SEC-4")
def test_one_controllers_trouble_stops_neither_the_round_nor_what_the_others_are_owed(
    house: House, quick: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    troubled, real = registered("Troubled Bakery"), agreements.ground

    def ground(at: datetime) -> Any:
        if current_controller() == troubled.id:
            raise RuntimeError("its keys are on a disk that is not mounted")
        return real(at)

    quick["backups"] = failed("no_backup")
    with monkeypatch.context() as broken:
        broken.setattr(agreements, "ground", ground)
        assert not round_now()
        assert selectors.runs(1)[0].failed == 1 and len(owed(house)) == 1 and owed(troubled) == []
        found = outages.report(part="door", began_at=now() - timedelta(hours=1), by=house.owner.user_id, at=now())
        outages.attribute(outage_id=found, cause="power", words="", by=house.owner.user_id, at=now())
        with pytest.raises(Untold):
            outages.tell(outage_id=found, at=now())
        one = selectors.outage(found)
        assert one is not None and one.notices >= 1, "those who were told are counted"
    assert not round_now()
    assert len(owed(troubled)) == 1 and len(owed(house)) == 1
    del quick["backups"]
    assert round_now()


@pytest.mark.req("SEC-9")
def test_a_time_in_which_no_worker_was_there_is_an_outage_that_is_over(world: World) -> None:
    at = now() - timedelta(hours=1)
    outages._alive(at)
    outages._alive(at + timedelta(minutes=2))
    assert selectors.outages() == []
    with transaction.atomic():
        outages._alive(at + timedelta(minutes=20))
    (row,) = selectors.outages()
    assert (row.part, row.found_by) == ("workers", "pulse")
    assert (row.began_at, row.restored_at) == (at + timedelta(minutes=2), at + timedelta(minutes=20))


@pytest.mark.req("SEC-9")
def test_an_outage_that_somebody_reports_has_times_that_can_be(world: World) -> None:
    by, at = new_id(), now()
    with pytest.raises(BadOutage):
        outages.report(part="console", began_at=at + timedelta(hours=1), by=by, at=at)
    made = outages.report(part="console", began_at=at - timedelta(hours=1), by=by, at=at)
    with pytest.raises(BadOutage):
        outages.report(part="console", began_at=at - timedelta(hours=2), by=by, at=at)
    outages.attribute(outage_id=made, cause="power", words="", by=by, at=at, ended=True)
    found = selectors.outage(made)
    assert found is not None and found.restored_at == at
    assert outages.note("console", True, at=at) == 0


def test_two_that_ask_at_once_get_the_same_round(world: World) -> None:
    first, second = checking.ask(by=new_id(), at=now()), checking.ask(by=new_id(), at=now())
    assert first == second
    assert Run.objects.exclude(state="ended").count() == 1
    assert isinstance(first, UUID)


def test_what_the_clean_start_takes_away_is_all_of_it() -> None:
    assert not any(model.objects.exists() for model in (Failure, Outage, Pulse, Evidence, Measure))
