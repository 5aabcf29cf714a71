"""Codes of manual holdings and their tasks in words."""

from typing import Final

from django.utils.translation import gettext_lazy as _

KINDS: Final = {"paper": _("Paper"), "removable": _("Removable media"), "files": _("Files and lists kept by hand")}
KEEPERS: Final = {"controller": _("the controller"), "processor": _("the processor")}
ACTS: Final = {
    "find": _("Find what is there"),
    "export": _("Copy what is there"),
    "rectify": _("Correct what is there"),
    "restrict": _("Mark it as restricted and use it no more"),
    "lift": _("Lift the restriction"),
    "erase": _("Destroy what is there"),
}
STATES: Final = {
    "open": (_("to be done"), "warn"),
    "done": (_("done"), "good"),
    "dropped": (_("not needed any more"), "calm"),
}
ABOUT: Final = {
    "case": _("a request"),
    "erasure": _("an erasure"),
    "batch": _("an erasure of many"),
    "person": _("an act on somebody’s data"),
}
