"""What the rights desk holds of one person, as holdings: the cases and the answers. The wiring adds them to the
catalogue.
"""

from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from mandata.holdings.rules import Cannot, Description, Erased, Found, Place, Record, Subject
from mandata.rights import selectors
from mandata.rights.models import Answer, Case
from mandata.rights.services import emptying


def _of(subject: Subject) -> QuerySet[Case]:
    mine = Q(email_index=subject.email_index)
    return Case.objects.filter(mine | Q(subject=subject.reference) if subject.reference else mine)


def _find(subject: Subject) -> Found:
    filled = _of(subject).exclude(sealed=b"").count()
    return Found(anonymise=filled, keep=_of(subject).count() - filled)


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
                "outcome": row.outcome,
            }
        )
    return tuple(told)


def _erase(subject: Subject, _at: datetime) -> Erased:
    filled = list(_of(subject).exclude(sealed=b"").values_list("id", flat=True))
    return Erased(anonymised=emptying.empty(filled, but_mails_to=subject.reference))


def _answers(subject: Subject) -> QuerySet[Answer]:
    return Answer.objects.filter(id__in=_of(subject).values("id"))


def _export_answers(subject: Subject) -> tuple[Record, ...]:
    names = ("size", "expires_at", "fetched_at")
    return tuple(_answers(subject).order_by("expires_at").values(*names))


CASES: Final = Place(
    Description(
        key="cases",
        area="rights",
        name=_("Requests"),
        tables=("rights_case",),
        category=_("what somebody asked, when and how it was answered; address, name and words sealed"),
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
    finder=lambda subject: Found(delete=_answers(subject).count()),
    exporter=_export_answers,
    rectifier=Cannot(_("It is a copy; what it was made from is corrected, and a new one can be asked for.")),
    restrictor=Cannot(_("Only the person reads it.")),
    eraser=lambda subject, _at: Erased(deleted=_answers(subject).delete()[0]),
)
