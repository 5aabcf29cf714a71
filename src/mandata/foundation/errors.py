"""How things go wrong.

Exception
├── Refused   an expected no: a gate, a rule or a limit forbids it; it names the clause and the remedy
└── Fault     something outside failed (a disk, a peer, a broken file) and can be told in words
Everything else is a bug and stays a crash.
"""

from collections.abc import Mapping


class Refused(Exception):
    """An act that may not happen.

    `code` is stable and machine-readable (`campaign.already_launched`), `message` says what happened in words,
    `clause` which clause or rule refuses, `remedy` what would mend it, `status` the HTTP status a face answers with.
    """

    code = "refused"
    status = 409

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        clause: str = "",
        remedy: str = "",
        status: int = 0,
        evidence: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.clause = clause
        self.remedy = remedy
        self.status = status or self.status
        self.evidence = dict(evidence or {})

    def as_dict(self) -> dict[str, object]:
        """Return the refusal as plain data, for JSON answers and the record."""
        return {
            "code": self.code,
            "message": self.message,
            "clause": self.clause,
            "remedy": self.remedy,
            "evidence": self.evidence,
        }


class NotFound(Refused):
    """What was asked for does not exist, or belongs to somebody else, which is told alike."""

    code = "not_found"
    status = 404


class Fault(Exception):
    """A failure of the world around us that an operator can mend: the message says what happened and what to do."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy
