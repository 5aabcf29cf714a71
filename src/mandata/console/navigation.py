"""The places of the two consoles: what stands in the side, in which order, under which letter.

A place names a route; `mandata.project.permissions` says who may go there, and a place nobody may enter is not drawn.
"""

from dataclasses import dataclass, field
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the side: route name, label, icon, letter after "g", and the pages below it."""

    route: str
    label: Promise | str
    icon: str = ""
    letter: str = ""
    children: tuple["Place", ...] = field(default=())


CONSOLE: Final[tuple[Place, ...]] = (
    Place("home:home", _("Home"), "home", "h"),
    Place("campaigns:list", _("Campaigns"), "send", "c"),
    Place(
        "audience:subscribers",
        _("Audience"),
        "users",
        "a",
        (
            Place("audience:subscribers", _("Subscribers")),
            Place("audience:groups", _("Groups")),
            Place("audience:lists", _("Lists")),
            Place("audience:fields", _("Fields")),
            Place("audience:imports", _("Imports")),
            Place("audience:erasures", _("Erasures")),
        ),
    ),
    Place("reports:overview", _("Reports"), "chart", "r"),
    Place(
        "sending:domains",
        pgettext_lazy("place", "Sending"),
        "server",
        "s",
        (
            Place("sending:domains", _("Domains")),
            Place("sending:hosts", _("Tracking hosts")),
            Place("sending:senders", _("Senders")),
            Place("sending:suppression", _("Suppression")),
            Place("sending:returned", _("What came back")),
            Place("sending:unknown", _("Unknown outcomes")),
        ),
    ),
    Place(
        "privacy:overview",
        _("Privacy"),
        "shield",
        "p",
        (
            Place("privacy:overview", _("Overview")),
            Place("privacy:agreement", _("Agreement")),
            Place("privacy:instructions", _("Instructions")),
            Place("privacy:obligations", _("Obligations")),
            Place("privacy:notices", _("Notices")),
            Place("privacy:subprocessors", _("Sub-processors")),
            Place("privacy:requests", _("Requests")),
            Place("privacy:breaches", _("Breaches")),
            Place("privacy:data_map", _("Data map")),
            Place("privacy:manual", _("Manual holdings")),
            Place("privacy:limits", _("Limits of the service")),
            Place("privacy:retention", _("Retention")),
            Place("privacy:ending", _("End and archives")),
            Place("privacy:measures", _("Measures")),
            Place("privacy:audits", _("Audits")),
            Place("privacy:assistance", _("Assistance")),
            Place("privacy:record", _("Record")),
        ),
    ),
    Place(
        "accounts:members",
        _("Account"),
        "user",
        "o",
        (
            Place("accounts:members", _("Members")),
            Place("accounts:accesses", _("Accesses of our staff")),
            Place("accounts:keys", _("API keys")),
            Place("accounts:settings", _("Settings")),
            Place("accounts:security", _("Log-in and security")),
        ),
    ),
)

OPERATOR: Final[tuple[Place, ...]] = (
    Place("operator:overview", _("Overview"), "home", "h"),
    Place("operator:controllers", _("Controllers"), "building", "c"),
    Place("operator:obligations", _("Obligations"), "clock", "o"),
    Place("operator:terminations", _("Terminations"), "stop", "x"),
    Place("operator:breaches", _("Breaches"), "alert", "e"),
    Place("operator:subprocessors", _("Sub-processors"), "server", "s"),
    Place("operator:agreements", _("Agreements"), "scale", "a"),
    Place("operator:notices", _("Notices"), "mail", "n"),
    Place("operator:audits", _("Audits"), "scale", "u"),
    Place("operator:assistance", _("Assistance"), "users", "f"),
    Place("operator:staff", _("Staff"), "users", "t"),
    Place("operator:measures", _("Measures"), "shield", "m"),
    Place("operator:transports", _("Transports"), "send", "d"),
    Place("operator:limits", _("Limits"), "filter", "l"),
    Place("operator:limiting", _("Limiting"), "ban", "i"),
    Place("operator:own_data", _("Own data"), "user", "w"),
    Place("operator:splitting", _("Splitting"), "switch", "p"),
    Place("operator:backups", _("Backups and keys"), "database", "b"),
    Place("operator:record", _("Record"), "proof", "r"),
)
