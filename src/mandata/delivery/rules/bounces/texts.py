"""Takes a returned message apart: status fields, feedback fields, the words of the notice, the original message."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

_ORIGINAL_BEGINS = re.compile(
    r"^(?:[-> \t]{0,60}-{2}.{0,20}(?:original|returned|copy|header|message|unsent|below this line).{0,60}|"
    r"[^\w\n]{0,20}original message (?:follows|headers?).{0,80}|-{3,80}[ \t]{0,4}this is a copy.{0,80}|"
    r"the header of the original message.{0,80}|.{0,10}original (?:mail|message).{0,20}:?[ \t]{0,8}|"
    r"(?:received|return-path|x-originating-ip|mime-version|message-id|x-mailer):[ \t]{0,8}\S.{0,998}|-{4,80}=_.{0,80}|"
    r".{0,20}(?:following is|here is) (?:the|a) copy.{0,40})\r?$",
    re.IGNORECASE | re.MULTILINE,
)
_WORDS = 64 * 1024
"""Characters of a notice that are read, and of the original that it brings back."""
_DEPTH, _LEAVES = 12, 200
_TAGS = re.compile(
    r"<(?:style|script)\b[^<]{0,20000}</(?:style|script)>|<(?:/?(?:p|br|div|td|tr|li|h\d|b|a|i|span|table|html|body|"
    r"head|font|strong|title|meta|hr|tbody|ul|pre|!)\b)[^>]{0,2000}>",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(slots=True)
class Texts:
    """The parts of a returned message that matter."""

    subject: str = ""
    status: str = ""
    words: str = ""
    original: str = ""
    feedback: dict[str, str] = field(default_factory=dict)


def read(message: Message) -> Texts:
    """Take the message apart."""
    texts = Texts(subject=decoded_header(message, "Subject"))
    failed = message.get("X-Failed-Recipients")
    for part in _leaves(message, texts, 0)[:_LEAVES]:
        kind = part.get_content_type()
        if kind == "text/html" and texts.words.strip():
            continue
        content = _text(part)
        if kind == "text/html":
            content = _TAGS.sub("\n", content[: 4 * _WORDS])
        _words(texts, content)
    if failed:
        texts.words += f"\n<{str(failed).split(',')[0].strip()}>:\n"
    if not texts.feedback and re.search(r"^feedback-type:", texts.words, re.IGNORECASE | re.MULTILINE):
        texts.feedback = _fields(texts.words)  # the fields stand in a part of another type
    if not texts.status and re.search(
        r"^[^\w\n]{0,20}(?:final|original)-recipient:", texts.words, re.IGNORECASE | re.MULTILINE
    ):
        texts.status = texts.words
    return texts


def _leaves(part: Message, texts: Texts, depth: int) -> "list[Message]":
    """Return the readable leaves; what is structured goes into `texts` at once."""
    kind = part.get_content_type()
    if depth > _DEPTH:
        return []
    if kind in ("message/delivery-status", "message/global-delivery-status"):
        texts.status += _raw(part)[: max(0, 4 * _WORDS - len(texts.status))] + "\n\n"
        return []
    if kind == "message/feedback-report":
        texts.feedback |= _fields(_raw(part))
        return []
    if depth and (
        kind in ("message/rfc822", "text/rfc822-headers", "message/partial", "message/rfc822-headers", "message/global")
    ):
        texts.original += _raw(part)[: max(0, _WORDS - len(texts.original))]
        return []
    if part.is_multipart():
        found: list[Message] = []
        if isinstance(part.preamble, str) and not part.get_payload():
            texts.words += part.preamble
        for inner in part.get_payload():
            if isinstance(inner, Message):
                found += _leaves(inner, texts, depth + 1)
        return found
    if part.get_content_maintype() == "text" or (not depth and kind != "application/octet-stream"):
        return [part]
    return []


def _words(texts: Texts, content: str) -> None:
    """Cut the notice from the original message that some append to it."""
    room = _WORDS - len(texts.words)
    if room <= 0:
        return
    content = content[:room]
    begins = next((found for found in _ORIGINAL_BEGINS.finditer(content) if found.start() > 0), None)
    if begins is None or not content[: begins.start()].strip():
        texts.words += content + "\n"
        return
    texts.words += content[: begins.start()] + "\n"
    texts.original += content[begins.start() :]


def _raw(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n\n".join(inner.as_string() if isinstance(inner, Message) else str(inner) for inner in payload)
    return _text(part)


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return str(part.get_payload())
    if not payload.isascii():
        # Valid UTF-8 beyond ASCII is UTF-8, whatever the header claims.
        with suppress(UnicodeDecodeError):
            return payload.decode("utf-8")
    charset = part.get_content_charset() or "utf-8"
    try:
        return payload.decode(charset, "replace")
    except (LookupError, ValueError):
        return payload.decode("latin-1")


def decoded_header(message: Message, name: str) -> str:
    """Return a header field, be it encoded or raw UTF-8 as some write it; "" where there is none."""
    value = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")[:2000]
    if any("\udc80" <= char <= "\udcff" for char in value):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return value


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in re.findall(
        r"^([A-Za-z-]{1,60}):[ \t]*+(.*+(?:\n[ \t].*+)*+)", text[:_WORDS].replace("\r\n", "\n"), re.MULTILINE
    ):
        found.setdefault(name.lower(), " ".join(value.split()))
    return found
