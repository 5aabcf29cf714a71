"""Files that come with something: sealed under keys of their own, told to the record by their SHA-256."""

import hashlib
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.assistance import selectors
from mandata.assistance.errors import BadFile, NoSuch
from mandata.assistance.models import File
from mandata.assistance.rules import codes
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.record.services import append
from mandata.vault.services import Vault

_BACK = 200


def take(
    *, about: tuple[str, UUID], kind: str, name: str, media_type: str, content: bytes, actor: Actor, at: datetime
) -> UUID:
    """Keep a file with a thing (its kind and id) and return its id. Raises BadFile."""
    _possible(content, about[1])
    own, vault = new_id(), Vault.open()
    key = vault.create([own])[own]
    digest = hashlib.sha256(content).digest()
    title = name.replace("\\", "/").rpartition("/")[2].strip()[-_BACK:] or "file"
    File.objects.create(
        id=own,
        about_kind=about[0],
        about=about[1],
        kind=kind[:20],
        media_type=_plain(media_type),
        size=len(content),
        sha256=digest,
        sealed_name=vault.seal(own, selectors.FILE_NAME, title.encode(), key=key),
        sealed=vault.seal(own, selectors.FILE, content, key=key),
        at=at,
        by=str(actor)[:60],
    )
    body: dict[str, object] = {
        "file": own, "about": {"kind": about[0], "id": about[1]}, "kind": kind[:20], "sha256": digest,
        "size": len(content),
    }  # fmt: skip
    append(kind="assistance.file_taken", body=body, actor=actor, at=at)
    return own


def _possible(content: bytes, about: UUID) -> None:
    if not content:
        raise BadFile(_("The file is empty."), remedy=_("Choose another one."))
    if len(content) > codes.MAX_FILE:
        raise BadFile(_("A file may have 20 MB at most."), remedy=_("Split it, or send it compressed."))
    if File.objects.filter(about=about).count() >= codes.MAX_FILES:
        raise BadFile(_("There are 50 files here already."), remedy=_("Put several into one archive."))


def _plain(media_type: str) -> str:
    """A media type as a browser may be told it; anything odd is bytes."""
    kind = media_type.split(";")[0].strip().lower()
    sound = kind.count("/") == 1 and all(one.isalnum() or one in "/.+-_" for one in kind)
    return kind[:100] if sound and kind.isascii() else "application/octet-stream"


def drop(*, file_id: UUID, about: UUID, actor: Actor, at: datetime) -> None:
    """Delete a file with its key; that it was there stays in the record. Raises NoSuch."""
    deleted, _rows = File.objects.filter(id=file_id, about=about).delete()
    if not deleted:
        raise NoSuch(_("There is no such file."))
    Vault.open().destroy([file_id])
    append(kind="assistance.file_deleted", body={"file": file_id}, actor=actor, at=at)
