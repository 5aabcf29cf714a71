"""The words for the codes of the content check and of the states. Each call is in the language now on."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from mandata.campaigns.errors import ContentRefused

FINDINGS: Final[dict[str, tuple[str, str]]] = {
    "subject_missing": (_("The subject is empty."), _("Say in a few words what the message is about.")),
    "subject_too_long": (
        _("The subject has %(length)s characters; %(limit)s is the most."),
        _("Shorten it; telephones show about 40."),
    ),
    "sender_name_missing": (_("The sender has no name."), _("Write the name that recipients know you by.")),
    "sender_address_missing": (_("The sender has no address."), _("Choose an address of your sending domain.")),
    "unsubscribe_missing": (
        _("There is no link to unsubscribe that everybody gets."),
        _("Link some words to {{ unsubscribe_url }}, outside of conditions."),
    ),
    "postal_address_missing": (
        _("Your postal address does not stand in the message."),
        _("Put {{ postal_address }} into the footer; it comes from your settings."),
    ),
    "mark_missing": (
        _("The message does not say that it is a newsletter."),
        _("Say so in the footer, in that word or as “commercial communication”."),
    ),
    "too_large": (
        _("The message has %(size)s bytes; %(limit)s is the most."),
        _("Put images behind addresses and shorten the text."),
    ),
    "too_many_links": (_("The message has %(links)s links; %(limit)s is the most."), _("Remove some.")),
    "clipped": (
        _("The page has %(size)s bytes; Gmail hides what comes after %(limit)s."),
        _("Shorten it, or the link to unsubscribe may be hidden."),
    ),
    "preheader_missing": (
        _("There is no preheader."),
        _("Write the line that mailboxes show beside the subject."),
    ),
    "no_links": (_("There is no link in the message."), _("Give readers somewhere to go, if that is what you want.")),
    "images_without_alt": (
        _("%(images)s images have no alternative text."),
        _("Describe them for people who do not see them."),
    ),
    "unknown_fields": (
        _("These merge tags name no field of your audience: %(fields)s."),
        _("Correct the names; as they are, their fallback is shown to everybody."),
    ),
    "removed": (
        _("This cannot stand in a message and was removed: %(removed)s."),
        _("Nothing to do, unless the message relied on it."),
    ),
    "image_without_address": (_("An image has no web address: %(detail)s."), _("Begin it with https://.")),
    "link_without_address": (_("A link has no web address: %(detail)s."), _("Begin it with https://.")),
    "mjml": (_("MJML says: line %(detail)s."), _("Mend the source; the component may look different.")),
}

STATES: Final[dict[str, str]] = {
    "draft": _("Draft"),
    "launching": _("Starting"),
    "sending": _("Sending"),
    "paused": _("Paused"),
    "held": _("Held"),
    "finished": _("Finished"),
    "cancelled": _("Cancelled"),
}


def finding(code: str, values: Mapping[str, object]) -> tuple[str, str]:
    """Return what a finding says, and what would mend it."""
    text, remedy = FINDINGS[code]
    return gettext(text) % dict(values), gettext(remedy)


def refusal(msgid: str, remedy_id: str, values: Mapping[str, object]) -> tuple[str, str]:
    """Return what a refusal of rendering says, and what would mend it."""
    return gettext(msgid) % dict(values), gettext(remedy_id) % dict(values)


def told(refused: ContentRefused) -> ContentRefused:
    """Return a refusal of rendering with its words in the language now on."""
    refused.message, refused.remedy = refusal(refused.msgid, refused.remedy_id, refused.evidence)
    return refused


def state(name: str) -> str:
    """Return a state's name."""
    return gettext(STATES[name])
