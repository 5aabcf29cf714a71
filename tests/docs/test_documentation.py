"""What the documentation says exists: commands, targets, files, settings, glossary."""

import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mandata.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = sorted(
    {
        (page.relative_to(ROOT).as_posix(), found)
        for page in PAGES
        for found in re.findall(r"(?:^    |`)(?:\.venv/bin/)?mandata ([a-z][a-z-]*)", page.read_text(), re.MULTILINE)
    }
)
TARGETS = sorted(
    {
        (page.relative_to(ROOT).as_posix(), found)
        for page in PAGES
        for found in re.findall(r"(?:^    |`)make ([a-z-]+)", page.read_text(), re.MULTILINE)
    }
)
LINKS = sorted(
    {
        (page.relative_to(ROOT).as_posix(), found)
        for page in PAGES
        for found in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
        if "://" not in found
    }
)


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_command_that_a_page_names_explains_itself_with_examples(page: str, command: str) -> None:
    told = CliRunner().invoke(app, [command, "--help"])
    assert told.exit_code == 0, page
    assert "Examples" in told.output


@pytest.mark.parametrize(("page", "target"), TARGETS)
def test_a_target_that_a_page_names_is_in_the_makefile(page: str, target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{page}: {done.stderr}"


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_between_pages_leads_somewhere(page: str, link: str) -> None:
    assert (ROOT / page).parent.joinpath(link).exists()


def test_every_command_is_shown_by_the_help_with_a_line_of_its_own() -> None:
    told = CliRunner().invoke(app, ["--help"]).output
    assert {command.name for command in app.registered_commands if not command.hidden} <= set(told.split())


def test_every_decision_is_in_the_list_of_decisions() -> None:
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text()
    for page in (ROOT / "docs" / "decisions").glob("0*.md"):
        assert page.name in listed


def test_every_area_says_what_it_is_for() -> None:
    architecture = (ROOT / "docs" / "architecture.md").read_text()
    for area in sorted(path.parent for path in (ROOT / "src" / "mandata").glob("*/__init__.py")):
        assert (area / "__init__.py").read_text().startswith('"""'), area.name
        assert re.search(rf"^[a-z |]*\b{area.name}\b", architecture, re.MULTILINE), area.name


def test_no_page_and_no_source_names_a_machine_or_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    hosts = re.compile(r"\b(pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org)\b")
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if "vendor" in name or not path.is_file() or name == "tests/docs/test_documentation.py":
            continue
        text = path.read_bytes().decode("utf-8", "ignore")
        assert not hosts.search(text), name
