"""Every word that a person reads has its Czech, in whatever area it stands."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

SOURCE = Path(__file__).resolve().parents[2] / "src" / "mandata"
CATALOGUES = sorted(SOURCE.rglob("locale/cs/LC_MESSAGES/*.po"))
CALLS = (
    *("_", "gettext", "gettext_lazy", "gettext_noop", "ngettext:1,2", "ngettext_lazy:1,2"),
    *("pgettext:1c,2", "pgettext_lazy:1c,2", "npgettext:1c,2,3"),
)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|(?<!\{)\{\w+\}(?!\})")


def _run(*command: object) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def _name(catalogue: Path) -> str:
    return str(catalogue.relative_to(SOURCE))


def _collected(folder: Path) -> Path:
    """The words of all modules and templates, as makemessages would collect them."""
    sources = [path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts]
    for number, path in enumerate(sorted(SOURCE.rglob("*.html"))):
        text = path.read_text(encoding="utf-8")
        if "translate" in text or "_(" in text:
            written = folder / f"{number}.py"
            written.write_text(templatize(text, origin=str(path)), encoding="utf-8")
            sources.append(written)
    listed, template = folder / "sources", folder / "all.pot"
    listed.write_text("\n".join(map(str, sources)), encoding="utf-8")
    keywords = [f"--keyword={call}" for call in CALLS]
    _run("xgettext", "-L", "Python", "--from-code=UTF-8", *keywords, "-f", listed, "-o", template)
    return template


def test_every_word_of_every_area_is_in_a_catalogue(tmp_path: Path) -> None:
    template, every, merged = _collected(tmp_path), tmp_path / "every.po", tmp_path / "merged.po"
    _run("msgcat", "--use-first", "-o", every, *CATALOGUES)
    _run("msgmerge", "-q", "--no-fuzzy-matching", "-o", merged, every, template)
    assert _run("msgattrib", "--untranslated", "--no-wrap", merged) == ""


def test_no_word_hides_in_an_f_string_where_it_is_not_collected() -> None:
    names = {call.partition(":")[0] for call in CALLS}
    for path in SOURCE.rglob("*.py"):
        strings = [one for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if type(one) is ast.JoinedStr]
        calls = [one.func for string in strings for one in ast.walk(string) if isinstance(one, ast.Call)]
        assert not {one.id for one in calls if isinstance(one, ast.Name)} & names, path


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=_name)
def test_a_catalogue_is_complete_and_compiled(catalogue: Path, tmp_path: Path) -> None:
    assert _run("msgattrib", "--untranslated", catalogue) == ""
    assert _run("msgattrib", "--only-fuzzy", catalogue) == ""
    compiled = tmp_path / "compiled.mo"
    _run("msgfmt", "--check-format", "-o", compiled, catalogue)
    assert compiled.read_bytes() == catalogue.with_suffix(".mo").read_bytes()


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=_name)
def test_a_translation_keeps_every_placeholder(catalogue: Path) -> None:
    for entry in catalogue.read_text(encoding="utf-8").split("\n\n")[1:]:
        said, _, czech = entry.partition("\nmsgstr")
        said = "\n".join(line for line in said.splitlines() if not line.startswith("#"))
        assert set(PLACEHOLDER.findall(czech)) == set(PLACEHOLDER.findall(said)), entry
