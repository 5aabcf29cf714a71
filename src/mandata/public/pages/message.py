"""A message as a page, filled for the one who holds it by the code that sent it. Looking at it counts nothing."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mandata.audience.errors import NoSuchSubscriber
from mandata.audience.selectors import people
from mandata.campaigns import selectors as campaigns
from mandata.campaigns.errors import ContentNotReady
from mandata.campaigns.rules import merging
from mandata.foundation import tokens
from mandata.foundation.addresses import on_the_wire
from mandata.infra.clock import now
from mandata.public.pages.holder import Holder, for_holder
from mandata.vault.services import token_keys

# The message's own styles and images, nothing that acts, and no way back to our origin (HTML, sandboxing).
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox allow-popups allow-top-navigation-by-user-activation"
)


@require_safe
@for_holder(tokens.LINK_WEB_VERSION)
def message(request: HttpRequest, holder: Holder) -> HttpResponse:
    """Show the message, with the holder's own links in it; say so when it is no longer there."""
    source = _filled(holder)
    if source is None:
        text = _("What it was filled with has been erased, or its content is no longer kept.")
        words = {"heading": _("This message is no longer here"), "text": text}
        response = holder.page(request, "public/told.html", **words)
        response.status_code = 410
        return response
    head = f'<html lang="{get_language()}"><head><title>{escape(holder.controller.name)}</title>'
    response = HttpResponse(source.replace("<html><head>", head, 1))
    response["Content-Security-Policy"] = _POLICY
    return response


def _filled(holder: Holder) -> str | None:
    """The message's HTML, or None where the person or the content is gone."""
    # What fills a message is loaded at the first need; most web processes are never asked for one.
    from mandata.delivery.rendering.compiled import Compiled, Recipient
    from mandata.delivery.rendering.provider import web_version

    person_id = holder.reader.subscriber_id
    if person_id is None:
        return None
    try:
        person = people.person(person_id)
        sendable = campaigns.sendable(holder.reader.campaign_id)
    except (NoSuchSubscriber, ContentNotReady):
        return None
    fields = merging.values(person.identity, person.clear)
    recipient = Recipient(on_the_wire(str(fields.get("email", ""))), fields, merging.display_name(fields))
    keys = token_keys()
    reference = tokens.references(keys, [(sendable.number, holder.reader.message_no)])[0]
    own = tokens.mint_many(keys, reference, Compiled.from_bytes(sendable.data).tokens)
    return web_version(sendable.data, recipient, own, now())
