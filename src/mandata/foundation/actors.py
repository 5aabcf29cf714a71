"""Who acts: a member of a controller, a program by its key, somebody of the operator, a data subject, or the system
itself."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Kind = Literal["member", "key", "operator", "subject", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor by kind and id, which is a pseudonym (a member's, an API key's, a subject's reference), never a name."""

    kind: Kind
    id: UUID | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


SYSTEM = Actor("system")
