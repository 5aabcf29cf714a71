"""The first step: writing. What is typed is saved as it is typed; a conflict is told and keeps what was typed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from mandata.audience.selectors import catalogue
from mandata.campaigns import selectors, services
from mandata.campaigns.errors import EditedMeanwhile
from mandata.console.campaigns.forms import ContentForm, typed
from mandata.console.campaigns.looking import shown
from mandata.console.campaigns.page import page
from mandata.console.places import address
from mandata.delivery import selectors as delivery
from mandata.infra.clock import now

_PART = "console/campaigns/parts/saved.html"


def content(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show the editor; a POST saves. With htmx only the state of saving and the preview come back."""
    found = selectors.find(campaign_id)
    if request.method == "POST":
        return _save(request, found)
    if found.row.state != "draft" or not request.may("campaigns:new"):  # type: ignore[attr-defined]
        context = page(request, found, "content") | shown(request, found)
        return render(request, "console/campaigns/content_read.html", context)
    form = ContentForm(initial=typed(found), domains=_domains(found), shared=delivery.shared_address())
    return _editor(request, found, form)


def _save(request: HttpRequest, found: selectors.CampaignDetail) -> HttpResponse:
    form = ContentForm(request.POST, domains=_domains(found), shared=delivery.shared_address())
    if not form.is_valid():
        return _answer(request, found, form, 422)
    if form.says_the_same_as(found):  # a press of Save after it was saved by itself
        return _saved(request, found, form, same=True)
    given, over = form.cleaned_data, request.POST.get("over", "")
    try:
        services.edit(
            campaign_id=found.row.id,
            revision=int(over) if over.isdecimal() else given["revision"],  # over the version that the conflict showed
            at=now(),
            name=given["name"],
            content=form.content(),
            track_opens=given["track_opens"],
            track_clicks=given["track_clicks"],
        )
    except EditedMeanwhile as conflict:
        return _answer(request, found, form, 409, conflict=conflict)
    return _saved(request, selectors.find(found.row.id), form)


def _saved(
    request: HttpRequest, found: selectors.CampaignDetail, form: ContentForm, *, same: bool = False
) -> HttpResponse:
    if _part(request):
        return _answer(request, found, form, 200, saved_at=found.row.updated_at, same=same)
    messages.success(request, _("Saved."))
    return redirect("campaigns:content", found.row.id)


def _part(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _answer(
    request: HttpRequest, found: selectors.CampaignDetail, form: ContentForm, status: int, **more: Any
) -> HttpResponse:
    if not _part(request):
        return _editor(request, found, form, status, **more)
    wrong = [(form[name].label, errors) for name, errors in form.errors.items() if name in form.fields]
    context = page(request, found, "content") | shown(request, found) | {"wrong": wrong, "part": True, **more}
    return render(request, _PART, context, status=status)


def _editor(
    request: HttpRequest, found: selectors.CampaignDetail, form: ContentForm, status: int = 200, **more: Any
) -> HttpResponse:
    context = page(request, found, "content") | shown(request, found)
    context |= {"form": form, "tags": _tags(), "domains_url": address("sending:domains"), **more}
    context["has_domain"] = bool(delivery.verified_domains() or delivery.shared_domain())
    context["shared_address"] = delivery.shared_address()
    return render(request, "console/campaigns/content.html", context, status=status)


def _domains(found: selectors.CampaignDetail) -> list[str]:
    """The verified domains, and the one chosen before, which may be verified no more."""
    verified = delivery.verified_domains()
    chosen = found.content.from_address.rpartition("@")[2]
    known = {"", delivery.shared_domain(), *verified}
    return verified if chosen in known else [*verified, chosen]


def _tags() -> list[dict[str, str]]:
    """The merge tags of this controller's fields, and those of the platform."""
    specs = catalogue.field_specs()
    fields = [("email", _("E-mail address")), *((key, _(spec.label)) for key, spec in specs.items())]
    own = [
        ("unsubscribe_url", _("Address of the page to unsubscribe")),
        ("preferences_url", _("Address of the page to choose what to get")),
        ("web_version_url", _("Address of the message as a page")),
        ("postal_address", _("Your postal address, from the settings")),
        ("sender_name", _("Your name, from the settings")),
    ]
    return [
        *({"tag": f"{{{{ {key} }}}}", "label": label} for key, label in own),
        *({"tag": f'{{{{ {key} | default: "" }}}}', "label": label} for key, label in fields),
    ]
