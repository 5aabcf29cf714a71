"""The verbs over all holdings: preview, erase, export, rectify, restrict. They know no area, only the catalogue."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.foundation.actors import Actor
from mandata.holdings import archive, erasing, portability, rules, selectors
from mandata.holdings.catalogue import catalogue
from mandata.holdings.erasing import Order, Outcome
from mandata.holdings.errors import NothingHeld, UnknownGround
from mandata.holdings.models import Erasure
from mandata.holdings.rules import Cannot, Subject
from mandata.holdings.selectors import Done, Preview
from mandata.infra.tenancy import current_controller, scope

SWEPT: Final = timedelta(days=2)


def preview(*, subject: Subject) -> Preview:
    """Count what an erasure would delete and make anonymous in each holding, and what stays on which ground."""
    return selectors.preview(subject)


def erase(*, subject: Subject, ground: str, actor: Actor, case_id: UUID | None = None, at: datetime) -> Done:
    """Erase a person everywhere, in one transaction; return what was done (Art. 17 GDPR): a batch of one.

    The address's keyed hash stays suppressed; rows go or become statistics; the key dies. Erasing again answers with
    what was done before, and finishes what a kill may have left in files. Raises UnknownGround; NothingHeld where
    nobody and nothing is known; ErasureIncomplete, with everything rolled back, where a holding did less than it had
    counted.
    """
    demand_ground(ground)
    with scope(current_controller()):
        outcome = erasing.together(erasing.lock([subject]), Order(ground, actor, at, case_id))
    if outcome.nothing:
        raise NothingHeld(
            _("Nothing is held of this person that could be erased."), remedy=_("Answer that nothing is held.")
        )
    return (*outcome.done, *outcome.earlier)[0]


def erase_many(*, subjects: Sequence[Subject], ground: str, actor: Actor, at: datetime) -> Outcome:
    """Erase people everywhere; return what became of each. At most `erasing.BATCH` of them share a transaction, and
    each lies wholly in one.

    Whoever's erasure is not whole stays as before and is told among the failed. Raises UnknownGround; Fault where the
    world around fails, with the batches before done.
    """
    demand_ground(ground)
    outcome = Outcome()
    for start in range(0, len(subjects), erasing.BATCH):
        with scope(current_controller()):
            outcome += erasing.as_many_as_possible(subjects[start : start + erasing.BATCH], Order(ground, actor, at))
    return outcome


def demand_ground(ground: str) -> None:
    """Raise UnknownGround for what is none."""
    if ground not in rules.GROUNDS:
        raise UnknownGround(
            _("An erasure needs a ground."), clause="Art. 17(1) GDPR", remedy=_("Choose one of those listed.")
        )


def sweep(*, at: datetime) -> int:
    """Erase what arrived of people while they were being erased (an event in flight); return how much that was.

    Looks at the erasures of the last two days, by reference alone: more than any transaction can have been under way.
    """
    with scope(current_controller()):
        found = Erasure.objects.filter(at__gt=at - SWEPT).values_list("subject", flat=True)
        late, people = 0, [Subject(reference, b"", b"") for reference in found]
        for start in range(0, len(people), erasing.BATCH):
            outcomes = erasing.erase_rows(people[start : start + erasing.BATCH], at)
            late += sum(one.touched for answers in outcomes.values() for one in answers.values())
        return late


def export(*, subject: Subject, language: str, at: datetime) -> archive.Archive:
    """Return everything held of a person as an archive, with the information of Art. 15(1) GDPR in the language.

    The archive is a zip of `data.json`, `index.html` and a CSV file for each holding that has something.
    """
    return archive.make(subject=subject, language=language, at=at)


def portable(*, subject: Subject, language: str, at: datetime) -> archive.Archive:
    """Return what the person provided, in the form for machines of Art. 20 GDPR: a zip of `portable.json`, a CSV file
    for each part, and the schema that both follow."""
    return portability.make(subject=subject, language=language, at=at)


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
