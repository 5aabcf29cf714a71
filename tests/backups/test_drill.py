"""A drill restores from the store alone, tells what it found, and leaves nothing behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mandata.infra.postgres import Server
from tests.backups.site import Site

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("drilled"))
    site.found(5)
    site.do("register_measure", code="restore")
    site.backup("--full")
    site.do("erase", number=4)
    site.settle()
    yield site
    Server(site.var / "postgres").destroy()


def _identities(site: Site) -> list[str]:
    return ["--identity", str(site.identity), "--keys-identity", str(site.recovery)]


@pytest.mark.req("RET-7", "SEC-8")
def test_a_drill_proves_that_the_backup_restores_and_is_the_measures_evidence(lived: Site) -> None:
    before = set(lived.var.iterdir())
    (told,) = lived.told("drill", *_identities(lived))
    assert told["good"] and told["faults"] == [] and told["people"] == 4 and told["entries"] > 0
    assert set(lived.var.iterdir()) - before <= {lived.var / ".drill.lock"}
    kept = lived.do("drills")
    assert kept["rows"] == [[told["drill"], True]] and kept["entries"][0]["drill"] == told["drill"]
    assert kept["checked"]["evidence"] == told["drill"] and kept["measure"]["checked_on"]
    assert kept["measure"]["next_on"] > kept["measure"]["checked_on"]


def test_a_drill_that_fails_says_why_and_proves_nothing(lived: Site) -> None:
    before = lived.do("drills")
    (told,) = lived.told("drill", "--identity", str(lived.recovery), code=1)
    assert not told["good"] and "None of the identities opens it" in told["faults"][0]
    after = lived.do("drills")
    assert after["rows"][-1] == [told["drill"], False] and after["checked"] == before["checked"]
    assert not (lived.var / "drill").exists()


def test_what_a_killed_drill_left_is_gone_with_the_next_one(lived: Site) -> None:
    process = lived.start("drill", *_identities(lived))
    while process.poll() is None and not (lived.var / "drill" / "postgres" / "data").exists():
        pass
    process.kill()
    process.communicate(timeout=60)
    (told,) = lived.told("drill", *_identities(lived))
    assert told["good"] and not (lived.var / "drill").exists()


def test_the_worker_starts_a_drill_when_it_is_due_and_only_with_an_identity(lived: Site) -> None:
    assert lived.do("drill_is_due", days_later=0) == {"due": False, "started": False}
    assert lived.do("drill_is_due", days_later=31) == {"due": True, "started": False}
    within = {"MANDATA_DRILL_IDENTITY": str(Path("/nowhere"))}
    assert lived.do("drill_is_due", days_later=31, within=within) == {"due": True, "started": True}
