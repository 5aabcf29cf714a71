"""What can be asked: a table of kinds, each with the law's provision and what answering it does. Pure.

Sources: Articles 15 to 22 and 77 GDPR; California Civil Code §§ 1798.105 to 1798.135 and the regulations of Title 11.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Way(StrEnum):
    """What an answer does, through the verbs of the holdings."""

    COPY = "copy"  # find and export; the copy is handed over
    RECTIFY = "rectify"
    ERASE = "erase"
    RESTRICT = "restrict"
    OBJECT = "object"  # the address is written to no more, by type of message and channel
    OPT_OUT = "opt_out"  # noted; nothing is sold, shared or put to other uses here (INS-6)
    REPLY = "reply"  # an officer's own words
    TOGETHER = "together"  # every person of a household
    SORT = "sort"  # first it must be said what is asked


GDPR: Final = "gdpr"
US: Final = "us"
REGIMES: Final = (GDPR, US)

ANSWER: Final = "rights.answer"
OPTOUT: Final = "rights.optout"
FORWARD: Final = "rights.forward"
ACKNOWLEDGE: Final = "rights.acknowledge"
CONFIRM: Final = "rights.confirm"
ARCHIVE: Final = "rights.archive"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request.

    `duty`: which clause times its answer. `verified`: whether the person must be known before it is carried out.
    `automatic`: carried out as soon as that is so, without an officer. `form`: of the copy. `reasons`: why it may be
    refused. `words`: whether the answer needs an officer's own words. `alone`: whether an officer can answer many at
    once, because nothing has to be said of each.
    """

    code: str
    regime: str
    clause: str
    way: Way
    reasons: tuple[str, ...]
    duty: str = ANSWER
    verified: bool = True
    automatic: bool = False
    form: str = ""
    words: bool = False
    alone: bool = False


_ALWAYS: Final = ("unfounded", "identity")
_US: Final = ("us_unfounded", "us_identity")

_TABLE: Final = (
    Kind("access", GDPR, "Art. 15 GDPR", Way.COPY, (*_ALWAYS, "rights_of_others"), form="access", alone=True),
    Kind("rectification", GDPR, "Art. 16 GDPR", Way.RECTIFY, (*_ALWAYS, "accurate")),
    Kind(
        "erasure",
        GDPR,
        "Art. 17 GDPR",
        Way.ERASE,
        (*_ALWAYS, "legal_obligation", "legal_claims", "freedom_of_expression", "public_interest"),
        alone=True,
    ),
    Kind("restriction", GDPR, "Art. 18 GDPR", Way.RESTRICT, (*_ALWAYS, "no_ground"), alone=True),
    Kind(
        "portability",
        GDPR,
        "Art. 20 GDPR",
        Way.COPY,
        (*_ALWAYS, "other_basis", "others_affected"),
        form="portable",
        alone=True,
    ),
    Kind("objection", GDPR, "Art. 21 GDPR", Way.OBJECT, (*_ALWAYS, "compelling", "claims_compelling"), alone=True),
    Kind("automated", GDPR, "Art. 22 GDPR", Way.REPLY, _ALWAYS, words=True),
    Kind("complaint", GDPR, "Art. 77 GDPR", Way.REPLY, (), words=True),
    Kind("unsorted", GDPR, "Art. 12(3) GDPR", Way.SORT, _ALWAYS),
    Kind("know", US, "Cal. Civ. Code § 1798.110", Way.COPY, (*_US, "us_others"), form="access", alone=True),
    Kind("delete", US, "Cal. Civ. Code § 1798.105", Way.ERASE, (*_US, "us_exception"), alone=True),
    Kind("correct", US, "Cal. Civ. Code § 1798.106", Way.RECTIFY, (*_US, "us_accurate")),
    Kind(
        "opt_out",
        US,
        "Cal. Civ. Code § 1798.120",
        Way.OPT_OUT,
        ("us_fraud",),
        duty=OPTOUT,
        verified=False,
        automatic=True,
        alone=True,
    ),
    Kind(
        "limit",
        US,
        "Cal. Civ. Code § 1798.121",
        Way.OPT_OUT,
        ("us_fraud",),
        duty=OPTOUT,
        verified=False,
        automatic=True,
        alone=True,
    ),
    Kind("household", US, "Cal. Code Regs. tit. 11 § 7031", Way.TOGETHER, (*_US, "us_not_joined")),
)

TABLE: Final[Mapping[str, Kind]] = MappingProxyType({one.code: one for one in _TABLE})
KINDS: Final = tuple(TABLE)

CLAUSES: Final[Mapping[str, str]] = MappingProxyType({one.code: one.clause for one in _TABLE})

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unfounded": "Art. 12(5)(b) GDPR",
        "identity": "Art. 12(2) GDPR",
        "rights_of_others": "Art. 15(4) GDPR",
        "accurate": "Art. 16 GDPR",
        "legal_obligation": "Art. 17(3)(b) GDPR",
        "legal_claims": "Art. 17(3)(e) GDPR",
        "freedom_of_expression": "Art. 17(3)(a) GDPR",
        "public_interest": "Art. 17(3)(c), (d) GDPR",
        "no_ground": "Art. 18(1) GDPR",
        "other_basis": "Art. 20(1) GDPR",
        "others_affected": "Art. 20(4) GDPR",
        "compelling": "Art. 21(1) GDPR",
        "claims_compelling": "Art. 21(1) GDPR",
        "us_unfounded": "Cal. Civ. Code § 1798.145(h)(3)",
        "us_identity": "Cal. Code Regs. tit. 11 § 7060",
        "us_others": "Cal. Civ. Code § 1798.145(k)",
        "us_exception": "Cal. Civ. Code § 1798.105(d)",
        "us_accurate": "Cal. Code Regs. tit. 11 § 7023(b)",
        "us_fraud": "Cal. Code Regs. tit. 11 § 7026(e)",
        "us_not_joined": "Cal. Code Regs. tit. 11 § 7031(a)",
    }
)
"""Why a request may be refused, each with the provision that allows it."""

EXCESSIVE: Final = frozenset({"unfounded", "us_unfounded"})
"""The reasons for which a fee may be asked instead (Article 12(5) GDPR; § 1798.145(h)(3))."""

IDENTITY: Final[Mapping[str, str]] = MappingProxyType({GDPR: "identity", US: "us_identity"})
"""The reason of a refusal because nobody can tell that the data is the person's, by regime."""

DUE_CLAUSES: Final[Mapping[str, str]] = MappingProxyType(
    {GDPR: "Art. 12(3) GDPR", US: "Cal. Code Regs. tit. 11 § 7021"}
)
SUSPENDS: Final[Mapping[str, bool]] = MappingProxyType({GDPR: True, US: False})
"""Whether asking for more proof of identity lets the clock stand still: tolerated by the EDPB (Guidelines 01/2022,
159), ruled out by § 7021(b)."""

ERASED_AS: Final[Mapping[str, str]] = MappingProxyType({"delete": "consumer"})
"""The ground of an erasure that the kind itself names."""


def kind(code: str) -> Kind:
    """Return what is said of a kind. KeyError for none."""
    return TABLE[code]


def offered(regime: str, listed: frozenset[str] | None = None) -> tuple[str, ...]:
    """Return the kinds that a person can choose under a regime; `listed` (the agreement's own list) takes nothing away
    that the law gives, so it only decides the order."""
    found = [one.code for one in _TABLE if one.regime == regime and one.way is not Way.SORT]
    also = ["complaint"] if regime == US else []
    return tuple(sorted([*found, *also], key=lambda code: listed is not None and code not in listed))


def refusal_reasons(code: str) -> tuple[str, ...]:
    """Return the reasons for which a case of a kind may be refused."""
    return TABLE[code].reasons


def may_fee(reason: str, ways: frozenset[str] | None) -> bool:
    """Say whether a fee may be asked for this reason; `ways`: what the agreement's clause allows, None without one."""
    return reason in EXCESSIVE and (ways is None or "fee" in ways)


def may_refuse_excess(reason: str, ways: frozenset[str] | None) -> bool:
    """Say whether a request may be refused for this reason by the agreement's clause."""
    return reason not in EXCESSIVE or ways is None or "refuse" in ways
