"""Every code of the rules has words, in English and in Czech."""

import subprocess
from pathlib import Path

import pytest
from django.utils import translation

from mandata.audience import words
from mandata.audience.rules.bases import Basis, Reason, State
from mandata.audience.rules.columns import EVIDENCE
from mandata.audience.rules.csvfile import FILE_CODES
from mandata.audience.rules.fields import FIELD_CODES, STANDARD, VALUE_CODES, Category
from mandata.audience.rules.options import OPTION_CODES, Update
from mandata.audience.rules.rows import REMARK_CODES, ROW_CODES
from mandata.foundation.addresses import ADDRESS_CODES

AREA = Path(__file__).parents[2] / "src" / "mandata" / "audience"
CODES = {
    *(*FILE_CODES, *ROW_CODES, *REMARK_CODES, *FIELD_CODES, *VALUE_CODES, *OPTION_CODES, *ADDRESS_CODES),
    *(f"suppressed_{reason}" for reason in Reason),
    *(f"basis.{basis}" for basis in Basis),
    *(f"state.{state}" for state in State),
    *(f"category.{category}" for category in Category),
    *(f"field.{key}" for key in STANDARD),
    *(f"target.{name}" for name in ("email", "ignore", *EVIDENCE)),
    *(f"update.{policy}" for policy in Update),
}


def test_every_code_has_words() -> None:
    assert CODES <= words.CODES


@pytest.mark.parametrize("code", sorted(words.CODES))
def test_every_word_is_said_in_czech(code: str) -> None:
    with translation.override("en"):
        english = words.words(code), words.remedy(code)
    with translation.override("cs"):
        czech = words.words(code), words.remedy(code)
    assert czech[0] != english[0]
    assert bool(czech[1]) == bool(english[1])
    assert not english[1] or czech[1] != english[1]


def test_every_message_of_the_area_is_translated_and_the_compiled_catalogue_is_current(tmp_path: Path) -> None:
    folder = AREA / "locale" / "cs" / "LC_MESSAGES"
    template, merged, compiled = (tmp_path / name for name in ("all.pot", "merged.po", "all.mo"))
    sources = [str(path) for path in AREA.rglob("*.py") if "migrations" not in path.parts]
    calls = ["--keyword=_", "--keyword=gettext", "--keyword=gettext_noop"]
    subprocess.run(["xgettext", "-L", "Python", "--from-code=UTF-8", *calls, "-o", template, *sources], check=True)
    subprocess.run(["msgmerge", "-q", "--no-fuzzy-matching", "-o", merged, folder / "django.po", template], check=True)
    counted = subprocess.run(["msgattrib", "--untranslated", merged], check=True, capture_output=True, text=True)
    assert counted.stdout == ""
    subprocess.run(["msgfmt", "-o", compiled, folder / "django.po"], check=True)
    assert compiled.read_bytes() == (folder / "django.mo").read_bytes()
