"""The big receiving providers, shipped as `providers.toml`: by which mail exchangers they are known, and how many
connections at a time are polite."""

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("providers.toml")
LONGEST = 40
"""Characters that the name of a provider has at most, as it stands with every message."""


@cache
def _shipped() -> tuple[dict[str, str], dict[str, int]]:
    entries = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    ends = {end: name for name, entry in entries.items() for end in entry["exchangers"]}
    return ends, {name: int(entry["connections"]) for name, entry in entries.items()}


def connections(provider: str) -> int | None:
    """Return how many connections to a provider are polite; None for one that is not in the file."""
    return _shipped()[1].get(provider)


def names() -> list[str]:
    """Return the names of the providers in the file."""
    return sorted(_shipped()[1])


def known(exchanger: str) -> str:
    """Return the provider that a mail exchanger belongs to, or "" for one that is not in the file."""
    ends, labels = _shipped()[0], exchanger.lower().rstrip(".").split(".")
    return next((name for at in range(len(labels)) if (name := ends.get(".".join(labels[at:])))), "")
