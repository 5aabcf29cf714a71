"""The compiled HTML: cleaned of everything that could act, its links numbered.

Works on what css-inline wrote: html5ever's serialisation, where attribute values stand in double quotes, `<` never
stands for itself in text and tags are balanced. So a tokenizer of a few lines reads it without guessing.

Links. `http` and `https` targets without merge tags get a number, one per distinct target, and their place becomes the
tracking address with the token of that number. A target that holds merge tags is filled per recipient and goes straight
to its place, untracked: the door that answers clicks holds no data of recipients, and must never redirect to a place
that the token's bearer could choose. Its scheme and host must be literal, each value is one URL component. So no link
of a campaign leads to a host that its author did not write down. `mailto:`, `tel:`, `sms:` and anchors stay.
"""

import html
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mandata.campaigns.rules.content import Link
from mandata.delivery.rendering.errors import RenderingRefused
from mandata.delivery.rendering.markers import VOID, Protected, names

_ATTRIBUTE = re.compile(r'\s+([^\s=">/]+)(?:="([^"]*)")?')
_TOKEN = re.compile(
    r"<!--(?P<comment>.*?)-->|<(?P<end>/?)(?P<tag>[a-zA-Z][^\s/>]*)(?P<attributes>(?:\s+[^\s=\">/]+(?:=\"[^\"]*\")?)*)\s*/?>",
    re.S,
)

# Removed with all they hold: they act, load, or confuse one parser about where another thinks text ends.
_DROPPED = names(
    "script noscript iframe object applet frameset noframes noembed template svg math textarea xmp audio video"
)
_DROPPED_VOID = names("base embed frame link input meta-refresh")
_UNWRAPPED = names("form button select option optgroup fieldset label dialog")
_RAW = frozenset({"style", "title"})
_URLS = frozenset(
    {"href", "src", "action", "formaction", "background", "poster", "cite", "longdesc", "xlink:href", "data"}
)
_SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms", "cid"})
_IMAGE_DATA = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=\s]*\Z")
_ACTIVE_STYLE = re.compile(r"expression\s*\(|javascript:|vbscript:|-moz-binding|behavior\s*:|@import", re.I)
_IMPORT = re.compile(r"@import[^;]*;?", re.I)
_LITERAL_HOST = re.compile(r"https?://[^/?#\\\s]+[/?#]", re.I)
_SCHEME = re.compile(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*):")
_DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.I)
_BLANKS = re.compile(r"\s+")


@dataclass
class Cleaned:
    """The body with markers, its links, and what was met on the way."""

    text: str
    links: list[Link]
    removed: list[str] = field(default_factory=list)  # names of elements and attributes
    notes: list[tuple[str, str]] = field(default_factory=list)  # code, detail
    images: int = 0
    images_without_alt: int = 0


MAX_DEPTH = 250  # of nested elements; newsletters have about 30


class Cleaner:
    """One walk over one document."""

    def __init__(
        self, protected: Protected, *, click_prefix: str, track: bool, special: frozenset[str], language: str = ""
    ) -> None:
        self._protected = protected
        self._click = html.escape(click_prefix)
        self._track = track
        self._special = special
        self._numbers: dict[str, int] = {}
        self._labels: dict[int, list[str]] = {}
        self._straight: dict[str, str] = {}
        self._open_label: list[str] | None = None
        self._out: list[str] = []
        self._done = Cleaned("", [])
        self._depth = 0
        self._language = html.escape(language)

    def clean(self, source: str) -> Cleaned:
        """Return the cleaned document. Raises RenderingRefused for links and places merge tags may not stand in."""
        source = _DOCTYPE.sub("", source, count=1)
        self._out.append("<!DOCTYPE html>\n")
        end = 0
        while token := _TOKEN.search(source, end):
            self._text(source[end : token.start()])
            end = token.end()
            name = (token["tag"] or "").lower()
            if token["tag"] is None:
                self._comment(token["comment"])
            elif name in _DROPPED:
                self._done.removed.append(name)
                end = end if token["end"] else _end_of_element(source, name, end)
            else:
                self._element(name, bool(token["end"]), token["attributes"])
                if name in _RAW and not token["end"]:
                    end = self._raw(source, name, end)
        self._text(source[end:])
        return self._finish()

    def _raw(self, source: str, name: str, start: int) -> int:
        """Take over what a style or title holds, in which nothing is a tag; return where its end tag begins."""
        close = source.find(f"</{name}", start)
        end = len(source) if close < 0 else close
        text = source[start:end]
        if name == "style":
            if self._protected.marks(text):
                raise RenderingRefused("content.tag_style")
            if _ACTIVE_STYLE.search(text):
                self._done.removed.append("style")
                text = _ACTIVE_STYLE.sub("", _IMPORT.sub("", text))
        self._out.append(text if name == "style" else text.replace("<", "&lt;"))
        return end

    def _finish(self) -> Cleaned:
        done = self._done
        done.text = "".join(self._out)
        for url, number in self._numbers.items():
            label = html.unescape("".join(self._labels.get(number, [])))
            done.links.append(Link(number, url, _BLANKS.sub(" ", self._readable(label)).strip()[:100]))
        done.links += [Link(None, url, label) for url, label in self._straight.items()]
        return done

    def _text(self, text: str) -> None:
        # What the tokenizer did not take for a tag must be none for anybody else.
        text = text.replace("<", "&lt;")
        if self._open_label is not None:
            self._open_label.append(text)
        self._out.append(text)

    def _comment(self, comment: str) -> None:
        """Conditional comments are Outlook's layout; markers are block tags; other comments are nobody's business."""
        word = comment.strip().lower()
        marker = bool(self._protected.pattern.fullmatch(comment))
        conditional = word.startswith(("[if", "<![endif", "[endif"))
        if marker or (conditional and "<script" not in word and "<iframe" not in word):
            self._out.append(f"<!--{comment}-->")

    def _element(self, name: str, closing: bool, attributes: str) -> None:
        """Write one tag."""
        refresh = name == "meta" and "refresh" in attributes.lower()
        if name in _DROPPED_VOID or refresh or name in _UNWRAPPED:
            if not closing:
                self._done.removed.append(name)
            return
        if closing:
            if name == "a":
                self._open_label = None
            self._depth -= 1
            self._out.append(f"</{name}>")
            return
        self._depth += name not in VOID
        if self._depth > MAX_DEPTH:
            raise RenderingRefused("content.depth", limit=MAX_DEPTH)
        pairs = [self._attribute(name, key.lower(), value) for key, value in _ATTRIBUTE.findall(attributes)]
        kept = "".join(f' {key}="{value}"' for key, value in filter(None, pairs))
        self._out.append(f"<{name}{kept}>")
        if name == "img":
            self._image(dict(filter(None, pairs)))

    def _image(self, attributes: dict[str, str]) -> None:
        self._done.images += 1
        self._done.images_without_alt += "alt" not in attributes
        if not re.match(r"https?://|data:|cid:", attributes.get("src", ""), re.I):
            self._done.notes.append(("image_without_address", html.unescape(attributes.get("src", ""))[:200]))
        if self._open_label is not None:
            self._open_label.append(attributes.get("alt", ""))

    def _attribute(self, tag: str, key: str, value: str) -> tuple[str, str] | None:
        if (
            key.startswith("on")
            or key in ("srcdoc", "srcset", "ping", "formaction")
            or not re.fullmatch(r"[\w:.-]+", key)
        ):
            self._done.removed.append(key)
            return None
        if key == "style" and _ACTIVE_STYLE.search(html.unescape(value)):
            self._done.removed.append("style")
            return None
        if key == "lang" and value in ("", "und"):
            return (key, self._language) if self._language else None
        if key in _URLS:
            return self._address(tag, key, html.unescape(value).strip())
        return key, value.replace("<", "&lt;").replace(">", "&gt;")

    def _address(self, tag: str, key: str, url: str) -> tuple[str, str] | None:
        bare = re.sub(r"[\x00-\x20\x7f-\x9f]", "", url)
        scheme = _SCHEME.match(bare)
        if scheme and scheme[1].lower() not in _SAFE_SCHEMES and not (tag == "img" and _IMAGE_DATA.match(url)):
            self._done.removed.append(f"{key} {scheme[1].lower()}:")
            return None
        link = tag in ("a", "area") and key == "href"
        if self._protected.marks(url):
            return key, self._with_tags(url, link=link)
        if not link:
            return key, html.escape(url)
        if scheme is None or scheme[1].lower() not in ("http", "https"):
            if scheme is None and not url.startswith("#"):
                self._done.notes.append(("link_without_address", url[:200]))
            self._open_label = [] if tag == "a" else None
            return key, html.escape(url)
        return key, self._tracked(url, tag)

    def _tracked(self, url: str, tag: str) -> str:
        url = _BLANKS.sub("%20", url)
        _check_host(url)
        if not self._track:
            self._open_label = []
            self._straight.setdefault(url, urlsplit(url).hostname or "")
            return html.escape(url)
        number = self._numbers.setdefault(url, len(self._numbers) + 1)
        labels = self._labels.setdefault(number, [])
        self._open_label = labels if tag == "a" and not labels else None
        return self._click + self._protected.marker("t", number)

    def _with_tags(self, url: str, *, link: bool) -> str:
        """A target that holds merge tags: one of ours as a whole, or a literal host with values behind it."""
        marks = self._protected.marks(url)
        pieces = [self._protected.pieces[mark.number] for mark in marks]
        if len(marks) == 1 and pieces[0].body in self._special and self._protected.pattern.fullmatch(url):
            return url
        first = self._protected.pattern.search(url)
        before = url[: first.start()] if first else ""
        literal = _LITERAL_HOST.match(before) or before.lower().startswith(("mailto:", "tel:", "sms:"))
        if any(piece.name for piece in pieces) or not literal:
            raise RenderingRefused("content.link_host", target=self._readable(url)[:200])
        if link:
            self._straight.setdefault(self._readable(url), urlsplit(before).hostname or "")
        filled = self._protected.split(url)
        return "".join(
            html.escape(part) if isinstance(part, str) else self._protected.marker("u", part.number) for part in filled
        )

    def _readable(self, url: str) -> str:
        parts = self._protected.split(url)
        return "".join(p if isinstance(p, str) else self._protected.pieces[p.number].source for p in parts)


def _end_of_element(source: str, name: str, start: int) -> int:
    """Return where the element that was opened before `start` ends, elements of its name in it included."""
    depth, end = 1, start
    for token in re.finditer(rf"<(/?){name}[\s/>]", source[start:]):
        depth += -1 if token[1] else 1
        if not depth:
            close = source.find(">", start + token.start())
            return close + 1 if close >= 0 else len(source)
    return max(end, len(source))


def _check_host(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and (parts.port is None or 0 < parts.port < 65536)
    except ValueError:
        usable = False
    if not usable or "\\" in url:
        raise RenderingRefused("content.link_address", target=url[:200])
