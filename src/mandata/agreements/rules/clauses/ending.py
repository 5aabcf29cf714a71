"""Clauses on the end: what is returned, kept, told and deleted, in which order."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import After, Choice, Listing, Window, Within
from mandata.agreements.rules.words import mark as _

CLAUSES: Final[Mapping[str, Spec]] = {
    "end.plan": Spec(
        Choice,
        "keeping",
        _("Plan for the end"),
        "{value}",
        ("gate:keep", "text"),
        vocabulary={
            "plan_first": _(
                "Where the main agreement defines a plan of termination assistance, the data is returned "
                "and deleted by that plan; the period below applies where there is none."
            ),
        },
        serves=("RET-2",),
    ),
    "end.choice": Spec(
        Within,
        "keeping",
        _("Deletion or return by choice"),
        _("{who} deletes all personal data, or returns it, as the controller chooses, within {period} from {start}."),
        ("due", "gate:keep"),
        open_words=_("{who} deletes all personal data, or returns it, as the controller chooses, without undue delay."),
        serves=("RET-2", "RET-3", "RET-4"),
    ),
    "end.access": Spec(
        After,
        "keeping",
        _("End of access"),
        _("The controller reaches its data in the service until {period} after {start}, and not after that."),
        ("due", "gate:keep"),
        serves=("RET-2",),
    ),
    "end.grace": Spec(
        After,
        "keeping",
        _("Backups after the end"),
        _("Backups are kept for at most {period} from {start}; then they are deleted."),
        ("due", "gate:keep"),
        serves=("RET-2", "RET-4"),
    ),
    "end.request": Spec(
        Window,
        "keeping",
        _("Asking for an export"),
        _("{who} may ask for an export of its data {form} within {period} from {start}."),
        ("due", "gate:export"),
        serves=("RET-3",),
    ),
    "end.export": Spec(
        Listing,
        "keeping",
        _("How data is handed out"),
        _("An export:"),
        ("gate:export",),
        vocabulary={
            "by_reseller": _("may also be asked for by the reseller on the controller's behalf, where there is one"),
            "own_format": _("comes in a format that the controller uses"),
            "download_link": _("is handed over as files behind a link for downloading"),
        },
        serves=("RET-3",),
    ),
    "end.support": Spec(
        After,
        "keeping",
        _("Data from support"),
        _("Personal data collected in the course of support is deleted {period} after {start}."),
        ("due", "gate:keep"),
        serves=("RET-1", "OPS-5"),
    ),
    "end.legal": Spec(
        Choice,
        "keeping",
        _("What the law keeps"),
        "{value}",
        ("gate:keep",),
        vocabulary={
            "told": _(
                "After these periods the processor keeps no copy, save what the law obliges it to keep; "
                "it then tells the controller so."
            ),
            "kept": _("What the law obliges the processor to keep is not deleted as long as that duty lasts."),
        },
        serves=("RET-4",),
    ),
    "end.certificate": Spec(
        Choice,
        "keeping",
        _("Certificate of deletion"),
        "{value}",
        ("register",),
        vocabulary={
            "certified": _(
                "The processor certifies to the controller that the data is deleted. Until then it keeps "
                "to this agreement."
            ),
        },
        serves=("RET-5",),
    ),
    "content.settings": Spec(
        Choice,
        "keeping",
        _("Content during the agreement"),
        "{value}",
        ("gate:keep",),
        vocabulary={
            "controller_sets": _(
                "While the agreement lasts, the controller sets by itself how long content is kept and "
                "when it is deleted, wherever the service has such settings."
            ),
        },
        serves=("RET-1",),
    ),
}
