"""A host goes with its journals, its power fails, its disk is full, its clock jumps: nobody lost, nobody twice."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from mandata.delivery import journal, selectors, services
from mandata.delivery.services import claiming, recovering, tending
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from tests.delivery.mailing import Shop, engine, recover, shop
from tests.delivery.storm.account import fates
from tests.delivery.storm.content import SHORT
from tests.delivery.storm.sink import Sink
from tests.disks import disk, enlarge

pytestmark = pytest.mark.timeout(1800)
PEOPLE = 6000  # more than an engine claims at a time
GIVEN_UP = claiming.LEASE + recovering.GRACE * 2


@pytest.fixture
def bakery(database: Urls) -> Shop:
    return shop()


def until(done: Callable[[], bool], *alive: "subprocess.Popen[bytes]") -> None:
    limit = time.monotonic() + 600
    while not done():
        assert time.monotonic() < limit and all(one.poll() is None for one in alive)
        time.sleep(0.01)


def killed_in_the_middle(bakery: Shop, sink: Sink, folder: Path) -> None:
    """An engine sends a third of the campaign and dies."""
    one = engine(sink.port, folder, bakery)
    until(lambda: sink.total() > PEOPLE // 3, one)
    one.kill()
    one.wait()


def finish(bakery: Shop, campaign: UUID, sink: Sink, folder: Path) -> None:
    """Another engine sends the rest."""
    one = engine(sink.port, folder, bakery)
    until(lambda: not bakery.left(campaign), one)
    one.terminate()
    assert one.wait(300) == 0


def true(bakery: Shop, campaign: UUID, sink: Sink, people: list[UUID]) -> dict[str, int]:
    """What is called sent has arrived, what is to be sent has not, nobody got two; return the states."""
    got, found = sink.counts(len(people)), fates(bakery, campaign, people)
    assert all(got[place] == 1 for place in found.get("sent", []))
    assert all(got[place] == 0 for state in ("queued", "deferred") for place in found.get(state, []))
    assert max(got) == 1
    with scope(bakery.id):
        assert len(selectors.unknown(campaign, limit=len(people))) == len(found.get("unknown", []))
    return bakery.states(campaign)


@pytest.mark.req("DLV-5")
def test_the_unconfirmed_of_a_lost_host_are_listed_and_its_journal_found_later_says_what_became_of_them(
    bakery: Shop, sink: Sink, tmp_path: Path
) -> None:
    people = bakery.people(PEOPLE)
    campaign = bakery.launched(SHORT)
    lost, other = tmp_path / "lost", tmp_path / "other"
    killed_in_the_middle(bakery, sink, lost)
    held = bakery.states(campaign)["claimed"]
    survivor = engine(sink.port, other, bakery)
    until(lambda: bakery.states(campaign).get("sent", 0) == PEOPLE - held, survivor)
    recovering.expire_leases(at=now() + GIVEN_UP)
    states = true(bakery, campaign, sink, people)
    assert states == {"sent": PEOPLE - held, "unknown": held}, "nobody can tell; each is listed"
    tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=now())
    assert bakery.campaign_state(campaign) == "finished"
    survivor.terminate()
    assert survivor.wait(300) in (0, -signal.SIGTERM)
    recover(lost)  # the disk turns up
    states = true(bakery, campaign, sink, people)
    assert states.get("unknown", 0) <= 10 and states["queued"] > 0, "only what was in flight is unknown now"
    assert bakery.campaign_state(campaign) == "sending", "what had never left is sent after all"
    finish(bakery, campaign, sink, other)
    unknown = {"unknown": states["unknown"]} if "unknown" in states else {}
    assert true(bakery, campaign, sink, people) == {"sent": PEOPLE - states.get("unknown", 0)} | unknown
    assert not list((lost / "journals").iterdir()) and not list((other / "journals").iterdir())


def test_a_decision_of_a_member_outweighs_a_journal_that_is_found_later(
    bakery: Shop, sink: Sink, tmp_path: Path
) -> None:
    people = bakery.people(PEOPLE)
    campaign = bakery.launched(SHORT)
    killed_in_the_middle(bakery, sink, tmp_path / "lost")
    recovering.expire_leases(at=now() + GIVEN_UP)
    with scope(bakery.id):
        tending.move(campaign_id=campaign, before=("queued",), after="cancelled", at=now())
        services.decide_unknown(campaign_id=campaign, resend=False, actor=bakery.actor, at=now())
    before = fates(bakery, campaign, people)
    recover(tmp_path / "lost")
    assert fates(bakery, campaign, people) == before and set(before) == {"sent", "cancelled"}


@pytest.mark.req("DLV-5")
@pytest.mark.parametrize("left", ["all", "torn", "zeros", "nothing"])
def test_after_a_loss_of_power_the_disk_has_what_it_has_and_nobody_gets_two(
    bakery: Shop, sink: Sink, tmp_path: Path, left: str
) -> None:
    """The file ends where the disk had got to, and it was begun under another run of the kernel."""
    people = bakery.people(PEOPLE)
    campaign = bakery.launched(SHORT)
    killed_in_the_middle(bakery, sink, tmp_path)
    (file,) = (tmp_path / "journals").glob("*.journal")
    file.write_bytes(after_the_cut(file.read_bytes(), left))
    recover(tmp_path)
    if left == "nothing":
        assert not list((tmp_path / "journals").glob("*.journal")), "it is put aside"
        recovering.expire_leases(at=now() + GIVEN_UP)
    states = true(bakery, campaign, sink, people)
    assert set(states) <= {"sent", "queued", "unknown"}
    finish(bakery, campaign, sink, tmp_path)
    end = true(bakery, campaign, sink, people)
    assert end["sent"] == PEOPLE - states.get("unknown", 0) and end.get("unknown", 0) == states.get("unknown", 0)


def after_the_cut(data: bytes, left: str) -> bytes:
    head = bytearray(data[: journal.HEADER_SIZE])
    head[8:24] = random.Random(1).randbytes(16)
    head[60:64] = journal.checksum(bytes(head[:60]))
    records = len(data[journal.HEADER_SIZE :]) // journal.RECORD_SIZE
    some = journal.HEADER_SIZE + journal.RECORD_SIZE * (records * 3 // 4)
    whole = bytes(head) + data[journal.HEADER_SIZE :]
    return {
        "all": whole,
        "torn": whole[: some + 17],
        "zeros": whole[:some] + bytes(4096),
        "nothing": b"",
    }[left]


def test_a_full_disk_for_journal_and_outside_log_stops_sending_and_loses_nobody(
    bakery: Shop, sink: Sink, tmp_path: Path
) -> None:
    people = bakery.people(PEOPLE)
    campaign = bakery.launched(SHORT)
    with disk(tmp_path / "small", 1) as folder:
        filler = folder / "filler"
        filler.write_bytes(bytes(os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize - 150_000))
        one = engine(sink.port, folder, bakery)
        until(lambda: os.statvfs(folder).f_bavail == 0 or one.poll() is not None)
        time.sleep(1.0)
        true(bakery, campaign, sink, people)
        enlarge(folder, 64)
        if one.poll() is None:
            one.kill()
        one.wait()
        recover(folder)
        states = true(bakery, campaign, sink, people)
        assert states["queued"] > 0, "it stopped before the end"
        finish(bakery, campaign, sink, folder)
        end = true(bakery, campaign, sink, people)
        assert end["sent"] + end.get("unknown", 0) == PEOPLE and end.get("unknown", 0) <= 10
        shutil.rmtree(folder / "outside")


@pytest.mark.parametrize("hours", [-30, 30], ids=["back", "forward"])
def test_a_host_whose_clock_jumps_neither_loses_nor_sends_twice(
    bakery: Shop, sink: Sink, tmp_path: Path, hours: int
) -> None:
    """Its loop gives up everybody's leases, or nobody's for a day; the engine beside it goes on all the while."""
    people = bakery.people(PEOPLE)
    campaign = bakery.launched(SHORT)
    one = engine(sink.port, tmp_path, bakery)
    limit, given_up = time.monotonic() + 600, 0
    while bakery.left(campaign) and time.monotonic() < limit:
        at = now() + timedelta(hours=hours)
        given_up += recovering.expire_leases(at=at)
        tending.tend_campaign(controller_id=bakery.id, campaign_id=campaign, at=at)
        time.sleep(0.05)
    one.terminate()
    assert one.wait(300) == 0
    states = true(bakery, campaign, sink, people)
    assert (given_up > 0) == (hours > 0)
    assert states == {"sent": PEOPLE}, "the engine's own word is better than a lease"
    assert not list((tmp_path / "journals").iterdir())
