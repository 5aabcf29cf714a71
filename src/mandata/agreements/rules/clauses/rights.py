"""Clauses on the rights of data subjects: who passes on, acknowledges, verifies and answers, and by when."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import Choice, Extension, Listing, Within
from mandata.agreements.rules.words import mark as _

CLAUSES: Final[Mapping[str, Spec]] = {
    "rights.offered": Spec(
        Listing,
        "assistance",
        _("Rights of data subjects"),
        _("A data subject may:"),
        ("text",),
        vocabulary={
            "access": _("have its data confirmed and receive access to it"),
            "rectification": _("have it corrected, completed and kept up to date"),
            "erasure": _("have it erased"),
            "restriction": _("have its processing restricted"),
            "objection": _("object to its processing"),
            "portability": _("receive it in electronic form and have it transmitted to another controller"),
            "complaint": _("complain to a supervisory authority"),
        },
        serves=("DSR-4", "DSR-9"),
    ),
    "rights.forward": Spec(
        Within,
        "assistance",
        _("Requests passed on"),
        _("{who} passes on a data subject's request or complaint to the other party within {period} from {start}."),
        ("due",),
        open_words=_("{who} passes on a data subject's request or complaint to the other party without undue delay."),
        serves=("DSR-1",),
    ),
    "rights.acknowledge": Spec(
        Within,
        "assistance",
        _("Requests acknowledged"),
        _("{who} acknowledges a data subject's request within {period} from {start}."),
        ("due",),
        open_words=_("{who} acknowledges a data subject's request."),
        serves=("DSR-1",),
    ),
    "rights.verify": Spec(
        Choice,
        "assistance",
        _("Who makes the request"),
        "{value}",
        ("gate:rights",),
        vocabulary={
            "minimum": _(
                "The identity of who makes a request is verified by reasonable means in proportion to it."
                " Where documents are needed, only the least is asked for, and used for nothing else."
            ),
            "on_doubt": _(
                "Where there are reasonable doubts about who makes a request, the further information that confirms "
                "the identity may be asked for."
            ),
        },
        serves=("DSR-2",),
    ),
    "rights.answer": Spec(
        Within,
        "assistance",
        _("Answer to a request"),
        _("{who} answers a data subject's request without undue delay and at the latest within {period} from {start}."),
        ("due",),
        open_words=_("{who} answers a data subject's request without undue delay."),
        serves=("DSR-3",),
    ),
    "rights.extension": Spec(
        Extension,
        "assistance",
        _("More time for an answer"),
        _(
            "Where the complexity or the number of requests demands it, the answer may take up to {total}"
            " from {start} in all. {Who} tells the data subject so in writing, with the reasons, within "
            "{told} from the same moment."
        ),
        ("due", "gate:extend"),
        serves=("DSR-3",),
    ),
    "rights.refusal": Spec(
        Listing,
        "assistance",
        _("Unfounded or excessive requests"),
        _("Where a request is manifestly unfounded or excessive, above all because it is repeated:"),
        ("gate:rights",),
        vocabulary={
            "fee": _("a reasonable fee may be charged that reflects the administrative costs"),
            "refuse": _("the request may be refused"),
        },
        serves=("DSR-11",),
    ),
    "rights.outcome": Spec(
        Listing,
        "assistance",
        _("How the outcome is told"),
        _("The outcome of a request:"),
        ("text",),
        vocabulary={
            "same_means": _("is told by the means by which the request came"),
            "reasons": _("is told with its reasons where the request is refused"),
        },
        serves=("DSR-10",),
    ),
}
