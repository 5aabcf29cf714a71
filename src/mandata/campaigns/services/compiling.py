"""Compiling a stored campaign: content and the controller's details become the bytes that are sent."""

import hashlib
from dataclasses import replace

from mandata.accounts import selectors as accounts
from mandata.campaigns import selectors
from mandata.campaigns.errors import ContentRefused
from mandata.campaigns.models import Campaign, Link
from mandata.campaigns.renderer import Rendered, renderer
from mandata.campaigns.rules.content import Setting
from mandata.infra.environment import env

NOBODY = "sender@draft.invalid"
"""Stands in for a sender that is still to be chosen, so that a draft can be looked at (RFC 2606)."""


def setting(one: Campaign) -> Setting:
    """Return what the platform adds to this campaign's messages."""
    card = accounts.controller()
    door = renderer().door()
    domain = (one.sender_address or NOBODY).rpartition("@")[2].lower()
    return Setting(
        click=f"{door}/c/",
        open=f"{door}/o/",
        unsubscribe=f"{door}/u/",
        preferences=f"{door}/p/",
        web_version=f"{door}/w/",
        message_domain=domain,
        list_id=f"{(one.list_id or card.id).hex}.{domain}",
        sender_name=card.name,
        postal_address=card.postal_address,
        feedback_id=f"{one.number}:{card.id.hex[-12:]}:newsletter:mandata",
        track_clicks=one.track_clicks,
        track_opens=one.track_opens,
        leave_domain=env().return_domain,
    )


def compile_into(one: Campaign) -> ContentRefused | None:
    """Compile the campaign as it is stored and keep the result with it; return the refusal, which is kept too.

    Links are numbered anew: only drafts and campaigns that are just being launched come here.
    """
    content = selectors.content_of(one)
    if not content.from_address:
        content = replace(content, from_address=NOBODY)
    rendered: Rendered | None = None
    refused: ContentRefused | None = None
    if content.source.strip():
        try:
            rendered = renderer().compile(content, setting(one))
        except ContentRefused as error:
            refused = error
    one.findings = _findings(rendered, refused)
    one.compiled = rendered.data if rendered else None
    one.compiled_digest = hashlib.sha256(rendered.data).digest() if rendered else None
    one.save(update_fields=["findings", "compiled", "compiled_digest"])
    Link.objects.filter(campaign_id=one.id).delete()
    Link.objects.bulk_create(
        Link(campaign_id=one.id, number=link.number, url=link.url, label=link.label)
        for link in (rendered.links if rendered else ())
        if link.number is not None
    )
    return refused


def _findings(rendered: Rendered | None, refused: ContentRefused | None) -> dict[str, object]:
    error = refused and {
        "code": refused.code,
        "msgid": refused.msgid,
        "remedy_id": refused.remedy_id,
        "evidence": refused.evidence,
    }
    return {"facts": rendered.facts.as_dict() if rendered else None, "error": error}
