"""What the API can be asked: one value for each operation, from which addresses, checks and document are made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from mandata.foundation.actors import Actor

NAMED: Final = "Idempotency-Key"


class Shape(BaseModel):
    """A body: every field is known, nothing else is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Wrong(Shape):
    """One field of a body that could not be taken."""

    at: str
    code: str


class Problem(Shape):
    """A no, as `application/problem+json` (RFC 9457): `code` is stable, `detail` and `remedy` are for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    clause: str
    remedy: str
    errors: list[Wrong]


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks for what: the key as the actor, the checked body, the parts of the address."""

    key: Actor
    body: Any
    place: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """What an operation gives: status, body, and where what was made is to be found."""

    status: int
    body: Shape


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked. `path`: as a route, behind `/api/v1/`; `scope`: what a key needs for it; `does`:
    runs in the controller's scope; `once`: whether it changes something and so wants a name of the caller's own."""

    name: str
    method: str
    path: str
    scope: str
    summary: str
    explained: str
    does: Callable[[Call], Given]
    gives: type[Shape]
    statuses: tuple[tuple[int, str], ...]
    takes: type[Shape] | None = None

    @property
    def once(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"
