"""Every clause that the software can execute. An agreement may hold no other, so nothing can be agreed that nobody
executes.

Words are message ids; ``{period}``, ``{start}``, ``{who}`` and the like are filled from the value, so that text and
behaviour cannot
differ.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mandata.agreements.rules.clauses import described, duties, parties, sending, service
from mandata.agreements.rules.spec import CHAPTERS, Spec


def _in_order() -> Mapping[str, Spec]:
    parts = (parties.CLAUSES, duties.CLAUSES, sending.CLAUSES, service.CLAUSES, described.CLAUSES)
    found = {key: spec for part in parts for key, spec in part.items()}
    if len(found) != sum(map(len, parts)):
        raise ValueError("a clause is described twice")
    chapters = list(CHAPTERS)
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: chapters.index(item[1].chapter))))


CATALOGUE: Final[Mapping[str, Spec]] = _in_order()
"""All clauses by key, in the order of the text."""
