"""Sub-processors as the consoles and the public register show them."""

from typing import Any

from django.utils.translation import gettext_lazy

from mandata.subprocessors import selectors

KINDS = {
    "add": gettext_lazy("a new sub-processor"),
    "replace": gettext_lazy("one in the place of another"),
    "country": gettext_lazy("another country"),
}
MECHANISMS = {
    "adequacy": gettext_lazy("adequacy decision"),
    "scc": gettext_lazy("standard contractual clauses"),
    "bcr": gettext_lazy("binding corporate rules"),
    "privacy_shield": gettext_lazy("Privacy Shield"),
}
STATES = {
    "active": (gettext_lazy("at work"), "good"),
    "planned": (gettext_lazy("to come"), "info"),
    "ended": (gettext_lazy("ended"), "calm"),
}
CHANGES = {
    "announced": gettext_lazy("announced"),
    "effective": gettext_lazy("in effect"),
    "withdrawn": gettext_lazy("withdrawn"),
}
OBJECTIONS = {
    "open": (gettext_lazy("stands"), "warn"),
    "withdrawn": (gettext_lazy("withdrawn"), "calm"),
    "resolved": (gettext_lazy("resolved"), "good"),
    "excluded": (gettext_lazy("led round it"), "good"),
    "ended": (gettext_lazy("service ended"), "bad"),
}
GROUNDS = {
    "named": gettext_lazy("named in the agreement"),
    "class": gettext_lazy("of a class that the agreement authorises"),
    "list": gettext_lazy("on the list at acceptance"),
    "notice": gettext_lazy("after a notice without objection"),
    "written": gettext_lazy("authorised by you in writing"),
    "chosen": gettext_lazy("your own choice, not ours"),
    "none": gettext_lazy("not authorised"),
}
DISCLOSED = {
    "adviser": gettext_lazy("adviser"),
    "group": gettext_lazy("company of the group"),
    "insurer": gettext_lazy("insurer"),
    "collector": gettext_lazy("debt collector"),
    "authority": gettext_lazy("authority"),
    "requester": gettext_lazy("person entitled to it"),
    "other": gettext_lazy("other recipient"),
}


def row(one: selectors.Listed) -> dict[str, Any]:
    """An entry of the register as a line of a list."""
    label, tone = STATES[one.state]
    rests = [
        {"one": rest, "name": MECHANISMS[rest.kind], "tone": "good" if rest.holds else "bad"} for rest in one.mechanisms
    ]
    return {"one": one, "state": label, "tone": tone, "rests": rests, "covered": one.covered}
