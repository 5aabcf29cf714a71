"""What a controller decides itself about a sub-processor: in writing, or as its own choice (SPR-5, SPR-6). In scope.

What an agreement authorises by name, by class or as its list at signing needs no act: ``rules.disclosing`` reads it off
the agreement in force.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.foundation.actors import Actor
from mandata.foundation.errors import Refused
from mandata.record.services import append
from mandata.subprocessors.models import Authorisation
from mandata.subprocessors.selectors.register import find

WRITTEN: Final = "written"
CHOSEN: Final = "chosen"


def give(*, subprocessor: str | UUID, actor: Actor, at: datetime, ground: str = WRITTEN) -> None:
    """Authorise a sub-processor at once, without waiting for a window; "chosen" says that it is the controller's own
    processor and not ours. Only a member of the controller can. Raises NoSuchSubProcessor, Refused.
    """
    if actor.kind != "member" or ground not in (WRITTEN, CHOSEN):
        raise Refused(
            _("Only the controller itself can authorise a sub-processor or choose one."),
            code="subprocessors.not_yours",
            clause="subprocessor.notice",
            status=403,
        )
    entry = find(subprocessor)
    row, made = Authorisation.objects.get_or_create(
        subprocessor=entry.id,
        ended_at=None,
        defaults={"ground": ground, "by": str(actor)[:60], "since": at, "clause": _clause(ground)},
    )
    if not made and row.ground == ground:
        return
    if not made:
        Authorisation.objects.filter(id=row.id).update(ground=ground, by=str(actor)[:60], clause=_clause(ground))
    body: dict[str, object] = {"subprocessor": entry.id, "ground": ground}
    append(kind="subprocessor.authorised", body=body, actor=actor, at=at, clause=_clause(ground))


def take_back(*, subprocessor: str | UUID, actor: Actor, at: datetime) -> bool:
    """End what `give` gave; what the agreement authorises stays. Return whether there was anything."""
    entry = find(subprocessor)
    if not Authorisation.objects.filter(subprocessor=entry.id, ended_at=None).update(ended_at=at):
        return False
    append(kind="subprocessor.authorisation_ended", body={"subprocessor": entry.id}, actor=actor, at=at)
    return True


def _clause(ground: str) -> str:
    return "subprocessor.chosen" if ground == CHOSEN else "subprocessor.notice"
