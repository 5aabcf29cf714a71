"""The operator's page of backups and keys: empty, as it stands, and when the store is away."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from mandata.accounts.models import User
from mandata.accounts.services import users
from mandata.backups.models import Backup, Restore
from mandata.console.operator import backups
from mandata.infra.clock import new_id, now
from mandata.infra.environment import Environment, env
from mandata.infra.tenancy import INSTANCE, scope
from mandata.vault import recovery
from tests.world import World


@pytest.fixture
def operator(world: World) -> Client:
    email = f"otto-{new_id().hex[-10:]}@operator.example"
    users.create(email=email, name="Otto", password="plum-cake-and-caraway", is_operator=True, verified=True)
    client = Client()
    client.force_login(User.objects.get(email=email), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A store that is named, with all that a backup needs."""
    there = str(tmp_path / "store")
    _set(monkeypatch, backup_store=there, backup_recipients="age1abcdefghijkl", recovery_recipients="age1mnopqrstuvwx")
    yield there


def _set(monkeypatch: pytest.MonkeyPatch, **values: str) -> Environment:
    changed: Environment = replace(env(), **values)  # type: ignore[arg-type]
    for module in (backups, recovery):
        monkeypatch.setattr(module, "env", lambda: changed)
    return changed


def _taken(place: str, kind: str, hours: int, stored: int) -> None:
    began = now() - timedelta(hours=hours)
    with scope(INSTANCE):
        Backup.objects.create(
            kind=kind, state="taken", place=place, size=9 * stored, stored=stored, started_at=began,
            finished_at=began + timedelta(minutes=3),
        )  # fmt: skip


def _page(operator: Client, path: str = "/operator/backups/") -> str:
    answer = operator.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.req("SEC-5")
def test_what_is_not_set_is_named_with_what_to_do(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, backup_store="", backup_recipients="", recovery_recipients="")
    page = _page(operator)
    for name in ("MANDATA_BACKUP_STORE", "MANDATA_BACKUP_RECIPIENTS", "MANDATA_RECOVERY_RECIPIENTS"):
        assert name in page
    assert "No store is named" in _page(operator, "/operator/backups/store/")


@pytest.mark.req("SEC-5")
def test_backups_drills_and_epochs_are_told(operator: Client, place: str) -> None:
    _taken(place, "full", 50, 7_300_000)
    _taken(place, "incremental", 5, 1_200_000)
    with scope(INSTANCE):
        Restore.objects.create(kind="drill", began_at=now(), held=False, report={"faults": ["12 entries are missing."]})
    page = _page(operator)
    assert "5 h 0 min ago" in page
    assert "in 18 h" in page or "in 19 h" in page
    assert "8.5 MB" in page
    assert "12 entries are missing." in page
    assert "What is missing" not in page
    assert 'id="sizes"' in page, "the sizes are drawn"
    assert "Next turn" in page


def test_a_backup_that_is_late_is_said_to_be_late(operator: Client, place: str) -> None:
    _taken(place, "full", 24 * 40, 1_000_000)
    page = _page(operator)
    assert "later than planned" in page
    assert "now, by a worker" in page


def test_a_store_that_has_a_copy_of_the_keys_answers_with_its_age(operator: Client, place: str) -> None:
    copies = Path(place) / "keys"
    copies.mkdir(parents=True)
    (copies / f"{now() - timedelta(hours=5):%Y%m%dT%H%M%S%fZ}-full.age").write_bytes(b"x")
    page = _page(operator, "/operator/backups/store/")
    assert "answers" in page
    assert "5 h 0 min ago" in page
    assert "late" in page
    assert "age1mnopqrst…" in page


def test_a_store_that_is_away_is_told_with_its_remedy(operator: Client, place: str) -> None:
    assert not Path(place).exists(), "as when its disk is not mounted"
    assert "does not answer" in _page(operator, "/operator/backups/store/")
