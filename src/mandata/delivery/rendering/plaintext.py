"""The plain-text part, made from the cleaned HTML: what a reader would read aloud, each link's address behind it.

Markers of merge tags and tokens pass through, so that both parts are filled from the same pieces.
"""

import re
from html.parser import HTMLParser

from mandata.delivery.rendering.markers import VOID, Protected, names

_BLOCKS = names(
    "address article aside blockquote body center dd div dl dt figcaption figure footer header main nav ol p pre "
    "section "
    "table tbody thead tfoot tr ul"
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_SILENT = frozenset({"head", "style", "title", "script"})
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.I)
_SPACES = re.compile(r"[ \t\n\r\f]+")


class _Writer(HTMLParser):
    def __init__(self, protected: Protected) -> None:
        super().__init__(convert_charrefs=True)
        self._protected = protected
        self._out: list[str] = []
        self._silent: list[str] = []
        self._link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        hidden = tag in _SILENT or _HIDDEN.search(values.get("style", "")) is not None
        if (hidden or self._silent) and tag not in VOID:
            self._silent.append(tag)
        if hidden or self._silent:
            return
        if tag in _HEADINGS or tag == "p":
            self._break(2)
        elif tag in _BLOCKS:
            self._break(1)
        elif tag == "li":
            self._break(1)
            self._out.append("- ")
        elif tag == "br":
            self._out.append("\n")
        elif tag == "hr":
            self._break(1)
            self._out.append("-" * 40 + "\n")
        elif tag == "img" and values.get("alt", "").strip():
            self._out.append(values["alt"].strip())
        elif tag == "a" and values.get("href"):
            self._link = (values["href"], len(self._out))

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            # The document is balanced; what is open here was opened within the silent element.
            while self._silent and self._silent.pop() != tag:
                pass
            return
        if tag == "a" and self._link:
            self._close_link(*self._link)
            self._link = None
        elif tag in _HEADINGS or tag == "p":
            self._break(2)
        elif tag in _BLOCKS or tag == "li":
            self._break(1)
        elif tag in ("td", "th"):
            self._out.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._out.append(_SPACES.sub(" ", data))

    def handle_decl(self, decl: str) -> None:
        """A doctype is not read aloud."""

    def handle_comment(self, data: str) -> None:
        if not self._silent and self._protected.pattern.fullmatch(data):
            self._out.append(f"<!--{data}-->")

    def _break(self, lines: int) -> None:
        self._out.append("\n" * lines)

    def _close_link(self, href: str, start: int) -> None:
        label = "".join(self._out[start:]).strip()
        bare = href.removeprefix("mailto:").removeprefix("tel:")
        if href.startswith("#") or label in (href, bare):
            return
        self._out.append(f" <{bare}>" if label else bare)

    def text(self) -> str:
        """Return the text: no blanks at line ends, one empty line at most."""
        lines = [_SPACES.sub(" ", line).strip() for line in "".join(self._out).split("\n")]
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
        return text + "\n"


def from_html(source: str, protected: Protected) -> str:
    """Return the plain text of a cleaned document, markers kept, ending with a line end."""
    writer = _Writer(protected)
    writer.feed(source)
    writer.close()
    return writer.text()
