"""What a verification found."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from mandata.foundation import merkle
from mandata.record.rules import Finding

MOST: Final = 1_000
"""So many findings of one log are named; the rest is counted, so that memory stays flat whatever was done to it."""


@dataclass(slots=True)
class Verdict:
    """What a verification found: the log, its length, the root recomputed, and the findings (none is good)."""

    log: UUID
    size: int = 0
    root: bytes = merkle.EMPTY_ROOT
    heads: int = 0
    waiting: int = 0
    payloads: int = 0
    findings: list[Finding] = field(default_factory=list)
    unnamed: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def find(self, where: str, what: str) -> None:
        """Add a finding."""
        if len(self.findings) < MOST:
            self.findings.append(Finding(self.log, where, what))
        else:
            self.unnamed += 1
