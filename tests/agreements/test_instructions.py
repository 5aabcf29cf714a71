"""Instructions on the real database: who gives them, what binds when, what is pointed out, what law demands."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mandata.accounts import selectors as accounts
from mandata.accounts.models import Member
from mandata.accounts.services import notices
from mandata.agreements import selectors as agreements
from mandata.agreements import services
from mandata.agreements.errors import (
    BeyondAgreement,
    GateRefused,
    NoneInForce,
    NoSuchInstruction,
    NotAuthorised,
    WrongState,
)
from mandata.agreements.selectors import instructions as selectors
from mandata.agreements.selectors import obligations
from mandata.agreements.services import instructions
from mandata.foundation import canonical
from mandata.foundation.errors import Refused
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors as record
from mandata.vault.services import Vault
from tests.agreements.deals import OPERATOR, Deal, deal
from tests.world import NOON, World
from tests.world.people import joined, registered

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def given(one: Deal, **changes: Any) -> UUID:
    asked: dict[str, Any] = {
        "member_id": one.owner,
        "words": "Delete the list called Old Customers.",
        "acts": ["delete"],
        "at": NOON,
        **changes,
    }
    with scope(one.id):
        return instructions.give(**asked)


def state(one: Deal, instruction: UUID) -> str:
    with scope(one.id):
        found = selectors.instruction(instruction)
    assert found is not None
    return found.state


def told(one: Deal, kind: str = "instruction") -> list[dict[str, Any]]:
    with scope(one.id):
        rows = [row for row in accounts.notices(100) if row["kind"] == kind]
        return [notices.contents(row["id"]) for row in reversed(rows)]


@pytest.mark.req("INS-1", "INS-3")
def test_a_written_instruction_within_the_agreement_binds_at_once(world: World) -> None:
    one = deal()
    instruction = given(one, scope_words="the list Old Customers", purpose="service")
    with scope(one.id):
        standing, written = selectors.instructions_in_force(NOON)
        assert selectors.instructions_in_force(NOON - DAY) == ()
    assert (standing.kind, written.id, written.acts, written.agreed) == ("standing", instruction, ("delete",), True)
    (entry,) = [e for e in one.entries("instruction.given") if e["body"]["kind"] == "written"]
    assert entry["actor"] == {"id": str(one.owner), "kind": "member"} or str(one.owner) in str(entry["actor"])
    assert "Old Customers" not in canonical.dumps(entry).decode()
    assert entry["commitment"]
    with scope(one.id):
        instructions.carry_out(instruction_id=instruction, evidence={"rows": 12}, actor=OPERATOR, at=NOON + HOUR)
        assert [row.kind for row in selectors.instructions_in_force(NOON + HOUR)] == ["standing"]
        with pytest.raises(WrongState):
            instructions.carry_out(instruction_id=instruction, evidence={}, actor=OPERATOR, at=NOON + HOUR)
        done = selectors.instruction(instruction)
    assert done is not None and (done.state, done.evidence) == ("done", {"rows": 12})


@pytest.mark.req("INS-1")
def test_only_a_named_authorised_member_instructs(world: World) -> None:
    house = registered()
    one, later = Deal(house.id, house.owner.actor.id or new_id()), now() + DAY
    marketer, officer = joined(house, "marketer").actor.id, joined(house, "privacy_officer").actor.id
    for nobody in (marketer, new_id()):
        with pytest.raises(NotAuthorised) as refused:
            given(one, member_id=nobody, at=later)
        assert refused.value.remedy
    assert given(one, member_id=officer, at=later)
    with scope(one.id):
        Member.objects.filter(id=officer).update(state="suspended")
    with pytest.raises(NotAuthorised):
        given(one, member_id=officer, at=later)


@pytest.mark.req("INS-2")
def test_beyond_the_agreement_it_binds_once_both_sides_have_agreed(world: World) -> None:
    one = deal("imagicle")
    with pytest.raises(BeyondAgreement, match="track") as refused:
        given(one, acts=["send", "track"])
    assert refused.value.evidence == {"beyond": ["track"]}
    with pytest.raises(BeyondAgreement, match="research"):
        given(one, purpose="research")
    instruction = given(one, acts=["send", "track"], beyond=True)
    assert state(one, instruction) == "given"
    with scope(one.id):
        assert len(selectors.instructions_in_force(NOON)) == 1
        with pytest.raises(WrongState):
            instructions.carry_out(instruction_id=instruction, evidence={}, actor=OPERATOR, at=NOON)
        instructions.assent(instruction_id=instruction, actor=OPERATOR, at=NOON + HOUR)
        found = selectors.instructions_in_force(NOON + HOUR)[1]
        assert (found.id, found.agreed) == (instruction, True)
        with pytest.raises(WrongState):
            instructions.assent(instruction_id=instruction, actor=OPERATOR, at=NOON + HOUR)
    assert [mail["subject"] for mail in told(one)] == ["Instruction No. 2: we agree"]
    assert len(one.entries("instruction.agreed")) == 1


@pytest.mark.req("INS-6")
def test_no_instruction_permits_selling_and_none_is_empty(world: World) -> None:
    one = deal()
    for changes, code in (
        ({"purpose": "sell", "beyond": True}, "instruction.sold"),
        ({"words": " "}, "instruction.empty"),
        ({"acts": []}, "instruction.empty"),
        ({"acts": ["dance"]}, "instruction.unknown"),
    ):
        with pytest.raises(Refused) as refused:
            given(one, **changes)
        assert refused.value.code == code


def test_without_an_agreement_nothing_is_instructed(world: World) -> None:
    house = registered(agreed=False)
    with pytest.raises(NoneInForce):
        given(Deal(house.id, house.owner.actor.id or new_id()))


@pytest.mark.req("INS-5")
def test_what_looks_unlawful_is_pointed_out_before_it_is_carried_out_or_refused(world: World) -> None:
    one = deal()
    instruction = given(one)
    with scope(one.id):
        instructions.question(
            instruction_id=instruction,
            concern="Jana Novak has objected",
            actor=OPERATOR,
            at=NOON + 2 * HOUR,
            noticed=NOON,
        )
        (duty,) = obligations.about(instruction, NOON + 2 * HOUR)
        assert len(selectors.instructions_in_force(NOON + 2 * HOUR)) == 1
        with pytest.raises(WrongState):
            instructions.carry_out(instruction_id=instruction, evidence={}, actor=OPERATOR, at=NOON + 2 * HOUR)
    assert (duty.duty, duty.state, duty.since, duty.owed_by) == ("instruction.unlawful", "met", NOON, "processor")
    (mail,) = told(one)
    assert mail["subject"] == "Instruction No. 2 seems defective or unlawful"
    assert "Jana Novak has objected" in mail["text"]
    assert "Jana" not in canonical.dumps(one.entries("instruction.questioned")).decode()
    with scope(one.id):
        instructions.uphold(instruction_id=instruction, member_id=one.owner, at=NOON + 3 * HOUR)
        instructions.carry_out(instruction_id=instruction, evidence={}, actor=OPERATOR, at=NOON + 4 * HOUR)
    kinds = [entry["kind"] for entry in _of(one, instruction)]
    assert kinds == ["instruction.given", "instruction.questioned", "instruction.upheld", "instruction.carried_out"]


def _of(one: Deal, instruction: UUID) -> list[dict[str, Any]]:
    with scope(one.id):
        found = [entry for entry in record.entries(limit=1000) if entry.kind.startswith("instruction.")]
    wanted = [entry for entry in reversed(found) if entry.body.get("instruction") == str(instruction)]
    return [{"kind": entry.kind} for entry in wanted]


@pytest.mark.req("INS-5", "INS-2")
def test_an_instruction_is_refused_with_reasons_or_taken_back(world: World) -> None:
    one = deal()
    first, second = given(one), given(one)
    with scope(one.id):
        instructions.refuse(instruction_id=first, reason="against Art. 6", actor=OPERATOR, at=NOON)
        instructions.withdraw(instruction_id=second, member_id=one.owner, at=NOON)
        with pytest.raises(WrongState):
            instructions.refuse(instruction_id=second, reason="x", actor=OPERATOR, at=NOON)
        with pytest.raises(WrongState):
            instructions.withdraw(instruction_id=first, member_id=one.owner, at=NOON)
        with pytest.raises(WrongState):
            instructions.uphold(instruction_id=first, member_id=one.owner, at=NOON)
        with pytest.raises(NoSuchInstruction):
            instructions.withdraw(instruction_id=new_id(), member_id=one.owner, at=NOON)
        standing = selectors.instructions(kind="standing")[0]
        with pytest.raises(NoSuchInstruction):  # the agreement's own is ended with the agreement only
            instructions.withdraw(instruction_id=standing.id, member_id=one.owner, at=NOON)
    assert (state(one, first), state(one, second)) == ("refused", "withdrawn")
    assert "against Art. 6" in told(one)[0]["text"]


def test_written_instructions_outlive_a_new_version_but_not_the_agreement(world: World) -> None:
    one = deal()
    instruction = given(one)
    offer_at = NOON + DAY
    with scope(one.id):
        offer = agreements.offer(language="cs")
        services.accept(
            member_id=one.owner,
            language="cs",
            answers={"age": "yes", "consumer": "no", "eea": "yes"},
            warranted=True,
            shown=offer.shown,
            at=offer_at,
        )
        assert [row.kind for row in selectors.instructions_in_force(offer_at)] == ["written", "standing"]
    given_again = given(one, at=offer_at)
    with scope(one.id):
        services.end(actor=one.actor, at=offer_at, by="notice")
        ids = {row.id for row in selectors.instructions_in_force(offer_at)}
    assert given_again not in ids
    assert instruction not in ids


@pytest.mark.req("INS-4")
def test_what_law_demands_is_told_to_the_controller_first(world: World) -> None:
    one = deal()
    duty = instructions.oblige(
        controller_id=one.id,
        law="§ 8 of Act 141/1961",
        words="Hand over log files",
        acts=["disclose"],
        actor=OPERATOR,
        at=NOON,
    )
    (mail,) = told(one)
    assert "§ 8 of Act 141/1961" in mail["text"]
    with scope(one.id):
        instructions.carry_out(instruction_id=duty, evidence={"files": 1}, actor=OPERATOR, at=NOON + HOUR)
        found = selectors.instruction(duty)
    assert found is not None and found.state == "done" and set(found.evidence) == {"told", "files"}
    with pytest.raises(Refused):
        instructions.oblige(controller_id=one.id, law="", words="x", acts=[], actor=OPERATOR, at=NOON)


@pytest.mark.req("INS-4")
def test_neither_party_takes_back_what_a_law_demands(world: World) -> None:
    one = deal()
    duty = instructions.oblige(
        controller_id=one.id, law="§ 8", words="Hand over", acts=["disclose"], actor=OPERATOR, at=NOON
    )
    with scope(one.id):
        with pytest.raises(WrongState) as refused:
            instructions.withdraw(instruction_id=duty, member_id=one.owner, at=NOON)
        assert refused.value.clause == "Article 28(3)(a) GDPR" and refused.value.remedy
        with pytest.raises(WrongState):
            instructions.question(instruction_id=duty, concern="?", actor=OPERATOR, at=NOON)
        with pytest.raises(WrongState):
            instructions.refuse(instruction_id=duty, reason="no", actor=OPERATOR, at=NOON)
    assert state(one, duty) == "in_force"


@pytest.mark.req("INS-4")
def test_what_the_law_forbids_to_tell_lies_where_the_controller_does_not_read(world: World) -> None:
    one = deal()
    before = len(one.entries("instruction.given"))
    duty = instructions.oblige(
        controller_id=one.id,
        law="§ 8 of Act 141/1961",
        words="Hand over log files",
        acts=["disclose"],
        untold="Sentence 2 forbids to tell anybody",
        actor=OPERATOR,
        at=NOON,
    )
    assert told(one) == []
    assert len(one.entries("instruction.given")) == before
    with scope(one.id):
        assert selectors.instruction(duty) is None
    with scope(INSTANCE):
        (kept,) = selectors.untold(one.id)
    assert (kept.law, kept.reason) == ("§ 8 of Act 141/1961", "Sentence 2 forbids to tell anybody")
    done: dict[str, Any] = {"instruction_id": duty, "evidence": {"files": 1}, "actor": OPERATOR, "at": NOON}
    with pytest.raises(NoSuchInstruction):
        instructions.carry_out_untold(controller_id=deal().id, **done)
    instructions.carry_out_untold(controller_id=one.id, **done)
    with scope(INSTANCE):
        assert selectors.untold(one.id)[0].state == "done"


def test_the_gate_speaks_before_an_instruction_is_carried_out(world: World) -> None:
    from mandata.agreements.models import Instruction

    one = deal()
    instruction = given(one)
    with scope(one.id):
        Instruction.objects.filter(id=instruction).update(beyond=True)  # as if somebody had gone round the assent
        with pytest.raises(GateRefused):
            instructions.carry_out(instruction_id=instruction, evidence={}, actor=OPERATOR, at=NOON)
        assert Vault.open().keys([instruction])
        (refusal,) = agreements.refused(about=instruction)
    assert (refusal.act, bool(refusal.remedy)) == ("instruct", True)
    assert state(one, instruction) == "in_force"
