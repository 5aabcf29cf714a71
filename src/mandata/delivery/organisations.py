"""Which organisation a domain belongs to, by the public suffix list that the installed package brings along."""

from functools import cache, lru_cache
from typing import Any


@cache
def _list() -> Any:
    from publicsuffixlist import PublicSuffixList  # reads its file: only where somebody asks

    return PublicSuffixList()


@lru_cache(maxsize=65_536)
def organisational(domain: str) -> str:
    """Return the organisational domain of a domain (RFC 7489 section 3.2): news.shop.co.uk -> shop.co.uk.

    A public suffix itself belongs to nobody else: it is returned as it is.
    """
    name = domain.rstrip(".").lower()
    return str(_list().privatesuffix(name) or name)
