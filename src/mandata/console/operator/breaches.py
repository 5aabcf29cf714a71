"""The operator's breach desk: the list, one breach with its scope, whom it tells, its register."""

import json
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mandata.accounts import selectors as accounts
from mandata.console import breaches as words
from mandata.console import requests
from mandata.console.operator.breach_forms import (
    LISTED,
    CloseForm,
    CorrectionForm,
    FilterForm,
    KnownForm,
    LookForm,
    OpenForm,
    OtherwiseForm,
    ProofForm,
)
from mandata.console.templatetags.ui import number
from mandata.foundation.errors import Refused
from mandata.holdings import breadth
from mandata.incidents import words as told
from mandata.incidents.selectors import desk as selectors
from mandata.incidents.selectors import picking, register
from mandata.incidents.services import desk, drills, otherwise, scoping, telling
from mandata.infra.clock import new_id, now

PAGE = 50
NAMED = 3
"""So many controllers of a filter are named; more are counted."""
MINUTE = timedelta(minutes=1)


def listed(request: HttpRequest) -> HttpResponse:
    """List the breaches, the newest first; open one by POST."""
    form = OpenForm(
        request.POST if request.method == "POST" else None, initial={"breach_id": new_id(), "aware_at": now()}
    )
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = desk.open_breach(actor=requests.operator(request), at=now(), **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Open, and recorded. Say by filters whom it touched; the notices then go out."))
            return redirect("operator:breach", breach_id=made)
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) < 10 else None
    rows = selectors.breaches(before=before, limit=PAGE)
    context = {
        "rows": [_row(one) for one in rows],
        "older": rows[-1].number if len(rows) == PAGE else None,
        "form": form,
        "refusal": refusal,
        "writing": request.method == "POST",
    }
    return render(request, "console/operator/breaches.html", context, status=422 if request.method == "POST" else 200)


def _row(one: selectors.BreachRow) -> dict[str, Any]:
    state, tone = words.STATES[one.state]
    return {"one": one, "state": state, "tone": tone, "origin": words.ORIGINS[one.origin]}


def breach(request: HttpRequest, breach_id: UUID) -> HttpResponse:
    """Show one breach: what is known, its scope, whom it touches and how each stands, its timeline."""
    return _page(request, breach_id)


def _page(request: HttpRequest, breach_id: UUID, refusal: Refused | None = None, status: int = 200) -> HttpResponse:
    at, asked = now(), request.GET.get("start", "")
    start = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    view = selectors.breach(breach_id, at=at)
    total, standings = selectors.standings(breach_id, at=at, start=start, count=PAGE)
    row, facts, rows = view.row, view.facts, [_standing(one) for one in standings]
    staff, narrow = {one.user_id: one.name for one in _staff()}, FilterForm()
    context = {
        **_row(row),
        "view": view,
        "facts": facts,
        "kinds": [str(words.KINDS[one]) for one in facts["kinds"] if one in words.KINDS],
        "opened_by": words.who(str(facts["opened_by"]), staff),
        "figures": words.figures(
            (_("Controllers"), number(row.controllers)),
            (_("Data subjects"), number(row.subjects)),
            (_("Records"), number(row.records)),
            (_("Not told yet"), number(row.untold)),
            tones=("", "", "", "bad" if row.untold else ""),
        ),
        "filters": [_filter(one, narrow.names) for one in view.filters],
        "rows": rows,
        "unreached": [one for one in rows if one["form"]],
        "total": total,
        "older": start + PAGE if start + PAGE < total else None,
        "steps": words.timeline(view.steps, staff),
        "result": _result(view),
        "known": KnownForm(
            initial={**facts, "revision": view.revision, "certain": "yes" if facts["certain"] else "no"}
        ),
        "narrow": narrow,
        **_looked(request, view, staff),
        "correction": CorrectionForm(),
        "close": CloseForm(initial={"effects": facts["effects"]}),
        "proof": ProofForm(),
        "may_tell": row.state != "closed" and not facts["forbidden"] and row.behind,
        "news": view.revision > view.telling,
        "refusal": refusal,
    }
    return render(request, "console/operator/breach.html", context, status=status)


def _staff() -> list[Any]:
    from mandata.infra.tenancy import INSTANCE, scope

    with scope(INSTANCE):
        return list(accounts.staff())


def _looked(request: HttpRequest, view: selectors.BreachView, staff: dict[UUID, str]) -> dict[str, Any]:
    """What was exported and seen in a period, to be ticked."""
    facts, asked = view.facts, "look_since" in request.GET
    began = facts["began_at"] or facts["aware_at"] - timedelta(days=30)
    form = LookForm(
        request.GET if asked else None,
        initial={"look_since": began, "look_until": facts["ended_at"] or now()},
        auto_id="look_%s",
    )
    if not asked or not form.is_valid():
        return {"look": form, "looking": asked, "choices": None}
    given = form.cleaned_data
    whose = [UUID(one) for one in given["whose"]] or accounts.ids()[:LISTED]
    found, whole = picking.choices(whose, since=given["look_since"], until=given["look_until"] + MINUTE)
    rows = [{"one": one, "who": one.name or words.who(one.who, staff)} for one in found]
    return {"look": form, "looking": True, "choices": rows, "whole": whole}


def _whose(controllers: Collection[UUID], known: dict[str, str]) -> str:
    """Name the controllers of a filter where they are few, count them where they are many."""
    names = [known[str(one)] for one in controllers if str(one) in known]
    if not controllers:
        return _("every controller")
    if len(names) == len(controllers) <= NAMED:
        return ", ".join(names)
    count = len(controllers)
    return ngettext("%(number)s controller", "%(number)s controllers", count) % {"number": count}


def _filter(one: selectors.Chosen, known: dict[str, str]) -> dict[str, Any]:
    wanted, names = one.wanted, {key: str(each.name) for key, each in breadth.countable().items()}
    parts = [
        _whose(wanted.controllers, known),
        ", ".join(names.get(key, key) for key in wanted.holdings),
        _("made in that time") if wanted.dated else "",
        _("an export") if wanted.export else "",
        _("an access of our staff") if wanted.access else "",
        _("the key of epoch %(number)s") % {"number": wanted.epoch} if wanted.epoch else "",
        _("%(people)s people and %(records)s records counted by hand")
        % {"people": wanted.by_hand[0], "records": wanted.by_hand[1]}
        if wanted.by_hand
        else "",
    ]
    said = " · ".join(part for part in parts if part)
    return {"one": one, "said": said, "everything": wanted.everything}


def _standing(one: selectors.Standing) -> dict[str, Any]:
    authority, tone = words.AUTHORITY[one.authority]
    form = OtherwiseForm(initial={"controller_id": one.whose, "when": now()}, auto_id=f"told-{one.whose}-%s")
    failure = "" if one.unreached else one.failure
    return {
        "one": one,
        "places": told.rows(one.places),
        "authority": authority,
        "tone": tone,
        "unreached": words.UNREACHED.get(one.unreached, ""),
        "failure": failure,
        "form": form if one.unreached or failure else None,
    }


def _result(view: selectors.BreachView) -> list[dict[str, Any]]:
    if not view.result:
        return []
    found = view.result
    return words.figures(
        (_("Told"), f"{found['told']} / {found['controllers']}"),
        (_("Told in time"), f"{found['in_time']} / {found['controllers']}"),
        (_("Longest, from awareness"), _("%(minutes)s minutes") % {"minutes": round(found["longest"] / 60, 1)}),
        (_("Scope counted in"), _("%(seconds)s seconds") % {"seconds": found.get("counted_seconds") or 0}),
    )


def act(request: HttpRequest, breach_id: UUID, verb: str) -> HttpResponse:
    """Do one thing with a breach: amend it, add a filter, count, tell, contain, close, open again, correct, measure."""
    if verb not in _VERBS:
        raise Http404
    try:
        said = _VERBS[verb](request, breach_id)
    except Refused as refused:
        if refused.status == 404:
            raise
        return _page(request, breach_id, refused, refused.status)
    messages.success(request, said)
    return redirect("operator:breach", breach_id=breach_id)


def _amend(request: HttpRequest, breach_id: UUID) -> str:
    given = words.given(KnownForm(request.POST))
    revision = given.pop("revision")
    desk.amend(breach_id, revision=revision, actor=requests.operator(request), at=now(), **given)
    return _("Kept, and recorded. Tell the controllers when it is worth a notice.")


def _narrow(request: HttpRequest, breach_id: UUID) -> str:
    given = words.given(FilterForm(request.POST))
    people, records = given.pop("people") or 0, given.pop("records") or 0
    wanted = {name: value for name, value in given.items() if value}
    if people or records:
        wanted["by_hand"] = [people, max(people, records)]
    scoping.add_filter(breach_id, wanted, actor=requests.operator(request), at=now())
    return _count(request, breach_id)


def _pick(request: HttpRequest, breach_id: UUID) -> str:
    picked = [picking.read(one) for one in request.POST.getlist("picked")[: picking.MOST]]
    if not picked or None in picked:
        raise Refused(
            _("Nothing was ticked."),
            code="form",
            remedy=_("Tick the exports and accesses that it touched."),
            status=422,
        )
    for one in picked:
        scoping.add_filter(breach_id, one or {}, actor=requests.operator(request), at=now())
    return _count(request, breach_id)


def _count(request: HttpRequest, breach_id: UUID) -> str:
    if scoping.count(breach_id, actor=requests.operator(request), at=now(), wait=False):
        return _("Counted from the system’s own data.")
    return _("There are many controllers; the counting goes on while you wait. Look again in a moment.")


def _tell(request: HttpRequest, breach_id: UUID) -> str:
    count = telling.tell(breach_id, actor=requests.operator(request), at=now())
    return ngettext(
        "%(number)s notice goes out now.", "%(number)s notices go out now, one to each controller.", count
    ) % {"number": count}


def _otherwise(request: HttpRequest, breach_id: UUID) -> str:
    given, at = words.given(OtherwiseForm(request.POST)), now()
    if given["when"] <= at:  # the minute that was written is named whole; a time to come is refused, not bent
        given["when"] = min(given["when"] + MINUTE, at)
    otherwise.told(breach_id, given.pop("controller_id"), actor=requests.operator(request), at=at, **given)
    return _("Entered, and recorded. From then on its own time runs.")


def _contain(request: HttpRequest, breach_id: UUID) -> str:
    desk.contain(breach_id, actor=requests.operator(request), at=now())
    return _("Contained, and recorded.")


def _close(request: HttpRequest, breach_id: UUID) -> str:
    given = words.given(CloseForm(request.POST))
    desk.close(breach_id, effects=given["effects"], actor=requests.operator(request), at=now())
    return _("Closed, and recorded. It stays in the register.")


def _reopen(request: HttpRequest, breach_id: UUID) -> str:
    desk.reopen(breach_id, actor=requests.operator(request), at=now())
    return _("Open again, and recorded.")


def _correct(request: HttpRequest, breach_id: UUID) -> str:
    given = words.given(CorrectionForm(request.POST))
    desk.correct(breach_id, actor=requests.operator(request), at=now(), **given)
    return _("Entered in the register.")


def _measure(request: HttpRequest, breach_id: UUID) -> str:
    drills.measure(breach_id, actor=requests.operator(request), at=now())
    return _("Measured, and recorded.")


_VERBS = {
    "amend": _amend,
    "filter": _narrow,
    "pick": _pick,
    "count": _count,
    "tell": _tell,
    "otherwise": _otherwise,
    "contain": _contain,
    "close": _close,
    "reopen": _reopen,
    "correct": _correct,
    "measure": _measure,
}


def drop(request: HttpRequest, filter_id: UUID) -> HttpResponse:
    """Take a filter away, and count again."""
    breach_id = scoping.drop_filter(filter_id, actor=requests.operator(request), at=now())
    messages.success(request, _count(request, breach_id))
    return redirect("operator:breach", breach_id=breach_id)


def corrected(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    """Say that a corrective measure is carried out."""
    given = words.given(ProofForm(request.POST))
    breach_id = desk.corrected(correction_id, proof=given["proof"], actor=requests.operator(request), at=now())
    messages.success(request, _("Carried out, and recorded."))
    return redirect("operator:breach", breach_id=breach_id)


def register_csv(_request: HttpRequest) -> HttpResponse:
    """The register of breaches as CSV, drills aside (Art. 33(5) GDPR)."""
    body = register.as_csv(register.whole(), register.COLUMNS)
    return _file(body, "text/csv; charset=utf-8", "breaches.csv")


def register_json(_request: HttpRequest) -> HttpResponse:
    """The same as JSON."""
    body = json.dumps(register.whole(), ensure_ascii=False, indent=1, default=str).encode()
    return _file(body, "application/json", "breaches.json")


def _file(body: bytes, media_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        body, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
