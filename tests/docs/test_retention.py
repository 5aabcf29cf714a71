"""The pages about retention and limiting say what the rules say, and their commands do what they promise."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mandata.cli.main import app
from mandata.infra.clock import now
from mandata.retention.rules import keeping, limiting
from mandata.retention.rules.inactivity import AHEAD, LAST
from tests.retention.ages import LONG_AGO, campaign, house, inside

DOCS = Path(__file__).resolve().parents[2] / "docs"
RETENTION, LIMITING = (DOCS / "retention.md").read_text(), (DOCS / "limiting.md").read_text()


@pytest.mark.req("RET-1")
def test_every_category_is_on_the_page_with_its_clause_and_floor() -> None:
    found = re.findall(r"^\| `(\w+)` \| [^|]* \| ?([^|]*?) ?\| ?([^|]*?) ?\|$", RETENTION, re.MULTILINE)
    assert [code for code, _clause, _least in found] == [one.code for one in keeping.CATEGORIES]
    for (_code, clause, least), one in zip(found, keeping.CATEGORIES, strict=True):
        assert clause.strip().strip("`") == one.clause
        assert least.startswith(str(one.least)) if one.least else not least.strip()


@pytest.mark.req("OPS-2", "RET-6")
def test_every_ground_and_figure_is_on_the_page() -> None:
    assert all(f"`{code}`" in LIMITING for code in limiting.GROUNDS)
    assert f"told {AHEAD.days} days ahead and again {LAST.days} days ahead" in RETENTION
    assert f"more than {keeping.LEAP.days} days ago" in RETENTION


@pytest.mark.req("RET-1")
def test_the_commands_of_the_page_count_and_delete(database: object) -> None:
    owner = house("acomware")
    with inside(owner):
        campaign(owner, at=now() - LONG_AGO)
    run = CliRunner()
    counted = run.invoke(app, ["retention", "preview", str(owner.id), "--json"])
    assert counted.exit_code == 0, counted.output
    rows = [json.loads(line) for line in counted.output.splitlines() if line.startswith("{")]
    assert next(row for row in rows if row["category"] == "content")["rows"] == 1
    done = run.invoke(app, ["retention", "run", str(owner.id)])
    assert done.exit_code == 0 and "content: 1" in done.output
    again = run.invoke(app, ["retention", "run", str(owner.id)])
    assert again.exit_code == 0 and "Nothing went" in again.output
    nobody = run.invoke(app, ["retention", "preview", "0190b5a0-7c1e-7d3a-9c55-3f2a60b1c001"])
    assert nobody.exit_code != 0
