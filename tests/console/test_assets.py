"""What is served to browsers: vendored as it came, with licence; nothing from elsewhere; nothing inline."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "src" / "mandata" / "console"
MANIFESTS = [CONSOLE / "static" / "vendor" / "vendor.toml", ROOT / "tests" / "browser" / "vendor" / "vendor.toml"]
TEMPLATES = sorted((CONSOLE / "templates").rglob("*.html"))
OWN = sorted((CONSOLE / "static" / "console").iterdir())


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.parent.parent.name)
def test_every_vendored_file_is_the_one_written_down_and_has_its_licence_beside_it(manifest: Path) -> None:
    known = tomllib.loads(manifest.read_text(encoding="utf-8"))
    folders = {path.name for path in manifest.parent.iterdir() if path.is_dir()}
    assert folders == set(known)
    for folder, entry in known.items():
        files = {path.name for path in (manifest.parent / folder).iterdir() if not path.name.startswith("LICENSE")}
        assert files == set(entry["files"]), folder
        assert (manifest.parent / folder / "LICENSE").is_file(), folder
        for name, digest in entry["files"].items():
            assert hashlib.sha256((manifest.parent / folder / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_compiles_and_holds_no_inline_style_script_or_handler(template: Path) -> None:
    get_template(str(template.relative_to(CONSOLE / "templates")))
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<style\b|\sstyle=", text), "a style belongs into app.css"
    assert not re.search(r"\son[a-z]+=|hx-on|javascript:", text), "a handler belongs into app.js"
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script, script


@pytest.mark.parametrize("path", [*TEMPLATES, *OWN], ids=lambda path: path.name)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(src|href|url|@import)\W{0,3}(https?:)?//", text)
