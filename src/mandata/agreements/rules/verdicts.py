"""A gate's answer: permit or refuse, by which clause, why, and what would mend it."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Listing, Names, Scopes
from mandata.agreements.rules.words import ENGLISH, Words, fill

Evidence = Mapping[str, str | int]

_NONE: Final[Evidence] = MappingProxyType({})
_REMEMBERED: Final = 256


class Check(NamedTuple):
    """One question that a gate asks: its code, the clause it executes, its words, and the place where a refusal is
    mended.

    ``permitted``, ``refused`` and ``remedy`` are message ids with the verdict's evidence as placeholders. ``law`` is
    what speaks where an agreement does not hold the clause.
    """

    code: str
    clause: str
    title: str
    permitted: str
    refused: str
    remedy: str
    place: str
    law: str = ""


class Verdict(NamedTuple):
    """The answer to one check.

    ``clause`` and ``source`` are empty where the terms do not hold the clause; ``evidence`` is what it was decided
    on, free of personal data. Words are made when they are asked for.
    """

    check: Check
    allowed: bool
    clause: str
    source: str
    evidence: Evidence = _NONE

    @property
    def code(self) -> str:
        return self.check.code

    @property
    def title(self) -> str:
        return self.check.title

    @property
    def reason(self) -> str:
        return self.check.permitted if self.allowed else self.check.refused

    @property
    def remedy(self) -> str:
        """What would mend a refusal; empty when permitted."""
        return "" if self.allowed else self.check.remedy

    @property
    def place(self) -> str:
        return self.check.place

    def said(self, words: Words = ENGLISH) -> tuple[str, str, str]:
        """Title, reason and remedy in a language."""
        filling = {name: str(value) for name, value in self.evidence.items()}
        return (
            words.gettext(self.title),
            fill(words.gettext(self.reason), filling),
            fill(words.gettext(self.remedy), filling) if self.remedy else "",
        )


class Prepared:
    """An agreement made ready for many questions: its codes as sets, each check's two plain verdicts made once."""

    __slots__ = ("_chosen", "_codes", "_permits", "_plain", "terms")

    def __init__(self, terms: Terms | None) -> None:
        self.terms = terms
        self._codes: dict[str, frozenset[str]] = {}
        self._chosen: dict[str, str | None] = {}
        self._plain: dict[str, tuple[Verdict, Verdict]] = {}
        self._permits: dict[tuple[str, tuple[tuple[str, str], ...]], Verdict] = {}

    def codes(self, key: str) -> frozenset[str]:
        """The codes of a listing; none where there is no such clause."""
        found = self._codes.get(key)
        if found is None:
            found = self._codes[key] = frozenset(self.terms.items(key) if self.terms else ())
        return found

    def listed(self, key: str) -> frozenset[str]:
        """What a clause lists, whether codes, scopes or proper names; nothing where there is no such clause."""
        found = self._codes.get(key)
        if found is None:
            clause = self.terms.clauses.get(key) if self.terms else None
            value = clause.value if clause else None
            if isinstance(value, Listing | Scopes):
                found = frozenset(value.items)
            else:
                found = frozenset(value.names if isinstance(value, Names) else ())
            self._codes[key] = found
        return found

    def chosen(self, key: str) -> str | None:
        """The rule in force of a choice; None where there is no such clause."""
        try:
            return self._chosen[key]
        except KeyError:
            found = self._chosen[key] = self.terms.chosen(key) if self.terms else None
            return found

    def holds(self, key: str) -> bool:
        """Whether the agreement has the clause."""
        return self.terms is not None and key in self.terms.clauses

    def plain(self, check: Check, allowed: bool) -> Verdict:
        """The verdict on a check whose words need no evidence."""
        both = self._plain.get(check.code)
        if both is None:
            known = self.terms is not None and check.clause in self.terms.clauses
            clause, source = check.clause if known else "", self.terms.source(check.clause) if self.terms else ""
            source = source if known else check.law
            both = (Verdict(check, False, clause, source), Verdict(check, True, clause, source))
            self._plain[check.code] = both
        return both[allowed]

    def remembered(self, check: Check, *evidence: tuple[str, str]) -> Verdict:
        """A permit whose evidence takes few values, so that each is made once."""
        key = (check.code, evidence)
        found = self._permits.get(key)
        if found is None:
            found = self._permits[key] = self.decide(check, True, dict(evidence))
        return found

    def decide(self, check: Check, allowed: bool, evidence: dict[str, str | int]) -> Verdict:
        """The verdict on a check, decided on this evidence."""
        plain = self.plain(check, allowed)
        return Verdict(check, allowed, plain.clause, plain.source, MappingProxyType(evidence))


_NOTHING: Final = Prepared(None)
_prepared: dict[str, Prepared] = {}


def prepared(terms: Terms | None) -> Prepared:
    """The agreement made ready; remembered by the digest of its exact text, which decides all that it holds."""
    if terms is None:
        return _NOTHING
    found = _prepared.get(terms.digest)
    if found is None:
        if len(_prepared) >= _REMEMBERED:
            _prepared.clear()
        found = _prepared[terms.digest] = Prepared(terms)
    return found


def decide(terms: Terms | None, check: Check, allowed: bool, **evidence: str | int) -> Verdict:
    """The verdict on one check.

    A clause that the terms do not hold leaves the clause empty: then the law alone speaks.
    """
    on = prepared(terms)
    return on.decide(check, allowed, evidence) if evidence else on.plain(check, allowed)


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """One answer for an act: the first refusal, else the first permit.

    Raises ValueError for none, because silence permits nothing.
    """
    found = list(verdicts)
    if not found:
        raise ValueError("no check was made, so nothing is permitted")
    return next((verdict for verdict in found if not verdict.allowed), found[0])


def refusals(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Those that refuse, in order."""
    return tuple(verdict for verdict in verdicts if not verdict.allowed)
