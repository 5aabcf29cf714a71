"""The pages on the end and on the format of a return say what the code does."""

import re
from pathlib import Path

import pytest

from mandata.retention.services import archive, returns
from tests.holdings.cast import NOVAK, a_person, a_shop
from tests.retention.house import archived
from tests.world import World

pytestmark = pytest.mark.req("RET-3")
DOCS = Path(__file__).parents[2] / "docs"
FORMAT = (DOCS / "return-format.md").read_text("utf-8")


def test_every_file_of_an_archive_is_on_the_page(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    world.sequence()
    named = [one for row in re.findall(r"^\| (`.*?`.*?) \|", FORMAT, re.M) for one in re.findall(r"`(.+?)`", row)]
    patterns = [re.compile(re.sub(r"TABLE|NAME|VERSION|N", r"[^/]+", re.escape(one))) for one in named if "." in one]
    folders = ("source.mjml", "source.html", "compiled.html", ".pdf")
    for name in archived(shop.id).zip.namelist():
        assert any(one.fullmatch(name) for one in patterns) or name.endswith(folders), name


def test_the_tables_for_spreadsheets_and_the_keys_of_the_manifest_are_on_the_page(world: World) -> None:
    for name in archive.CSV:
        assert f"`{name}`" in FORMAT
    manifest = archived(a_shop(world).id).manifest
    for key in manifest:
        assert f"| `{key}` |" in FORMAT
    assert archive.FORMAT in FORMAT


def test_the_figures_of_the_page_on_the_end_are_those_of_the_code() -> None:
    page = (DOCS / "ending.md").read_text("utf-8")
    assert f"After {returns.LASTS.days} days" in page
    from mandata.holdings import tenants

    assert f"{tenants.CHUNK:,}" in page
