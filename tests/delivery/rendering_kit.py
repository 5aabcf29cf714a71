"""Values that the tests of rendering share."""

from collections.abc import Mapping
from datetime import UTC, datetime

from mandata.campaigns.rules.content import Content, Facts, Format, Setting
from mandata.delivery.rendering import preview
from mandata.delivery.rendering.compiled import Compiled, Recipient
from mandata.delivery.rendering.compiler import compile_content

AT = datetime(2026, 3, 27, 21, 30, tzinfo=UTC)
FOOT = '<p>{{ postal_address }} <a href="{{ unsubscribe_url }}">Leave</a></p>'
SETTING = Setting(
    click="http://t.example/c/",
    open="http://t.example/o/",
    unsubscribe="http://t.example/u/",
    preferences="http://p.example/preferences/",
    web_version="http://p.example/web/",
    message_domain="news.bakery.example",
    list_id="list.bakery.example",
    sender_name="Demo Bakery",
    postal_address="Baker Street 1\n110 00 Prague",
    feedback_id="7:3:newsletter:mandata",
)


def content(source: str, *, form: Format = Format.HTML, subject: str = "Bread", **more: str) -> Content:
    return Content(form, source, subject, "Demo Bakery", "news@news.bakery.example", **more)


def build(source: str, *, setting: Setting = SETTING, **more: object) -> tuple[Compiled, Facts]:
    """Compile and load again, as a worker would."""
    made, facts = compile_content(content(source, **more), setting)  # type: ignore[arg-type]
    return Compiled.from_bytes(made.to_bytes()), facts


def token(link: int) -> str:
    return f"Tok_-{link:038d}"


def fill(made: Compiled, fields: Mapping[str, object] | None = None, *, name: str = "") -> bytes:
    return made.fill(Recipient("jan@mail.example", fields or {}, name), [token(link) for link in made.tokens], AT)


def show(source: str, fields: Mapping[str, object] | None = None, **more: object) -> preview.Parts:
    """Compile, fill and read back."""
    made, _ = build(source, **more)  # type: ignore[arg-type]
    return preview.read(fill(made, fields))
