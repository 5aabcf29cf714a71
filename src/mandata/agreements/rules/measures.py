"""Which measures there are: the codes of both clauses on measures, each with its clause."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mandata.agreements.rules.catalogue import CATALOGUE

CLAUSES: Final = ("measures.technical", "measures.organisational")
CODES: Final[Mapping[str, str]] = MappingProxyType(
    {code: clause for clause in CLAUSES for code in CATALOGUE[clause].vocabulary}
)
"""Code of a measure to its clause."""
WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {code: words for clause in CLAUSES for code, words in CATALOGUE[clause].vocabulary.items()}
)
"""Code of a measure to its message id."""
