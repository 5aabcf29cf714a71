"""The example newsletter is what the issue asks for."""

import re

import pytest
from benchmarks.render import AT, newsletter, recipients

from mandata.campaigns.rules.content import check
from mandata.delivery.rendering import preview
from mandata.delivery.rendering.compiled import Compiled
from mandata.delivery.rendering.compiler import compile_content
from tests.delivery.rendering_kit import token


@pytest.mark.req("CAM-2")
def test_the_example_newsletter_is_ready_to_send() -> None:
    content, setting = newsletter()
    made, facts = compile_content(content, setting)
    loaded = Compiled.from_bytes(made.to_bytes())
    raw = loaded.fill(recipients(1)[0], [token(link) for link in loaded.tokens], AT)
    parts = preview.read(raw)
    assert check(content, facts, frozenset(facts.fields)) == []
    assert 34_000 < len(raw) < 40_000
    assert facts.tracked_links == 12
    assert facts.fields == ("city", "favourite_pastry", "first_name", "last_name", "orders")
    assert parts.subject == "Eva, the plum cake is back"
    assert not re.search(r"(src|background)=\"https?://(?!click\.bakery\.example)", parts.html)
    assert 'lang="en"' in parts.html
    assert "Good morning, Eva. The oven is already warm." in parts.text
    assert all(field not in parts.text for field in ("{{", "{%", "zlq"))


def test_without_any_data_the_newsletter_still_reads_well() -> None:
    content, setting = newsletter()
    made, _ = compile_content(content, setting)
    person = recipients(1)[0]._replace(fields={})
    text = preview.read(made.fill(person, [token(link) for link in made.tokens], AT)).text
    assert "Good morning, friend." in text and "near the river" in text
