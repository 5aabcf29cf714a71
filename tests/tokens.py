"""A token of Debian's SoftHSM for a whole test process, in whichever test it is first asked for."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

PIN = "4711"


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for tokens and the file with their PIN. SoftHSM reads where its tokens are once in a process."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    (folder / "pin").write_text(f"{PIN}\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    yield folder
    if before is None:
        del os.environ["SOFTHSM2_CONF"]


@pytest.fixture(scope="session")
def token(softhsm: Path) -> str:
    """A token of its own; its label."""
    label = f"mandata-{uuid4().hex[:8]}"
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "0815", "--pin", PIN]
    subprocess.run(command, check=True, capture_output=True)
    return label
