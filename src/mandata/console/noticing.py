"""Legal notices as both consoles show them: rows, words, the course of one with its proofs."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import services as accounts
from mandata.agreements.selectors import notices
from mandata.vault.errors import KeyDestroyed

PAGE = 50
KINDS = {
    "terms_change": gettext_lazy("a new version of the agreement"),
    "addresses.changed": gettext_lazy("changed addresses"),
    "instruction": gettext_lazy("about an instruction"),
    "subprocessor.change": gettext_lazy("a change of the sub-processors"),
    "subprocessor.retracted": gettext_lazy("a change of the sub-processors was withdrawn"),
    "subprocessor.objected": gettext_lazy("an objection"),
    "subprocessor.settled": gettext_lazy("an objection was settled"),
}
_FAMILIES = {
    "subprocessor": gettext_lazy("about the sub-processors"),
    "breach": gettext_lazy("a breach"),
    "invoice": gettext_lazy("an invoice"),
    "rights": gettext_lazy("about a request"),
    "agreement": gettext_lazy("about the agreement"),
}
PARTIES = {"controller": gettext_lazy("to the controller"), "processor": gettext_lazy("to the processor")}
GROUNDS = {
    "receipt": gettext_lazy("its receipt is proven"),
    "sending": gettext_lazy("the clause lets sending be enough"),
    "confirmation": gettext_lazy("the recipient’s server confirmed it, to the minute"),
    "post": gettext_lazy("so many days after a registered letter was sent"),
    "acceptance": gettext_lazy("the recipient’s server took it, and it did not come back"),
}
WAYS = {
    "email": gettext_lazy("e-mail"),
    "registered_post": gettext_lazy("registered letter"),
    "hand": gettext_lazy("from hand to hand"),
    "read": gettext_lazy("confirmed as read"),
    "other": gettext_lazy("another way"),
}
BOOKS = {
    "notices": gettext_lazy("Notices under the agreement"),
    "breaches": gettext_lazy("Notices of breaches"),
    "invoices": gettext_lazy("Invoices"),
}


def kind(code: str) -> str:
    """Name a kind of notice; one that nobody has named yet keeps its code."""
    return str(KINDS.get(code) or _FAMILIES.get(code.partition(".")[0].partition("_")[0]) or code)


def row(one: notices.LegalNotice) -> dict[str, Any]:
    """A notice as a line of a list."""
    label, tone = _state(one)
    return {
        "one": one,
        "kind": kind(one.kind),
        "party": PARTIES[one.party],
        "state": label,
        "tone": tone,
        "ground": GROUNDS.get(one.deemed_by, ""),
        "way": WAYS.get(one.way, one.way),
        "digest": one.digest.hex(),
    }


def _state(one: notices.LegalNotice) -> tuple[str, str]:
    if one.deemed_at is not None:
        return _("delivered"), "good"
    if one.undelivered:
        return (_("repeated"), "warn") if one.second else (_("came back"), "bad")
    if one.state == "letter":
        return _("on its way by post"), "info"
    return (_("failed"), "bad") if one.state == "failed" else (_("on its way"), "info")


def figures(totals: notices.NoticeTotals) -> list[dict[str, Any]]:
    """How many were served, are on their way, count as delivered, and reached nobody."""
    return [
        {"label": _("Reached nobody yet"), "value": totals.undelivered, "tone": "bad" if totals.undelivered else ""},
        {"label": _("On their way"), "value": totals.waiting},
        {"label": _("Count as delivered"), "value": totals.deemed},
        {"label": _("Served"), "value": totals.all},
    ]


class Listed(Sequence[notices.LegalNotice]):
    """Notices of the scope as a sequence of which only the shown page is read."""

    ordered = True

    def __init__(self, **asked: Any) -> None:
        self._asked = asked

    def __len__(self) -> int:
        return notices.legal_notices(**self._asked, count=0)[0]

    def __getitem__(self, part: Any) -> Any:
        return notices.legal_notices(**self._asked, start=part.start, count=part.stop - part.start)[1]


def page(number: str | None, **asked: Any) -> Page[notices.LegalNotice]:
    """One page of the notices of the scope."""
    return Paginator(Listed(**asked), PAGE).get_page(number)


def whole(one: notices.LegalNotice, *, contents: bool) -> dict[str, Any]:
    """What the page of one notice shows; `contents`: with what it says and to which address, for its parties."""
    return {**row(one), "steps": _steps(one), "said": _said(one) if contents else None}


def _said(one: notices.LegalNotice) -> dict[str, Any] | None:
    if one.notice is None:
        return None
    try:
        return accounts.notices.contents(one.notice)
    except KeyDestroyed:
        return None


def _steps(one: notices.LegalNotice) -> list[dict[str, Any]]:
    """Its course, the newest first."""
    taken = f"{one.host}: {one.reply}" if one.host else one.reply
    found = [
        (one.served_at, _("Served"), "", "calm", "mail"),
        (one.posted_at, _("Posted"), one.evidence, "calm", "send"),
        (one.sent_at, _("Taken by the recipient’s server"), taken, "info", "server"),
        (one.confirmed_at, _("Confirmed by the recipient’s server"), "", "good", "check"),
        (one.received_at, _("Received, as evidence shows"), one.evidence, "good", "check"),
        (one.returned_at, _("Came back"), one.returned_status if one.sent_at else one.reply, "bad", "undo"),
        (one.deemed_at, _("Counts as delivered"), str(GROUNDS.get(one.deemed_by, "")), "good", "check-circle"),
    ]
    steps: list[dict[str, Any]] = [
        {"at": at, "title": title, "text": text, "tone": tone, "icon": icon}
        for at, title, text, tone, icon in reversed(found)
        if at is not None
    ]
    # what happened at one instant keeps its order: taken by the server, hence delivered
    return sorted(steps, key=lambda step: step["at"], reverse=True)
