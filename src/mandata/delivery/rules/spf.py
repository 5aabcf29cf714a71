"""Reading a sender policy (RFC 7208) as a receiver does: whom it includes, and how many look-ups it costs.

A policy may cost ten look-ups, those of the policies it includes counted, and two of these may find nothing
(section 4.6.4); beyond that receivers give up and the policy counts for nobody. Pure: answers of DNS come as values,
and what is still to be asked is returned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

MOST_LOOKUPS: Final = 10
MOST_VOID: Final = 2
_COUNTED: Final = frozenset({"include", "a", "mx", "ptr", "exists"})


class Question(NamedTuple):
    """What DNS is asked: an absolute name without the final dot, and a type."""

    name: str
    type: str


Answers = Mapping[tuple[str, str], Sequence[str] | None]
"""(name, type) -> values that DNS answered; nothing for a name that does not exist, None where no answer was had."""


@dataclass(slots=True)
class Walk:
    """What was found on the way through a policy and what it includes."""

    lookups: int = 0
    void: int = 0
    includes: set[str] = field(default_factory=set)
    open: list[Question] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def too_many(self) -> bool:
        """Whether a receiver gives up on the way."""
        return self.lookups > MOST_LOOKUPS or self.void > MOST_VOID


def policies(values: Sequence[str]) -> list[str]:
    """Return those texts that are sender policies."""
    return [value for value in values if value.lower().split(" ")[0] == "v=spf1"]


def terms(policy: str) -> list[str]:
    """Return a policy's terms in lower case, without its version."""
    return policy.lower().split()[1:]


def walk(domain: str, answers: Answers) -> Walk:
    """Follow the policy of a domain as far as the answers go; what is missing stands in `open`."""
    found = Walk()
    _follow(domain, answers, found)
    return found


def _follow(domain: str, answers: Answers, found: Walk) -> None:
    question = Question(domain, "TXT")
    if question not in answers:
        found.open.append(question)
        return
    held = policies(answers[question] or ())
    if len(held) != 1:
        found.broken.append(domain)
        found.void += not answers[question]
        return
    written = terms(held[0])
    for term in written:
        name, _, target = term.lstrip("+?~-").partition(":")
        if name.split("/")[0] not in _COUNTED:
            continue
        found.lookups += 1
        if name == "include" and _goes_on(found, target):
            found.includes.add(target)
            _follow(target, answers, found)
    redirect = next((term.partition("=")[2] for term in written if term.startswith("redirect=")), "")
    if redirect and not any(term.lstrip("+?~-") == "all" for term in written):
        found.lookups += 1
        if _goes_on(found, redirect):
            _follow(redirect, answers, found)


def _goes_on(found: Walk, target: str) -> bool:
    """Names with macros depend on the message; a circle ends by the count."""
    return bool(target) and "%" not in target and found.lookups <= MOST_LOOKUPS
