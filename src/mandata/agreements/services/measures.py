"""The register of measures behind Annex III: how each is carried out, which post answers for it, when it was checked
(SEC-8). In the installation's scope; public.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from mandata.agreements.models import Measure
from mandata.agreements.rules import measures as rules
from mandata.agreements.rules.words import mark as _
from mandata.agreements.selectors import reader
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import Refused
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append
from mandata.vault.services import begin as begin_vault

_UNKNOWN: Final = _("No agreement knows a measure {code}.")
_KNOWN: Final = _("Take one of: {codes}.")
_FUTURE: Final = _("A measure cannot have been checked on {day}, which is still to come.")
_TODAY: Final = _("State the day of the last check.")


def checked(*, code: str, on: date, evidence: UUID, at: datetime, next_on: date | None = None) -> bool:
    """Keep that a measure was checked by the software itself, with the id of what proves it; recorded. Return whether
    the register has the measure: how it is carried out and who answers for it is the operator's to state."""
    with scope(INSTANCE):
        begin_vault(at=at)
        known = Measure.objects.filter(code=code).update(checked_on=on, next_on=next_on, at=at)
        body: dict[str, object] = {"measure": code, "checked_on": on.isoformat(), "evidence": evidence}
        append(kind="measure.checked", body=body, actor=SYSTEM, at=at, clause=rules.CODES[code])
    return bool(known)


def looked(*, held: Sequence[str], failed: Sequence[str], evidence: UUID, at: datetime) -> None:
    """Keep in the register that a round of checks looked at measures: the day of those that held moves on; recorded
    once for the round, with the codes of both. ``evidence``: the round's id."""
    with scope(INSTANCE):
        begin_vault(at=at)
        Measure.objects.filter(code__in=held).update(checked_on=at.date(), at=at)
        body: dict[str, object] = {"run": evidence, "held": sorted(held), "failed": sorted(failed)}
        append(kind="measure.looked", body=body, actor=SYSTEM, at=at, clause="measures.technical")


def register(
    *, code: str, description: str, owner: str, checked_on: date, by: UUID, at: datetime, next_on: date | None = None
) -> None:
    """State how a measure is carried out, who answers for it and when it was last checked; recorded.

    ``code``: of clause measures.technical or measures.organisational; ``owner``: a post, not a person. Raises Refused
    for an unknown code and for a check in the future.
    """
    say = reader().gettext
    if code not in rules.CODES:
        raise Refused(
            say(_UNKNOWN).format(code=code),
            code="measures.unknown",
            clause="measures.technical",
            remedy=say(_KNOWN).format(codes=", ".join(rules.CODES)),
        )
    if checked_on > at.date():
        message = say(_FUTURE).format(day=checked_on.isoformat())
        raise Refused(message, code="measures.future", clause="measures.technical", remedy=say(_TODAY))
    values = {"description": description.strip(), "owner": owner.strip(), "checked_on": checked_on, "next_on": next_on}
    with scope(INSTANCE):
        begin_vault(at=at)
        Measure.objects.update_or_create(code=code, defaults={**values, "by": by, "at": at})
        body: dict[str, object] = {"measure": code, "checked_on": checked_on.isoformat()}
        append(kind="measure.checked", body=body, actor=Actor("operator", by), at=at, clause=rules.CODES[code])
