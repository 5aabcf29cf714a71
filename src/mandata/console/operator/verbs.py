"""What a desk can do with one thing of a controller's: verbs by name, each with its form, its deed and what is said."""

from collections.abc import Callable, Mapping
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from mandata.infra.tenancy import scope

Deed = Callable[[HttpRequest, UUID, dict[str, str]], None]
Verbs = Mapping[str, tuple[type[forms.Form] | None, Deed, object]]


def carry_out(request: HttpRequest, verbs: Verbs, verb: str, *, controller_id: UUID, thing: UUID) -> None:
    """Carry out a verb in the controller's scope; what is missing is told, and nothing happens. Http404 for no verb."""
    if verb not in verbs:
        raise Http404
    kind, deed, words = verbs[verb]
    form = kind(request.POST) if kind else None
    if form is not None and not form.is_valid():
        messages.error(request, _("Fill in what is asked for; nothing has happened."))
        return
    with scope(controller_id):
        deed(request, thing, form.cleaned_data if form else {})
    messages.success(request, str(words))
