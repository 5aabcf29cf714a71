"""What campaigns and public pages ask of rendering: the provider of `campaigns.renderer`, and the web version."""

import html
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from mandata.campaigns.renderer import Preview, Rendered
from mandata.campaigns.rules.content import Content, Setting
from mandata.delivery import selectors
from mandata.delivery.rendering import preview
from mandata.delivery.rendering.compiled import Compiled, Recipient
from mandata.delivery.rendering.compiler import compile_content
from mandata.foundation.tokens import LINK_OPEN, TOKEN_LENGTH
from mandata.infra.clock import now

_PIXEL = re.compile(r'<img[^>]*width="1" height="1"[^>]*>')


class Provider:
    """Compiles and previews by the code that sends."""

    def compile(self, content: Content, setting: Setting) -> Rendered:
        """See `campaigns.renderer.Renderer`."""
        made, facts = compile_content(content, setting)
        return Rendered(made.to_bytes(), made.links, facts)

    def door(self) -> str:
        """See `campaigns.renderer.Renderer`."""
        return selectors.tracking_url(now())

    def preview(self, data: bytes, *, address: str, name: str, fields: Mapping[str, object], at: datetime) -> Preview:
        """See `campaigns.renderer.Renderer`."""
        made = Compiled.from_bytes(data)
        places = {link: _place(link) for link in made.tokens}
        message = made.fill(Recipient(address, fields, name), list(places.values()), at)
        parts = preview.read(message)
        targets = {link.number: link.url for link in made.links if link.number is not None}
        shown, text = _PIXEL.sub("", parts.html), parts.text
        for link, place in places.items():
            target = targets.get(link, "#")
            shown = _put(html.escape(target), place, shown)
            text = _put(target, place, text)
        return Preview(parts.subject, preview.harmless(shown), text, parts.headers, len(message))


def web_version(data: bytes, recipient: Recipient, tokens: Sequence[str], at: datetime) -> str:
    """Return a message as a page for its recipient: links are theirs, nothing counts an opening, nothing acts.

    `tokens` are those for `Compiled.from_bytes(data).tokens`. Raises Unrenderable.
    """
    made = Compiled.from_bytes(data)
    parts = preview.read(made.fill(recipient, tokens, at))
    pixel = tokens[made.tokens.index(LINK_OPEN)] if LINK_OPEN in made.tokens else ""
    return preview.harmless(_without(parts.html, pixel))


def _without(source: str, token: str) -> str:
    return re.sub(rf"<img[^>]*{re.escape(token)}[^>]*>", "", source) if token else source


def _put(target: str, place: str, source: str) -> str:
    """Replace each address that ends with the stand-in by the link's target."""
    *parts, rest = source.split(place)
    return "".join(part[: _start_of_address(part)] + target for part in parts) + rest


def _start_of_address(text: str) -> int:
    return max(text.rfind(end) for end in "\"'<> \n\t") + 1


def _place(link: int) -> str:
    """A stand-in of a token's length that no token can be: tokens begin with the version, which is never "p"."""
    return f"preview-{link:05d}".ljust(TOKEN_LENGTH, "-")
