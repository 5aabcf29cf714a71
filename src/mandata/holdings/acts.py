"""What can be asked of a manual holding, and until when (RET-7). Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

KINDS: Final = ("paper", "removable", "files")
"""Paper; removable media; files and lists that people keep beside the system."""
KEEPERS: Final = ("controller", "processor")
ABOUT: Final = ("case", "erasure", "batch", "person")
ACTS: Final = ("find", "export", "rectify", "restrict", "lift", "erase")

BY_CASE: Final[Mapping[str, str]] = {
    "access": "export",
    "portability": "export",
    "rectification": "rectify",
    "restriction": "restrict",
    "erasure": "erase",
    "objection": "restrict",
    "know": "export",
    "delete": "erase",
    "correct": "rectify",
}
"""What a data subject's request of a kind asks of a manual holding; of any other kind only to look."""

CLAUSES: Final[Mapping[str, str]] = {
    "find": "Art. 12(3) GDPR",
    "export": "Art. 15 GDPR",
    "rectify": "Art. 16 GDPR",
    "restrict": "Art. 18 GDPR",
    "lift": "Art. 18(3) GDPR",
    "erase": "Art. 17 GDPR",
}

LASTS: Final = timedelta(days=28)
"""How long the tasks of an erasure that nobody asked for may take: never longer than the month of Art. 12(3) GDPR."""

LIMITS: Final[Mapping[str, int]] = {
    "name": 120,
    "place": 200,
    "category": 400,
    "subjects": 200,
    "purpose": 400,
    "retention": 200,
    "post": 120,
}
"""What a manual holding states, and in how many letters at most."""
MAX_REMARK: Final = 400
MAX_EVIDENCE: Final = 200


def act_of(case_kind: str) -> str:
    """Return what a request of a kind asks of a manual holding."""
    return BY_CASE.get(case_kind, "find")


def due_at(at: datetime) -> datetime:
    """Return until when the tasks of an erasure without a request are to be done."""
    return at + LASTS
