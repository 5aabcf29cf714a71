"""What members write: links, merge tags, and things that would act."""

import re
import time

import pytest

from mandata.campaigns.rules.content import Facts, Format, Setting
from mandata.delivery.rendering import liquid, preview
from mandata.delivery.rendering.compiled import Recipient
from mandata.delivery.rendering.errors import RenderingRefused, Unrenderable
from mandata.delivery.rendering.provider import web_version
from mandata.foundation.tokens import LINK_TRAP
from tests.delivery.rendering_kit import AT, FOOT, SETTING, build, fill, show, token

BAKERY = {"first_name": "Eva", "points": 7}


# --- merge tags -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "says"),
    [
        ("{{ first_name | default: 'friend' }}", "Eva"),
        ("{{ nick | default: 'friend' }}", "friend"),
        ("{{ first_name | upcase }}", "EVA"),
        ("{{ points | times: 2 }}", "14"),
        ("{% if points > 5 %}many{% else %}few{% endif %}", "many"),
        ("{% if points &gt; 5 %}many{% else %}few{% endif %}", "many"),
        ("{% assign g = 'Hi' %}{{ g }}", "Hi"),
        ("{% if points > 5 %}{% assign g = 'Dear' %}{% else %}{% assign g = 'Hi' %}{% endif %}{{ g }}", "Dear"),
        ("{% for i in (1..3) %}{{ i }}{% endfor %}", "123"),
        ("{% case points %}{% when 7 %}seven{% endcase %}", "seven"),
        ("{% comment %}{{ nothing }{% endcomment %}here", "here"),
        ("{{ now | date: '%d.%m.%Y' }}", "27.03.2026"),
        ("{{ email }}", "jan@mail.example"),
        ("{{ sender_name }}", "Demo Bakery"),
        ("a {{- first_name -}} b", "aEvab"),
    ],
)
def test_merge_tags_say(tag: str, says: str) -> None:
    parts = show(f"<p>[{tag}]</p>{FOOT}", BAKERY)
    assert f"[{says}]" in parts.html
    assert f"[{says}]" in parts.text


@pytest.mark.parametrize(
    "tag",
    [
        "{{ first_name.__class__ }}",
        "{{ first_name.__class__.__mro__ }}",
        "{{ first_name['__class__'] }}",
        "{{ data.items }}",
        "{{ data.__init__.__globals__ }}",
        "{{ nothing.at.all }}",
        "{{ forloop.parentloop.__class__ }}",
        "{{ budget }}",
    ],
)
def test_reading_an_attribute_is_empty(tag: str) -> None:
    assert "[]" in show(f"<p>[{tag}]</p>{FOOT}", {**BAKERY, "data": {"a": 1}}).html


@pytest.mark.parametrize(
    "tag",
    [
        "{% include 'x' %}",
        "{% render 'x' %}",
        "{% layout 'x' %}",
        "{% extends 'x' %}",
        "{% raw %}x{% endraw %}",
        "{% capture x %}y{% endcapture %}",
        "{% liquid echo 1 %}",
        "{% increment x %}",
        "{{ first_name",
        "{% if x %}",
        "{% endif %}",
        "{% else %}",
        "{% break %}",
        "{% for x in y %}{% endif %}",
        "{{ first_name | unknown_filter }}",
        "{{ first_name | safe }}",
        "{{ }}",
        "{% %}",
        "{{ a b c }}",
        "{% if " + "(" * 5000 + " %}{% endif %}",
        "{% if a %}" * 100 + "{% endif %}" * 100,
    ],
)
def test_tags_that_are_not_allowed_are_refused_when_compiling(tag: str) -> None:
    with pytest.raises(RenderingRefused) as refused:
        show(f"<p>{tag}</p>{FOOT}", BAKERY)
    assert refused.value.remedy
    assert refused.value.code.startswith("content.tag_")


BOMBS = [
    "{% for i in (1..100000000) %}x{% endfor %}",
    "{% for i in (1..300) %}{% for j in (1..300) %}{{ i }}{% endfor %}{% endfor %}",
    "{% assign s = 'xxxxxxxxxx' %}{% for i in (1..100) %}{% assign s = s | append: s %}{% endfor %}",
    "{% assign n = 9 %}{% for i in (1..1000) %}{% assign n = n | times: n %}{% endfor %}",
    "{{ long | replace: 'a', long }}",
    "{{ (1..1000000000) | join: 'x' }}",
    "{{ (1..10000000) | size }}",
    "{% for i in (1..9000) %}{{ long }}{% endfor %}",
    "{{ now | date: '%999999999d' }}",
    "{{ 1 | divided_by: 0 }}",
    "{% for i in (1..99999999999999999999999999) %}x{% endfor %}",
    "{% for i in (1..9999) %}{% assign a = long | split: '' | sort | join: ',' %}{% endfor %}",
]


@pytest.mark.parametrize("tag", BOMBS)
def test_expressions_that_explode_end_in_a_clear_error_within_the_time(tag: str) -> None:
    began = time.process_time()
    with pytest.raises((Unrenderable, RenderingRefused), match="merge tag fail"):
        fill(build(f"<p>{tag}</p>{FOOT}")[0], {"long": "a" * 30_000})
    assert time.process_time() - began < 4 * liquid.SECONDS + 1


def test_an_error_of_one_recipient_names_nothing_of_them() -> None:
    made, _ = build("<p>{% if points %}{{ points | divided_by: first_name }}{% endif %}</p>" + FOOT)
    with pytest.raises(Unrenderable) as refused:
        fill(made, {"first_name": "Novák", "points": 1})
    assert "Novák" not in refused.value.message


def test_a_merge_tag_in_a_style_sheet_is_refused() -> None:
    with pytest.raises(RenderingRefused, match="style sheet"):
        show("<html><head><style>p{color:{{ c }}}</style></head><body>x</body></html>")


# --- links ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("TRK-1")
def test_links_are_numbered_by_target() -> None:
    made, facts = build(
        '<a href="https://a.example/1">One</a><a href="https://a.example/2"><img alt="Two" src="https://a.example/i.png"></a>'
        f'<a href=" https://a.example/1 ">Again</a>{FOOT}'
    )
    assert [(link.number, link.url, link.label) for link in made.links] == [
        (1, "https://a.example/1", "One"),
        (2, "https://a.example/2", "Two"),
    ]
    assert facts.tracked_links == 2


@pytest.mark.parametrize("target", ["mailto:a@b.example", "tel:+420123456789", "sms:+420123456789", "#top"])
def test_other_targets_stay_as_they_are(target: str) -> None:
    parts = show(f'<a href="{target}">x</a>{FOOT}')
    assert f'<a href="{target}">' in parts.html


def test_a_value_in_a_link_is_one_component_and_the_link_goes_straight() -> None:
    source = f'<a href="https://shop.example/p?c={{{{ code }}}}&amp;d=1">x</a>{FOOT}'
    parts = show(source, {"code": "a b&admin=1#/../\r\n\"'<ž"})
    assert 'href="https://shop.example/p?c=a%20b%26admin%3D1%23%2F..%2F%0A%22%27%3C%C5%BE&amp;d=1"' in parts.html
    assert build(source)[0].links[0].number is None


@pytest.mark.parametrize(
    "target",
    [
        "{{ url }}",
        "https://{{ host }}/",
        "https://shop.example{{ rest }}",
        "https://user@{{ host }}/x",
        "{{ scheme }}://shop.example/",
        "{% if a %}https://a.example/{% endif %}",
        "https://a.example/{% if a %}x{% endif %}",
        "//{{ host }}/",
        "/{{ x }}",
        "https://a.example\\{{ x }}/",
        "javascript:{{ x }}",
    ],
)
def test_no_link_takes_its_host_from_a_recipients_data(target: str) -> None:
    source = f'<a href="{target}">x</a>{FOOT}'
    try:
        parts = show(
            source, {"url": "https://evil.example/", "host": "evil.example", "rest": ".evil.example/", "x": "y"}
        )
    except RenderingRefused as refused:
        assert refused.code.startswith("content.link_")
    else:
        assert "evil" not in parts.html and "javascript" not in parts.html


@pytest.mark.parametrize(
    "target", ["https://", "http:///x", "https://a.example:99999/", "https://[::1", "https://a\\b/"]
)
def test_a_target_that_is_no_address_is_refused(target: str) -> None:
    with pytest.raises(RenderingRefused, match="no usable web address"):
        show(f'<a href="{target}">x</a>{FOOT}')


def test_links_within_conditions_are_tracked_too() -> None:
    source = f'{{% if vip %}}<a href="https://a.example/vip">VIP</a>{{% endif %}}{FOOT}'
    assert f'href="http://t.example/c/{token(1)}"' in show(source, {"vip": True}).html
    assert f"/c/{token(1)}" not in show(source, {"vip": False}).html


@pytest.mark.req("TRK-1")
def test_tracking_can_be_switched_off() -> None:
    from dataclasses import replace

    quiet: Setting = replace(SETTING, track_clicks=False, track_opens=False)
    parts = show(f'<a href="https://a.example/1">x</a>{FOOT}', setting=quiet)
    assert 'href="https://a.example/1"' in parts.html
    assert "/o/" not in parts.html and "/c/" not in parts.html


# --- facts ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("CAM-2")
@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("<p>Our newsletter</p>", True),
        ("<p>OBCHODNÍ SDĚLENÍ</p>", True),
        ("<p class='newsletter'>Hello</p>", False),
        ("<p>{% if vip %}newsletter{% endif %}</p>", False),
    ],
)
def test_the_mark_as_a_newsletter_is_read_in_the_text(text: str, marked: bool) -> None:
    assert build(f"<html><head><title>newsletter</title></head><body>{text}{FOOT}</body></html>")[1].marked is marked


@pytest.mark.req("CAM-2")
def test_a_hidden_way_out_does_not_count() -> None:
    assert not build(f"<p>Hello</p><div style='display:none'>{FOOT}</div>")[1].unsubscribe


@pytest.mark.req("CAM-2")
@pytest.mark.parametrize(
    ("foot", "unsubscribe", "postal"),
    [
        (FOOT, True, True),
        ("", False, False),
        ('<a href="{{ unsubscribe_url }}">x</a> Baker Street 1,<br>110 00  Prague', True, True),
        ('{% if vip %}<a href="{{ unsubscribe_url }}">x</a>{% endif %} {{ postal_address }}', False, True),
        ("<!-- {{ unsubscribe_url }} --> Baker Street 2, 110 00 Prague", False, False),
    ],
)
def test_the_way_out_and_the_address_are_found_or_missed(foot: str, unsubscribe: bool, postal: bool) -> None:
    facts = build(f"<p>Hello</p>{foot}")[1]
    assert (facts.unsubscribe, facts.postal_address) == (unsubscribe, postal)


def test_facts_come_back_from_plain_data() -> None:
    import json

    facts = build(f'<p>{{{{ city }}}}</p><img src="x.png"><script>1</script>{FOOT}')[1]
    assert facts.fields == ("city",)
    assert facts.images_without_alt == 1
    assert Facts.from_dict(json.loads(json.dumps(facts.as_dict()))) == facts


# --- what would act -------------------------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<iframe src='https://evil.example'></iframe>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form action='https://evil.example'><input name=x><button>go</button></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<p style='background:expression(alert(1))'>x</p>",
    "<object data='https://evil.example/x.swf'></object>",
    '<a x"y=1 onclick=alert(1) href=https://ok.example/>x</a>',
    "<p onclick=alert(1) <b>x</b>",
    "<!--[if mso]><script>alert(1)</script><![endif]-->",
    "<template><script>alert(1)</script></template>",
    "<textarea><script>alert(1)</script></textarea>",
    "<title><img src=x onerror=alert(1)></title>",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_acts_is_left_in_the_message_or_in_its_preview(hostile: str) -> None:
    parts = show(f"<html><body><p>Before</p>{hostile}<p>After</p>{FOOT}</body></html>")
    for shown in (parts.html, preview.harmless(parts.html)):
        assert not re.search(
            r"<(script|iframe|object|svg|math|form|input|button|base|link|template|textarea|noscript)\b", shown, re.I
        )
        assert not re.search(r"<[^>]*\son\w+\s*=", shown, re.I)
        assert not re.search(r"(href|src)\s*=\s*\"?\s*(javascript|data:text)", shown, re.I)
        assert "evil.example" not in shown
        assert "expression(" not in shown
    assert "Before" in parts.html


def test_a_value_full_of_markup_is_text() -> None:
    parts = show(
        f"<p>{{{{ first_name }}}}</p><a title='{{{{ first_name }}}}' href='#x'>y</a>{FOOT}",
        {"first_name": "\"><script>alert('1')</script>"},
    )
    assert "<script" not in parts.html
    assert "&lt;script&gt;" in parts.html


def test_a_writer_cannot_forge_a_marker() -> None:
    parts = show(f"<p>zlq0zt65535q zlq0zp0q {{{{ first_name }}}}</p>{FOOT}", BAKERY)
    assert "zlq0zt65535q zlq0zp0q Eva" in parts.html


def test_the_preview_keeps_the_look() -> None:
    style = "<style>.a{color:red} @media (max-width:400px){.a{color:blue}}</style>"
    source = f"<html><head>{style}</head><body style='background:#eee'><p class='a'>x</p>{FOOT}</body></html>"
    shown = preview.harmless(show(source).html)
    assert "@media" in shown and "color: red" in shown and 'body style="background' in shown


def test_media_queries_stay_and_styles_move_to_their_elements() -> None:
    style = "<style>p{color:red} @media (max-width:400px){p{color:blue}}</style>"
    source = f"<html><head>{style}</head><body><p>x</p>{FOOT}</body></html>"
    parts = show(source)
    assert "@media" in parts.html and re.search(r'<p style="color: ?red', parts.html)


def test_the_text_part_reads_like_a_letter() -> None:
    source = (
        "<html><head><title>no</title><style>p{}</style></head><body>"
        "<div style='display:none'>hidden <div>too</div></div><h1>Bread &amp; butter</h1>"
        "<p>Fresh   every\n day.<br>Come.</p><ul><li>rye</li><li><a href='https://a.example/w'>wheat</a></li></ul><hr>"
        "<table><tr><td>Monday</td><td>closed</td></tr></table>" + FOOT + "</body></html>"
    )
    text = show(source).text.replace("\r\n", "\n")
    assert text == (
        "Bread & butter\n\nFresh every day.\nCome.\n\n- rye\n\n"
        f"- wheat <http://t.example/c/{token(1)}>\n\n{'-' * 40}\n\nMonday closed\n\n"
        f"Baker Street 1, 110 00 Prague Leave <http://t.example/u/{token(65535)}>\n"
    )


@pytest.mark.parametrize("form", list(Format))
def test_an_empty_or_broken_source_never_crashes(form: Format) -> None:
    for source in (
        "",
        " ",
        "<",
        "<mjml>",
        "<p",
        "</p></p>",
        "<!--",
        "\x00",
        "&#0;",
        "<a href=>x</a>",
        "<a href=foo>x</a>",
    ):
        try:
            show(source, form=form)
        except RenderingRefused as refused:
            assert refused.message and refused.remedy


def test_the_web_version_keeps_the_recipients_links_and_counts_no_opening() -> None:
    made, _ = build(
        f'<html><body><p>Dear {{{{ first_name }}}}, <a href="https://a.example/1">x</a></p>{FOOT}</body></html>'
    )
    tokens = [token(link) for link in made.tokens]
    page = web_version(made.to_bytes(), Recipient("eva@mail.example", {"first_name": "Eva"}), tokens, AT)
    assert "Dear Eva" in page and f"http://t.example/c/{token(1)}" in page
    assert "/o/" not in page


@pytest.mark.parametrize(
    "source",
    [
        "{{" * 200_000,
        "{% comment %}" * 50_000,
        " " * 900_000 + "{{- x }}",
        "<a " * 300_000,
        "<style>" + "<a " * 200_000 + "</style>",
        "<p>" + "zlq1z" * 100_000,
        "<p>" + "x" * 900_000,
        '<a href="https://a.example/' + "x" * 900_000 + '">x</a>',
        "<img alt=x src='data:image/png;base64," + "A" * 900_000 + "'>",
        "{{ x }}" * 30_000,
        "{% assign a = 1 %}" * 20_000 + "{{ a }}" * 1_000,
        "<div>" * 300,
        "<!--[if mso]>" * 50_000,
        "&" * 900_000,
        "<svg>" * 5_000,
    ],
    ids=range(15),
)
def test_hostile_sources_are_done_or_refused_in_bounded_time(source: str) -> None:
    began = time.process_time()
    try:
        parts = show(source + FOOT)
        preview.harmless(parts.html)
    except RenderingRefused as refused:
        assert refused.message and refused.remedy
    assert time.process_time() - began < 20


def test_a_loop_that_nests_is_not_given_to_a_parser_that_may_fall_over_it() -> None:
    made, _ = build("<div>{% for i in (1..3000) %}<!--[if mso]><p><![endif]-->{% endfor %}</div>" + FOOT)
    deep = preview.read(fill(made)).html.replace("<!--[if mso]>", "").replace("<![endif]-->", "")
    with pytest.raises(Unrenderable, match="too deeply"):
        preview.harmless(deep)


@pytest.mark.req("TRK-1")
def test_a_hidden_link_that_no_person_meets_stands_before_all_others_in_the_html_only() -> None:
    parts = show(f'<p><a href="https://shop.example/">Shop</a></p>{FOOT}')
    hidden, _, rest = parts.html.partition("</a>")
    assert f'/c/{token(LINK_TRAP)}"' in hidden and "display:none" in hidden and 'aria-hidden="true"' in hidden
    assert 'tabindex="-1"' in hidden
    assert token(LINK_TRAP) not in parts.text and token(LINK_TRAP) not in rest
