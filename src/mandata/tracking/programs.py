"""Which program and whose network a request came from, by the data in `programs.toml`.

A text is reduced to its family and an address to a class here, before anything is kept.
"""

import ipaddress
import tomllib
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from mandata.tracking.rules import Agent, Holder


class _Range(NamedTuple):
    """Networks of /24 from `first` to `last`, as numbers of three bytes, and what their holder uses them for."""

    first: int
    last: int
    holder: Holder


def _ranges(networks: list[dict[str, Any]]) -> tuple[_Range, ...]:
    found = []
    for entry in networks:
        for text in entry["ranges"]:
            network = ipaddress.IPv4Network(text)
            first, last = int(network.network_address) >> 8, int(network.broadcast_address) >> 8
            found.append(_Range(first, last, Holder(entry["kind"])))
    return tuple(sorted(found))


_DATA: Final = tomllib.loads((Path(__file__).parent / "programs.toml").read_text(encoding="utf-8"))
_PARTS: Final = tuple((part, Agent[name.upper()]) for name, parts in _DATA["agents"].items() for part in parts)
_RANGES: Final = _ranges(_DATA["network"])
_FIRSTS: Final = [one.first for one in _RANGES]


@lru_cache(maxsize=4096)
def agent_family(user_agent: str) -> Agent:
    """Return the family of a User-Agent header; the text itself is not kept."""
    text = user_agent.strip().lower()
    if not text:
        return Agent.NONE
    if text == "mozilla/5.0":
        return Agent.APPLE_PRIVACY
    return next((agent for part, agent in _PARTS if part in text), Agent.OTHER)


@lru_cache(maxsize=65_536)
def holder(prefix: bytes) -> Holder:
    """Return what a network class (`rules.network`) is used for by whoever holds it; mostly nothing is known."""
    if len(prefix) != 3:
        return Holder.ANYBODY
    number = int.from_bytes(prefix, "big")
    place = bisect_right(_FIRSTS, number) - 1
    known = place >= 0 and number <= _RANGES[place].last
    return _RANGES[place].holder if known else Holder.ANYBODY
