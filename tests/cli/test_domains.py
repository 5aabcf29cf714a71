"""`mandata domains`, word for word as docs/sending-domains.md shows it."""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mandata.cli.main import app
from mandata.delivery import services
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from tests.delivery.naming import asked, fresh, publish
from tests.world.people import registered

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sending-domains.md"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.req("DLV-1")
def test_every_command_of_the_page_does_what_it_says(database: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = re.findall(r"^    mandata (domains .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) == 6
    name, shared = "news.shop.example", fresh()
    house = registered("Corner Shop")
    with asked(monkeypatch, SHARED_DOMAIN=shared) as zone:
        with scope(house.id):
            services.add_domain(name=name, actor=house.owner.actor, at=now())
            publish(zone, name)
            services.add_host(name=fresh(), actor=house.owner.actor, at=now())
        said = {}
        for line in (shown[2], *shown[:2], *shown[3:]):
            done = run(*shlex.split(line))
            assert done.exit_code == 0, (line, done.output)
            said[line] = done.stdout
        assert f"may send         {name}  Corner Shop" in said["domains list"]
        assert "found      TXT   _mandata.news.shop.example" in said[f"domains show {name}"]
        assert "proof of ownership" in said[f"domains show {name}"]
        found = [json.loads(line) for line in said[f"domains check {name} --json"].splitlines()]
        assert found[0] == {"domain": name, "state": "verified"}
        assert {one["purpose"] for one in found[1:]} >= {"verification", "dkim", "spf", "dmarc", "return_path", "mx"}
        assert len(re.findall(r"[me]\d{6}-2", said[f"domains turn {name}"])) == 2
        assert "(certificate until: none yet)" in said["domains certificates"]
        assert f"{shared}: not yet verified" in said["domains shared"]


def test_what_is_not_there_is_told_with_a_remedy(database: Urls) -> None:
    done = run("domains", "show", "nobody.example")
    assert done.exit_code != 0
    assert "mandata domains list" in done.stderr
