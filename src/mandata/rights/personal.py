"""What the rights desk holds of one person, as holdings: the cases and the answers. The wiring adds them to the
catalogue.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from mandata.foundation import canonical
from mandata.holdings.rules import Cannot, Description, Erased, Found, Key, Place, Reach, Record, Subject, added
from mandata.infra import bulk
from mandata.rights import selectors
from mandata.rights.models import Answer, Case, Letter, Mail
from mandata.rights.selectors.sealed import LETTER_PLACE, MAIL_PLACE
from mandata.rights.services import emptying
from mandata.vault.services import Vault

_OF: Final = """
select id, subject, email_index, sealed <> ''::bytea from rights_case
where email_index = any(%(indexes)b) or subject = any(%(references)b)
"""


def _rows(subjects: Sequence[Subject]) -> list[tuple[Any, ...]]:
    """Cases of many as (id, subject, index, whether what was written is still there)."""
    references = [one.reference for one in subjects if one.reference]
    indexes = [one.email_index for one in subjects if one.email_index]
    return bulk.execute(_OF, {"indexes": indexes, "references": references}, binary=True)


def _of(subject: Subject) -> QuerySet[Case]:
    mine = Q(email_index=subject.email_index)
    return Case.objects.filter(mine | Q(subject=subject.reference) if subject.reference else mine)


def _whose(subjects: Sequence[Subject]) -> Callable[[UUID | None, bytes | memoryview | None], set[Key]]:
    """Return what tells by a case's subject and index whose it is; by an address that changed hands, two people's."""
    by_index = {one.email_index: one.key for one in subjects}
    by_reference = {one.reference: one.key for one in subjects if one.reference}

    def keys(subject: UUID | None, index: bytes | memoryview | None) -> set[Key]:
        found = {by_reference.get(subject) if subject else None, by_index.get(bytes(index)) if index else None}
        return {key for key in found if key is not None}

    return keys


def _find(subjects: Sequence[Subject]) -> dict[Key, Found]:
    whose, found = _whose(subjects), defaultdict[Key, list[Found]](list)
    for _case, subject, index, is_filled in _rows(subjects):
        for key in whose(subject, index):
            found[key].append(Found(anonymise=1) if is_filled else Found(keep=1))
    return {key: added(some) for key, some in found.items()}


def _export(subject: Subject) -> tuple[Record, ...]:
    told = []
    for row in _of(subject).order_by("number"):
        wrote = selectors.wrote(row)
        told.append(
            {
                "number": row.number,
                "kind": row.kind,
                "state": row.state,
                "channel": row.channel,
                "received_at": row.received_at,
                "due_at": row.due_at,
                "email": wrote.address,
                "name": wrote.name,
                "words": wrote.words,
                "post": wrote.post,
                "asked": row.asked,
                "details": dict(wrote.details),
                "doubts": _doubts(row),
                "letters": _letters(row),
                "mails": [one.decode("utf-8", "replace") for one in _mails(row)],
                "outcome": row.outcome,
            }
        )
    return tuple(told)


def _doubts(row: Case) -> list[dict[str, object]]:
    """Why somebody doubted who asks, and whether a proof lies here."""
    names = ("why", "asked_at", "given_at", "media", "decided_at", "accepted")
    seen = selectors.case(row.id, at=row.received_at).doubts
    return [{name: getattr(one, name) for name in names} for one in seen]


def _letters(row: Case) -> list[dict[str, object]]:
    vault, found = Vault.open(), Letter.objects.filter(case_id=row.id).order_by("made_at")
    return [canonical.loads(vault.unseal(one.id, LETTER_PLACE, bytes(one.sealed))) for one in found]


def _mails(row: Case) -> list[bytes]:
    vault, found = Vault.open(), Mail.objects.filter(case_id=row.id).order_by("received_at")
    return [vault.unseal(row.id, MAIL_PLACE, bytes(one.sealed)) for one in found if row.sealed]


def _erase(subjects: Sequence[Subject], _at: datetime) -> dict[Key, Erased]:
    whose = _whose(subjects)
    filled = [row for row in _rows(subjects) if row[3]]
    if filled:
        emptying.empty([row[0] for row in filled], but_mails_to=[one.reference for one in subjects if one.reference])
    counts = Counter(key for _case, subject, index, _filled in filled for key in whose(subject, index))
    return {key: Erased(anonymised=count) for key, count in counts.items()}


def _answers(subject: Subject) -> QuerySet[Answer]:
    return Answer.objects.filter(id__in=_of(subject).values("id"))


def _answered(subjects: Sequence[Subject]) -> dict[UUID, set[Key]]:
    """Answers with whose they are."""
    whose = _whose(subjects)
    keys = {case: whose(subject, index) for case, subject, index, _filled in _rows(subjects)}
    if not keys:
        return {}
    return {answer: keys[answer] for answer in Answer.objects.filter(id__in=list(keys)).values_list("id", flat=True)}


def _find_answers(subjects: Sequence[Subject]) -> dict[Key, Found]:
    counts = Counter(key for keys in _answered(subjects).values() for key in keys)
    return {key: Found(delete=count) for key, count in counts.items()}


def _erase_answers(subjects: Sequence[Subject], _at: datetime) -> dict[Key, Erased]:
    found = _answered(subjects)
    if found:
        Answer.objects.filter(id__in=list(found)).delete()
    counts = Counter(key for keys in found.values() for key in keys)
    return {key: Erased(deleted=count) for key, count in counts.items()}


def _export_answers(subject: Subject) -> tuple[Record, ...]:
    names = ("size", "expires_at", "fetched_at")
    return tuple(_answers(subject).order_by("expires_at").values(*names))


CASES: Final = Place(
    Description(
        key="cases",
        area="rights",
        name=_("Requests"),
        tables=("rights_case", "rights_doubt", "rights_letter", "rights_mail", "rights_transmission"),
        category=_(
            "what somebody asked, when and how it was answered; address, name, words, letters, mails and proofs of "
            "identity sealed"
        ),
        purpose=_("to answer data subjects, and to prove that they were answered"),
        retention=_("address and words until the person is erased; the bare facts as long as the agreement's record"),
        recipients=_("the controller's privacy officers and owners; the processor on instruction"),
        subjects=_("people who ask"),
        source=_("the person, or the member who took the request in"),
        ground=_("Art. 5(2) GDPR: that a request came, when, and how it was answered, without saying whose it was"),
        until=_("the agreement's record ends"),
        sealed=True,
    ),
    finder=_find,
    exporter=_export,
    rectifier=Cannot(_("It is what the person wrote.")),
    restrictor=Cannot(_("It is kept only to answer the person and to prove the answer.")),
    eraser=_erase,
    reach=Reach(
        "rights_case t", "coalesce(t.subject, md5(coalesce(t.email_index, t.id::text::bytea))::uuid)", "t.received_at"
    ),
)

ANSWERS: Final = Place(
    Description(
        key="answers",
        area="rights",
        name=_("Answers"),
        tables=("rights_answer",),
        category=_("the copy of a person's data, until the link to it expires"),
        purpose=_("to be fetched by the person"),
        retention=_("two weeks"),
        recipients=_("the person"),
        subjects=_("people who ask"),
        source=_("the other holdings"),
        sealed=True,
    ),
    finder=_find_answers,
    exporter=_export_answers,
    rectifier=Cannot(_("It is a copy; what it was made from is corrected, and a new one can be asked for.")),
    restrictor=Cannot(_("Only the person reads it.")),
    eraser=_erase_answers,
)
