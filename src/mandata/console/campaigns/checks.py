"""The third step: what the gate and the content check say, each green or with its clause and its remedy."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.facts import TrackFacts
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.verdicts import Verdict
from mandata.campaigns import selectors
from mandata.console.campaigns import demands
from mandata.console.campaigns.page import page
from mandata.console.places import clause_url, place
from mandata.delivery import selectors as sending
from mandata.delivery import services as delivery
from mandata.infra.clock import now

_TWINS: Final = {
    "send.subject": "subject_missing",
    "send.from_name": "sender_name_missing",
    "send.reply_address": "sender_address_missing",
    "send.marking": "mark_missing",
    "send.unsubscribe": "unsubscribe_missing",
}
"""Checks of the gate and findings in the content that ask the same: told once, with the finding's remedy."""


def checks(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show every check of a draft; of a launched campaign, that it passed."""
    found = selectors.find(campaign_id)
    if found.row.state != "draft":
        return render(request, "console/campaigns/checks.html", page(request, found, "checks"))
    asked = checked(found)
    context = page(request, found, "checks", checks="good" if asked["passed"] else "bad") | asked
    return render(request, "console/campaigns/checks.html", context)


def checked(found: selectors.CampaignDetail) -> dict[str, Any]:
    """Return `gate` and `stops` (lists for components/checks.html), `warnings`, `refused` (how many), `passed`, and
    how many are `admitted` and `held`.
    """
    verdicts = _verdicts(found)
    findings = {one.code: one for one in found.findings if one.stops}
    twins = {one.code: findings.pop(_TWINS.get(one.code, ""), None) for one in verdicts if not one.allowed}
    current = agreements.in_force(now())
    terms = current.terms if current else None
    asked = [told(verdict, found.row.id, twins.get(verdict.code), terms) for verdict in verdicts]
    write = reverse("campaigns:content", args=[found.row.id]) + "#id_source"
    stops = [
        {"title": one.text, "allowed": False, "remedy": one.remedy, "url": write, "act": _("Write")}
        for one in findings.values()
    ]
    refused = [one for one in [*asked, *stops] if not one["allowed"]]
    counted = next((one.evidence for one in verdicts if one.code == "send.recipients"), {})
    return {
        "admitted": counted.get("recipients", 0),
        "held": counted.get("held", 0),
        "gate": sorted(asked, key=lambda one: bool(one["allowed"])),
        "stops": stops,
        "warnings": [one for one in found.findings if not one.stops],
        "demands": demands.told(found.row.id, found.content.from_address.rpartition("@")[2], _own_domains()),
        "refused": len(refused),
        "passed": not refused and found.ready,
    }


def _own_domains() -> dict[str, UUID]:
    return {one.name: one.id for one in sending.domains()}


def _verdicts(found: selectors.CampaignDetail) -> list[Verdict]:
    at = now()
    verdicts = list(delivery.checklist(found.row.id, at=at))
    kinds = tuple(kind for kind, wanted in (("opens", found.track_opens), ("clicks", found.track_clicks)) if wanted)
    if kinds:
        known = {verdict.code for verdict in verdicts}
        verdicts += [one for one in agreements.check(TrackFacts(kinds=kinds), now=at) if one.code not in known]
    return [one for one in verdicts if one.code != "instruction.standing" or not one.allowed]


def told(verdict: Verdict, campaign_id: UUID, twin: selectors.Told | None, terms: Terms | None) -> dict[str, Any]:
    """Return one verdict for components/checks.html, with the remedy of the finding that asks the same."""
    title, reason, remedy = verdict.said(agreements.reader())
    return {
        "title": title,
        "allowed": verdict.allowed,
        "reason": reason,
        "remedy": twin.remedy if twin else remedy,
        "clause": agreements.clause_named(verdict.clause, terms),
        "clause_url": clause_url(verdict.clause) if terms and verdict.clause in terms.clauses else "",
        "url": place(verdict.place, campaign_id),
    }
