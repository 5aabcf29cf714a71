"""Clauses on how far the agreement reaches: where, for which products, for which controllers behind the controller."""

from collections.abc import Mapping
from typing import Final

from mandata.agreements.rules.spec import Spec
from mandata.agreements.rules.values import Choice, Scopes
from mandata.agreements.rules.words import mark as _

CLAUSES: Final[Mapping[str, Spec]] = {
    "agreement.territory": Spec(
        Choice,
        "subject",
        _("Where the agreement applies"),
        "{value}",
        ("gate:apply",),
        vocabulary={
            "outside_excluded": _(
                "The agreement does not apply where both the processor and the controller are outside the"
                " European Economic Area, unless products or services are offered to people inside it or "
                "their behaviour there is monitored."
            ),
            "everywhere": _("The agreement applies wherever the parties are."),
        },
        serves=("AGR-11",),
    ),
    "agreement.upstream": Spec(
        Choice,
        "subject",
        _("Controllers behind the controller"),
        "{value}",
        ("acceptance", "gate:roles"),
        vocabulary={
            "warranted": _(
                "Where the customer is a processor for other controllers, it warrants that these have "
                "authorised it to engage the operator, and the duties of this agreement flow to them and "
                "from them."
            ),
        },
        serves=("AGR-5",),
    ),
    "agreement.products": Spec(
        Scopes,
        "subject",
        _("Products"),
        _(
            "The agreement covers these products and services; data is processed only for those that the "
            "controller has activated:"
        ),
        ("register", "gate:access"),
        vocabulary={
            "mail": _("electronic mail and groupware"),
            "apps": _("desktop and mobile applications"),
            "documents": _("documents in the cloud"),
            "conferences": _("conferences"),
            "conference_recordings": _("recordings of conferences"),
            "migration": _("the service of migration"),
            "contact_center": _("contact centre and attendant console"),
            "queueing": _("queueing and auto attendant"),
            "call_recording": _("call recording"),
            "contact_manager": _("contact manager"),
            "call_analytics": _("call analytics"),
            "digital_fax": _("digital fax"),
            "hotel": _("hotel services"),
            "manager_assistant": _("manager assistant"),
            "screen_recording": _("screen recording"),
            "voice_analytics": _("voice analytics"),
            "virtual_receptionist": _("virtual receptionist"),
            "virtual_agents": _("virtual agents"),
            "shared_services": _(
                "shared cloud services: sign-on, directory synchronisation, licensing, telemetry, presence"
            ),
            "mailing": _("mailing of messages to subscribers"),
        },
        serves=("AGR-12", "CAT-7"),
    ),
}
