"""`scripts/tests`: who fails beside others is run once more alone, said so, and judged by that."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "tests"

FAILS_ONCE = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", ["a b", 'quo"te', 3])
def test_once(number):
    mark = Path(__file__).with_name(f"{len(str(number))}.seen")
    seen = mark.exists()
    mark.touch()
    assert seen

def test_good():
    pass
"""
FAILS_ALWAYS = "def test_bad():\n    assert False\n"
FAILS_OFTEN = """
import pytest

@pytest.mark.parametrize("number", range(9))
def test_bad(number):
    assert False
"""


def run(folder: Path, **files: str) -> "subprocess.CompletedProcess[str]":
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    settings["PYTEST"] = str(Path(sys.executable).with_name("pytest"))
    command = [str(SCRIPT), "some", "-q", "-p", "no:django", "--timeout", "60"]
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=240)


def test_what_fails_beside_others_and_passes_alone_is_named_and_holds(tmp_path: Path) -> None:
    done = run(tmp_path, once=FAILS_ONCE)
    assert done.returncode == 0, done.stdout
    told = done.stdout.partition("UNSTEADY")[2]
    assert told.count("test_once.py::test_once[") == 3 and "test_good" not in told


def test_what_fails_twice_has_failed(tmp_path: Path) -> None:
    done = run(tmp_path, once=FAILS_ONCE, always=FAILS_ALWAYS)
    assert done.returncode == 1 and "UNSTEADY" not in done.stdout
    assert done.stdout.count("::test_bad") >= 2


def test_many_failures_are_no_accident_and_are_not_tried_again(tmp_path: Path) -> None:
    done = run(tmp_path, often=FAILS_OFTEN)
    assert done.returncode == 1 and "9 tests failed: too many" in done.stdout


def test_a_run_that_could_not_begin_is_no_failure_of_a_test(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 5, "nothing was found"
