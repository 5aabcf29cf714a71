"""Accepting, ending and asking, on the real database."""

import hashlib
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from mandata.accounts.services import controllers
from mandata.agreements import selectors, services
from mandata.agreements.errors import AlreadyInForce, GateRefused, NoneInForce
from mandata.agreements.models import Agreement as AgreementRow
from mandata.agreements.rules import text
from mandata.agreements.rules.facts import ExportFacts, FieldFacts, ImportFacts, RightsFacts, SendFacts
from mandata.agreements.rules.recipients import rule
from mandata.agreements.rules.verdicts import combine
from mandata.agreements.services import Where
from mandata.foundation import canonical
from mandata.foundation.errors import Fault
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.tenancy import NoScope, scope
from mandata.record.models import Entry
from tests.world import NOON, Customer, World

ANSWERS = {"age": "yes", "consumer": "no", "eea": "yes"}
READY = SendFacts(
    subject="Fresh bread",
    content=True,
    from_name="Demo Bakery",
    reply_address="hello@bakery.example",
    reply_valid=True,
    postal_address="1 Mill Lane",
    from_domain="news.bakery.example",
    domain_verified=True,
    marked=True,
    link=True,
    one_click=True,
    recipients=10,
)


def accept(customer: Customer, **changes: Any) -> selectors.Agreement:
    assert customer.member.id
    asked: dict[str, Any] = {
        "member_id": customer.member.id,
        "language": "en",
        "answers": ANSWERS,
        "warranted": True,
        "at": NOON,
        "where": Where("192.0.2.0/24", "Firefox, Linux"),
        **changes,
    }
    asked.setdefault("shown", selectors.offer(language=asked["language"]).shown)
    with scope(customer.id):
        return services.accept(**asked)


def entries(customer: Customer, kind: str) -> list[Mapping[str, Any]]:
    with scope(customer.id):
        return [canonical.loads(bytes(row.leaf)) for row in Entry.objects.filter(kind=kind).order_by("id")]


@pytest.mark.req("AGR-1", "INS-1")
def test_acceptance_keeps_who_when_from_where_and_the_exact_text(world: World) -> None:
    customer = world.controller()
    made = accept(customer)
    with scope(customer.id):
        kept = selectors.in_force(NOON)
        exact = selectors.exact_text(made.id)
        instruction = selectors.standing_instruction(NOON)
    assert kept == made
    assert (made.accepted_by, made.accepted_at) == (customer.member.id, NOON)
    assert (made.accepted_network, made.accepted_agent) == ("192.0.2.0/24", "Firefox, Linux")
    assert made.answers == ANSWERS
    assert hashlib.sha256(exact).digest() == made.text_digest
    assert "Demo Bakery" in text.plain(text.load(exact))
    assert instruction is not None


@pytest.mark.req("AGR-1")
def test_the_record_holds_the_digests_and_no_network(world: World) -> None:
    customer = world.controller()
    made = accept(customer)
    accepted, given = entries(customer, "agreement.accepted"), entries(customer, "instruction.given")
    assert len(accepted) == len(given) == 1
    assert made.text_digest.hex() in canonical.dumps(accepted[0]).decode()
    assert made.terms.digest in canonical.dumps(accepted[0]).decode()
    assert "192.0.2" not in canonical.dumps(accepted[0]).decode()
    assert "import" in canonical.dumps(given[0]).decode()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"answers": {**ANSWERS, "age": "no"}}, "accept.age"),
        ({"answers": {}}, "accept.answer"),
        ({"warranted": False}, "accept.warranties"),
        ({"shown": "00" * 32}, "accept.text"),
        ({"shown": "no hex"}, "accept.text"),
        ({"language": "de"}, "accept.language"),
    ],
)
@pytest.mark.req("AGR-1", "SVC-1")
def test_what_is_not_rightly_accepted_does_not_bind(world: World, changes: dict[str, Any], code: str) -> None:
    customer = world.controller()
    with pytest.raises(GateRefused) as refused:
        accept(customer, **changes)
    assert refused.value.code == code
    assert refused.value.remedy
    with scope(customer.id):
        assert selectors.in_force(NOON) is None
        assert selectors.agreements() == []
    assert entries(customer, "agreement.accepted") == []


def test_who_is_too_young_reads_why_in_czech(world: World) -> None:
    customer = world.controller()
    with translation.override("cs"), pytest.raises(GateRefused) as refused:
        accept(customer, answers={**ANSWERS, "age": "no"})
    assert refused.value.message == "Služba není určena osobám mladším 16 let."
    assert refused.value.clause == "question.age (ECO 1.4)"


def test_a_text_shown_before_the_operator_changed_its_name_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = selectors.offer(language="en").shown
    monkeypatch.setenv("MANDATA_OPERATOR_NAME", "Another Ltd.")
    env.cache_clear()
    try:
        with pytest.raises(GateRefused, match="has changed since it was shown"):
            accept(world.controller(), shown=shown)
    finally:
        monkeypatch.undo()
        env.cache_clear()


@pytest.mark.req("AGR-4")
def test_the_same_agreement_is_not_accepted_twice_but_another_language_supersedes_it(world: World) -> None:
    customer = world.controller()
    first = accept(customer)
    with pytest.raises(AlreadyInForce):
        accept(customer)
    second = accept(customer, language="cs", at=NOON + timedelta(hours=1))
    with scope(customer.id):
        now = selectors.in_force(NOON + timedelta(hours=2))
        history = selectors.agreements()
        before = selectors.in_force(NOON)
    assert now is not None and before is not None
    assert (now.id, before.id) == (second.id, first.id)
    assert [(one.number, one.state) for one in history] == [(2, "in_force"), (1, "superseded")]


@pytest.mark.req("BIL-13")
def test_an_agreement_ends_at_its_time_and_what_survives_it_goes_on(world: World) -> None:
    customer = world.controller()
    accept(customer)
    last_day = NOON + timedelta(days=29)
    with scope(customer.id):
        services.end(actor=customer.member, at=NOON, by="notice", effective=last_day)
        assert selectors.in_force(last_day - timedelta(seconds=1)) is not None
        assert selectors.in_force(last_day) is None
        assert selectors.standing_instruction(last_day) is None
        assert combine(selectors.check(READY, now=NOON)).allowed
        assert combine(selectors.check(READY, now=last_day)).code == "agreement.in_force"
        assert combine(selectors.check(ExportFacts(), now=last_day)).allowed
        assert combine(selectors.check(RightsFacts("access", confirmed=True), now=last_day)).allowed
    assert len(entries(customer, "agreement.ended")) == 1


def test_without_an_agreement_there_is_nothing_to_end(world: World) -> None:
    customer = world.controller()
    with scope(customer.id), pytest.raises(NoneInForce):
        services.end(actor=customer.member, at=NOON, by="notice")


def test_after_the_end_an_agreement_can_be_accepted_again(world: World) -> None:
    customer = world.controller()
    accept(customer)
    with scope(customer.id):
        services.end(actor=customer.member, at=NOON, by="notice")
    again = accept(customer, at=NOON + timedelta(days=1))
    assert again.number == 2


def test_a_suspended_controller_sends_nothing_but_gets_its_data(world: World) -> None:
    customer = world.controller()
    accept(customer)
    with scope(customer.id):
        controllers.move(state="suspended", reason="test", actor=customer.member, at=NOON)
        assert combine(selectors.check(READY, now=NOON)).code == "agreement.not_suspended"
        assert combine(selectors.check(ExportFacts(), now=NOON)).allowed


@pytest.mark.req("CAM-2", "DLV-1")
def test_a_refusal_outlives_the_rolled_back_act_and_is_recorded_once_per_cause(world: World) -> None:
    customer, campaign = world.controller(), new_id()
    accept(customer)
    bad = SendFacts(**{**_plain(READY), "domain_verified": False, "postal_address": ""})
    for _attempt in range(2):
        with pytest.raises(GateRefused) as refused, scope(customer.id):
            services.ask(bad, about=campaign, actor=customer.member, at=NOON)
        assert [verdict.code for verdict in refused.value.verdicts] == ["send.postal_address", "send.domain"]
        assert refused.value.place == "controller.address"
    with scope(customer.id):
        kept = selectors.refused(about=campaign)
        assert selectors.refused(about=new_id()) == []
    assert {(one.code, one.clause, one.source) for one in kept} == {
        ("send.postal_address", "sending.postal", "CAM-2"),
        ("send.domain", "sending.domain", "ECO 6.2"),
    }
    assert len(entries(customer, "gate.refused")) == 2
    with scope(customer.id), translation.override("cs"):
        told = {one.code: one for one in selectors.refused(about=campaign)}["send.domain"]
    assert told.reason == "Odesílací doména news.bakery.example není ověřena."
    assert (told.title, told.place) == ("Odesílací doména ověřena", "domains")


def test_each_batch_asks_again_whether_the_act_may_go_on(world: World) -> None:
    customer = world.controller()
    with scope(customer.id):
        assert not selectors.may_process("send", now=NOON).allowed
    accept(customer)
    with scope(customer.id):
        assert selectors.may_process("send", now=NOON).allowed
        assert selectors.may_process("depersonalise", now=NOON).code == "instruction.standing"
        controllers.move(state="suspended", reason="test", actor=customer.member, at=NOON)
        assert selectors.may_process("send", now=NOON).code == "agreement.not_suspended"


def _plain(facts: SendFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in SendFacts.__slots__}


@pytest.mark.req("INS-1")
def test_a_permit_is_recorded_with_its_instruction_when_asked_for(world: World) -> None:
    customer, campaign = world.controller(), new_id()
    accept(customer)
    with scope(customer.id):
        assert combine(services.check_campaign(READY, now=NOON)).allowed
        services.ask(READY, about=campaign, actor=customer.member, at=NOON)
        services.ask(READY, about=campaign, actor=customer.member, at=NOON, record=True)
        instruction = selectors.standing_instruction(NOON)
    permits = entries(customer, "gate.permitted")
    assert len(permits) == 1
    assert str(instruction) in canonical.dumps(permits[0]).decode()


def test_an_import_without_an_agreement_is_refused_by_no_clause_but_with_a_remedy(world: World) -> None:
    customer = world.controller()
    with pytest.raises(GateRefused) as refused, scope(customer.id):
        services.ask(
            ImportFacts(bases=("consent",), evidenced=True, fields=(FieldFacts("first_name", "contact"),)),
            about=new_id(),
            actor=customer.member,
            at=NOON,
        )
    assert (refused.value.code, refused.value.clause) == ("agreement.in_force", "")
    assert refused.value.remedy == "An owner reads and accepts the agreement."


def test_the_recipient_rule_is_that_of_the_agreement_in_force(world: World) -> None:
    customer = world.controller()
    with scope(customer.id):
        assert selectors.recipient_rule(NOON) is None
        assert selectors.special_categories(NOON) == ()
    made = accept(customer)
    with scope(customer.id):
        assert selectors.recipient_rule(NOON) == rule(made.terms)


@pytest.mark.req("SVC-5", "AGR-11", "AGR-6")
def test_the_offer_says_what_is_asked_and_advises_consumers(database: object) -> None:
    offer = selectors.offer(language="cs")
    assert [question.name for question in offer.questions] == ["age", "consumer", "eea"]
    assert offer.questions[0].text == "Je vám alespoň 16 let?"
    assert offer.questions[1].advise == "yes"
    assert "14 dnů" in offer.questions[1].advice
    assert len(offer.warranties) == 7
    assert "Demo Bakery" not in offer.html
    assert selectors.offer(language="de").language == "en"
    assert selectors.advice(terms=offer.terms, answers={**ANSWERS, "consumer": "yes"}, language="en")[0].startswith(
        "As a consumer"
    )


def test_the_accepted_text_is_shown_as_page_and_pdf(world: World) -> None:
    customer = world.controller("Pekárna & syn")
    made = accept(customer, language="cs")
    with scope(customer.id):
        assert "Pekárna &amp; syn" in selectors.html(made.id)
        assert selectors.as_pdf(made.id).startswith(b"%PDF-")
        assert selectors.document(made.id).language == "cs"


def test_a_text_changed_after_its_acceptance_is_never_shown_as_accepted(world: World) -> None:
    customer = world.controller()
    made = accept(customer)
    with scope(customer.id):
        AgreementRow.objects.filter(id=made.id).update(text=b"{}")
        for read in (selectors.exact_text, selectors.html, selectors.as_pdf):
            with pytest.raises(Fault, match="changed after its acceptance"):
                read(made.id)


def test_nobody_reads_another_controllers_agreement(world: World) -> None:
    one, other = world.controller(), world.controller()
    made = accept(one)
    with scope(other.id):
        assert selectors.in_force(NOON) is None
        with pytest.raises(Exception, match="no such agreement"):
            selectors.exact_text(made.id)
    with pytest.raises(NoScope):
        selectors.agreements()


def test_two_acceptances_at_once_leave_one_in_force(world: World) -> None:
    customer = world.controller()
    outcomes: list[str] = []

    def run() -> None:
        try:
            accept(customer)
            outcomes.append("accepted")
        except AlreadyInForce:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["accepted", "refused"]
