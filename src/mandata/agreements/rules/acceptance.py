"""Whether an agreement may be accepted: the questions answered, the warranties given, the text read being the text
there is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mandata.agreements.rules.facts.concluding import ApplyFacts
from mandata.agreements.rules.gates.concluding import applies
from mandata.agreements.rules.terms import AMERICAN, Terms
from mandata.agreements.rules.verdicts import Check, Verdict, decide
from mandata.agreements.rules.words import mark as _

ANSWERS: Final = frozenset({"yes", "no"})

_ANSWERED: Final = Check(
    "accept.answer",
    "agreement.acceptance",
    _("Question answered"),
    _("The question is answered."),
    _("The question about {question} is not answered."),
    _("Answer yes or no."),
    "agreement",
)
_ADMITTED: Final[Mapping[str, Check]] = {
    "age": Check(
        "accept.age",
        "question.age",
        _("Age"),
        _("The person who accepts is old enough."),
        _("The service is not for persons under {minimum} years of age."),
        _("Come back when you are {minimum}."),
        "agreement",
    ),
}
_OUTSIDE: Final = Check(
    "accept.scope",
    "agreement.law",
    _("Within the agreement's scope"),
    _("The agreement is meant for this case."),
    _("The agreement does not apply to who answers {answer} to the question about {question}."),
    _("Ask the operator for an agreement that applies."),
    "agreement",
)
_LANGUAGE: Final = Check(
    "accept.language",
    "agreement.language",
    _("Language"),
    _("The agreement is offered in this language."),
    _("The agreement is not offered in this language ({language})."),
    _("Choose one of its languages: {languages}."),
    "agreement",
)
_WARRANTED: Final = Check(
    "accept.warranties",
    "warranty.controller",
    _("Warranties given"),
    _("All warranties are given."),
    _("The warranties are not given."),
    _("Confirm what the controller warrants."),
    "agreement",
)
_SAME_TEXT: Final = Check(
    "accept.text",
    "agreement.acceptance",
    _("The text that was read"),
    _("The text accepted is the text that was shown."),
    _("The text has changed since it was shown."),
    _("Read it again, and accept it then."),
    "agreement",
)
_NAMED: Final = Check(
    "accept.parties",
    "agreement.roles",
    _("Parties named"),
    _("Both parties are named."),
    _("A party of the agreement is not named yet."),
    _("The operator states its name in the settings; the controller fills in its own."),
    "agreement",
)


@dataclass(frozen=True, slots=True)
class AcceptFacts:
    """What is known when somebody accepts: answers by question ("age": "yes"), digests of the text shown and of the
    text there is.
    """

    language: str
    answers: Mapping[str, str]
    warranted: bool
    shown: bytes
    text: bytes
    named: bool = True


def may_accept(terms: Terms, facts: AcceptFacts) -> tuple[Verdict, ...]:
    """AGR-1, AGR-6, AGR-11, SVC-1: one verdict per question, and on language, warranties, parties and text."""
    found: list[Verdict] = []
    for name, question in terms.questions():
        answer = facts.answers.get(name, "")
        if answer not in ANSWERS:
            found.append(decide(terms, _ANSWERED, False, question=name))
            continue
        check = _ADMITTED.get(name, _OUTSIDE)
        evidence: dict[str, str | int] = {"question": name, "answer": answer, "minimum": question.minimum or 0}
        found.append(decide(terms, check, answer != question.refuse, **evidence))
    if "agreement.territory" in terms.clauses and "eea" in facts.answers:
        found.extend(applies(terms, _place(terms, facts.answers)))
    offered = facts.language in terms.head.languages
    found.append(decide(terms, _LANGUAGE, offered, language=facts.language, languages=", ".join(terms.head.languages)))
    if "warranty.controller" in terms.clauses:
        found.append(decide(terms, _WARRANTED, facts.warranted))
    found.append(decide(terms, _NAMED, facts.named))
    found.append(decide(terms, _SAME_TEXT, facts.shown == facts.text))
    return tuple(found)


def _place(terms: Terms, answers: Mapping[str, str]) -> ApplyFacts:
    """Where both sides are, as far as the answers and the place of the agreement's calendar tell it (AGR-11)."""
    return ApplyFacts(
        controller_in_eea=answers["eea"] == "yes",
        processor_in_eea=terms.head.calendar not in AMERICAN,
        offers_into_eea=answers.get("reach") == "yes",
    )


def advised(terms: Terms, answers: Mapping[str, str]) -> tuple[str, ...]:
    """The questions whose answer calls for advice (a consumer, somebody outside the EEA); the advice is shown before
    acceptance.
    """
    return tuple(
        name
        for name, question in terms.questions()
        if question.advise is not None and answers.get(name) == question.advise
    )


ADVICE: Final[Mapping[str, str]] = {
    "consumer": _(
        "As a consumer you may withdraw from a contract concluded at a distance within 14 days without stating a "
        "reason, you are protected "
        "from unfair terms, and you may turn to the authority for the out-of-court settlement of consumer disputes."
    ),
    "eea": _(
        "The processor processes the data under the GDPR also where you are established outside the European "
        "Economic Area. The law of "
        "your own country may ask more of you."
    ),
}
"""What is said to who gives such an answer; the law behind it: Directive 2011/83/EU Article 9, Article 3(1) GDPR."""
