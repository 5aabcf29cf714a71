"""`mandata keys`: what there is, new values, and recovery, as an operator meets them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id, new_ids, now
from mandata.infra.environment import env
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import selectors as record
from mandata.vault import recovery
from mandata.vault.providers import provider
from mandata.vault.services import Vault, record_signer
from tests.vault.conftest import MODULE, as_it_was, recipient, setting
from tests.world import World

__all__ = ["as_it_was", "recipient", "setting"]
pytestmark = pytest.mark.usefixtures("as_it_was")


def run(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "mandata.cli", "keys", *map(str, arguments)]
    settings = {**os.environ, **environment}
    return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120, check=False)


def lines(done: "subprocess.CompletedProcess[str]", code: int = 0) -> list[dict[str, Any]]:
    assert done.returncode == code, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.req("SEC-3", "SEC-5")
def test_status_tells_of_each_controller_and_of_the_copy_and_fails_where_a_key_is_missing(
    world: World, recipient: Path
) -> None:
    assert recipient
    customer = world.controller()
    with scope(customer.id):
        Vault.open().create(new_ids(4))
    installation, *controllers = lines(run("status", "--json"))
    assert (installation["provider"], installation["recovery"], installation["copy"]) == ("file", True, None)
    assert installation["folder"] == str(env().keys_folder.absolute())
    row = next(one for one in controllers if one["controller"] == str(customer.id))
    assert (row["epoch"], row["keys"], row["turning"], row["copied"], row["opens"]) == (1, 4, None, None, True)
    recovery.keep(at=now())
    with scope(customer.id):
        Vault.open().create([new_id()])
    installation, *controllers = lines(run("status", "--json"))
    assert (installation["not_copied"], installation["since_copy"]) == (0, 1)
    assert "1 keys were made since" in run("status").stdout
    provider().destroy_epoch_key(customer.id, 1)
    installation, *controllers = lines(run("status", "--json"), code=1)
    assert next(one for one in controllers if one["controller"] == str(customer.id))["opens"] is False
    missing = run("status")
    assert (missing.returncode, "KEY MISSING" in missing.stdout) == (1, True)
    assert "mandata keys recover" in missing.stderr


@pytest.mark.req("SEC-1", "SEC-5")
def test_rotate_gives_new_values_to_one_controller_or_to_all(world: World) -> None:
    one, other = world.controller(), world.controller("Other Bakery")
    with scope(one.id):
        keys = Vault.open().create(new_ids(3))
    assert lines(run("rotate", "--controller", one.id, "--json")) == [
        {"controller": str(one.id), "epoch": 2, "destroyed": [1], "keys": 3}
    ]
    told = lines(run("rotate", "--all", "--json"))
    assert {row["controller"]: row["epoch"] for row in told if row["controller"] != str(INSTANCE)} == {
        str(one.id): 3,
        str(other.id): 2,
    }
    assert str(INSTANCE) in {row["controller"] for row in told}
    with scope(one.id):
        assert Vault.open().keys(keys) == keys
        entries = record.entries(kind="vault.epoch_turned")
    assert {entry.actor for entry in entries} <= {str(Actor("operator")), Actor("operator")}
    assert "epoch 4, 3 keys wrapped anew" in run("rotate", "--controller", one.id).stdout


@pytest.mark.parametrize("arguments", [(), ("--all", "--controller", new_id()), ("--controller", "none")])
def test_rotate_asks_whose(world: World, arguments: tuple[object, ...]) -> None:
    assert world
    assert run("rotate", *arguments).returncode == 2


def test_an_unknown_controller_is_told_in_words(world: World) -> None:
    assert world
    failed = run("rotate", "--controller", new_id())
    assert (failed.returncode, "has no keys" in failed.stderr, "Traceback" in failed.stderr) == (1, True, False)


@pytest.mark.req("SEC-3", "SEC-5")
def test_recover_puts_keys_into_an_empty_folder(world: World, recipient: Path, tmp_path: Path) -> None:
    customer = world.controller()
    with scope(customer.id):
        Vault.open().create(new_ids(4))
    recovery.keep(at=now())
    fresh = {"MANDATA_KEYS": str(tmp_path / "fresh")}
    assert run("status", **fresh).returncode == 1
    (told,) = lines(run("recover", "--identity", recipient, "--json", **fresh))
    assert (told["gone"], told["keys"] >= 4, told["controllers"] >= 2) == (0, True, True)
    assert run("status", **fresh).returncode == 0
    again = run("recover", "--identity", recipient, "--from", env().backup_store, **fresh)
    assert "0 are gone" in again.stdout, again.stderr
    with scope(INSTANCE):
        assert len(record.entries(kind="vault.keys_recovered")) >= 2


def test_recover_tells_what_is_wrong_in_words(world: World, recipient: Path, tmp_path: Path) -> None:
    world.controller()
    nothing = run("recover", "--identity", recipient)
    assert (nothing.returncode, "no recovery copy" in nothing.stderr) == (1, True)
    recovery.keep(at=now())
    subprocess.run(["age-keygen", "-o", str(tmp_path / "other")], check=True, capture_output=True)
    for identity, words in (
        (tmp_path / "other", "None of the identities opens it"),
        (tmp_path / "nowhere", "cannot be read"),
    ):
        failed = run("recover", "--identity", identity)
        assert (failed.returncode, words in failed.stderr, "Traceback" in failed.stderr) == (1, True, False)


@pytest.mark.req("SEC-3")
def test_keys_move_under_a_token_when_it_is_chosen_and_all_are_rotated(
    world: World, softhsm: Path, token: str, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    own = {
        "MANDATA_KEYS": str(folder), "MANDATA_PKCS11_MODULE": str(MODULE), "MANDATA_PKCS11_TOKEN": token,
        "MANDATA_PKCS11_PIN_FILE": str(softhsm / "pin"),
    }  # fmt: skip
    customer, _ = world.controller(), record_signer()
    folder.mkdir(mode=0o700)
    subprocess.run(["cp", "-a", f"{env().keys_folder}/.", str(folder)], check=True)
    moved = lines(run("rotate", "--all", "--json", MANDATA_KEY_PROVIDER="pkcs11", **own))
    assert moved[-1]["service_keys_moved"] == len(list((folder / "service").glob("*.key")))
    installation, *controllers = lines(run("status", "--json", MANDATA_KEY_PROVIDER="pkcs11", **own))
    assert installation["provider"] == "pkcs11"
    assert all(one["opens"] for one in controllers)
    written = (folder / "controllers" / str(customer.id) / "2.key").read_text()
    assert written.startswith("mandata-epoch-token-key-1 ")
    assert run("status", MANDATA_KEY_PROVIDER="file", **own).returncode == 1


def test_each_verb_explains_itself_with_an_example() -> None:
    for verb in ("status", "rotate", "recover"):
        shown = run(verb, "--help", COLUMNS="120")
        assert "Examples" in shown.stdout
        assert f"mandata keys {verb}" in shown.stdout
