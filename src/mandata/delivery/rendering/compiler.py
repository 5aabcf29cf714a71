"""Content to `Compiled`: MJML or HTML, styles inlined, cleaned, links numbered, a text part, merge tags cut into slots.

The message it lays out:

    From, To, Subject, Date, Message-ID, Reply-To, List-Unsubscribe, List-Unsubscribe-Post (RFC 8058),
    List-Id (RFC 2919), Feedback-ID, MIME-Version, multipart/alternative of text/plain and text/html, both UTF-8 in
    quoted-printable

The boundary holds "=_", which quoted-printable cannot produce (RFC 2045 section 6.7), so it never occurs in a part.
There is no `Precedence`: it is no standard, List-Id keeps automatic replies away (RFC 3834 section 2). The local part
of Message-ID is the bounce token: a delivery report that quotes nothing but the header still finds its message.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from mandata.campaigns.rules.content import NEWSLETTER_MARKS, Content, Facts, Format, Setting
from mandata.delivery.rendering import liquid, markers, plaintext, workshop
from mandata.delivery.rendering.compiled import Compiled, Recipient, compiled
from mandata.delivery.rendering.cutter import Cutter, Item, Token, Value, addresses, constants, merged
from mandata.delivery.rendering.encoding import LINE, SOFT, body_text, header_text, mailbox, phrase, quote, unstructured
from mandata.delivery.rendering.errors import RenderingRefused, Unrenderable
from mandata.delivery.rendering.markers import Protected
from mandata.delivery.rendering.markup import Cleaned, Cleaner
from mandata.foundation.tokens import (
    LINK_BOUNCE,
    LINK_OPEN,
    LINK_TRAP,
    LINK_UNSUBSCRIBE,
    TOKEN_LENGTH,
)

BOUNDARY = "=_mandata_alternative"
MAX_SOURCE = 1024 * 1024
OWN_NAMES = frozenset(
    {"email", "now", "unsubscribe_url", "preferences_url", "web_version_url", "postal_address", "sender_name"}
)

_INDENT = re.compile(r"\n\s+")
_BODY_TAG = re.compile(r"<body[^>]*>")
_LETTERS = re.compile(r"\W+")
_NO_TEXT = re.compile(r"<(style|title)\b[^>]*>.*?</\1>|<!--.*?-->|<[^>]*>", re.S)
_PREHEADER = (
    '<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;'
    'mso-hide:all">{}</div>'
)
_PIXEL = '<img src="{}" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">'
_TRAP = '<a href="{}" rel="nofollow" tabindex="-1" aria-hidden="true" style="display:none;mso-hide:all"></a>'
_CUT = "\n\x02\n"  # between source and preheader; no source may hold it


@dataclass
class _Layout:
    """Collects segments and slots; counts columns, so that lines of a body stay short."""

    parts: list[str | int] = field(default_factory=list)
    slots: list[list[Any]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    column: int = 0

    def raw(self, text: str) -> None:
        """Text that is ready for the wire."""
        if self.parts and isinstance(self.parts[-1], str):
            self.parts[-1] += text
        else:
            self.parts.append(text)

    def slot(self, *slot: Any) -> None:
        """A slot; equal ones are filled once."""
        number = self.numbers.setdefault(repr(slot), len(self.slots))
        if number == len(self.slots):
            self.slots.append(list(slot))
        self.parts.append(number)

    def body(self, items: Iterable[Item]) -> None:
        """One part of the message in quoted-printable."""
        self.column = 0
        for item in merged(items):
            if isinstance(item, str):
                text, self.column = quote(item, self.column)
                self.raw(text)
            elif isinstance(item, Token):
                self._break(LINE - TOKEN_LENGTH)
                self.slot("token", item.link)
                self.column += TOKEN_LENGTH
            else:
                self._break(0)
                self.slot("body", list(item.part))
                self.column = 0
        self._break(0)

    def _break(self, at_most: int) -> None:
        if self.column > at_most:
            self.raw(SOFT)
            self.column = 0


def compile_content(content: Content, setting: Setting) -> tuple[Compiled, Facts]:
    """Return the compiled campaign and what was found out about it.

    Raises RenderingRefused with a code, a remedy and, where known, the line, for content that gives no message.
    """
    _check_headers(content, setting)
    protected, preheader = _protect(content)
    source = _without_preview(protected.text) if preheader else protected.text
    text, problems = workshop.make(content.format, source)
    if content.format is Format.MJML:
        text = _INDENT.sub("\n", text)
    special = frozenset({"unsubscribe_url", "preferences_url", "web_version_url"})
    cleaner = Cleaner(
        protected,
        click_prefix=setting.click,
        track=setting.track_clicks,
        special=special,
        language=content.language,
    )
    cleaned = cleaner.clean(_with_preheader(text, preheader))
    cutter = Cutter(protected, setting)
    measured = _with_pixel(_with_trap(cleaned.text, protected, setting), protected, setting)
    html_items = cutter.items(measured, liquid.HTML)
    text_items = cutter.items(plaintext.from_html(cleaned.text, protected), liquid.TEXT)
    subject = subject_parts(content.subject, setting)
    result = _lay(content, setting, subject, html_items, text_items, cleaned)
    facts = _facts(content, setting, _Found(result, cutter, cleaned, problems, html_items, text_items, bool(preheader)))
    return result, facts


def subject_parts(subject: str, setting: Setting) -> list[Item]:
    """Return the subject cut into text and values. Raises RenderingRefused for merge tags that are not allowed."""
    protected = markers.protect(body_text(subject))
    return list(Cutter(protected, setting).items(protected.text, liquid.TEXT))


def _check_headers(content: Content, setting: Setting) -> None:
    for value in (content.from_name, content.from_address, content.reply_to, content.subject, setting.list_id):
        if header_text(value) != value.strip(" ") and re.search(r"[\x00-\x1f\x7f]", value):
            raise RenderingRefused("content.header")
    for address in filter(None, (content.from_address or " ", content.reply_to)):
        try:
            mailbox("", address)
        except Unrenderable as error:
            raise RenderingRefused("content.address") from error
    if len(content.source) > MAX_SOURCE:
        raise RenderingRefused("content.size", limit=MAX_SOURCE // 1024)


def _protect(content: Content) -> tuple[Protected, str]:
    source = body_text(content.source.replace("\x02", ""))
    both = markers.protect(source + _CUT + html.escape(body_text(content.preheader), quote=False), markup=True)
    text, _, preheader = both.text.rpartition(_CUT)
    return Protected(text, both.pieces, both.key), preheader.strip()


def _without_preview(source: str) -> str:
    """Take MJML's own preview line out, where the campaign has a preheader: mailboxes would show both."""
    start = source.find("<mj-preview")
    end = source.find("</mj-preview>", start) if start >= 0 else -1
    return source if end < 0 else source[:start] + source[end + len("</mj-preview>") :]


def _with_preheader(text: str, preheader: str) -> str:
    if not preheader:
        return text
    return _BODY_TAG.sub(lambda found: found[0] + _PREHEADER.format(preheader), text, count=1)


def _with_trap(text: str, protected: Protected, setting: Setting) -> str:
    """Put a link into the message that no person sees: whoever follows it follows every link, and is a machine."""
    if not setting.track_clicks:
        return text
    trap = _TRAP.format(html.escape(setting.click) + protected.marker("t", LINK_TRAP))
    placed, count = _BODY_TAG.subn(lambda found: found[0] + trap, text, count=1)
    return placed if count else trap + text


def _with_pixel(text: str, protected: Protected, setting: Setting) -> str:
    if not setting.track_opens:
        return text
    address = html.escape(setting.open) + protected.marker("t", LINK_OPEN) + html.escape(setting.open_suffix)
    before, end, after = text.rpartition("</body>")
    return before + _PIXEL.format(address) + end + after if end else text + _PIXEL.format(address)


def _lay(
    content: Content,
    setting: Setting,
    subject: list[Item],
    html_items: list[Item],
    text_items: list[Item],
    cleaned: Cleaned,
) -> Compiled:
    layout = _Layout()
    _headers(layout, content, setting, subject)
    layout.raw(f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n\r\n')
    for kind, items in (("plain", text_items), ("html", html_items)):
        layout.raw(f"--{BOUNDARY}\r\nContent-Type: text/{kind}; charset=utf-8\r\n")
        layout.raw("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
        layout.body(items)
        layout.raw("\r\n")
    layout.raw(f"--{BOUNDARY}--\r\n")
    return compiled(
        layout=layout.parts,
        slots=layout.slots,
        tokens=_tokens(layout, cleaned, html_items, text_items, setting),
        constants=constants(setting),
        addresses=addresses(setting),
        links=[(link.number, link.url, link.label) for link in cleaned.links],
    )


def _headers(layout: _Layout, content: Content, setting: Setting, subject: list[Item]) -> None:
    layout.raw(f"From: {mailbox(content.from_name, content.from_address)}\r\nTo: ")
    layout.slot("to")
    layout.raw("\r\nSubject: ")
    if any(not isinstance(item, str) for item in subject):
        layout.slot("header", [item if isinstance(item, str) else list(_part_of(item)) for item in merged(subject)])
    else:
        layout.raw(unstructured("".join(str(item) for item in subject)))
    layout.raw("\r\nDate: ")
    layout.slot("date")
    layout.raw("\r\nMessage-ID: <")
    layout.slot("token", LINK_BOUNCE)
    layout.raw(f"@{setting.message_domain}>\r\n")
    if content.reply_to:
        layout.raw(f"Reply-To: {content.reply_to}\r\n")
    layout.raw(f"List-Unsubscribe: <{setting.unsubscribe}")
    layout.slot("token", LINK_UNSUBSCRIBE)
    if setting.leave_domain:
        layout.raw(">,\r\n <mailto:")
        layout.slot("token", LINK_UNSUBSCRIBE)
        layout.raw(f"@{setting.leave_domain}?subject=unsubscribe")
    layout.raw(">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    name = phrase(setting.sender_name)
    layout.raw(f"List-Id: {name}\r\n <{setting.list_id}>\r\n" if name else f"List-Id: <{setting.list_id}>\r\n")
    if setting.feedback_id:
        layout.raw(f"Feedback-ID: {header_text(setting.feedback_id)}\r\n")
    layout.raw("MIME-Version: 1.0\r\n")


def _part_of(item: Item) -> tuple[Any, ...]:
    if isinstance(item, Value):
        return item.part
    raise RenderingRefused("content.subject")


def _tokens(
    layout: _Layout, cleaned: Cleaned, html_items: list[Item], text_items: list[Item], setting: Setting
) -> list[int]:
    """Return the links a message needs tokens for: those laid out, and those that conditions may write."""
    wanted = {slot[1] for slot in layout.slots if slot[0] == "token"}
    wanted |= {link.number for link in cleaned.links if link.number is not None}
    conditions = " ".join(str(item.part[1]) for item in (*html_items, *text_items) if isinstance(item, Value))
    wanted |= {link for name, (_, link, _) in addresses(setting).items() if name in conditions}
    return sorted(wanted)


class _Found(NamedTuple):
    """What compiling left behind, for the facts."""

    result: Compiled
    cutter: Cutter
    cleaned: Cleaned
    problems: list[dict[str, object]]
    html_items: list[Item]
    text_items: list[Item]
    preheader: bool


def _facts(content: Content, setting: Setting, found: _Found) -> Facts:
    sample = _sample(found.result)
    parts = (found.html_items, found.text_items)
    visible = [_visible("".join(item for item in part if isinstance(item, str))) for part in parts]
    cleaned = found.cleaned
    return Facts(
        size=len(sample),
        html_size=len(sample) - sample.index(b"Content-Type: text/html"),
        subject_length=len(content.subject),
        fields=tuple(sorted(found.cutter.names - OWN_NAMES)),
        links=len(cleaned.links),
        tracked_links=sum(link.number is not None for link in cleaned.links),
        images=cleaned.images,
        images_without_alt=cleaned.images_without_alt,
        unsubscribe=all(Token(LINK_UNSUBSCRIBE) in part for part in parts),
        postal_address=all(_holds(text, constants(setting)["postal_address"]) for text in visible),
        marked=any(mark in text for text in (*visible, content.subject.casefold()) for mark in NEWSLETTER_MARKS),
        preheader=found.preheader or "<mj-preview" in content.source.lower(),
        removed=tuple(cleaned.removed),
        notes=tuple(cleaned.notes) + tuple(("mjml", f"{p['line']}: {p['message']}"[:300]) for p in found.problems),
    )


def _sample(result: Compiled) -> bytes:
    """The message to somebody of whom nothing is known; a template that fails even then is refused as a whole."""
    tokens = ["x" * TOKEN_LENGTH] * len(result.tokens)
    try:
        return result.fill(Recipient("subscriber@example.org", {}), tokens, datetime(2000, 1, 1, tzinfo=UTC))
    except Unrenderable as error:
        raise RenderingRefused("content.tag_fails", reason=error.evidence.get("reason", error.code)) from error


def _visible(literal: str) -> str:
    """The words of a part's literal text, folded."""
    return html.unescape(_NO_TEXT.sub(" ", literal)).casefold()


def _holds(text: str, address: str) -> bool:
    """The address stands in the text, by the merge tag or written out; blanks and punctuation do not count."""
    wanted = _LETTERS.sub("", address).casefold()
    return bool(wanted) and wanted in _LETTERS.sub("", text)
