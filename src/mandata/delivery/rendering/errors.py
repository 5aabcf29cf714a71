"""Refusals of rendering: what a member wrote, or what one recipient's data made of it, gives no message.

The words stand here once, in English, marked for translation; who shows them translates `msgid` and fills in the
`evidence`.
"""

from typing import Final

from mandata.campaigns.errors import ContentRefused


def _(text: str) -> str:
    """Mark for translation."""
    return text


WORDS: Final[dict[str, tuple[str, str]]] = {
    "content.format": (
        _("The compiled campaign has format %(found)s; this program reads %(known)s."),
        _("Compile the campaign again."),
    ),
    "content.header": (
        _("Sender, subject and reply address are one line each."),
        _("Remove line breaks and control characters."),
    ),
    "content.address": (
        _("The sender's or the reply address is no address that a header may carry."),
        _("Write it as name@domain, without spaces and accents."),
    ),
    "content.size": (_("The content is larger than %(limit)s KiB."), _("Put images behind addresses, and shorten it.")),
    "content.subject": (_("The subject cannot hold an address of the platform."), _("Put it into the content.")),
    "content.tag_open": (
        _("A merge tag that begins with %(opened)s in line %(line)s is not closed."),
        _("Close it, or write the braces apart."),
    ),
    "content.tag_unknown": (
        _("The merge tag %(tag)s in line %(line)s is not one of those that a message may use."),
        _("Allowed are {{ field }}, if, unless, case, for, break, continue and assign."),
    ),
    "content.tag_stray": (
        _("The merge tag %(tag)s stands outside of what it belongs to."),
        _("Each if, unless, case and for needs its end, in the same part of the page."),
    ),
    "content.tag_unended": (
        _("A condition or loop is not closed."),
        _("Each if, unless, case and for needs its end, in the same part of the page."),
    ),
    "content.tag_syntax": (
        _("A merge tag is not understood: %(reason)s."),
        _("Mend the tag; for a value write {{ first_name | default: 'friend' }}."),
    ),
    "content.tag_fails": (
        _("A merge tag fails for a subscriber without any data: %(reason)s."),
        _("Put a condition around it, or give it a fallback."),
    ),
    "content.tag_style": (
        _("A merge tag stands inside a style sheet."),
        _("Put it into the content; styles are the same for everybody."),
    ),
    "content.tag_long": (_("The merge tags are too long."), _("Shorten the content between them.")),
    "content.link_host": (
        _("The link to %(target)s begins with a merge tag or holds a condition."),
        _("Write the host out, as in https://shop.example/?code={{ code }}; put conditions around the link."),
    ),
    "content.link_address": (
        _("The link to %(target)s is no usable web address."),
        _("Write it as https://host/path."),
    ),
    "content.include": (
        _("mj-include would read a file; a campaign stands alone."),
        _("Put the included MJML into the source itself."),
    ),
    "content.mjml": (_("MJML cannot read the document: %(reason)s"), _("Mend the MJML source.")),
    "content.html": (_("The HTML cannot be read: %(reason)s"), _("Mend the source.")),
    "content.time": (
        _("The content was not done within %(seconds)s seconds and was stopped."),
        _("Simplify it: very deep nesting, very many components and very many styles take long."),
    ),
    "content.memory": (
        _("The content wanted more than %(mebibytes)s MiB of memory and was stopped."),
        _("Simplify the document."),
    ),
    "content.crash": (
        _("The content broke the program that reads it."),
        _("Simplify it: look for elements nested thousands of times."),
    ),
    "content.depth": (
        _("Elements are nested more than %(limit)s times."),
        _("Close what is opened, and nest less."),
    ),
    "message.address": (
        _("The address cannot stand in a message header."),
        _("Correct the subscriber's address."),
    ),
    "message.identity": (
        _("The recipient's identity cannot be opened."),
        _("Nothing to do if the person was erased; otherwise see that the keys are there."),
    ),
    "message.value": (
        _("A value cannot stand in a message: %(reason)s."),
        _("Keep texts, numbers and lists of them in fields."),
    ),
    "message.merge_tag": (
        _("A merge tag failed: %(reason)s."),
        _("Mend the tag, or the values that it reads."),
    ),
    "message.depth": (
        _("The message nests its elements too deeply to be shown."),
        _("Look for a loop that opens elements without closing them."),
    ),
}


class RenderingRefused(ContentRefused):
    """The content cannot be compiled; nothing of it was sent. `evidence` holds the place where that is known."""

    def __init__(self, code: str, **evidence: object) -> None:
        msgid, remedy = WORDS[code]
        super().__init__(code, msgid, remedy, evidence)


class Unrenderable(ContentRefused):
    """One recipient's message cannot be filled; the others are not concerned. It says no personal data."""

    def __init__(self, code: str, **evidence: object) -> None:
        msgid, remedy = WORDS[code]
        super().__init__(code, msgid, remedy, evidence)
