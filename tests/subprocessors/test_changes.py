"""A change is told to each controller once, counted from the delivery, and opens the gate when both have run."""

from datetime import UTC, datetime, timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from mandata.accounts.services import controllers
from mandata.accounts.services.notices import contents
from mandata.agreements.models import Obligation, Served
from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.models import Entry
from mandata.subprocessors import selectors
from mandata.subprocessors.errors import BadEntry, NoSuchChange, WrongState
from mandata.subprocessors.models import ChangeNotice
from mandata.subprocessors.services import authorisations, changes, objections, register, telling
from tests.subprocessors.cast import OPERATOR, announced, bound, carrier, delivered, told
from tests.world import Customer, World
from tests.world.people import accept

NAME = "Carrier Pigeon Ltd"
SECOND = timedelta(seconds=1)


def gate(customer: Customer, at: object = None, name: str = NAME) -> str:
    """What the gate says: the code of the check that refuses, or nothing."""
    with scope(customer.id):
        verdict = selectors.may_disclose(name, now=at or now())  # type: ignore[arg-type]
    return "" if verdict.allowed else verdict.code


@pytest.mark.req("SPR-2", "SPR-5")
def test_the_gate_opens_for_a_controller_when_notice_and_window_have_run_and_not_a_second_before(world: World) -> None:
    bakery = bound(world)
    carrier()
    assert gate(bakery) == "disclose.listed", "planned, and nobody told"
    at = now()
    change = announced(at=at)
    assert gate(bakery, at) == "disclose.authorised", "not told yet"
    assert told(bakery, change, at=at)
    assert gate(bakery, at + timedelta(days=400)) == "disclose.authorised", "the notice never arrived"
    delivered(bakery, change, at=at + timedelta(hours=2))
    with scope(bakery.id):
        found = selectors.notice(change, at=at)
    assert found.in_time and found.delivered_at == at + timedelta(hours=2)
    assert gate(bakery, found.notice_until - SECOND) == "disclose.notice"
    assert gate(bakery, found.opens_at - SECOND) in ("disclose.notice", "disclose.window")
    assert gate(bakery, found.opens_at) == ""
    assert len(found.explanation) == 2 and "5 days" in found.explanation[1]


@pytest.mark.req("SPR-2")
def test_the_notice_says_what_changes_when_until_when_it_may_object_and_how(world: World) -> None:
    bakery = bound(world)
    carrier(contact="dpo@pigeon.example", privacy_url="https://pigeon.example/privacy", address="1 Loft Lane, Hamburg")
    change = announced(planned=now() + timedelta(days=60))
    told(bakery, change, at=now())
    with scope(bakery.id):
        served = Served.objects.get(about=change)
        said = contents(served.notice)
        opened = dict(Obligation.objects.filter(about=change).values_list("duty", "state"))
    assert served.kind == "subprocessor.change" and said["to"] == "office@bakery.example"
    for word in (NAME, "delivery of e-mail", "Germany", "dpo@pigeon.example", "1 Loft Lane", "may object", "log in at"):
        assert word in said["text"], said["text"]
    assert opened == {"subprocessor.notice": "open"}, "ours, until the notice has arrived"
    delivered(bakery, change, at=now())
    with scope(bakery.id):
        opened = dict(Obligation.objects.filter(about=change).values_list("duty", "state"))
    assert opened == {"subprocessor.notice": "met", "subprocessor.objection": "open"}


def test_nobody_is_told_twice_and_nothing_is_told_without_an_agreement(world: World) -> None:
    bakery, stranger = bound(world), world.controller("Without agreement")
    carrier()
    change = announced()
    assert [told(bakery, change, at=now()) for _ in range(3)] == [True, False, False]
    assert not told(stranger, change, at=now())
    with scope(bakery.id):
        assert Served.objects.filter(about=change).count() == 1
        controllers.move(state="ended", reason="notice", actor=SYSTEM, at=now())
    other = carrier("Second Ltd")
    assert not told(bakery, announced("Second Ltd"), at=now()), other


@pytest.mark.req("SPR-7")
def test_what_stood_in_the_register_at_the_acceptance_is_authorised_and_what_came_later_is_not(world: World) -> None:
    at = now()
    carrier("Old Hand Ltd", active=True, at=at - timedelta(days=9))
    bakery = bound(world, at=at - timedelta(days=5))
    carrier("Newcomer Ltd", active=True, at=at)
    assert gate(bakery, name="Old Hand Ltd") == ""
    assert gate(bakery, name="Newcomer Ltd") == "disclose.authorised"
    with scope(bakery.id):
        grounds = {one.name: one.ground for one in selectors.authorised(now=now())}
    assert grounds == {"Old Hand Ltd": "list", "Newcomer Ltd": "none"}


@pytest.mark.req("SPR-7")
def test_who_accepts_after_an_announcement_has_agreed_to_it_and_waits_for_its_day_only(world: World) -> None:
    carrier()
    at = now()
    change = announced(at=at, planned=at + timedelta(days=3))
    bakery = bound(world, at=at + SECOND)
    assert not told(bakery, change, at=at + timedelta(minutes=5))
    assert gate(bakery, at + timedelta(days=2)) == "disclose.listed"
    assert gate(bakery, at + timedelta(days=3)) == ""


@pytest.mark.req("SPR-7")
def test_names_and_classes_of_the_agreement_need_no_window(world: World) -> None:
    bakery = bound(world)
    carrier("Twilio Inc.", active=True, country="IE")
    carrier("Code and Sons s.r.o.", active=True, classes=("specialists",))
    carrier("Group Sister Ltd", active=True, classes=("group",))
    assert gate(bakery, name="Twilio Inc.") == ""
    assert gate(bakery, name="Code and Sons s.r.o.") == ""
    assert gate(bakery, name="Group Sister Ltd") == "disclose.authorised", "ECO-A 3.9 knows no such class"


@pytest.mark.req("SPR-4", "SPR-6")
def test_contract_own_choice_and_written_consent(world: World) -> None:
    bakery = bound(world)
    carrier("Handshake Ltd", active=True, contract_on=None)
    carrier("Waiting Ltd", active=True)
    with scope(bakery.id):
        authorisations.give(subprocessor="Waiting Ltd", actor=bakery.member, at=now())
    assert gate(bakery, name="Waiting Ltd") == ""
    assert gate(bakery, name="Handshake Ltd") == "disclose.contract"
    with scope(bakery.id):
        authorisations.give(subprocessor="Handshake Ltd", actor=bakery.member, at=now(), ground="chosen")
        with pytest.raises(Exception, match="Only the controller"):
            authorisations.give(subprocessor="Handshake Ltd", actor=OPERATOR, at=now())
    assert gate(bakery, name="Handshake Ltd") == "", "chosen by the controller, so not ours"
    with scope(bakery.id):
        assert authorisations.take_back(subprocessor="Waiting Ltd", actor=bakery.member, at=now())
        assert not authorisations.take_back(subprocessor="Waiting Ltd", actor=bakery.member, at=now())
    assert gate(bakery, name="Waiting Ltd") == "disclose.authorised"


def test_another_controllers_notices_objections_and_consents_are_nobody_elses(world: World) -> None:
    bakery, mill = bound(world), bound(world, "Mill", contact="office@mill.example")
    carrier()
    change = announced()
    told(bakery, change, at=now())
    with scope(bakery.id):
        objections.object_to(change_id=change, words="No.", actor=bakery.member, at=now())
    with scope(mill.id):
        assert selectors.notices(at=now()) == [] and selectors.objections() == []
        with pytest.raises(NoSuchChange):
            selectors.notice(change, at=now())
        authorisations.give(subprocessor=NAME, actor=mill.member, at=now())
    assert (gate(mill), gate(bakery)) == ("", "disclose.authorised")


@pytest.mark.req("TRF-3")
def test_an_expired_or_struck_down_mechanism_shuts_the_gate(world: World) -> None:
    bakery = bound(world)
    carrier("Google Ireland Ltd.", active=True, country="US")
    assert gate(bakery, name="Google Ireland Ltd.") == "transfer.mechanism"
    today = now().date()
    shield = register.Resting("privacy_shield", today.replace(year=2016), reference="2016/1250")
    register.mechanism("Google Ireland Ltd.", shield, actor=OPERATOR, at=now())
    assert gate(bakery, name="Google Ireland Ltd.") == "transfer.mechanism", "lapsed on 16 July 2020, whoever keeps it"
    clauses = register.Resting("scc", today - timedelta(days=9), today + timedelta(days=9))
    kept = register.mechanism("Google Ireland Ltd.", clauses, actor=OPERATOR, at=now())
    assert gate(bakery, name="Google Ireland Ltd.") == ""
    assert gate(bakery, now() + timedelta(days=11), "Google Ireland Ltd.") == "transfer.mechanism"
    register.lapse(kept, on=today, actor=OPERATOR, at=now(), struck_down=True)
    assert gate(bakery, name="Google Ireland Ltd.") == "transfer.mechanism"


@pytest.mark.req("SPR-2")
def test_a_change_so_far_ahead_that_nobody_could_be_told_its_days_is_not_announced(world: World) -> None:
    bakery = bound(world)
    carrier()
    with pytest.raises(BadEntry) as refused:
        announced(planned=datetime(9999, 12, 31, tzinfo=UTC))
    assert refused.value.remedy
    assert told(bakery, announced(planned=now() + timedelta(days=730)), at=now())


@pytest.mark.req("SPR-2", "SPR-3")
def test_the_end_of_a_sub_processor_withdraws_what_was_announced_of_it_and_that_is_told(world: World) -> None:
    bakery = bound(world)
    carrier()
    change = announced(planned=now() + timedelta(days=60))
    told(bakery, change, at=now())
    with scope(bakery.id):
        objections.object_to(change_id=change, words="no", actor=bakery.member, at=now())
    register.end(NAME, actor=OPERATOR, at=now())
    jobs = ProcrastinateJob.objects.filter(task_name=changes.SPREAD, args__change_id=str(change))
    assert [job.args["verb"] for job in jobs.order_by("id")] == [changes.TELL, changes.RETRACT]
    assert telling.retract(bakery.id, changes.row(change), at=now())
    with scope(bakery.id):
        assert not Obligation.objects.filter(state="open").exists()
        assert [one.state for one in selectors.objections()] == ["resolved"]


@pytest.mark.req("SPR-2")
def test_nobody_is_told_of_a_change_that_was_withdrawn_while_its_batch_was_at_work(world: World) -> None:
    bakery = bound(world)
    carrier()
    change = announced(planned=now() + timedelta(days=60))
    held = changes.row(change)  # as the job reads it, once for its batch
    changes.withdraw(change, actor=OPERATOR, at=now())
    assert not telling.tell(bakery.id, held, at=now())


@pytest.mark.req("TRF-2")
def test_a_change_of_country_waits_for_notice_and_window_and_can_be_opposed(world: World) -> None:
    at = now()
    carrier("Amazon.com Inc.", active=True, country="IE", at=at)
    bakery, mill = bound(world), bound(world, "Mill", contact="office@mill.example")
    late = bound(world, "Latecomer", contact="office@late.example", at=at + timedelta(days=20))
    change = announced("Amazon.com Inc.", kind="country", country="CH", planned=at + timedelta(days=10))
    for one in (bakery, mill):
        assert told(one, change, at=at)
        delivered(one, change, at=at + timedelta(days=8 if one is mill else 0))
    with scope(bakery.id):
        filed = objections.object_to(change_id=change, words="It stays here.", actor=bakery.member, at=at)
    for one in (bakery, mill):
        assert gate(one, at + timedelta(days=9), "Amazon.com Inc.") == "", "it has not moved yet"
    assert gate(bakery, at + timedelta(days=10), "Amazon.com Inc.") == "disclose.objection"
    assert gate(mill, at + timedelta(days=10), "Amazon.com Inc.") in ("disclose.notice", "disclose.window")
    assert gate(mill, at + timedelta(days=21), "Amazon.com Inc.") == ""
    assert gate(late, at + timedelta(days=21), "Amazon.com Inc.") == "", "accepted with the new country in the register"
    assert changes.take_effect(at=at + timedelta(days=10)) == 1
    assert selectors.find("Amazon.com Inc.").country == "CH"
    with scope(bakery.id):
        objections.withdraw(objection_id=filed, actor=bakery.member, at=at + timedelta(days=11))
    assert gate(bakery, at + timedelta(days=11), "Amazon.com Inc.") == ""


def test_a_notice_that_comes_back_shuts_the_gate_again(world: World) -> None:
    bakery = bound(world)
    carrier()
    at = now()
    change = announced(at=at)
    told(bakery, change, at=at)
    delivered(bakery, change, at=at)
    assert gate(bakery, at + timedelta(days=30)) == ""
    with scope(bakery.id):
        Served.objects.filter(about=change).update(deemed_at=None)
    assert gate(bakery, at + timedelta(days=30)) == "disclose.authorised"
    assert not telling.count(bakery.id, changes.row(change), at=at)
    with scope(bakery.id):
        assert selectors.notice(change, at=at).delivered_at is None


def test_the_same_change_is_announced_once_and_what_cannot_follow_is_refused(world: World) -> None:
    carrier()
    carrier("At Work Ltd", active=True)
    day = now() + timedelta(days=30)
    change = announced(planned=day)
    assert announced(planned=day) == change
    with scope(INSTANCE):
        kept = [canonical.loads(bytes(row.leaf)) for row in Entry.objects.filter(kind="subprocessor.announced")]
    assert sum(one["body"]["change"] == str(change) for one in kept) == 1
    with pytest.raises(WrongState):
        announced(planned=day + timedelta(days=1))
    for wrong in (
        {"name": "At Work Ltd"},
        {"name": "At Work Ltd", "kind": "country"},
        {"name": "At Work Ltd", "kind": "country", "country": "DE"},
        {"name": "At Work Ltd", "kind": "country", "country": "Mars"},
        {"name": "At Work Ltd", "kind": "country", "country": "US", "at": day, "planned": now()},
        {"name": "At Work Ltd", "kind": "moon"},
    ):
        with pytest.raises((WrongState, BadEntry)):
            announced(**wrong)


def test_a_replacement_takes_effect_and_the_old_one_works_until_it_is_ended(world: World) -> None:
    carrier("Old Ltd", active=True)
    carrier("New Ltd")
    at = now()
    announced("New Ltd", kind="replace", replaces="Old Ltd", at=at, planned=at + timedelta(days=40))
    assert selectors.find("New Ltd").coming[0].replaces == "Old Ltd"
    assert changes.take_effect(at=at + timedelta(days=39)) == 0
    assert [changes.take_effect(at=at + timedelta(days=40)) for _ in range(2)] == [1, 0]
    assert {one.name: one.state for one in selectors.register()} == {"Old Ltd": "active", "New Ltd": "active"}
    register.end("Old Ltd", actor=OPERATOR, at=now())
    assert [one.name for one in selectors.register()] == ["New Ltd"]


def test_a_change_that_is_withdrawn_is_told_and_settles_its_objections(world: World) -> None:
    bakery = bound(world)
    carrier()
    change = announced(planned=now() + timedelta(days=30))
    told(bakery, change, at=now())
    with scope(bakery.id):
        objections.object_to(change_id=change, words="No.", actor=bakery.member, at=now())
    changes.withdraw(change, actor=OPERATOR, at=now())
    changes.withdraw(change, actor=OPERATOR, at=now())
    assert [telling.retract(bakery.id, changes.row(change), at=now()) for _ in range(2)] == [True, False]
    with scope(bakery.id):
        assert [one.state for one in selectors.objections()] == ["resolved"]
        assert Served.objects.filter(kind="subprocessor.retracted").count() == 1
        assert set(Obligation.objects.filter(about=change).values_list("state", flat=True)) <= {"met", "lapsed"}
    assert gate(bakery, now() + timedelta(days=90)) == "disclose.listed"
    with pytest.raises(NoSuchChange):
        changes.withdraw(new_id(), actor=OPERATOR, at=now())


def test_silence_on_a_new_version_authorises_nobody_whose_window_is_open(world: World) -> None:
    bakery = bound(world)
    carrier()
    at = now()
    change = announced(at=at)
    told(bakery, change, at=at)
    from mandata.agreements.models import Agreement

    with scope(bakery.id):
        Agreement.objects.filter(state="in_force").update(how="silence", accepted_at=at, effective_at=at)
    assert gate(bakery, at + timedelta(days=1)) == "disclose.authorised"
    with scope(bakery.id):
        Agreement.objects.filter(state="in_force").update(how="expressly")
    assert gate(bakery, at + timedelta(days=1)) == ""


@pytest.mark.req("SPR-5")
def test_who_stands_behind_a_sub_processor_must_be_authorised_too(world: World) -> None:
    at = now()
    carrier("Front Ltd", active=True, at=at - timedelta(days=9))
    bakery = bound(world, at=at - timedelta(days=5))
    assert gate(bakery, name="Front Ltd") == ""
    carrier("Behind Ltd", active=True, parent="Front Ltd")
    assert gate(bakery, name="Front Ltd") == "disclose.authorised"
    with scope(bakery.id):
        authorisations.give(subprocessor="Behind Ltd", actor=bakery.member, at=now())
    assert gate(bakery, name="Front Ltd") == ""


def test_nothing_goes_to_a_name_that_nobody_knows_or_without_an_agreement(world: World) -> None:
    bakery, stranger = bound(world), world.controller("Without agreement")
    carrier("Known Ltd", active=True)
    assert gate(bakery, name="Nobody Ltd") == "disclose.listed"
    assert gate(stranger, name="Known Ltd") == "agreement.in_force"
    with scope(stranger.id):
        accept(stranger.member)
    assert gate(stranger, name="Known Ltd") == ""


def test_the_gate_asks_one_query_beside_the_agreement(world: World) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    bakery = bound(world)
    carrier("Known Ltd", active=True)
    with scope(bakery.id):
        on = selectors.basis(now())
        with CaptureQueriesContext(connection) as asked:
            assert not selectors.may_disclose("Known Ltd", now=now(), on=on).allowed
    assert len(asked) <= 1


def test_the_notices_row_is_kept_when_its_controller_is_told(world: World) -> None:
    bakery = bound(world)
    carrier()
    change = announced()
    told(bakery, change, at=now())
    with scope(bakery.id):
        row = ChangeNotice.objects.get(change=change)
        kinds = [one.kind for one in Entry.objects.order_by("id")]
    assert row.served is not None and row.clause == "subprocessor.notice" and row.source == "ECO-A 3.8"
    assert "subprocessor.change_told" in kinds and "notice.served" in kinds


@pytest.mark.parametrize("name", ["icewarp", "everymail", "acomware", "imagicle"])
@pytest.mark.req("SPR-2")
def test_where_publication_would_do_the_notice_is_sent_all_the_same(world: World, name: str) -> None:
    from mandata.agreements import library
    from mandata.agreements.models import Agreement

    bakery = bound(world)
    with scope(bakery.id):
        Agreement.objects.update(name=name, terms=library.source(name))
    carrier()
    change = announced()
    assert told(bakery, change, at=now())
    delivered(bakery, change, at=now())
    with scope(bakery.id):
        found = selectors.notice(change, at=now())
        duties = set(Obligation.objects.filter(about=change).values_list("duty", "state"))
    assert found.notice is not None and found.source == library.load(name).source("subprocessor.notice")
    assert duties == {("subprocessor.notice", "met"), ("subprocessor.objection", "open")}
    assert gate(bakery, found.opens_at - SECOND) and not gate(bakery, found.opens_at)
