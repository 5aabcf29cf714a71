"""An agreement accepted under an earlier release's file goes on: it is read, rendered, asked and owed by today's code.

The fixture is the exact text with which issue 2 was delivered; what somebody accepted is never rewritten.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mandata.agreements import library, selectors, services
from mandata.agreements.errors import AlreadyInForce
from mandata.agreements.language import words
from mandata.agreements.pdf import pdf
from mandata.agreements.rules import changes, deemed, duties, obligations, owing, recipients, text
from mandata.agreements.rules.annexes import Annexes
from mandata.agreements.rules.differences import differences
from mandata.agreements.rules.facts.reading import read
from mandata.agreements.rules.gates.answers import IN_FORCE, QUESTIONS, decisive
from mandata.agreements.rules.text import Parties, Party
from mandata.agreements.rules.vocabulary import SHARED
from mandata.agreements.services import versions
from mandata.agreements.services.obligations import open_for
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from tests.world import NOON
from tests.world.people import registered

FORMER = (Path(__file__).parent / "former-ecomail.toml").read_text(encoding="utf-8")
TERMS = library.checked(FORMER, "ecomail.toml")
SINCE = datetime(2026, 3, 27, 21, 30, tzinfo=UTC)
OPERATOR = Actor("operator", new_id())


@pytest.mark.req("AGR-1")
def test_the_former_text_is_another_than_that_on_offer_and_counts_as_it_did() -> None:
    assert TERMS.digest != library.load("ecomail").digest
    assert TERMS.reckoning == library.load("ecomail").reckoning


@pytest.mark.parametrize("language", TERMS.head.languages)
@pytest.mark.req("AGR-9")
def test_the_former_text_is_rendered_in_each_of_its_languages(language: str) -> None:
    parties = Parties(Party("Processor"), Party("Controller"))
    document = text.render(TERMS, parties, language, words(language), Annexes((), ()))
    assert pdf(document).startswith(b"%PDF")
    assert text.load(text.dump(document)) == document
    assert differences(TERMS, library.load("ecomail"), language, words(language))
    assert differences(library.load("ecomail"), TERMS, language, words(language))


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.req("AGR-6")
def test_every_gate_answers_under_the_former_text(name: str) -> None:
    question = QUESTIONS[name]
    given = {"standing": IN_FORCE} if question.is_act else None
    verdict = decisive(question, question.ask(TERMS, read(question.facts, dict(question.example), given=given)))
    assert verdict.said()[1] if not verdict.allowed else verdict.code


@pytest.mark.parametrize("key", [one.key for one in duties.duties(TERMS)])
@pytest.mark.req("AGR-8")
def test_every_duty_of_the_former_text_is_owed(key: str) -> None:
    found = duties.owed(TERMS, key, SINCE)
    assert SINCE <= found.due.strict <= found.due.statutory
    assert found.due.explain(words("cs"))
    owing.owed(TERMS, key, SINCE, TERMS.reckoning)


@pytest.mark.req("AGR-8")
def test_whatever_happens_opens_duties_under_the_former_text() -> None:
    for event in SHARED["event"]:
        for key in obligations.opened_by(TERMS, event):
            assert owing.owed(TERMS, key, SINCE, TERMS.reckoning)
    assert changes.timetable(TERMS, SINCE).earliest >= SINCE
    assert deemed.deemed(TERMS, deemed.Course(sent_at=SINCE))
    assert recipients.rule(TERMS)


@pytest.mark.req("AGR-1", "AGR-4")
@pytest.mark.usefixtures("database")
def test_a_controller_under_the_former_text_goes_on_and_is_led_to_the_new_one() -> None:
    house = registered(agreed=False)
    member = house.owner.actor.id
    assert member is not None
    offer = selectors.offer_of(TERMS, "en")
    answers = {question.name: "no" if question.name == "consumer" else "yes" for question in offer.questions}
    given = {"member_id": member, "language": "en", "answers": answers, "warranted": True}
    with scope(house.id):
        made = services.accept(**given, shown=offer.shown, at=NOON, source=FORMER)  # type: ignore[arg-type]
        assert made.terms.digest == TERMS.digest
        assert selectors.may_process("send", now=NOON).allowed
        assert selectors.as_pdf(made.id).startswith(b"%PDF")
        assert open_for(event="awareness", since=NOON, cause="breach:1", at=NOON)
        assert versions.announce_due(name="ecomail", actor=OPERATOR, at=NOON)
        waiting = selectors.waiting()
        assert waiting is not None
        versions.settle(proposal_id=waiting.id, at=waiting.effective_at + timedelta(days=1))
        later = selectors.in_force(waiting.effective_at + timedelta(days=1))
        assert later is not None and later.terms.digest == library.load("ecomail").digest
        with pytest.raises(AlreadyInForce):
            versions.announce(name="ecomail", actor=OPERATOR, at=waiting.effective_at + timedelta(days=1))
