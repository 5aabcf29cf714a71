"""Clauses on personal data breaches: what counts, who tells whom by when, what the notice states, what is kept."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import Choice, Listing, Within
from mandata.agreements.rules.words import mark as _

CLAUSES: Final[Mapping[str, Spec]] = {
    "breach.notify": Spec(
        Within,
        "breach",
        _("Notice of a breach"),
        _(
            "{who} notifies the other party of a personal data breach without undue delay and at the latest within "
            "{period} from {start}."
        ),
        ("due", "gate:breach"),
        open_words=_("{who} notifies the other party of a personal data breach without undue delay from {start}."),
        serves=("BRE-1", "BRE-7"),
        required=True,
    ),
    "breach.threshold": Spec(
        Choice,
        "breach",
        _("What counts as a breach"),
        "{value}",
        ("gate:breach",),
        vocabulary={
            "reasonable_belief": _(
                "It is enough that the processor reasonably believes that there was potential or actual "
                "unauthorised access to the data, or potential or actual use or disclosure of it."
            ),
            "any": _("Every personal data breach is notified, whatever its risk."),
            "notifiable_and_significant": _(
                "A breach is notified where the controller has to notify it to the authority and it is a "
                "significant risk to the rights and legitimate interests of the controller."
            ),
        },
        serves=("BRE-1",),
    ),
    "breach.exception": Spec(
        Choice,
        "breach",
        _("Where the law forbids the notice"),
        "{value}",
        ("gate:breach",),
        vocabulary={"law_forbids": _("No notice is given as far as the law forbids it.")},
        serves=("BRE-1",),
    ),
    "breach.content": Spec(
        Listing,
        "breach",
        _("What the notice states"),
        _("The notice states at least (Article 33(3) GDPR):"),
        ("text",),
        vocabulary={
            "nature": _(
                "the nature of the breach, with the categories and approximate numbers of data subjects and records"
            ),
            "contact": _("a contact point for more information"),
            "consequences": _("the likely consequences"),
            "measures": _("the measures taken or proposed"),
        },
        serves=("BRE-2",),
    ),
    "breach.authority": Spec(
        Within,
        "breach",
        _("Notice to the authority"),
        _(
            "{who} notifies the supervisory authority within {period} from {start}, where the law demands"
            " it; the processor's notice serves that end."
        ),
        ("due",),
        serves=("BRE-3",),
    ),
    "breach.register": Spec(
        Listing,
        "breach",
        _("Register of breaches"),
        _("The processor keeps a register of:"),
        ("register",),
        vocabulary={"breaches": _("breaches"), "corrections": _("the corrective measures taken")},
        serves=("BRE-5",),
    ),
}
