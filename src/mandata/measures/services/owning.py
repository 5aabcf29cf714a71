"""What the owner of a measure shows that no machine can look at: a day, the next one, a file (SEC-8)."""

from datetime import date, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mandata.agreements.services import measures as register
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import INSTANCE, scope
from mandata.measures.errors import BadEvidence
from mandata.measures.models import Evidence
from mandata.measures.rules.headings import OWNED
from mandata.measures.services import settling
from mandata.record.services import append

LARGEST: Final = 5 * 2**20
_FORMS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
_CLAUSE: Final = "measures.organisational"


def show(
    *, code: str, description: str, owner: str, on: date, next_on: date, by: UUID, at: datetime, remark: str = "",
    content: bytes = b"",
) -> UUID:  # fmt: skip
    """Keep what the owner of a measure shows for it, and state the measure in the register; recorded. Return its id.

    ``owner``: a post, not a person; ``content``: a PDF, PNG or JPEG up to 5 MiB, or nothing where ``remark`` says where
    the evidence lies. What was late by its date is mended by it. Open no scope around it. Raises BadEvidence, Refused.
    """
    media_type = _checked(code, on, next_on, remark, content, at)
    with transaction.atomic():
        register.register(code=code, description=description, owner=owner, checked_on=on, next_on=next_on, by=by, at=at)
        row = Evidence.objects.create(
            id=new_id(), measure=code, on=on, next_on=next_on, remark=remark.strip()[:300], media_type=media_type,
            content=content or None, digest=sha256(content).digest() if content else None, by=by, at=at,
        )  # fmt: skip
        with scope(INSTANCE):
            body: dict[str, object] = {"measure": code, "evidence": row.id, "on": on, "next_on": next_on}
            if content:
                body["sha256"] = sha256(content).digest()
            append(kind="measure.shown", body=body, actor=Actor("operator", by), at=at, clause=_CLAUSE)
    settling.settle({}, at=at, looked=[])
    evidence_id: UUID = row.id
    return evidence_id


def _checked(code: str, on: date, next_on: date, remark: str, content: bytes, at: datetime) -> str:
    if code not in OWNED:
        raise BadEvidence(
            _("This measure is looked at by a check; nobody need show anything for it."),
            code="measures.checked", clause=_CLAUSE, remedy=_("Choose a measure that has an owner."),
        )  # fmt: skip
    if on > at.date() or next_on <= on:
        raise BadEvidence(
            _("The day shown is past or today, and the next one comes after it."),
            code="measures.days", clause=_CLAUSE, remedy=_("Correct the days."),
        )  # fmt: skip
    if not content and not remark.strip():
        raise BadEvidence(
            _("There is no evidence."), code="measures.no_evidence", clause=_CLAUSE,
            remedy=_("Add a file, or say where the evidence lies."),
        )  # fmt: skip
    if len(content) > LARGEST:
        raise BadEvidence(
            _("The file is larger than 5 MB."), code="measures.large", clause=_CLAUSE,
            remedy=_("Make it smaller."), status=413,
        )  # fmt: skip
    found = next((name for mark, name in _FORMS if content.startswith(mark)), "")
    if content and not found:
        raise BadEvidence(
            _("The file is neither PDF nor PNG nor JPEG."), code="measures.form", clause=_CLAUSE,
            remedy=_("Save it as one of these."),
        )  # fmt: skip
    return found
