"""The page on which a person chooses lists and channels, and sees what was chosen."""

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mandata.audience import choices
from mandata.foundation.tokens import LINK_PREFERENCES, LINK_UNSUBSCRIBE
from mandata.infra.clock import now
from mandata.public.pages.holder import Holder, for_holder

SOURCE = "preference page"


@require_http_methods(["GET", "HEAD", "POST"])
@for_holder(LINK_PREFERENCES, LINK_UNSUBSCRIBE)
def preferences(request: HttpRequest, holder: Holder) -> HttpResponse:
    """Show what the person receives; on POST, set it."""
    person = holder.reader.subscriber_id
    if request.method == "POST":
        if person is not None:
            choices.choose(
                subscriber=person,
                lists=_ids(request.POST.getlist("list")),
                channels=request.POST.getlist("channel"),
                words=_consent(holder.controller.name),
                source=SOURCE,
                at=now(),
            )
        return HttpResponseRedirect(reverse("public:preferences", args=[holder.token]) + "?saved=1", status=303)
    found = choices.choices(subscriber=person, at=now()) if person is not None else None
    context = {"found": found, "consent": _consent(holder.controller.name), "saved": request.GET.get("saved") == "1"}
    return holder.page(request, "public/preferences.html", channels=_channels(found), **context)


def _channels(found: choices.Choices | None) -> list[tuple[str, str, bool]]:
    names = {choices.EMAIL: _("E-mail"), choices.SMS: _("Text message (SMS)")}
    return [(code, names[code], on) for code, on in found.channels.items()] if found else []


def _consent(controller_name: str) -> str:
    """What a person agrees to by ticking a list; shown on the page, and kept as evidence when that is a return."""
    return _("By ticking a list I agree that %(name)s sends it to me until I take that back here.") % {
        "name": controller_name
    }


def _ids(texts: Iterable[str]) -> set[UUID]:
    """The texts that are ids; others were never on the page."""
    found = set()
    for text in texts:
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found
