"""What a controller does about a breach: its own report, the authority in 72 hours, messages to people, drills."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mandata.accounts import selectors as accounts
from mandata.accounts.models import Notice
from mandata.accounts.services import notices as outbox
from mandata.agreements.models import Obligation, Served
from mandata.agreements.selectors import obligations
from mandata.agreements.services import obligations as duties
from mandata.audience import services as audience
from mandata.audience.rules.bases import Reason
from mandata.audits.services import evidence
from mandata.holdings import selectors as held
from mandata.holdings import services as holdings
from mandata.incidents import form
from mandata.incidents.errors import BadBreach, NoSuchBreach, WrongState
from mandata.incidents.models import Affected, Recipient, Share
from mandata.incidents.selectors import desk as desk_selectors
from mandata.incidents.selectors import register
from mandata.incidents.selectors import share as selectors
from mandata.incidents.services import authority, desk, drills, people, reports
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors as record
from tests.incidents.cast import OPERATOR, arrived, bound, opened, over, peopled, share, told
from tests.world import Customer, World


def told_of_one(world: World, *emails: str, **more: Any) -> tuple[Customer, Share]:
    """A controller that was told of a breach over these people of its."""
    house = bound(world)
    peopled(house, emails or ["a@inbox.example"])
    breach = opened(**more)
    over(breach, house)
    told(breach)
    arrived(breach, house, at=now())
    return house, share(breach, house)


@pytest.mark.req("BRE-7")
def test_a_controllers_own_report_meets_its_duty_reaches_us_and_opens_the_breach_at_the_desk(world: World) -> None:
    house = bound(world, agreement="ecomail")
    aware = now() - timedelta(hours=3)
    with scope(house.id):
        mine = reports.report(words="Our laptop was stolen.", aware_at=aware, actor=house.member, at=now())
        row = Share.objects.get(id=mine)
        owed = Obligation.objects.get(duty="breach.notify", about=mine)
        assert (owed.owed_by, owed.owed_to, owed.state) == ("controller", "processor", "met")
        assert Obligation.objects.get(duty="breach.authority", about=mine).since == aware
        served = Served.objects.get(about=mine, party="processor")
        assert served.notice and "Our laptop was stolen." in outbox.contents(served.notice)["text"]
    for _twice in range(2):
        reports.take_up(controller_id=house.id, share_id=mine, at=now())
    view = desk_selectors.breach(row.breach, at=now())
    assert view.row.origin == "controller" and view.row.controllers == 0
    assert "laptop" not in str(view.facts), "its words stay with it"
    assert view.handling and view.handling.state == "open"


def test_a_report_sent_twice_is_one(world: World) -> None:
    from mandata.infra.clock import new_id

    house, breach = bound(world), new_id()
    with scope(house.id):
        said = {"words": "Lost.", "aware_at": now(), "actor": house.member, "at": now(), "breach_id": breach}
        assert reports.report(**said) == reports.report(**said)  # type: ignore[arg-type]
        with pytest.raises(BadBreach):
            reports.report(words=" ", aware_at=now(), actor=house.member, at=now())
        with pytest.raises(BadBreach):
            reports.report(words="x", aware_at=now() + timedelta(days=1), actor=house.member, at=now())


@pytest.mark.req("BRE-3")
def test_the_form_is_filled_in_from_what_we_know_and_the_officer_goes_before_us(world: World) -> None:
    house, mine = told_of_one(world, "a@inbox.example", "b@inbox.example", consequences="Unwanted mail.")
    with scope(house.id):
        authority.fill(
            share_id=mine.id,
            values={"authority": "ÚOOÚ", "measures": "We told everybody."},
            actor=house.member,
            at=now(),
        )
        data = form.data(mine.id, at=now())
        assert data["nature"]["subjects"] == 2 and data["consequences"] == "Unwanted mail."
        assert data["measures"] == "We told everybody." and data["authority"] == "ÚOOÚ" and data["lacking"] == []
        assert {one["key"] for one in data["nature"]["categories"]} >= {"subscribers", "subscriptions"}
        assert data["times"]["due"]
        assert form.as_pdf(mine.id, language="cs", at=now()).startswith(b"%PDF")


@pytest.mark.req("BRE-3")
def test_the_notification_to_the_authority_is_evidence_and_after_its_time_needs_reasons(world: World) -> None:
    house, mine = told_of_one(world)
    with scope(house.id):
        with pytest.raises(BadBreach):
            authority.sent(share_id=mine.id, when=now(), proof=" ", actor=house.member, at=now())
        late = now() + timedelta(hours=80)
        with pytest.raises(BadBreach, match="reasons for the delay"):
            authority.sent(share_id=mine.id, when=late, proof="file 7", actor=house.member, at=late)
        authority.sent(share_id=mine.id, when=now(), proof="file 7", actor=house.member, at=now())
        assert Obligation.objects.get(duty="breach.authority").state == "met"
        with pytest.raises(WrongState):
            authority.not_needed(share_id=mine.id, reason="no risk", actor=house.member, at=now())
        assert register.own()[0]["authority"] == "sent"


@pytest.mark.req("BRE-3", "BRE-5")
def test_where_no_risk_is_likely_that_is_documented_with_its_reason(world: World) -> None:
    house, mine = told_of_one(world)
    with scope(house.id):
        with pytest.raises(BadBreach):
            authority.not_needed(share_id=mine.id, reason="", actor=house.member, at=now())
        authority.not_needed(share_id=mine.id, reason="The copy was encrypted.", actor=house.member, at=now())
        assert Obligation.objects.get(duty="breach.authority").state == "lapsed"
        authority.document(share_id=mine.id, effects="None", remedies="=Key changed", actor=house.member, at=now())
        (row,) = register.own()
        assert (row["authority"], row["authority_words"]) == ("not_needed", "The copy was encrypted.")
        assert b"'=Key changed" in register.as_csv([row], register.OWN)
        kinds = {entry.kind for entry in record.entries(kind="breach.")}
        assert kinds == {"breach.told_first", "breach.arrived", "breach.authority_not_needed", "breach.documented"}


@pytest.mark.req("BRE-6")
def test_people_are_told_on_instruction_the_unsubscribed_too_the_erased_not_and_each_once(world: World) -> None:
    house, mine = told_of_one(world, *(f"p{number}@inbox.example" for number in range(5)))
    with scope(house.id):
        audience.suppress(email="p1@inbox.example", reason=Reason.OBJECTION, actor=house.member, at=now())
        made = people.prepare(
            share_id=mine.id, heading="What happened", text="Change it.", actor=house.member, at=now()
        )
        assert selectors.telling(made).people == 5
        assert not Notice.objects.filter(kind="breach.people").exists(), "nothing before the instruction"
        gone = held.subject_by_address("p2@inbox.example")
        assert gone is not None
        holdings.erase(subject=gone, ground="objection", actor=house.member, at=now())
        with pytest.raises(WrongState, match="as many people"):
            people.confirm(telling_id=made, people=4, actor=house.member, at=now())
        people.confirm(telling_id=made, people=5, actor=house.member, at=now())
    people.BATCH, before = 2, people.BATCH  # type: ignore[misc]
    try:
        assert people.run_slice(controller_id=house.id, telling_id=made, seconds=0, queue=False)
        with scope(house.id):
            assert selectors.telling(made).sent == 2
        assert not people.run_slice(controller_id=house.id, telling_id=made, queue=False)
        assert not people.run_slice(controller_id=house.id, telling_id=made, queue=False)
    finally:
        people.BATCH = before  # type: ignore[misc]
    with scope(house.id):
        sent = [
            outbox.contents(one)["to"]
            for one in Notice.objects.filter(kind="breach.people").values_list("id", flat=True)
        ]
        assert sorted(sent) == [f"p{number}@inbox.example" for number in (0, 1, 3, 4)]
        row = selectors.telling(made)
        assert (row.state, row.sent, row.gone) == ("done", 4, 1)


@pytest.mark.req("BRE-6")
def test_a_worker_killed_in_the_middle_of_a_batch_sends_nothing_of_it_and_the_next_sends_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, mine = told_of_one(world, *(f"p{number}@inbox.example" for number in range(4)))
    with scope(house.id):
        made = people.prepare(
            share_id=mine.id, heading="What happened", text="Change it.", actor=house.member, at=now()
        )
        people.confirm(telling_id=made, people=4, actor=house.member, at=now())
    calls, real = [0], outbox.send_notice

    def dies(**said: object) -> object:
        calls[0] += 1
        if calls[0] == 3:
            raise KeyboardInterrupt
        return real(**said)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(people, "send_notice", dies)
        with pytest.raises(KeyboardInterrupt):
            people.run_slice(controller_id=house.id, telling_id=made, queue=False)
    with scope(house.id):
        assert not Notice.objects.filter(kind="breach.people").exists()
    people.run_slice(controller_id=house.id, telling_id=made, queue=False)
    with scope(house.id):
        assert Notice.objects.filter(kind="breach.people").count() == 4
        assert Recipient.objects.filter(telling_id=made, notice=None).count() == 0


def test_another_controller_sees_nothing_of_it(world: World) -> None:
    _house, mine = told_of_one(world)
    other = bound(world, "Other")
    with scope(other.id):
        assert selectors.shares(at=now()) == [] and register.own() == []
        for act in (
            lambda: selectors.share(mine.id, at=now()),
            lambda: authority.not_needed(share_id=mine.id, reason="x", actor=other.member, at=now()),
            lambda: people.prepare(share_id=mine.id, heading="x", text="y", actor=other.member, at=now()),
        ):
            with pytest.raises(NoSuchBreach):
                act()


@pytest.mark.req("BRE-5")
def test_the_register_holds_facts_effects_and_corrective_measures_with_post_and_day_and_no_drill(world: World) -> None:
    _house, mine = told_of_one(world, measures="The hole is shut.")
    breach = mine.breach
    made = desk.correct(
        breach,
        what="Two factors for everybody",
        post="Head of operations",
        due_on=(now() + timedelta(days=2)).date(),
        actor=OPERATOR,
        at=now(),
    )
    with scope(INSTANCE):
        owed = obligations.correction(made, now())
        assert owed is not None and (owed.state, owed.post, owed.about) == ("open", "Head of operations", breach)
    listed = obligations.inbox(now(), owed_by="processor", count=1_000_000).rows
    assert owed.id in {one.id for one in listed}, "it stands where everything else stands that is owed"
    with scope(_house.id):
        known = selectors.known()
    rows = [one for one in evidence._corrections(known, now()) if one["id"] == made]
    assert [(one["state"], one["late"]) for one in rows] == [("open", False)]
    desk.corrected(made, proof="Ticket 12", actor=OPERATOR, at=now())
    with scope(INSTANCE):
        owed = obligations.correction(made, now())
        assert owed is not None and owed.state == "met"
    drill = opened(title="A drill", drill=True)
    mine_of = desk.correct(
        drill, what="Lists", post="Desk", due_on=(now() + timedelta(days=2)).date(), actor=OPERATOR, at=now()
    )
    with scope(INSTANCE):
        assert obligations.correction(mine_of, now()) is None, "a drill opens none"
    with pytest.raises(BadBreach):
        desk.close(breach, effects=" ", actor=OPERATOR, at=now())
    desk.contain(breach, actor=OPERATOR, at=now())
    desk.close(breach, effects="No misuse was seen.", actor=OPERATOR, at=now())
    opened(title="Only a drill", drill=True)
    (row,) = register.whole()
    assert (row["effects"], row["controllers"], row["subjects"], row["told"]) == ("No misuse was seen.", 1, 1, 1)
    assert row["corrections"][0]["proof"] == "Ticket 12" and b"Ticket 12" in register.as_csv([row], register.COLUMNS)
    with pytest.raises(WrongState):
        over(breach, holdings=["subscribers"])


def test_a_breach_is_not_closed_while_somebody_affected_is_not_told(world: World) -> None:
    house = bound(world)
    peopled(house, ["a@inbox.example"])
    breach = opened()
    over(breach, house)
    with pytest.raises(WrongState, match="Not everybody"):
        desk.close(breach, effects="None.", actor=OPERATOR, at=now())


@pytest.mark.req("BRE-1")
def test_a_drill_tells_who_takes_part_owes_nothing_and_leaves_a_measured_result(world: World) -> None:
    willing, unwilling = bound(world, "Willing"), bound(world, "Unwilling")
    for house in (willing, unwilling):
        peopled(house, ["a@inbox.example"])
    with scope(willing.id):
        drills.take_part(actor=willing.member, at=now())
        drills.take_part(actor=willing.member, at=now())
        assert selectors.drills()
    aware = now() - timedelta(minutes=10)
    breach = opened(aware=aware, title="Drill", drill=True)
    over(breach, willing, unwilling)
    told(breach)
    with scope(willing.id):
        (row,) = selectors.shares(at=now())
        assert row.drill and register.own() == []
        said = outbox.contents(Served.objects.get(about=row.id).notice)
        assert said["subject"].startswith("DRILL") and "No breach has happened" in said["text"]
        assert not Obligation.objects.filter(duty="breach.notify").exists()
        assert [one.kind for one in record.entries(kind="breach.")] == []
    with scope(unwilling.id):
        assert selectors.shares(at=now()) == [] and not Served.objects.exists()
        notice = Notice.objects.get(kind="breach_drill.notice")
        from mandata.infra.environment import env

        assert outbox.contents(notice.id)["to"] == env().operator_contact
    found = drills.measure(breach, actor=OPERATOR, at=now())
    assert (found.controllers, found.told, found.in_time) == (2, 2, 2) and 600 <= found.longest < 700
    with scope(INSTANCE):
        assert not Obligation.objects.filter(duty="breach.handling", about=breach).exists()
        assert Affected.objects.filter(breach_id=breach, told__gt=0).count() == 2
    assert accounts.exists(willing.id) and datetime.now(UTC)


@pytest.mark.req("BRE-6")
def test_the_message_of_a_drill_reaches_nobody_but_ourselves(world: World) -> None:
    house = bound(world)
    peopled(house, [f"p{number}@inbox.example" for number in range(3)])
    with scope(house.id):
        drills.take_part(actor=house.member, at=now())
    breach = opened(drill=True)
    over(breach, house)
    told(breach)
    mine = share(breach, house)
    with scope(house.id):
        made = people.prepare(share_id=mine.id, heading="What happened", text="x", actor=house.member, at=now())
        people.confirm(telling_id=made, people=3, actor=house.member, at=now())
    people.run_slice(controller_id=house.id, telling_id=made, queue=False)
    with scope(house.id):
        (notice,) = Notice.objects.filter(kind="breach.people")
        assert "inbox.example" not in outbox.contents(notice.id)["to"]


@pytest.mark.req("BRE-3")
@pytest.mark.parametrize(
    ("country", "name"),
    [("CZ", "Úřad pro ochranu osobních údajů"), ("AT", "Österreichische Datenschutzbehörde"), ("US", ""), ("DE", "")],
)
def test_the_form_names_the_authority_of_the_controllers_country_unless_the_officer_names_another(
    world: World, country: str, name: str
) -> None:
    from mandata.accounts.models import Controller

    house, mine = told_of_one(world)
    with scope(house.id):
        Controller.objects.update(country=country)
        assert form.data(mine.id, at=now())["authority"] == name
        told_in = " ".join(
            " ".join((part.text, *part.items))
            for chapter in form.document(mine.id, language="en", at=now()).chapters
            for part in chapter.paragraphs
            if part.key == "authority"
        )
        assert (name or "Not yet known.") in told_in and ("https://" in told_in) == bool(name)
        authority.fill(share_id=mine.id, values={"authority": "Another"}, actor=house.member, at=now())
        data = form.data(mine.id, at=now())
        assert (data["authority"], data["authority_page"]) == ("Another", "")


def test_what_the_operator_owes_itself_can_be_met_by_hand_with_a_reference(world: World) -> None:
    _house, mine = told_of_one(world)
    on = (now() + timedelta(days=2)).date()
    made = desk.correct(mine.breach, what="Lists", post="Desk", due_on=on, actor=OPERATOR, at=now())
    with scope(INSTANCE):
        owed = obligations.correction(made, now())
        assert owed is not None
        evidence = {"reference": "Ticket 12 of Otto"}
        duties.meet(obligation_id=owed.id, evidence=evidence, actor=OPERATOR, at=now())
        assert obligations.obligation(owed.id, now()).evidence["reference"] == "Ticket 12 of Otto"
        assert not any("Otto" in str(one.body) for one in record.entries(kind="obligation.met", limit=5))
    desk.corrected(made, proof="Ticket 12", actor=OPERATOR, at=now())
