"""Notices across controllers: which came back, and what somebody enters of a letter; where notices to us go."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mandata.accounts import selectors as accounts
from mandata.agreements.selectors import notices
from mandata.agreements.services import addresses as books
from mandata.agreements.services import notices as services
from mandata.console import noticing, requests
from mandata.console.operator.access import accounted
from mandata.console.privacy.notices import AddressForm, given
from mandata.console.privacy.notices import books as held
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope

PAGE = 50
SHOWN = 20


class DeliveryForm(forms.Form):
    """How a notice was delivered otherwise, by which evidence."""

    way = forms.ChoiceField(label=gettext_lazy("How"), choices=[(code, noticing.WAYS[code]) for code in services.WAYS])
    posted_at = forms.DateTimeField(
        label=gettext_lazy("Posted, for a registered letter"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    received_at = forms.DateTimeField(
        label=gettext_lazy("Received"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    evidence = forms.CharField(
        label=gettext_lazy("Evidence"),
        max_length=300,
        help_text=gettext_lazy("Where the receipt, the confirmation or the signed copy lies."),
    )


def listed(request: HttpRequest) -> HttpResponse:
    """List the controllers with the counts of their notices, and each notice that reached nobody."""
    page: Page[notices.AtController] = Paginator(_Controllers(), PAGE).get_page(request.GET.get("page"))
    lost = [row for one in page if one.totals.undelivered for row in _lost(one)]
    context = {"page": page, "rows": list(page), "lost": lost}
    return render(request, "console/operator/notices.html", context)


class _Controllers(Sequence[notices.AtController]):
    """The controllers as a sequence of which only the shown page is read."""

    ordered = True

    def __len__(self) -> int:
        return notices.notices_by_controller(count=0)[0]

    def __getitem__(self, part: Any) -> Any:
        return notices.notices_by_controller(start=part.start, count=part.stop - part.start)[1]


def _lost(one: notices.AtController) -> list[dict[str, Any]]:
    with scope(one.controller_id):
        _total, found = notices.legal_notices(undelivered=True, count=SHOWN)
    return [{**noticing.row(lost), "name": one.name, "controller_id": one.controller_id} for lost in found]


@accounted
def notice(request: HttpRequest, controller_id: UUID, served_id: UUID) -> HttpResponse:
    """Show the course of one notice, without what it says; a delivery by another way can be entered."""
    return _page(request, controller_id, served_id)


@accounted
def enter(request: HttpRequest, controller_id: UUID, served_id: UUID) -> HttpResponse:
    """Enter that a notice was sent as a letter or received, with the evidence."""
    form = DeliveryForm(request.POST)
    refusal: Refused | None = None
    if form.is_valid():
        try:
            with scope(controller_id):
                services.enter_delivery(
                    served_id=served_id, by=requests.user_id(request), at=now(), **form.cleaned_data
                )
        except Refused as refused:
            refusal = refused
        else:
            messages.success(request, _("Entered, and recorded."))
            return redirect("operator:notice", controller_id=controller_id, served_id=served_id)
    return _page(request, controller_id, served_id, form=form, refusal=refusal, status=422)


def _page(
    request: HttpRequest,
    controller_id: UUID,
    served_id: UUID,
    *,
    form: DeliveryForm | None = None,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    with scope(controller_id):
        found = notices.legal_notice(served_id)
        if found is None:
            raise Http404
        context = noticing.whole(found, contents=False) | {"name": accounts.controller().name}
    context |= {
        "controller_id": controller_id,
        "form": form or DeliveryForm(),
        "refusal": refusal,
        "writing": bool(form),
    }
    return render(request, "console/operator/notice.html", context, status=status)


def addresses(request: HttpRequest) -> HttpResponse:
    """Show where notices to the operator go; keep that by POST, and every controller is told."""
    form = None
    refusal: Refused | None = None
    if request.method == "POST":
        form = AddressForm(request.POST, auto_id=f"id_{request.POST.get('kind', '')}_%s")
        if form.is_valid():
            try:
                changed = books.change_processor(by=requests.user_id(request), at=now(), **given(form))
            except Refused as refused:
                refusal = refused
            else:
                told = _("Kept. The earlier and the new addresses are told, and every controller is.")
                messages.success(request, told if changed else _("Nothing has changed."))
                return redirect("operator:addresses")
    with scope(INSTANCE):
        reaches = accounts.book()
    context = {"books": held(form, reaches), "refusal": refusal}
    return render(request, "console/operator/addresses.html", context, status=422 if request.method == "POST" else 200)
