"""Assistance as both consoles show it: requests, proceedings, what is told; forms, deeds, parts of pages."""

from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.agreements.selectors import obligations
from mandata.assistance import selectors
from mandata.assistance.rules import billing, codes
from mandata.assistance.services import files, intake, proceedings, requests
from mandata.console import deeds, duties
from mandata.console.deeds import Deed
from mandata.foundation.actors import Actor
from mandata.infra.clock import now

PARTIES: Final = {"processor": gettext_lazy("the processor"), "controller": gettext_lazy("the controller")}
STATES: Final = {
    "open": (gettext_lazy("open"), "warn"),
    "answered": (gettext_lazy("answered"), "good"),
    "refused": (gettext_lazy("refused"), "bad"),
    "withdrawn": (gettext_lazy("withdrawn"), "calm"),
    "closed": (gettext_lazy("result told"), "good"),
    "current": (gettext_lazy("holds"), "good"),
    "replaced": (gettext_lazy("replaced"), "calm"),
    "ended": (gettext_lazy("holds no more"), "calm"),
}
LINES: Final = {
    billing.FREE: (gettext_lazy("free of charge"), "calm"),
    billing.BILLED: (gettext_lazy("charged"), "info"),
    billing.QUOTE: (gettext_lazy("no price stated"), "warn"),
    billing.WAITS: (gettext_lazy("waits for an index"), "warn"),
}
DESKS: Final = ("request", "proceeding", "intake")


def choices(table: Mapping[str, str]) -> list[tuple[str, str]]:
    """A table of codes as the choices of a field, in the reader's language."""
    return [(code, _(said)) for code, said in table.items()]


class AskForm(forms.Form):
    """A document or help that the other party is asked for."""

    matter = forms.ChoiceField(label=gettext_lazy("What it concerns"))
    words = deeds.words(gettext_lazy("What you ask for"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["matter"].choices = choices(codes.MATTERS)  # type: ignore[attr-defined]


class ProceedingForm(forms.Form):
    """An authority's inspection or proceeding."""

    authority = forms.CharField(label=gettext_lazy("Authority"), max_length=200)
    reference = forms.CharField(label=gettext_lazy("Its file number"), max_length=100, required=False)
    opened_on = deeds.day(gettext_lazy("Since when you know of it"))
    words = deeds.words(gettext_lazy("What it is about"))


class IntakeForm(forms.Form):
    """What the controller tells for the processor's part."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    title = forms.CharField(label=gettext_lazy("Title or name"), max_length=300)
    contact = forms.CharField(label=gettext_lazy("Contact"), max_length=300, required=False)
    words = deeds.words(gettext_lazy("What follows from it for us"), required=False)
    file = forms.FileField(label=gettext_lazy("File"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = choices(codes.INTAKES)  # type: ignore[attr-defined]


class WordsForm(forms.Form):
    """Words to the other party."""

    words = deeds.words(gettext_lazy("In your words"))


class AnswerForm(forms.Form):
    """An answer, with a file where there is one."""

    words = deeds.words(gettext_lazy("In your words"))
    file = forms.FileField(label=gettext_lazy("File"), required=False)


class ResultForm(forms.Form):
    """How a proceeding ended."""

    came_on = deeds.day(gettext_lazy("Since when you know of it"))
    words = deeds.words(gettext_lazy("How it ended"))


def instant(day: Any) -> datetime:
    """The instant meant by a day in the controller's zone: its noon, or now where that is still to come today."""
    found = datetime.combine(day, time(12), ZoneInfo(accounts.controller().time_zone))
    at = now()
    return at if found > at and day <= at.date() else found


def deed_table(actor: Callable[[HttpRequest], Actor]) -> dict[str, Deed]:
    """Every deed with a request, a proceeding or what was told."""
    recorded = gettext_lazy("Done, and recorded. The other party is told.")

    def answer(request: HttpRequest, one: UUID, given: dict[str, Any]) -> None:
        if given["file"]:
            _take(("assistance", one), "document", given["file"], actor(request))
        requests.answer(request_id=one, words=given["words"], actor=actor(request), at=now())

    def result(request: HttpRequest, one: UUID, given: dict[str, Any]) -> None:
        proceedings.result(
            proceeding_id=one, words=given["words"], came_at=instant(given["came_on"]), actor=actor(request), at=now()
        )

    def seen(request: HttpRequest, one: UUID, _given: dict[str, Any]) -> None:
        who = actor(request)
        if who.kind != "operator" or who.id is None:
            raise Http404
        intake.seen(intake_id=one, by=who.id, at=now())

    return {
        "answer": Deed(gettext_lazy("Answer"), recorded, AnswerForm, answer, primary=True),
        "refuse": Deed(
            gettext_lazy("Refuse"),
            recorded,
            WordsForm,
            lambda r, one, given: requests.refuse(request_id=one, reason=given["words"], actor=actor(r), at=now()),
        ),
        "withdraw": Deed(
            gettext_lazy("Withdraw it"),
            recorded,
            None,
            lambda r, one, _given: requests.withdraw(request_id=one, actor=actor(r), at=now()),
        ),
        "progress": Deed(
            gettext_lazy("Tell how it goes on"),
            recorded,
            WordsForm,
            lambda r, one, given: proceedings.progress(
                proceeding_id=one, words=given["words"], actor=actor(r), at=now()
            ),
        ),
        "result": Deed(gettext_lazy("Tell how it ended"), recorded, ResultForm, result),
        "seen": Deed(gettext_lazy("Taken note of"), gettext_lazy("Entered, and recorded."), None, seen, primary=True),
        "end": Deed(
            gettext_lazy("It holds no more"),
            gettext_lazy("Entered, and recorded."),
            None,
            lambda r, one, _given: intake.end(intake_id=one, actor=actor(r), at=now()),
        ),
    }


def _take(about: tuple[str, UUID], kind: str, given: Any, actor: Actor) -> None:
    name, media_type, content = deeds.uploaded(given)
    files.take(about=about, kind=kind, name=name, media_type=media_type, content=content, actor=actor, at=now())


def tell(given: Mapping[str, Any], actor: Actor) -> UUID:
    """Take in what the controller tells, with its file."""
    told = {name: value for name, value in given.items() if name != "file"}
    own = intake.tell(actor=actor, at=now(), **told)
    if given["file"]:
        _take(("intake", own), str(given["kind"]), given["file"], actor)
    return own


def proceed(given: Mapping[str, Any], actor: Actor) -> UUID:
    """Tell the other party of an authority's proceeding."""
    told = {name: value for name, value in given.items() if name != "opened_on"}
    return proceedings.tell(opened_at=instant(given["opened_on"]), actor=actor, at=now(), **told)


def page(desk: str, thing: UUID, party: str) -> dict[str, Any]:
    """Everything that a page shows of one thing of a desk, in the scope. Http404 for another desk."""
    if desk == "request":
        return _request(selectors.request(thing), party)
    if desk == "proceeding":
        return _proceeding(selectors.proceeding(thing), party)
    if desk == "intake":
        return _intake(selectors.intake(thing), party)
    raise Http404


def row(desk: str, thing: UUID) -> dict[str, Any]:
    """One thing as a line of the operator's list."""
    found = page(desk, thing, "processor")
    return {"title": found["title"], "state": found["state"], "tone": found["tone"], "thing": thing, "desk": desk}


def _owed(thing: UUID) -> list[dict[str, Any]]:
    return [duties.row(one) for one in obligations.about(thing, now())]


def _request(one: selectors.RequestView, party: str) -> dict[str, Any]:
    label, tone = STATES[one.state]
    mine = one.owed_by == party
    return {
        "title": _("Request %(number)s") % {"number": one.number},
        "state": label,
        "tone": tone,
        "facts": [
            (_("Asked"), PARTIES[one.owed_by]),
            (_("Concerns"), _(codes.MATTERS.get(one.matter, one.matter))),
        ],
        "received": one.received_at,
        "texts": [(_("What is asked for"), one.words), (_("Answer"), one.answer)],
        "steps": [],
        "files": one.files,
        "duties": _owed(one.id),
        "verbs": ["answer", "refuse"] if one.state == "open" and mine else ["withdraw"] * (one.state == "open"),
        "thing": one.id,
        "desk": "request",
    }


def _proceeding(one: selectors.ProceedingView, party: str) -> dict[str, Any]:
    label, tone = STATES[one.state]
    kinds = {"progress": _("Progress"), "result": _("Result")}
    return {
        "title": _("Proceeding %(number)s") % {"number": one.number},
        "state": label,
        "tone": tone,
        "facts": [
            (_("Told by"), PARTIES[one.told_by]),
            (_("Authority"), one.authority),
            (_("Its file number"), one.reference or "–"),
        ],
        "received": one.told_at,
        "texts": [(_("What it is about"), one.words)],
        "steps": [
            {"at": step.at, "title": kinds[step.kind], "text": step.words, "icon": "check", "tone": "calm"}
            for step in reversed(one.steps)
        ],
        "files": one.files,
        "duties": _owed(one.id),
        "verbs": ["progress", "result"] if one.state == "open" and one.told_by == party else [],
        "thing": one.id,
        "desk": "proceeding",
    }


def _intake(one: selectors.IntakeView, party: str) -> dict[str, Any]:
    label, tone = STATES[one.state]
    ours = party == "processor"
    verbs = ["seen"] if ours and one.seen_at is None else []
    return {
        "title": one.title,
        "state": label,
        "tone": tone,
        "facts": [
            (_("Kind"), _(codes.INTAKES[one.kind])),
            (_("Contact"), one.contact or "–"),
            (_("Taken note of"), f"{one.seen_at:%Y-%m-%d %H:%M} UTC" if one.seen_at else _("not yet")),
        ],
        "received": one.at,
        "texts": [(_("What follows from it"), one.words)],
        "steps": [],
        "files": one.files,
        "duties": _owed(one.id),
        "verbs": verbs if ours else ["end"] * (one.state == "current"),
        "thing": one.id,
        "desk": "intake",
    }


def work(one: selectors.WorkView) -> dict[str, Any]:
    """A line of the time sheet as a line of a list."""
    label, tone = LINES[one.line.state] if one.line else (_("no agreement"), "warn")
    about = f"{duties.ABOUT.get(one.about_kind, one.about_kind)} {str(one.about)[-8:]}"
    sum_ = f"{one.line.currency} {one.line.net:.2f}" if one.line and one.line.state == billing.BILLED else "–"
    return {
        "one": one, "kind": _(codes.WORK[one.kind]), "state": label, "tone": tone, "sum": sum_,
        "source": one.line.source if one.line else "", "about": about,
    }  # fmt: skip
