"""What the verbs on obligations share: the row under a lock, its times, its place in the agenda, its record entry.

Whoever changes an obligation locks its row in the agenda first, then the obligation: the scheduler does so, too.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors
from mandata.agreements.errors import NoSuchObligation, ObligationClosed
from mandata.agreements.models import Agenda, Obligation, Stay
from mandata.agreements.models import Agreement as AgreementRow
from mandata.agreements.rules import obligations as rules
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.words import mark as _
from mandata.foundation.actors import Actor
from mandata.foundation.periods import Reckoning, Regime
from mandata.infra.tenancy import INSTANCE, current_controller
from mandata.record.services import append
from mandata.vault.services import Vault, has_key

_NONE: Final = _("There is no such obligation.")
_CLOSED: Final = _("This obligation is closed already.")
_RELOAD: Final = _("Reload the page: somebody else may have closed it.")


def locked(obligation_id: UUID) -> Obligation:
    """An open obligation that nobody else changes until the transaction ends.

    Raises NoSuchObligation, ObligationClosed.
    """
    list(Agenda.objects.select_for_update().filter(obligation=obligation_id).values_list("obligation", flat=True))
    row: Obligation | None = Obligation.objects.select_for_update().filter(id=obligation_id).first()
    said = selectors.reader().gettext
    if row is None:
        raise NoSuchObligation(said(_NONE))
    if row.state != "open":
        raise ObligationClosed(said(_CLOSED), clause=row.duty, remedy=said(_RELOAD), evidence={"state": row.state})
    return row


def terms_of(row: Obligation) -> Terms | None:
    """The terms under which an obligation was opened."""
    if row.agreement is None:
        return None
    return next(one.terms for one in selectors.agreements() if one.id == row.agreement)


def reckoning(terms: Terms | None) -> Reckoning:
    """How periods are counted: as the agreement says; without one as the law of the Union does, where the controller
    is.
    """
    if terms is not None:
        return terms.reckoning
    return Reckoning(Regime.EU_1182, "CZ", accounts.holder().time_zone)


def reckoning_of(row: Obligation) -> Reckoning:
    """How an obligation's period was counted."""
    kept = row.reckoning
    return Reckoning(Regime(kept["regime"]), kept["calendar"], kept["zone"])


def times(row: Obligation) -> rules.Times:
    """When an obligation runs and ends."""
    return rules.times_of(
        row.kind,
        opened=row.opened_at,
        since=row.since,
        strict=row.strict,
        statutory=row.statutory,
        period=row.period,
    )


def schedule(row: Obligation, *, standing: bool = False) -> None:
    """Put an open obligation into the agenda, with the next of its reminders; none while its clock stands still."""
    look = None if standing else rules.next_look(times(row), row.reminders)
    Agenda.objects.update_or_create(
        obligation=row.id,
        defaults={
            "controller_id": current_controller(),
            "at": look,
            "strict": row.strict,
            "statutory": row.statutory,
            "owed_by": row.owed_by,
            "owed": rules.gets_late(times(row)),
            "standing": standing,
        },
    )


def strike(obligation_id: UUID) -> None:
    """Take a closed obligation off the agenda."""
    Agenda.objects.filter(obligation=obligation_id).delete()


def enter(
    row: Obligation,
    kind: str,
    body: Mapping[str, object],
    *,
    actor: Actor,
    at: datetime,
    words: Mapping[str, object] | None = None,
) -> None:
    """An entry of the record on an obligation; what people wrote (``words``) enters as a commitment only.

    The installation has no keys of its own, so what is written about its obligations stays with them.
    """
    commitment = None
    if words and any(words.values()) and current_controller() != INSTANCE:
        vault = Vault.open()
        if not has_key(row.id):
            vault.create([row.id])
        commitment = vault.commit(row.id, dict(words))
    entry = append(
        kind=f"obligation.{kind}",
        body={"obligation": row.id, "number": row.number, "duty": row.duty, **body},
        actor=actor,
        at=at,
        clause=row.duty,
        commitment=commitment,
    )
    row.entries = [*row.entries, str(entry)]


_CODE: Final = re.compile(r"[A-Za-z0-9_.:,+-]{1,200}")
TYPED: Final = frozenset({"reference", "words", "reason"})
"""Names of evidence that somebody types: one word, too, can be a person's name."""


def sorted_out(evidence: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Evidence as plain data, parted into what the record may hold as it is (ids, codes, digests, times, counts) and
    what somebody may have written freely, which enters as a commitment.
    """
    plain: dict[str, object] = {}
    for name, value in evidence.items():
        told = value.isoformat() if isinstance(value, datetime) else value
        plain[name] = told if isinstance(told, bool | int) or told is None else str(told)
    free: dict[str, object] = {
        name: value
        for name, value in plain.items()
        if isinstance(value, str) and (name in TYPED or not _CODE.fullmatch(value))
    }
    return {name: value for name, value in plain.items() if name not in free}, free


def stood(row: Obligation) -> timedelta:
    """For how long the clock of an obligation has stood still in all, so far as that is over."""
    over = Stay.objects.filter(obligation=row.id).exclude(ends=None).values_list("begins", "ends")
    return sum((rules.stood(begins, ends, row.since) for begins, ends in over), timedelta())


def standing(row: Obligation) -> Stay | None:
    """The stop that holds now, if one does."""
    found: Stay | None = Stay.objects.filter(obligation=row.id, ends=None).first()
    return found


def moved(row: Obligation, at: datetime) -> None:
    """After its times have changed: what was reminded of too early counts no more, and lateness is looked at again."""
    now = times(row)
    row.reminders = min(row.reminders, rules.passed(now, at))
    if row.late_at is not None and not rules.is_late(now, at):
        row.late_at = None
    row.changed_at = at


def last_agreement(at: datetime) -> tuple[UUID | None, Terms | None]:
    """The terms by which something is owed at an instant: those in force, else the last ones."""
    found = selectors.ground(at).agreement
    if found is None:  # accepted today for tomorrow, or never
        row = AgreementRow.objects.order_by("-number").values_list("id", flat=True).first()
        found = next((one for one in selectors.agreements() if one.id == row), None)
    return (None, None) if found is None else (found.id, found.terms)
