"""Every clause that the software can execute. An agreement may hold no other, so nothing can be agreed that nobody
executes.

Words are message ids; ``{period}``, ``{start}``, ``{who}`` and the like are filled from the value, so that text and
behaviour cannot
differ.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mandata.agreements.rules.clauses import (
    billing,
    breaches,
    changing,
    commerce,
    consumer,
    described,
    duties,
    ending,
    inspections,
    others,
    own,
    parties,
    remedies,
    rights,
    scope,
    sending,
    service,
    suspending,
)
from mandata.agreements.rules.spec import CHAPTERS, EXECUTORS, Spec

_PARTS: Final = (
    parties,
    scope,
    duties,
    breaches,
    others,
    own,
    rights,
    inspections,
    remedies,
    suspending,
    ending,
    changing,
    sending,
    commerce,
    consumer,
    service,
    billing,
    described,
)


_DESCRIBED: Final = (
    *(
        "processing.subjects",
        "processing.household",
        "processing.contact",
        "processing.activity",
        "processing.tracking",
    ),
    "processing.content",
    *("processing.location", "processing.cookies", "processing.further", "processing.own", "processing.special"),
    *("processing.nature", "processing.media", "processing.purposes", "processing.title", "processing.duration"),
    "processing.marketing",
)
"""Annex II as the Commission's clauses have it: data subjects, data, sensitive data, nature, purposes, duration."""


def _place(key: str, spec: Spec, chapters: list[str]) -> tuple[int, int]:
    within = _DESCRIBED.index(key) if spec.chapter == "annex2" else 0
    return chapters.index(spec.chapter), within


def _in_order() -> Mapping[str, Spec]:
    found = {key: spec for part in _PARTS for key, spec in part.CLAUSES.items()}
    if len(found) != sum(len(part.CLAUSES) for part in _PARTS):
        raise ValueError("a clause is described twice")
    for key, spec in found.items():
        if not spec.by or not set(spec.by) <= EXECUTORS:
            raise ValueError(f"nobody executes {key}: {', '.join(spec.by) or 'nothing named'}")
    chapters = list(CHAPTERS)
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: _place(item[0], item[1], chapters))))


CATALOGUE: Final[Mapping[str, Spec]] = _in_order()
"""All clauses by key, in the order of the text."""
