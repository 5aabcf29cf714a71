"""The Commission's 17 headings of measures, and what stands under each: measures, and the checks that look at them.

Source of the headings: Annex II of the standard contractual clauses for transfers (Decision (EU) 2021/914) and Annex
III of those between controllers and processors (Decision (EU) 2021/915), which name the same 17.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

HEADINGS: Final = (
    "encryption", "resilience", "restoring", "testing", "identification", "transmission", "storage", "premises",
    "logging", "configuration", "governance", "certification", "minimisation", "quality", "retention",
    "accountability", "portability",
)  # fmt: skip
"""In the Commission's order; their words are in `mandata.measures.words`."""

CHECKS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "web_tls": ("transmission",),
        "mail_tls": ("transmission",),
        "headers": ("configuration", "transmission"),
        "walls": ("resilience", "identification", "minimisation"),
        "sealed": ("encryption", "storage", "minimisation"),
        "keys": ("encryption", "retention"),
        "backups": ("resilience", "restoring"),
        "backups_apart": ("storage", "restoring"),
        "drill": ("restoring", "testing"),
        "root": ("quality", "accountability", "logging"),
        "lockout": ("identification",),
        "hashing": ("identification", "storage"),
        "tokens": ("identification", "storage"),
        "erasures": ("portability", "retention", "accountability"),
        "access_log": ("logging", "identification"),
        "dependencies": ("configuration", "governance"),
        "malware": ("configuration",),
        "clock": ("logging", "quality"),
        "disk": ("resilience",),
        "confidentiality": ("governance",),
        "training": ("governance",),
        "rounds": ("testing", "certification"),
    }
)
"""Every check with the headings under which it stands; the order is the order of a run."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a measure is looked at: under which headings it stands and by which checks; without any it is its owner's,
    who shows evidence by a date. ``falls_back``: the owner's evidence counts where the checks find nothing to look at.
    """

    headings: tuple[str, ...]
    checks: tuple[str, ...] = ()
    falls_back: bool = False

    @property
    def owned(self) -> bool:
        """Whether no machine can look."""
        return not self.checks


MEASURES: Final[Mapping[str, Plan]] = MappingProxyType(
    {
        "backup": Plan(("resilience", "restoring"), ("backups",)),
        "malware": Plan(("configuration", "resilience"), ("malware",), falls_back=True),
        "transport": Plan(("transmission",), ("web_tls", "mail_tls")),
        "https": Plan(("transmission", "configuration"), ("web_tls", "headers")),
        "at_rest": Plan(("storage", "encryption"), ("sealed", "keys")),
        "by_design": Plan(("minimisation", "retention", "portability"), ("sealed", "walls", "erasures")),
        "individual_access": Plan(("identification",), ("hashing", "lockout", "walls")),
        "article_32": Plan(
            ("encryption", "resilience", "restoring", "testing"), ("sealed", "walls", "backups", "drill", "rounds")
        ),
        "pseudonymisation": Plan(("encryption",), ("sealed", "keys")),
        "pseudonymised_or_encrypted": Plan(("encryption",), ("sealed",)),
        "resilience": Plan(("resilience", "quality"), ("root", "walls", "disk", "clock", "backups")),
        "restore": Plan(("restoring",), ("drill", "backups")),
        "testing": Plan(("testing", "certification"), ("rounds", "drill", "dependencies")),
        "erasure_log": Plan(("portability", "accountability", "logging"), ("erasures",)),
        "firewall": Plan(("configuration",)),
        "monitoring": Plan(("logging", "identification"), ("access_log", "root")),
        "authorised_only": Plan(("identification",), ("walls", "lockout", "tokens")),
        "locked": Plan(("premises",)),
        "backup_apart": Plan(("restoring", "storage"), ("backups_apart",)),
        "passwords": Plan(("identification",), ("hashing", "lockout")),
        "confidentiality": Plan(("governance",), ("confidentiality",)),
        "training": Plan(("governance",), ("training",)),
        "api_keys": Plan(("identification",), ("tokens",)),
        "personal_access": Plan(("identification",), ("hashing", "lockout")),
        "safe_store": Plan(("governance", "logging")),
        "cameras": Plan(("premises",)),
    }
)
"""Every measure that an agreement's clauses can name (a test compares them with the clauses' vocabulary)."""

OWNED: Final = tuple(code for code, plan in MEASURES.items() if plan.owned or plan.falls_back)
"""Measures for which an owner shows evidence."""


def measures_of(check: str) -> tuple[str, ...]:
    """Return the measures that a check looks at; for "owner:CODE" that measure alone."""
    if check.startswith("owner:"):
        return (check.removeprefix("owner:"),)
    return tuple(code for code, plan in MEASURES.items() if check in plan.checks)
