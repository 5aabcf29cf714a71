"""Letters on paper: printed, handed over, and gone with what they tell of."""

from datetime import datetime
from importlib import resources
from typing import Any
from uuid import UUID

import typst
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.foundation import canonical
from mandata.foundation.actors import Actor
from mandata.infra.tenancy import current_controller, scope
from mandata.rights.errors import AnswerGone, NotThisKind
from mandata.rights.models import Case, Letter
from mandata.rights.selectors.sealed import LETTER_PLACE
from mandata.rights.services import steps
from mandata.vault.services import Vault


def printed(*, letter_id: UUID, actor: Actor, at: datetime) -> tuple[str, bytes]:
    """Return a letter's file name and PDF (A4, window on the left): a deliberate act that stands in the record, because
    the letter names the person. Raises AnswerGone."""
    with scope(current_controller()):
        row, case = _letter(letter_id)
        content = canonical.loads(Vault.open().unseal(row.id, LETTER_PLACE, bytes(row.sealed)))
        steps.enter(case, "letter_printed", actor=actor, at=at, detail={"letter": row.id})
        return f"letter-{case.number}.pdf", _pdf(content, case, row.made_at)


def handed_over(*, letter_id: UUID, actor: Actor, at: datetime) -> None:
    """Note that a letter was posted or handed over; the one that tells of an erasure is then deleted with its key.

    Raises AnswerGone, NotThisKind (noted already).
    """
    with scope(current_controller()):
        row, case = _letter(letter_id)
        if row.handed_at is not None:
            raise NotThisKind(_("This letter was handed over already."))
        if row.forget:
            Letter.objects.filter(id=row.id).delete()
            Vault.open().destroy([row.id])
        else:
            Letter.objects.filter(id=row.id).update(handed_at=at)
        steps.enter(case, "letter_handed", actor=actor, at=at, detail={"letter": row.id, "deleted": row.forget})


def _letter(letter_id: UUID) -> tuple[Letter, Case]:
    found = Letter.objects.filter(id=letter_id).values_list("case_id", flat=True).first()
    case = steps.locked(found) if found else None
    row = Letter.objects.select_for_update().filter(id=letter_id).first() if case else None
    if row is None or case is None:
        raise AnswerGone(_("This letter is deleted."), remedy=_("Look at the timeline of its request."))
    return row, case


def _pdf(content: dict[str, Any], case: Case, made_at: datetime) -> bytes:
    card = accounts.controller()
    told = {
        "language": case.language,
        "from": [one for one in (card.legal_name or card.name, *card.postal_address.splitlines()) if one],
        "to": [one for one in (content.get("to", ""), *str(content.get("post", "")).splitlines()) if one],
        "date": f"{made_at:%Y-%m-%d}",
        "subject": content["subject"],
        "paragraphs": [one for one in str(content["text"]).split("\n\n") if one.strip()],
    }
    source = resources.files("mandata.rights").joinpath("letter.typ").read_bytes()
    made = typst.compile(
        source, sys_inputs={"letter": canonical.dumps(told).decode()}, ignore_system_fonts=True, format="pdf"
    )
    if not isinstance(made, bytes):
        raise TypeError("typst returned no document")
    return made
