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
    context = {"rows": [_row(one) for one in selectors.domains()], "may": _may(request), "form": DomainForm()}
    return render(request, "console/sending/domains.html", context)


def _may(request: HttpRequest) -> dict[str, bool]:
    acts = ("domain_new", "verify", "domain_remove")
    return {act: request.may(f"sending:{act}") for act in acts}  # type: ignore[attr-defined]


def _row(one: selectors.SendingDomain) -> dict[str, Any]:
    label, tone = words.STATES.get(one.state, (one.state, "calm"))
    good = sum(check.result == "ok" for check in one.checks)
    return {"one": one, "state": label, "tone": tone, "good": good, "of": len(one.records)}


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
    checks = {check.purpose: check for check in one.checks}
    records = []
    for record in one.records:
        title, why = words.PURPOSES[record.purpose]
        check = checks.get(record.purpose)
        result = words.RESULTS[check.result] if check else None
        records.append(
            {
                "record": record,
                "title": title,
                "why": why,
                "required": record.required,
                "result": result,
                "explains": words.CODES.get(check.code, check.code) if check else "",
                "found": check.found if check and check.result == "wrong" else (),
            }
        )
    remove_title = _("Remove %(domain)s?") % {"domain": one.name}
    return {**_row(one), "records": records, "may": _may(request), "remove_title": remove_title, **more}


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
    messages.success(request, _("The domain is removed and its key destroyed."))
    return redirect("sending:domains")


def senders(request: HttpRequest) -> HttpResponse:
    """Show which From addresses are used and whether they may be, and what else a message says about its sender."""
    states = {one.name: one for one in selectors.domains()}
    rows = []
    for sender in campaigns.senders():
        name = sender.address.rpartition("@")[2]
        known = states.get(name)
        allowed = known is not None and known.state == "verified"
        url = reverse("sending:domain", args=[known.id]) if known else reverse("sending:domains")
        rows.append({"sender": sender, "domain": name, "allowed": allowed, "known": known is not None, "url": url})
    context = {
        "rows": rows,
        "verified": [{"name": one.name, "returns": f"bounce.{one.name}"} for one in states.values() if _sends(one)],
        "card": accounts.controller(),
        "may": _may(request),
    }
    return render(request, "console/sending/senders.html", context)


def _sends(one: selectors.SendingDomain) -> bool:
    return one.state == "verified"
