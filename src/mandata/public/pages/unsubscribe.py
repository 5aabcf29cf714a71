"""The page with one button. A GET shows it and changes nothing; the button unsubscribes at once, and can be undone."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from mandata.audience import choices
from mandata.foundation.tokens import LINK_PREFERENCES, LINK_UNSUBSCRIBE
from mandata.infra.clock import now
from mandata.public.pages.holder import Holder, for_holder
from mandata.tracking import services


@require_http_methods(["GET", "HEAD", "POST"])
@for_holder(LINK_UNSUBSCRIBE, LINK_PREFERENCES)
def unsubscribe(request: HttpRequest, holder: Holder) -> HttpResponse:
    """Show the button, or what it did; on POST, do it."""
    person = holder.reader.subscriber_id
    everything = request.POST.get("everything") == "1"
    if request.method == "POST" and person is not None:
        services.unsubscribe(
            campaign_id=holder.reader.campaign_id,
            message_no=holder.reader.message_no,
            subscriber_id=person,
            list_id=holder.reader.list_id,
            everything=everything,
            at=now(),
        )
    if request.method == "POST":
        return HttpResponseRedirect(reverse("public:unsubscribe", args=[holder.token]), status=303)
    return holder.page(request, "public/unsubscribe.html", **_standing(holder))


@require_POST
@for_holder(LINK_UNSUBSCRIBE, LINK_PREFERENCES)
def undo(_request: HttpRequest, holder: Holder) -> HttpResponse:
    """Take the unsubscription back, of everything first."""
    person, at = holder.reader.subscriber_id, now()
    if person is not None and not choices.undo(subscriber=person, list_id=None, at=at):
        choices.undo(subscriber=person, list_id=holder.reader.list_id, at=at)
    return HttpResponseRedirect(reverse("public:unsubscribe", args=[holder.token]), status=303)


def _standing(holder: Holder) -> dict[str, object]:
    """What has been ended already, and whether that can be undone. Of an erased person everything has ended."""
    person = holder.reader.subscriber_id
    if person is None:
        return {"gone": True, "ended": True, "all_ended": True, "undoable": False}
    all_at = choices.withdrawn_at(subscriber=person, list_id=None)
    list_at = choices.withdrawn_at(subscriber=person, list_id=holder.reader.list_id)
    latest = max((at for at in (all_at, list_at) if at is not None), default=None)
    return {
        "ended": latest is not None,
        "all_ended": all_at is not None,
        "undoable": latest is not None and latest >= now() - choices.UNDO_WITHIN,
    }
