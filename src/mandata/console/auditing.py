"""Audits as both consoles show them: words, forms, deeds, and the parts of a page."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.selectors import obligations
from mandata.audits import selectors
from mandata.audits.rules import codes
from mandata.audits.rules.checking import Outcome
from mandata.audits.services import agreeing, asking, holding
from mandata.console import breaches, deeds, duties
from mandata.console.deeds import Deed
from mandata.foundation.actors import Actor
from mandata.record import selectors as record

TONES: Final = {
    "requested": "warn", "refused": "bad", "accepted": "info", "agreed": "info", "held": "info", "reported": "info",
    "closed": "good", "withdrawn": "calm",
}  # fmt: skip
OUTCOMES: Final = {
    Outcome.WELL: (gettext_lazy("as agreed"), "good"),
    Outcome.REFUSED: (gettext_lazy("not as agreed"), "bad"),
    Outcome.TO_DO: (gettext_lazy("still to do"), "warn"),
    Outcome.ADVICE: (gettext_lazy("our advice"), "calm"),
}
STEPS: Final = {
    "requested": gettext_lazy("Asked for"),
    "accepted": gettext_lazy("Accepted"),
    "refused": gettext_lazy("Refused"),
    "terms_proposed": gettext_lazy("Terms proposed"),
    "terms_agreed": gettext_lazy("Terms agreed"),
    "terms_declined": gettext_lazy("Terms declined"),
    "bound": gettext_lazy("Confidentiality shown"),
    "held": gettext_lazy("Held"),
    "reported": gettext_lazy("Report received"),
    "found": gettext_lazy("Finding entered"),
    "correction_stated": gettext_lazy("Correction stated"),
    "corrected": gettext_lazy("Finding dealt with"),
    "closed": gettext_lazy("Closed"),
    "withdrawn": gettext_lazy("Withdrawn"),
}


def _choices(table: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(code, _(said)) for code, said in table.items()]


class RequestForm(forms.Form):
    """A request for an audit."""

    by = forms.ChoiceField(label=gettext_lazy("Who inspects"))
    inspector = forms.CharField(label=gettext_lazy("Name of who inspects"), max_length=300, required=False)
    wished_on = deeds.day(gettext_lazy("First day wished"))
    scope = forms.MultipleChoiceField(
        label=gettext_lazy("What is to be looked at"), widget=forms.CheckboxSelectMultiple
    )
    words = deeds.words(gettext_lazy("What it is about"))
    independent = forms.BooleanField(label=gettext_lazy("Who inspects is independent."), required=False)
    competitor = forms.BooleanField(
        label=gettext_lazy("Who inspects is a competitor of the processor."), required=False
    )
    similar = forms.BooleanField(
        label=gettext_lazy("Who inspects is in a position similar to the processor’s."), required=False
    )
    on_site = forms.BooleanField(label=gettext_lazy("It takes place on the processor’s premises."), required=False)
    site_justified = forms.BooleanField(label=gettext_lazy("That is justified; the text says why."), required=False)
    written = forms.BooleanField(
        label=gettext_lazy("The notice is given in writing, too (a signed letter)."), required=False
    )
    serious_reason = forms.BooleanField(
        label=gettext_lazy("There is a serious reason for a further audit."), required=False
    )
    reason = deeds.words(gettext_lazy("That reason"), required=False, rows=2)
    shown_to = forms.ChoiceField(label=gettext_lazy("To whom the result is shown"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, table in (("by", codes.INSPECTORS), ("scope", codes.SCOPE), ("shown_to", codes.SHOWN)):
            self.fields[name].choices = _choices(table)  # type: ignore[attr-defined]


class WordsForm(forms.Form):
    """Words to the other party."""

    words = deeds.words(gettext_lazy("In your words"))


class MaybeForm(forms.Form):
    """Words that may be left out."""

    words = deeds.words(gettext_lazy("In your words"), required=False, rows=2)


class RefuseForm(forms.Form):
    """A refusal, with what is found of the controller's statements."""

    words = deeds.words(gettext_lazy("Reason"))
    competitor = forms.BooleanField(label=gettext_lazy("Who inspects is a competitor."), required=False)
    dependent = forms.BooleanField(label=gettext_lazy("Who inspects is not independent."), required=False)
    similar = forms.BooleanField(label=gettext_lazy("Who inspects is in a similar position."), required=False)
    no_reason = forms.BooleanField(label=gettext_lazy("The stated reason is not a serious one."), required=False)
    no_site = forms.BooleanField(label=gettext_lazy("The premises are not justified."), required=False)


class TermsForm(forms.Form):
    """Terms of an audit."""

    begins_on = deeds.day(gettext_lazy("First day"))
    ends_on = deeds.day(gettext_lazy("Last day"))
    scope = forms.MultipleChoiceField(label=gettext_lazy("What is looked at"), widget=forms.CheckboxSelectMultiple)
    on_site = forms.BooleanField(label=gettext_lazy("On the processor’s premises"), required=False)
    hours = forms.DecimalField(label=gettext_lazy("Man-hours of the processor"), min_value=0, decimal_places=2)
    costs = forms.DecimalField(
        label=gettext_lazy("Costs on top"), min_value=0, decimal_places=2, required=False, initial=0
    )
    hour = forms.DecimalField(
        label=gettext_lazy("Price of an hour"),
        min_value=0,
        decimal_places=2,
        required=False,
        help_text=gettext_lazy("Only where the agreement leaves it to you both; else its own rate counts."),
    )
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, required=False)
    words = deeds.words(gettext_lazy("What else is agreed"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = _choices(codes.SCOPE)  # type: ignore[attr-defined]


class FileForm(forms.Form):
    """A file."""

    file = forms.FileField(label=gettext_lazy("File"), help_text=gettext_lazy("20 MB at most; it is kept sealed."))


class HeldForm(forms.Form):
    """When an audit took place."""

    held_on = deeds.day(gettext_lazy("First day on which it took place"))


class FindingForm(forms.Form):
    """What was found."""

    weight = forms.ChoiceField(label=gettext_lazy("How grave"))
    words = deeds.words(gettext_lazy("What was found"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["weight"].choices = _choices(codes.WEIGHTS)  # type: ignore[attr-defined]


class CorrectForm(forms.Form):
    """What is done about a finding."""

    number = forms.IntegerField(label=gettext_lazy("Number of the finding"), min_value=1)
    corrective = deeds.words(gettext_lazy("What is done"))
    post = forms.CharField(label=gettext_lazy("Which post answers for it"), max_length=120)
    due_on = deeds.day(gettext_lazy("By when"))


class DoneForm(forms.Form):
    """That it was done."""

    number = forms.IntegerField(label=gettext_lazy("Number of the finding"), min_value=1)
    proof = deeds.words(gettext_lazy("How that is shown"))


def zone() -> ZoneInfo:
    """The scope's controller's zone, in which days are meant."""
    return ZoneInfo(accounts.controller().time_zone)


def ask(given: Mapping[str, Any], *, actor: Actor, at: datetime) -> UUID:
    """Ask for an audit by what the form gave, in the scope."""
    told = {name: value for name, value in given.items() if name != "wished_on"}
    return asking.request(wished_at=datetime.combine(given["wished_on"], time(9), zone()), actor=actor, at=at, **told)


def deed_table(actor: Callable[[HttpRequest], Actor], now: Callable[[], datetime]) -> dict[str, Deed]:
    """Every deed with an audit, done by whoever `actor` finds in the request."""

    def waiting(one: UUID) -> UUID:
        terms = selectors.audit(one).proposed
        return terms.id if terms else one

    def finding(one: UUID, number: int) -> UUID:
        return next((row.id for row in selectors.audit(one).findings if row.number == number), one)

    def refuse(request: HttpRequest, one: UUID, given: dict[str, Any]) -> None:
        weighed = {"competitor": True} if given["competitor"] else {}
        weighed |= {"independent": False} if given["dependent"] else {}
        weighed |= {"similar": True} if given["similar"] else {}
        weighed |= {"serious_reason": False} if given["no_reason"] else {}
        weighed |= {"site_justified": False} if given["no_site"] else {}
        asking.refuse(audit_id=one, words=given["words"], weighed=weighed, actor=actor(request), at=now())

    def propose(request: HttpRequest, one: UUID, given: dict[str, Any]) -> None:
        told = {**given, "costs": given["costs"] or Decimal(0)}
        agreeing.propose(audit_id=one, actor=actor(request), at=now(), **told)

    def bind(request: HttpRequest, one: UUID, given: dict[str, Any]) -> None:
        name, kind, content = deeds.uploaded(given["file"])
        asking.bind(audit_id=one, name=name, media_type=kind, content=content, actor=actor(request), at=now())

    def report(request: HttpRequest, one: UUID, given: dict[str, Any]) -> None:
        name, kind, content = deeds.uploaded(given["file"])
        holding.report(audit_id=one, name=name, media_type=kind, content=content, actor=actor(request), at=now())

    def hold(request: HttpRequest, one: UUID, given: dict[str, Any]) -> None:
        held_at = min(datetime.combine(given["held_on"], time(9), zone()), now())
        if given["held_on"] > now().date():
            held_at = datetime.combine(given["held_on"], time(9), zone())
        holding.hold(audit_id=one, held_at=held_at, actor=actor(request), at=now())

    def correct(request: HttpRequest, one: UUID, given: dict[str, Any]) -> None:
        holding.correct(
            finding_id=finding(one, given["number"]),
            corrective=given["corrective"],
            post=given["post"],
            due_on=given["due_on"],
            actor=actor(request),
            at=now(),
        )

    def done(request: HttpRequest, one: UUID, given: dict[str, Any]) -> None:
        which = finding(one, given["number"])
        holding.done(finding_id=which, proof=given["proof"], actor=actor(request), at=now())

    recorded = gettext_lazy("Done, and recorded. The other party is told.")
    kept = gettext_lazy("Entered, and recorded.")
    return {
        "accept": Deed(
            gettext_lazy("Accept it"),
            recorded,
            MaybeForm,
            lambda r, one, given: asking.accept(audit_id=one, words=given["words"], actor=actor(r), at=now()),
            primary=True,
        ),
        "refuse": Deed(gettext_lazy("Refuse it as it was asked for"), recorded, RefuseForm, refuse),
        "withdraw": Deed(
            gettext_lazy("Withdraw it"),
            recorded,
            None,
            lambda r, one, _given: asking.withdraw(audit_id=one, actor=actor(r), at=now()),
        ),
        "propose": Deed(gettext_lazy("Propose terms"), recorded, TermsForm, propose),
        "agree": Deed(
            gettext_lazy("Agree to the terms"),
            recorded,
            None,
            lambda r, one, _given: agreeing.agree(audit_id=one, terms_id=waiting(one), actor=actor(r), at=now()),
            primary=True,
        ),
        "decline": Deed(
            gettext_lazy("Decline the terms"),
            recorded,
            WordsForm,
            lambda r, one, given: agreeing.decline(
                audit_id=one, terms_id=waiting(one), words=given["words"], actor=actor(r), at=now()
            ),
        ),
        "bind": Deed(gettext_lazy("Show the commitment to confidentiality"), kept, FileForm, bind),
        "hold": Deed(gettext_lazy("It took place"), kept, HeldForm, hold, primary=True),
        "report": Deed(gettext_lazy("Hand in the report"), recorded, FileForm, report),
        "find": Deed(
            gettext_lazy("Enter a finding"),
            kept,
            FindingForm,
            lambda r, one, given: _find(one, given, actor(r), now()),
        ),
        "correct": Deed(gettext_lazy("Say what is done about a finding"), recorded, CorrectForm, correct),
        "done": Deed(gettext_lazy("A finding is dealt with"), recorded, DoneForm, done),
        "close": Deed(
            gettext_lazy("Close the audit"),
            kept,
            None,
            lambda r, one, _given: holding.close(audit_id=one, actor=actor(r), at=now()),
        ),
    }


def _find(one: UUID, given: dict[str, Any], actor: Actor, at: datetime) -> None:
    holding.find(audit_id=one, weight=given["weight"], words=given["words"], actor=actor, at=at)


def possible(one: selectors.AuditView, party: str) -> list[str]:
    """Which deeds a party can do with an audit as it stands."""
    ours, state = party == "processor", one.state
    found = []
    if state == "requested":
        found += ["accept", "refuse"] if ours else ["bind"]
    if state == "accepted":
        if one.proposed:
            found += ["agree"] * (one.proposed.proposed_by != party) + ["decline"]
        found += ["propose"] + [] * ours
    if not ours and state in ("accepted", "agreed"):
        found.append("bind")
    if state == "agreed" and ours:
        found.append("hold")
    if state in ("held", "reported"):
        found += ["report", "find"]
        open_ = any(row.state == "open" for row in one.findings)
        found += ["correct", "done"] if ours and open_ else []
    if state == "reported":
        found.append("close")
    if not ours and state in ("requested", "accepted", "agreed"):
        found.append("withdraw")
    return found


def row(one: selectors.AuditView) -> dict[str, Any]:
    """An audit as a line of a list."""
    who = _(codes.INSPECTORS.get(one.facts.get("by", ""), "")) if one.facts.get("by") in codes.INSPECTORS else ""
    return {"one": one, "state": _(codes.STATES[one.state]), "tone": TONES[one.state], "who": who}


def page(one: selectors.AuditView, at: datetime) -> dict[str, Any]:
    """Everything that a page shows of an audit, in the scope."""
    said = agreements.reader()
    people = {member.id: member.name for member in accounts.members()}
    checks = []
    for given in one.answers:
        answer = replace(given, evidence={name: _readable(value) for name, value in given.evidence.items()})
        title, reason, remedy = answer.said(said)
        label, tone = OUTCOMES[answer.outcome]
        checks.append(
            {"title": title, "reason": reason, "remedy": remedy, "source": answer.source, "state": label, "tone": tone}
        )
    entries = (record.entry(own) for own in reversed(one.entries))
    return {
        **row(one),
        "checks": checks,
        "scope": [_(codes.SCOPE[code]) for code in one.scope if code in codes.SCOPE],
        "terms": [_terms(made) for made in reversed(one.terms)],
        "findings": [_finding(made, at) for made in one.findings],
        "duties": [duties.row(owed) for owed in obligations.about(one.id, at)],
        "timeline": [
            {
                "at": entry.at,
                "title": STEPS.get(entry.kind.removeprefix("audit."), entry.kind),
                "icon": "check",
                "tone": "calm",
                "who": breaches.who(entry.actor, people),
            }
            for entry in entries
            if entry is not None
        ],
    }


def _readable(value: str | int) -> str | int:
    """An instant of a check's evidence in the viewer's zone; anything else as it is."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else None
    except ValueError:
        return value
    return f"{localtime(at):%Y-%m-%d %H:%M}" if at is not None and at.tzinfo is not None else value


def _terms(made: selectors.TermsView) -> dict[str, Any]:
    states = {
        "proposed": (gettext_lazy("wait for an answer"), "warn"),
        "agreed": (gettext_lazy("agreed"), "good"),
        "declined": (gettext_lazy("declined"), "calm"),
        "replaced": (gettext_lazy("replaced"), "calm"),
    }
    label, tone = states[made.state]
    return {
        "one": made,
        "state": label,
        "tone": tone,
        "price": agreeing.priced(made),
        "scope": [_(codes.SCOPE[code]) for code in made.scope],
        "conduct": [_(codes.CONDUCT[code][1]) for code in made.conduct],
    }


def _finding(made: selectors.FindingView, at: datetime) -> dict[str, Any]:
    owed = obligations.correction(made.id, at)
    late = made.state == "open" and owed is not None and owed.late
    if made.state == "done":
        label, tone = gettext_lazy("dealt with"), "good"
    else:
        label, tone = (gettext_lazy("late"), "bad") if late else (gettext_lazy("open"), "warn")
    return {"one": made, "weight": _(codes.WEIGHTS[made.weight]), "state": label, "tone": tone}
