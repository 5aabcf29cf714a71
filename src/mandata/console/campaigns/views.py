"""The list of campaigns; making, copying and discarding them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.audience.selectors import catalogue
from mandata.campaigns import selectors, services, words
from mandata.campaigns.errors import WrongState
from mandata.campaigns.rules.content import Content, Format
from mandata.console import requests
from mandata.console.campaigns.forms import NewForm
from mandata.console.campaigns.page import ICONS, LIVE, TONES
from mandata.infra.clock import now
from mandata.tracking import selectors as tracking

_MOST = 200
_FILTERS = ("draft", "sending", "paused", "held", "finished", "cancelled")


def campaigns(request: HttpRequest) -> HttpResponse:
    """Show the campaigns, newest first, each with its state and its result at a glance."""
    state = request.GET.get("state", "")
    rows = selectors.campaigns(state=state if state in _FILTERS else "", limit=_MOST)
    context = {
        "campaigns": glance(rows),
        "state": state,
        "filters": [(code, words.state(code)) for code in _FILTERS],
        "any": bool(rows) or bool(state and selectors.campaigns(limit=1)),
        "writes": request.may("campaigns:new"),  # type: ignore[attr-defined]
    }
    return render(request, "console/campaigns/list.html", context)


def glance(rows: list[selectors.CampaignRow]) -> list[dict[str, Any]]:
    """Return campaigns as tables show them: with their list's name, state and results."""
    lists = catalogue.list_names()
    found = tracking.summaries(row.id for row in rows)
    return [
        {
            "row": row,
            "list": lists.get(row.list_id, "") if row.list_id else "",
            "state": words.state(row.state),
            "tone": TONES[row.state],
            "icon": ICONS.get(row.state, ""),
            "live": row.state in LIVE,
            "done": _done(found[row.id]),
            "result": found[row.id],
        }
        for row in rows
    ]


def _done(found: tracking.Summary) -> int:
    waiting = ("queued", "claimed", "sending", "deferred")
    return found.recipients - sum(found.states.get(state, 0) for state in waiting)


def new(request: HttpRequest) -> HttpResponse:
    """Begin a campaign: a name, perhaps a list, and what to begin with."""
    lists = [(str(list_id), name) for list_id, name in catalogue.list_names().items()]
    form = NewForm(request.POST or None, lists=lists, initial={"list_id": lists[0][0] if len(lists) == 1 else ""})
    if request.method == "POST" and form.is_valid():
        list_id = form.cleaned_data["list_id"]
        campaign_id = services.create(
            name=form.cleaned_data["name"],
            list_id=list_id if str(list_id) in dict(lists) else None,
            content=_begun(form.cleaned_data["start"]),
            actor=requests.actor(request),
            at=now(),
        )
        return redirect("campaigns:content", campaign_id)
    return render(request, "console/campaigns/new.html", {"form": form}, status=422 if form.is_bound else 200)


def _begun(start: str) -> Content:
    """The sender as in the campaign before; a letter with the footer that the checks ask for, or nothing."""
    before = selectors.campaigns(limit=1)
    known = selectors.find(before[0].id).content if before else None
    language = known.language if known else (get_language() or "en")[:2]
    with override(language if language in {"en", "cs"} else "en"):
        source = render_to_string("console/campaigns/letter.mjml") if start == "letter" else ""
    return Content(
        format=Format.MJML,
        source=source,
        subject="",
        from_name=known.from_name if known else accounts.controller().name,
        from_address=known.from_address if known else "",
        reply_to=known.reply_to if known else "",
        language=language,
    )


def campaign(_request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Lead to the step that matters now."""
    state = selectors.find(campaign_id).row.state
    step = "content" if state == "draft" else "send" if state in LIVE else "report"
    return redirect(f"campaigns:{step}", campaign_id)


def duplicate(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Copy a campaign into a new draft."""
    name = _("%(name)s (copy)") % {"name": selectors.find(campaign_id).row.name[:110]}
    made = services.duplicate(campaign_id=campaign_id, name=name, actor=requests.actor(request), at=now())
    messages.success(request, _("This is a copy: change it as you like."))
    return redirect("campaigns:content", made)


def discard(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Remove a draft for good; its name was typed."""
    confirm_name(request, selectors.find(campaign_id).row.name)
    services.discard(campaign_id=campaign_id, actor=requests.actor(request), at=now())
    messages.success(request, _("The draft is gone."))
    return redirect("campaigns:list")


def confirm_name(request: HttpRequest, name: str) -> None:
    """Raise WrongState unless the name was typed by who wants to do what cannot be undone."""
    if request.POST.get("phrase", "").strip() != name.strip():
        raise WrongState(
            _("The name was not typed as it stands."),
            code="campaign.not_confirmed",
            remedy=_("Nothing was changed. Type the name exactly, so that nothing is lost by mistake."),
            status=422,
        )
