"""For how long data is kept, on whose word; what would go today; deleting now; holds; what was deleted."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements.language import words
from mandata.console.requests import actor, member
from mandata.foundation.errors import Refused
from mandata.foundation.periods import Period, telling
from mandata.infra.clock import now
from mandata.retention.rules import keeping as rules
from mandata.retention.selectors import keeping as selectors
from mandata.retention.services import keeping

UNITS = {
    "days": gettext_lazy("days"),
    "weeks": gettext_lazy("weeks"),
    "months": gettext_lazy("months"),
    "years": gettext_lazy("years"),
}
STATES = {
    "running": (gettext_lazy("under way"), "calm"),
    "waiting": (gettext_lazy("waits for you"), "warn"),
    "done": (gettext_lazy("done"), "good"),
    "stopped": (gettext_lazy("stopped"), "warn"),
}
ORIGINS = {
    "clause": gettext_lazy("the agreement"),
    "controller": gettext_lazy("your own setting"),
    "ours": gettext_lazy("our own rule"),
    "agreement": gettext_lazy("as long as the agreement lasts"),
}


class PeriodForm(forms.Form):
    """A period: how many of what."""

    amount = forms.IntegerField(label=gettext_lazy("How many"), min_value=1, max_value=99_999)
    unit = forms.ChoiceField(label=gettext_lazy("Of what"), choices=list(UNITS.items()))

    def period(self) -> Period:
        """Return what was typed."""
        amount, unit = self.cleaned_data["amount"], str(self.cleaned_data["unit"])
        return Period.parse(f"{amount} {unit}" if amount != 1 else f"1 {unit[:-1]}")


class HoldForm(forms.Form):
    """Why nothing is deleted for the time being."""

    category = forms.ChoiceField(label=gettext_lazy("Of what"), required=False)
    ground = forms.ChoiceField(label=gettext_lazy("Ground"))
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Kept sealed; the record gets a commitment to it."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(one.code, _(one.name)) for one in rules.CATEGORIES]
        self.fields["category"].choices = [("", _("Everything")), *names]  # type: ignore[attr-defined]
        self.fields["ground"].choices = [(code, _(text)) for code, text in rules.GROUNDS.items()]  # type: ignore[attr-defined]


def retention(request: HttpRequest) -> HttpResponse:
    """Show each category with its rule and what would go today; place a hold by POST."""
    refusal, form = None, HoldForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            keeping.place_hold(
                category=said["category"], ground=said["ground"], words=said["reason"], actor=actor(request), at=now()
            )
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Nothing of it is deleted until you lift the hold. The record says so."))
            return redirect("privacy:retention")
    at = now()
    found, live = selectors.preview(at), selectors.live()
    context = {
        "rows": [row(one) for one in found],
        "total": sum(one.rows for one in found if not one.hold),
        "elsewhere": [{"name": _(name), "by": _(by)} for name, by in rules.ELSEWHERE.values()],
        "holds": [_hold(one) for one in selectors.holds(at)],
        "log": [_run(one) for one in selectors.log() if live is None or one.id != live.id],
        "live": None if live is None else _run(live),
        "form": form,
        "writing": request.method == "POST",
        "refusal": refusal,
        "may": member(request).role in ("owner", "privacy_officer"),
    }
    return render(request, "console/privacy/retention.html", context, status=refusal.status if refusal else 200)


def category(request: HttpRequest, part: str) -> HttpResponse:
    """Show one category; count what is older than a period (`?amount=…&unit=…`); set its period by POST."""
    known = _known(part)
    refusal, at = None, now()
    form = PeriodForm(request.POST if request.method == "POST" else None, prefix="set")
    if request.method == "POST":
        back = "reset" in request.POST
        if back or form.is_valid():
            try:
                keeping.set_period(
                    category=part, period=None if back else form.period(), member_id=member(request).member_id, at=at
                )
            except Refused as refused:
                refusal = refused
            else:
                messages.success(request, _("Kept. Nothing was deleted; the next daily run goes by it."))
                return redirect("privacy:retention_category", part=part)
    context = {
        **_one(known.code, request, at),
        "form": form,
        "refusal": refusal,
        "may": member(request).role in ("owner", "privacy_officer"),
    }
    return render(
        request, "console/privacy/retention_category.html", context, status=refusal.status if refusal else 200
    )


def _one(code: str, request: HttpRequest, at: Any) -> dict[str, Any]:
    asked = PeriodForm(request.GET if "amount" in request.GET else None)
    older = None
    if asked.is_bound and asked.is_valid():
        period = asked.period()
        older = {"found": row(selectors.older(code, period, at)), "period": spoken(period), "raw": str(period)}
    now_ = next(one for one in selectors.preview(at) if one.rule.category.code == code)
    return {"row": row(now_), "asked": asked, "older": older}


def delete(request: HttpRequest, part: str) -> HttpResponse:
    """Delete what is older than a period, as the preview counted it."""
    _known(part)
    try:
        period, rows = Period.parse(request.POST.get("period", "")[:40]), int(request.POST.get("rows", "")[:12])
    except ValueError as error:
        raise Http404 from error
    keeping.demand(category=part, period=period, rows=rows, member_id=member(request).member_id, at=now())
    messages.success(request, _("The deletion has begun; it goes on if you leave. The record keeps your instruction."))
    return redirect("privacy:retention")


def lift(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """Lift a hold."""
    keeping.lift_hold(hold_id=hold_id, actor=actor(request), at=now())
    messages.success(request, _("Lifted. The next daily run takes what is old enough."))
    return redirect("privacy:retention")


def confirm(request: HttpRequest, ageing_id: UUID) -> HttpResponse:
    """Let a deletion begin that waits."""
    keeping.confirm(run_id=ageing_id, actor=actor(request), at=now())
    return redirect("privacy:retention")


def stop(request: HttpRequest, ageing_id: UUID) -> HttpResponse:
    """Stop a deletion at its next batch."""
    keeping.stop(run_id=ageing_id, actor=actor(request), at=now())
    messages.success(request, _("Stopped. What is gone is gone."))
    return redirect("privacy:retention")


def _known(code: str) -> rules.Category:
    found = rules.BY_CODE.get(code)
    if found is None:
        raise Http404
    return found


def spoken(period: Period) -> str:
    """Return a period in words."""
    return telling.spoken(period, words(get_language() or "en"))


def row(one: selectors.Aged) -> dict[str, Any]:
    """Return a category as pages show it."""
    rule = one.rule
    return {
        "code": rule.category.code,
        "name": _(rule.category.name),
        "since": _(rule.category.since),
        "period": spoken(rule.period) if rule.period else "",
        "origin": ORIGINS[rule.origin.value],
        "clause": rule.clause,
        "source": rule.source,
        "marked": rule.marked,
        "may_set": rule.may_set,
        "set": rule.origin.value == "controller",
        "least": spoken(rule.category.least) if rule.category.least else "",
        "why_least": _(rule.category.why_least) if rule.category.why_least else "",
        "before": one.before,
        "rows": one.rows,
        "held": [{"count": count, "why": _(rules.HELD[ground])} for ground, count in one.held.items()],
        "hold": [_(rules.GROUNDS[ground]) for ground in one.hold],
    }


def _hold(one: selectors.Held) -> dict[str, Any]:
    name = _(rules.BY_CODE[one.category].name) if one.category else _("Everything")
    return {"id": one.id, "name": name, "ground": _(rules.GROUNDS[one.ground]), "at": one.at, "until": one.until}


def _run(one: selectors.Done) -> dict[str, Any]:
    state, tone = STATES[one.state]
    lines = [
        {
            "name": _(rules.BY_CODE[code].name) if code in rules.BY_CODE else code,
            "planned": planned["rows"],
            "done": one.done.get(code, 0),
            "before": planned["before"][:10],
            "clause": planned["clause"],
            "source": planned["source"],
            "held": [_(rules.GROUNDS[ground]) for ground in planned.get("held", ())],
        }
        for code, planned in one.plan.items()
    ]
    planned, done = sum(line["planned"] for line in lines), sum(line["done"] for line in lines)
    return {
        "id": one.id, "number": one.number, "why": one.why, "state": state, "tone": tone, "raw": one.state,
        "at": one.at, "lines": lines, "planned": planned, "done": done, "zone": accounts.holder().time_zone,
    }  # fmt: skip
