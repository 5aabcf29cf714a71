"""What docs/keys.md tells to type does what the page says, in the order of the page."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mandata.infra.clock import new_ids, now
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.vault import recovery
from mandata.vault.services import Vault, record_signer
from tests.world import World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "keys.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
pytestmark = pytest.mark.usefixtures("as_it_was")


@pytest.mark.req("SEC-3", "SEC-5")
def test_the_commands_of_the_page_do_what_it_says(
    world: World, softhsm: Path, setting: Callable[[str, object], None], tmp_path: Path
) -> None:
    assert softhsm
    folder = tmp_path / "keys"
    subprocess.run(["cp", "-a", env().keys_folder, folder], check=True)
    setting("MANDATA_KEYS", folder)
    customer = world.controller()
    with scope(customer.id):
        keys = Vault.open().create(new_ids(3))
    record_signer()

    def type_in(block: str) -> str:
        own = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-e", "-c", block], cwd=tmp_path, env=own, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    rotating, status, identity, recovering, moving = BLOCKS
    assert "epoch 2, 3 keys wrapped anew" in type_in(rotating)
    assert "3 keys" in type_in(status)
    type_in(identity)
    public = next(line for line in (tmp_path / "recovery.txt").read_text().splitlines() if "public key:" in line)
    setting("MANDATA_RECOVERY_RECIPIENTS", public.split()[-1])
    (tmp_path / "store").mkdir()
    setting("MANDATA_BACKUP_STORE", tmp_path / "store")
    recovery.keep(at=now())
    subprocess.run(["mv", folder, tmp_path / "lost"], check=True)
    assert "0 are gone" in type_in(recovering)
    with scope(customer.id):
        assert Vault.open().keys(keys) == keys
    assert "service keys moved" in type_in(moving)
    assert (folder / "controllers" / str(customer.id) / "3.key").read_text().startswith("mandata-epoch-token-key-1 ")
