"""Versions of the terms: announced, accepted, consented to by silence, refused; with the real clauses."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from mandata.accounts.selectors import notices
from mandata.agreements import library, selectors, shelf, tasks
from mandata.agreements.errors import AlreadyInForce, NoneInForce, NoProposal, TooEarly
from mandata.agreements.models import Agreement as AgreementRow
from mandata.agreements.models import Measure, Obligation, Proposal
from mandata.agreements.rules import changes
from mandata.agreements.rules.terms import BadTerms
from mandata.agreements.selectors import instructions as instructions_of
from mandata.agreements.services import acceptance, instructions, measures, templates, versions
from mandata.agreements.services.everybody import Untold
from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Refused
from mandata.infra.clock import new_id
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.models import Entry
from tests.agreements.deals import deal
from tests.agreements.test_services import ANSWERS, accept
from tests.world import NOON, Customer, World

OPERATOR = Actor("operator", new_id())
LATER = NOON + timedelta(days=60)


def newer(version: str = "2026-01-01", *, period: str = "24 hours", base: str = "ecomail") -> str:
    source = library.source(base).replace(f'version = "{library.load(base).version}"', f'version = "{version}"', 1)
    return source.replace('period = "48 hours"', f'period = "{period}"', 1)


def announced(customer: Customer, source: str = "", effective: datetime | None = None, at: datetime = NOON) -> UUID:
    with scope(customer.id):
        return versions.announce(name="", source=source or newer(), actor=OPERATOR, at=at, effective=effective)


def agreed(customer: Customer, proposal: UUID, at: datetime, **changes: Any) -> selectors.Agreement:
    assert customer.member.id
    with scope(customer.id):
        offer = selectors.offer_of_version(proposal, "en")
        asked: dict[str, Any] = {
            "answers": ANSWERS,
            "warranted": True,
            "shown": offer.shown,
            "language": "en",
            **changes,
        }
        return versions.agree(proposal_id=proposal, member_id=customer.member.id, at=at, **asked)


def kinds(customer: Customer, prefix: str) -> list[Mapping[str, Any]]:
    with scope(customer.id):
        rows = Entry.objects.filter(kind__startswith=prefix).order_by("id").values_list("leaf", flat=True)
        return [canonical.loads(bytes(leaf)) for leaf in rows]


def version_at(customer: Customer, at: datetime) -> str:
    with scope(customer.id):
        found = selectors.in_force(at)
        return found.version if found else ""


@pytest.fixture
def customer(world: World) -> Customer:
    made = world.controller()
    accept(made)
    return made


@pytest.mark.req("AGR-4", "AGR-7")
def test_an_announced_version_is_served_as_a_notice_with_its_difference_and_its_window(customer: Customer) -> None:
    announced(customer)
    with scope(customer.id):
        version = selectors.waiting()
        assert version and version.decide_until == version.effective_at > NOON + timedelta(days=15)
        assert [one["kind"] for one in notices(5)] == ["terms_change"]
    (entry,) = kinds(customer, "terms.")
    assert (entry["kind"], entry["clause"], entry["actor"]) == ("terms.announced", "change.notice", str(OPERATOR))


@pytest.mark.req("AGR-4")
def test_silence_consents_once_the_period_has_passed_and_not_a_moment_sooner(customer: Customer) -> None:
    proposal = announced(customer)
    with scope(customer.id):
        until = selectors.versions()[0].effective_at
        assert not versions.settle(proposal_id=proposal, at=until - timedelta(seconds=1))
        assert versions.settle(proposal_id=proposal, at=until)
        assert not versions.settle(proposal_id=proposal, at=until)
    assert version_at(customer, until - timedelta(seconds=1)) == "2023-09-07"
    assert version_at(customer, until) == "2026-01-01"
    with scope(customer.id):
        now = selectors.in_force(until)
        assert now and (now.how, now.answers) == ("silence", ANSWERS)
        assert selectors.ground(until).standing.accepted and not selectors.ground(until).standing.ended
        assert selectors.standing_instruction(until)
    accepted = kinds(customer, "agreement.accepted")[-1]
    assert (accepted["actor"], accepted["clause"]) == (str(SYSTEM), "change.silence")


@pytest.mark.req("AGR-4", "AGR-1")
def test_who_accepts_early_is_bound_when_the_version_begins(customer: Customer) -> None:
    proposal = announced(customer, effective=LATER)
    agreed(customer, proposal, NOON + timedelta(days=1))
    assert version_at(customer, LATER - timedelta(seconds=1)) == "2023-09-07"
    assert version_at(customer, LATER) == "2026-01-01"
    with scope(customer.id):
        assert selectors.standing_instruction(NOON + timedelta(days=2)) != selectors.standing_instruction(LATER)
        assert not versions.settle(proposal_id=proposal, at=LATER)


@pytest.mark.req("AGR-4")
def test_who_refuses_leaves_when_the_version_would_have_begun(customer: Customer) -> None:
    proposal = announced(customer, effective=LATER)
    assert customer.member.id
    with scope(customer.id):
        ends = versions.refuse_version(proposal_id=proposal, member_id=customer.member.id, at=NOON)
    assert ends == LATER
    assert version_at(customer, LATER - timedelta(seconds=1)) == "2023-09-07"
    assert version_at(customer, LATER) == ""


@pytest.mark.req("AGR-4")
def test_under_acomware_a_refusal_ends_the_contract_thirty_days_after_it(world: World) -> None:
    customer = world.controller()
    source = library.source("acomware")
    with scope(customer.id):
        offer = selectors.offer(language="cs", name="acomware")
        questions = {one.name: "no" if one.name == "consumer" else "yes" for one in offer.questions}
    accept(customer, name="acomware", language="cs", answers=questions, shown=offer.shown)
    changed = source.replace(f'version = "{library.load("acomware").version}"', 'version = "next"', 1)
    proposal = announced(customer, changed)
    with scope(customer.id):
        plan = selectors.versions()[0]
        assert plan.effective_at >= NOON + timedelta(days=25)
        assert customer.member.id
        ends = versions.refuse_version(proposal_id=proposal, member_id=customer.member.id, at=NOON)
    assert NOON + timedelta(days=30) <= ends <= NOON + timedelta(days=34)


def test_a_version_cannot_begin_before_its_notice_has_run(customer: Customer) -> None:
    with pytest.raises(TooEarly) as refused:
        announced(customer, effective=NOON + timedelta(days=3))
    assert refused.value.clause.startswith("change.notice (ECO-A 4.5") and refused.value.remedy
    with scope(customer.id):
        assert not Proposal.objects.exists()


def test_one_version_waits_at_a_time_and_the_same_terms_are_no_version(customer: Customer) -> None:
    with pytest.raises(AlreadyInForce):
        announced(customer, library.source("ecomail"))
    announced(customer)
    with pytest.raises(AlreadyInForce):
        announced(customer, newer("2026-02-02"))


def test_two_who_announce_at_once_announce_one(customer: Customer) -> None:
    results: list[str] = []

    def run(version: str) -> None:
        try:
            announced(customer, newer(version))
            results.append("announced")
        except AlreadyInForce:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(f"2026-0{n}-01",)) for n in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["announced", "refused", "refused"]


def test_a_withdrawn_version_cannot_be_accepted_nor_bind_by_silence(customer: Customer) -> None:
    proposal = announced(customer)
    with scope(customer.id):
        versions.withdraw(proposal_id=proposal, actor=OPERATOR, at=NOON)
        assert not versions.settle(proposal_id=proposal, at=LATER)
    with pytest.raises(NoProposal):
        agreed(customer, proposal, NOON)
    assert version_at(customer, LATER) == "2023-09-07"


def test_a_text_that_was_not_read_is_not_accepted(customer: Customer) -> None:
    proposal = announced(customer)
    with pytest.raises(Refused):
        agreed(customer, proposal, NOON, shown="00" * 32)
    assert version_at(customer, LATER) == "2023-09-07"


def test_another_acceptance_takes_the_place_of_one_that_has_not_begun(customer: Customer) -> None:
    agreed(customer, announced(customer, effective=LATER), NOON + timedelta(days=1))
    second = announced(customer, newer("2026-03-03", period="12 hours"), at=NOON + timedelta(days=2))
    made = agreed(customer, second, NOON + timedelta(days=3))
    assert made.version == "2026-03-03"
    assert version_at(customer, LATER + timedelta(days=30)) == "2026-03-03"
    with scope(customer.id):
        assert AgreementRow.objects.filter(state="in_force").count() == 1


@pytest.mark.req("AGR-4")
def test_of_two_versions_accepted_ahead_each_binds_in_its_turn(customer: Customer) -> None:
    far = LATER + timedelta(days=60)
    agreed(customer, announced(customer, effective=LATER), NOON + timedelta(days=1))
    second = announced(customer, newer("2026-03-03"), effective=far, at=NOON + timedelta(days=2))
    agreed(customer, second, NOON + timedelta(days=3))
    for at, version in ((LATER, "2026-01-01"), (far - timedelta(seconds=1), "2026-01-01"), (far, "2026-03-03")):
        assert version_at(customer, at) == version
        with scope(customer.id):
            assert selectors.may_process("send", now=at).allowed
            assert selectors.standing_instruction(at)


@pytest.mark.req("AGR-4")
def test_a_version_accepted_ahead_is_not_announced_again(customer: Customer) -> None:
    proposal = announced(customer, effective=LATER)
    agreed(customer, proposal, NOON + timedelta(days=1))
    with pytest.raises(AlreadyInForce):
        announced(customer, at=NOON + timedelta(days=2))


@pytest.mark.req("AGR-4")
def test_an_end_ends_what_was_accepted_and_has_not_begun(customer: Customer) -> None:
    agreed(customer, announced(customer, effective=LATER), NOON + timedelta(days=1))
    with scope(customer.id):
        acceptance.end(actor=OPERATOR, at=NOON + timedelta(days=2), by="serious_breach")
        assert not selectors.may_process("send", now=NOON + timedelta(days=2)).allowed
        assert not selectors.may_process("send", now=LATER).allowed
    assert version_at(customer, LATER) == ""


@pytest.mark.req("AGR-4")
def test_a_refusal_ends_the_version_that_begins_before_it_takes_effect(customer: Customer) -> None:
    assert customer.member.id
    far = LATER + timedelta(days=60)
    agreed(customer, announced(customer, effective=LATER), NOON + timedelta(days=1))
    third = announced(customer, newer("2026-03-03"), effective=far, at=NOON + timedelta(days=2))
    with scope(customer.id):
        ends = versions.refuse_version(proposal_id=third, member_id=customer.member.id, at=NOON + timedelta(days=3))
    assert ends == far
    assert version_at(customer, far - timedelta(seconds=1)) == "2026-01-01"
    assert version_at(customer, far) == ""


@pytest.mark.req("AGR-4")
def test_a_controller_that_cannot_be_told_holds_up_no_other(world: World) -> None:
    """One whose text somebody broke in the database, among many: the others are told, and the job is tried again."""
    former = newer("2020-01-01")
    broken, sound = deal(), deal()
    for one in (broken, sound):
        with scope(one.id):
            row = AgreementRow.objects.get()
            AgreementRow.objects.filter(id=row.id).update(terms=former if one is sound else "no agreement")
    with pytest.raises(Untold):
        tasks.announce_version("ecomail", str(new_id()))
    with scope(sound.id):
        assert selectors.waiting()
    with scope(broken.id):
        AgreementRow.objects.update(terms=library.source("ecomail"))  # for the tests that come after this one


@pytest.mark.req("AGR-4")
def test_who_leaves_is_not_brought_back_by_silence(customer: Customer) -> None:
    """Refused, then another version is announced that silence would accept."""
    assert customer.member.id
    proposal = announced(customer, effective=LATER)
    with scope(customer.id):
        ends = versions.refuse_version(proposal_id=proposal, member_id=customer.member.id, at=NOON)
        assert not versions.announce_due(name="ecomail", actor=OPERATOR, at=NOON)
    second = announced(customer, newer("2026-03-03"), at=NOON + timedelta(days=1))
    with scope(customer.id):
        until = selectors.versions()[0].decide_until
        assert until is not None and until < ends
        assert not versions.settle(proposal_id=second, at=until)
    assert version_at(customer, ends) == ""


@pytest.mark.req("AGR-4", "AST-5")
def test_who_comes_back_before_the_end_has_no_end_and_owes_none_of_its_duties(world: World) -> None:
    made = deal()
    customer = world.controller()
    customer = replace(customer, id=made.id, member=made.actor)
    proposal = announced(customer, effective=LATER)
    with scope(customer.id):
        order = instructions.give(member_id=made.owner, words="Do", acts=["send"], at=NOON)
        ends = versions.refuse_version(proposal_id=proposal, member_id=made.owner, at=NOON)
        assert Obligation.objects.filter(about_kind="agreement", state="open").exists()
    second = announced(customer, newer("2026-03-03"), at=NOON + timedelta(days=1))
    assert agreed(customer, second, NOON + timedelta(days=2)).effective_at < ends
    assert version_at(customer, ends) == "2026-03-03"
    with scope(customer.id):
        assert not Obligation.objects.filter(about_kind="agreement", state="open").exists()
        found = instructions_of.instruction(order)
        assert found is not None and found.ended_at is None


@pytest.mark.req("AGR-4")
def test_who_refused_a_version_may_stay_under_the_terms_that_end(customer: Customer) -> None:
    assert customer.member.id
    proposal = announced(customer, effective=LATER)
    with scope(customer.id):
        ends = versions.refuse_version(proposal_id=proposal, member_id=customer.member.id, at=NOON)
    accept(customer, at=NOON + timedelta(days=1))
    assert version_at(customer, ends) == "2023-09-07"
    with pytest.raises(AlreadyInForce):
        accept(customer, at=NOON + timedelta(days=2))


@pytest.mark.req("AGR-4")
def test_a_refusal_after_the_version_should_have_begun_ends_nothing_in_the_past() -> None:
    terms = library.load("ecomail")
    assert changes.ends(terms, LATER, NOON) == LATER


def test_without_an_agreement_nothing_is_announced(world: World) -> None:
    with pytest.raises(NoneInForce):
        announced(world.controller())


def test_another_controller_sees_nothing_of_it(customer: Customer, world: World) -> None:
    proposal = announced(customer)
    other = world.controller()
    accept(other)
    with scope(other.id):
        assert selectors.versions() == [] and selectors.waiting() is None
    with pytest.raises(NoProposal):
        assert other.member.id
        with scope(other.id):
            versions.refuse_version(proposal_id=proposal, member_id=other.member.id, at=NOON)


def test_an_agreement_of_the_operators_own_is_offered_and_accepted_like_any_other(world: World) -> None:
    name = f"own-{new_id().hex[-8:]}"
    source = newer("1").replace('name = "ecomail"', f'name = "{name}"', 1)
    templates.put(text=source, by=OPERATOR.id, at=NOON)
    templates.put(text=source, by=OPERATOR.id, at=NOON)
    assert name in shelf.names() and shelf.load(name).version == "1"
    customer = world.controller()
    with scope(customer.id):
        shown = selectors.offer(language="en", name=name).shown
    assert accept(customer, name=name, shown=shown).name == name
    with pytest.raises(AlreadyInForce):
        templates.put(text=source.replace("24 hours", "36 hours"), by=OPERATOR.id, at=NOON)
    templates.put(
        text=newer("2").replace('name = "ecomail"', f'name = "{name}"', 1), by=None, at=NOON + timedelta(days=1)
    )
    with scope(customer.id):
        assert versions.announce_due(name=name, actor=OPERATOR, at=LATER)
        assert not versions.announce_due(name=name, actor=OPERATOR, at=LATER)
    with scope(INSTANCE):
        assert Entry.objects.filter(kind="agreement.offered").exists()


def test_a_broken_agreement_is_not_put_on_offer() -> None:
    with pytest.raises(BadTerms):
        templates.put(text=newer("9").replace('who = "either"', 'who = "nobody"', 1), by=None, at=NOON)
    assert shelf.load("ecomail").version == "2023-09-07"


@pytest.mark.req("AGR-2", "SEC-8")
def test_the_register_of_measures_enters_the_text_and_what_was_accepted_before_stays(customer: Customer) -> None:
    with scope(customer.id):
        before = selectors.offer(language="en").shown
    assert OPERATOR.id
    measures.register(
        code="backup",
        description="Nightly copies, encrypted, in another building",
        owner="Head of operations",
        checked_on=NOON.date(),
        by=OPERATOR.id,
        at=NOON,
    )
    try:
        with scope(customer.id):
            offer = selectors.offer(language="en")
            assert offer.shown != before and "Nightly copies" in offer.html
            current = selectors.in_force(NOON)
            assert current
            live = selectors.live_annexes(current)
            assert any("Nightly copies" in line for one in live for item in one.paragraphs for line in item.items)
            assert "Nightly copies" not in selectors.html(current.id)
        assert next(one for one in selectors.measures() if one.code == "backup").owner == "Head of operations"
        with pytest.raises(Refused):
            measures.register(code="moat", description="x", owner="y", checked_on=NOON.date(), by=OPERATOR.id, at=NOON)
    finally:
        Measure.objects.all().delete()  # it stands in every text from now on
