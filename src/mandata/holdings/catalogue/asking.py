"""How a holding asks an area: by the reference, by the address or by a blind index; and the words several share."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mandata.holdings.rules import Cannot, Erased, Eraser, Finder, Found, Key, Record, Subject

Records = tuple[Record, ...]


def known(read: Callable[[UUID], list[dict[str, object]]]) -> Callable[[Subject], Records]:
    """Ask by the reference; somebody without one has nothing there."""
    return lambda subject: tuple(read(subject.reference)) if subject.reference else ()


def _references(subjects: Sequence[Subject]) -> list[UUID]:
    return [one.reference for one in subjects if one.reference]


Tally = Callable[[list[UUID]], Mapping[UUID, int]]


def delete(count: Tally) -> Finder:
    """Find what an erasure will delete."""
    return lambda subjects: {key: Found(delete=rows) for key, rows in count(_references(subjects)).items()}


def anonymise(count: Tally) -> Finder:
    """Find what an erasure will make anonymous."""
    return lambda subjects: {key: Found(anonymise=rows) for key, rows in count(_references(subjects)).items()}


def keep(count: Tally) -> Finder:
    """Find what an erasure will leave, with the reason that the place states."""
    return lambda subjects: {key: Found(keep=rows) for key, rows in count(_references(subjects)).items()}


def deleted(act: Tally) -> Eraser:
    """Erase by deleting."""
    return lambda subjects, _at: {key: Erased(deleted=rows) for key, rows in act(_references(subjects)).items()}


def anonymised(act: Tally) -> Eraser:
    """Erase by making anonymous."""
    return lambda subjects, _at: {key: Erased(anonymised=rows) for key, rows in act(_references(subjects)).items()}


Trait = TypeVar("Trait", bytes, str)


def by(
    trait: Callable[[Subject], Trait], count: Callable[[list[Trait]], Mapping[Trait, int]]
) -> Callable[[Sequence[Subject]], dict[Key, int]]:
    """Count by something else than the reference: the address, or one of its blind indexes. Who has none is not asked
    for."""

    def counted(subjects: Sequence[Subject]) -> dict[Key, int]:
        whose = {trait(one): one.key for one in subjects if trait(one)}
        return {whose[value]: rows for value, rows in count(list(whose)).items()} if whose else {}

    return counted


def address(subject: Subject) -> str:
    """The trait that is the address in clear."""
    return subject.address


def email_index(subject: Subject) -> bytes:
    """The trait that is the address's blind index."""
    return subject.email_index


def suppression_index(subject: Subject) -> bytes:
    """The trait that is the address's blind index under the key of suppressions."""
    return subject.suppression_index


def found(counted: Callable[[Sequence[Subject]], dict[Key, int]]) -> Finder:
    """Find by a trait what an erasure will delete."""
    return lambda subjects: {key: Found(delete=rows) for key, rows in counted(subjects).items()}


def kept(counted: Callable[[Sequence[Subject]], dict[Key, int]]) -> Finder:
    """Find by a trait what an erasure will leave."""
    return lambda subjects: {key: Found(keep=rows) for key, rows in counted(subjects).items()}


def gone(counted: Callable[[Sequence[Subject]], dict[Key, int]]) -> Eraser:
    """Erase by a trait."""
    return lambda subjects, _at: {key: Erased(deleted=rows) for key, rows in counted(subjects).items()}


FACT: Final = Cannot(_("It states what happened; what happened is not corrected, it is explained beside it."))
LETTER: Final = Cannot(_("It is the text of a mail as it was sent."))
BY_IDENTITY: Final = Cannot(_("The restriction stands with the subscriber; every act on this place asks there first."))
NOT_ACTED_ON: Final = Cannot(_("Nothing is done with it that could be restricted; it is only kept."))
CONTROLLER: Final = _("the controller and its members by their role; the processor on instruction")
WHO_SUBSCRIBES: Final = _("subscribers")
WHO_IS_MEMBER: Final = _("members of the controller")
WHILE_HELD: Final = _("as long as the controller keeps the person; two months more in backups at most")
