"""Verbs of the end: an archive opened as its controller opens it, an agreement ended, everything deleted."""

import io
import json
import zipfile
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pyrage

from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.retention.services import deleting, ends, receivers, returns

OPERATOR = Actor("operator", new_id())


@dataclass
class Opened:
    """An archive that was opened with its key."""

    zip: zipfile.ZipFile
    manifest: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.manifest = json.loads(self.zip.read("manifest.json"))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table."""
        return [json.loads(line) for line in self.zip.read(f"tables/{table}.ndjson").splitlines()]

    def everything(self) -> bytes:
        """All bytes of all files."""
        return b"\0".join(self.zip.read(name) for name in self.zip.namelist())


def archived(controller_id: UUID) -> Opened:
    """Everything of a controller, as one who has its key reads it."""
    identity = pyrage.x25519.Identity.generate()
    return_id = asked(controller_id, str(identity.to_public()))
    assert returns.make(controller_id=controller_id, return_id=return_id)
    return Opened(zipfile.ZipFile(io.BytesIO(pyrage.decrypt(fetched(controller_id, return_id), [identity]))))


def asked(controller_id: UUID, recipient: str, *, how: str = "account", place: str = "") -> UUID:
    """An archive is asked for by the operator."""
    with scope(controller_id):
        return returns.ask(
            receiver=receivers.receiver(recipient=recipient),
            to=returns.Destination(how, place),
            actor=OPERATOR,
            at=now(),
            queue=False,
        )


def fetched(controller_id: UUID, return_id: UUID) -> bytes:
    """The bytes of an archive, fetched."""
    with scope(controller_id):
        found = returns.fetch(return_id=return_id, actor=OPERATOR, at=now())
    return b"".join(found.pieces)


def ended(controller_id: UUID, *, choice: str = "delete", at: datetime | None = None) -> UUID:
    """The agreement ends at once, and the controller says what is to become of its data."""
    with scope(controller_id):
        end = ends.give_notice(by="term", reason="term", actor=OPERATOR, at=at or now())
        if choice:
            ends.choose(choice=choice, actor=OPERATOR, at=at or now())
    return end


def confirmed(controller_id: UUID, name: str) -> None:
    """The deletion is confirmed by the controller's name; nothing works at it yet."""
    deleting.confirm(controller_id=controller_id, typed=name, actor=OPERATOR, at=now(), queue=False)


def deleted(controller_id: UUID, name: str) -> UUID:
    """The agreement ends; everything of the controller is deleted and certified."""
    end = ended(controller_id)
    deleted_after(controller_id, name)
    return end


def deleted_after(controller_id: UUID, name: str) -> None:
    """Everything of a controller whose agreement has ended is deleted and certified."""
    confirmed(controller_id, name)
    while deleting.run(controller_id=controller_id, queue=False):
        pass
