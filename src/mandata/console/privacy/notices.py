"""Legal notices between the controller and us, with their proofs; where each kind of notice goes (AGR-7)."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.agreements.selectors import notices
from mandata.agreements.services import addresses as services
from mandata.console import noticing, requests
from mandata.foundation.errors import Refused
from mandata.infra.clock import now


class AddressForm(forms.Form):
    """First and second address for a kind of notice."""

    kind = forms.ChoiceField(choices=list(noticing.BOOKS.items()), widget=forms.HiddenInput)
    first = forms.EmailField(label=gettext_lazy("First address"), max_length=254, required=False)
    first_name = forms.CharField(label=gettext_lazy("Whose"), max_length=120, required=False)
    second = forms.EmailField(
        label=gettext_lazy("Second address"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("Where a notice goes that came back from the first."),
    )
    second_name = forms.CharField(label=gettext_lazy("Whose"), max_length=120, required=False)


def given(form: forms.Form) -> dict[str, Any]:
    """A valid `AddressForm` as the services take it."""
    data = form.cleaned_data
    names = (data["first_name"], data["second_name"])
    return {"kind": data["kind"], "first": data["first"], "second": data["second"], "names": names}


def books(bound: forms.Form | None, held: dict[str, tuple[accounts.Reach, ...]]) -> list[dict[str, Any]]:
    """Each kind of notice with its addresses and a form; `bound`: the form that was posted and not taken."""
    found = []
    for code, label in noticing.BOOKS.items():
        stated = [one for one in held[code] if one.stated]
        initial: dict[str, Any] = {"kind": code}
        for place, one in zip(("first", "second"), stated, strict=False):
            initial |= {place: one.address, f"{place}_name": one.name}
        posted = bound is not None and bound.data.get("kind") == code
        form = bound if posted else AddressForm(initial=initial, auto_id=f"id_{code}_%s")
        found.append({"code": code, "label": label, "reaches": held[code], "form": form, "writing": posted})
    return found


def listed(request: HttpRequest) -> HttpResponse:
    """List what was served to the controller and by it, newest first."""
    tab = "undelivered" if request.GET.get("tab") == "undelivered" else ""
    page = noticing.page(request.GET.get("page"), undelivered=bool(tab))
    context = {
        "figures": noticing.figures(notices.notice_totals()),
        "tab": tab,
        "page": page,
        "rows": [noticing.row(one) for one in page],
    }
    return render(request, "console/privacy/notices.html", context)


def notice(request: HttpRequest, served_id: UUID) -> HttpResponse:
    """Show one notice: what it says, its course, the server's words, the digest of its exact bytes."""
    found = notices.legal_notice(served_id)
    if found is None:
        raise Http404
    return render(request, "console/privacy/notice.html", noticing.whole(found, contents=True))


def addresses(request: HttpRequest) -> HttpResponse:
    """Show where each kind of notice goes, ours and the controller's; keep the controller's by POST."""
    form = None
    refusal: Refused | None = None
    if request.method == "POST":
        form = AddressForm(request.POST, auto_id=f"id_{request.POST.get('kind', '')}_%s")
        if form.is_valid():
            try:
                changed = services.change(actor=requests.actor(request), at=now(), **given(form))
            except Refused as refused:
                refusal = refused
            else:
                told = _("Kept. The earlier and the new addresses are told, and so are we.")
                messages.success(request, told if changed else _("Nothing has changed."))
                return redirect("privacy:addresses")
    context = {
        "books": books(form, accounts.book()),
        "ours": [
            {"label": label, "reaches": accounts.processor_reached(code)} for code, label in noticing.BOOKS.items()
        ],
        "refusal": refusal,
    }
    return render(request, "console/privacy/addresses.html", context, status=422 if request.method == "POST" else 200)
