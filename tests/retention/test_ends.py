"""Notice, withdrawal, choice, taking effect, reminding: each once, by whom may, told and recorded."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mandata.accounts import selectors as accounts
from mandata.accounts.services import notices as outbox
from mandata.agreements import selectors as agreements
from mandata.agreements import services as agreement
from mandata.agreements.errors import NotAuthorised
from mandata.agreements.selectors import obligations as obliged
from mandata.campaigns.models import Campaign
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from mandata.retention.errors import Ending, NoSuchEnd, ReasonsMissing, TooEarly
from mandata.retention.rules import ending as rules
from mandata.retention.selectors import ends as selectors
from mandata.retention.services import ends
from tests.retention.house import OPERATOR
from tests.world.people import House, accept, joined, registered

pytestmark = [pytest.mark.req("RET-2"), pytest.mark.usefixtures("world")]


def house(name: str = "") -> House:
    """A registered controller, under an agreement by its name."""
    made = registered("Ending Bakery", agreed=not name)
    if name:
        with scope(made.id):
            accept(made.owner.actor, name=name)
    return made


def given(made: House, **changes: Any) -> UUID:
    """The owner's notice."""
    with scope(made.id):
        return ends.give_notice(
            **{"by": "controller", "reason": "notice", "actor": made.owner.actor, "at": now(), **changes}
        )


def stands(made: House) -> selectors.EndView:
    """How the end stands."""
    with scope(made.id):
        found = selectors.current()
    assert found is not None
    return found


def owed(made: House, end: UUID, at: Any = None) -> dict[str, str]:
    """What is owed about an end: duty -> state."""
    with scope(made.id):
        return {one.duty: one.state for one in obliged.about(end, at or now())}


def mails(made: House, kind: str) -> list[dict[str, Any]]:
    """The mails of a kind in the outbox."""
    with scope(made.id):
        return [outbox.contents(one["id"]) for one in accounts.notices() if one["kind"] == kind]


def test_a_notice_takes_effect_on_its_day_and_opens_the_clauses_timetable() -> None:
    made = house("imagicle")
    end = given(made, effective=now() + timedelta(days=10))
    assert stands(made).state == "noticed"
    assert {"end.access", "end.grace", "end.request"} <= set(owed(made, end))
    with scope(made.id):
        assert agreements.in_force(now()) is not None
        assert agreements.in_force(now() + timedelta(days=11)) is None
        ends.proceed(at=now())
        assert accounts.state() == "active"
        ends.proceed(at=now() + timedelta(days=11))
        assert accounts.state() == "ended"
    assert stands(made).state == "ended"


def test_sending_stops_at_the_end() -> None:
    made = house()
    given(made)
    with scope(made.id):
        assert not agreements.may_process("send", now=now()).allowed


def test_both_sides_and_all_members_are_told() -> None:
    made = house()
    joined(made, "marketer")
    before = len(mails(made, "end.members"))
    given(made, words="We move to another place.")
    assert len(mails(made, "end.members")) - before == 2
    (letter,) = mails(made, "end.notice")
    assert "We move to another place." in letter["text"]
    with scope(made.id):
        (entry,) = record.entries(kind="retention.end_noticed")
    assert "another place" not in str(entry.body)


def test_only_who_can_bind_the_controller_gives_its_notice() -> None:
    made = house()
    reader = joined(made, "reader")
    with scope(made.id), pytest.raises(NotAuthorised):
        ends.give_notice(by="controller", reason="notice", actor=reader.actor, at=now())
    with scope(made.id), pytest.raises(NotAuthorised):
        ends.give_notice(by="controller", reason="notice", actor=Actor("member", new_id()), at=now())


def test_a_second_notice_is_refused() -> None:
    made = house()
    given(made, effective=now() + timedelta(days=5))
    with pytest.raises(Ending):
        given(made)


def test_withdrawn_in_time_the_agreement_goes_on_and_can_end_again() -> None:
    made = house("imagicle")
    end = given(made, effective=now() + timedelta(days=5))
    with scope(made.id):
        ends.withdraw(actor=made.owner.actor, at=now())
        assert selectors.current() is None
        found = agreements.in_force(now() + timedelta(days=50))
        assert found is not None
        assert found.state == "in_force"
        assert agreements.standing_instruction(now() + timedelta(days=50))
    assert set(owed(made, end).values()) == {"lapsed"}
    again = given(made, effective=now() + timedelta(days=7))
    assert owed(made, again)["end.access"] == "open"


def test_what_has_taken_effect_cannot_be_withdrawn() -> None:
    made = house()
    given(made)
    with scope(made.id), pytest.raises(Ending):
        ends.withdraw(actor=made.owner.actor, at=now())


def test_one_side_cannot_withdraw_the_others_notice() -> None:
    made = house("ecomail")
    with scope(made.id):
        since = rules.earliest(selectors.terms(now()), now())[0]
        ends.give_notice(by="processor", reason="law", words="So it is.", effective=since, actor=OPERATOR, at=now())
    with scope(made.id), pytest.raises(Ending):
        ends.withdraw(actor=made.owner.actor, at=now())
    with scope(made.id):
        ends.withdraw(actor=OPERATOR, at=now())


@pytest.mark.req("OPS-2")
def test_the_processor_gives_reasons_and_thirty_days() -> None:
    made = house("ecomail")
    told: dict[str, Any] = {"by": "processor", "reason": "serious_breach", "actor": OPERATOR, "at": now()}
    with scope(made.id), pytest.raises(ReasonsMissing) as wordless:
        ends.give_notice(**told, effective=now() + timedelta(days=90))
    assert wordless.value.clause == "closure.notice"
    with scope(made.id), pytest.raises(TooEarly):
        ends.give_notice(**told, words="Complaints.", effective=now() + timedelta(days=29))
    with scope(made.id):
        since = rules.earliest(selectors.terms(now()), now())[0]
        end = ends.give_notice(**told, words="Complaints.", effective=since)
        assert selectors.reasons(end) == "Complaints."
    assert owed(made, end)["closure.notice"] == "met"
    (letter,) = mails(made, "end.notice")
    assert "Complaints." in letter["text"]


@pytest.mark.req("RET-3")
def test_asking_for_a_return_opens_its_duty_and_ends_the_silence() -> None:
    made = house("ecomail")
    end = given(made)
    assert owed(made, end)["end.reminder"] == "open"
    with scope(made.id):
        ends.choose(choice="both", actor=made.owner.actor, at=now())
        ends.choose(choice="both", actor=made.owner.actor, at=now())
    found = owed(made, end)
    assert found["end.return"] == "open"
    assert found["end.reminder"] == "lapsed"
    with scope(made.id):
        assert len(record.entries(kind="retention.end_chosen")) == 1


def test_silence_is_followed_by_the_reminder_and_then_by_its_own_period() -> None:
    made = house("ecomail")
    end = given(made)
    with scope(made.id):
        ends.proceed(at=now() + timedelta(days=1000))
        assert selectors.end(end).reminded_at is None
        later = now() + timedelta(days=1110)
        ends.proceed(at=later)
        ends.proceed(at=later)
        assert selectors.end(end).reminded_at == later
    found = owed(made, end, later)
    assert found["end.reminder"] == "met"
    assert found["end.silence"] == "open"
    assert len(mails(made, "end.reminder")) == 1


@pytest.mark.req("RET-4")
def test_content_on_the_engine_is_destroyed_at_once_where_the_clause_says_so() -> None:
    for name, body in (("acomware", ""), ("imagicle", "<mjml>")):
        made = house(name)
        with scope(made.id):
            Campaign.objects.create(
                number=1, name="Spring", body="<mjml>", created_by=new_id(), created_at=now(), updated_at=now()
            )
        given(made)
        with scope(made.id):
            assert [row.body for row in Campaign.objects.all()] == [body]


def test_a_plan_is_taken_where_the_clause_knows_one() -> None:
    made, other = house("icewarp"), house("acomware")
    for one in (made, other):
        given(one)
    until = now() + timedelta(days=90)
    with scope(made.id):
        ends.plan(until=until, actor=OPERATOR, at=now())
        assert selectors.current().plan_until == until  # type: ignore[union-attr]
    with scope(other.id), pytest.raises(Ending):
        ends.plan(until=until, actor=OPERATOR, at=now())


def test_access_ends_by_the_clause() -> None:
    made = house("imagicle")
    given(made)
    with scope(made.id):
        assert selectors.access(now()) == rules.EXPORT
        after = now() + timedelta(days=35)
        assert selectors.access(after) == rules.NONE
        ends.proceed(at=after)
        found = selectors.current()
    assert found is not None
    assert found.access_ended_at == after
    assert owed(made, found.id, after)["end.access"] == "met"


def test_an_end_that_came_otherwise_is_taken_on() -> None:
    made = house("imagicle")
    with scope(made.id):
        agreement.end(actor=made.owner.actor, at=now(), by="disagreement")
        ends.proceed(at=now())
        ends.proceed(at=now())
        found = selectors.current()
    assert found is not None
    assert (found.state, found.reason) == ("ended", "disagreement")
    with scope(made.id):
        shown = selectors.timetable(found, now())
    assert any(line.owed is not None for line in shown)


def test_nobody_else_sees_an_end() -> None:
    made, other = house(), house()
    end = given(made)
    with scope(other.id):
        assert selectors.current() is None
        with pytest.raises(NoSuchEnd):
            selectors.end(end)
        with pytest.raises(NoSuchEnd):
            ends.choose(choice="delete", actor=other.owner.actor, at=now())


def test_a_controller_without_an_agreement_cannot_end_one() -> None:
    from mandata.agreements.errors import NoneInForce

    made = registered("No Bakery", agreed=False)
    with pytest.raises(NoneInForce):
        given(made)
    with scope(made.id):
        assert selectors.current() is None


@pytest.mark.req("RET-3")
@pytest.mark.parametrize("name", ["acomware", "everymail", "icewarp", "imagicle", "ecomail"])
def test_after_the_end_everything_can_be_returned_under_every_agreement(name: str) -> None:
    """Article 28(3)(g) GDPR gives the choice, whatever survives by the agreement's own words."""
    from mandata.retention.services import receivers, returns

    made = house(name)
    given(made, choice="both")
    with scope(made.id):
        returns.ask(
            receiver=receivers.receiver(passphrase="a loaf of rye bread"),
            to=returns.Destination(),
            actor=made.owner.actor,
            at=now(),
            queue=False,
        )


@pytest.mark.req("RET-2", "AGR-4")
def test_who_accepts_anew_before_the_end_has_no_end() -> None:
    """Also who refused a version, and stays after all."""
    made = house("imagicle")
    with scope(made.id):
        agreement.end(actor=made.owner.actor, at=now(), by="disagreement", effective=now() + timedelta(days=10))
        ends.proceed(at=now())
    end = stands(made)
    assert (end.state, end.reason) == ("noticed", "disagreement")
    with scope(made.id):
        accept(made.owner.actor, name="imagicle")
        ends.proceed(at=now() + timedelta(days=11))
        assert accounts.state() == "active"
        assert agreements.in_force(now() + timedelta(days=11)) is not None
        assert selectors.current() is None
        assert selectors.end(end.id).state == "withdrawn"
    assert "open" not in owed(made, end.id).values()
    given(made)
    assert stands(made).state == "ended", "and it can give notice again"


def test_a_notice_covers_the_version_that_was_accepted_and_begins_before_the_end() -> None:
    made = house("imagicle")
    member, at = made.owner.actor.id, now()
    with scope(made.id):
        offer = agreements.offer(language="en", name="ecomail")
        answers = {one.name: "no" if one.name == "consumer" else "yes" for one in offer.questions}
        agreement.accept(
            member_id=member or new_id(), language="en", answers=answers, warranted=True, shown=offer.shown, at=at,
            name="ecomail", effective=at + timedelta(days=5),
        )  # fmt: skip
    given(made, effective=at + timedelta(days=30))
    assert stands(made).effective_at == at + timedelta(days=30), "not when one version follows the other"
    with scope(made.id):
        ends.proceed(at=at + timedelta(days=6))
        assert accounts.state() == "active"
        ends.proceed(at=at + timedelta(days=31))
        assert accounts.state() == "ended"
