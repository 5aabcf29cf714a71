"""A machine is lost and restored: whoever was erased stays erased, nothing is sent twice, nothing goes on by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mandata.infra.postgres import Server
from tests.backups.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    if (made.var / "postgres").exists():
        Server(made.var / "postgres").destroy()


@pytest.mark.req("RET-7", "RET-4", "SEC-3")
def test_a_lost_machine_comes_back_without_whoever_was_erased(site: Site) -> None:
    site.found(8)
    upload = site.do("upload")
    campaign = site.do("launch")
    site.do("sequence")
    site.backup("--full")
    sent = site.do("send_some", campaign=campaign, count=5, settle=3)
    site.do("erase", number=7)
    site.do("withdraw", unsubscribe=1, restrict=2, suppress="never@inbox.example")
    site.settle()
    before = site.look()
    site.settle()
    site.lose(outside=True)
    report = site.restore()
    after = site.look()
    assert after["open"] and site.told_of["people"][7] not in after["people"]
    assert after["people"] == before["people"] and None not in after["people"].values()
    assert after["restricted"] == before["restricted"] == [site.told_of["people"][2]]
    assert after["unsubscribed"] == before["unsubscribed"] == [site.told_of["people"][1]]
    assert after["suppressed"] == before["suppressed"] and after["erasures"] == before["erasures"]
    assert after["campaigns"] == {campaign: "held"}
    states = {number: state for _, _, number, state in after["messages"]}
    assert [states[number] for number in sent[:3]] == ["sent"] * 3
    assert [states[number] for number in sent[3:]] == ["unknown"] * 2
    assert after["imports"] == [[upload, "cancelled"]] and after["uploads"] == 0
    assert after["record"].count("backups.restored") == 1 and "backups.restored" in after["instance"]
    assert set(before["record"]) <= set(after["record"])
    assert report["campaigns_held"] == {site.told_of["shop"]: [campaign]} and report["imports_cancelled"] == 1
    assert not report["findings"] and report["lines"]["holdings.erased"] == 1
