"""Time-stamps over the installation's heads, which cover every controller's: daily, and whenever somebody asks.

No transaction is open while the authority is asked; one that does not answer is asked again, and nothing waits for it.
"""

import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Fault
from mandata.infra import outside
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import rules, selectors, stamps
from mandata.record.models import Stamp
from mandata.record.services.appending import append

EVERY: Final = timedelta(days=1)
STAMPED: Final = "record.stamped"
"""Line of the outside log: a stamp with its token, of which the entry has the hash only."""
_PATIENCE: Final = 10.0
_LONGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority: its address, and the PEM of its certificates (empty: not verified)."""

    url: str
    certificates: bytes = b""


def authority() -> Authority | None:
    """Return the authority that the settings name. Raises Fault where its certificates cannot be read."""
    if not env().timestamp_url:
        return None
    return Authority(env().timestamp_url, certificates())


def certificates() -> bytes:
    """Return the PEM that the settings name, empty without one. Raises Fault where it cannot be read."""
    path: Path | None = env().timestamp_certificates
    try:
        return path.read_bytes() if path else b""
    except OSError as error:
        raise Fault(
            f"The certificates of the time-stamping authority cannot be read: {error.strerror}.",
            remedy="Correct MANDATA_TIMESTAMP_CERTIFICATES.",
        ) from error


def stamp_due(*, at: datetime) -> int:
    """Have the newest head stamped where the last stamp is a day old and something happened since; return how many
    stamps that made. Raises Fault where the authority fails; the worker's loop asks again."""
    asked = authority()
    if asked is None:
        return 0
    with scope(INSTANCE):
        last = Stamp.objects.order_by("-size", "-at").first()
        if last and (last.at > at - EVERY or not selectors.happened_since(last.size, ("record.stamped",))):
            return 0
    return 1 if stamp(asked, at=at) else 0


def stamp(asked: Authority | None = None, *, at: datetime, actor: Actor = SYSTEM) -> UUID | None:
    """Have the installation's newest head stamped now; return the stamp's id, None where there is no head or it has a
    stamp of that authority already. Raises Fault where no authority is set, or it fails."""
    asked = asked or authority()
    if asked is None:
        raise Fault("No time-stamping authority is set.", remedy="Set MANDATA_TIMESTAMP_URL.")
    name = urlsplit(asked.url).hostname or ""
    with scope(INSTANCE):
        head = selectors.head()
        if head is None or Stamp.objects.filter(size=head.size, authority=name).exists():
            return None
    token, stated = _ask(asked, head.note.encode())
    with scope(INSTANCE):
        row = Stamp.objects.create(id=new_id(), size=head.size, at=stated, authority=name, token=token)
        body = rules.stamp_body(row.id, head.size, stated, name, token)
        append(kind="record.stamped", body=body, actor=actor, subject=row.id, at=at)
        outside.write(STAMPED, {**body, "token": token})
    return UUID(str(row.id))


def _ask(asked: Authority, note: bytes) -> tuple[bytes, datetime]:
    """Return the authority's answer and the time it states. Raises Fault."""
    query = stamps.request(note)
    try:
        if urlsplit(asked.url).scheme not in ("http", "https"):
            raise ValueError("its address is neither http nor https")
        kind = {"Content-Type": "application/timestamp-query"}
        call = urllib.request.Request(asked.url, data=query.data, headers=kind)  # noqa: S310 - checked above
        with urllib.request.urlopen(call, timeout=_PATIENCE) as answer:  # noqa: S310 - checked above
            token: bytes = answer.read(_LONGEST)
        return token, stamps.verify(token, note, asked.certificates, nonce=query.nonce)
    except (OSError, ValueError) as error:
        raise Fault(
            f"The time-stamping authority gave no stamp: {error}.",
            remedy="It is asked again by itself; see MANDATA_TIMESTAMP_URL and MANDATA_TIMESTAMP_CERTIFICATES.",
        ) from error
