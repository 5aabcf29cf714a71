"""The preview: the message as somebody would get it, in a frame that can do nothing; and the test send.

Whom the preview stands for is kept in the session, never in an address: it says whose data a page shows.
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from mandata.audience.errors import NoSuchSubscriber
from mandata.audience.selectors import people
from mandata.campaigns import selectors
from mandata.campaigns.renderer import Preview
from mandata.campaigns.services.looking import look_as
from mandata.console import requests
from mandata.delivery import services as delivery
from mandata.foundation import addresses
from mandata.foundation.errors import Refused
from mandata.infra.clock import now

NOBODY = "somebody@example.com"
POLICY = (
    "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'; font-src https: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""Of the message in its frame: it may look like itself, and do nothing at all; links open elsewhere."""
_KEY = "looks_as"


@xframe_options_sameorigin
def message(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Give the message's page alone, for the frame."""
    preview = _preview(request, campaign_id)
    html = preview.html.replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(html, headers={"Content-Security-Policy": POLICY})


def look(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Look as the subscriber with an address, or as nobody in particular; the former is recorded."""
    wanted = request.POST.get("address", "").strip()
    request.session.pop(_KEY, None)
    unknown: Refused | None = None
    if wanted:
        try:
            subscriber = look_as(campaign_id=campaign_id, address=wanted, actor=requests.actor(request), at=now())
            request.session[_KEY] = [str(campaign_id), str(subscriber)]
        except NoSuchSubscriber as refusal:
            unknown = refusal
    found = selectors.find(campaign_id)
    context = {"campaign": found.row, "detail": found, "unknown": unknown, **shown(request, found)}
    return render(request, "console/campaigns/parts/message.html", context, status=404 if unknown else 200)


def test(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Send one message of the campaign to an address that a member names."""
    to = addresses.clean(request.POST.get("to", ""))
    if not addresses.is_valid(to):
        raise Refused(
            _("This is no address that mail can be sent to."),
            code="campaign.test_address",
            remedy=_("Write it like you@example.com."),
            status=422,
        )
    name = str(getattr(request.user, "name", "")).partition(" ")[0]
    fields = {"email": to, "first_name": name}
    delivery.test_send(campaign_id=campaign_id, to=[to], fields=fields, actor=requests.actor(request), at=now())
    return render(request, "console/campaigns/parts/tested.html", {"to": to})


def shown(request: HttpRequest, found: selectors.CampaignDetail) -> dict[str, Any]:
    """Return the context of the preview: the message's headline and text, as whom, or why there is none."""
    if not found.content.source.strip() or found.facts is None:
        return {"preview": None}
    try:
        preview = _preview(request, found.row.id)
    except Refused as refusal:
        return {"preview": None, "unseen": refusal}
    looked = _looked(request, found.row.id)
    person = people.identities([looked]).get(looked, {}) if looked else {}
    return {"preview": preview, "looks_as": people.shown_address(person, sealed=True) if person else ""}


def _preview(request: HttpRequest, campaign_id: UUID) -> Preview:
    looked = _looked(request, campaign_id)
    if looked is not None:
        try:
            return selectors.preview_as(campaign_id, looked, at=now())
        except NoSuchSubscriber:
            request.session.pop(_KEY, None)  # erased meanwhile
    return selectors.preview(campaign_id, address=NOBODY, fields={}, at=now())


def _looked(request: HttpRequest, campaign_id: UUID) -> UUID | None:
    campaign, subscriber = request.session.get(_KEY, ("", ""))
    return UUID(subscriber) if campaign == str(campaign_id) else None
