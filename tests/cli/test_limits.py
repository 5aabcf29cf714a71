"""`mandata limits`, word for word as docs/sending.md shows it."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mandata.cli.main import app
from mandata.delivery.models import Lane, Rule, Warmup
from mandata.delivery.rules.limits import Allowance
from mandata.delivery.services import limiting

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sending.md"


@pytest.fixture(autouse=True)
def _clean(database: object) -> Iterator[None]:
    yield
    for table in (Rule, Warmup, Lane):
        table.objects.all().delete()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.req("DLV-3")
def test_every_command_of_the_page_does_what_it_says() -> None:
    shown = re.findall(r"^    mandata (limits .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) >= 10
    limiting.slow_down("lane:0:Seznam", allowed=Allowance(None, None), measured=80.0, said="421 4.7.0")
    said = {}
    for line in shown:
        done = run(*shlex.split(line))
        assert done.exit_code == 0, (line, done.stderr)
        said[line] = done.stdout
    assert "Seznam  every transport  20/s  5 connections  200000/day" in said["limits list"]
    assert "Seznam  settings  5/s" in said["limits list"]
    assert "slowed down by 421 4.7.0" in said["limits lanes"]
    assert "news.shop.example  day 1 of 14  0 of 200 today" in said["limits warm-ups"]
    assert not Lane.objects.filter(slowed_at__isnull=False).exists()
    assert not Warmup.objects.filter(name="news.shop.example").exists()


def test_what_is_no_limit_is_refused_without_a_trace() -> None:
    done = run("limits", "drop", "Nobody")
    assert done.exit_code != 0 and "There is no such limit." in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("written", "near"), [("Seznm", "Did you mean Seznam"), ("Gmial", "Gmail"), ("xyzzy", "Known are")]
)
def test_a_limit_of_a_provider_that_nobody_knows_is_refused_with_those_of_a_similar_name(
    written: str, near: str
) -> None:
    done = run("limits", "set", written, "--rate", "2.5")
    assert done.exit_code != 0 and f"Nobody knows a provider “{written}”" in done.stderr and near in done.stderr
    assert not Rule.objects.exists()
    for known in ("seznam", "mx.example.com"):
        assert run("limits", "set", known, "--rate", "2.5").exit_code == 0
    assert set(Rule.objects.values_list("provider", flat=True)) == {"Seznam", "mx.example.com"}


def test_limits_are_told_as_json() -> None:
    assert run("limits", "set", "Seznam", "--rate", "2.5").exit_code == 0
    (one,) = [json.loads(line) for line in run("limits", "list", "--json").stdout.splitlines()]
    assert one == {"transport": "", "provider": "Seznam", "per_second": 2.5, "connections": None, "daily": None}
