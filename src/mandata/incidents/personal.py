"""What the breach desk holds of one person, as a holding: who is to get a message about a breach, or has got it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mandata.holdings.rules import Cannot, Description, Erased, Found, Key, Place, Reach, Record, Subject
from mandata.incidents.models import Recipient, Telling
from mandata.infra import bulk

_COUNT: Final = "select subject, count(*) from incidents_recipient where subject = any(%b) group by 1"
_DELETE: Final = """
with gone as (delete from incidents_recipient where subject = any(%b) returning subject)
select subject, count(*) from gone group by 1
"""


def _references(subjects: Sequence[Subject]) -> list[UUID]:
    return [one.reference for one in subjects if one.reference]


def _find(subjects: Sequence[Subject]) -> dict[Key, Found]:
    return {key: Found(delete=rows) for key, rows in bulk.tally(_COUNT, _references(subjects)).items()}


def _export(subject: Subject) -> tuple[Record, ...]:
    if subject.reference is None:
        return ()
    mine = dict(Recipient.objects.filter(subject=subject.reference).values_list("telling_id", "notice"))
    told = Telling.objects.filter(id__in=list(mine)).order_by("asked_at")
    return tuple({"subject": one.heading, "asked_at": one.asked_at, "sent": bool(mine[one.id])} for one in told)


def _erase(subjects: Sequence[Subject], _at: datetime) -> dict[Key, Erased]:
    return {key: Erased(deleted=rows) for key, rows in bulk.tally(_DELETE, _references(subjects)).items()}


RECIPIENTS: Final = Place(
    Description(
        key="breach_messages",
        area="incidents",
        name=_("Messages about a breach"),
        tables=("incidents_recipient",),
        category=_("who is told of a breach, by the random reference"),
        purpose=_("to tell people of a breach on the controller's instruction, each once (Art. 34 GDPR)"),
        retention=_("as long as the controller keeps the person"),
        recipients=_("the controller's privacy officers and owners; the processor on instruction"),
        subjects=_("subscribers"),
        source=_("the filters of the breach"),
    ),
    finder=_find,
    exporter=_export,
    rectifier=Cannot(_("It states what happened; what happened is not corrected, it is explained beside it.")),
    restrictor=Cannot(_("Nothing is done with it that could be restricted; it is only kept.")),
    eraser=_erase,
    reach=Reach(
        "incidents_recipient t join incidents_telling m on m.controller_id = t.controller_id and m.id = t.telling_id",
        "t.subject",
        "m.asked_at",
    ),
)
