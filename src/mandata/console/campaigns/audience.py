"""The second step: for whom. Counts say who gets it, and who is held back by which reason."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.audience.errors import NoSuchList
from mandata.audience.selectors import catalogue
from mandata.campaigns import selectors, services
from mandata.console.campaigns.page import page
from mandata.console.places import address
from mandata.delivery import services as delivery
from mandata.infra.clock import now


def audience(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show the lists and what the chosen one comes to; a POST chooses."""
    if request.method == "POST":
        return _choose(request, campaign_id)
    found = selectors.find(campaign_id)
    lists = catalogue.lists()
    chosen = next((one for one in lists if one.id == found.row.list_id), None)
    counts = _counts(found.row.list_id) if chosen else {}
    tone = "" if chosen is None else "good" if counts["admitted"] or found.row.state != "draft" else "bad"
    context = page(request, found, "audience", audience=tone)
    context |= {"lists": lists, "chosen": chosen, "imports_url": address("audience:imports"), **counts}
    context |= {"lists_url": address("audience:lists"), "columns": [_("Reason"), _("People"), _("Clause")]}
    return render(request, "console/campaigns/audience.html", context)


def _choose(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    try:
        list_id = catalogue.find_list(UUID(request.POST.get("list", ""))).id
        revision = int(request.POST.get("revision", ""))
    except ValueError:
        raise NoSuchList(_("There is no such list."), remedy=_("Choose one of those shown.")) from None
    services.edit(campaign_id=campaign_id, revision=revision, at=now(), list_id=list_id)
    messages.success(request, _("The list is chosen."))
    return redirect("campaigns:audience", campaign_id)


def _counts(list_id: UUID | None) -> dict[str, Any]:
    """Who may be written to now, and who is held back: by the reasons of the agreement, in their order."""
    at = now()
    admitted, held = delivery.audience(list_id, at=at)
    rule, said = agreements.recipient_rule(at), agreements.reader()
    reasons = [
        {
            "label": said.gettext(condition.title),
            "value": held[condition.code],
            "cells": [_clause(condition.clause)],
        }
        for condition in (rule.conditions if rule else ())
        if held.get(condition.code)
    ]
    whole = admitted + sum(held.values())
    return {"admitted": admitted, "held": sum(held.values()), "whole": whole, "reasons": reasons, "ruled": bool(rule)}


def _clause(clause: str) -> str:
    current = agreements.in_force(now())
    return agreements.clause_named(clause, current.terms if current else None)
