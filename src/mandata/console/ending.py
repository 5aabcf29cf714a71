"""What both consoles say of the end of an agreement: words, the timetable as rows, archives as rows, forms."""

from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mandata.accounts import selectors as accounts
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.selectors.binding import reader
from mandata.infra.clock import now
from mandata.infra.stores import Access
from mandata.retention.rules import ending as rules
from mandata.retention.selectors import ends, returns
from mandata.retention.services import receivers
from mandata.retention.services.returns import Destination

STATES: Final = {
    "noticed": (gettext_lazy("notice given"), "warn"),
    "ended": (gettext_lazy("ended"), "warn"),
    "deleting": (gettext_lazy("being deleted"), "info"),
    "deleted": (gettext_lazy("deleted, not certified yet"), "info"),
    "certified": (gettext_lazy("deleted and certified"), "good"),
    "withdrawn": (gettext_lazy("withdrawn"), "calm"),
}
SIDES: Final = {
    "controller": gettext_lazy("the controller"),
    "processor": gettext_lazy("the processor"),
    "term": gettext_lazy("the contract itself"),
}
REASONS: Final = {
    "notice": gettext_lazy("Notice"),
    "disagreement": gettext_lazy("No agreement with a new version"),
    "processor_breach": gettext_lazy("A breach by the processor"),
    "function": gettext_lazy("The function in the account"),
    "serious_breach": gettext_lazy("A serious breach by the controller"),
    "service_closed": gettext_lazy("The service is closed"),
    "law": gettext_lazy("The law demands it"),
    "term": gettext_lazy("Its time is over"),
    "inactivity": gettext_lazy("Nobody logged in for long"),
}
CHOICES: Final = {
    "return": gettext_lazy("Return it to us"),
    "delete": gettext_lazy("Delete it"),
    "both": gettext_lazy("Return it to us first, then delete it"),
}
CHOSEN: Final = {
    "": gettext_lazy("nothing chosen yet"),
    "return": gettext_lazy("return"),
    "delete": gettext_lazy("deletion"),
    "both": gettext_lazy("return, then deletion"),
}
HOW: Final = {
    "account": gettext_lazy("I download it here"),
    "link": gettext_lazy("Mail us a link that expires"),
    "store": gettext_lazy("Put it into our own store (S3)"),
}
WAYS: Final = {
    "account": gettext_lazy("to be downloaded here"),
    "link": gettext_lazy("by a mailed link"),
    "store": gettext_lazy("in the controller's own store"),
    "folder": gettext_lazy("in a folder of the operator's"),
}
ARCHIVES: Final = {
    "queued": (gettext_lazy("waits for a worker"), "info"),
    "making": (gettext_lazy("being made"), "info"),
    "ready": (gettext_lazy("ready"), "good"),
    "failed": (gettext_lazy("failed"), "bad"),
    "gone": (gettext_lazy("deleted, its time is over"), "calm"),
}
KINDS: Final = {
    "within": gettext_lazy("to be done by then"),
    "window": gettext_lazy("a right until then"),
    "after": gettext_lazy("lasts until then"),
    "at_once": gettext_lazy("at once"),
    "plan": gettext_lazy("goes before the periods"),
    "rule": gettext_lazy("a rule without a date"),
}
_ICONS: Final = {"within": "clock", "window": "clock", "after": "clock", "at_once": "trash", "plan": "scale"}


class NoticeForm(forms.Form):
    """A controller's own notice of the end."""

    effective = forms.DateField(
        label=gettext_lazy("The agreement ends on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("At the end of this day; empty ends it at once."),
        required=False,
    )
    typed = forms.CharField(
        label=gettext_lazy("To end it at once, type your name as a customer"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("An end at once cannot be withdrawn. Leave it empty where you name a day."),
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why"), choices=[(code, REASONS[code]) for code in rules.REASONS["controller"]]
    )
    words = forms.CharField(
        label=gettext_lazy("In your own words"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The processor gets them with the notice."),
    )
    choice = forms.ChoiceField(
        label=gettext_lazy("What is to become of the data"),
        required=False,
        choices=[("", gettext_lazy("We say so later")), *CHOICES.items()],
    )

    def clean_effective(self) -> date | None:
        """A day that has passed is a slip, and would end the agreement at once."""
        day: date | None = self.cleaned_data["effective"]
        if day is not None and day < localdate():
            raise forms.ValidationError(_("This day has passed. Leave it empty to end the agreement at once."))
        return day


class ProcessorForm(NoticeForm):
    """The processor's notice, with reasons."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Ground"), choices=[(code, REASONS[code]) for code in rules.REASONS["processor"]]
    )
    typed = None  # type: ignore[assignment]
    words = forms.CharField(
        label=gettext_lazy("Reasons"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The controller is told in these words."),
    )
    choice = None  # type: ignore[assignment]


class ChoiceForm(forms.Form):
    """What is to become of the data."""

    choice = forms.ChoiceField(label=gettext_lazy("What is to become of the data"), choices=list(CHOICES.items()))


class ArchiveForm(forms.Form):
    """For whom an archive is and where it goes."""

    how = forms.ChoiceField(label=gettext_lazy("How it reaches you"), choices=list(HOW.items()))
    recipient = forms.CharField(
        label=gettext_lazy("Your public key"),
        required=False,
        max_length=800,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("As age-keygen prints it (age1…), or an SSH key. Only its other half opens it."),
    )
    passphrase = forms.CharField(
        label=gettext_lazy("Or a passphrase"),
        required=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 12 letters. It is not kept; a key file that it opens goes with the archive."),
    )
    place = forms.CharField(
        label=gettext_lazy("Bucket"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("For your own store: s3://bucket/prefix."),
    )
    endpoint = forms.CharField(label=gettext_lazy("Address of the store"), required=False, max_length=300)
    region = forms.CharField(label=gettext_lazy("Region"), required=False, max_length=60, initial="eu-central-1")
    key_id = forms.CharField(label=gettext_lazy("Key"), required=False, max_length=200)
    secret = forms.CharField(
        label=gettext_lazy("Secret"),
        required=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Kept sealed until the archive lies there, then forgotten."),
    )

    def receiver(self) -> receivers.Receiver:
        """Return who opens it. Raises BadReceiver."""
        given = self.cleaned_data
        return receivers.receiver(recipient=given["recipient"], passphrase=given["passphrase"])

    def destination(self) -> Destination:
        """Return where it goes."""
        given = self.cleaned_data
        if given["how"] != "store":
            return Destination(given["how"])
        access = Access(given["endpoint"].strip(), given["region"].strip(), given["key_id"].strip(), given["secret"])
        return Destination("store", given["place"].strip(), access)


def at_end_of(day: Any, zone: str) -> datetime | None:
    """Return the last instant of a day in the controller's zone; None where no day is given."""
    if not day:
        return None
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(zone)).astimezone(now().tzinfo)


def page(at: datetime) -> dict[str, Any]:
    """Return what both pages show of the open scope's end: the end, its timetable, archives."""
    one = ends.current()
    context: dict[str, Any] = {"one": one, "archives": [archive(row) for row in returns.returns()], "how": HOW}
    if one is None:
        return context
    label, tone = STATES[one.state]
    lines = ends.timetable(one, at)
    return context | {
        "state": label,
        "tone": tone,
        "side": SIDES[one.by],
        "reason": REASONS.get(one.reason, one.reason),
        "chosen": CHOSEN[one.choice],
        "timed": [_timed(line) for line in lines if line.line.at],
        "waiting": [line for line in lines if not line.line.at and line.line.start],
        "rules": [_ruled(line) for line in lines if not line.line.at and not line.line.start],
        "access": {"full": "", "export": _("reading and taking data out"), "none": _("asking for the data only")}[
            ends.access(at)
        ],
        "zone": accounts.controller().time_zone,
    }


def _timed(shown: ends.Shown) -> dict[str, Any]:
    line, tone = shown.line, "calm"
    if shown.owed is not None and shown.owed.state == "met":
        tone = "good"
    elif shown.past and line.kind == "within":
        tone = "bad"
    elif not shown.past:
        tone = "warn"
    more = [str(KINDS[line.kind])]
    if shown.start and line.period:
        more.append(_("%(period)s from %(event)s") % {"period": line.period, "event": shown.start})
    if line.overridden:
        more.append(_("the plan goes before it"))
    if line.expected:
        more.append(_("if nothing is said before"))
    if shown.owed is not None and shown.owed.state == "met":
        more.append(_("met"))
    text = "; ".join(more)
    return {
        "at": line.at,
        "title": shown.clause,
        "text": text,
        "tone": tone,
        "icon": _ICONS.get(line.kind, "dots"),
        "who": line.source,
    }


def _ruled(shown: ends.Shown) -> dict[str, Any]:
    words = CATALOGUE[shown.line.clause].vocabulary or {}
    said = reader().gettext
    told = [said(words[one]) for one in shown.line.value if one in words]
    return {"clause": shown.clause, "source": shown.line.source, "words": told}


def archive(row: returns.ReturnView) -> dict[str, Any]:
    """Return an archive as a row."""
    label, tone = ARCHIVES[row.state]
    return {
        "row": row,
        "state": label,
        "tone": tone,
        "way": WAYS[row.how],
        "dialog": f"work-{row.number}",
        "work": {
            "title": _("Archive %(number)d") % {"number": row.number},
            "done": row.rows,
            "total": 0,
            "unit": ngettext("row", "rows", row.rows),
            "running": row.is_working,
            "note": row.part,
        },
    }
