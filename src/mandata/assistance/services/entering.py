"""What every verb of assistance does: whose word it is, the entry in the record, the sealed words, the letter."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.assistance.errors import BadWords, NotYours
from mandata.assistance.rules import codes
from mandata.foundation import canonical
from mandata.foundation.actors import Actor
from mandata.record.services import append
from mandata.vault.services import Vault

_PARTY: Final = {"member": "controller", "operator": "processor"}


def party(actor: Actor) -> str:
    """For which party somebody acts. Raises NotYours for anybody else."""
    found = _PARTY.get(actor.kind)
    if found is None:
        raise NotYours(_("Only a member of the controller or the operator's staff can do this."))
    return found


def said(text: str, *, about: str = "") -> str:
    """What somebody wrote, without blanks around it. Raises BadWords where it is empty or longer than can be kept."""
    words = text.strip()
    if not words:
        raise BadWords(_("Nothing was written."), clause=about, remedy=_("Say it in a sentence."))
    if len(words) > codes.MAX_WORDS:
        raise BadWords(
            _("This is too long to be kept as text."), clause=about, remedy=_("Add it as a file, and write a summary.")
        )
    return words


def sealed(holder: UUID, place: str, told: Mapping[str, str], *, new: bool = False) -> bytes:
    """Seal texts under a holder's key, which is made where the holder is new."""
    vault = Vault.open()
    key = vault.create([holder])[holder] if new else None
    return vault.seal(holder, place, canonical.dumps(dict(told)), key=key)


def enter(
    row: Any,
    kind: str,
    body: Mapping[str, object],
    *,
    actor: Actor,
    at: datetime,
    clause: str = "",
    words: Mapping[str, str] | None = None,
) -> None:
    """Put an entry into the record and its id into the row, which the caller saves; `words` only as a commitment."""
    commitment = Vault.open().commit(row.id, dict(words)) if words else None
    told = {"id": row.id, "number": row.number, **body}
    entry = append(kind=kind, body=told, actor=actor, at=at, clause=clause, commitment=commitment)
    row.entries = [*row.entries, str(entry)]
