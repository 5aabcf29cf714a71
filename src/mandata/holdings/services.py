"""The verbs over all holdings: preview, erase, export, rectify, restrict. They know no area, only the catalogue."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from mandata.audience.rules.bases import Reason
from mandata.audience.services import suppression
from mandata.foundation.actors import Actor
from mandata.holdings import archive, rules, selectors
from mandata.holdings.catalogue import catalogue
from mandata.holdings.errors import ErasureIncomplete, NothingHeld, UnknownGround
from mandata.holdings.models import Erasure
from mandata.holdings.rules import Cannot, Erased, Found, Subject
from mandata.holdings.selectors import Done, Preview
from mandata.infra.clock import new_id
from mandata.infra.tenancy import current_controller, scope
from mandata.record import services as record
from mandata.vault import personal as vault
from mandata.vault.services import Vault

SWEPT: Final = timedelta(days=2)


def preview(*, subject: Subject) -> Preview:
    """Count what an erasure would delete and make anonymous in each holding, and what stays on which ground."""
    return selectors.preview(subject)


def erase(*, subject: Subject, ground: str, actor: Actor, case_id: UUID | None = None, at: datetime) -> Done:
    """Erase a person everywhere, in one transaction; return what was done (Art. 17 GDPR).

    The address's keyed hash stays suppressed; rows go or become statistics; the key dies. Erasing again answers with
    what was done before, and finishes what a kill may have left in files. Raises UnknownGround; NothingHeld where
    nobody and nothing is known; ErasureIncomplete, with everything rolled back, where a holding did less than it had
    counted.
    """
    if ground not in rules.GROUNDS:
        raise UnknownGround(
            _("An erasure needs a ground."), clause="Art. 17(1) GDPR", remedy=_("Choose one of those listed.")
        )
    with scope(current_controller()):
        _one_at_a_time(subject)
        before = _find(subject)
        if not any(found.touched for found in before.values()):
            return _earlier(subject, case_id)
        suppression.suppress_many(indexes=[subject.suppression_index], reason=Reason.ERASURE, at=at)
        mark = vault.mark(subject.reference) if subject.reference else None
        erased = _erase_all(subject, at)
        after = _find(subject)
        _demand_whole(rules.shortfalls(before, erased, after))
        row = Erasure.objects.create(
            subject=subject.reference or case_id or new_id(),
            case_id=case_id,
            ground=ground,
            counts={key: _counted(one) for key, one in erased.items() if one.touched},
            kept=[_kept(key, found) for key, found in after.items() if found.keep],
            key_fingerprint=mark.fingerprint if mark else b"",
            epoch=mark.epoch if mark else Vault.open().epoch,
            at=at,
        )
        _enter(row, actor)
        return selectors.done(row)


def _one_at_a_time(subject: Subject) -> None:
    key = f"erase {current_controller()} {subject.email_index.hex()}"
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _find(subject: Subject) -> dict[str, Found]:
    return {holding.description.key: holding.find(subject) for holding in catalogue()}


def _erase_all(subject: Subject, at: datetime) -> dict[str, Erased]:
    """Go backwards: files first, which no rollback brings back and a second run finishes; then rows; identity last."""
    done = {}
    for holding in reversed(catalogue()):
        outcome = holding.erase(subject, at)
        if not isinstance(outcome, Cannot):
            done[holding.description.key] = outcome
    return done


def _demand_whole(short: tuple[rules.Shortfall, ...]) -> None:
    if short:
        told = "; ".join(f"{one.holding}: {one.done} of {one.expected}, {one.left} left" for one in short)
        raise ErasureIncomplete(
            f"The erasure was rolled back, because it was not whole ({told}).",
            remedy="Run it again; if it stays so, the holding's erasure is wrong.",
        )


def _earlier(subject: Subject, case_id: UUID | None) -> Done:
    """Return the erasure that already did it."""
    known = [one for one in (subject.reference, case_id) if one]
    row = (
        Erasure.objects.filter(subject__in=known).order_by("-at").first()
        or Erasure.objects.filter(case_id=case_id or new_id()).first()
    )
    if row is None:
        raise NothingHeld(
            _("Nothing is held of this person that could be erased."), remedy=_("Answer that nothing is held.")
        )
    return selectors.done(row)


def _counted(one: Erased) -> dict[str, int]:
    return {"deleted": one.deleted, "anonymised": one.anonymised}


def _kept(key: str, found: Found) -> dict[str, object]:
    description = next(one.description for one in catalogue() if one.description.key == key)
    with translation.override("en"):  # the log speaks one language, whoever erases
        return {"holding": key, "rows": found.keep, "ground": str(description.ground), "until": str(description.until)}


def _enter(row: Erasure, actor: Actor) -> None:
    body: dict[str, object] = {
        "erasure": row.id,
        "case": row.case_id,
        "ground": row.ground,
        "counts": row.counts,
        "kept": {one["holding"]: one["rows"] for one in row.kept},
        "key": bytes(row.key_fingerprint),
        "epoch": row.epoch,
    }
    record.append(
        kind="holdings.erased",
        body=body,
        actor=actor,
        at=row.at,
        clause=rules.CLAUSES[row.ground],
        subject=row.subject,
    )


def sweep(*, at: datetime) -> int:
    """Erase what arrived of people while they were being erased (an event in flight); return how much that was.

    Looks at the erasures of the last two days, by reference alone: more than any transaction can have been under way.
    """
    with scope(current_controller()):
        late = 0
        for reference in Erasure.objects.filter(at__gt=at - SWEPT).values_list("subject", flat=True):
            outcomes = _erase_all(Subject(reference, b"", b""), at)
            late += sum(one.touched for one in outcomes.values())
        return late


def export(*, subject: Subject, language: str, at: datetime) -> archive.Archive:
    """Return everything held of a person as an archive, with the information of Art. 15(1) GDPR in the language.

    The archive is a zip of `data.json`, `index.html` and a CSV file for each holding that has something.
    """
    return archive.make(subject=subject, language=language, at=at)


def rectify(*, subject: Subject, changes: Mapping[str, str], actor: Actor, at: datetime) -> dict[str, int]:
    """Correct or complete values wherever that applies; return the rows changed in each holding (Art. 16 GDPR)."""
    with scope(current_controller()):
        outcomes = {one.description.key: one.rectify(subject, changes, actor, at) for one in catalogue()}
        return {key: done.rows for key, done in outcomes.items() if not isinstance(done, Cannot)}


def restrict(*, subject: Subject, restricted: bool, actor: Actor, at: datetime) -> dict[str, int]:
    """Begin or end a restriction wherever that applies; return the rows changed in each holding (Art. 18 GDPR)."""
    with scope(current_controller()):
        outcomes = {one.description.key: one.restrict(subject, restricted, actor, at) for one in catalogue()}
        return {key: done.rows for key, done in outcomes.items() if not isinstance(done, Cannot)}
