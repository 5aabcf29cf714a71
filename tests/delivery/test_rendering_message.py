"""The filled message, read back by Python's e-mail package, is what was written."""

import html
import quopri
import re
from dataclasses import replace
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandata.campaigns.rules.content import Format
from mandata.delivery.rendering import liquid, preview
from mandata.delivery.rendering.compiled import Compiled, Recipient, _field, _State
from mandata.delivery.rendering.compiler import compile_content
from mandata.delivery.rendering.encoding import body_text, header_text, quote, quote_value
from mandata.delivery.rendering.errors import RenderingRefused, Unrenderable
from tests.delivery.rendering_kit import AT, FOOT, SETTING, build, content, fill, show, token

NASTY = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="\r\n\t .=?_<>&\"'{}%Fromžš\u202e\u2028\x00\x1b🥐", max_size=120),
    st.sampled_from(
        [
            "Jiří",
            "From here",
            ".",
            "..",
            "x" * 2000,
            "ž" * 900,
            "שלום עולם",
            "مرحبا",
            "👩‍👩‍👧‍👦" * 30,
            "a\r\nBcc: evil@example.org",
            "=?utf-8?q?=0ABcc:_x?=",
            "{{ email }}",
            "</p><script>alert(1)</script>",
            "trailing  ",
            "",
        ]
    ),
)

SOURCE = (
    "<html><head><title>t</title></head><body><h1>Dear {{ first_name }},</h1><p>.{{ first_name }}.</p>"
    "<p>From {{ city | default: 'here' }}: {% if points > 2 %}<b>{{ city }}</b> many{% else %}few{% endif %}</p>"
    + FOOT
    + "</body></html>"
)
MADE = build(SOURCE, subject="{{ first_name }}, {{ city | default: 'you' }}: bread")[0]


def expected(value: str, fallback: str = "") -> str:
    return body_text(value) if value else fallback


def unfolded(text: str) -> str:
    return text.replace("\r\n", "\n")


@settings(max_examples=300, deadline=None)
@given(name=NASTY, city=NASTY, points=st.integers(0, 5))
@pytest.mark.req("CAM-1")
def test_whatever_the_names_the_parts_say_exactly_them(name: str, city: str, points: int) -> None:
    parts = preview.read(fill(MADE, {"first_name": name, "city": city, "points": points}, name=name))
    first, town = expected(name), expected(city, "here")
    many = f"<b>{html.escape(expected(city))}</b> many" if points > 2 else "few"
    shown = unfolded(parts.html)
    assert f"<h1>Dear {html.escape(first)},</h1><p>.{html.escape(first)}.</p>" in shown
    assert f"<p>From {html.escape(town)}: {many}</p>" in shown
    text = unfolded(parts.text)
    assert text.startswith(f"Dear {first},\n\n.{first}.\n\nFrom {town}: ")
    assert parts.subject == header_text(f"{first}, {expected(city, 'you')}: bread")


@settings(max_examples=300, deadline=None)
@given(name=NASTY, city=NASTY)
@pytest.mark.req("DLV-5")
def test_every_line_is_short_ascii_and_ends_with_crlf(name: str, city: str) -> None:
    raw = fill(MADE, {"first_name": name, "city": city, "points": 3}, name=name)
    head, _, body = raw.partition(b"\r\n\r\n")
    assert raw.endswith(b"\r\n")
    assert raw.isascii()
    assert b"\r" not in raw.replace(b"\r\n", b"") and b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    lines = body.split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    assert not any(line.endswith((b" ", b"\t")) for line in lines)


@settings(max_examples=300, deadline=None)
@given(name=NASTY)
@pytest.mark.req("DLV-1")
def test_no_name_adds_or_changes_a_header(name: str) -> None:
    raw = fill(MADE, {"first_name": name, "city": name}, name=name)
    parts = preview.read(raw)
    assert [header for header, _ in parts.headers] == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Id",
        "Feedback-ID",
        "MIME-Version",
        "Content-Type",
    ]
    to = next(line for line in re.sub(rb"\r\n[ \t]", b" ", raw).split(b"\r\n") if line.startswith(b"To: "))
    assert parseaddr(to[4:].decode("ascii"))[1] == "jan@mail.example"


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=400), column=st.integers(0, 75))
def test_quoted_printable_decodes_to_what_was_quoted(text: str, column: int) -> None:
    text = body_text(text).replace("\r", "")
    encoded, end = quote("x" * column + text, 0)
    assert quopri.decodestring(encoded.encode()).decode() == ("x" * column + text).replace("\n", "\r\n")
    assert end <= 75
    assert quopri.decodestring(quote_value(text).encode()).decode() == text.replace("\n", "\r\n")


@settings(max_examples=300, deadline=None)
@given(
    value=st.one_of(
        NASTY,
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(-1e20, 1e20),
        st.lists(st.text(max_size=5), max_size=3),
    ),
    default=st.one_of(st.none(), st.text(alphabet="abc ž&<", max_size=8)),
    mode=st.sampled_from([liquid.HTML, liquid.TEXT, liquid.URL]),
)
def test_the_fast_path_of_a_field_agrees_with_liquid(value: object, default: str | None, mode: str) -> None:
    state = _State(MADE, Recipient("jan@mail.example", {"v": value}), [token(link) for link in MADE.tokens], AT)
    fallback = "" if default is None else f" | default: '{default}'"
    slow = liquid.render(liquid.parse(f"{{{{ v{fallback} }}}}", mode), {"v": liquid.plain(value)}, liquid.Budget())
    assert _field("v", default, mode)(state) == slow


@pytest.mark.req("CAM-2")
def test_the_sender_the_list_and_the_way_out_stand_in_the_headers() -> None:
    headers = dict(show(f"<p>Hello</p>{FOOT}").headers)
    assert headers["From"] == "Demo Bakery <news@news.bakery.example>"
    assert headers["List-Unsubscribe"] == f"<http://t.example/u/{token(65535)}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Id"] == "Demo Bakery <list.bakery.example>"
    assert headers["Message-ID"] == f"<{token(65532)}@news.bakery.example>"
    assert headers["Date"] == "Fri, 27 Mar 2026 21:30:00 +0000"
    assert headers["Feedback-ID"] == "7:3:newsletter:mandata"


def test_one_tracked_link_is_the_same_token_in_both_parts() -> None:
    parts = show(f'<p><a href="https://shop.example/?a=1&amp;b=2">Shop</a></p>{FOOT}')
    assert f'<a href="http://t.example/c/{token(1)}">Shop</a>' in parts.html
    assert f"Shop <http://t.example/c/{token(1)}>" in parts.text
    assert f'<img src="http://t.example/o/{token(65533)}.gif" width="1"' in parts.html


def test_a_compiled_campaign_of_another_format_is_refused() -> None:
    with pytest.raises(RenderingRefused, match="format 99"):
        Compiled.from_bytes(MADE.to_bytes().replace(b'"format":1', b'"format":99'))


def test_a_wrong_number_of_tokens_is_an_error() -> None:
    with pytest.raises(ValueError, match="tokens are needed"):
        MADE.fill(Recipient("jan@mail.example", {}), ["x"], AT)


@pytest.mark.parametrize(
    "address", ["a@b\r\nBcc: c@d", "a b@c.example", "<a@b.example>", "a@b.example,c@d.example", "žlutý@b.example", ""]
)
def test_an_address_that_no_header_may_carry_fills_no_message(address: str) -> None:
    with pytest.raises(Unrenderable):
        MADE.fill(Recipient(address, {}), [token(link) for link in MADE.tokens], AT)


def test_an_object_among_the_values_fills_no_message_and_names_no_value() -> None:
    with pytest.raises(Unrenderable, match="_Secret is no plain value"):
        fill(MADE, {"first_name": type("_Secret", (), {"__str__": lambda self: "leak"})()})


@pytest.mark.parametrize("field", ["from_name", "reply_to"])
def test_a_sender_with_a_line_break_is_refused(field: str) -> None:
    changed: dict[str, Any] = {field: "Bakery\r\nBcc: x@y.example"}
    with pytest.raises(RenderingRefused, match="one line"):
        compile_content(replace(content("<p>x</p>"), **changed), SETTING)


@pytest.mark.parametrize("address", ["", "bakery", "news@bakery.example, x@y.example", "pekař@bakery.example"])
def test_a_sender_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(RenderingRefused, match="no address that a header may carry"):
        compile_content(replace(content("<p>x</p>"), from_address=address), SETTING)


def test_the_preheader_takes_merge_tags_and_is_not_in_the_text() -> None:
    parts = show(
        f"<html><body><p>Hello</p>{FOOT}</body></html>", {"first_name": "Eva"}, preheader="For {{ first_name }} & <you>"
    )
    assert ">For Eva &amp; &lt;you&gt;</div>" in parts.html
    assert "For Eva" not in parts.text


def test_the_campaigns_preheader_stands_instead_of_that_of_the_mjml() -> None:
    body = f"<mj-body><mj-section><mj-column><mj-text>{FOOT}</mj-text></mj-column></mj-section></mj-body>"
    source = f"<mjml><mj-head><mj-preview>Old line for {{{{ x }}}}</mj-preview></mj-head>{body}</mjml>"
    assert "Old line" in show(source, form=Format.MJML).html
    shown = show(source, form=Format.MJML, preheader="New line").html
    assert "New line" in shown and "Old line" not in shown


def test_mjml_goes_the_same_way_with_conditions_between_its_components() -> None:
    source = (
        "<mjml><mj-body>{% if vip %}<mj-section><mj-column><mj-text>Gold for {{ first_name }}</mj-text>"
        "</mj-column></mj-section>{% endif %}"
        "<mj-section><mj-column><mj-raw>{% for b in breads %}<tr><td>{{ b }}</td></tr>{% endfor %}</mj-raw>"
        f"<mj-text>{FOOT}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    shown = show(source, {"vip": True, "first_name": "Eva", "breads": ["rye", "<b>"]}, form=Format.MJML)
    assert "Gold for Eva" in shown.html and "<td>rye</td></tr><tr><td>&lt;b&gt;</td>" in shown.html.replace(
        'style=""', ""
    )
    assert "Gold" not in show(source, {"breads": []}, form=Format.MJML).html
