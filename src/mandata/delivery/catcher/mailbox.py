"""What a person sees of the catcher in a browser: the latest messages, a search, and one message as a reader has it."""

import email
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import default
from html import escape

from mandata.delivery.catcher.store import Caught

SHOWN = 50
"""How many of the latest messages the first page lists."""

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src * data:; font-src *; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""No script runs. Pictures load as in a mailbox, so that looking at a campaign counts as opening it."""

_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem }
h1 { font-size: 1.4rem; margin: 0 } h1 a { color: inherit; text-decoration: none }
p { margin: .4rem 0 1rem } table { border-collapse: collapse; width: 100%; table-layout: fixed }
th, td { text-align: left; padding: .45rem .5rem; border-bottom: 1px solid #8884; overflow-wrap: anywhere }
th.t, td.t { width: 5.5rem } input { font: inherit; padding: .4rem .6rem; width: 18rem; max-width: 60% }
button { font: inherit; padding: .4rem .9rem } pre { white-space: pre-wrap; overflow-wrap: anywhere }
iframe { width: 100%; height: 45rem; border: 1px solid #8886; background: #fff; color-scheme: light }
summary { cursor: pointer; margin: 1rem 0 .5rem }
"""


def listing(messages: Sequence[tuple[Caught, bytes]], total: int, address: str = "") -> bytes:
    """Return the page with these messages, newest first; `address` is what was searched for."""
    told = f"{total} caught, none delivered. The latest {SHOWN} are shown; search by address for the others."
    if address:
        told = f"{len(messages)} shown for {address}."
    rows = "".join(_row(caught, _parse(raw)) for caught, raw in messages)
    table = (
        f"<table><thead><tr><th class=t>Time</th><th>To</th><th>Subject</th></tr></thead><tbody>{rows}</tbody></table>"
        if rows
        else "<p>No message yet. What Mandata sends appears here; load the page again.</p>"
    )
    search = (
        "<form method=post action=/find><label>Address <input name=address type=search "
        f'value="{escape(address)}"></label> <button>Search</button></form>'
    )
    return _page("Caught mail", f"<p>{escape(told)}</p>{search}{table}")


def reading(caught: Caught, raw: bytes) -> bytes:
    """Return the page of one message: its head, its HTML in a frame without scripts, its text, and its source."""
    message = _parse(raw)
    head = "".join(
        f"<tr><th class=t>{name}</th><td>{escape(str(message.get(name, '')))}</td></tr>"
        for name in ("From", "To", "Subject", "Date")
    )
    html, text = _body(message, "html"), _body(message, "plain")
    parts = [f"<table>{head}</table><p><a href=/>All messages</a></p>"]
    if html:
        inner = escape(f"<base target=_blank>{html}")
        sandbox = "allow-popups allow-popups-to-escape-sandbox"
        parts.append(f'<iframe title="The message" sandbox="{sandbox}" srcdoc="{inner}"></iframe>')
    folded = "" if not html else "<details><summary>Plain text</summary>"
    parts.append(f"{folded}<pre>{escape(text)}</pre>{'</details>' if folded else ''}")
    source = escape(raw.decode("utf-8", "replace"))
    parts.append(f"<details><summary>Source</summary><pre>{source}</pre></details>")
    return _page(str(message.get("Subject", "")) or f"Message {caught.id}", "".join(parts))


def _row(caught: Caught, message: EmailMessage) -> str:
    subject = escape(str(message.get("Subject", "")) or "(no subject)")
    return (
        f"<tr><td class=t>{caught.at:%H:%M:%S}</td><td>{escape(caught.recipient)}</td>"
        f'<td><a href="/messages/{caught.id}">{subject}</a></td></tr>'
    )


def _parse(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def _body(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""
    except (LookupError, ValueError):
        return "(this part cannot be read; see the source)"


def _page(title: str, body: str) -> bytes:
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    ).encode()
