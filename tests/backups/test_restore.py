"""A machine is lost and restored: whoever was erased stays erased, nothing is sent twice, nothing goes on by itself."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from mandata.infra import restoring
from mandata.infra.postgres import Server
from tests.backups.house import ROOT
from tests.backups.site import Site
from tests.ports import free_port

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation with a full and an incremental backup; much has happened since, partly in the write-ahead log."""
    site = Site(tmp_path_factory.mktemp("lived"))
    site.found(8)
    site.__dict__.update(site.do("begin"))
    site.full = site.backup("--full")
    site.do("more_people", count=1, prefix="between")
    site.incremental = site.backup("--incremental")
    site.__dict__.update(site.do("go_on", campaign=site.campaign, unfrozen=site.unfrozen))
    site.do("ship")  # the server's end has finished the last file of its write-ahead log
    yield site
    Server(site.var / "postgres").destroy()


@pytest.fixture
def machine(lived: Site, tmp_path: Path) -> Iterator[Site]:
    """A machine with nothing on it."""
    made = Site.elsewhere(lived, tmp_path)
    yield made
    if (made.var / "postgres").exists():
        Server(made.var / "postgres").destroy()


def _states(said: dict[str, Any], campaign: str) -> dict[int, str]:
    return {number: state for which, _, number, state in said["messages"] if which == campaign}


def _require_forgotten(lived: Site, after: dict[str, Any], *, restores: int = 1) -> None:
    """What holds after every restore, whatever its state was."""
    people = lived.told_of["people"]
    assert after["open"]
    assert people[7] not in after["people"] and "reader" in str(after["people"].values())
    assert None not in after["people"].values()
    assert after["restricted"] == [people[6]] and after["unsubscribed"] == [people[5]]
    assert after["suppressed"] == lived.before["suppressed"] and after["erasures"] == lived.before["erasures"]
    assert not [one for one in after["messages"] if one[1] == people[7]]
    assert after["imports"] == [[lived.upload, "cancelled"]] and after["uploads"] == 0
    assert after["campaigns"] == {lived.campaign: "held", lived.unfrozen: "held"}
    states = _states(after, lived.campaign)
    assert [states[number] for number in lived.sent] == ["sent"] * 3 + ["unknown"] * 2
    assert [_states(after, lived.unfrozen)[number] for number in lived.sent_later] == ["sent", "unknown"]
    assert set(lived.before["record"]) <= set(after["record"]) and after["entries"] >= lived.before["entries"]
    assert after["record"].count("backups.restored") == after["instance"].count("backups.restored") == restores


@pytest.mark.req("RET-7", "RET-4", "SEC-3")
def test_a_lost_machine_comes_back_from_incremental_backups_and_the_write_ahead_log(lived: Site, machine: Site) -> None:
    report = machine.restore()
    after = machine.look()
    _require_forgotten(lived, after)
    assert after["people"] == lived.before["people"]
    assert report["backup"] == lived.incremental["id"] and not report["findings"] and not report["lost"]
    assert report["notes"]["wal"] and report["notes"]["wal_not_replayed"] == 0
    assert sorted(report["campaigns_held"][lived.told_of["shop"]]) == sorted([lived.campaign, lived.unfrozen])
    assert report["imports_cancelled"] == 1 and report["uploads_destroyed"] == 1


@pytest.mark.req("RET-7", "RET-4", "DSR-13")
def test_restored_to_an_earlier_time_everything_is_replayed_and_what_is_lost_is_told(
    lived: Site, machine: Site
) -> None:
    until = datetime.fromisoformat(lived.full["finished_at"])
    report = machine.restore("--at", until.isoformat())
    after = machine.look()
    _require_forgotten(lived, after)
    assert set(lived.before["people"]) - set(after["people"]) == set(lived.new_people) | {
        one for one, address in lived.before["people"].items() if address.startswith("between")
    }
    assert report["replayed"]["erasures"] == 1 and report["replayed"]["messages"]["made"] >= 2
    assert report["replayed"]["record"]["entries"] > 0
    assert report["lost"][lived.told_of["shop"]]["campaign.frozen"] == 1
    assert datetime.fromisoformat(report["state_at"]) <= until


@pytest.mark.req("RET-7", "SEC-3")
def test_what_happened_after_a_restore_is_in_the_next_one_before_any_backup_was_taken(
    lived: Site, machine: Site, tmp_path: Path
) -> None:
    machine.restore()
    own = Site.elsewhere(machine, tmp_path / "second")
    own.store = Path(shutil.copytree(lived.store, tmp_path / "store"))
    machine.settings["MANDATA_BACKUP_STORE"] = str(own.store)
    machine.do("more_people", count=1, prefix="after")
    machine.do("ship")
    report = own.restore()
    try:
        assert machine.look()["people"] == own.look()["people"]
        assert "after" in str(own.look()["people"].values())
        assert report["backup"] == lived.incremental["id"]
    finally:
        Server(own.var / "postgres").destroy()


@pytest.mark.req("RET-7")
def test_a_campaign_that_is_released_is_sent_to_the_rest_and_to_nobody_twice(lived: Site, machine: Site) -> None:
    machine.restore("--at", lived.full["finished_at"])
    assert not machine.do("freeze", campaign=lived.unfrozen), "a held campaign does nothing by itself"
    machine.do("release", campaign=lived.unfrozen)
    assert machine.do("freeze", campaign=lived.unfrozen)
    messages = [one for one in machine.look()["messages"] if one[0] == lived.unfrozen]
    assert len({person for _, person, _, _ in messages}) == len(messages)
    again = set(machine.do("send_some", campaign=lived.unfrozen, count=100, settle=100))
    assert again and not again & set(lived.sent_later)
    had = {
        person
        for which, person, number, _ in lived.before["messages"]
        if which == lived.unfrozen and number in lived.sent_later
    }
    assert not had & {person for _, person, number, _ in messages if number in again}


@pytest.mark.req("RET-7")
@pytest.mark.parametrize("step", ["fetch", "combine", "recover", "placed", "replay"])
def test_killed_at_any_step_the_same_command_finishes(lived: Site, machine: Site, step: str) -> None:
    arguments = ["restore", "--from", str(lived.store), "--identity", str(lived.identity)]
    arguments += ["--keys-identity", str(lived.recovery), "--json"]
    process = machine.start(*arguments)
    killed = _kill_at(process, machine.var, step)
    if restoring.marked(machine.var):
        assert "being restored" in machine.run("verify", code=1)
        (said,) = machine.told("restore", "--status")
        assert said["restoring"] and said["backup"] in (lived.incremental["id"], "")
    if killed:
        machine.restore()
    _require_forgotten(lived, machine.look())
    assert not restoring.marked(machine.var) and not (machine.var / "restore").exists()
    assert not (machine.var / "postgres" / "restore").exists()


class _Letterbox:
    """Takes every mail and keeps to whom."""

    def __init__(self) -> None:
        self.got: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.got += envelope.rcpt_tos
        return "250 taken"


@pytest.mark.req("RET-7")
def test_after_a_restore_real_mail_goes_to_the_rest_and_to_nobody_twice(lived: Site, machine: Site) -> None:
    machine.restore("--at", lived.full["finished_at"])
    box = _Letterbox()
    receiving = Controller(box, hostname="127.0.0.1", port=free_port())
    receiving.start()
    try:
        within = {"MANDATA_SMTP_URL": f"smtp://127.0.0.1:{receiving.port}"}
        assert machine.do("send_all", campaign=lived.campaign, within=within) == "held" and box.got == []
        machine.do("release", campaign=lived.campaign)
        machine.do("send_all", campaign=lived.campaign, within=within)
    finally:
        receiving.stop()
    people = lived.told_of["people"]
    had = {
        person
        for which, person, number, _ in lived.before["messages"]
        if which == lived.campaign and number in lived.sent
    }
    may = set(people) - had - {people[5], people[6], people[7]}  # unsubscribed, restricted, erased
    assert sorted(box.got) == sorted(lived.before["people"][one] for one in may)


STEPS = ["choose", "fetch", "combine", "recover", "outside", "migrate", "keys", "look", "record", "people", "messages"]
STEPS += ["erasures", "verify", "hold", "report", "opening"]


@pytest.mark.req("RET-7")
def test_killed_at_every_step_one_after_the_other_it_still_ends_the_same(lived: Site, machine: Site) -> None:
    until = lived.full["finished_at"]
    arguments = ["restore", "--from", str(lived.store), "--identity", str(lived.identity), "--at", until]
    arguments += ["--keys-identity", str(lived.recovery)]
    for step in STEPS:
        command = [sys.executable, "-m", "tests.backups.dying", step, *arguments]
        done = subprocess.run(command, env=machine.environment(), cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, (step, done.stderr[-2000:])
        assert restoring.marked(machine.var)
    report = machine.restore("--at", until)
    _require_forgotten(lived, machine.look())
    assert report["lost"][lived.told_of["shop"]]["campaign.frozen"] == 1, "what was lost is told by the last run, too"


def _kill_at(process: Any, var: Path, step: str) -> bool:
    """Kill the restore as soon as the marker names the step; return whether it was not faster (each step has its own
    kill in the next test but one)."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if json.loads((var / restoring.MARKER).read_text())["step"] == step:
                break
        except (OSError, ValueError):
            pass
        time.sleep(0.002)
    time.sleep(0.05)
    process.kill()  # nothing where it has ended: its number may be somebody else's by now
    process.communicate(timeout=60)
    return bool(process.returncode == -signal.SIGKILL)


def test_a_restore_refuses_a_place_where_a_database_lives(lived: Site, machine: Site) -> None:
    machine.restore()
    arguments = ["restore", "--from", str(lived.store), "--identity", str(lived.identity)]
    said = machine.run(*arguments, code=1)
    assert "There is a database already" in said and "--over" in said
    assert not restoring.marked(machine.var)
    machine.restore("--over")
    _require_forgotten(lived, machine.look(), restores=2)  # the first is told by the machine's own outside log


def test_another_restore_than_the_one_that_was_begun_needs_a_word(lived: Site, machine: Site) -> None:
    arguments = ["restore", "--from", str(lived.store), "--identity", str(lived.identity)]
    said = machine.run(*arguments, "--at", "2001-01-01T00:00:00Z", code=1)
    assert "no backup" in said and "from before 2001" in said
    assert "Another restore was begun" in machine.run(*arguments, code=1)
    machine.restore("--anew")
    assert machine.look()["open"]


def test_a_wrong_identity_opens_nothing(lived: Site, machine: Site) -> None:
    arguments = ["restore", "--from", str(lived.store), "--identity", str(lived.recovery)]
    assert "None of the identities opens it" in machine.run(*arguments, code=1)
    assert restoring.marked(machine.var)
    assert "being restored" in machine.run("up", code=1)


def test_without_keys_it_says_what_opens_them_and_goes_on_with_it(lived: Site, machine: Site) -> None:
    said = machine.run("restore", "--from", str(lived.store), "--identity", str(lived.identity), code=1)
    assert "This machine has no keys" in said and "--keys-identity" in said
    machine.restore()
    assert machine.look()["open"]


def test_nothing_opens_under_a_head_older_than_one_that_was_published(
    lived: Site, machine: Site, tmp_path: Path
) -> None:
    """The outside log's copy ends early, and somebody was handed a later head."""
    with_pieces = sorted((lived.store / "outside").rglob("*.age"))
    assert with_pieces
    shown = lived.do("newest_note")
    note = tmp_path / "head.note"
    note.write_text(shown["note"])
    hidden = [(path, tmp_path / str(number)) for number, path in enumerate(with_pieces)]
    for path, other in hidden:
        path.rename(other)
    try:
        said = machine.run(
            "restore", "--from", str(lived.store), "--identity", str(lived.identity), "--keys-identity",
            str(lived.recovery), "--at", lived.full["finished_at"], "--head", str(note), code=1,
        )  # fmt: skip
    finally:
        for path, other in hidden:
            path.parent.mkdir(parents=True, exist_ok=True)
            other.rename(path)
    assert f"a head over {shown['size']} was published" in said and restoring.marked(machine.var)
    machine.restore("--at", lived.full["finished_at"], "--head", str(note))
    _require_forgotten(lived, machine.look())


def test_a_store_that_goes_away_while_recovering_costs_nothing(lived: Site, machine: Site, tmp_path: Path) -> None:
    wal = lived.store / "wal"
    damaged = sorted(wal.rglob("*.age"))[-1]
    kept = damaged.read_bytes()
    damaged.write_bytes(kept[: len(kept) // 2])
    try:
        arguments = ["restore", "--from", str(lived.store), "--identity", str(lived.identity)]
        said = machine.run(*arguments, code=1)
        assert "decompressed" in said or "does not decrypt" in said, said
    finally:
        damaged.write_bytes(kept)
    machine.restore()
    _require_forgotten(lived, machine.look())


def test_a_time_that_the_log_does_not_reach_is_refused(lived: Site, machine: Site) -> None:
    later = (datetime.fromisoformat(lived.full["finished_at"]) + timedelta(days=2)).isoformat()
    arguments = ["restore", "--from", str(lived.store), "--identity", str(lived.identity), "--at", later]
    said = machine.run(*arguments, code=1)
    assert "ends before the time that was asked for" in said
    machine.restore("--anew")
    assert machine.look()["open"]
