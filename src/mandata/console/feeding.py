"""Secret calendar addresses of obligations, as both consoles make, list and revoke them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from mandata.agreements.selectors import feeds
from mandata.agreements.services import feeds as services
from mandata.console import requests
from mandata.infra.clock import now


def mine(request: HttpRequest, controller_id: UUID) -> list[dict[str, Any]]:
    """The calendars of this person here that still work."""
    return [
        {"hash": one.hash.hex(), "at": one.created_at, "name": one.hash.hex()[:8]}
        for one in feeds.feeds(requests.user_id(request))
        if one.controller_id == controller_id and one.revoked_at is None
    ]


def create(request: HttpRequest, controller_id: UUID, template: str) -> HttpResponse:
    """Make a calendar address and show it, this once."""
    token = services.create(user_id=requests.user_id(request), controller_id=controller_id, at=now())
    return render(request, template, {"address": requests.absolute("public:calendar", token=token)})


def revoke(request: HttpRequest, controller_id: UUID, back: str) -> HttpResponse:
    """Shut one of the person's calendar addresses here."""
    at: datetime = now()
    known = {one["hash"] for one in mine(request, controller_id)}
    wanted = request.POST.get("feed", "")
    if wanted in known:
        services.revoke(user_id=requests.user_id(request), token_hash=bytes.fromhex(wanted), at=at)
        messages.success(request, _("Revoked; the address opens nothing any more."))
    return redirect(back)
