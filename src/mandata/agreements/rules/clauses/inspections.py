"""Clauses on audits beyond their notice: the processor's own ones, further ones, costs, certificates."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import Choice, Recurring
from mandata.agreements.rules.words import mark as _

CLAUSES: Final[Mapping[str, Spec]] = {
    "audit.own": Spec(
        Recurring,
        "audit",
        _("The processor's own audits"),
        _("{who} has the processing audited on its own initiative by {by}, once in every {every}{calendar}."),
        ("due",),
        serves=("AUD-1",),
    ),
    "audit.extra": Spec(
        Choice,
        "audit",
        _("Further audits"),
        "{value}",
        ("gate:audit",),
        vocabulary={
            "agreed": _(
                "Where the controller asks for a further audit, the parties first agree on its scope and its price."
            ),
            "serious_reason": _("The processor may refuse further audits for which there is no serious reason."),
        },
        serves=("AUD-1", "AUD-2"),
    ),
    "audit.certificates": Spec(
        Choice,
        "audit",
        _("Certificates"),
        "{value}",
        ("gate:audit",),
        vocabulary={
            "in_part": _(
                "Current certificates and reports of independent third parties may answer the request in part."
            ),
        },
        serves=("AUD-1", "AUD-3"),
    ),
    "audit.disturbance": Spec(
        Choice,
        "audit",
        _("No disturbance"),
        "{value}",
        ("gate:audit",),
        vocabulary={
            "not_unreasonable": _("An audit does not interfere unreasonably with the processor's business."),
        },
        serves=("AUD-2",),
    ),
    "audit.costs": Spec(
        Choice,
        "audit",
        _("Costs of an audit"),
        "{value}",
        ("gate:charge",),
        vocabulary={
            "controller": _("The controller bears the costs of its audit."),
            "purposeful": _("The controller also reimburses all costs purposefully incurred for the audit."),
        },
        serves=("AUD-2", "AST-4"),
    ),
    "audit.intervals": Spec(
        Choice,
        "audit",
        _("How often"),
        "{value}",
        ("text",),
        vocabulary={
            "reasonable": _(
                "Audits take place at reasonable intervals, or where there are signs that this agreement is not kept."
            ),
        },
        serves=("AUD-1",),
    ),
}
