"""Everything a writer reads is said in both languages, with its places filled."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from mandata.campaigns import words
from mandata.campaigns.rules.states import State
from mandata.delivery.rendering.errors import WORDS

AREA = Path(words.__file__).parent
PLACE = re.compile(r"%\((\w+)\)s")


def said() -> set[str]:
    """Every message id: those in tables, and those that services and selectors say."""
    tables = {text for pair in (*words.FINDINGS.values(), *WORDS.values()) for text in pair} | set(
        words.STATES.values()
    )
    sources = [path.read_text(encoding="utf-8") for path in (*AREA.glob("services/*.py"), AREA / "selectors.py")]
    return tables | {found[1] for source in sources for found in re.finditer(r'_\(\s*"((?:[^"\\]|\\.)*)"', source)}


@pytest.mark.parametrize("text", sorted(said()))
def test_each_message_is_said_in_czech_with_the_same_places(text: str) -> None:
    with translation.override("cs"):
        czech = translation.gettext(text)
    assert czech != text
    assert sorted(PLACE.findall(czech)) == sorted(PLACE.findall(text))


def test_each_state_has_a_name() -> None:
    assert {words.state(state) for state in State} == {
        "Draft",
        "Starting",
        "Sending",
        "Paused",
        "Held",
        "Finished",
        "Cancelled",
    }
