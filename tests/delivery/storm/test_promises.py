"""What docs/delivery.md names is there: its files, its commands, and the environment that they read."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "delivery.md").read_text()


def test_every_file_that_it_names_is_there() -> None:
    named = set(re.findall(r"`((?:tests|src|docs)/[\w/.]+)`", TEXT)) | set(re.findall(r"ARGS=([\w/.]+)", TEXT))
    named |= {f"docs/{link}" for link in re.findall(r"\]\(([\w/.-]+\.md)\)", TEXT)}
    assert len(named) >= 10
    assert not [path for path in named if not (ROOT / path).exists()]


def test_every_command_is_one_of_ours_and_what_it_is_told_is_read_somewhere() -> None:
    commands = re.findall(r"^    (.*make .*)$", TEXT, re.MULTILINE)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = "".join(file.read_text() for file in sorted((ROOT / "tests").glob("*/**/*.py")))
    assert len(commands) == 4
    for command in commands:
        told, target = re.fullmatch(r"((?:[A-Z_]+=\d+ )*)make ([a-z-]+) ARGS=\S+", command).groups()  # type: ignore[union-attr]
        assert target in targets
        assert all(f'"{name}"' in code for name in re.findall(r"([A-Z_]+)=", told))
