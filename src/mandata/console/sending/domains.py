"""Sending domains: what to publish, and what DNS says about it now; the senders that follow from them."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.campaigns import selectors as campaigns
from mandata.console import requests
from mandata.console.sending import words
from mandata.delivery import selectors, services
from mandata.delivery.rules.domains import ADVICE, Check, Record
from mandata.foundation.errors import Fault, Refused
from mandata.infra.clock import now


class DomainForm(forms.Form):
    """The name of a domain."""

    name = forms.CharField(
        label=gettext_lazy("Domain"),
        max_length=253,
        help_text=gettext_lazy("The part after the @ of your From address, for example news.example.com."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "inputmode": "url"}),
    )


def domains(request: HttpRequest) -> HttpResponse:
    """Show the sending domains."""
    context = {
        "rows": [_row(one) for one in selectors.domains()],
        "may": _may(request),
        "form": DomainForm(),
        "shared": selectors.shared_address(),
    }
    return render(request, "console/sending/domains.html", context)


def _may(request: HttpRequest) -> dict[str, bool]:
    acts = ("domain_new", "verify", "domain_turn", "domain_remove", "host_new", "host_check", "host_remove")
    return {act: request.may(f"sending:{act}") for act in acts}  # type: ignore[attr-defined]


def _row(one: selectors.SendingDomain) -> dict[str, Any]:
    label, tone = words.STATES.get(one.state, (one.state, "calm"))
    wanted = [record for record in one.records if record.stage != "retired"]
    names = {(record.purpose, record.name) for record in wanted}
    good = sum(check.result == "ok" and (check.purpose, check.name) in names for check in one.checks)
    return {"one": one, "state": label, "tone": tone, "good": good, "of": len(wanted)}


def domain_new(request: HttpRequest) -> HttpResponse:
    """Add a domain with a key of its own; what was typed stays where it is refused."""
    form = DomainForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = services.add_domain(name=form.cleaned_data["name"], actor=requests.actor(request), at=now())
        except Refused as refused:
            refusal = refused
        else:
            return redirect("sending:domain", made)
    context = {"form": form, "refusal": refusal}
    return render(request, "console/sending/domain_new.html", context, status=422 if form.is_bound else 200)


def domain(request: HttpRequest, domain_id: UUID) -> HttpResponse:
    """Show one domain: its records, and what was found when DNS was last asked."""
    return render(request, "console/sending/domain.html", _domain(request, domain_id))


def _domain(request: HttpRequest, domain_id: UUID, **more: Any) -> dict[str, Any]:
    one = selectors.domain(domain_id)
    checks = {(check.purpose, check.name): check for check in one.checks}
    records = [_entry(record, checks.get((record.purpose, record.name))) for record in one.records]
    beside = [_beside(check) for check in one.checks if not check.expected]
    remove_title = _("Remove %(domain)s?") % {"domain": one.name}
    turning = any(line.stage == "next" for line in one.keys)
    signs = any(line.stage == "active" for line in one.keys)
    keys = [
        {"line": line, "stage": words.STAGES[line.stage], "name": words.ALGORITHMS[line.algorithm]} for line in one.keys
    ]
    context = {"records": records, "beside": beside, "keys": keys, "may_turn": signs and not turning}
    return {**_row(one), **context, "may": _may(request), "remove_title": remove_title, **more}


def _entry(record: Record, check: Check | None) -> dict[str, Any]:
    title, why = words.PURPOSES[record.purpose]
    if record.algorithm:
        title = f"{words.TITLES[record.stage]}: {words.ALGORITHMS[record.algorithm]}"
        why = words.KEYS[record.stage]
    return {
        "record": record,
        "title": title,
        "why": why,
        "stage": record.stage,
        "result": words.RESULTS[check.result] if check else None,
        "explains": words.explained(check) if check else [],
        "found": check.found if check and (check.result == "wrong" or "inherited" in check.notes) else (),
    }


def _beside(check: Check) -> dict[str, Any]:
    """A finding about what the controller has in DNS for itself, of which nothing is ours to ask for."""
    title, why = words.PURPOSES[check.purpose]
    calm = check.purpose in ADVICE and check.result == "missing"
    result = (_("not used"), "calm") if calm else words.RESULTS[check.result]
    return {"title": title, "why": why, "result": result, "explains": words.explained(check), "found": check.found}


def verify(request: HttpRequest, domain_id: UUID) -> HttpResponse:
    """Ask DNS now. Where DNS does not answer, that is told, and what was known stays."""
    fault = None
    try:
        services.verify_domain(domain_id=domain_id, actor=requests.actor(request), at=now())
    except Fault as found:
        fault = found
    if request.headers.get("HX-Request") == "true":
        context = _domain(request, domain_id, fault=fault)
        return render(request, "console/sending/records_part.html", context)
    if fault:
        messages.error(request, str(fault))
    return redirect("sending:domain", domain_id)


def turn(request: HttpRequest, domain_id: UUID) -> HttpResponse:
    """Make successors of the keys that sign."""
    services.turn_keys(domain_id=domain_id, actor=requests.actor(request), at=now())
    messages.success(request, _("New keys are made. Publish their records; they sign as soon as DNS shows them."))
    return redirect("sending:domain", domain_id)


def remove(request: HttpRequest, domain_id: UUID) -> HttpResponse:
    """Remove a domain; its name must be typed."""
    one = selectors.domain(domain_id)
    if request.POST.get("phrase", "").strip() != one.name:
        raise Refused(
            _("The name typed is not that of the domain; nothing was removed."),
            code="sending.phrase",
            status=422,
            remedy=_("Type %(domain)s.") % {"domain": one.name},
        )
    services.remove_domain(domain_id=domain_id, actor=requests.actor(request), at=now())
    messages.success(request, _("The domain is removed and its keys destroyed."))
    return redirect("sending:domains")


def senders(request: HttpRequest) -> HttpResponse:
    """Show which From addresses are used and whether they may be, and what else a message says about its sender."""
    states = {one.name: one for one in selectors.domains()}
    rows = []
    for sender in campaigns.senders():
        name = sender.address.rpartition("@")[2]
        known = states.get(name)
        allowed = selectors.may_send_from(sender.address)
        url = reverse("sending:domain", args=[known.id]) if known else reverse("sending:domains")
        rows.append({"sender": sender, "domain": name, "allowed": allowed, "known": known is not None, "url": url})
    context = {
        "rows": rows,
        "verified": [
            {"name": one.name, "returns": selectors.return_domain(one.name)} for one in states.values() if _sends(one)
        ],
        "card": accounts.controller(),
        "may": _may(request),
    }
    return render(request, "console/sending/senders.html", context)


def _sends(one: selectors.SendingDomain) -> bool:
    return one.state == "verified"
