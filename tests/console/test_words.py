"""Every word of the console in English and Czech."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from mandata.console.privacy.evidence import PackForm

CATALOGUE = Path(__file__).resolve().parents[2] / "src" / "mandata" / "locale" / "cs" / "LC_MESSAGES" / "django.po"


def _entries() -> list[str]:
    return CATALOGUE.read_text(encoding="utf-8").strip().split("\n\n")[1:]


def test_every_message_has_its_czech() -> None:
    assert len(_entries()) > 400
    for entry in _entries():
        assert not re.search(r'^msgstr(\[\d\])? ""$(?!\n")', entry, re.MULTILINE), entry
        assert "fuzzy" not in entry, entry


def test_a_translation_keeps_the_placeholders_of_its_message() -> None:
    for entry in _entries():
        message, _, translated = entry.partition("\nmsgstr")
        wanted = set(re.findall(r"%\(\w+\)s", message))
        assert set(re.findall(r"%\(\w+\)s", translated)) == wanted, entry


def test_the_compiled_catalogue_is_the_written_one() -> None:
    with translation.override("cs"):
        assert gettext("Log-in and security") == "Přihlášení a zabezpečení"


@pytest.mark.parametrize(("wanted", "said"), [("cs,en;q=0.5", "Přihlásit se"), ("en", "Log in"), ("de", "Log in")])
def test_who_has_not_chosen_meets_the_browsers_language(database: object, wanted: str, said: str) -> None:
    answer = Client().get("/login/", headers={"Accept-Language": wanted})
    assert f"<h1>{said}</h1>" in answer.content.decode()


def test_a_chosen_language_is_kept(database: object) -> None:
    client = Client()
    client.post("/account/language/", {"language": "cs", "next": "/login/"})
    assert "<h1>Přihlásit se</h1>" in client.get("/login/").content.decode()


def test_a_day_is_filled_in_as_browsers_take_it_in_every_language() -> None:
    with translation.override("cs"):
        since = PackForm(initial={"since": date(2026, 3, 31)})["since"]
        assert 'value="2026-03-31"' in str(since) and since.label == "Od"
